"""Two runs compared: how alike their maps are, as a table beside the map of differences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from qgis.gui import QgsCollapsibleGroupBox
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtWidgets import QVBoxLayout, QWidget

from .charts import readable
from .class_table import FlatTable

translate = QCoreApplication.translate


class LikenessSection(QgsCollapsibleGroupBox):
    """Shown for a comparison of two runs only."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("How ali&ke the two runs are"))
        self.table = FlatTable([self.tr("Measure"), self.tr("Value")])
        self.table.setAccessibleName(self.tr("How alike the two runs are"))
        tip = self.tr(
            "Most cells contribute nearly nothing and their ranks are noise: trust the correlation "
            "of the sure cells. A cell is sure where its contribution is at least two standard "
            "errors off zero."
        )
        self.table.setToolTip(tip)
        self.table.setWhatsThis(tip)
        QVBoxLayout(self).addWidget(self.table)

    def show_record(self, record: Any) -> None:
        """Fill the table; hidden for anything but a comparison."""
        alike = {} if record is None else record.explanation.settings.get("likeness", {})
        self.setVisible(bool(alike))
        if alike:
            self.table.fill(likeness_rows(alike, record.explanation.superpixels.n_players))


def likeness_rows(alike: Mapping[str, Any], n_cells: int) -> list[list[str]]:
    """Names and values of the measures, for people.

    Parameters
    ----------
    alike : mapping
        The fields of `explain.comparison.Likeness`.
    n_cells : int
        Super-pixels of the runs.
    """
    share = alike.get("sign_agreement")
    largest = float(alike.get("largest_difference") or 0.0)
    return [
        [
            translate("Likeness", "Rank correlation, all cells"),
            _number(alike.get("rank_correlation")),
        ],
        [
            translate("Likeness", "Rank correlation, sure cells"),
            _number(alike.get("rank_correlation_of_sure")),
        ],
        [
            translate("Likeness", "Same sign"),
            translate("Likeness", "{} of {} sure in both").format(
                "–" if share is None else f"{share:.0%}", alike.get("sure_cells")
            ),
        ],
        [
            translate("Likeness", "Cells that differ surely"),
            translate("Likeness", "{} of {}").format(alike.get("differing_cells"), n_cells),
        ],
        [translate("Likeness", "Largest difference"), readable(largest, largest)],
    ]


def _number(value: Any) -> str:
    return "–" if value is None else f"{value:.2f}"
