"""The report of a run: asks for a file and writes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Optional

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QObject, QSettings, Qt
from qgis.PyQt.QtWidgets import QApplication, QFileDialog

from ..errors import ExportError
from ..layers.report import FurtherChart, Report, write_report
from ..layers.report_facts import facts
from ..layers.result import Facts
from ..layers.tree import source_layer
from .cautions import cautions
from .charts_convergence import ConvergenceChart
from .charts_curves import CurvesChart
from .charts_layers import LayersChart
from .checks_section import check_rows
from .checks_section import verdict as checked
from .curves_section import verdict
from .exports import LAST_FOLDER
from .messages import Messages
from .result_panel import ResultPanel


class Reports(QObject):
    """Writes the report that the result panel asks for.

    Parameters
    ----------
    panel : ResultPanel
        Gives sentence and chart.
    messages : Messages
        Where the outcome is told.
    colour_blind : callable
        Whether the map has the colour-blind safe colours.
    """

    def __init__(
        self,
        panel: ResultPanel,
        messages: Messages,
        colour_blind: Callable[[], bool],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._panel = panel
        self._messages = messages
        self._colour_blind = colour_blind
        panel.report_asked.connect(self._ask)

    def contents(self, record: Any) -> Report:
        """What a report of a run has: its charts; warnings first, then numbers, settings, model."""
        return Report(
            record,
            self._panel.headline.text(),
            self._panel.waterfall.picture(),
            [*self._warnings(record), *self._checks(record), *facts(record)],
            source_layer(QgsProject.instance(), record.window.source),
            self._colour_blind(),
            self._further(record),
        )

    def _warnings(self, record: Any) -> Facts:
        return [(self.tr("Warning"), text) for text in cautions(record)]

    def _checks(self, record: Any) -> Facts:
        """The checks of its target in numbers, and what they say."""
        found = record.checks.get(record.target_name)
        if found is None:
            return []
        name = self.tr("Check: {}")
        rows = [(name.format(what), value) for what, value in check_rows(found, record)]
        return [*rows, (self.tr("What the checks say"), checked(found, record))]

    def _further(self, record: Any) -> list[FurtherChart]:
        """How the map settled, curves and checks of its target, as far as they are there."""
        charts = []
        found, curves = record.explanation, record.curves.get(record.target_name)
        settling = ConvergenceChart()
        settling.show_history(found.history, found.settings.get("stop_at"))
        if settling.is_drawn:
            sentence = self.tr("Largest standard error, as a share of the map's range: {}.")
            reached = sentence.format(settling.accessibleDescription())
            charts.append(FurtherChart(self.tr("How the map settled"), reached, settling.picture()))
        if curves is not None:
            played = CurvesChart()
            played.show_found(curves)
            title = self.tr("Does the model follow the map?")
            charts.append(FurtherChart(title, verdict(curves), played.picture()))
        checks = record.checks.get(record.target_name)
        if checks is not None and checks.randomisation is not None:
            layers = LayersChart()
            layers.show_found(checks.randomisation)
            title = self.tr("How far can the map be relied on?")
            charts.append(FurtherChart(title, checked(checks, record), layers.picture()))
        return charts

    def write(self, record: Any, path: Path) -> Optional[Path]:
        """Write without asking; None, and a word to the user, where that cannot be."""
        report = self.contents(record)
        QApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
        try:
            written = write_report(path, report)
        except ExportError as error:
            self._messages.error(error)
            return None
        finally:
            QApplication.restoreOverrideCursor()
        self._messages.success(self.tr("Written: {}").format(written))
        return written

    def _ask(self, record: Any) -> None:
        folder = QSettings().value(LAST_FOLDER, "") or QgsProject.instance().homePath()
        start = str(Path(folder) / "segshap_report.pdf")
        title, kind = self.tr("Write a report"), self.tr("Document (*.pdf)")
        name, _ = QFileDialog.getSaveFileName(self._panel, title, start, kind)
        if not name:
            return
        path = Path(name)
        QSettings().setValue(LAST_FOLDER, str(path.parent))
        self.write(record, path if path.suffix.lower() == ".pdf" else Path(f"{name}.pdf"))
