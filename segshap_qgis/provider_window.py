"""Reading a window through a QGIS data provider: the very pixels and grid that QGIS shows."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Sequence
from typing import Any, Optional

import numpy as np
from numpy.typing import NDArray
from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsMapLayer,
    QgsProject,
    QgsRasterBlock,
    QgsRasterLayer,
    QgsRasterRange,
    QgsRectangle,
)
from qgis.PyQt import sip

from .errors import ImageError
from .geo.grid import Grid, PixelBounds, shifted, to_map, window_bounds
from .geo.window import Window, check_bands, check_measurement, unit_hint, web_tiles_error

# Kinds of provider that draw pictures at any resolution instead of handing out values.
PICTURE_PROVIDERS = {"wms", "arcgismapserver"}
COMPLEX = {
    Qgis.DataType.CInt16,
    Qgis.DataType.CInt32,
    Qgis.DataType.CFloat32,
    Qgis.DataType.CFloat64,
}
NUMPY_TYPES = {
    Qgis.DataType.Byte: "u1",
    Qgis.DataType.UInt16: "u2",
    Qgis.DataType.Int16: "i2",
    Qgis.DataType.UInt32: "u4",
    Qgis.DataType.Int32: "i4",
    Qgis.DataType.Float32: "f4",
    Qgis.DataType.Float64: "f8",
}
if hasattr(Qgis.DataType, "Int8"):
    NUMPY_TYPES[Qgis.DataType.Int8] = "i1"


class Snapshot:
    """All that reading a raster layer needs; made on the main thread, read on any one.

    A layer that is changed or removed afterwards makes no difference.

    Parameters
    ----------
    layer : QgsMapLayer
        What the user chose.
    bands : sequence of int, optional
        Bands counted from 1; by default all but an alpha band.

    Raises
    ------
    ImageError
        The layer is no raster, comes as pictures from a web service, has too few bands, or bands
        that are no measurement (complex numbers, a colour table).
    """

    def __init__(self, layer: QgsMapLayer, bands: Optional[Sequence[int]] = None) -> None:
        self.name = layer.name()
        self.layer_id = layer.id()
        self.source = layer.publicSource()
        self.crs_wkt = _wkt(layer.crs())
        provider = _provider_with_pixels(layer)
        self.grid = _grid(provider)
        self._extent = provider.extent()
        self._alpha = _alpha_band(provider)
        count = provider.bandCount()
        self.bands = tuple(bands or (i for i in range(1, count + 1) if i != self._alpha))
        check_bands(self.bands, count, self.name)
        for band in self.bands:
            is_palette = (
                provider.colorInterpretation(band) == Qgis.RasterColorInterpretation.PaletteIndex
            )
            check_measurement(provider.dataType(band) in COMPLEX, is_palette, self.name)
        self.band_names = tuple(
            provider.bandDescription(b) or layer.bandName(b) for b in self.bands
        )
        self._ranges = {band: list(provider.userNoDataValues(band)) for band in self.bands}
        self._provider, self._finalizer = _copy_of(provider, self)
        for band in self.bands:
            # Blocks hide which pixels these ranges cover; `_in_ranges` finds them instead.
            self._provider.setUserNoDataValue(band, [])
        self._provider.enableProviderResampling(False)

    def read(self, region: Any, size: int = 512) -> Window:
        """Read the window around a region, off the main thread if you like.

        Parameters
        ----------
        region : tuple of 4 int or shapely geometry
            Pixel bounds (first row, first column, row after the last, column after the last) on
            the layer's grid, or a geometry in the layer's CRS.
        size : int
            Side of the window in pixels.

        Raises
        ------
        ImageError
            The provider hands out no values.
        RegionError
            The region is empty, outside the raster or larger than the window.
        """
        place = window_bounds(region, self.grid, size)
        valid = np.ones((place[2] - place[0], place[3] - place[1]), dtype=bool)
        planes = np.empty((len(self.bands), *valid.shape), dtype=np.float32)
        for plane, band in zip(planes, self.bands):
            values, has_data = self._read_band(band, place)
            # What does not fit into float32 becomes infinite, and therefore no data.
            with np.errstate(over="ignore"):
                plane[:] = values
            valid &= has_data & ~_in_ranges(values, self._ranges[band]) & np.isfinite(plane)
        if self._alpha:
            valid &= self._read_band(self._alpha, place)[0] != 0
        return Window(
            bands=planes,
            valid=valid,
            transform=shifted(self.grid.transform, place[0], place[1]),
            crs_wkt=self.crs_wkt,
            source=self.source,
            band_names=self.band_names,
            offset=(place[0], place[1]),
            unit=unit_hint(self.band_names),
        )

    def close(self) -> None:
        """Give the raster back now; nothing can be read afterwards."""
        self._finalizer()

    def _read_band(self, band: int, place: PixelBounds) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Values of a band and where they are no no-data, both (H, W)."""
        height, width = place[2] - place[0], place[3] - place[1]
        block = self._provider.block(band, self._rectangle(place), width, height)
        if not block.isValid() or block.isEmpty() or block.dataType() not in NUMPY_TYPES:
            reason = block.error().summary() or "its provider hands out no values"
            raise ImageError(
                f"“{self.name}” could not be read: {reason}.",
                "Check that its file or server can be reached.",
            )
        values = np.frombuffer(bytes(block.data()), dtype=NUMPY_TYPES[block.dataType()])
        values = values.reshape(height, width)
        return values, _has_data(block, values)

    def _rectangle(self, place: PixelBounds) -> QgsRectangle:
        x, y = to_map(self.grid.transform, [place[0], place[2]], [place[1], place[3]])
        if place == (0, 0, self.grid.height, self.grid.width):
            return self._extent
        return QgsRectangle(x[0], y[1], x[1], y[0])


def _provider_with_pixels(layer: QgsMapLayer) -> Any:
    if not isinstance(layer, QgsRasterLayer):
        raise ImageError(f"“{layer.name()}” is no raster layer.", "Choose a raster layer.")
    provider = layer.dataProvider()
    if not layer.isValid() or provider is None:
        raise ImageError(
            f"“{layer.name()}” cannot be read.", "Repair its data source in the layer's properties."
        )
    if provider.name() in PICTURE_PROVIDERS or provider.xSize() <= 0 or provider.ySize() <= 0:
        raise web_tiles_error(layer.name())
    return provider


def _copy_of(provider: Any, owner: Any) -> tuple[Any, Callable[[], Any]]:
    """A copy that is gone, with the file that it holds open, when its owner is; and its end."""
    copy = provider.clone()
    # PyQGIS leaves it to nobody: every run would keep its file open until QGIS ends. Then, QGIS
    # closes all files itself, and a copy must not do so once more.
    _watch_the_end()
    finalizer = weakref.finalize(owner, _delete, copy)
    finalizer.atexit = False
    return copy, finalizer


class _End:
    """Whether QGIS is ending: the project is the first that it deletes then.

    A method hears of it, no function: Python's collector takes a connected function for a part of
    the project's wrapper, of which there is a new one whenever nobody has kept the last. With one
    of them it would collect the function, and QGIS would crash when it calls what is left.
    """

    def __init__(self) -> None:
        self.has_come = False

    def note(self) -> None:
        self.has_come = True


_end = _End()


@functools.cache
def _watch_the_end() -> None:
    QgsProject.instance().destroyed.connect(_end.note)


def _delete(copy: Any) -> None:
    if not _end.has_come:
        sip.delete(copy)


def _grid(provider: Any) -> Grid:
    """The grid as QGIS presents it: always north-up, whatever the file holds."""
    extent = provider.extent()
    height, width = provider.ySize(), provider.xSize()
    return Grid(
        height,
        width,
        (
            extent.xMinimum(),
            extent.width() / width,
            0.0,
            extent.yMaximum(),
            0.0,
            -extent.height() / height,
        ),
    )


def _alpha_band(provider: Any) -> int:
    """The band that says where there is data; 0 if none. QGIS shows a file's mask as one, too."""
    for band in range(provider.bandCount(), 0, -1):
        if provider.colorInterpretation(band) == Qgis.RasterColorInterpretation.AlphaBand:
            return band
    return 0


def _has_data(block: QgsRasterBlock, values: NDArray[Any]) -> NDArray[np.bool_]:
    if block.hasNoDataValue():
        return np.asarray(values != block.noDataValue())
    return np.ones(values.shape, dtype=bool)


def _in_ranges(values: NDArray[Any], ranges: Sequence[QgsRasterRange]) -> NDArray[np.bool_]:
    """Where values are additional no-data, as set in the layer's properties."""
    inside = np.zeros(values.shape, dtype=bool)
    for one in ranges:
        # Not-a-number stands for an open end.
        low, high = np.nan_to_num(one.min(), nan=-np.inf), np.nan_to_num(one.max(), nan=np.inf)
        inside |= (values > low) & (values < high)
        for end in (low, high):
            if one.contains(float(end)):
                inside |= values == end
    return inside


def _wkt(crs: QgsCoordinateReferenceSystem) -> str:
    return crs.toWkt(QgsCoordinateReferenceSystem.WktVariant.WKT_PREFERRED_GDAL)


def raster_path(layer: QgsRasterLayer) -> str:
    """What GDAL opens to read the layer.

    Raises
    ------
    ImageError
        The layer is drawn by a server or computed in QGIS.
    """
    if layer.providerType() != "gdal":
        raise ImageError(
            f"“{layer.name()}” is no raster file.", "Save it as a GeoTIFF with raw values first."
        )
    return layer.source()
