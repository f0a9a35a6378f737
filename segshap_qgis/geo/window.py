"""Which pixels are explained, where they lie, and reading them with GDAL."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Optional, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ImageError, RegionError, SettingsError

# (x of the origin, x per column, x per row, y of the origin, y per column, y per row), as in GDAL.
Transform = tuple[float, float, float, float, float, float]
# (first row, first column, row after the last, column after the last)
PixelBounds = tuple[int, int, int, int]

# A network sees the whole window at once: beyond this, memory is the limit, not the raster.
LARGEST_WINDOW = 8192
# An edge that lies on a pixel's edge must not reach into the next pixel by rounding.
SNAP = 1e-6


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


class Grid(NamedTuple):
    """The pixel grid of a whole raster: size and geotransform."""

    height: int
    width: int
    transform: Transform


# Coordinates ----------------------------------------------------------------------------------


def to_map(transform: Transform, rows: ArrayLike, columns: ArrayLike) -> tuple[Any, Any]:
    """Map coordinates (x, y) of pixel coordinates; (0, 0) is the outer corner of the first pixel."""
    x0, x_column, x_row, y0, y_column, y_row = transform
    rows, columns = np.asarray(rows, float), np.asarray(columns, float)
    return x0 + x_column * columns + x_row * rows, y0 + y_column * columns + y_row * rows


def to_pixel(transform: Transform, x: ArrayLike, y: ArrayLike) -> tuple[Any, Any]:
    """Pixel coordinates (rows, columns), with fractions, of map coordinates; undoes `to_map`.

    Raises
    ------
    ImageError
        The geotransform folds the plane onto a line.
    """
    x0, x_column, x_row, y0, y_column, y_row = transform
    determinant = x_column * y_row - x_row * y_column
    if determinant == 0 or not math.isfinite(determinant):
        raise ImageError(
            "The raster's georeferencing is damaged: its pixels have no area.",
            "Georeference the raster again.",
        )
    dx, dy = np.asarray(x, float) - x0, np.asarray(y, float) - y0
    rows = (x_column * dy - y_column * dx) / determinant
    columns = (y_row * dx - x_row * dy) / determinant
    return rows, columns


def shifted(transform: Transform, row: int, column: int) -> Transform:
    """The geotransform of a part of a raster that begins at a pixel."""
    x, y = to_map(transform, row, column)
    return (float(x), transform[1], transform[2], float(y), transform[4], transform[5])


# Placing --------------------------------------------------------------------------------------


def pixel_bounds(geometry: Any, transform: Transform) -> PixelBounds:
    """Smallest block of pixels that holds a geometry; one pixel at least.

    Parameters
    ----------
    geometry : shapely geometry
        In the CRS of the geotransform.
    transform : tuple of 6 float
        GDAL geotransform of the raster.

    Raises
    ------
    RegionError
        The geometry is empty or not finite.
    """
    rows, columns = pixel_coordinates(geometry, transform)
    row0, column0 = (math.floor(axis.min() + SNAP) for axis in (rows, columns))
    row1, column1 = (math.ceil(axis.max() - SNAP) for axis in (rows, columns))
    return row0, column0, max(row1, row0 + 1), max(column1, column0 + 1)


def pixel_coordinates(
    geometry: Any, transform: Transform
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rows and columns of all vertices of a geometry.

    Raises
    ------
    RegionError
        The geometry is empty or not finite.
    """
    points = np.array(list(_vertices(geometry)), dtype=float).reshape(-1, 2)
    rows, columns = to_pixel(transform, points[:, 0], points[:, 1])
    if len(points) == 0 or not (np.isfinite(rows).all() and np.isfinite(columns).all()):
        raise RegionError(
            "The region of interest is empty.", "Draw it again, or select features with an area."
        )
    return rows, columns


def _vertices(geometry: Any) -> Any:
    """(x, y) of every vertex of the outer hull: bounds in a rotated grid need no more."""
    if hasattr(geometry, "geoms"):
        for part in geometry.geoms:
            yield from _vertices(part)
    elif not geometry.is_empty:
        line = geometry.exterior if geometry.geom_type == "Polygon" else geometry
        for vertex in line.coords:
            yield vertex[:2]


def place_window(bounds: PixelBounds, shape: tuple[int, int], size: int) -> PixelBounds:
    """The window around a region: centred on it, shifted at the borders, clipped to the raster.

    Parameters
    ----------
    bounds : tuple of 4 int
        Pixel bounds of the region; what lies outside the raster does not count.
    shape : (int, int)
        Height and width of the raster.
    size : int
        Side of the window in pixels.

    Returns
    -------
    tuple of 4 int
        Pixel bounds of the window, `size` wide and high or as large as the raster.

    Raises
    ------
    RegionError
        The region lies outside the raster or is larger than the window.
    SettingsError
        The size is out of range.
    """
    if not 1 <= size <= LARGEST_WINDOW:
        raise SettingsError(
            f"A window of {size} pixels cannot be explained.",
            f"Choose a window between 1 and {LARGEST_WINDOW} pixels.",
        )
    row0, row1 = _place_axis(bounds[0], bounds[2], shape[0], size)
    column0, column1 = _place_axis(bounds[1], bounds[3], shape[1], size)
    return row0, column0, row1, column1


def _place_axis(first: int, end: int, length: int, size: int) -> tuple[int, int]:
    first, end = max(first, 0), min(end, length)
    if first >= end:
        raise RegionError(
            "The region of interest lies outside the raster.", "Pick a place on the raster."
        )
    if end - first > size:
        raise RegionError(
            f"The region of interest is {end - first} pixels long, but the model's window only {size}.",
            "Draw a smaller region.",
        )
    start = min(max((first + end - size) // 2, 0), max(length - size, 0))
    return start, min(start + size, length)


def window_bounds(region: Any, grid: Grid, size: int) -> PixelBounds:
    """Pixel bounds of the window for a region that is pixel bounds or a geometry; see `place_window`."""
    if hasattr(region, "geom_type"):
        bounds = pixel_bounds(region, grid.transform)
    else:
        bounds = tuple(int(edge) for edge in region)  # type: ignore[assignment]
    return place_window(bounds, (grid.height, grid.width), size)


# Reading --------------------------------------------------------------------------------------


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
    from osgeo import gdal

    dataset = _open(str(path))
    grid = Grid(dataset.RasterYSize, dataset.RasterXSize, dataset.GetGeoTransform())
    wanted = [dataset.GetRasterBand(index) for index in _choose_bands(dataset, bands)]
    row0, column0, row1, column1 = window_bounds(region, grid, size)
    place = (column0, row0, column1 - column0, row1 - row0)
    valid = np.ones((row1 - row0, column1 - column0), dtype=bool)
    planes = np.empty((len(wanted), *valid.shape), dtype=np.float32)
    for plane, band in zip(planes, wanted):
        raw, mask = band.ReadAsArray(*place), band.GetMaskBand().ReadAsArray(*place)
        if raw is None or mask is None:
            raise _unreadable(str(path), gdal.GetLastErrorMsg())
        plane[:] = _scaled(raw, band)
        valid &= (mask != 0) & np.isfinite(plane)
    return Window(
        bands=planes,
        valid=valid,
        transform=shifted(grid.transform, row0, column0),
        crs_wkt=dataset.GetProjection(),
        source=str(path),
        band_names=tuple(_band_name(band) for band in wanted),
        offset=(row0, column0),
        unit=unit_hint([f"{band.GetUnitType()} {band.GetDescription()}" for band in wanted]),
    )


def unit_hint(texts: Sequence[str]) -> Optional[str]:
    """"db" where every band's unit or name says decibel; None where the values must tell."""
    says_decibel = [re.search(r"(?<![a-z])(db|decibels?)(?![a-z])", t.lower()) for t in texts]
    return "db" if texts and all(says_decibel) else None


def _open(path: str) -> Any:
    from osgeo import gdal

    try:
        dataset = gdal.OpenEx(path, gdal.OF_RASTER | gdal.OF_READONLY)
    except RuntimeError as error:  # only where the caller switched GDAL's exceptions on
        raise _unreadable(path, str(error)) from error
    if dataset is None:
        raise _unreadable(path, gdal.GetLastErrorMsg())
    if dataset.GetDriver().ShortName in {"WMS", "WMTS"}:
        raise web_tiles_error(path)
    if dataset.RasterCount == 0:
        raise ImageError(
            f"{path!r} holds several rasters and no pixels of its own.",
            "Open one of its subdatasets.",
        )
    if dataset.GetGCPCount() and not dataset.GetGeoTransform(can_return_null=True):
        warped = gdal.AutoCreateWarpedVRT(dataset, None, None, gdal.GRA_NearestNeighbour, 0.2)
        return warped or dataset
    return dataset


def _unreadable(path: str, reason: str) -> ImageError:
    return ImageError(f"{path!r} cannot be read as a raster: {reason}", "Check the path and file.")


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
            "Compute amplitude, intensity or decibel first, for instance with the raster calculator.",
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
