"""The slow part of making layers, which touches no layer: files, and outlines of cells."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ..errors import ExportError
from ..geo import Record
from ..geo.cells import Column, cell_columns
from ..geo.rasters import Map, holds, maps, reference_system, write_map
from ..geo.regions import cell_outlines, mask_outline
from ..geo.wellknown import to_wkb

SMALL = ("COMPRESS=DEFLATE", "PREDICTOR=3", "TILED=YES")


class Drawing(NamedTuple):
    """What the layers of a record are made of.

    Attributes
    ----------
    rasters : tuple of (Map, str)
        The maps, and the GeoTIFF that holds each.
    cells : tuple of bytes
        Outline of each super-pixel as WKB.
    columns : tuple of Column
        Their attributes.
    region : bytes
        Outline of the region of interest as WKB.
    """

    rasters: tuple[tuple[Map, str], ...]
    cells: tuple[bytes, ...]
    columns: tuple[Column, ...]
    region: bytes


def draw(record: Record, folder: str) -> Drawing:
    """Write the maps of a record and outline its cells; may be called from any thread.

    Parameters
    ----------
    record : Record
        What to show.
    folder : str
        Where the GeoTIFFs go; also a virtual one of GDAL.

    Raises
    ------
    ExportError
        A raster could not be written.
    """
    rasters = tuple((drawn, f"{folder}/{drawn.kind}.tif") for drawn in maps(record))
    for drawn, path in rasters:
        write_raster(drawn, path, record.window.crs_wkt)
    outlines = cell_outlines(record.explanation.superpixels.labels, record.window.transform)
    return Drawing(
        rasters,
        tuple(to_wkb(outline) for outline in outlines),
        tuple(cell_columns(record)),
        to_wkb(mask_outline(record.region, record.window.transform)),
    )


def write_raster(drawn: Map, path: str, crs_wkt: str) -> None:
    """Write a map as a GeoTIFF on its own grid, and see that it is there.

    Raises
    ------
    ExportError
        It could not be written.
    """
    from osgeo import gdal

    in_memory = path.startswith("/vsimem/")
    if not in_memory:
        _make_folder(path)
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    try:
        # What is gone in a moment need not be small.
        options = () if in_memory else SMALL
        write_map("GTiff", path, drawn, reference_system(crs_wkt), options, {})
    except RuntimeError as error:
        # QGIS switches GDAL's exceptions on; without them the check below finds it.
        raise not_written(path) from error
    finally:
        gdal.PopErrorHandler()
    if not in_memory and not holds(path, drawn):
        raise not_written(path)


def not_written(path: str) -> ExportError:
    """The error for a result that found no place."""
    return ExportError(
        f"The result could not be written to {path}.",
        "Check that the folder can be written to and the disk has room.",
    )


def _make_folder(path: str) -> None:
    if not path.startswith("/vsi"):
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise not_written(path) from error
