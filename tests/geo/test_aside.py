"""Whatever goes wrong while a file is written, what was there before is intact."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from osgeo import gdal
from qgis.core import QgsRasterLayer, QgsVectorLayer

from segshap_qgis.errors import ExportError
from segshap_qgis.geo import aside, read_geopackage, write_geopackage, write_geotiff
from segshap_qgis.geo.geopackage import list_runs
from tests import disks
from tests.small_record import small_record

ROOT = Path(__file__).resolve().parents[2]

# Writes once undisturbed, then again and again, killed after ever longer times.
KILLED_WRITER = """
import json, os, shutil, signal, sys, time
from pathlib import Path
from segshap_qgis.geo import write_geopackage
from tests.small_record import small_record

path, kills = Path(sys.argv[1]), int(sys.argv[2])
record = small_record("second")

def append(target):
    write_geopackage(target, [record])

copy = path.with_name("copy.gpkg")
shutil.copy(path, copy)
append(copy)  # loads what is loaded late
shutil.copy(path, copy)
start = time.monotonic()
append(copy)
duration = time.monotonic() - start
copy.unlink()
old = path.read_bytes()
for kill in range(kills):
    child = os.fork()
    if child == 0:
        append(path)
        os._exit(0)
    time.sleep(duration * (kill + 0.5) / kills)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    left = [p.name for p in path.parent.iterdir() if p != path]
    same = path.read_bytes() == old
    print(json.dumps({"same": same, "left": left}), flush=True)
    if not same:
        break
"""


@pytest.fixture
def package(tmp_path):
    path = tmp_path / "runs.gpkg"
    write_geopackage(path, [small_record("first")])
    return path


@contextlib.contextmanager
def unchanged(path):
    """Nothing in the folder of a file changes, and nothing is added."""
    before = {entry.name: entry.read_bytes() for entry in path.parent.iterdir() if entry.is_file()}
    yield
    after = {entry.name: entry.read_bytes() for entry in path.parent.iterdir() if entry.is_file()}
    assert set(after) == set(before)
    assert after == before


def run(*command):
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


# Killed ---------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be killed")
def test_a_kill_at_any_moment_leaves_the_old_file(package):
    reports = [
        json.loads(line)
        for line in subprocess.run(
            [sys.executable, "-c", KILLED_WRITER, str(package), "12"],
            check=True,
            capture_output=True,
            cwd=ROOT,
            timeout=120,
        ).stdout.splitlines()
    ]
    # A late kill may come after the new file is in place; then it must be a whole one.
    intact = [report["same"] for report in reports]
    assert sum(intact) >= 6
    assert all(intact[:-1])
    assert any(report["left"] for report in reports), "no kill came while a copy was written"
    assert read_geopackage(package, "first").name == "first"
    assert [run.name for run in list_runs(package)] == ["first", "second"][: 2 - intact[-1]]

    write_geopackage(package, [small_record("third")])
    assert [entry.name for entry in package.parent.iterdir()] == ["runs.gpkg"]
    assert list_runs(package)[-1].name == "third"


def test_leftovers_of_other_files_stay(package):
    other = package.with_name(".runs2.segshap-0123456789ab.gpkg")
    own = package.with_name(".runs.segshap-0123456789ab.gpkg-journal")
    for path in (other, own):
        path.write_bytes(b"x")
    write_geopackage(package, [small_record("second")])
    assert {entry.name for entry in package.parent.iterdir()} == {"runs.gpkg", other.name}


def test_an_export_that_looks_is_not_hurt_by_one_that_tidies_up(package, monkeypatch):
    touch = Path.touch

    def touch_and_tidy(path, **options):
        touch(path, **options)
        aside.remove_leftovers(package, 0.0)
        assert not path.exists()

    monkeypatch.setattr(Path, "touch", touch_and_tidy)
    assert aside.target_path(package) == package


# Not writable ---------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [write_geopackage, write_geotiff])
def test_a_missing_folder_is_told_and_not_made(tmp_path, write):
    record = [small_record()] if write is write_geopackage else small_record()
    with pytest.raises(ExportError, match="does not exist"):
        write(tmp_path / "absent" / "runs.gpkg", record)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_place_of_the_file_is_told(tmp_path):
    (tmp_path / "runs.gpkg").mkdir()
    with pytest.raises(ExportError, match="is a folder"):
        write_geopackage(tmp_path / "runs.gpkg", [small_record()])


def test_a_read_only_file_is_refused_although_its_folder_would_allow_it(package):
    package.chmod(0o444)
    with unchanged(package), pytest.raises(ExportError, match="read-only"):
        write_geopackage(package, [small_record()])


def test_an_immutable_file_is_refused(package):
    if not run("chattr", "+i", str(package)):
        pytest.skip("this file system or user cannot make a file immutable")
    try:
        with unchanged(package), pytest.raises(ExportError, match=r"read-only|cannot be"):
            write_geopackage(package, [small_record()])
    finally:
        assert run("chattr", "-i", str(package))


@pytest.fixture
def small_disk(tmp_path):
    """A file system of one megabyte that holds a GeoPackage."""
    try:
        with disks.small_disk(tmp_path / "disk", 1024) as folder:
            path = folder / "runs.gpkg"
            write_geopackage(path, [small_record("first")])
            yield path
    except PermissionError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("free", [0, 4, 40, 150, 250, 300, 340])
def test_a_full_disk_is_told_and_nothing_is_lost(small_disk, free):
    size = os.statvfs(small_disk.parent).f_bavail * 4096 - free * 1024
    (small_disk.parent / "filler").write_bytes(b"x" * size)
    with unchanged(small_disk), pytest.raises(ExportError, match="disk is full"):
        write_geopackage(small_disk, [small_record("second", seed=2)])
    assert read_geopackage(small_disk).name == "first"


def test_a_full_disk_is_told_for_new_files_too(small_disk):
    size = os.statvfs(small_disk.parent).f_bavail * 4096 - 8 * 1024
    (small_disk.parent / "filler").write_bytes(b"x" * size)
    with unchanged(small_disk), pytest.raises(ExportError, match="disk is full"):
        write_geopackage(small_disk.with_name("new.gpkg"), [small_record()])
    with unchanged(small_disk), pytest.raises(ExportError, match="disk is full"):
        write_geotiff(small_disk.with_name("new.tif"), small_record(), {"contribution": "<qgis/>"})


def test_a_read_only_folder_is_told(small_disk):
    assert run("mount", "-o", "remount,ro", str(small_disk.parent))
    for write, record in ((write_geopackage, [small_record()]), (write_geotiff, small_record())):
        for name in ("runs.gpkg", "new.tif"):
            with unchanged(small_disk), pytest.raises(ExportError, match=r"cannot be|read-only"):
                write(small_disk.with_name(name), record)
    assert read_geopackage(small_disk).name == "first"


# Not a GeoPackage, or not ours alone ----------------------------------------------------------


def test_what_only_has_the_name_of_a_geopackage_is_kept(tmp_path):
    path = tmp_path / "notes.gpkg"
    path.write_text("a diary, long enough to be no empty database " * 50, encoding="utf-8")
    with unchanged(path), pytest.raises(ExportError, match="not a GeoPackage"):
        write_geopackage(path, [small_record()])
    other = tmp_path / "other.gpkg"
    with contextlib.closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE diary (page)")
    with unchanged(other), pytest.raises(ExportError, match="not a GeoPackage"):
        write_geopackage(other, [small_record()])


def test_an_empty_file_becomes_a_geopackage(tmp_path):
    path = tmp_path / "new.gpkg"
    path.touch()
    write_geopackage(path, [small_record("first")])
    assert read_geopackage(path).name == "first"


def test_a_file_that_another_program_writes_to_is_refused(package):
    with contextlib.closing(sqlite3.connect(package, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with unchanged(package), pytest.raises(ExportError, match="open in another program"):
            write_geopackage(package, [small_record("second")])
        other.execute("ROLLBACK")
    write_geopackage(package, [small_record("second")])
    assert len(list_runs(package)) == 2


def test_a_file_with_a_live_write_ahead_log_is_refused_and_loses_nothing(package):
    with contextlib.closing(sqlite3.connect(package, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("CREATE TABLE others (x)")
        other.execute("INSERT INTO others VALUES (42)")
        with pytest.raises(ExportError, match="open in another program"):
            write_geopackage(package, [small_record("second")])
        other.execute("INSERT INTO others VALUES (43)")
    with contextlib.closing(sqlite3.connect(package)) as connection:
        assert connection.execute("SELECT x FROM others").fetchall() == [(42,), (43,)]
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert [found.name for found in list_runs(package)] == ["first"]


def test_a_write_ahead_log_left_by_a_crash_is_taken_in(package):
    crash = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute('PRAGMA journal_mode = WAL'); c.execute('CREATE TABLE others (x)');"
        "c.execute('INSERT INTO others VALUES (42)'); os._exit(1)"
    )
    subprocess.run([sys.executable, "-c", crash, str(package)], check=False)
    assert package.with_name("runs.gpkg-wal").exists()
    write_geopackage(package, [small_record("second")])
    assert [entry.name for entry in package.parent.iterdir()] == ["runs.gpkg"]
    with contextlib.closing(sqlite3.connect(package)) as connection:
        assert connection.execute("SELECT x FROM others").fetchall() == [(42,)]
    assert len(list_runs(package)) == 2


def test_what_others_write_meanwhile_is_refused_to_them_not_lost(package, monkeypatch):
    from segshap_qgis.geo import geopackage

    refused = []

    def write_and_disturb(file, record, write=geopackage._write_settings, base=None):
        with contextlib.closing(sqlite3.connect(package, timeout=0)) as other:
            try:
                other.execute("DELETE FROM segshap_runs")
                other.commit()
            except sqlite3.OperationalError as error:
                refused.append(str(error))
        return write(file, record, base)

    monkeypatch.setattr(
        geopackage, "_write_settings", lambda f, b, r: write_and_disturb(f, b, base=r)
    )
    write_geopackage(package, [small_record("second")])
    assert refused == ["database is locked"]
    assert [found.name for found in list_runs(package)] == ["first", "second"]


@pytest.mark.parametrize("sabotage", ["DELETE FROM others", "INSERT INTO others VALUES (NULL, 2)"])
def test_an_export_that_would_touch_the_rows_of_others_is_not_kept(package, monkeypatch, sabotage):
    from segshap_qgis.geo import geopackage

    with contextlib.closing(sqlite3.connect(package)) as connection:
        connection.execute("CREATE TABLE others (fid INTEGER PRIMARY KEY, x)")
        connection.execute("INSERT INTO others VALUES (1, 42)")
        listed = "INSERT INTO gpkg_contents (table_name, data_type) VALUES ('others', 'attributes')"
        connection.execute(listed)
        connection.commit()
    before = package.read_bytes()

    def write_and_harm(file, record, write=geopackage._write_run):
        written = write(file, record)
        with contextlib.closing(sqlite3.connect(file)) as connection:
            connection.execute(sabotage)
            connection.commit()
        return written

    monkeypatch.setattr(geopackage, "_write_run", write_and_harm)
    with pytest.raises(ExportError, match="changed the table others"):
        write_geopackage(package, [small_record("second")])
    assert package.read_bytes() == before


@pytest.mark.parametrize(("reason", "told"), [(32, "open in another program"), (87, "no reason")])
def test_where_an_open_file_cannot_be_replaced_that_is_told(package, monkeypatch, reason, told):
    def refuse(*_):
        error = OSError("no reason")
        error.winerror = reason
        raise error

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(ExportError, match=told):
        write_geotiff(package.with_suffix(".tif"), small_record("second"))


def test_exports_at_the_same_time_all_arrive_or_say_so(package):
    names = [f"run {number}" for number in range(6)]
    with ThreadPoolExecutor(3) as pool:
        written = list(pool.map(lambda name: append_or_refuse(package, name), names))
    assert sum(written) >= 1
    arrived = [name for name, found in zip(names, written) if found]
    assert sorted(found.name for found in list_runs(package)) == ["first", *arrived]
    assert [entry.name for entry in package.parent.iterdir()] == ["runs.gpkg"]


@pytest.mark.skipif(os.name != "posix", reason="an open file cannot be replaced everywhere")
@pytest.mark.parametrize("existed", [True, False])
def test_an_export_between_the_last_look_and_the_replacement_is_not_lost(
    tmp_path, monkeypatch, existed
):
    path = tmp_path / "runs.gpkg"
    if existed:
        write_geopackage(path, [small_record("first")])
    other = "from segshap_qgis.geo import write_geopackage; import sys;" + (
        "from tests.small_record import small_record;"
        "write_geopackage(sys.argv[1], [small_record('of another program')])"
    )
    arrived = []

    def disturb(*arguments, look=aside._companions):
        monkeypatch.setattr(aside, "_companions", look)
        seen = look(*arguments)
        process = subprocess.run([sys.executable, "-c", other, str(path)], cwd=ROOT, check=False)
        arrived.append(process.returncode == 0)
        return seen

    settle = aside._settle
    monkeypatch.setattr(
        aside,
        "_settle",
        lambda file: (settle(file), monkeypatch.setattr(aside, "_companions", disturb)),
    )
    here = append_or_refuse(path)
    assert len(arrived) == 1
    assert here + sum(arrived) == 1
    expected = ["first"] * existed + ["second"] * here + ["of another program"] * arrived[0]
    assert [found.name for found in list_runs(path)] == expected


@pytest.mark.parametrize("write", [write_geopackage, write_geotiff])
def test_a_folder_that_vanishes_meanwhile_is_told(tmp_path, monkeypatch, write):
    folder = tmp_path / "stick"
    folder.mkdir()

    def vanish(*arguments):
        shutil.rmtree(folder)
        return False

    record = small_record()
    for module in ("geopackage", "geotiff"):
        monkeypatch.setattr(f"segshap_qgis.geo.{module}.holds", vanish)
    with pytest.raises(ExportError, match="could not be written"):
        write(folder / "runs.tif", [record] if write is write_geopackage else record)
    assert not folder.exists()


# Details --------------------------------------------------------------------------------------


def test_permissions_and_links_are_kept(package, tmp_path):
    package.chmod(0o640)
    link = tmp_path / "link.gpkg"
    link.symlink_to(package)
    write_geopackage(link, [small_record("second")])
    assert link.is_symlink()
    assert stat.S_IMODE(package.stat().st_mode) == 0o640
    assert len(list_runs(package)) == 2


@pytest.mark.parametrize("exceptions", [True, False])
def test_errors_are_the_same_whether_gdal_raises_or_not(tmp_path, exceptions):
    before = gdal.GetUseExceptions()
    (gdal.UseExceptions if exceptions else gdal.DontUseExceptions)()
    try:
        write_geopackage(tmp_path / "runs.gpkg", [small_record("first")])
        write_geopackage(tmp_path / "runs.gpkg", [small_record("second", crs="nonsense")])
        assert len(list_runs(tmp_path / "runs.gpkg")) == 2
        write_geotiff(tmp_path / "first.tif", small_record("first"))
    finally:
        (gdal.UseExceptions if before else gdal.DontUseExceptions)()


@pytest.mark.parametrize("name", ["a b#c?d%20é.gpkg", "no suffix", "x.y.gpkg", "GPKG:a:b.gpkg"])
def test_odd_names_of_files_work(tmp_path, name):
    write_geopackage(tmp_path / name, [small_record("first")])
    write_geopackage(tmp_path / name, [small_record("second")])
    assert len(list_runs(tmp_path / name)) == 2
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def append_or_refuse(path, name="second"):
    """Runs that were added, 1 or 0; it must not fail for any other reason than a file in use."""
    try:
        write_geopackage(path, [small_record(name)])
    except ExportError as error:
        if "open in another program" not in str(error):
            raise
        return 0
    return 1


# In QGIS --------------------------------------------------------------------------------------


def test_layers_open_in_qgis_never_harm_the_file(package, qgis_app):
    """Appending works or is refused; never is a log of the old file left beside the new one."""
    raster = QgsRasterLayer(f"GPKG:{package}:first_contribution", "raster")
    cells = QgsVectorLayer(f"{package}|layername=first_superpixels", "cells")
    assert raster.isValid()
    assert cells.isValid()
    features = cells.getFeatures()
    next(features)  # a reader in the middle of the table
    n_runs = 1
    for reading in (True, False):
        n_runs += append_or_refuse(package)
        assert len(list_runs(package)) == n_runs
        if reading:
            features.close()
    assert sum(1 for _ in cells.getFeatures()) == cells.featureCount() > 0
    assert cells.startEditing()
    with pytest.raises(ExportError, match="open in another program"):
        write_geopackage(package, [small_record("third")])
    field = cells.fields().indexOf("share")
    assert cells.changeAttributeValue(1, field, 0.5)
    assert cells.commitChanges(), cells.commitErrors()
    del features, cells, raster
    with contextlib.closing(sqlite3.connect(package)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        shares = connection.execute("SELECT share FROM first_superpixels WHERE fid = 1")
        assert shares.fetchall() == [(0.5,)]
    assert len(list_runs(package)) == n_runs
