"""What lies in the tables of a GeoPackage, row by row, and what is refused before it is written."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import replace

import numpy as np
import pytest
from osgeo import gdal, ogr
from shapely.geometry import MultiPolygon, box

from segshap_qgis.errors import ExportError
from segshap_qgis.geo import read_geopackage, run_document, write_geopackage
from segshap_qgis.geo.cells import Column
from segshap_qgis.geo.geopackage import add_map_and_run, list_runs, undefined_system
from segshap_qgis.geo.polygons import write_polygons
from tests.small_record import ROTATED, small_record


def rows(path, statement):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(statement)]


def attributes(path, table):
    package = ogr.Open(str(path))  # must outlive its layers and features
    return [feature.items() for feature in package.GetLayerByName(table)]


def test_a_row_of_the_runs_says_what_was_found(tmp_path):
    path = tmp_path / "a.gpkg"
    first = small_record()
    unknown = small_record("second", settings={}, target=1)
    write_geopackage(path, [first, unknown])
    one, two = rows(path, "SELECT * FROM segshap_runs ORDER BY fid")
    found = first.explanation
    assert {name: one[name] for name in list(one)[:14]} == {
        "fid": 1,
        "name": "oil, region 1",
        "tables": "oil_region_1",
        "target": "oil",
        "model": "oil_fcdensenet56",
        "source": "scene.tif",
        "started": "2026-01-02T03:04:05Z",
        "seconds": 12.25,
        "evaluations": 321,
        "seed": 2**40,
        "precision": found.precision_of(0),
        "prediction": found.prediction[0],
        "base": found.base[0],
        "sum": found.values[0].sum(),
    }
    assert (two["target"], two["model"], two["started"], two["seconds"]) == (
        "look-alike",
        None,
        None,
        None,
    )
    assert two["precision"] is None  # its standard errors are not known
    assert two["sum"] == unknown.explanation.values[1].sum()
    assert [run.started for run in list_runs(path)] == ["2026-01-02T03:04:05Z", ""]


def test_a_region_says_what_was_asked_of_it(tmp_path):
    record = small_record(target=1)
    write_geopackage(tmp_path / "a.gpkg", [record])
    found = record.explanation
    assert attributes(tmp_path / "a.gpkg", "oil_region_1_region") == [
        {
            "name": "oil, region 1",
            "target": "look-alike",
            "prediction": found.prediction[1],
            "base_value": found.base[1],
            "sum_of_contributions": found.values[1].sum(),
            "area_pixels": 8 * 18 - 2 * 5,
        }
    ]


def test_further_targets_have_columns_numbered_from_one(tmp_path):
    record = small_record(target=1)
    write_geopackage(tmp_path / "a.gpkg", [record])
    (first, *_) = attributes(tmp_path / "a.gpkg", "oil_region_1_superpixels")
    assert list(first)[-2:] == ["contribution_1", "standard_error_1"]
    assert "contribution_2" not in first
    assert first["mean_band_2"] == pytest.approx(
        record.window.bands[1][record.explanation.superpixels.labels == 0].mean()
    )


def test_styles_are_complete_rows_and_belong_to_their_run(tmp_path):
    path = tmp_path / "a.gpkg"
    styles = [{"region": "<qgis>1</qgis>"}, {"standard_error": "<qgis>2</qgis>"}]
    write_geopackage(path, [small_record("one"), small_record("two")], styles)
    kept = rows(path, "SELECT * FROM layer_styles ORDER BY id")
    common = {
        "f_table_catalog": "",
        "f_table_schema": "",
        "styleName": "SegSHAP",
        "styleSLD": "",
        "useAsDefault": 1,
        "owner": "",
        "ui": None,
    }
    assert [{name: row[name] for name in common} for row in kept] == [common] * 2
    assert [
        (row["f_table_name"], row["f_geometry_column"], row["styleQML"], row["description"])
        for row in kept
    ] == [
        ("one_region", "geom", "<qgis>1</qgis>", "SegSHAP: region"),
        ("two_standard_error", "", "<qgis>2</qgis>", "SegSHAP: standard error"),
    ]
    listed = rows(path, "SELECT * FROM gpkg_contents WHERE data_type = 'attributes' ORDER BY 1")
    assert [(row["table_name"], row["identifier"], row["description"]) for row in listed] == [
        ("layer_styles", "layer_styles", "Layer styles of QGIS"),
        ("segshap_runs", "segshap_runs", "Runs explained by SegSHAP"),
    ]


def test_styles_of_other_runs_are_a_mistake_of_the_caller(tmp_path):
    with pytest.raises(ValueError, match="one mapping of styles for each record"):
        write_geopackage(tmp_path / "a.gpkg", [small_record()], [{}, {}])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("A" * 41, "a" * 40),
        ("--Oil  spill, no. 7--", "oil_spill_no_7"),
        ("7 slicks", "run_7_slicks"),
        ("gpkg x", "run_gpkg_x"),
        ("rtree", "run_rtree"),
        ("sqlite", "run_sqlite"),
        ("海", "run"),
    ],
)
def test_tables_are_named_after_their_run(tmp_path, name, base):
    record = small_record(name, shape=(20, 30), probability=None)
    for number in ("", "_2", "_3"):
        (tables,) = write_geopackage(tmp_path / "a.gpkg", [record]).tables
        assert tables == {
            kind: f"{base}{number}_{kind}"
            for kind in ("contribution", "standard_error", "superpixels", "region")
        }


def test_what_people_should_know_is_told_once(tmp_path):
    records = [small_record(name, transform=ROTATED, crs="") for name in ("one", "two")]
    written = write_geopackage(tmp_path / "a.gpkg", records)
    assert len(written.notes) == 2
    assert "no coordinate reference system" in written.notes[0]
    assert "rotated grid" in written.notes[1]
    assert write_geopackage(tmp_path / "b.gpkg", [small_record()]).notes == ()
    assert written.path == tmp_path / "a.gpkg"


def test_the_map_and_the_run_alone_are_added_to_a_file_of_layers(tmp_path):
    path = tmp_path / "a.gpkg"
    write_geopackage(path, [small_record("layers")])
    record = small_record("scene", crs="")
    assert add_map_and_run(path, "scene_7", record) == "scene_7_contribution"
    assert read_geopackage(path, "scene_7").name == "scene"
    assert gdal.Open(f"GPKG:{path}:scene_7_contribution") is not None
    names = {row["name"] for row in rows(path, "SELECT name FROM sqlite_master")}
    assert "scene_7_region" not in names


def test_a_run_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    path = tmp_path / "a.gpkg"
    write_geopackage(path, [small_record()])
    (kept,) = rows(path, "SELECT settings, arrays FROM segshap_runs")
    for limit, size in (
        ("LARGEST_DOCUMENT", len(kept["settings"])),
        ("LARGEST_RUN", len(kept["arrays"])),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(run_document, limit, size - 1)
            with pytest.raises(ExportError, match="The run is too large to be read"):
                read_geopackage(path)
    monkeypatch.setattr(run_document, "LARGEST_DOCUMENT", len(kept["settings"]))
    assert read_geopackage(path).name == "oil, region 1"


@pytest.mark.parametrize("kind", ["contribution", "standard_error", "probability"])
def test_a_map_that_gdal_would_spoil_is_not_kept(tmp_path, monkeypatch, kind):
    from segshap_qgis.geo import geopackage

    def spoil(driver, path, drawn, *others, write=geopackage.write_map):
        values = drawn.values + np.float32(drawn.kind == kind)
        write(driver, path, drawn._replace(values=values), *others)

    monkeypatch.setattr(geopackage, "write_map", spoil)
    with pytest.raises(ExportError, match=f"The {kind.replace('_', ' ')} could not be written"):
        write_geopackage(tmp_path / "a.gpkg", [small_record()])
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_read_back_otherwise_is_not_kept(tmp_path, monkeypatch):
    from segshap_qgis.geo import geopackage

    read = geopackage._read_run
    monkeypatch.setattr(geopackage, "_read_run", lambda *a: replace(read(*a), target=1))
    with pytest.raises(ExportError, match="run could not be written without loss"):
        write_geopackage(tmp_path / "a.gpkg", [small_record()])
    assert list(tmp_path.iterdir()) == []


def test_rows_of_polygons_are_numbered_from_one_and_empty_where_nothing_is_known(tmp_path):
    path = tmp_path / "a.gpkg"
    gdal.GetDriverByName("GPKG").Create(str(path), 0, 0, 0, gdal.GDT_Unknown)
    shapes = [box(0, 0, 2, 1), MultiPolygon([box(2, 0, 3, 5), box(7, 7, 8, 8)])]
    columns = [
        Column("name", ["a", "b"]),
        Column("number", [7, 2**40]),
        Column("size", [float("nan"), 1 / 3]),
    ]
    write_polygons(path, "cells", shapes, columns, undefined_system())
    package = ogr.Open(str(path))
    layer = package.GetLayerByName("cells")
    features = list(layer)  # they have to outlive their geometries
    assert [(feature.GetFID(), feature.items()) for feature in features] == [
        (1, {"name": "a", "number": 7, "size": None}),
        (2, {"name": "b", "number": 2**40, "size": 1 / 3}),
    ]
    assert (layer.GetGeometryColumn(), layer.GetFIDColumn()) == ("geom", "fid")
    assert layer.GetGeomType() == ogr.wkbMultiPolygon
    assert [feature.GetGeometryRef().GetGeometryCount() for feature in features] == [1, 2]
    del features, layer


def test_polygons_are_not_written_over_others(tmp_path):
    path = tmp_path / "a.gpkg"
    gdal.GetDriverByName("GPKG").Create(str(path), 0, 0, 0, gdal.GDT_Unknown)
    for name in ("a", "b"):
        action = (path, "cells", [box(0, 0, 1, 1)], [Column("name", [name])], undefined_system())
        if name == "a":
            write_polygons(*action)
            continue
        gdal.PushErrorHandler("CPLQuietErrorHandler")
        try:
            with pytest.raises(RuntimeError, match="cells"):
                write_polygons(*action)
        finally:
            gdal.PopErrorHandler()
    assert attributes(path, "cells") == [{"name": "a"}]
