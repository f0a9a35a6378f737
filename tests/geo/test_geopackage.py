"""Runs in GeoPackages: nothing is lost, neither of the run nor of what the file held before."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sqlite3
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal, ogr, osr
from qgis.core import QgsFeatureRequest, QgsRasterLayer, QgsVectorLayer
from qgis.PyQt.QtXml import QDomDocument
from shapely import wkb
from shapely.geometry import Point

from segshap_qgis.errors import ExportError
from segshap_qgis.explain import explain, hexagons
from segshap_qgis.geo import read_geopackage, write_geopackage
from segshap_qgis.geo.geopackage import list_runs
from segshap_qgis.layers import style_documents
from tests.small_record import AS_RECORDED, NORTH_UP, ROTATED, SOUTH_UP, crs_wkt, small_record


class Pairs:
    """A game in which neighbours in number need each other."""

    n_targets = 1
    target_names = ("oil",)

    def __init__(self, n_players):
        self.n_players = n_players

    def __call__(self, coalitions):
        return (coalitions[:, 1:] & coalitions[:, :-1]).mean(axis=1, keepdims=True)


GRIDS = {"north up": NORTH_UP, "south up": SOUTH_UP, "rotated": ROTATED, "none": AS_RECORDED}
STYLE_TABLE_IN_QGIS = """CREATE TABLE "layer_styles" (
"id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
"f_table_catalog" TEXT(256), "f_table_schema" TEXT(256), "f_table_name" TEXT(256),
"f_geometry_column" TEXT(256), "styleName" TEXT(30), "styleQML" TEXT, "styleSLD" TEXT,
"useAsDefault" BOOLEAN, "description" TEXT, "owner" TEXT(30), "ui" TEXT(30),
"update_time" DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))"""


# Fields of a record that hold dataclasses by the name of their target.
FINDINGS = ("record.curves", "record.checks")


def assert_same(found, wanted, where="record"):
    """Equality field by field; arrays by type, shape and bytes, so that NaN and -0.0 count."""
    if dataclasses.is_dataclass(wanted):
        for field in dataclasses.fields(wanted):
            name = f"{where}.{field.name}"
            assert_same(getattr(found, field.name), getattr(wanted, field.name), name)
    elif isinstance(wanted, np.ndarray):
        assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape), where
        assert found.tobytes() == wanted.tobytes(), where
    elif isinstance(wanted, (dict, tuple)) and where.startswith(FINDINGS):
        assert len(found) == len(wanted), where
        for key in wanted if isinstance(wanted, dict) else range(len(wanted)):
            assert_same(found[key], wanted[key], f"{where}[{key!r}]")
    else:
        assert found == wanted, where
        assert type(found) is type(wanted), where


def rows_of(path, table):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(f'SELECT * FROM "{table}"').fetchall()


def execute(path, *statements):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.executescript(statement)


def schema_of(path):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return dict(connection.execute("SELECT name, sql FROM sqlite_master"))


def raster_of(path, table):
    """Geotransform, no-data value, EPSG code and values; GDAL's own objects are not kept."""
    raster = gdal.Open(f"GPKG:{path}:{table}")
    no_data = raster.GetRasterBand(1).GetNoDataValue()
    code = raster.GetSpatialRef().GetAuthorityCode(None)
    return raster.GetGeoTransform(), no_data, code, raster.ReadAsArray()


def table_of(path, table):
    """Outlines and attributes of the rows of a table, by fid."""
    package = ogr.Open(str(path))  # must outlive its layers and features
    return {
        feature.GetFID(): (
            feature.GetGeometryRef()
            and wkb.loads(bytes(feature.GetGeometryRef().ExportToIsoWkb())),
            json.loads(feature.ExportToJson())["properties"],
        )
        for feature in package.GetLayerByName(table)
    }


@pytest.fixture
def foreign(tmp_path):
    """A GeoPackage of somebody else: a byte raster, a vector table, an attribute table, a style."""
    path = tmp_path / "foreign.gpkg"
    gdal.SetThreadLocalConfigOption("OGR_SQLITE_SYNCHRONOUS", "OFF")
    utm = osr.SpatialReference()
    utm.ImportFromEPSG(32633)
    image = gdal.GetDriverByName("MEM").Create("", 300, 280, 3, gdal.GDT_Byte)
    image.SetGeoTransform((300_000, 20, 0, 6_000_000, 0, -20))
    image.SetSpatialRef(utm)
    image.WriteArray(np.random.default_rng(1).integers(0, 255, (3, 280, 300), dtype=np.uint8))
    gdal.GetDriverByName("GPKG").CreateCopy(str(path), image, options=["RASTER_TABLE=photo"])
    package = ogr.Open(str(path), 1)
    layer = package.CreateLayer("coast", utm, ogr.wkbLineString)
    layer.CreateField(ogr.FieldDefn("Länge", ogr.OFTReal))
    for index in range(50):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetGeometry(ogr.CreateGeometryFromWkt(f"LINESTRING ({index} 0, 1 {index + 1})"))
        feature.SetField(0, index / 7)
        layer.CreateFeature(feature)
    notes = package.CreateLayer("notes", None, ogr.wkbNone)
    notes.CreateField(ogr.FieldDefn("text", ogr.OFTString))
    feature = ogr.Feature(notes.GetLayerDefn())
    feature.SetField(0, "keep me")
    notes.CreateFeature(feature)
    feature = notes = layer = package = None
    gdal.SetThreadLocalConfigOption("OGR_SQLITE_SYNCHRONOUS", None)
    execute(
        path,
        STYLE_TABLE_IN_QGIS,
        "INSERT INTO gpkg_contents (table_name, data_type, identifier) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles')",
        "INSERT INTO layer_styles (f_table_name, styleName, styleQML, useAsDefault) "
        "VALUES ('coast', 'mine', '<qgis/>', 1)",
    )
    return path


# A run and back -------------------------------------------------------------------------------


@pytest.mark.parametrize("grid", GRIDS)
def test_a_run_comes_back_bit_for_bit_on_every_grid(tmp_path, grid):
    crs = "" if grid == "none" else None
    record = small_record(transform=GRIDS[grid], crs=crs)
    write_geopackage(tmp_path / "runs.gpkg", [record])
    assert_same(read_geopackage(tmp_path / "runs.gpkg"), record)


def test_a_run_that_was_explained_comes_back_equal(tmp_path):
    superpixels = hexagons((30, 40), side=8)
    explanation = explain(Pairs(superpixels.n_players), superpixels, budget=40, seed=3)
    record = small_record(shape=(30, 40), n_targets=1, explanation=explanation)
    write_geopackage(tmp_path / "runs.gpkg", [record])
    assert_same(read_geopackage(tmp_path / "runs.gpkg"), record)


def test_a_run_without_probability_history_curves_and_checks_comes_back(tmp_path):
    record = small_record(probability=None, curves={}, checks={})
    plain = dataclasses.replace(record.explanation, history=(), settings={})
    record = dataclasses.replace(record, explanation=plain, settings={}, target=1)
    written = write_geopackage(tmp_path / "runs.gpkg", [record])
    assert "probability" not in written.tables[0]
    assert_same(read_geopackage(tmp_path / "runs.gpkg"), record)


def test_several_runs_share_a_file_and_are_found_by_name(tmp_path):
    path = tmp_path / "runs.gpkg"
    first, second = small_record("slick A", seed=1), small_record("slick B", seed=2, target=1)
    written = write_geopackage(path, [first, second])
    again = small_record("slick A", seed=3)
    write_geopackage(path, [again])
    assert [(run.name, run.tables) for run in list_runs(path)] == [
        ("slick A", "slick_a"),
        ("slick B", "slick_b"),
        ("slick A", "slick_a_2"),
    ]
    assert list_runs(path)[1].target == "look-alike"
    assert written.tables[1]["region"] == "slick_b_region"
    assert_same(read_geopackage(path, "slick B"), second)
    assert_same(read_geopackage(path, "slick A"), again)
    assert_same(read_geopackage(path, "slick_a"), first)
    with pytest.raises(ExportError, match="holds no run 'slick C'"):
        read_geopackage(path, "slick C")


# What others see of it ------------------------------------------------------------------------


def test_rasters_are_exact_float32_on_the_grid_of_the_source(tmp_path):
    record = small_record(target=1)
    tables = write_geopackage(tmp_path / "runs.gpkg", [record]).tables[0]
    for kind, wanted in (
        ("contribution", record.explanation.to_map(1)),
        ("standard_error", record.explanation.error_map(1)),
        ("probability", np.where(record.window.valid, record.probability, np.nan)),
    ):
        transform, no_data, code, values = raster_of(tmp_path / "runs.gpkg", tables[kind])
        assert (transform, no_data, code) == (record.window.transform, -9999, "32631")
        assert values.dtype == np.float32
        filled = np.where(np.isnan(wanted), -9999, wanted).astype(np.float32)
        assert values.tobytes() == filled.tobytes()


def test_the_legend_of_a_raster_says_what_it_shows_and_not_height(tmp_path):
    record = small_record()
    tables = write_geopackage(tmp_path / "runs.gpkg", [record]).tables[0]
    package = gdal.Open(f"GPKG:{tmp_path / 'runs.gpkg'}:{tables['contribution']}")
    assert package.GetRasterBand(1).GetDescription() == f"Contribution to {record.target_name}"


def test_a_raster_with_south_up_is_turned_without_moving_a_pixel(tmp_path):
    record = small_record(transform=SOUTH_UP)
    written = write_geopackage(tmp_path / "runs.gpkg", [record])
    transform, *_, values = raster_of(tmp_path / "runs.gpkg", written.tables[0]["contribution"])
    assert transform == (500_000, 10, 0, 4_990_000 + 40 * 12.5, 0, -12.5)
    wanted = record.explanation.to_map()[::-1]
    np.testing.assert_array_equal(values, np.where(np.isnan(wanted), np.float32(-9999), wanted))
    assert any("north up" in note for note in written.notes)


def test_a_rotated_grid_is_resampled_to_the_nearest_and_the_user_is_told(tmp_path):
    record = small_record(transform=ROTATED)
    written = write_geopackage(tmp_path / "runs.gpkg", [record])
    assert any("rotated" in note and "nearest" in note for note in written.notes)
    transform, *_, values = raster_of(tmp_path / "runs.gpkg", written.tables[0]["contribution"])
    x0, dx, _, y0, _, dy = transform
    contributions = record.explanation.to_map()
    forward = np.array([[ROTATED[1], ROTATED[2]], [ROTATED[4], ROTATED[5]]])
    seen = 0
    for row, column in np.ndindex(values.shape):
        point = [x0 + (column + 0.5) * dx - ROTATED[0], y0 + (row + 0.5) * dy - ROTATED[3]]
        j, i = np.floor(np.linalg.solve(forward, point)).astype(int)
        inside = 0 <= i < contributions.shape[0] and 0 <= j < contributions.shape[1]
        if inside and not np.isnan(contributions[i, j]):
            assert values[row, column] == contributions[i, j]
            seen += 1
        else:
            assert values[row, column] == -9999
    assert seen == pytest.approx(np.isfinite(contributions).sum(), rel=0.05)


@pytest.mark.parametrize("grid", GRIDS)
def test_cells_are_exact_polygons_with_their_numbers(tmp_path, grid):
    record = small_record(transform=GRIDS[grid], target=1)
    tables = write_geopackage(tmp_path / "runs.gpkg", [record]).tables[0]
    explanation, t = record.explanation, GRIDS[grid]
    pixel = abs(t[1] * t[5] - t[2] * t[4])
    cells = table_of(tmp_path / "runs.gpkg", tables["superpixels"])
    assert list(cells) == list(range(1, explanation.superpixels.n_players + 1))
    for fid, (outline, attributes) in cells.items():
        player = fid - 1
        assert attributes["contribution"] == explanation.values[1, player]
        assert attributes["standard_error"] is None  # not known for this target
        assert attributes["contribution_1"] == explanation.values[0, player]
        assert attributes["standard_error_1"] == explanation.standard_errors[0, player]
        assert outline.area == pytest.approx(explanation.superpixels.areas[player] * pixel)
        rows, columns = np.nonzero(explanation.superpixels.labels == player)
        for row, column in zip(rows + 0.5, columns + 0.5):
            x, y = t[0] + t[1] * column + t[2] * row, t[3] + t[4] * column + t[5] * row
            assert outline.contains(Point(x, y))
    strongest = int(np.abs(explanation.values[1]).argmax())
    assert cells[strongest + 1][1]["rank"] == 1
    ((outline, attributes),) = table_of(tmp_path / "runs.gpkg", tables["region"]).values()
    assert outline.area == pytest.approx(record.region.sum() * pixel)
    assert attributes["prediction"] == explanation.prediction[1]


def test_without_reference_system_the_layers_are_not_in_degrees(tmp_path):
    record = small_record(transform=AS_RECORDED, crs="")
    written = write_geopackage(tmp_path / "runs.gpkg", [record])
    assert any("no coordinate reference system" in note for note in written.notes)
    systems = {
        (row[0], row[9])
        for row in rows_of(tmp_path / "runs.gpkg", "gpkg_contents")
        if row[9] is not None
    }
    assert {number for _, number in systems} == {-1}
    assert len(systems) == 5


def test_an_unreadable_reference_system_is_kept_in_the_run(tmp_path):
    record = small_record(crs="PROJCS[nonsense")
    written = write_geopackage(tmp_path / "runs.gpkg", [record])
    assert any("no coordinate reference system" in note for note in written.notes)
    assert read_geopackage(tmp_path / "runs.gpkg").window.crs_wkt == "PROJCS[nonsense"


def test_the_table_of_runs_can_be_read_by_people(tmp_path):
    record = small_record()
    write_geopackage(tmp_path / "runs.gpkg", [record])
    ((_, row),) = table_of(tmp_path / "runs.gpkg", "segshap_runs").values()
    assert (row["name"], row["target"], row["model"]) == (
        "oil, region 1",
        "oil",
        "oil_fcdensenet56",
    )
    assert row["prediction"] - row["base"] == pytest.approx(row["sum"])
    document = json.loads(row["settings"])
    assert document["explanation"]["settings"]["budget"] == 1000
    assert document["settings"]["seconds"] == 12.25


def test_the_file_is_a_sound_database_without_anything_beside_it(tmp_path):
    write_geopackage(tmp_path / "runs.gpkg", [small_record()])
    assert [path.name for path in tmp_path.iterdir()] == ["runs.gpkg"]
    with contextlib.closing(sqlite3.connect(tmp_path / "runs.gpkg")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


# Beside what others have written --------------------------------------------------------------


def found_by_index(path):
    """Features of the foreign table in a rectangle; how exactly is up to the GDAL."""
    package = ogr.Open(str(path))
    coast = package.GetLayerByName("coast")
    coast.SetSpatialFilterRect(0, 0, 3, 0.1)
    return coast.GetFeatureCount()


def test_appending_leaves_what_others_have_written_as_it_was(foreign):
    tables = ["photo", "coast", "notes", "layer_styles", "gpkg_tile_matrix", "rtree_coast_geom"]
    before = {table: rows_of(foreign, table) for table in tables}
    schema = schema_of(foreign)
    systems = rows_of(foreign, "gpkg_spatial_ref_sys")
    found = found_by_index(foreign)
    assert 0 < found < 100
    *_, photo = raster_of(foreign, "photo")
    styles = [{"contribution": "<qgis>contribution</qgis>", "region": "<qgis>region</qgis>"}]
    for number in range(2):
        write_geopackage(foreign, [small_record(f"run {number}")], styles)
    for table in tables:
        rows = rows_of(foreign, table)
        assert rows[: len(before[table])] == before[table], table
        if table in {"photo", "coast", "notes", "rtree_coast_geom"}:
            assert rows == before[table], table
    # GDAL adds a column for the systems that float rasters bring along: all else is additional.
    assert {row[:6] for row in rows_of(foreign, "gpkg_spatial_ref_sys")} >= set(systems)
    after = schema_of(foreign)
    assert {name for name in schema if after.get(name) != schema[name]} <= {"gpkg_spatial_ref_sys"}
    np.testing.assert_array_equal(raster_of(foreign, "photo")[-1], photo)
    assert found_by_index(foreign) == found  # the spatial index of others still works


def test_styles_are_rows_as_qgis_writes_them(foreign):
    documents = {"contribution": "<qgis>c</qgis>", "superpixels": "<qgis>s</qgis>", "other": "x"}
    written = write_geopackage(foreign, [small_record()], [documents])
    with contextlib.closing(sqlite3.connect(foreign)) as connection:
        rows = connection.execute(
            "SELECT f_table_name, f_geometry_column, styleQML, useAsDefault FROM layer_styles"
        ).fetchall()
    assert rows == [
        ("coast", None, "<qgis/>", 1),
        (written.tables[0]["contribution"], "", "<qgis>c</qgis>", 1),
        (written.tables[0]["superpixels"], "geom", "<qgis>s</qgis>", 1),
    ]


def test_table_names_never_collide(tmp_path):
    path = tmp_path / "runs.gpkg"
    names = ["Oil!", "OIL", "öl", "1", "", "x" * 300, "drop table; --", "gpkg_1"]
    written = write_geopackage(path, [small_record(name, shape=(24, 34)) for name in names])
    tables = [table for by_kind in written.tables for table in by_kind.values()]
    assert len({table.lower() for table in tables}) == len(tables) == 5 * len(names)
    assert [run.name for run in list_runs(path)] == names
    assert all(table.replace("_", "").isalnum() and table.isascii() for table in tables)


def test_a_name_that_only_the_contents_know_is_avoided(foreign):
    execute(
        foreign,
        "UPDATE gpkg_contents SET identifier = 'Oil_Contribution' WHERE table_name = 'coast'",
        'CREATE VIEW "spill_region" AS SELECT * FROM notes',
    )
    written = write_geopackage(foreign, [small_record("oil"), small_record("spill")])
    assert written.tables[0]["contribution"] == "oil_2_contribution"
    assert written.tables[1]["region"] == "spill_2_region"


def test_a_run_whose_tables_somebody_removed_keeps_its_name(tmp_path):
    path = tmp_path / "runs.gpkg"
    (tables,) = write_geopackage(path, [small_record("oil", probability=None)]).tables
    package = gdal.OpenEx(str(path), gdal.OF_UPDATE | gdal.OF_VECTOR)
    for table in tables.values():
        package.ExecuteSQL(f"DROP TABLE {table}")
    package = None
    write_geopackage(path, [small_record("oil")])
    assert [run.tables for run in list_runs(path)] == ["oil", "oil_2"]
    assert_same(read_geopackage(path, "oil"), small_record("oil"))


def test_a_foreign_table_of_runs_is_refused_and_kept(foreign):
    execute(foreign, "CREATE TABLE segshap_runs (x)", "INSERT INTO segshap_runs VALUES (7)")
    before = foreign.read_bytes()
    with pytest.raises(ExportError, match="segshap_runs"):
        write_geopackage(foreign, [small_record()])
    assert foreign.read_bytes() == before


# Reading what cannot be trusted ---------------------------------------------------------------


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "runs.gpkg"
    write_geopackage(path, [small_record()])
    return path


def change_document(path, **changes):
    (text,) = rows_of_column(path, "settings")
    document = {**json.loads(text), **changes}
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE segshap_runs SET settings = ?", [json.dumps(document)])
        connection.commit()


def rows_of_column(path, column):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute(f"SELECT {column} FROM segshap_runs")]


def axes_of(path):
    return json.loads(rows_of_column(path, "settings")[0])["axes"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE segshap_runs SET settings = '{'",
        "UPDATE segshap_runs SET settings = '[]'",
        "UPDATE segshap_runs SET settings = '{\"format\": 1}'",
        "UPDATE segshap_runs SET settings = x'00ff'",
        "UPDATE segshap_runs SET settings = 5",
        "CREATE TABLE t AS SELECT fid, NULL AS settings, NULL AS arrays FROM segshap_runs;"
        "DROP TABLE segshap_runs; ALTER TABLE t RENAME TO segshap_runs",
        "UPDATE segshap_runs SET arrays = x'00'",
        "UPDATE segshap_runs SET arrays = 'text'",
        "UPDATE segshap_runs SET arrays = substr(arrays, 1, length(arrays) - 9)",
        "UPDATE segshap_runs SET arrays = zeroblob(100000)",
        "ALTER TABLE segshap_runs DROP COLUMN arrays",
        "DELETE FROM segshap_runs",
        "DROP TABLE segshap_runs",
        "DROP TABLE gpkg_contents",
    ],
)
def test_a_damaged_run_is_told(written, statement):
    execute(written, statement)
    with pytest.raises(ExportError):
        read_geopackage(written)


def test_hostile_documents_are_refused_before_memory_is_taken(written):
    axes = axes_of(written)
    deep = "[" * 100_000
    for changes in (
        {"axes": {**axes, "H": 10**9, "W": 10**9}},
        {"axes": {**axes, "M": 10**15}},
        {"axes": {**axes, "B": -1}},
        {"axes": {**axes, "T": 1.5}},
        {"axes": {**axes, "M": axes["M"] + 1}},
        {"arrays": ["values"]},
        {"arrays": "values"},
        {"target": 9},
        {"target": "oil"},
        {"format": 99},
        {"settings": []},
        {"window": {"transform": [1, 2, 3]}},
        {"window": None},
        {"explanation": {}},
    ):
        original = rows_of_column(written, "settings")[0]
        change_document(written, **changes)
        with pytest.raises(ExportError):
            read_geopackage(written)
        with contextlib.closing(sqlite3.connect(written)) as connection:
            connection.execute("UPDATE segshap_runs SET settings = ?", [original])
            connection.commit()
    execute(written, f"UPDATE segshap_runs SET settings = '{deep}'")
    with pytest.raises(ExportError):
        read_geopackage(written)


def test_labels_that_do_not_fit_the_areas_are_refused(written):
    axes = axes_of(written)
    data = bytearray(zlib.decompress(rows_of_column(written, "arrays")[0]))
    start = 8 * (2 * axes["T"] * axes["M"] + 2 * axes["T"] + 2 * axes["R"])
    for wrong in (axes["M"], 10**6, -2, 0):
        label = start + 4 * (axes["W"] * 20 + 30)
        data[label : label + 4] = struct.pack("<i", wrong)
        with contextlib.closing(sqlite3.connect(written)) as connection:
            connection.execute("UPDATE segshap_runs SET arrays = ?", [zlib.compress(bytes(data))])
            connection.commit()
        with pytest.raises(ExportError, match="super-pixel"):
            read_geopackage(written)


def test_files_without_runs_are_told(tmp_path, foreign):
    text = tmp_path / "text.gpkg"
    text.write_text("no database, but quite long " * 100)
    for path, words in (
        (foreign, "holds no runs"),
        (text, "not a GeoPackage"),
        (tmp_path / "absent.gpkg", "no file"),
        (tmp_path, "no file"),
    ):
        with pytest.raises(ExportError, match=words):
            read_geopackage(path)
        with pytest.raises(ExportError, match=words):
            list_runs(path)
    assert not (tmp_path / "absent.gpkg").exists()


def test_what_cannot_be_written_is_said_and_nothing_is_left(tmp_path):
    path = tmp_path / "runs.gpkg"
    for record in (
        small_record(settings={"model": object()}),
        small_record(region=np.ones((3, 3), bool)),
    ):
        with pytest.raises(ExportError):
            write_geopackage(path, [record])
    with pytest.raises(ExportError, match="no explanation"):
        write_geopackage(path, [])
    assert list(tmp_path.iterdir()) == []


def test_reading_leaves_the_file_alone(written):
    before = written.read_bytes()
    read_geopackage(written)
    list_runs(Path(str(written)))
    assert written.read_bytes() == before
    assert [path.name for path in written.parent.iterdir()] == [written.name]


def test_geographic_coordinates_stay_longitude_before_latitude(tmp_path):
    transform = (3.25, 1e-4, 0.0, 58.5, 0.0, -1e-4)
    record = small_record(transform=transform, crs=crs_wkt(4326))
    tables = write_geopackage(tmp_path / "runs.gpkg", [record]).tables[0]
    package = ogr.Open(str(tmp_path / "runs.gpkg"))
    west, east, south, north = package.GetLayerByName(tables["superpixels"]).GetExtent()
    assert (west, north) == pytest.approx((3.25, 58.5))
    assert (east, south) == pytest.approx((3.25 + 60e-4, 58.5 - 40e-4))


# In a QGIS without the plugin -----------------------------------------------------------------


def test_qgis_opens_every_layer_with_its_style(tmp_path, qgis_app):
    record = small_record()
    documents = style_documents(record)
    path = tmp_path / "runs.gpkg"
    write_geopackage(path, [small_record("other")], [style_documents(small_record("other"))])
    tables = write_geopackage(path, [record], [documents]).tables[0]
    raster = QgsRasterLayer(f"GPKG:{path}:{tables['contribution']}", "raster")
    assert raster.renderer().type() == "singlebandpseudocolor"
    items = raster.renderer().shader().rasterShaderFunction().colorRampItemList()
    limit = items[-1].value
    assert items[0].value == -limit
    assert limit >= np.abs(record.explanation.values[0]).max() * 0.5
    assert items[0].color.red() > items[0].color.green()  # against: red
    assert items[-1].color.green() > items[-1].color.red()  # for: green
    errors = QgsRasterLayer(f"GPKG:{path}:{tables['standard_error']}", "errors")
    assert errors.renderer().type() == "singlebandpseudocolor"
    for kind in ("superpixels", "region"):
        layer = QgsVectorLayer(f"{path}|layername={tables[kind]}", kind)
        assert layer.isValid()
        assert (
            layer.renderer().dump() == styled(plain_copy(layer), documents[kind]).renderer().dump()
        )
        assert layer.crs().authid() == "EPSG:32631"


def plain_copy(layer):
    return layer.materialize(QgsFeatureRequest())


def styled(layer, text):
    document = QDomDocument()
    document.setContent(text)
    assert layer.importNamedStyle(document)[0]
    return layer
