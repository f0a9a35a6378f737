from __future__ import annotations

import ast
from pathlib import Path

import pytest
from osgeo import ogr
from shapely.geometry import MultiPolygon, Point, Polygon

from segshap_qgis.geo.wellknown import to_wkb

PACKAGE = Path(__file__).parents[2] / "segshap_qgis"
THIRD = 1 / 3
SQUARE = Polygon([(0, 0, 5), (THIRD, 0, 5), (THIRD, THIRD, 5), (0, THIRD, 5)])


@pytest.mark.parametrize("shape", [SQUARE, MultiPolygon([SQUARE]), Point(THIRD, 2, 9)])
def test_gdal_reads_the_same_place_to_the_last_bit_and_no_heights(shape):
    read = ogr.CreateGeometryFromWkb(to_wkb(shape))
    assert not read.Is3D()
    assert read.GetEnvelope() == (
        shape.bounds[0],
        shape.bounds[2],
        shape.bounds[1],
        shape.bounds[3],
    )


def test_nothing_hands_geometries_over_with_a_default_number_of_dimensions():
    """Shapely's own `.wkb` fails where its GEOS is another than the one QGIS has loaded."""
    found = [
        f"{file.relative_to(PACKAGE)}:{node.lineno}"
        for file in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"wkb", "wkb_hex"}
    ]
    assert found == []
