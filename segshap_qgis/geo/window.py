"""The pixels that are explained, and reading them with GDAL."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, Union

import numpy as np
from numpy.typing import NDArray

from ..errors import ImageError
from .grid import Grid, PixelBounds, Transform, determinant_of, shifted, window_bounds


@dataclass(frozen=True)
class Window:
    """A rectangle of pixels read from a raster.

    Attributes
    ----------
    bands : (B, H, W) float32 array
        Raw values in the unit of the raster.
    valid : (H, W) bool array
        False on no-data and outside the raster.
    transform : tuple of 6 float
        GDAL geotransform of the window: column and row edges to coordinates of the raster's CRS.
    crs_wkt : str
        Coordinate reference system; empty when the raster has none.
    source : str
        Where the pixels come from, for people and for repeating.
    band_names : tuple of str
        Names of the B bands.
    offset : (int, int)
        Row and column of the window's first pixel in the raster.
    unit : str, optional
        "amplitude", "power" or "db" where the raster says so.
    """

    bands: NDArray[np.float32]
    valid: NDArray[np.bool_]
    transform: Transform
    crs_wkt: str = ""
    source: str = ""
    band_names: tuple[str, ...] = ()
    offset: tuple[int, int] = (0, 0)
    unit: Optional[str] = None

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.valid.shape  # type: ignore[return-value]


def read_window(
    path: Union[str, Path],
    region: Any,
    size: int = 512,
    bands: Optional[Sequence[int]] = None,
) -> Window:
    """Read the window around a region with GDAL.

    No-data values, masks, alpha bands and not-finite values make a pixel invalid; scale and offset
    of the bands are applied. A raster that is placed by ground control points only is read as GDAL
    (and QGIS) warps it to a regular grid, and the region is meant in that grid.

    Parameters
    ----------
    path : str or Path
        Any raster that GDAL opens.
    region : tuple of 4 int or shapely geometry
        Pixel bounds (first row, first column, row after the last, column after the last), or a
        geometry in the raster's CRS.
    size : int
        Side of the window in pixels.
    bands : sequence of int, optional
        Bands counted from 1; by default all but an alpha band.

    Returns
    -------
    Window
        `size` pixels wide and high, or as large as the raster.

    Raises
    ------
    ImageError
        The file cannot be read, has no pixels of its own, too few bands, or bands that are no
        measurement (complex numbers, a colour table).
    RegionError
        The region is empty, outside the raster or larger than the window.
    """
    dataset = _open(str(path))
    return _read(dataset, str(path), window_bounds(region, _grid(dataset), size), bands)


class RasterReader:
    """A raster that is kept open for many windows, read as `read_window` reads it.

    Parameters
    ----------
    path : str or Path
        Any raster that GDAL opens.
    bands : sequence of int, optional
        Bands counted from 1; by default all but an alpha band.

    Attributes
    ----------
    grid : Grid
        Size and geotransform of the raster.
    crs_wkt : str
        Coordinate reference system; empty when the raster has none.

    Raises
    ------
    ImageError
        As `read_window`.
    """

    def __init__(self, path: Union[str, Path], bands: Optional[Sequence[int]] = None) -> None:
        self.path = str(path)
        self._dataset = _open(self.path)
        self._bands = _choose_bands(self._dataset, bands)
        self.grid = _grid(self._dataset)
        self.crs_wkt: str = self._dataset.GetProjection()

    def read(self, bounds: PixelBounds) -> Window:
        """The window at pixel bounds inside the raster, of any shape."""
        return _read(self._dataset, self.path, bounds, self._bands)


def _grid(dataset: Any) -> Grid:
    determinant_of(dataset.GetGeoTransform())  # refuses what is no grid
    return Grid(dataset.RasterYSize, dataset.RasterXSize, dataset.GetGeoTransform())


def _read(dataset: Any, path: str, bounds: PixelBounds, bands: Optional[Sequence[int]]) -> Window:
    row0, column0, row1, column1 = bounds
    wanted = [dataset.GetRasterBand(index) for index in _choose_bands(dataset, bands)]
    place = (column0, row0, column1 - column0, row1 - row0)
    valid = np.ones((row1 - row0, column1 - column0), dtype=bool)
    planes = np.empty((len(wanted), *valid.shape), dtype=np.float32)
    for plane, band in zip(planes, wanted):
        values, has_data = _read_band(band, place, path)
        plane[:] = values
        valid &= has_data & np.isfinite(plane)
    return Window(
        bands=planes,
        valid=valid,
        transform=shifted(dataset.GetGeoTransform(), row0, column0),
        crs_wkt=dataset.GetProjection(),
        source=path,
        band_names=tuple(_band_name(band) for band in wanted),
        offset=(row0, column0),
        unit=unit_hint([f"{band.GetUnitType()} {band.GetDescription()}" for band in wanted]),
    )


def unit_hint(texts: Sequence[str]) -> Optional[str]:
    """Recognise "db" where every band's unit or name says decibel; None: the values must tell."""
    says_decibel = [re.search(r"(?<![a-z])(db|decibels?)(?![a-z])", t.lower()) for t in texts]
    return "db" if texts and all(says_decibel) else None


@contextmanager
def _gdal_speaks_up(path: str) -> Iterator[None]:
    """Turn GDAL's failures, which it tells by exception or by None, into an ImageError."""
    from osgeo import gdal

    gdal.ErrorReset()
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    try:
        yield
    except (RuntimeError, AttributeError) as error:
        reason = gdal.GetLastErrorMsg() or str(error) or "GDAL does not know this kind of file."
        raise ImageError(
            f"{path!r} cannot be read as a raster: {reason}", "Check the path and the file."
        ) from error
    finally:
        gdal.PopErrorHandler()


def _read_band(
    band: Any, place: tuple[int, int, int, int], path: str
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Values and where they are data, both (H, W); `place` is column, row, width, height."""
    with _gdal_speaks_up(path):
        raw, mask = band.ReadAsArray(*place), band.GetMaskBand().ReadAsArray(*place)
        if raw is None or mask is None:
            raise RuntimeError
    # What does not fit into float32 becomes infinite, and therefore no data.
    with np.errstate(over="ignore", invalid="ignore"):
        return _scaled(raw, band).astype(np.float32), mask != 0


def _open(path: str) -> Any:
    from osgeo import gdal

    with _gdal_speaks_up(path):
        dataset = gdal.OpenEx(path, gdal.OF_RASTER | gdal.OF_READONLY)
        if dataset is None:
            raise RuntimeError
    if dataset.GetDriver().ShortName in {"WMS", "WMTS"}:
        raise web_tiles_error(path)
    if dataset.RasterCount == 0:
        raise ImageError(
            f"{path!r} holds several rasters and no pixels of its own.",
            "Open one of its subdatasets.",
        )
    if dataset.GetGCPCount() and not dataset.GetGeoTransform(can_return_null=True):
        return _warped(dataset)
    return dataset


def _warped(dataset: Any) -> Any:
    """A north-up view of a raster with ground control points, on the grid that QGIS shows too."""
    from osgeo import gdal

    has_no_data = dataset.GetRasterBand(1).GetNoDataValue() is not None
    with _gdal_speaks_up(dataset.GetDescription()):
        view = gdal.Warp("", dataset, format="VRT", errorThreshold=0.2, dstAlpha=not has_no_data)
        if view is None:
            raise RuntimeError
    return view


def web_tiles_error(name: str) -> ImageError:
    """The error for a layer that is drawn by a server at any resolution."""
    return ImageError(
        f"“{name}” comes as pictures from a web service and has no pixel values of its own.",
        "Save the area as a GeoTIFF with raw values and explain that.",
    )


def check_bands(bands: Sequence[int], count: int, name: str) -> None:
    """Refuse band numbers that a raster does not have.

    Raises
    ------
    ImageError
        A band is missing, or none is asked for.
    """
    missing = [band for band in bands if not 1 <= band <= count]
    if missing or not bands:
        asked = ", ".join(str(band) for band in bands) or "none"
        raise ImageError(
            f"“{name}” has {count} band(s), but the bands asked for are: {asked}.",
            "Choose a raster with the bands that the model reads.",
        )


def check_measurement(is_complex: bool, is_palette: bool, name: str) -> None:
    """Refuse bands whose values are no measurement.

    Raises
    ------
    ImageError
        Complex numbers or a colour table.
    """
    if is_complex:
        raise ImageError(
            f"“{name}” holds complex numbers.",
            "Compute amplitude, intensity or decibel first, e.g. with the raster calculator.",
        )
    if is_palette:
        raise ImageError(
            f"“{name}” holds numbers of a colour table, not measurements.",
            "Choose the original image, or convert it to RGB first.",
        )


def _choose_bands(dataset: Any, bands: Optional[Sequence[int]]) -> list[int]:
    from osgeo import gdal

    count = dataset.RasterCount
    if bands is None:
        roles = {i: dataset.GetRasterBand(i).GetColorInterpretation() for i in range(1, count + 1)}
        bands = [index for index, role in roles.items() if role != gdal.GCI_AlphaBand]
    name = dataset.GetDescription()
    check_bands(bands, count, name)
    for band in (dataset.GetRasterBand(index) for index in bands):
        check_measurement(
            bool(gdal.DataTypeIsComplex(band.DataType)), band.GetColorTable() is not None, name
        )
    return list(bands)


def _scaled(raw: NDArray[Any], band: Any) -> NDArray[Any]:
    scale, offset = band.GetScale(), band.GetOffset()
    if scale in {None, 1.0} and offset in {None, 0.0}:
        return raw
    return raw * (1.0 if scale is None else scale) + (offset or 0.0)


def _band_name(band: Any) -> str:
    return band.GetDescription() or f"Band {band.GetBand()}"
