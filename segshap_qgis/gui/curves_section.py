"""The part of the result panel that plays the map back to the model."""

from __future__ import annotations

from typing import Any, Optional

from qgis.PyQt.QtCore import QCoreApplication, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QHBoxLayout, QPushButton, QWidget

from .asked_section import AskedSection
from .chart_files import ChartFiles
from .charts_curves import CurvesChart
from .result_tables import curves_csv

translate = QCoreApplication.translate
# Share of random orders that may do as well before the map's own is in doubt.
BY_CHANCE = 0.1


class CurvesSection(AskedSection):
    """Widgets only: what they ask for is carried out by `Curves`."""

    asked = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("&Does the model follow the map?"))
        self.text.setAccessibleName(self.tr("What the curves say"))
        self.chart = CurvesChart()
        self.files = ChartFiles(
            self.chart, "segshap_curves", self.text.text, lambda: curves_csv(self.chart.found)
        )
        self.start_button = QPushButton(self.tr("Delete and i&nsert"))
        tip = self.tr(
            "Hide the cells in the order of their contributions, then show them, and ask the model "
            "each time; the reverse order and 20 random ones are played for comparison. Runs the "
            "model some hundred times, in the background."
        )
        self.start_button.setToolTip(tip)
        self.start_button.setWhatsThis(tip)
        self.start_button.clicked.connect(self.asked)
        self.bar.setAccessibleName(self.tr("Progress of the curves"))
        self.cancel_button.setText(self.tr("Stop"))
        self.cancel_button.setToolTip(self.tr("Stop now; nothing is kept of these curves."))
        row = QHBoxLayout()
        row.addWidget(self.start_button)
        self.content.addWidget(self.chart)
        self.content.addWidget(self.files, 0, Qt.AlignmentFlag.AlignLeft)
        self.content.addLayout(self._with_progress(row))
        self.show_ready()

    def show_ready(self) -> None:
        """Say what can be done here."""
        self.text.setText(
            self.tr("Not asked yet: a map that the model follows lets its output fall at once.")
        )
        self._arrange()

    def show_progress(self, percent: float) -> None:
        """Say how far it is."""
        self.text.setText(self.tr("Asking the model…"))
        self.bar.setValue(round(percent))
        self._arrange(running=True)

    def show_curves(self, found: Any) -> None:
        """Draw the curves and say what they mean.

        Parameters
        ----------
        found : DeletionInsertion
            The curves.
        """
        self.chart.show_found(found)
        self.text.setText(verdict(found))
        self._arrange(drawn=True)

    def _arrange(self, running: bool = False, drawn: bool = False) -> None:
        self.start_button.setVisible(not running and not drawn)
        self._arrange_progress(running)
        for part in (self.chart, self.files):
            part.setVisible(drawn)


def verdict(found: Any) -> str:
    """What curves say about the map, in one sentence.

    Parameters
    ----------
    found : DeletionInsertion
        The curves.
    """
    better, n_random = found.random_better, len(found.random_deletion)
    if better == 0:
        text = translate(
            "CurvesSection", "The model follows this order better than all {} random ones."
        )
        return text.format(n_random)
    if better <= n_random * BY_CHANCE:
        text = translate("CurvesSection", "{} of {} random orders do as well as the map or better.")
    else:
        text = translate(
            "CurvesSection",
            "{} of {} random orders do as well as the map or better: do not trust its order.",
        )
    return text.format(better, n_random)
