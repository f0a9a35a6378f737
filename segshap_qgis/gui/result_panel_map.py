"""The chosen result and the map: which cell is under the cursor, and where a cell lies."""

from __future__ import annotations

from typing import Any, Optional

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsCsException,
    QgsGeometry,
    QgsPointXY,
)
from qgis.gui import QgsMapCanvas, QgsRubberBand
from qgis.PyQt.QtCore import QObject, pyqtSignal
from qgis.PyQt.QtGui import QColor

from ..geo.grid import to_pixel
from ..geo.regions import cell_outlines
from ..geo.wellknown import to_wkb
from .pixel_grid import transform_between, transformed

MARK = QColor(255, 255, 0)
HALO = QColor(0, 0, 0, 160)


class MapLink(QObject):
    """Finds, outlines and flashes the super-pixels of one record on a map canvas.

    Parameters
    ----------
    canvas : QgsMapCanvas
        The map.

    Signals
    -------
    cell_under_cursor(int or None)
        The cursor entered another super-pixel, or left all of them.
    """

    cell_under_cursor = pyqtSignal(object)

    def __init__(self, canvas: QgsMapCanvas, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._record: Any = None
        self._outlines: list[QgsGeometry] = []
        self._crs = QgsCoordinateReferenceSystem()
        self._under: Optional[int] = None
        self.band = self.new_band(MARK)
        canvas.xyCoordinates.connect(self._cursor_moved)

    def close(self) -> None:
        """Leave nothing on the map."""
        self._canvas.xyCoordinates.disconnect(self._cursor_moved)
        self._canvas.scene().removeItem(self.band)

    def new_band(self, colour: QColor) -> QgsRubberBand:
        """A band that outlines cells, seen on dark and on bright images."""
        band = QgsRubberBand(self._canvas, Qgis.GeometryType.Polygon)
        band.setStrokeColor(colour)
        band.setSecondaryStrokeColor(HALO)
        band.setFillColor(QColor(0, 0, 0, 0))
        band.setWidth(3)
        return band

    def follow(self, record: Any) -> None:
        """Speak of this record from now on; None of nothing."""
        if record is self._record:
            return
        self._record = record
        self._outlines = []
        self._under = None
        self.mark(None)
        if record is not None:
            self._crs = QgsCoordinateReferenceSystem.fromWkt(record.window.crs_wkt)

    def cell_at(self, point: QgsPointXY) -> Optional[int]:
        """The super-pixel under a point of the map; None off all of them."""
        if self._record is None:
            return None
        try:
            inside = self._to_map().transform(point, Qgis.TransformDirection.Reverse)
        except QgsCsException:
            return None
        row, column = to_pixel(self._record.window.transform, inside.x(), inside.y())
        labels = self._record.explanation.superpixels.labels
        if not (0 <= row < labels.shape[0] and 0 <= column < labels.shape[1]):
            return None
        cell = int(labels[int(row), int(column)])
        return cell if cell >= 0 else None

    def outline(self, cell: int) -> Optional[QgsGeometry]:
        """Where a cell lies, in the CRS of the map; None where the map cannot show it."""
        try:
            return transformed(self._outline(cell), self._to_map())
        except QgsCsException:
            return None

    def mark(self, cell: Optional[int]) -> None:
        """Outline one cell on the map."""
        self.band.reset(Qgis.GeometryType.Polygon)
        outline = self.outline(cell) if cell is not None and self._record is not None else None
        if outline is not None:
            self.band.setToGeometry(outline, None)

    def flash(self, cell: int) -> None:
        """Let a cell flash; a map that does not show it moves there first."""
        outline = self.outline(cell)
        if outline is None:
            return
        if not outline.intersects(QgsGeometry.fromRect(self._canvas.extent())):
            self._canvas.setCenter(outline.boundingBox().center())
            self._canvas.refresh()
        self._canvas.flashGeometries([outline])
        self.mark(cell)

    def _outline(self, cell: int) -> QgsGeometry:
        if not self._outlines:
            record = self._record
            for outline in cell_outlines(
                record.explanation.superpixels.labels, record.window.transform
            ):
                geometry = QgsGeometry()
                geometry.fromWkb(to_wkb(outline))
                self._outlines.append(geometry)
        return self._outlines[cell]

    def _to_map(self) -> Any:
        return transform_between(self._crs, self._canvas.mapSettings().destinationCrs())

    def _cursor_moved(self, point: QgsPointXY) -> None:
        cell = self.cell_at(point)
        if cell != self._under:
            self._under = cell
            self.cell_under_cursor.emit(cell)
