"""The plugin speaks French completely, and what is shown is what the sources say."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from qgis.core import QgsExpression, QgsExpressionContext
from qgis.PyQt.QtCore import QCoreApplication, QTranslator
from qgis.PyQt.QtGui import QImage

from segshap_qgis.errors import ExportError
from segshap_qgis.layers import draw, result_layers
from tests.small_record import small_record
from tools.translations import texts_of, texts_of_sources

ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = ROOT / "i18n" / "segshap_fr.ts"
COMPILED = CATALOGUE.with_suffix(".qm")


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


def test_no_text_of_the_plugin_is_without_french():
    missing = texts_of_sources() - {(context, english) for context, english, _ in MESSAGES}
    assert sorted(missing) == [], "run tools/translations.py"


def test_no_text_is_translated_that_the_plugin_no_longer_has():
    assert {(context, english) for context, english, _ in MESSAGES} <= texts_of_sources()


def test_texts_are_found_in_the_sources_with_their_contexts():
    found = texts_of_sources()
    assert {
        ("ProgressSection", "Cance&l"),
        ("MethodSection", "Thorough"),
        ("Chart", "The chart could not be written to {}."),
        ("ExplainRegions", "Explain regions"),
        ("Cautions", "Warnings about this result"),
    } <= found


def test_a_text_without_french_would_be_noticed(tmp_path):
    source = tmp_path / "new.py"
    source.write_text("class New:\n    def show(self):\n        self.tr('A new text')\n")
    assert texts_of(source) == {("New", "A new text")}


@pytest.mark.parametrize(("context", "english", "french_text"), MESSAGES)
def test_places_for_values_are_the_same_in_both_languages(context, english, french_text):
    place = re.compile(r"\{[^}]*\}")
    assert place.findall(french_text) == place.findall(english)
    assert ("&" in french_text) == ("&" in english)


def test_the_compiled_file_holds_what_the_sources_say(qgis_app, french):
    for context, english, french_text in MESSAGES:
        assert QCoreApplication.translate(context, english) == french_text


def test_the_dock_opens_in_french(qgis_app, french):
    from segshap_qgis.gui.dock import Dock

    dock = Dock([])
    assert dock.pages.tabText(0) == "E&xpliquer"
    assert dock.method.effort_box.currentText() == "Équilibré"
    assert dock.runs.tree.headerItem().text(0) == "Calcul"
    dock.forget()


def test_layers_and_legends_are_french(qgis_app, french, tmp_path):
    record = small_record()
    layers = result_layers(record, draw(record, str(tmp_path)))
    names = [layer.name() for layer in layers.values()]
    assert names == ["région", "superpixels", "contribution", "erreur type", "sortie du modèle"]
    shader = layers["contribution"].renderer().shader().rasterShaderFunction()
    assert shader.legendSettings().maximumLabel().endswith(" probabilité : pour oil")
    cell = next(layers["superpixels"].getFeatures())
    context = QgsExpressionContext()
    context.setFeature(cell)
    named = QgsExpression(layers["superpixels"].displayExpression())
    assert named.evaluate(context) == f"superpixel {cell['cell']}"


def test_a_text_of_a_base_class_is_french_in_a_subclass(qgis_app, french, tmp_path):
    from segshap_qgis.gui.charts import Chart

    class Unwritable(Chart):
        def picture(self, _size=None):
            return QImage()  # which QImage.save refuses

    with pytest.raises(ExportError, match="Le graphique n'a pas pu"):
        Unwritable().save(tmp_path / "chart.png")
