"""What lies exactly on a limit of a file that is read, and one step beyond it."""

from __future__ import annotations

import copy
import json
import sqlite3
import zlib
from dataclasses import replace

import numpy as np
import pytest

from segshap_qgis.errors import ExportError
from segshap_qgis.explain.reliability import Checks, RandomisationCheck
from segshap_qgis.geo import grid, run_document, untrusted
from segshap_qgis.geo.run_checks import checks_document, checks_of
from segshap_qgis.geo.run_curves import curves_of
from segshap_qgis.geo.run_document import pack, unpack
from tests.small_record import small_checks, small_record


def test_the_bounds_are_those_that_a_window_and_a_person_need():
    # A window of 8192 pixels with four bands of float32, two masks and two more maps.
    pixels = grid.LARGEST_WINDOW**2
    assert pixels * (4 * 4 + 2 + 4 + 4) < run_document.LARGEST_RUN == 2 * 2**30
    assert run_document.LARGEST_DOCUMENT == 16 * 2**20
    assert untrusted.LONGEST == 60.0
    assert untrusted.LARGEST_VALUE == 10**9
    assert run_document.FORMAT == 1


# Documents ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def packed():
    text, block = pack(small_record(shape=(20, 30)))
    return json.loads(text), block


def changed(packed, *path_and_value):
    *path, last, value = path_and_value
    document = copy.deepcopy(packed[0])
    place = document
    for name in path:
        place = place[name]
    place[last] = value
    return json.dumps(document), packed[1]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("format", "1"), "not a run of SegSHAP"),
        (("format", 2), "newer version"),
        (("axes", "H", 8193), "window is too large"),
        (("axes", "W", 8193), "window is too large"),
        (("axes", "2", 3), "window is too large"),
        (("axes", "H", -1), "no proper length"),
        (("axes", "T", 1.5), "no proper length"),
        *((("axes", axis, 0), "no pixels, bands, targets or super-pixels") for axis in "HWBTM"),
        (("axes", "R", 1), "arrays are incomplete"),
        (("axes", "R", 3), "arrays are incomplete"),
        (("axes", "E", 2**40), "arrays are too large"),
        (("target", 2), "target is unknown"),
        (("target", -1), "target is unknown"),
        (("target", True), "target is unknown"),
        (("settings", []), "not a table of names"),
        (("superpixels", "settings", 1), "not a table of names"),
        (("explanation", "settings", None), "not a table of names"),
        (("window", "transform", [1, 2, 3, 4, 5]), "not a geotransform"),
        (("window", "transform", [1, 2, 3, 4, 5, float("inf")]), "not a geotransform"),
        (("window", "offset", [1]), "cannot be read"),
    ],
)
def test_what_is_wrong_with_a_document_is_told(packed, change, told):
    with pytest.raises(ExportError, match=told):
        unpack(*changed(packed, *change))


def test_arrays_have_to_be_known_and_come_once(packed):
    names = packed[0]["arrays"]
    for wrong in ([*names, "values"], [*names, "others"], names[1:]):
        with pytest.raises(ExportError, match="missing or unknown"):
            unpack(*changed(packed, "arrays", wrong))


@pytest.mark.parametrize("spoil", [lambda b: b[:-1], lambda b: b + b"\0", lambda _: b""])
def test_a_block_has_to_be_as_long_as_its_arrays(packed, spoil):
    whole = zlib.decompress(packed[1])
    with pytest.raises(ExportError, match="incomplete"):
        unpack(json.dumps(packed[0]), zlib.compress(spoil(whole)))
    with pytest.raises(ExportError, match=r"incomplete|cannot be read"):
        unpack(json.dumps(packed[0]), packed[1][:-2])


def spoilt_array(packed, name, value, at=0):
    """The packed run with one number of an array changed."""
    document, block = packed
    data, start = bytearray(zlib.decompress(block)), 0
    for each in document["arrays"]:
        kind, axes = run_document.ARRAYS[each]
        size = int(np.prod([document["axes"][axis] for axis in axes]))
        array = np.frombuffer(bytes(data), kind, size, start).copy()
        if each == name:
            array[at] = value
            data[start : start + array.nbytes] = array.tobytes()
        start += array.nbytes
    return json.dumps(document), zlib.compress(bytes(data))


def test_numbers_in_arrays_are_checked(packed):
    players = packed[0]["axes"]["M"]
    for name, value, told in (
        ("labels", players, "no number"),
        ("labels", -2, "no number"),
        ("neighbours", players, "no number"),
        ("neighbours", -1, "no number"),
        ("areas", 1, "do not fit"),
        ("region", 2, "neither true nor false"),
        ("valid", 2, "neither true nor false"),
    ):
        with pytest.raises(ExportError, match=told):
            unpack(*spoilt_array(packed, name, value))
    assert unpack(*spoilt_array(packed, "neighbours", players - 1)).name == "oil, region 1"
    assert unpack(*spoilt_array(packed, "region", 1)).region[0, 0]


def test_a_run_keeps_its_place_and_the_types_of_its_fields(packed):
    record = unpack(json.dumps(packed[0]), packed[1])
    assert record.window.offset == (1234, 5678)
    assert record.window.unit == "power"
    assert record.window.band_names == ("VV", "VH")
    assert record.region.dtype == record.window.valid.dtype == bool
    assert record.explanation.seed == 2**40
    assert unpack(*changed(packed, "window", "unit", None)).window.unit is None
    assert unpack(*changed(packed, "target", 1)).target == 1


def test_arrays_that_do_not_fit_each_other_are_not_written():
    record = small_record(shape=(20, 30))
    with pytest.raises(ExportError, match="'region' does not fit the others"):
        pack(replace(record, region=np.ones((20, 31), bool)))
    with pytest.raises(ExportError, match="'region' has 1 axes instead of 2"):
        pack(replace(record, region=np.ones(20, bool)))
    with pytest.raises(ExportError, match="A setting of 'oil, region 1' cannot be written"):
        pack(replace(record, settings={"a": {1, 2}}))


def test_arrays_among_the_settings_become_lists():
    record = small_record(settings={"a": np.arange(3), "b": np.float32(0.5), "c": np.bool_(True)})
    assert unpack(*pack(record)).settings == {"a": [0, 1, 2], "b": 0.5, "c": True}


# Checks and curves ----------------------------------------------------------------------------


def with_layers(**changes):
    layers = {
        "layers": [1],
        "n_layers": 1,
        "correlation": [0.5],
        "absolute_correlation": [None],
        "ceiling": 1.0,
    }
    document = checks_document({"oil": Checks(0.0, 0.0, 0.0, 1.0, -1.0)})
    document["oil"]["randomisation"] = {**layers, **changes}
    return document


def test_checks_on_their_limits_are_read():
    found = checks_of(with_layers())["oil"]
    assert (found.completeness_gap, found.infidelity, found.infidelity_error) == (0, 0, 0)
    assert (found.stability, found.stability_of_sure) == (1.0, -1.0)
    assert found.randomisation.layers.tolist() == [1]
    assert np.isnan(found.randomisation.absolute_correlation).all()
    assert checks_of(with_layers(n_layers=10**6))["oil"].randomisation.n_layers == 10**6
    assert checks_of(with_layers(ceiling=1 + 1e-9))["oil"].randomisation.ceiling > 1
    assert np.isnan(checks_of(with_layers(ceiling=None))["oil"].randomisation.ceiling)
    many = list(range(1, 1001))
    shares = {"correlation": [0.0] * 1000, "absolute_correlation": [0] * 1000}
    found = checks_of(with_layers(layers=many, n_layers=1000, **shares))["oil"].randomisation
    assert len(found.correlation) == 1000
    assert (found.layers.dtype, found.correlation.dtype) == (np.int64, np.float64)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"n_layers": 10**6 + 1}, "too few or too many"),
        ({"layers": []}, "too few or too many"),
        ({"layers": list(range(1, 1002)), "n_layers": 2000}, "too few or too many"),
        ({"layers": [0]}, "not in their order"),
        ({"layers": [2]}, "not in their order"),
        ({"layers": [1, 1], "n_layers": 2}, "not in their order"),
        ({"layers": [True]}, "no whole numbers"),
        ({"ceiling": 1 + 3e-9}, "larger than 1"),
        ({"correlation": [-1 - 3e-9]}, "larger than 1"),
        ({"correlation": []}, "lacks correlations"),
        ({"absolute_correlation": [0, 0]}, "lacks correlations"),
        ({"ceiling": True}, "no value"),
    ],
)
def test_checks_beyond_their_limits_are_refused(changes, told):
    with pytest.raises(ValueError, match=told):
        checks_of(with_layers(**changes))


def test_what_checks_are_called_is_kept_and_nothing_is_added():
    assert checks_of({}) == {}
    assert checks_document({"oil": Checks(1, 2, 3, 0.5, 0.25)}) == {
        "oil": {
            "completeness_gap": 1.0,
            "infidelity": 2.0,
            "infidelity_error": 3.0,
            "stability": 0.5,
            "stability_of_sure": 0.25,
        }
    }
    layers = RandomisationCheck(np.array([1]), 3, np.array([0.5]), np.array([0.5]), 0.9)
    rows = list(replace(small_checks(), randomisation=layers).rows())
    assert [row["layers"] for row in rows] == [0, 0, 0, 0, 0, 0, 1, 1]
    assert len(list(replace(small_checks(), randomisation=None).rows())) == 5


def curve_arrays_of(n_orders, n_points, n_curves=1):
    areas = np.broadcast_to(np.linspace(0, 1, n_points), (n_curves, n_orders, n_points)).copy()
    values = np.zeros((n_curves, 2, n_orders, n_points))
    values[:, 1] = 1.0
    return {"curve_areas": areas, "curve_values": values}


@pytest.mark.parametrize(
    ("n_orders", "n_points", "read"),
    [(3, 2, True), (2, 2, False), (3, 1, False), (1002, 2, True), (1003, 2, False), (3, 6, True),
     (3, 7, False)],
)  # fmt: skip
def test_curves_have_three_orders_at_least_and_a_point_for_every_cell(n_orders, n_points, read):
    arrays = curve_arrays_of(n_orders, n_points)
    if read:
        found = curves_of(["oil"], arrays, n_players=5)["oil"]
        assert len(found.random_insertion) == n_orders - 2
        assert (found.deletion.auc, found.insertion.auc) == (0, 1)
    else:
        with pytest.raises(ValueError, match="too few or too many points"):
            curves_of(["oil"], arrays, n_players=5)


def test_a_curve_may_stand_still_but_begins_at_none_and_ends_at_all():
    arrays = curve_arrays_of(3, 4)
    arrays["curve_areas"][0, 0] = [0, 0.5, 0.5, 1]
    assert curves_of(["oil"], arrays, 5)
    for wrong in ([0.1, 0.5, 0.6, 1], [0, 0.5, 0.6, 0.9]):
        arrays["curve_areas"][0, 0] = wrong
        with pytest.raises(ValueError, match="from none to all"):
            curves_of(["oil"], arrays, 5)
    with pytest.raises(ValueError, match="missing"):
        curves_of([], {"curve_values": arrays["curve_values"]}, 5)
    with pytest.raises(ValueError, match="no names"):
        curves_of(["oil", "sea"], curve_arrays_of(3, 4), 5)
    assert curves_of([], {}, 5) == {}


# Untrusted databases --------------------------------------------------------------------------


def database(*statements):
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    return connection


CHECK = "BEGIN SELECT RAISE(ABORT, 'it''s wrong') WHERE NOT (NEW.a > 0.5); END"


@pytest.mark.parametrize(
    ("statements", "refused"),
    [
        (["CREATE TABLE ours (a)", "CREATE INDEX i ON ours (a)"], False),
        (["CREATE TABLE ours (a)", f"CREATE TRIGGER t BEFORE INSERT ON ours {CHECK}"], False),
        (["CREATE TABLE ours (a, b AS (a + 1))"], True),
        (["CREATE TABLE o (a)", "CREATE VIEW ours AS SELECT * FROM o"], True),
        (["CREATE TABLE o (a)", "CREATE VIEW gpkg_contents AS SELECT * FROM o"], True),
        (["CREATE TABLE o (a)", "CREATE VIEW gpkg_metadata AS SELECT * FROM o"], False),
        (["CREATE TABLE o (a)", "CREATE VIEW others AS SELECT * FROM o"], False),
        (["CREATE VIRTUAL TABLE ours USING rtree(id, a, b)"], True),
        (["CREATE TABLE OURS (a)", "CREATE TRIGGER t AFTER INSERT ON OURS BEGIN SELECT 1; END"],
         True),
    ],
)  # fmt: skip
def test_only_tables_that_are_used_have_to_be_plain(statements, refused):
    connection = database(*statements)
    if refused:
        with pytest.raises(ExportError, match=r"a\.gpkg holds a program in place of, or on, its"):
            untrusted.check_plain(connection, "a.gpkg", ("ours",))
    else:
        untrusted.check_plain(connection, "a.gpkg", ("ours",))


def test_a_connection_is_bounded_in_time_and_trusts_no_schema(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(untrusted.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(untrusted, "STEPS", 10)
    connection = untrusted.bounded(database("CREATE TABLE t (a)"))
    assert connection.execute("PRAGMA trusted_schema").fetchone() == (0,)
    many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 99) "
    now[0] = 160.0  # just not longer
    assert connection.execute(f"{many} SELECT count(*) FROM n").fetchone() == (99,)
    now[0] = 160.1
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        connection.execute(f"{many} SELECT count(*) FROM n").fetchone()


@pytest.mark.skipif(not hasattr(sqlite3.Connection, "setlimit"), reason="from Python 3.11 on")
def test_a_value_is_bounded(monkeypatch):
    monkeypatch.setattr(untrusted, "LARGEST_VALUE", 1000)
    connection = untrusted.bounded(database())
    assert connection.execute("SELECT length(zeroblob(1000))").fetchone() == (1000,)
    with pytest.raises(sqlite3.DataError):
        connection.execute("SELECT hex(zeroblob(501))").fetchone()
