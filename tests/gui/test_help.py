"""The guide: there without a network, whole in every language, and where keys and buttons lead."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QImage
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QGroupBox,
    QTableWidget,
    QWhatsThis,
)

from segshap_qgis.gui.charts import Chart
from segshap_qgis.gui.help_window import HELP, guide
from tests.gui.hands import wait_until

LEFT = Qt.MouseButton.LeftButton
LANGUAGES = ("en", "fr")


class Page(HTMLParser):
    """What a page refers to, and its skeleton."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.places: list[str] = []
        self.links: list[str] = []
        self.images: list[str] = []
        self.open: list[str] = []
        self.text = path.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag, attributes):
        known = dict(attributes)
        if tag not in {"meta", "img", "br", "li", "dt", "dd"}:
            self.open.append(tag)
        if tag == "a" and "name" in known:
            self.places.append(known["name"])
        if tag == "a" and "href" in known:
            self.links.append(known["href"])
        if tag == "img":
            assert known["alt"], "a picture without words"
            self.images.append(known["src"])

    def handle_endtag(self, tag):
        if tag not in {"li", "dt", "dd"}:
            assert self.open.pop() == tag


PAGES = {language: Page(HELP / language / "guide.html") for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_guide_is_whole_and_needs_no_network(qgis_app, language):
    page = PAGES[language]
    assert page.open == []
    assert all(link.startswith("#") and link[1:] in page.places for link in page.links)
    assert page.images
    for name in page.images:
        image = QImage(str(HELP / language / name))
        assert not image.isNull(), name
        assert image.width() <= 1600, "pictures travel with the plugin"


def test_the_guides_say_the_same_in_every_language():
    english, french = (PAGES[language] for language in LANGUAGES)
    assert french.places == english.places
    assert french.images == english.images
    for tag in ("<h2>", "<h3>", "<dt>", "<li>"):
        assert french.text.count(tag) == english.text.count(tag), tag
    assert guide("fr_CA") == HELP / "fr" / "guide.html"
    assert guide("de") == HELP / "en" / "guide.html"


def test_f1_and_the_button_open_the_guide_at_the_page_in_front(window, workbench):
    dock = workbench.dock
    window.mainWindow().activateWindow()
    wait_until(window.mainWindow().isActiveWindow)
    dock.source.model_box.setFocus()
    QTest.keyClick(dock.source.model_box, Qt.Key.Key_F1)
    wait_until(lambda: workbench.help.window is not None)
    page = workbench.help.window.page
    assert "SegSHAP" in page.toPlainText()
    assert not workbench.help.window.isModal()
    at_questions = page.verticalScrollBar().value()
    workbench.help.window.close()
    dock.show_page(dock.result_page)
    QTest.mouseClick(dock.help_button, LEFT)
    assert workbench.help.window.isVisible()
    assert page.verticalScrollBar().value() > at_questions


def test_the_question_mark_waits_for_what_is_not_understood(workbench):
    QTest.mouseClick(workbench.dock.what_button, LEFT)
    assert QWhatsThis.inWhatsThisMode()
    QWhatsThis.leaveWhatsThisMode()


def test_everything_that_can_be_used_says_what_it_is(workbench):
    kinds = (QAbstractButton, QComboBox, QAbstractSpinBox, QTableWidget, Chart)
    named = [w for w in workbench.dock.widget().findChildren(kinds[0]) if w.text()]
    for kind in kinds[1:]:
        named += workbench.dock.widget().findChildren(kind)
    inside = (QComboBox, QAbstractSpinBox, QTableWidget, QGroupBox)
    silent = [
        widget.accessibleName() or getattr(widget, "text", widget.objectName)()
        for widget in named
        if not widget.whatsThis() and not isinstance(widget.parent(), inside)
    ]
    assert silent == []
