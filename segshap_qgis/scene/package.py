"""The GeoPackage of a queue: every slick a row, its cells, its map, and all that made them."""

from __future__ import annotations

import contextlib
import math
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from osgeo import gdal, ogr

from ..errors import ExportError
from ..geo import Record
from ..geo.aside import (
    COMPANIONS,
    aside,
    connect,
    discard,
    gdal_errors,
    in_use,
    make_last,
    put_in_place,
    remove_leftovers,
    sqlite_errors,
)
from ..geo.cells import Column, cell_columns
from ..geo.geopackage import add_map_and_run, undefined_system
from ..geo.polygons import write_polygons
from ..geo.rasters import reference_system
from ..geo.regions import cell_outlines
from ..geo.run_document import unpack
from ..geo.wellknown import to_wkb
from .group_run import Explained
from .journal import Journal

SLICKS, CELLS = "slicks", "cells"

# Attributes of a slick, with a value of their type for the slicks that were not explained.
_ATTRIBUTES: dict[str, Any] = {
    "state": "",
    "probability": math.nan,
    "base_value": math.nan,
    "sum_of_contributions": math.nan,
    "share_slick": math.nan,
    "share_near": math.nan,
    "share_far": math.nan,
    "support": math.nan,
    "trust": math.nan,
    "faithfulness": math.nan,
    "stability": math.nan,
    "insertion": math.nan,
    "deletion": math.nan,
    "reverse_insertion": math.nan,
    "reverse_deletion": math.nan,
    "top_cells": "",
    "evaluations": 0,
    "precision": math.nan,
    "region_pixels": 0,
    "window": 0,
    "merge": 0,
    "map": "",
}


def write_package(target: Path, journal: Journal, outlines: Sequence[Any], crs_wkt: str) -> None:
    """Write the results of a queue; the file is made aside and put in place when it is whole.

    Parameters
    ----------
    target : Path
        As `geo.aside.target_path` gives it; a file of an earlier queue is replaced.
    journal : Journal
        Results of every slick.
    outlines : sequence of shapely geometry
        Of every slick, in the raster's CRS.
    crs_wkt : str
        That CRS.

    Raises
    ------
    ExportError
        Another file is in the way, or it cannot be written; what was there is as it was.
    """
    refuse_others(target)
    remove_leftovers(target)
    written = aside(target)
    try:
        with gdal_errors(target), sqlite_errors(target):
            system = reference_system(crs_wkt) or undefined_system()
            # Without a name to hold on to, the new and still empty file is closed at once.
            ogr.GetDriverByName("GPKG").CreateDataSource(str(written))
            rows = [_row(result) for result in journal.results()]
            write_polygons(written, SLICKS, outlines, _columns(rows), system)
            _write_cells(written, journal, system)
            for result in journal.results():
                if result.document:
                    record = unpack(result.document, result.arrays)
                    add_map_and_run(written, _base(result), record)
        make_last(written, target)
        if any(target.with_name(target.name + end).exists() for end in COMPANIONS[:3]):
            raise in_use(target)
        put_in_place(written, target)
    finally:
        discard(written)


def refuse_others(target: Path) -> None:
    """Refuse to replace a file that is not the result of an earlier queue.

    Raises
    ------
    ExportError
        It is something else.
    """
    if not target.exists() or not target.stat().st_size:
        return
    tables: set[str] = set()
    with contextlib.suppress(sqlite3.Error), contextlib.closing(connect(target, "ro")) as file:
        tables = {name for (name,) in file.execute("SELECT table_name FROM gpkg_contents")}
    if not {SLICKS, CELLS} <= tables:
        raise ExportError(
            f"{target.name} exists already and is not the result of such a queue.",
            "Choose another name.",
        )


def _base(result: Explained) -> str:
    return f"slick_{result.slick + 1:05d}"


def _row(result: Explained) -> dict[str, Any]:
    table = f"{_base(result)}_contribution" if result.document else ""
    return {"slick": result.slick + 1, **_ATTRIBUTES, **result.row, "map": table}


def _columns(rows: Sequence[dict[str, Any]]) -> list[Column]:
    return [Column(name, [row[name] for row in rows]) for name in ("slick", *_ATTRIBUTES)]


def _write_cells(file: Path, journal: Journal, system: Any) -> None:
    """Add the cells of all slicks as one table, a slick at a time; and count them."""
    package = layer = None
    count = 0
    try:
        package = gdal.OpenEx(str(file), gdal.OF_VECTOR | gdal.OF_UPDATE)
        options = ["GEOMETRY_NAME=geom", "FID=fid"]
        layer = package.CreateLayer(CELLS, system, ogr.wkbMultiPolygon, options)
        layer.CreateField(ogr.FieldDefn("slick", ogr.OFTInteger64))
        for result, record in _records(journal):
            columns = cell_columns(record)
            if count == 0:
                for column in columns:
                    layer.CreateField(ogr.FieldDefn(column.name, column.field_type()))
            count += _add_cells(package, layer, result.slick + 1, record, columns)
        found = layer.GetFeatureCount()
    finally:
        # In this order: GDAL does not survive a layer that outlives its file.
        layer = package = None
    if found != count:
        raise ExportError("The cells could not be written.", "Try another folder or disk.")


def _records(journal: Journal) -> Iterator[tuple[Explained, Record]]:
    for result in journal.results():
        if result.document:
            yield result, unpack(result.document, result.arrays)


def _add_cells(
    package: Any, layer: Any, slick: int, record: Record, columns: Sequence[Column]
) -> int:
    from shapely.geometry import MultiPolygon

    cells = record.explanation.superpixels
    outlines = cell_outlines(cells.labels, record.window.transform)
    package.StartTransaction()
    for index, outline in enumerate(outlines):
        feature = ogr.Feature(layer.GetLayerDefn())
        multi = outline if outline.geom_type == "MultiPolygon" else MultiPolygon([outline])
        feature.SetGeometry(ogr.CreateGeometryFromWkb(to_wkb(multi)))
        feature.SetField("slick", slick)
        for name, values in columns:
            value = values[index]
            if not (isinstance(value, float) and math.isnan(value)):
                feature.SetField(name, value)
        layer.CreateFeature(feature)
        feature = None
    package.CommitTransaction()
    return len(outlines)
