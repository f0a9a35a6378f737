"""The super-pixels that a run would have, drawn on the map before it is started."""

from __future__ import annotations

from typing import Any, Optional

from qgis.core import Qgis, QgsApplication, QgsCsException, QgsGeometry, QgsRasterLayer
from qgis.gui import QgsMapCanvas, QgsRubberBand
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QColor

from ..cell_layers import CellLayers
from ..errors import SegShapError
from ..geo import Window
from ..geo.merging import merge_pixels
from ..geo.regions import cell_outlines
from ..geo.wellknown import to_wkb
from ..provider_window import Snapshot
from ..workflow import Request, superpixels_for
from .dock import Dock
from .pixel_grid import transform_between, transformed
from .work import Work

LINES = QColor(255, 255, 255, 200)
HALO = QColor(0, 0, 0, 120)
# Milliseconds of rest after a change before the cells are drawn again.
REST = 300


class CellsPreview(QObject):
    """Outlines of the cells of the window around the middle of the map; no layer is made.

    Parameters
    ----------
    dock : Dock
        Its settings, and its box that switches the preview on.
    canvas : QgsMapCanvas
        The map.

    Signals
    -------
    drawn(int)
        So many cells are shown now.
    """

    drawn = pyqtSignal(int)

    def __init__(self, dock: Dock, canvas: QgsMapCanvas, parent: QObject) -> None:
        super().__init__(parent)
        self._dock = dock
        self._canvas = canvas
        # QGIS keeps no reference to a Python task.
        self._working: Optional[Work] = None
        self.band = QgsRubberBand(canvas, Qgis.GeometryType.Line)
        self.band.setStrokeColor(LINES)
        self.band.setSecondaryStrokeColor(HALO)
        self.band.setWidth(1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REST)
        self._timer.timeout.connect(self._begin)
        dock.method.preview_box.toggled.connect(self._switched)
        dock.method.cells_changed.connect(self._ask)
        dock.source.layer_changed.connect(self._ask)
        canvas.extentsChanged.connect(self._ask)

    def close(self) -> None:
        """Leave nothing on the map."""
        self._canvas.extentsChanged.disconnect(self._ask)
        self._timer.stop()
        self._canvas.scene().removeItem(self.band)

    @property
    def is_on(self) -> bool:
        """Whether cells are wanted."""
        return self._dock.method.preview_box.isChecked()

    def hide(self) -> None:
        """Take the cells off the map and the tick out of the box."""
        self._dock.method.preview_box.setChecked(False)

    def _switched(self, on: bool) -> None:
        if on:
            self._ask()
        else:
            self._clear("")

    def _ask(self, *_: Any) -> None:
        if self.is_on:
            self._timer.start()

    def _begin(self) -> None:
        """Read on the main thread what belongs to it, and cut the cells off it."""
        if self._working is not None:
            self._timer.start()
            return
        layer = self._dock.source.layer()
        try:
            request = self._dock.request()
            place = self._middle(layer)
            snapshot = Snapshot(layer, request.bands)
            layers = self._dock.cell_layers()
        except SegShapError as error:
            self._clear(error.message)
            return
        self._working = Work(
            self.tr("Cutting super-pixels"),
            lambda: _outlines(snapshot, request, place, layers),
            lambda task: self._end(task, layer),
        )
        QgsApplication.taskManager().addTask(self._working)

    def _middle(self, layer: Optional[QgsRasterLayer]) -> Any:
        """The middle of the map in the layer's CRS, as shapely knows it."""
        from shapely.geometry import Point

        if layer is None:
            raise SegShapError(self.tr("Choose a raster layer first."))
        map_crs = self._canvas.mapSettings().destinationCrs()
        try:
            middle = transform_between(map_crs, layer.crs()).transform(self._canvas.center())
        except QgsCsException as error:
            raise SegShapError(self.tr("The map does not show the raster.")) from error
        return Point(middle.x(), middle.y())

    def _end(self, task: Work, layer: QgsRasterLayer) -> None:
        self._working = None
        if not self.is_on:
            return
        if task.error is not None:
            self._clear(getattr(task.error, "message", str(task.error)))
            return
        parts, n_cells = task.result
        lines = QgsGeometry.collectGeometry(parts)
        map_crs = self._canvas.mapSettings().destinationCrs()
        try:
            self.band.setToGeometry(
                transformed(lines, transform_between(layer.crs(), map_crs)), None
            )
        except (QgsCsException, RuntimeError):
            # The layer was removed meanwhile, or has no place on this map.
            self._clear("")
            return
        self._dock.method.tell_cells(self.tr("{} super-pixels in a window").format(n_cells))
        self.drawn.emit(n_cells)

    def _clear(self, why: str) -> None:
        self.band.reset(Qgis.GeometryType.Line)
        self._dock.method.tell_cells(why)
        self.drawn.emit(0)


def _outlines(
    snapshot: Snapshot, request: Request, place: Any, layers: CellLayers
) -> tuple[list[QgsGeometry], int]:
    """Edges of the cells around a place, and how many cells there are; off the main thread."""
    window = merge_pixels(snapshot.read(place, request.window * request.merge), request.merge)
    guide = layers.guide(window, _probabilities(request, window))
    cells = superpixels_for(request, window, guide)
    lines = []
    for outline in cell_outlines(cells.labels, window.transform):
        geometry = QgsGeometry()
        geometry.fromWkb(to_wkb(outline.boundary))
        lines.append(geometry)
    return lines, cells.n_players


def _probabilities(request: Request, window: Window) -> Any:
    """The model's output, where the cells are cut along its classes."""
    if request.cells != "classes" or request.method != "shapley":
        return None
    from ..models import load_model

    model = load_model(request.model)
    return model.predict(window.bands, window.valid, request.unit or window.unit)
