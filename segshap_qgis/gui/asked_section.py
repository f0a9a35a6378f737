"""A part of the result panel that asks the model something more, in the background."""

from __future__ import annotations

from typing import Optional

from qgis.gui import QgsCollapsibleGroupBox
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)


class AskedSection(QgsCollapsibleGroupBox):
    """A foldable box with a text, a progress bar and a button to stop; its texts are set by heirs.

    Signals
    -------
    cancel_asked()
        Stop what was asked.
    """

    cancel_asked = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setCollapsed(True)
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.bar = QProgressBar()
        self.cancel_button = QPushButton()
        self.cancel_button.clicked.connect(self.cancel_asked)
        # In one widget, because an opened group box shows every child of its own.
        content = QWidget()
        self.content = QVBoxLayout(content)
        self.content.setContentsMargins(0, 0, 0, 0)
        self.content.addWidget(self.text)
        QVBoxLayout(self).addWidget(content)

    def _with_progress(self, row: QHBoxLayout) -> QLayout:
        """The row with the bar and the button to stop at its end."""
        row.addWidget(self.bar, 1)
        row.addWidget(self.cancel_button)
        return row

    def _arrange_progress(self, running: bool) -> None:
        for part in (self.bar, self.cancel_button):
            part.setVisible(running)
