"""Map tools that pick what is to be explained: a pixel, a drawn region, a predicted slick.

Every tool hands over a geometry in the CRS of the raster layer; what happens next is no business of
its own.
"""

from __future__ import annotations

from typing import Optional

from qgis.core import Qgis, QgsCsException, QgsGeometry, QgsPointXY, QgsRasterLayer
from qgis.gui import QgsMapCanvas, QgsMapMouseEvent, QgsMapTool, QgsRubberBand
from qgis.PyQt.QtCore import QCoreApplication, QPoint, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QKeyEvent

from .pixel_grid import has_pixels, pixel_at, pixel_outline, transform_between, transformed

# Not self.tr in a base class: it would look among the texts of the subclass.
translate = QCoreApplication.translate
OUTLINE = QColor(33, 102, 172)
HALO = QColor(255, 255, 255, 190)
FILL = QColor(33, 102, 172, 40)
# A press that moves further than this (in pixels of the screen) draws freehand instead of clicking.
DRAG_DISTANCE = 6


def region_band(canvas: QgsMapCanvas) -> QgsRubberBand:
    """A rubber band for regions: blue in a white halo, seen on dark and on bright images."""
    band = QgsRubberBand(canvas, Qgis.GeometryType.Polygon)
    band.setStrokeColor(OUTLINE)
    band.setSecondaryStrokeColor(HALO)
    band.setFillColor(FILL)
    band.setWidth(2)
    return band


class PickTool(QgsMapTool):
    """What the tools share: the raster layer picked on, and the two ways that a pick can end.

    Parameters
    ----------
    canvas : QgsMapCanvas
        The map.
    """

    picked = pyqtSignal(QgsGeometry)
    refused = pyqtSignal(str)

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self.layer: Optional[QgsRasterLayer] = None
        self.setCursor(Qt.CursorShape.CrossCursor)

    def usable_layer(self) -> Optional[QgsRasterLayer]:
        """The layer, unless it is gone or has no pixels; says so then."""
        if self.layer is None:
            self.refused.emit(translate("PickTool", "Choose a raster layer first."))
            return None
        if not has_pixels(self.layer):
            self.refused.emit(
                translate(
                    "PickTool",
                    "“{}” is drawn from web tiles and has no pixel values. "
                    "Save it as a raster file, or choose another layer.",
                ).format(self.layer.name())
            )
            return None
        return self.layer

    def to_layer(self, geometry: QgsGeometry, layer: QgsRasterLayer) -> Optional[QgsGeometry]:
        """The geometry in the layer's CRS; None, and a word to the user, where it has no place."""
        map_crs = self.canvas().mapSettings().destinationCrs()
        try:
            return transformed(geometry, transform_between(map_crs, layer.crs()))
        except QgsCsException:
            self.refused.emit(
                translate(
                    "PickTool", "This place cannot be converted to the coordinates of “{}”."
                ).format(layer.name())
            )
            return None

    def to_canvas(self, geometry: QgsGeometry, layer: QgsRasterLayer) -> Optional[QgsGeometry]:
        """The layer's geometry as the map shows it; None where it cannot be shown."""
        map_crs = self.canvas().mapSettings().destinationCrs()
        try:
            return transformed(geometry, transform_between(layer.crs(), map_crs))
        except QgsCsException:
            return None


class PixelTool(PickTool):
    """One click picks one pixel; the pixel under the cursor is outlined on its true grid."""

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self.band = region_band(canvas)

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:
        """Outline the pixel under the cursor."""
        found = self._pixel_under(event.mapPoint()) if self.layer is not None else None
        outline = self.to_canvas(pixel_outline(*found), found[0]) if found else None
        self._show(outline)

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        """Pick the pixel."""
        if event.button() != Qt.MouseButton.LeftButton or self.usable_layer() is None:
            return
        found = self._pixel_under(event.mapPoint())
        if found is None:
            self.refused.emit(self.tr("There is no pixel here: click inside the raster."))
            return
        self.picked.emit(QgsGeometry(pixel_outline(*found).centroid()))

    def deactivate(self) -> None:
        """Put the outline away with the tool."""
        self._show(None)
        super().deactivate()

    def _pixel_under(self, point: QgsPointXY) -> Optional[tuple[QgsRasterLayer, int, int]]:
        layer = self.layer
        if layer is None or not has_pixels(layer):
            return None
        map_crs = self.canvas().mapSettings().destinationCrs()
        try:
            inside = transform_between(map_crs, layer.crs()).transform(point)
        except QgsCsException:
            return None
        pixel = pixel_at(layer, inside)
        return (layer, *pixel) if pixel else None

    def _show(self, outline: Optional[QgsGeometry]) -> None:
        self.band.reset(Qgis.GeometryType.Polygon)
        if outline is not None:
            self.band.setToGeometry(outline, None)


class SlickTool(PickTool):
    """One click picks the predicted segment under it; the model has to run to outline it."""

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        """Pick the segment under the click, handing over the clicked point."""
        layer = self.usable_layer()
        if event.button() != Qt.MouseButton.LeftButton or layer is None:
            return
        point = self.to_layer(QgsGeometry.fromPointXY(event.mapPoint()), layer)
        if point is None:
            return
        if pixel_at(layer, point.asPoint()) is None:
            self.refused.emit(self.tr("There is no pixel here: click inside the raster."))
            return
        self.picked.emit(point)


class RegionTool(PickTool):
    """A polygon by clicks, or freehand by dragging.

    Backspace takes the last corner back, Esc clears; double-click, Enter or right-click finishes.
    """

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self.band = region_band(canvas)
        self.corners: list[QgsPointXY] = []
        self._pressed_at: Optional[QPoint] = None
        self._freehand = False

    def canvasPressEvent(self, event: QgsMapMouseEvent) -> None:
        """Remember where a click or a freehand stroke begins."""
        if event.button() == Qt.MouseButton.LeftButton and self.usable_layer() is not None:
            self._pressed_at = event.pos()

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:
        """Follow the cursor: the next corner, or the freehand stroke."""
        if self._pressed_at is not None and not self._freehand:
            moved = (event.pos() - self._pressed_at).manhattanLength()
            if moved > DRAG_DISTANCE:
                self._freehand = True
                self.corners.append(self.toMapCoordinates(self._pressed_at))
        if self._freehand:
            self.corners.append(event.mapPoint())
        self._draw(None if self._freehand else event.mapPoint())

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        """Add a corner, end a stroke, or finish with the right button."""
        if event.button() == Qt.MouseButton.RightButton:
            self.finish()
            return
        # The release after a double-click belongs to it and adds nothing.
        if self._pressed_at is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self._pressed_at = None
        if self._freehand:
            self._freehand = False
            self.finish()
            return
        self.corners.append(event.mapPoint())
        self._draw(None)

    def canvasDoubleClickEvent(self, event: QgsMapMouseEvent) -> None:
        """Finish the polygon; its last corner came with the first of the two clicks."""
        self._pressed_at = None
        if event.button() == Qt.MouseButton.LeftButton:
            self.finish()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Backspace or Delete undoes a corner, Esc clears, Enter finishes."""
        key = event.key()
        if key in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            del self.corners[-1:]
            self._draw(None)
        elif key == Qt.Key.Key_Escape:
            self.clear()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.finish()
        else:
            return
        # QGIS takes an accepted Backspace or Delete for 'delete the selected features'.
        event.ignore()

    def finish(self) -> None:
        """Hand the polygon over and start afresh; too few corners are kept, with a hint."""
        layer = self.usable_layer()
        if layer is None:
            return
        if len(self.corners) < 3:
            self.refused.emit(
                self.tr("A region needs at least three corners: click on, or press Esc to clear.")
            )
            return
        # A stroke that crosses itself means its inside.
        polygon = QgsGeometry.fromPolygonXY([self.corners]).makeValid()
        self.clear()
        region = self.to_layer(polygon, layer)
        if region is not None:
            self.picked.emit(region)

    def clear(self) -> None:
        """Forget the corners."""
        self.corners = []
        self._pressed_at = None
        self._freehand = False
        self.band.reset(Qgis.GeometryType.Polygon)

    def deactivate(self) -> None:
        """A half-drawn region does not outlive the tool."""
        self.clear()
        super().deactivate()

    def _draw(self, cursor: Optional[QgsPointXY]) -> None:
        self.band.reset(Qgis.GeometryType.Polygon)
        shown = self.corners + ([cursor] if cursor is not None and self.corners else [])
        for corner in shown:
            # With the update, which also makes the band visible.
            self.band.addPoint(corner, corner is shown[-1])
