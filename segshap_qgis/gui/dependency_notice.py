"""What the dock says when PyTorch is missing, with a command that can be copied."""

from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ..dependencies import install_command, torch_is_here


class DependencyNotice(QFrame):
    """Visible only while PyTorch is missing."""

    resolved = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        layout = QVBoxLayout(self)
        text = QLabel(
            self.tr(
                "<b>PyTorch is missing.</b> SegSHAP runs its models with it (about 200 MB to "
                "download). Close QGIS, run this command in a terminal, and start QGIS again:"
            )
        )
        text.setWordWrap(True)
        text.setTextFormat(Qt.TextFormat.RichText)
        self.command = QLineEdit(install_command())
        self.command.setReadOnly(True)
        self.command.setCursorPosition(0)
        self.command.setAccessibleName(self.tr("Command that installs PyTorch"))
        layout.addWidget(text)
        layout.addWidget(self.command)
        layout.addLayout(self._buttons())
        self.check()

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.copy_button = QPushButton(self.tr("Cop&y command"))
        self.copy_button.clicked.connect(self._copy)
        self.check_button = QPushButton(self.tr("Check a&gain"))
        self.check_button.clicked.connect(self.check)
        row.addWidget(self.copy_button)
        row.addWidget(self.check_button)
        row.addStretch()
        return row

    def check(self) -> None:
        """Look for PyTorch and hide once it is there."""
        here = torch_is_here()
        self.setVisible(not here)
        if here:
            self.resolved.emit()

    def _copy(self) -> None:
        QApplication.clipboard().setText(self.command.text())
        self.command.selectAll()
