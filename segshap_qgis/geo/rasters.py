"""The maps of a run as rasters for GDAL: which there are, on which grid, exactly as float32."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Optional

import numpy as np
from numpy.typing import NDArray
from osgeo import gdal, osr

from ..explain import Explanation, is_heat
from .grid import Transform, to_map, to_pixel
from .records import Record

# NaN would do on most grids, but a GeoPackage loses it: one value for all files.
NO_DATA = -9999.0

FLIPPED = "The raster is stored north up; every pixel kept its value and its place."
RESAMPLED = (
    "A GeoPackage cannot hold the rotated grid of the raster: the maps were put onto a north-up "
    "grid by nearest neighbour. The super-pixels are exact; a GeoTIFF keeps the rotated grid."
)


class Map(NamedTuple):
    """One raster of a run.

    Attributes
    ----------
    kind : str
        "contribution", "standard_error" or "probability"; names tables, files and styles.
    values : (H, W) float32 array
        `NO_DATA` where there is nothing.
    transform : tuple of 6 float
        GDAL geotransform.
    title : str
        What it shows, for people.
    """

    kind: str
    values: NDArray[np.float32]
    transform: Transform
    title: str


def maps(record: Record) -> Iterator[Map]:
    """The rasters of a run's first target, on the grid of its window."""
    explanation, target, name = record.explanation, record.target, record.target_name
    found = [
        ("contribution", explanation.to_map(target), map_title(explanation, target)),
        ("standard_error", explanation.error_map(target), f"Standard error of {name}"),
    ]
    if record.probability is not None:
        valid = record.window.valid
        probability = np.where(valid, record.probability, np.nan).astype(np.float32)
        found.append(("probability", probability, f"Model output for {name}"))
    for kind, values, title in found:
        filled = np.where(np.isfinite(values), values, np.float32(NO_DATA))
        yield Map(kind, filled, record.window.transform, title)


def map_title(explanation: Explanation, target: int = 0) -> str:
    """What the map of values shows, for people."""
    names = explanation.settings.get("targets", [""])
    name = names[target] if target < len(names) else target
    return f"RISE heat for {name}" if is_heat(explanation) else f"Contribution to {name}"


def north_up(drawn: Map) -> tuple[Map, str]:
    """The same map on a grid without rotation, rows to the south and columns to the east.

    Returns
    -------
    Map
        The map itself if it is north up already.
    str
        What was done to it, for people; empty if nothing.
    """
    _, dx, x_row, _, y_column, dy = drawn.transform
    if x_row == 0 and y_column == 0:
        if dx > 0 and dy < 0:
            return drawn, ""
        return _flipped(drawn), FLIPPED
    return _resampled(drawn), RESAMPLED


def _flipped(drawn: Map) -> Map:
    x0, dx, _, y0, _, dy = drawn.transform
    values = drawn.values
    height, width = values.shape
    if dx < 0:
        values, x0 = values[:, ::-1], x0 + width * dx
    if dy > 0:
        values, y0 = values[::-1], y0 + height * dy
    transform = (x0, abs(dx), 0.0, y0, 0.0, -abs(dy))
    return drawn._replace(values=np.ascontiguousarray(values), transform=transform)


def _resampled(drawn: Map) -> Map:
    height, width = drawn.values.shape
    _, x_column, x_row, _, y_column, y_row = drawn.transform
    # The shorter side of a pixel, so that (nearly) every pixel finds its way to the new grid.
    step = min(math.hypot(x_column, y_column), math.hypot(x_row, y_row))
    x, y = to_map(drawn.transform, [0, 0, height, height], [0, width, 0, width])
    columns, rows = (max(1, math.ceil(np.ptp(axis) / step - 1e-6)) for axis in (x, y))
    transform = (float(x.min()), step, 0.0, float(y.max()), 0.0, -step)
    centres = to_map(transform, np.arange(rows)[:, None] + 0.5, np.arange(columns)[None, :] + 0.5)
    row, column = (np.floor(axis).astype(np.int64) for axis in to_pixel(drawn.transform, *centres))
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    values = np.full((rows, columns), NO_DATA, dtype=np.float32)
    values[inside] = drawn.values[row[inside], column[inside]]
    return drawn._replace(values=values, transform=transform)


def reference_system(crs_wkt: str) -> Any:
    """GDAL's reference system of a WKT, x before y; None if it is empty or unreadable."""
    system = osr.SpatialReference()
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    try:
        if not crs_wkt or system.ImportFromWkt(crs_wkt) != 0:
            return None
    except RuntimeError:
        return None
    finally:
        gdal.PopErrorHandler()
    system.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return system


def write_map(
    driver: str,
    path: str,
    drawn: Map,
    system: Any,
    options: Sequence[str],
    metadata: dict[str, str],
) -> None:
    """Write a map as a single-band float32 raster; GDAL reports what goes wrong."""
    height, width = drawn.values.shape
    raster = gdal.GetDriverByName("MEM").Create("", width, height, 1, gdal.GDT_Float32)
    raster.SetGeoTransform(drawn.transform)
    if system is not None:
        raster.SetSpatialRef(system)
    raster.SetMetadata(metadata)
    band = raster.GetRasterBand(1)
    band.SetNoDataValue(NO_DATA)
    band.SetDescription(drawn.title)
    band.WriteArray(drawn.values)
    written = gdal.GetDriverByName(driver).CreateCopy(path, raster, options=list(options))
    if written is not None:
        written.FlushCache()


def holds(path: str, drawn: Map, table: Optional[str] = None) -> bool:
    """Whether a raster that was written holds a map bit for bit, on its grid.

    Parameters
    ----------
    path : str
        A file that GDAL reads.
    drawn : Map
        What it should hold.
    table : str, optional
        Where in a GeoPackage it is.
    """
    options = [] if table is None else [f"TABLE={table}"]
    raster = gdal.OpenEx(path, gdal.OF_RASTER, open_options=options)
    if raster is None:
        return False
    values = raster.ReadAsArray()
    return (
        values is not None
        and values.dtype == np.float32
        and values.tobytes() == drawn.values.tobytes()
        and raster.GetRasterBand(1).GetNoDataValue() == NO_DATA
        and np.allclose(raster.GetGeoTransform(), drawn.transform, rtol=1e-12, atol=0)
    )
