"""All classes of the model on the region: what each says, and which cell speaks most for it."""

from __future__ import annotations

from typing import Any, Optional

import numpy as np
from qgis.gui import QgsCollapsibleGroupBox
from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from .chart_files import button
from .charts import readable
from .plain_text import plain

MOST_ROWS = 6


class ClassSection(QgsCollapsibleGroupBox):
    """A row for each class; the chosen one is what the panel shows.

    Signals
    -------
    class_chosen(int)
        A row was chosen; the target of its class.
    layers_asked()
        The layers of the chosen class are wanted.
    """

    class_chosen = pyqtSignal(int)
    layers_asked = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("&Classes in competition"))
        self.hint = QLabel(
            self.tr(
                "Choose a row to see that class in chart, copy and report, and to ask what the "
                "model says of it when cells are hidden."
            )
        )
        self.hint.setWordWrap(True)
        self.table = FlatTable(
            [
                self.tr("Class"),
                self.tr("Output"),
                self.tr("Base"),
                self.tr("Sum"),
                self.tr("Strongest"),
            ]
        )
        self.table.setAccessibleName(self.tr("Classes in competition"))
        tip = self.tr(
            "What the model says for every class of the region, from the same evaluations: with "
            "the whole image, with everything hidden, the sum of all contributions, and the cell "
            "that does most for or against the class."
        )
        self.table.setToolTip(tip)
        self.table.setWhatsThis(tip)
        self.table.itemSelectionChanged.connect(self._chosen)
        self.layers_button = button(
            self.tr("Add its &layers"),
            self.tr("Add the map of the chosen class to the project, beside that of the others."),
            self.layers_asked.emit,
        )
        layout = QVBoxLayout(self)
        layout.addWidget(self.table)
        layout.addWidget(self.hint)
        layout.addWidget(self.layers_button, 0, Qt.AlignmentFlag.AlignLeft)

    def show_record(self, record: Any) -> None:
        """Fill the table and choose the class that was asked for; hidden where it is the only one.

        Parameters
        ----------
        record : Record or None
            The run.
        """
        several = record is not None and record.explanation.n_targets > 1
        self.setVisible(several)
        if not several:
            return
        rows = [class_row(record.explanation, t) for t in range(record.explanation.n_targets)]
        self.table.fill(rows, chosen=record.target)

    def _chosen(self) -> None:
        rows = {item.row() for item in self.table.selectedItems()}
        if len(rows) == 1:
            self.class_chosen.emit(rows.pop())


class FlatTable(QTableWidget):
    """A table to read: rows are chosen as a whole, Tab leads out of it, its height is its rows.

    Parameters
    ----------
    heads : list of str
        Names of the columns.
    """

    def __init__(self, heads: list[str], parent: Optional[QWidget] = None) -> None:
        super().__init__(0, len(heads), parent)
        self.setHorizontalHeaderLabels(heads)
        self.verticalHeader().hide()
        self.horizontalHeader().setHighlightSections(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setStretchLastSection(True)

    def fill(self, rows: list[list[str]], chosen: Optional[int] = None) -> None:
        """Show these texts; nothing is told of the row that is chosen here."""
        self.blockSignals(True)
        self.setRowCount(len(rows))
        for row, texts in enumerate(rows):
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(plain(text))
                if column:
                    item.setTextAlignment(
                        Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                    )
                self.setItem(row, column, item)
        self.clearSelection()
        if chosen is not None:
            self.setCurrentCell(chosen, 0)
        self.blockSignals(False)
        self.resizeRowsToContents()
        self.setFixedHeight(self._height(min(len(rows), MOST_ROWS)))

    def sizeHint(self) -> QSize:
        """As narrow as the dock wants it."""
        return QSize(0, self.height())

    def _height(self, n_rows: int) -> int:
        rows = sum(self.rowHeight(row) for row in range(n_rows))
        bar = self.horizontalScrollBar().sizeHint().height()
        return self.horizontalHeader().sizeHint().height() + rows + bar + 2 * self.frameWidth()


def class_row(found: Any, target: int) -> list[str]:
    """Name, v(all), v(none), sum, and the strongest cell with its contribution.

    Parameters
    ----------
    found : Explanation
        Of all classes.
    target : int
        Which of them.
    """
    values, errors = found.values[target], found.standard_errors[target]
    cell = int(np.abs(values).argmax())
    strongest = f"{cell}: {readable(values[cell], float(np.abs(values).max()), True)}"
    if not np.isfinite(errors[cell]):
        strongest += " (?)"
    numbers = (found.prediction[target], found.base[target], values.sum())
    output, base, total = (float(number) for number in numbers)
    name = str(found.settings["targets"][target])
    return [name, f"{output:.3f}", f"{base:.3f}", f"{total:+.3f}", strongest]
