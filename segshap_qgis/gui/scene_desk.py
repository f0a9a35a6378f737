"""Carries out what the page for whole scenes asks for."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any, Callable, Optional

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCsException,
    QgsGeometry,
    QgsProject,
    QgsRasterLayer,
    QgsSettings,
)
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..cluster_options import cluster_options
from ..dependencies import torch_is_here
from ..errors import DependencyError, SegShapError, SettingsError
from ..geo import read_geopackage
from ..geo.aside import connect
from ..geo.regions import mask_outline
from ..geo.wellknown import to_wkb
from ..layers.scene import add_scene
from ..provider_window import raster_path
from ..scene import SceneRequest, WholeScene, unfinished_job
from ..tasks import PATIENCE, BackgroundTask
from .dock import Dock
from .messages import Messages
from .pixel_grid import transform_between, transformed
from .scene_task import SceneEstimate, SceneTask

# The folder of the last job, so that it is offered again after a restart of QGIS.
LAST_FOLDER = "segshap/scene/folder"
# How many times the extent of a slick the map shows when it moves there.
AROUND = 4.0
COLUMNS = ("slick", "state", "probability", "trust", "share_slick", "share_near", "share_far")


class SceneDesk(QObject):
    """One job at a time, its results as layers, and its slicks to look at.

    Parameters
    ----------
    dock : Dock
        Whose page it serves; layer, model, class and method are those of the dock.
    canvas : QgsMapCanvas
        The map, which moves to a slick that is chosen.
    messages : Messages
        Where troubles are told.
    colour_blind : callable
        Whether layers have the colour-blind safe colours.

    Signals
    -------
    record_asked(Record)
        The explanation of a slick is to be shown.
    """

    record_asked = pyqtSignal(object)

    def __init__(
        self,
        dock: Dock,
        canvas: QgsMapCanvas,
        messages: Messages,
        colour_blind: Callable[[], bool],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._dock = dock
        self._canvas = canvas
        self._page = dock.scene
        self._messages = messages
        self._colour_blind = colour_blind
        self.task: Optional[BackgroundTask] = None
        # Tasks that were cancelled and have not come to their end.
        self._stopping: list[BackgroundTask] = []
        self._estimated: Optional[WholeScene] = None
        self._explained: Optional[Path] = None
        # The project that the job was started in is gone: its results are not for this one.
        self._is_foreign = False
        self._suggested = ""
        self._connect()
        self._page.folder_box.setFilePath(str(QgsSettings().value(LAST_FOLDER, "")))
        self._follow_source()

    def _connect(self) -> None:
        page = self._page
        page.estimate_asked.connect(self.estimate)
        page.start_asked.connect(self.start)
        page.go_on_asked.connect(self.go_on)
        page.progress.cancel_asked.connect(self.cancel)
        page.slick_chosen.connect(self.show_slick)
        page.folder_box.fileChanged.connect(lambda _: self._follow_folder())
        self._dock.source.layer_changed.connect(self._follow_source)
        self._dock.source.class_box.currentIndexChanged.connect(self._follow_source)
        self._dock.pages.currentChanged.connect(self._follow_source)

    def close(self) -> None:
        """Stop what runs, and wait briefly for it; it goes on with the next start."""
        task, self.task = self.task, None
        if task is not None:
            task.blockSignals(True)
            task.cancel()
            task.done.wait(2 * PATIENCE)

    def project_closed(self) -> None:
        """A job goes on, because its results are files; they are not shown in another project."""
        self._is_foreign = self.task is not None
        self._explained = None
        self._page.show_slicks([])

    # What the page shows ----------------------------------------------------------------------

    def _follow_source(self, _index: int = 0) -> None:
        """Say what will be explained, and offer a folder beside the raster."""
        layer, source = self._dock.source.layer(), self._dock.source
        if layer is None:
            self._page.what.setText(self.tr("Choose a raster layer on the page “Explain” first."))
        else:
            self._page.what.setText(
                self.tr(
                    "All of “{}”, class {} of “{}”. Layer, model and the settings of the "
                    "explanations are those of the page “Explain”."
                ).format(layer.name(), source.target(), source.model_box.currentText())
            )
            self._suggest_folder(layer)
        address = cluster_options().address
        self._page.where.setText(
            self.tr("Slicks are explained on the cluster at {}.").format(address)
            if address
            else self.tr("Slicks are explained on this computer; a cluster is set in the options.")
        )
        self._follow_folder()

    def _suggest_folder(self, layer: QgsRasterLayer) -> None:
        """A folder beside the raster, unless a person or an unfinished job named one."""
        path = Path(layer.source())
        named = self._page.folder_box.filePath()
        if named in {"", self._suggested} and layer.providerType() == "gdal" and path.is_file():
            self._suggested = str(path.with_name(f"{path.stem}_segshap"))
            self._page.folder_box.setFilePath(self._suggested)

    def _follow_folder(self) -> None:
        """Offer to go on where the folder holds an unfinished job."""
        self._page.go_on_button.setVisible(self._waiting() is not None)

    def _waiting(self) -> Optional[WholeScene]:
        folder = self._page.folder()
        try:
            return None if folder is None else unfinished_job(folder)
        except SegShapError:
            # Told when the person starts in there.
            return None

    # What the page asks for -------------------------------------------------------------------

    def job(self) -> WholeScene:
        """What the dock asks for.

        Raises
        ------
        SegShapError
            Something is missing, or does not fit.
        """
        layer = self._dock.source.layer()
        if layer is None:
            raise SettingsError(self.tr("Choose a raster layer first."))
        run = self._dock.request()
        scene = SceneRequest(
            raster=raster_path(layer),
            model=run.model,
            target=run.target,
            bands=run.bands,
            unit=run.unit,
            window=run.window,
            overlap=min(SceneRequest.overlap, run.window // 4),
            kind=self._page.kind_box.currentData(),
            land=self._page.land(),
        )
        boxes = (self._page.threshold_box, self._page.area_box, self._page.simplify_box)
        return WholeScene(scene, run, *(box.value() for box in boxes))

    def estimate(self) -> None:
        """Tell what the job would cost."""
        try:
            folder = self._folder()
            job = self.job()
            self._launch(SceneEstimate(job, folder, self._title(job)), self._estimate_ended)
        except SegShapError as error:
            self._messages.error(error)

    def start(self) -> None:
        """Start the job that the dock asks for."""
        try:
            self._begin(self.job())
        except SegShapError as error:
            self._messages.error(error)

    def go_on(self) -> None:
        """Take up the job of the folder, with its own settings."""
        try:
            job = unfinished_job(self._folder())
            if job is None:
                raise SettingsError(self.tr("This folder holds no unfinished job."))
            self._begin(job)
        except SegShapError as error:
            self._messages.error(error)

    def cancel(self) -> None:
        """Stop; what was done is kept."""
        if self.task is not None:
            self._page.progress.stopping()
            self.task.cancel()

    def show_slick(self, number: int) -> None:
        """Ask for the explanation of a slick to be shown."""
        if self._explained is None:
            return
        try:
            record = read_geopackage(self._explained, f"slick {number}")
        except SegShapError as error:
            self._messages.error(error)
            return
        self.record_asked.emit(record)
        self._show_place(record)

    def _show_place(self, record: Any) -> None:
        """Move the map to the window of a slick, and let the slick flash."""
        outline = QgsGeometry()
        outline.fromWkb(to_wkb(mask_outline(record.region, record.window.transform)))
        crs = QgsCoordinateReferenceSystem.fromWkt(record.window.crs_wkt)
        map_crs = self._canvas.mapSettings().destinationCrs()
        try:
            place = transformed(outline, transform_between(crs, map_crs))
        except QgsCsException:
            return
        extent = place.boundingBox()
        extent.scale(AROUND)
        self._canvas.setExtent(extent)
        self._canvas.refresh()
        self._canvas.flashGeometries([place])

    def _folder(self) -> Path:
        folder = self._page.folder()
        if folder is None:
            raise SettingsError(self.tr("Choose a folder for the results first."))
        return folder

    def _title(self, job: WholeScene) -> str:
        return self.tr("Slicks of {}").format(Path(job.scene.raster).name)

    def _begin(self, job: WholeScene) -> None:
        folder = self._folder()
        task = SceneTask(job, folder, self._title(job), is_estimated=job == self._estimated)
        task.estimated.connect(self._page.show_estimate)
        task.advanced.connect(self._page.show_advance)
        task.linked.connect(self._page.show_link)
        self._launch(task, self._job_ended)
        QgsSettings().setValue(LAST_FOLDER, str(folder))

    def _launch(self, task: BackgroundTask, ended: Callable[[Any], None]) -> None:
        self._stopping = [other for other in self._stopping if other.is_at_work()]
        if self.task is not None or self._stopping:
            raise SettingsError(
                self.tr("The job before is still coming to its end."),
                self.tr("Try again in a moment."),
            )
        if not torch_is_here():
            raise DependencyError(
                self.tr("PyTorch is missing."), self.tr("The dock says how to get it.")
            )
        self.task = task
        self._is_foreign = False
        task.ended.connect(lambda: self._task_ended(task, ended))
        self._page.set_running(True)
        self._page.progress.start(self.tr("Preparing: {}").format(task.title))
        QgsApplication.taskManager().addTask(task)

    # When it ends -----------------------------------------------------------------------------

    def _task_ended(self, task: BackgroundTask, ended: Callable[[Any], None]) -> None:
        if task is not self.task:
            return
        self.task = None
        self._stopping.append(task)
        self._page.set_running(False)
        if task.error is not None:
            self._messages.error(task.error, task.details)
        elif task.result is not None:
            ended(task)
        self._follow_folder()

    def _estimate_ended(self, task: SceneEstimate) -> None:
        self._page.show_estimate(task.result)
        self._estimated = task.job

    def _job_ended(self, task: SceneTask) -> None:
        QgsSettings().remove(LAST_FOLDER)
        if self._is_foreign:
            self._messages.information(
                self.tr("The results of “{}” are in {}.").format(task.title, task.folder)
            )
            return
        whole = task.result
        target = task.job.scene.target
        add_scene(whole.files, task.title, target, self._colour_blind(), self._source_layer(task))
        self._explained = whole.files.explained if whole.found else None
        self._page.show_slicks(_rows(self._explained) if self._explained else [])
        if not whole.found:
            self._messages.information(self.tr("No slick was found."))
        elif whole.failed:
            self._messages.warning(
                self.tr("{} slicks explained; {} could not be: their rows say why.").format(
                    whole.explained, whole.failed
                )
            )
        else:
            self._messages.success(self.tr("{} slicks explained.").format(whole.explained))

    def _source_layer(self, task: SceneTask) -> str:
        """Id of the layer of the job's raster; a job that went on may be another's."""
        for layer in QgsProject.instance().mapLayers().values():
            if isinstance(layer, QgsRasterLayer) and layer.source() == task.job.scene.raster:
                return str(layer.id())
        return ""


def _rows(file: Path) -> list[dict[str, Any]]:
    """The table of explained slicks."""
    with closing(connect(file, "ro")) as connection:
        found = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM slicks")  # noqa: S608  # nosec B608
        return [dict(zip(COLUMNS, row)) for row in found]
