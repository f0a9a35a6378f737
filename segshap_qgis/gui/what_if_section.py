"""The part of the result panel that asks "what if": buttons and the model's answer."""

from __future__ import annotations

from typing import Any, Optional

from qgis.gui import QgsCollapsibleGroupBox
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QGridLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget


class WhatIfSection(QgsCollapsibleGroupBox):
    """Widgets only: what they ask for is carried out by `WhatIf`."""

    hide_strongest_asked = pyqtSignal()
    show_all_asked = pyqtSignal()
    hide_all_asked = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("&What if"))
        self.answer = QLabel()
        self.answer.setWordWrap(True)
        self.answer.setTextFormat(Qt.TextFormat.PlainText)
        self.answer.setAccessibleName(self.tr("The model's answer"))
        self.click_button = QPushButton(self.tr("&Hide by clicking"))
        self.click_button.setCheckable(True)
        self.click_button.setToolTip(
            self.tr(
                "While pressed, a click on a cell of the map, or on a bar, hides it from the "
                "model or shows it again."
            )
        )
        strongest = QPushButton(self.tr("Hide stron&gest"))
        strongest.setToolTip(self.tr("Hide the cell that speaks most for the class."))
        strongest.clicked.connect(self.hide_strongest_asked)
        everything = QPushButton(self.tr("Hide &all"))
        everything.setToolTip(self.tr("Hide every cell: the model then says the base value."))
        everything.clicked.connect(self.hide_all_asked)
        nothing = QPushButton(self.tr("Sh&ow all"))
        nothing.setToolTip(self.tr("Show every cell again."))
        nothing.clicked.connect(self.show_all_asked)
        self.strongest_button, self.all_button, self.none_button = strongest, everything, nothing
        layout = QVBoxLayout(self)
        layout.addWidget(self.answer)
        grid = QGridLayout()
        for index, button in enumerate((self.click_button, strongest, everything, nothing)):
            button.setWhatsThis(button.toolTip())
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            grid.addWidget(button, index // 2, index % 2)
        layout.addLayout(grid)

    def ask_for_a_click(self) -> None:
        """Say what can be done here."""
        self.answer.setText(self.tr("Hide cells and see at once what the model says then."))

    def show_waiting(self, n_hidden: int) -> None:
        """Say that the model is being asked."""
        self.answer.setText(self.tr("Hidden cells: {}. Asking the model…").format(n_hidden))

    def show_answer(self, record: Any, hidden: frozenset[int], value: float) -> None:
        """The model's output with the hidden cells, beside that on the whole image."""
        found, target = record.explanation, record.target
        symbol = "p" if found.settings.get("output", "probability") == "probability" else "v"
        contributions = float(found.values[target, sorted(hidden)].sum())
        text = self.tr("{}({}) = {:.3f}; hidden cells: {} of {}; {:.3f} with all shown.")
        self.answer.setText(
            text.format(
                symbol,
                record.target_name,
                value,
                len(hidden),
                found.superpixels.n_players,
                float(found.prediction[target]),
            )
            + "\n"
            + self.tr("Hiding them took {:+.3f}; their contributions sum to {:+.3f}.").format(
                float(found.prediction[target]) - value, contributions
            )
        )
