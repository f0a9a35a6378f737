"""A chart and its table as files, or both on the clipboard: two buttons for every chart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Optional

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QMimeData, QSettings, pyqtSignal
from qgis.PyQt.QtWidgets import QApplication, QFileDialog, QHBoxLayout, QPushButton, QWidget

from ..errors import ExportError
from ..geo.aside import whole_file
from .charts import Chart
from .exports import LAST_FOLDER


class ChartFiles(QWidget):
    """Copy and save.

    Parameters
    ----------
    chart : Chart
        What is drawn.
    name : str
        Name proposed for a file, without ending.
    sentence, table : callable
        What the chart says, and its numbers as CSV.

    Signals
    -------
    told(str), failed(SegShapError)
        Something was done, or could not be done.
    """

    told = pyqtSignal(str)
    failed = pyqtSignal(object)

    def __init__(
        self,
        chart: Chart,
        name: str,
        sentence: Callable[[], str],
        table: Callable[[], str],
        parent: Optional[QWidget] = None,
    ) -> None:
        super().__init__(parent)
        self._chart, self._name = chart, name
        self._sentence, self._table = sentence, table
        self.copy_button = button(
            self.tr("Copy"), self.tr("Put chart and numbers on the clipboard."), self._copy
        )
        self.save_button = button(
            self.tr("Save…"),
            self.tr("Save the chart as PNG or SVG, or its numbers as CSV."),
            self._ask,
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.copy_button)
        row.addWidget(self.save_button)

    def save(self, path: Path) -> None:
        """Write chart (.png, .svg) or table (.csv) without asking; the outcome is told."""
        try:
            save_chart(path, self._chart, self._table)
        except ExportError as error:
            self.failed.emit(error)
        else:
            self.told.emit(self.tr("Written: {}").format(path))

    def _copy(self) -> None:
        data = QMimeData()
        told = self.tr("The numbers are on the clipboard.")
        if self._chart.is_drawn:
            data.setImageData(self._chart.picture())
            told = self.tr("Chart and numbers are on the clipboard.")
        # For programs that take text.
        data.setText(f"{self._sentence()}\n{self._table()}")
        QApplication.clipboard().setMimeData(data)
        self.told.emit(told)

    def _ask(self) -> None:
        kinds = self._kinds()
        endings = list(kinds)
        folder = QSettings().value(LAST_FOLDER, "") or QgsProject.instance().homePath()
        start = str(Path(folder) / f"{self._name}{endings[0]}")
        title = self.tr("Save chart or table")
        name, kind = QFileDialog.getSaveFileName(self, title, start, ";;".join(kinds.values()))
        if not name:
            return
        path = Path(name)
        QSettings().setValue(LAST_FOLDER, str(path.parent))
        if path.suffix.lower() not in endings:
            chosen = next((ending for ending in endings if kinds[ending] == kind), endings[0])
            path = path.with_name(path.name + chosen)
        self.save(path)

    def _kinds(self) -> dict[str, str]:
        """What can be saved, by the ending of its file: of an empty chart only the numbers."""
        kinds = {".csv": self.tr("Table (*.csv)")}
        if not self._chart.is_drawn:
            return kinds
        return {".png": self.tr("Picture (*.png)"), ".svg": self.tr("Drawing (*.svg)"), **kinds}


def save_chart(path: Path, chart: Chart, table: Callable[[], str]) -> None:
    """Write a chart (.png, .svg) or its table (.csv), by the name's ending.

    Raises
    ------
    ExportError
        The file could not be written.
    """
    if path.suffix.lower() != ".csv":
        chart.save(path)
        return
    with whole_file(path) as unfinished:
        unfinished.write_text(table(), encoding="utf-8", newline="")


def button(text: str, tip: str, act: Callable[[], object]) -> QPushButton:
    """A button with the same words as tooltip and as What's This."""
    made = QPushButton(text)
    made.setToolTip(tip)
    made.setWhatsThis(tip)
    # Qt would hand over whether it is checked.
    made.clicked.connect(lambda _checked: act())
    return made
