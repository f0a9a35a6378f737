"""What the dock says when PyTorch is missing, and what installs it into the plugin's own folder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Optional

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QApplication,
    QFileDialog,
    QFrame,
    QGridLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ..dependencies import diagnostics, install_command, torch_is_here
from ..installation import InstallTask, Wanted, torch_for_cpu


class DependencyNotice(QFrame):
    """Visible only while PyTorch is missing."""

    resolved = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.task: Optional[InstallTask] = None
        self._lines: list[str] = []
        self.setFrameShape(QFrame.Shape.StyledPanel)
        layout = QVBoxLayout(self)
        text = QLabel(
            self.tr(
                "<b>PyTorch is missing.</b> SegSHAP runs its models with it. It can be installed "
                "into a folder of SegSHAP's own (about 200 MB to download, 1 GB on the disk); "
                "QGIS's Python and your other plugins are not touched."
            )
        )
        text.setWordWrap(True)
        text.setTextFormat(Qt.TextFormat.RichText)
        self.said = QLabel()
        self.said.setWordWrap(True)
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        self.said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setAccessibleName(self.tr("Installing"))
        self.command = QLineEdit(install_command())
        self.command.setReadOnly(True)
        self.command.setCursorPosition(0)
        self.command.setAccessibleName(self.tr("Command that installs PyTorch"))
        self.command.setToolTip(self.tr("The same by hand, for a terminal."))
        self.buttons = QGridLayout()
        self._add_buttons()
        layout.addWidget(text)
        layout.addLayout(self.buttons)
        layout.addWidget(self.command)
        layout.addWidget(self.bar)
        layout.addWidget(self.said)
        self._show_state()
        self.check()

    def _add_buttons(self) -> None:
        self.install_button = self._button(
            self.tr("&Install"), self.tr("Download PyTorch for the processor.")
        )
        self.cuda_button = self._button(
            self.tr("Install for C&UDA"),
            self.tr("For NVIDIA graphics cards: about 3 GB to download."),
        )
        # Elsewhere pip's own index has one build only.
        self.cuda_button.setVisible(sys.platform.startswith("linux"))
        self.folder_button = self._button(
            self.tr("Install from &folder…"),
            self.tr("Without network: a folder with the wheels of PyTorch and what it needs."),
        )
        self.cancel_button = self._button(
            self.tr("&Cancel"), self.tr("What was downloaded is kept for the next time.")
        )
        self.copy_button = self._button(
            self.tr("Cop&y command"), self.tr("A command for a terminal that installs PyTorch.")
        )
        self.diagnostics_button = self._button(
            self.tr("Copy &diagnostics"), self.tr("Versions, folders and what pip said, as text.")
        )
        self.check_button = self._button(
            self.tr("Check a&gain"), self.tr("Look whether PyTorch is there now.")
        )
        self.install_button.clicked.connect(lambda: self.install(torch_for_cpu()))
        self.cuda_button.clicked.connect(lambda: self.install(Wanted()))
        self.folder_button.clicked.connect(self._ask_for_folder)
        self.cancel_button.clicked.connect(self.cancel)
        self.copy_button.clicked.connect(self._copy)
        self.diagnostics_button.clicked.connect(self._copy_diagnostics)
        self.check_button.clicked.connect(self.check)

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setAccessibleDescription(tip)
        place = self.buttons.count()
        self.buttons.addWidget(button, place // 2, place % 2)
        return button

    def install(self, wanted: Wanted, folder: Optional[Path] = None) -> InstallTask:
        """Install in the background; the dock stays usable."""
        self.task = InstallTask(wanted, folder)
        self.task.said.connect(self.said.setText)
        self.task.ended.connect(self._ended)
        self._show_state()
        self.said.setText(self.tr("Starting…"))
        QgsApplication.taskManager().addTask(self.task)
        return self.task

    def cancel(self) -> None:
        """Stop the installation; nothing of it stays in place."""
        if self.task is not None:
            self.said.setText(self.tr("Stopping…"))
            self.task.cancel()

    def check(self) -> None:
        """Look for PyTorch and hide once it is there."""
        here = torch_is_here()
        self.setVisible(not here)
        if here:
            self.resolved.emit()

    def _ended(self) -> None:
        task, self.task = self.task, None
        self._show_state()
        if task is None:
            return
        self._lines = task.lines
        if task.error is not None:
            self.said.setText(str(task.error))
        elif task.isCanceled():
            self.said.setText(self.tr("Cancelled; nothing was changed."))
        else:
            self.said.setText(self.tr("Installed in {}.").format(task.folder))
            self.check()

    def _show_state(self) -> None:
        running = self.task is not None
        self.bar.setVisible(running)
        self.cancel_button.setEnabled(running)
        for button in (self.install_button, self.cuda_button, self.folder_button):
            button.setEnabled(not running)

    def _ask_for_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self.tr("Folder with wheels"))
        if name:
            self.install(Wanted(wheels=Path(name)))

    def _copy(self) -> None:
        QApplication.clipboard().setText(self.command.text())
        self.command.selectAll()

    def _copy_diagnostics(self) -> None:
        QApplication.clipboard().setText(diagnostics(self._lines))
        self.said.setText(self.tr("Diagnostics are on the clipboard."))
