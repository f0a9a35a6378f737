"""The pixels of a raster layer as QGIS presents it: the one under a point, its outline."""

from __future__ import annotations

import math
from typing import Optional

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
)

# A straight edge in one reference system is a curve in another: this many pieces follow it closely.
PIECES_PER_EDGE = 8


def has_pixels(layer: QgsRasterLayer) -> bool:
    """Whether the layer has a grid of its own; tiles from the web are drawn at any resolution."""
    provider = layer.dataProvider()
    return provider is not None and provider.xSize() > 0 and provider.ySize() > 0


def pixel_at(layer: QgsRasterLayer, point: QgsPointXY) -> Optional[tuple[int, int]]:
    """Row and column of the pixel that holds a point (layer CRS); None off the raster."""
    extent = layer.extent()
    column = math.floor((point.x() - extent.xMinimum()) / layer.rasterUnitsPerPixelX())
    row = math.floor((extent.yMaximum() - point.y()) / layer.rasterUnitsPerPixelY())
    inside = 0 <= row < layer.height() and 0 <= column < layer.width()
    return (row, column) if inside else None


def pixel_outline(layer: QgsRasterLayer, row: int, column: int) -> QgsGeometry:
    """The pixel's own rectangle, in the layer's CRS."""
    extent = layer.extent()
    width, height = layer.rasterUnitsPerPixelX(), layer.rasterUnitsPerPixelY()
    left, top = extent.xMinimum() + column * width, extent.yMaximum() - row * height
    return QgsGeometry.fromRect(QgsRectangle(left, top - height, left + width, top))


def transform_between(
    source: QgsCoordinateReferenceSystem, destination: QgsCoordinateReferenceSystem
) -> QgsCoordinateTransform:
    """The project's way from one CRS to another; the identity where one is missing."""
    return QgsCoordinateTransform(source, destination, QgsProject.instance())


def transformed(geometry: QgsGeometry, transform: QgsCoordinateTransform) -> QgsGeometry:
    """A copy of the geometry in the other CRS, its edges following the true curve.

    Raises
    ------
    QgsCsException
        The geometry has no place there.
    """
    if transform.isShortCircuited():
        return QgsGeometry(geometry)
    dense = geometry.densifyByCount(PIECES_PER_EDGE - 1)
    dense.transform(transform)
    return dense
