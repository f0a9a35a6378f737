"""The dock speaks French completely, and what is shown is what the sources say."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from qgis.PyQt.QtCore import QCoreApplication, QTranslator

from segshap_qgis.errors import ExportError

ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = ROOT / "i18n" / "segshap_fr.ts"
COMPILED = CATALOGUE.with_suffix(".qm")
# Not part of the dock: their French is still to be written, and shows as English.
ENGLISH_ONLY = {
    "card_wizard.py",
    "card_pages.py",
    "dependency_notice.py",
    "model_manager.py",
    "model_trial.py",
    "options_page.py",
}
SOURCES = [
    *(path for path in sorted((ROOT / "segshap_qgis" / "gui").glob("*.py"))),
    *sorted((ROOT / "segshap_qgis" / "layers").glob("*.py")),
    ROOT / "segshap_qgis" / "plugin.py",
]
TRANSLATED = [path for path in SOURCES if path.name not in ENGLISH_ONLY]


def strings_of(path: Path) -> set[str]:
    """Texts that a file marks for translation."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            position = {"tr": 0, "translate": 1, "QT_TRANSLATE_NOOP": 1}.get(name)
            arguments = node.args[position:] if position is not None else []
            if arguments and isinstance(arguments[0], ast.Constant):
                found.add(arguments[0].value)
    return found


def messages() -> list[tuple[str, str, str]]:
    """Context, English and French of every finished message."""
    found = []
    for context in ET.parse(CATALOGUE).getroot().iter("context"):
        for message in context.iter("message"):
            french = message.find("translation")
            if french.get("type") is None:
                found.append((context.findtext("name"), message.findtext("source"), french.text))
    return found


MESSAGES = messages()


@pytest.fixture
def french():
    """French switched on, and off again."""
    translator = QTranslator()
    assert translator.load(str(COMPILED))
    QCoreApplication.installTranslator(translator)
    yield translator
    QCoreApplication.removeTranslator(translator)


@pytest.mark.parametrize("path", TRANSLATED, ids=lambda path: path.name)
def test_no_text_of_the_dock_is_without_french(path):
    assert strings_of(path) <= {english for _, english, _ in MESSAGES}


def test_strings_are_found_in_the_sources():
    assert "Cance&l" in strings_of(ROOT / "segshap_qgis" / "gui" / "progress_section.py")
    assert "Thorough" in strings_of(ROOT / "segshap_qgis" / "gui" / "method_section.py")


@pytest.mark.parametrize(("context", "english", "french_text"), MESSAGES)
def test_places_for_values_are_the_same_in_both_languages(context, english, french_text):
    place = re.compile(r"\{[^}]*\}")
    assert place.findall(french_text) == place.findall(english)
    assert ("&" in french_text) == ("&" in english)


def test_the_compiled_file_holds_what_the_sources_say(qgis_app, french):
    for context, english, french_text in MESSAGES:
        assert QCoreApplication.translate(context, english) == french_text


def test_the_dock_opens_in_french(qgis_app, french, tmp_path):
    from segshap_qgis.gui.dock import Dock

    dock = Dock([])
    assert dock.pages.tabText(0) == "E&xpliquer"
    assert dock.method.effort_box.currentText() == "Équilibré"
    assert dock.runs.tree.headerItem().text(0) == "Calcul"
    # A text of a base class, shown by an object of a subclass.
    with pytest.raises(ExportError, match="Le graphique n'a pas pu"):
        dock.result.waterfall.save(tmp_path / "missing" / "chart.png")
    dock.forget()
