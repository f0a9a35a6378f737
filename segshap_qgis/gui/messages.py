"""Messages to the person: in QGIS's message bar, with details on request, never as a modal box."""

from __future__ import annotations

from typing import Any

from qgis.core import Qgis, QgsMessageLog
from qgis.gui import QgsMessageBar, QgsMessageViewer
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject, Qt
from qgis.PyQt.QtWidgets import QPushButton

from ..errors import SegShapError
from .plain_text import plain

LOG = "SegSHAP"


class Messages(QObject):
    """The message bar of one QGIS window.

    Parameters
    ----------
    iface : QgisInterface
        The running application.
    """

    def __init__(self, iface: Any, parent: QObject) -> None:
        super().__init__(parent)
        self._bar: QgsMessageBar = iface.messageBar()
        self._window = iface.mainWindow()
        self._items: list[Any] = []

    def information(self, text: str) -> None:
        """Something that is good to know."""
        self._show(text, Qgis.MessageLevel.Info)

    def success(self, text: str) -> None:
        """Something was done."""
        self._show(text, Qgis.MessageLevel.Success)

    def warning(self, text: str, details: str = "") -> None:
        """Something could not be done, and the text says what to do about it."""
        self._show(text, Qgis.MessageLevel.Warning, details)

    def error(self, error: BaseException, details: str = "") -> None:
        """An error: ours speaks for itself, a foreign one is a fault whose details are offered."""
        if isinstance(error, SegShapError):
            self.warning(f"{error.message} {error.remedy}".strip(), details)
            return
        text = self.tr("The explanation failed: {}").format(str(error) or type(error).__name__)
        self._show(text, Qgis.MessageLevel.Critical, details)

    @staticmethod
    def log(details: str) -> None:
        """Something for the log only."""
        QgsMessageLog.logMessage(details, LOG, Qgis.MessageLevel.Warning, notifyUser=False)

    def clear(self) -> None:
        """Take back what is still shown."""
        for item in self._still_there():
            self._bar.popWidget(item)
        self._items = []

    def _show(self, text: str, level: Qgis.MessageLevel, details: str = "") -> None:
        item = self._bar.createMessage(LOG, plain(text))
        if details:
            button = QPushButton(self.tr("Details"))
            button.clicked.connect(lambda: self._show_details(text, details))
            item.layout().addWidget(button)
            QgsMessageLog.logMessage(details, LOG, level, notifyUser=False)
        seconds = 8 if level in (Qgis.MessageLevel.Info, Qgis.MessageLevel.Success) else 0
        self._bar.pushWidget(item, level, seconds)
        self._items = [*self._still_there(), item]

    def _still_there(self) -> list[Any]:
        return [item for item in self._items if not sip.isdeleted(item)]

    def _show_details(self, text: str, details: str) -> None:
        viewer = QgsMessageViewer(self._window)
        viewer.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        viewer.setTitle(LOG)
        viewer.setMessageAsPlainText(f"{text}\n\n{details}")
        viewer.show()
