"""The guide that comes with the plugin, in a window of its own: no network, no browser."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QObject, QUrl
from qgis.PyQt.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

HELP = Path(__file__).resolve().parents[2] / "help"


def guide(locale: str) -> Path:
    """The guide in a language, in English where it is not written in that.

    Parameters
    ----------
    locale : str
        As QGIS names it, e.g. ``"fr"`` or ``"fr_CA"``.
    """
    translated = HELP / locale[:2].lower() / "guide.html"
    return translated if translated.is_file() else HELP / "en" / "guide.html"


class HelpWindow(QDialog):
    """A page to read and to search in, beside QGIS rather than before it."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setObjectName("SegShapHelp")
        self.setWindowTitle(self.tr("SegSHAP: guide"))
        self.page = QTextBrowser()
        self.page.setAccessibleName(self.tr("Guide to SegSHAP"))
        self.page.setSource(QUrl.fromLocalFile(str(guide(QgsApplication.locale()))))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.page)
        layout.addWidget(buttons)
        em = self.fontMetrics().height()
        self.resize(50 * em, 45 * em)


class Help(QObject):
    """Opens the guide where it was asked for.

    Parameters
    ----------
    parent : QWidget
        Parent of the window.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent = parent
        self.window: Optional[HelpWindow] = None

    def show(self, place: str = "start") -> None:
        """Show the guide.

        Parameters
        ----------
        place : str
            Name of the heading to begin at.
        """
        if self.window is None:
            self.window = HelpWindow(self._parent)
        self.window.show()
        self.window.raise_()
        self.window.activateWindow()
        self.window.page.setFocus()
        self.window.page.scrollToAnchor(place)

    def close(self) -> None:
        """Close the window for good."""
        if self.window is not None:
            self.window.close()
            self.window.deleteLater()
            self.window = None
