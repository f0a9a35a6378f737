"""GeoPackages from anywhere: nothing in them is run or waited for, and damage is told in words."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import time
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from segshap_qgis.errors import ExportError
from segshap_qgis.geo import read_geopackage, run_document, untrusted, write_geopackage
from segshap_qgis.geo.cells import cell_columns
from segshap_qgis.geo.geopackage import list_runs
from segshap_qgis.geo.rasters import maps
from tests.hostile import spoilt
from tests.small_record import small_record

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    path = tmp_path_factory.mktemp("package") / "runs.gpkg"
    write_geopackage(path, [small_record()], [{"contribution": "<qgis/>"}])
    return path


@pytest.fixture
def hostile(package, tmp_path):
    """Runs SQL on a copy of a GeoPackage with one run, and gives its path."""

    def change(*statements):
        path = shutil.copy(package, tmp_path / "hostile.gpkg")
        with contextlib.closing(sqlite3.connect(path)) as connection:
            # Another program's triggers call functions that only it has.
            connection.create_function("ST_IsEmpty", 1, lambda _: 0)
            for statement in statements:
                connection.execute(statement)
            connection.commit()
        return path

    return change


def assert_refused(action, *arguments, match="program"):
    began = time.monotonic()
    with pytest.raises(ExportError, match=match):
        action(*arguments)
    assert time.monotonic() - began < 30


def content(path):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


@pytest.mark.parametrize(
    "view",
    [
        f"CREATE VIEW segshap_runs AS SELECT 1 AS fid, ({ENDLESS}) AS name, '' AS tables, '' AS "
        "target, '' AS started, '{}' AS settings, x'' AS arrays",
        "CREATE VIEW segshap_runs AS SELECT fid, name, tables, target, started, settings, arrays "
        "FROM kept",
        "CREATE TABLE segshap_runs (fid INTEGER PRIMARY KEY, name, tables, target, started, arrays,"
        " settings AS (hex(zeroblob(400000000))))",
    ],
    ids=["without an end", "view", "computed"],
)
def test_runs_that_are_a_program_are_not_read(hostile, view):
    path = hostile("ALTER TABLE segshap_runs RENAME TO kept", view)
    assert_refused(list_runs, path)
    assert_refused(read_geopackage, path)
    assert_refused(write_geopackage, path, [small_record()])


@pytest.mark.parametrize("table", ["segshap_runs", "layer_styles", "gpkg_contents",
                                   "gpkg_tile_matrix_set", "gpkg_spatial_ref_sys"])  # fmt: skip
@pytest.mark.parametrize(
    "program",
    [
        f"{ENDLESS};",
        "DELETE FROM oil_region_1_region;",
        "SELECT RAISE(ABORT, 'no') WHERE (NEW.rowid < 1); DELETE FROM oil_region_1_region;",
        "SELECT RAISE(ABORT, 'no') WHERE (SELECT count(*) FROM gpkg_contents a, gpkg_contents b);",
    ],
    ids=["without an end", "deletes", "deletes behind a check", "looks elsewhere"],
)
def test_a_trigger_is_never_set_off_by_an_export(hostile, table, program):
    path = hostile(f"CREATE TRIGGER t AFTER INSERT ON {table} BEGIN {program} END")
    before = path.read_bytes()
    assert_refused(write_geopackage, path, [small_record()])
    assert path.read_bytes() == before


def test_the_checks_of_the_standard_are_no_programs(package, tmp_path):
    path = tmp_path / "again.gpkg"
    shutil.copy(package, path)
    write_geopackage(path, [small_record("second")])
    with contextlib.closing(sqlite3.connect(path)) as connection:
        query = (
            "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'gpkg%'"
        )
        assert connection.execute(query).fetchone()[0] > 0
    assert [run.name for run in list_runs(path)] == ["oil, region 1", "second"]


def test_triggers_on_tables_of_others_stay_and_do_nothing(hostile):
    path = hostile(
        "CREATE TABLE others (a)",
        "CREATE TRIGGER t AFTER INSERT ON others BEGIN DELETE FROM others; END",
    )
    write_geopackage(path, [small_record("second")])
    assert any("CREATE TRIGGER t AFTER INSERT" in line for line in content(path))


def test_a_listed_view_without_an_end_is_not_waited_for(hostile):
    path = hostile(
        f"CREATE VIEW slow AS {ENDLESS}",
        "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES "
        "('slow', 'attributes', 'slow')",
    )
    began = time.monotonic()
    write_geopackage(path, [small_record("second")])
    assert time.monotonic() - began < 30


def test_a_query_without_an_end_is_stopped(hostile, monkeypatch):
    monkeypatch.setattr(untrusted, "LONGEST", 0.2)
    connection = untrusted.bounded(sqlite3.connect(hostile()))
    with contextlib.closing(connection), pytest.raises(sqlite3.OperationalError, match="interr"):
        connection.execute(ENDLESS).fetchone()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE segshap_runs SET settings = x'00ff'",
        "UPDATE segshap_runs SET settings = 5",
        "UPDATE segshap_runs SET settings = CAST(x'ff' AS TEXT)",
        "UPDATE segshap_runs SET arrays = 'text'",
        "UPDATE segshap_runs SET arrays = 7",
        "UPDATE segshap_runs SET arrays = zeroblob(30000000)",
        "UPDATE segshap_runs SET settings = replace(settings, '\"M\": ', '\"M\": 99999')",
        "UPDATE segshap_runs SET settings = hex(zeroblob(10000000))",
    ],
)
def test_a_damaged_run_is_told_in_words(hostile, change):
    assert_refused(read_geopackage, hostile(change), match="run|cannot be used")


@pytest.mark.parametrize(
    "name",
    ["'; DROP TABLE segshap_runs; --", '"; DROP TABLE x; --', "<img src=x>", "sqlite_x",
     "GPKG_contents", "%s{0}", "[% @project_path %]", "é\u202e" * 300, " "],
)  # fmt: skip
def test_names_are_data_wherever_they_go(tmp_path, name):
    path = tmp_path / "names.gpkg"
    for _ in range(2):
        write_geopackage(path, [small_record(name)])
    assert [run.name for run in list_runs(path)] == [name, name]
    assert read_geopackage(path, name).name == name


def test_a_spoilt_document_is_a_whole_run_or_is_told_in_words():
    text, block = run_document.pack(small_record(shape=(20, 30)))
    whole = zlib.decompress(block)

    @settings(
        max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(spoilt(json.loads(text)))
    def check(document):
        try:
            record = run_document.unpack(json.dumps(document), zlib.compress(whole, 1))
        except ExportError:
            return
        # Everything that is made of a run can be made of this one.
        assert all(drawn.values.shape == record.window.shape for drawn in maps(record))
        assert {len(column.values) for column in cell_columns(record)} == {
            record.explanation.superpixels.n_players
        }
        assert run_document.unpack(*run_document.pack(record)).name == record.name

    check()


def test_a_file_with_flipped_bytes_is_read_whole_or_told_in_words(package, tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "damaged.gpkg"
    for _ in range(30):
        damaged = bytearray(package.read_bytes())
        # The first page describes the others.
        for position in [*rng.integers(0, 4096, 2), *rng.integers(0, len(damaged), 30)]:
            damaged[position] = rng.integers(256)
        path.write_bytes(damaged)
        for action in (list_runs, read_geopackage, lambda p: write_geopackage(p, [small_record()])):
            with contextlib.suppress(ExportError):
                action(path)
