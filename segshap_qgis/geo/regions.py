"""Geometries to pixels and pixels to geometries."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Optional

import numpy as np
from numpy.typing import NDArray

from ..errors import RegionError
from .grid import Transform, pixel_coordinates, to_map, to_pixel
from .wellknown import to_wkb
from .window import Window

# The pixel grid itself as a map: x = column, y = row.
_PIXELS: Transform = (0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


def region_from_geometry(geometry: Any, window: Window) -> NDArray[np.bool_]:
    """Pixels of a window that a geometry selects.

    A polygon selects the pixels whose centre it holds. A point selects the pixel under it, a line
    those that it crosses. A part too small to hold any centre selects the pixel under its own
    middle, so that nothing that was drawn vanishes. What lies outside the window or on no-data is
    left out; `share_outside` says how much that is.

    Parameters
    ----------
    geometry : shapely geometry
        In the window's CRS.
    window : Window
        The pixels to choose from.

    Returns
    -------
    (H, W) bool array
        At least one pixel.

    Raises
    ------
    RegionError
        Empty, outside the window, or on no-data only.
    """
    rows, columns = pixel_coordinates(geometry, window.transform)
    height, width = window.shape
    if rows.max() < 0 or columns.max() < 0 or rows.min() > height or columns.min() > width:
        raise _outside()
    parts = list(_parts(geometry))
    burnt = _burn(parts, window)
    selected = burnt > 0
    for missing in sorted(set(range(1, len(parts) + 1)) - set(np.unique(burnt).tolist())):
        pixel = _pixel_under(parts[missing - 1], window)
        if pixel is not None:
            selected[pixel] = True
    if not selected.any():
        raise _outside()
    if not (selected & window.valid).any():
        raise RegionError(
            "The region of interest lies on no-data.", "Pick a place where the raster has values."
        )
    return selected & window.valid


def polygon_labels(polygons: Sequence[Any], window: Window) -> NDArray[np.int32]:
    """Number of the polygon, from 0, that holds the centre of each pixel; the last where several.

    Parameters
    ----------
    polygons : sequence of shapely Polygon or MultiPolygon
        In the window's CRS.
    window : Window
        The pixels.

    Returns
    -------
    (H, W) int32 array
        -1 where there is none.
    """
    parts = [(number, part) for number, whole in enumerate(polygons) for part in _parts(whole)]
    numbers = np.array([-1, *(number for number, _ in parts)], dtype=np.int32)
    labels: NDArray[np.int32] = numbers[_burn([part for _, part in parts], window)]
    return labels


def share_outside(geometry: Any, window: Window) -> float:
    """Share of a geometry's area that lies outside the window: 0 where all of it is explained.

    Raises
    ------
    RegionError
        The geometry is empty, not finite, or too large to be cut.
    """
    from shapely.errors import ShapelyError
    from shapely.ops import unary_union
    from shapely.validation import make_valid

    pixel_coordinates(geometry, window.transform)  # refuses what is empty or not finite
    try:
        # What crosses itself has an area only when it has been taken apart.
        pieces = [piece for part in _parts(geometry) for piece in _parts(make_valid(part))]
        whole = unary_union([piece for piece in pieces if piece.geom_type == "Polygon"])
        area = whole.area
        inside = whole.intersection(window_outline(window)).area if area else 0.0
    except (ShapelyError, ValueError) as error:
        raise RegionError(
            "The outline of the region of interest is damaged.", "Draw it again."
        ) from error
    if not (area and math.isfinite(area)):
        return 0.0
    return float(min(1.0, max(0.0, 1.0 - inside / area)))


def window_outline(window: Window) -> Any:
    """The window's edge as a shapely polygon in its CRS."""
    from shapely.geometry import Polygon

    height, width = window.shape
    x, y = to_map(window.transform, [0, 0, height, height], [0, width, width, 0])
    return Polygon(np.stack([x, y], axis=1))


def pixel_region(window: Window, row: int, column: int) -> NDArray[np.bool_]:
    """A region of one pixel, (H, W) bool.

    Raises
    ------
    RegionError
        Outside the window or on no-data.
    """
    height, width = window.shape
    if not (0 <= row < height and 0 <= column < width):
        raise _outside()
    if not window.valid[row, column]:
        raise RegionError("This pixel has no data.", "Pick a pixel that has a value.")
    region = np.zeros(window.shape, dtype=bool)
    region[row, column] = True
    return region


def predicted_segment(predicted: NDArray[np.bool_], pixel: tuple[int, int]) -> NDArray[np.bool_]:
    """The connected piece of a prediction that holds a pixel; pixels touch at edges and corners.

    Parameters
    ----------
    predicted : (H, W) bool array
        Where the model predicts the class, for instance ``probabilities.argmax(0) == target``.
    pixel : (int, int)
        Row and column.

    Returns
    -------
    (H, W) bool array

    Raises
    ------
    RegionError
        The pixel lies outside, or the class is not predicted there.
    """
    height, width = predicted.shape
    row, column = pixel
    if not (0 <= row < height and 0 <= column < width):
        raise _outside()
    if not predicted[row, column]:
        raise RegionError(
            "The model predicts nothing of this class here.",
            "Click inside a predicted segment, or draw a region instead.",
        )
    pieces = _polygonize(predicted.astype(np.int32), _PIXELS, ("8CONNECTED=8",))[1]
    numbers = _burn_pixels(pieces, predicted.shape)
    return np.asarray(numbers == numbers[row, column])


def mask_outline(mask: NDArray[np.bool_], transform: Transform) -> Any:
    """Exact outline of a mask along pixel edges, as a shapely (Multi)Polygon in map coordinates."""
    pieces = _polygonize(np.asarray(mask, dtype=np.int32), transform).get(1, [])
    return _joined(pieces)


def cell_outlines(labels: NDArray[np.int32], transform: Transform) -> list[Any]:
    """Exact outlines of cells along pixel edges, holes and separate pieces included.

    Parameters
    ----------
    labels : (H, W) int32 array
        Cell of each pixel, 0..M-1; negative belongs to none.
    transform : tuple of 6 float
        GDAL geotransform of the array.

    Returns
    -------
    list of M shapely Polygon or MultiPolygon
        In map coordinates.
    """
    # GDAL leaves out what is 0 in the mask, and takes the values themselves as a mask.
    pieces = _polygonize(np.where(labels < 0, 0, labels + 1).astype(np.int32), transform)
    n_cells = int(labels.max(initial=-1)) + 1
    return [_joined(pieces.get(cell + 1, [])) for cell in range(n_cells)]


def _outside() -> RegionError:
    return RegionError(
        "The region of interest lies outside the raster.", "Pick a place on the raster."
    )


def _parts(geometry: Any) -> Any:
    if hasattr(geometry, "geoms"):
        for part in geometry.geoms:
            yield from _parts(part)
    elif not geometry.is_empty:
        yield geometry


def _burn(parts: list[Any], window: Window) -> NDArray[np.int32]:
    """Number of the part (from 1) that selects each pixel; 0 where none does."""
    from shapely.ops import transform as moved

    def to_grid(x: Any, y: Any, *_z: Any) -> tuple[Any, Any]:
        rows, columns = to_pixel(window.transform, x, y)
        return columns, rows

    return _burn_pixels([moved(to_grid, part) for part in parts], window.shape)


def _burn_pixels(parts: list[Any], shape: tuple[int, ...]) -> NDArray[np.int32]:
    """As `_burn`, of parts whose x is a column and whose y is a row."""
    from osgeo import gdal, ogr, osr

    height, width = shape
    target = gdal.GetDriverByName("MEM").Create("", width, height, 1, gdal.GDT_Int32)
    # Any reference system that is the same on both sides keeps GDAL from looking for one.
    plane = osr.SpatialReference()
    plane.SetLocalCS("pixels")
    target.SetProjection(plane.ExportToWkt())
    source = _in_memory()
    # Centres decide for areas, every crossed pixel counts for lines.
    for is_area in (True, False):
        layer = source.CreateLayer("areas" if is_area else "lines", plane, ogr.wkbUnknown)
        layer.CreateField(ogr.FieldDefn("part", ogr.OFTInteger))
        for number, part in enumerate(parts, 1):
            if (part.geom_type == "Polygon") == is_area:
                feature = ogr.Feature(layer.GetLayerDefn())
                feature.SetField(0, number)
                feature.SetGeometryDirectly(ogr.CreateGeometryFromWkb(to_wkb(part)))
                layer.CreateFeature(feature)
        options = ["ATTRIBUTE=part"] + ([] if is_area else ["ALL_TOUCHED=TRUE"])
        gdal.RasterizeLayer(target, [1], layer, options=options)
    return target.ReadAsArray()


def _pixel_under(part: Any, window: Window) -> Optional[tuple[int, int]]:
    from shapely.geometry import Point

    # A part that crosses itself has no well-defined inside.
    middle = part.representative_point() if part.is_valid else Point(*_first_vertex(part))
    row, column = to_pixel(window.transform, middle.x, middle.y)
    pixel = int(np.floor(row)), int(np.floor(column))
    inside = 0 <= pixel[0] < window.shape[0] and 0 <= pixel[1] < window.shape[1]
    return pixel if inside else None


def _first_vertex(part: Any) -> tuple[float, float]:
    line = part.exterior if part.geom_type == "Polygon" else part
    x, y = line.coords[0][:2]
    return x, y


def _in_memory() -> Any:
    """An empty vector dataset; GDAL 3.11 moved vectors to the driver of rasters."""
    from osgeo import gdal

    driver = gdal.GetDriverByName("MEM")
    if not driver.GetMetadataItem(gdal.DCAP_VECTOR):
        driver = gdal.GetDriverByName("Memory")
    return driver.Create("", 0, 0, 0, gdal.GDT_Unknown)


def _polygonize(
    numbers: NDArray[np.int32], transform: Transform, options: tuple[str, ...] = ()
) -> dict[int, list[Any]]:
    """Outlines in map coordinates of the connected pieces of every number but 0.

    GDAL computes the corners as `to_map` does, so they are the same to the last bit.
    """
    from osgeo import gdal, ogr
    from shapely import wkb

    height, width = numbers.shape
    source = gdal.GetDriverByName("MEM").Create("", width, height, 1, gdal.GDT_Int32)
    source.SetGeoTransform(transform)
    band = source.GetRasterBand(1)
    band.WriteArray(numbers)
    store = _in_memory()
    layer = store.CreateLayer("pieces", None, ogr.wkbPolygon)
    layer.CreateField(ogr.FieldDefn("number", ogr.OFTInteger))
    gdal.Polygonize(band, band, layer, 0, list(options))
    found: dict[int, list[Any]] = {}
    for feature in layer:
        outline = wkb.loads(bytes(feature.GetGeometryRef().ExportToWkb()))
        found.setdefault(feature.GetField(0), []).append(outline)
    return found


def _joined(pieces: list[Any]) -> Any:
    from shapely.geometry import MultiPolygon

    return pieces[0] if len(pieces) == 1 else MultiPolygon(pieces)
