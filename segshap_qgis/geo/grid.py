"""The pixel grid of a raster: pixel <-> map coordinates, and placing a window on it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

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


class Grid(NamedTuple):
    """The pixel grid of a whole raster: size and geotransform."""

    height: int
    width: int
    transform: Transform


# Coordinates ----------------------------------------------------------------------------------


def to_map(transform: Transform, rows: ArrayLike, columns: ArrayLike) -> tuple[Any, Any]:
    """Map coordinates (x, y) of pixel coordinates; (0, 0) is the first pixel's outer corner."""
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
    determinant = determinant_of(transform)
    dx, dy = np.asarray(x, float) - x0, np.asarray(y, float) - y0
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is judged by the caller
        rows = (x_column * dy - y_column * dx) / determinant
        columns = (y_row * dx - x_row * dy) / determinant
    return rows, columns


def determinant_of(transform: Transform) -> float:
    """Area of a pixel, with the sign of the grid's orientation.

    Raises
    ------
    ImageError
        It is 0 or not finite, or the origin is not.
    """
    _, x_column, x_row, _, y_column, y_row = transform
    determinant = x_column * y_row - x_row * y_column
    if determinant == 0 or not all(math.isfinite(number) for number in (determinant, *transform)):
        raise ImageError(
            "The raster's georeferencing is damaged: its pixels have no area.",
            "Georeference the raster again.",
        )
    return determinant


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


def _vertices(geometry: Any) -> Iterator[tuple[float, float]]:
    """(x, y) of every vertex of the outer hull: bounds in a rotated grid need no more."""
    if hasattr(geometry, "geoms"):
        for part in geometry.geoms:
            yield from _vertices(part)
    elif not geometry.is_empty:
        line = geometry.exterior if geometry.geom_type == "Polygon" else geometry
        for vertex in line.coords:
            yield vertex[0], vertex[1]


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
            f"The region of interest is {end - first} pixels long, but the window only {size}.",
            "Draw a smaller region.",
        )
    start = min(max((first + end - size) // 2, 0), max(length - size, 0))
    return start, min(start + size, length)


def window_bounds(region: Any, grid: Grid, size: int) -> PixelBounds:
    """Place the window for a region that is pixel bounds or a geometry; see `place_window`."""
    if hasattr(region, "geom_type"):
        bounds = pixel_bounds(region, grid.transform)
    else:
        bounds = tuple(int(edge) for edge in region)  # type: ignore[assignment]
    return place_window(bounds, (grid.height, grid.width), size)


def sides_beyond(window: PixelBounds, grid: Grid, step: int = 1) -> tuple[str, ...]:
    """Sides of a window beyond which the raster goes on: "top", "left", "bottom" and "right".

    Parameters
    ----------
    window : tuple of 4 int
        Pixel bounds of the window.
    grid : Grid
        Of the raster.
    step : int, default 1
        A strip of fewer rows or columns does not count; as `merge_pixels` leaves them off.
    """
    top, left, bottom, right = window
    room = {
        "top": top,
        "left": left,
        "bottom": grid.height - bottom,
        "right": grid.width - right,
    }
    return tuple(side for side, pixels in room.items() if pixels >= step)
