"""Tables of polygons in a GeoPackage: written once, and read back to be sure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from osgeo import gdal, ogr
from shapely import wkb
from shapely.geometry import MultiPolygon

from ..errors import ExportError
from .cells import Column
from .wellknown import to_wkb


def write_polygons(
    file: Path, table: str, outlines: Sequence[Any], columns: Sequence[Column], system: Any
) -> None:
    """Write polygons with attributes into a table of a GeoPackage, and check them.

    Parameters
    ----------
    file : Path
        A GeoPackage that has no such table.
    table : str
        Name of the table.
    outlines : sequence of shapely Polygon or MultiPolygon
        One for each row; the first row has fid 1.
    columns : sequence of Column
        Attributes.
    system : osr.SpatialReference
        Of the coordinates.

    Raises
    ------
    ExportError, RuntimeError
        The table could not be written without loss.
    """
    package = layer = feature = None
    try:
        package = gdal.OpenEx(str(file), gdal.OF_VECTOR | gdal.OF_UPDATE)
        options = ["GEOMETRY_NAME=geom", "FID=fid"]
        layer = package and package.CreateLayer(table, system, ogr.wkbMultiPolygon, options)
        if layer is None:
            raise RuntimeError(gdal.GetLastErrorMsg())
        for column in columns:
            layer.CreateField(ogr.FieldDefn(column.name, column.field_type()))
        package.StartTransaction()
        for index, outline in enumerate(outlines):
            feature = ogr.Feature(layer.GetLayerDefn())
            feature.SetFID(index + 1)
            feature.SetGeometry(ogr.CreateGeometryFromWkb(to_wkb(_multi(outline))))
            for name, values in columns:
                if not _unknown(values[index]):
                    feature.SetField(name, values[index])
            layer.CreateFeature(feature)
        package.CommitTransaction()
    finally:
        # In this order: GDAL does not survive a feature or layer that outlives its file.
        feature = layer = package = None
    if not _holds(file, table, outlines, columns):
        raise ExportError(f"The table {table} could not be written.", "Try another folder or disk.")


def _holds(file: Path, table: str, outlines: Sequence[Any], columns: Sequence[Column]) -> bool:
    """Whether a table holds outlines and attributes without any loss."""
    package = layer = feature = None
    try:
        package = gdal.OpenEx(str(file), gdal.OF_VECTOR)
        layer = package and package.GetLayerByName(table)
        if layer is None or layer.GetFeatureCount() != len(outlines):
            return False
        for index, (outline, feature) in enumerate(zip(outlines, layer)):
            written = wkb.loads(bytes(feature.GetGeometryRef().ExportToIsoWkb()))
            if feature.GetFID() != index + 1 or not written.equals_exact(_multi(outline), 0):
                return False
            for name, values in columns:
                wanted = None if _unknown(values[index]) else values[index]
                if feature.GetField(name) != wanted:
                    return False
        return True
    finally:
        feature = layer = package = None


def _multi(outline: Any) -> Any:
    return outline if outline.geom_type == "MultiPolygon" else MultiPolygon([outline])


def _unknown(value: Any) -> bool:
    """What is not known is NaN in the arrays and empty in the tables."""
    return isinstance(value, float) and math.isnan(value)
