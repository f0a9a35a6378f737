"""Layers that the super-pixels follow: classes or polygons to cut along, land to leave out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, Optional, Union

import numpy as np
from numpy.typing import NDArray
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsFeatureRequest,
    QgsGeometry,
    QgsMapLayer,
    QgsRasterLayer,
    QgsRasterProjector,
    QgsRectangle,
    QgsVectorLayer,
    QgsVectorLayerFeatureSource,
    QgsWkbTypes,
)

from .errors import ImageError, SettingsError
from .geo import Window
from .geo.grid import to_map
from .geo.regions import polygon_labels
from .provider_window import NUMPY_TYPES
from .workflow import LAYER_KINDS, Guide, Request

# More classes than any class map has: a measured image was chosen by mistake.
MOST_CLASSES = 256


class RasterGuide:
    """A class raster: made on the main thread, read on any one.

    Parameters
    ----------
    layer : QgsRasterLayer
        Its first band holds whole numbers; any coordinate system will do.
    context : QgsCoordinateTransformContext
        Of the project.

    Raises
    ------
    ImageError
        The layer cannot be read.
    """

    def __init__(self, layer: QgsRasterLayer, context: QgsCoordinateTransformContext) -> None:
        provider = layer.dataProvider()
        if not layer.isValid() or provider is None or provider.dataType(1) not in NUMPY_TYPES:
            raise ImageError(
                f"“{layer.name()}” holds no classes.", "Choose a raster of class numbers."
            )
        self.name = layer.name()
        self._crs, self._context, self._extent = layer.crs(), context, provider.extent()
        self._provider = provider.clone()
        self._provider.enableProviderResampling(False)

    def labels(self, window: Window) -> NDArray[np.int64]:
        """Class of each pixel of a window, the nearest one; -1 where there is none: (H, W).

        Raises
        ------
        SettingsError
            The values are no classes.
        ImageError
            The provider hands out no values.
        """
        height, width = window.shape
        extent = extent_of(window)
        block = self._source(window).block(1, extent, width, height)
        if not block.isValid() or block.isEmpty() or block.dataType() not in NUMPY_TYPES:
            raise ImageError(f"“{self.name}” could not be read.", "Check that its file is there.")
        values = np.frombuffer(bytes(block.data()), dtype=NUMPY_TYPES[block.dataType()])
        known = np.isfinite(values)
        if block.hasNoDataValue():
            known &= values != block.noDataValue()
        elif block.hasNoData():
            known &= [not block.isNoData(index) for index in range(len(values))]
        classes = np.unique(values[known])
        if len(classes) > MOST_CLASSES or (classes != np.rint(classes)).any():
            raise SettingsError(
                f"“{self.name}” holds measurements, not classes.",
                f"Choose a raster of at most {MOST_CLASSES} whole numbers.",
            )
        labels = np.full(values.shape, -1, dtype=np.int64)
        labels[known] = np.searchsorted(classes, values[known])
        return labels.reshape(height, width)

    def _source(self, window: Window) -> Any:
        """What hands out blocks in the window's coordinates."""
        crs = _crs(window)
        if crs == self._crs or not (crs.isValid() and self._crs.isValid()):
            return self._provider
        # Kept, because QGIS does not own the input of what it only borrows.
        self._projector = QgsRasterProjector()
        self._projector.setPrecision(QgsRasterProjector.Precision.Exact)
        self._projector.setCrs(self._crs, crs, self._context)
        self._projector.setInput(self._provider)
        return self._projector


class PolygonGuide:
    """Polygons of a layer: made on the main thread, read on any one.

    Parameters
    ----------
    layer : QgsVectorLayer
        Of polygons, in any coordinate system.
    context : QgsCoordinateTransformContext
        Of the project.

    Raises
    ------
    SettingsError
        The layer holds no polygons.
    """

    def __init__(self, layer: QgsVectorLayer, context: QgsCoordinateTransformContext) -> None:
        if not layer.isValid() or layer.geometryType() != QgsWkbTypes.GeometryType.PolygonGeometry:
            raise SettingsError(f"“{layer.name()}” holds no polygons.", "Choose a polygon layer.")
        self.name = layer.name()
        self._crs, self._context = layer.crs(), context
        self._source = QgsVectorLayerFeatureSource(layer)

    def labels(self, window: Window) -> NDArray[np.int64]:
        """Number of the polygon that holds each pixel's centre; -1 where there is none: (H, W)."""
        return polygon_labels(list(self._polygons(window)), window).astype(np.int64)

    def _polygons(self, window: Window) -> Iterator[Any]:
        from shapely import wkb

        request = QgsFeatureRequest().setNoAttributes().setFilterRect(extent_of(window))
        crs = _crs(window)
        if crs.isValid() and self._crs.isValid():
            request.setDestinationCrs(crs, self._context)
        for feature in self._source.getFeatures(request):
            if feature.hasGeometry():
                flat = QgsGeometry(feature.geometry().constGet().segmentize())
                flat.get().dropZValue()
                flat.get().dropMValue()
                yield wkb.loads(bytes(flat.asWkb()))


class CellLayers(NamedTuple):
    """What a run needs of the layers that its super-pixels follow.

    Attributes
    ----------
    kind : str
        Kind of super-pixels, as in `Request.cells`.
    cut : RasterGuide or PolygonGuide, optional
        For the kinds "layer" and "polygons".
    land : PolygonGuide, optional
        What is left out.
    """

    kind: str = "hexagons"
    cut: Optional[Union[RasterGuide, PolygonGuide]] = None
    land: Optional[PolygonGuide] = None

    @property
    def follow_classes(self) -> bool:
        """Whether the super-pixels follow the classes that the model predicts."""
        return self.kind == "classes"

    def guide(self, window: Window, probabilities: Optional[NDArray[np.floating]] = None) -> Guide:
        """What the super-pixels of a window follow; called on any thread.

        Parameters
        ----------
        window : Window
            The pixels.
        probabilities : (C, H, W) array, optional
            The model's output, for the kind "classes".
        """
        labels: Optional[NDArray[Any]] = None
        if self.follow_classes and probabilities is not None:
            labels = probabilities.argmax(axis=0)
        elif self.cut is not None:
            labels = self.cut.labels(window)
        return Guide(labels, None if self.land is None else self.land.labels(window) >= 0)


NO_LAYERS = CellLayers()


def cell_layers(
    request: Request,
    cut: Optional[QgsMapLayer],
    land: Optional[QgsMapLayer],
    context: QgsCoordinateTransformContext,
) -> CellLayers:
    """Snapshots, on the main thread, of the layers that a request's super-pixels follow.

    Parameters
    ----------
    request : Request
        Whose kind of super-pixels decides whether `cut` is wanted.
    cut, land : QgsMapLayer, optional
        Classes or polygons to cut along, and polygons that belong to no super-pixel.
    context : QgsCoordinateTransformContext
        Of the project.

    Raises
    ------
    SettingsError, ImageError
        A layer is missing or of the wrong kind.
    """
    shores = None if land is None else PolygonGuide(land, context)
    if request.cells not in LAYER_KINDS or request.method != "shapley":
        return CellLayers(request.cells, None, shores)
    if isinstance(cut, QgsRasterLayer) and request.cells == "layer":
        return CellLayers(request.cells, RasterGuide(cut, context), shores)
    if isinstance(cut, QgsVectorLayer):
        return CellLayers(request.cells, PolygonGuide(cut, context), shores)
    raise SettingsError(
        "No layer is chosen that the super-pixels can follow.",
        "Choose a polygon layer, or a class raster to cut along.",
    )


def extent_of(window: Window) -> QgsRectangle:
    """A window's place in its own coordinates."""
    height, width = window.shape
    x, y = to_map(window.transform, [0, height], [0, width])
    return QgsRectangle(x[0], min(y), x[1], max(y))


def _crs(window: Window) -> QgsCoordinateReferenceSystem:
    return QgsCoordinateReferenceSystem.fromWkt(window.crs_wkt)
