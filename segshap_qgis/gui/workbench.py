"""Where it all comes together: a pick becomes a run, a run becomes layers, layers become files."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Optional

from qgis.core import QgsCsException, QgsGeometry, QgsProject, QgsRasterLayer
from qgis.gui import QgsRubberBand
from qgis.PyQt.QtCore import QObject, QTimer
from qgis.PyQt.QtWidgets import QTreeWidgetItem

from ..dependencies import torch_is_here
from ..errors import DependencyError, RegionError, SegShapError
from ..explain import Explanation, is_heat
from ..geo.records import is_same_run
from ..job import ExplainJob
from ..layers import Preview, add_result, draw, result_layers, temporary_folder
from ..tasks import Advance, ExplainTask
from .cells_preview import CellsPreview
from .checks_desk import ChecksDesk
from .curves import Curves
from .dock import Dock
from .exports import Exports
from .help_window import Help
from .map_tools import region_band
from .messages import Messages
from .picking import Picking
from .pixel_grid import transform_between, transformed
from .progress_section import progress_text
from .project_memory import ProjectMemory
from .record_game import RecordGame
from .reports import Reports
from .result_panel import ResultPanel
from .result_panel_map import MapLink
from .run_desk import RunDesk
from .run_queue import RunQueue
from .scene_desk import SceneDesk
from .what_if import WhatIf

# A share of a region's area that is worth telling when it lies off the raster.
SMALLEST_SHARE_OUTSIDE = 0.01
OVER = object()


@dataclass
class Run:
    """What belongs to one run while it waits or works."""

    task: ExplainTask
    row: QTreeWidgetItem
    band: Optional[QgsRubberBand]
    layer_id: str
    layer_name: str
    preview: Optional[Preview] = None


class Workbench(QObject):
    """Dock, tools, queue and messages of one QGIS window.

    Parameters
    ----------
    iface : QgisInterface
        The running application.
    """

    def __init__(self, iface: Any) -> None:
        super().__init__(iface.mainWindow())
        self._iface = iface
        self._canvas = iface.mapCanvas()
        self.messages = Messages(iface, self)
        self.picking = Picking(iface, self._layer, self)
        self.dock = Dock(list(self.picking.actions.values()), iface.mainWindow())
        self.exports = Exports(self.dock, self.messages, self._colour_blind)
        self.map_link = MapLink(self._canvas, self)
        self.what_if = WhatIf(self.dock.result.what_if, self._canvas, self.map_link, self)
        self.curves = Curves(self.dock.result.curves, self)
        self.checks = ChecksDesk(self.dock.result.checks, self)
        self.desk = RunDesk(self.dock, self.messages, self._colour_blind, self)
        self.reports = Reports(self.dock.result, self.messages, self._colour_blind, self)
        self.scenes = SceneDesk(self.dock, self._canvas, self.messages, self._colour_blind, self)
        self.memory = ProjectMemory(self.dock, self)
        self.cells_preview = CellsPreview(self.dock, self._canvas, self)
        self.help = Help(iface.mainWindow())
        self.queue = RunQueue(self)
        self.runs: dict[ExplainTask, Run] = {}
        self._n_runs = 0
        self._shown: Any = None
        self._game: Optional[RecordGame] = None
        self._connect()

    def _connect(self) -> None:
        self.picking.picked.connect(self.explain)
        self.picking.refused.connect(self.messages.warning)
        self.dock.help_asked.connect(self.help.show)
        self.dock.source.layer_changed.connect(self.picking.follow_layer)
        self.dock.source.refused.connect(self.messages.warning)
        self.dock.progress.cancel_asked.connect(self._cancel_current)
        self.dock.runs.export_geopackage_asked.connect(self.exports.to_geopackage)
        self.dock.runs.export_geotiff_asked.connect(self.exports.to_geotiff)
        self.dock.runs.record_chosen.connect(self._show_record)
        self.scenes.record_asked.connect(self._show_slick)
        self.desk.again_asked.connect(lambda region: self.explain("region", region))
        self._connect_result(self.dock.result)
        self.queue.started.connect(self._run_started)
        self.queue.ended.connect(self._run_ended)
        # Instances outlive us: what is connected here is disconnected in `close`.
        QgsProject.instance().cleared.connect(self._project_closed)

    def _connect_result(self, panel: ResultPanel) -> None:
        """Bars and cells of the map point at each other."""
        panel.cell_pointed_at.connect(self.map_link.mark)
        panel.cell_chosen.connect(self.map_link.flash)
        panel.cell_chosen.connect(self.what_if.bar_chosen)
        panel.target_shown.connect(self._follow)
        panel.layers_asked.connect(self.desk.add_layers)
        self.what_if.failed.connect(self.messages.error)
        self.curves.failed.connect(self.messages.error)
        self.checks.failed.connect(self.messages.error)
        for desk in (self.curves, self.checks):
            desk.found.connect(self._keep_findings)
        panel.told.connect(self.messages.success)
        panel.failed.connect(self.messages.error)
        self.map_link.cell_under_cursor.connect(panel.light_up)

    def close(self) -> None:
        """Stop everything and leave nothing behind in the window."""
        QgsProject.instance().cleared.disconnect(self._project_closed)
        self.queue.close()
        self.scenes.close()
        for run in list(self.runs.values()):
            self._drop(run)
        self.picking.close()
        self.desk.close()
        self.memory.close()
        self.cells_preview.close()
        self.what_if.close()
        self.curves.cancel()
        self.checks.cancel()
        self.help.close()
        self.map_link.close()
        self.exports.close()
        self.messages.clear()
        self.dock.forget()
        self._iface.removeDockWidget(self.dock)
        self.dock.deleteLater()
        self.deleteLater()

    def explain(self, kind: str, geometry: QgsGeometry) -> Optional[ExplainTask]:
        """Queue an explanation of what was picked; says so where that cannot be.

        Parameters
        ----------
        kind : str
            "pixel", "region", "slick" (the geometry is a point in it), "feature" or "features".
        geometry : QgsGeometry
            In the CRS of the chosen raster layer.
        """
        layer = self._layer()
        try:
            if layer is None:
                raise RegionError(self.tr("Choose a raster layer first."))
            if not torch_is_here():
                raise DependencyError(
                    self.tr("PyTorch is missing."), self.tr("The dock says how to get it.")
                )
            title = self._title(kind, layer)
            job = ExplainJob(
                layer,
                self.dock.request(),
                kind,
                geometry,
                title,
                layers=self.dock.cell_layers(),
            )
            folder = temporary_folder()
            task = ExplainTask(job, title, lambda record: draw(record, folder))
        except SegShapError as error:
            self.messages.error(error)
            return None
        # The run draws its own cells.
        self.cells_preview.hide()
        row = self.dock.runs.add(title, self.tr("waiting"))
        band = self._show_region(geometry, layer)
        self.runs[task] = Run(task, row, band, layer.id(), layer.name())
        task.advanced.connect(lambda advance: self._run_advanced(task, advance))
        task.refreshed.connect(lambda partial: self._run_refreshed(task, partial))
        task.located.connect(lambda region: self._run_located(task, region))
        self.queue.add(task)
        return task

    def _colour_blind(self) -> bool:
        return self.dock.method.colours_box.isChecked()

    def _layer(self) -> Optional[QgsRasterLayer]:
        return self.dock.source.layer()

    def _title(self, kind: str, layer: QgsRasterLayer) -> str:
        """A name for people, unlike that of any other run."""
        what = {
            "pixel": self.tr("Pixel"),
            "region": self.tr("Region"),
            "slick": self.tr("Predicted slick"),
            "feature": self.tr("Feature"),
            "features": self.tr("Features"),
        }[kind]
        # Runs of an opened project are in the list, but were not counted here.
        taken = {record.name for record in self.dock.runs.records()}
        while True:
            self._n_runs += 1
            title = self.tr("{} {} on {}").format(what, self._n_runs, layer.name())
            if title not in taken:
                return title

    def _show_region(self, geometry: QgsGeometry, layer: QgsRasterLayer) -> QgsRubberBand:
        """The region on the map, until its run ends."""
        band = region_band(self._canvas)
        self._set_region(band, geometry, layer)
        return band

    def _set_region(
        self, band: QgsRubberBand, geometry: QgsGeometry, layer: QgsRasterLayer
    ) -> None:
        map_crs = self._canvas.mapSettings().destinationCrs()
        try:
            band.setToGeometry(transformed(geometry, transform_between(layer.crs(), map_crs)), None)
        except QgsCsException:
            band.reset()

    # While it runs ----------------------------------------------------------------------------

    def _run_started(self, task: ExplainTask) -> None:
        self.dock.runs.set_state(self.runs[task].row, self.tr("running"))
        # What was chosen before makes room for what is known so far; choosing it brings it back.
        self.dock.runs.tree.clearSelection()
        self.dock.progress.start(self.tr("Preparing: {}").format(task.title))

    def _run_located(self, task: ExplainTask, outline: bytes) -> None:
        """The predicted slick's outline, once the model has run."""
        run = self.runs.get(task)
        layer = QgsProject.instance().mapLayer(run.layer_id) if run is not None else None
        if run is not None and run.band is not None and layer is not None:
            region = QgsGeometry()
            region.fromWkb(outline)
            self._set_region(run.band, region, layer)

    def _run_advanced(self, task: ExplainTask, advance: Advance) -> None:
        if task in self.runs and task is self.queue.current:
            text = progress_text(advance)
            self.dock.progress.update_to(advance.percent, f"{task.title}\n{text}")
            task.setDescription(f"{task.title}: {text}")

    def _run_refreshed(self, task: ExplainTask, partial: Explanation) -> None:
        run = self.runs.get(task)
        if run is None or run.band is None or task.job.window is None:
            return  # it has ended
        if run.preview is None:
            run.preview = Preview(task.job.window, task.title, self._colour_blind(), run.layer_id)
        if not self.dock.runs.chosen_records():
            self.dock.result.show_partial(partial, self._colour_blind())
        try:
            run.preview.show(partial)
        except Exception:  # noqa: BLE001 (a preview must never stop the run that it shows)
            self.messages.log(traceback.format_exc())

    def _cancel_current(self) -> None:
        if self.queue.current is not None:
            self.dock.progress.stopping()
            self.queue.cancel(self.queue.current)

    # When it ends -----------------------------------------------------------------------------

    def _run_ended(self, task: ExplainTask) -> None:
        run = self.runs.get(task)
        if run is None:
            return
        self.dock.progress.hide()
        if task.record is None:
            self._drop(run)
        if task.error is not None:
            self.dock.runs.set_state(run.row, self.tr("failed"))
            self.messages.error(task.error, task.details)
        elif task.record is None:
            self.dock.runs.set_state(run.row, self.tr("cancelled"))
        else:
            self._go_on(run, self._show_result(run, task.record))

    def _show_record(self, record: Any) -> None:
        self.dock.result.show_record(record, self._colour_blind())
        self.map_link.follow(record)
        if not is_same_run(record, self._shown):
            # A difference of two runs is no game that could be played.
            is_played = record is not None and "compared" not in record.explanation.settings
            self._game = RecordGame(record) if is_played else None
        self._shown = record
        self._follow(record)

    def _follow(self, record: Any) -> None:
        """Ask about this target of the chosen run from now on."""
        # A heat map has an order, which curves play, but its cells have no contributions.
        adds_up = record is not None and not is_heat(record.explanation)
        self.what_if.follow(record, self._game if adds_up else None)
        self.curves.follow_game(record, self._game)
        self.checks.follow(record, adds_up and self._game is not None)

    def _keep_findings(self, record: Any) -> None:
        """Keep curves and checks with the run: in the panel, in the list, in the project."""
        self.dock.result.record = record
        self.desk.keep_findings(record)
        # What one desk has found must not be lost when the other one ends.
        self._follow(record)

    def _show_slick(self, record: Any) -> None:
        """The explanation of a slick of a whole scene."""
        self._show_record(record)
        self.dock.show_page(self.dock.result_page)

    def _show_result(self, run: Run, record: Any) -> Iterator[None]:
        """Its layers made, its layers shown, the run listed: QGIS answers to the person between."""
        self._clear_map(run)
        yield
        try:
            drawing = run.task.drawing or draw(record, temporary_folder())
            layers = result_layers(record, drawing, self._colour_blind())
            yield
            add_result(record, source_id=run.layer_id, layers=layers)
        except Exception as error:  # noqa: BLE001 (the result itself is kept and can be exported)
            self.messages.error(error, traceback.format_exc())
        yield
        self.runs.pop(run.task)
        self.desk.finish(run.row, record)
        self.dock.show_page(self.dock.result_page)
        if self.queue.current is not None:
            # The next one has begun, and shows what is known so far.
            self.dock.runs.tree.clearSelection()
        self._tell_what_is_missing(run)

    def _go_on(self, run: Run, steps: Iterator[None]) -> None:
        """Take a step, and the next one when QGIS has done what waits; none for a dropped run."""
        if run.task in self.runs and next(steps, OVER) is not OVER:
            QTimer.singleShot(0, lambda: self._go_on(run, steps))

    def _tell_what_is_missing(self, run: Run) -> None:
        if run.task.job.outside > SMALLEST_SHARE_OUTSIDE:
            self.messages.information(
                self.tr("{:.0%} of the region lies outside the raster and was left out.").format(
                    run.task.job.outside
                )
            )
        if QgsProject.instance().mapLayer(run.layer_id) is None:
            self.messages.information(
                self.tr("“{}” was removed meanwhile; its explanation is kept.").format(
                    run.layer_name
                )
            )

    def _drop(self, run: Run) -> None:
        """Take a run's traces off the map."""
        self.runs.pop(run.task, None)
        self._clear_map(run)

    def _clear_map(self, run: Run) -> None:
        if run.band is not None:
            self._canvas.scene().removeItem(run.band)
            run.band = None
        if run.preview is not None:
            run.preview.remove()
            run.preview = None

    # When the ground moves --------------------------------------------------------------------

    def _project_closed(self) -> None:
        """Results belong to the project that they were asked in."""
        stopped = len(self.runs)
        for run in list(self.runs.values()):
            self._drop(run)
        self.queue.cancel_all()
        self.dock.progress.hide()
        self.desk.clear()
        self.scenes.project_closed()
        self.cells_preview.hide()
        if stopped:
            self.messages.information(
                self.tr("The project was closed; the running explanation was stopped.")
            )
