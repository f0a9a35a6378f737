"""What is running, how far it is, how precise it is by now, and the button that stops it."""

from __future__ import annotations

import math
from typing import Optional

from qgis.PyQt.QtCore import QCoreApplication, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from ..tasks import Advance
from .expected_time import duration

translate = QCoreApplication.translate


class ProgressSection(QWidget):
    """Hidden while nothing runs."""

    cancel_asked = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        layout.addWidget(self.text)
        row = QHBoxLayout()
        self.bar = QProgressBar()
        self.bar.setAccessibleName(self.tr("Progress of the explanation"))
        self.cancel_button = QPushButton(self.tr("Cance&l"))
        self.cancel_button.setToolTip(self.tr("Stop now and keep what has been learnt so far."))
        self.cancel_button.clicked.connect(self.cancel_asked)
        row.addWidget(self.bar, 1)
        row.addWidget(self.cancel_button)
        layout.addLayout(row)
        self.hide()

    def start(self, text: str) -> None:
        """Show that something runs whose length is not known yet."""
        self.text.setText(text)
        self.bar.setRange(0, 0)
        self.cancel_button.setEnabled(True)
        self.show()

    def update_to(self, percent: float, text: str) -> None:
        """Show how far it is."""
        self.bar.setRange(0, 100)
        self.bar.setValue(round(percent))
        self.text.setText(text)

    def stopping(self) -> None:
        """Show that the cancel was heard."""
        self.cancel_button.setEnabled(False)
        self.text.setText(self.tr("Stopping…"))


def progress_text(advance: Advance) -> str:
    """Evaluations, precision and time left, in one line."""
    text = translate("ProgressSection", "{} of at most {} evaluations").format(
        advance.evaluations, advance.budget
    )
    if math.isfinite(advance.precision):
        text += translate("ProgressSection", " · precision {:.0%}").format(advance.precision)
        if advance.goal:
            text += translate("ProgressSection", " (goal {:.0%})").format(advance.goal)
    if math.isfinite(advance.seconds_left):
        left = duration(advance.seconds_left)
        text += translate("ProgressSection", " · about {} left").format(left)
    return text
