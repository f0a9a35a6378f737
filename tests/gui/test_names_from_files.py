"""Names come from files of strangers and are shown as they are, never drawn as HTML."""

from __future__ import annotations

import pytest
from qgis.PyQt.QtGui import QTextDocument
from qgis.PyQt.QtWidgets import QTextBrowser

from segshap_qgis.errors import ModelError
from segshap_qgis.gui.messages import Messages
from segshap_qgis.gui.plain_text import plain
from segshap_qgis.gui.run_list import RunList

HOSTILE = "slick <img src='file://evil/share/x.png'> &amp; <b>oil</b>"


def shown(text):
    """What a tool tip of this text says, and the pictures that drawing it would fetch."""
    document = QTextDocument()
    document.setHtml(text)
    return document.toPlainText(), "<img" in document.toHtml()


@pytest.mark.parametrize("name", ["oil", "a < b", "R&D", HOSTILE, "<qt>x</qt>"])
def test_plain_text_is_shown_letter_by_letter(qgis_app, name):
    text = plain(name)
    assert (text if "<" not in name else shown(text)[0]) == name
    assert not shown(text)[1]


def test_a_message_shows_html_as_text(window):
    Messages(window, window).error(ModelError(f"The model '{HOSTILE}' cannot be read."))
    browser = window.messageBar().currentItem().findChild(QTextBrowser)
    assert HOSTILE in browser.toPlainText()
    assert "<img" not in browser.toHtml()


def test_a_run_shows_html_as_text(qgis_app):
    runs = RunList()
    item = runs.add(HOSTILE, "waiting")
    assert item.text(0) == HOSTILE
    assert shown(item.toolTip(0)) == (HOSTILE, False)
