"""Small promises of writing aside: names, leftovers, permissions, and what is told of errors."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import time
from pathlib import Path

import pytest
from osgeo import gdal

from segshap_qgis.errors import ExportError
from segshap_qgis.geo import aside as module
from segshap_qgis.geo.aside import (
    aside,
    connect,
    connect_aside,
    discard,
    file_errors,
    gdal_errors,
    geopackage_aside,
    make_last,
    put_in_place,
    remove_leftovers,
    sqlite_errors,
    target_path,
    whole_file,
)


def test_a_name_aside_is_hidden_new_and_of_the_same_kind(tmp_path):
    names = {aside(tmp_path / "a.b.gpkg").name for _ in range(20)}
    assert len(names) == 20
    for name in names:
        assert name.startswith(".a.b.segshap-")
        assert name.endswith(".gpkg")
        assert len(name) == len(".a.b.segshap-") + 12 + len(".gpkg")


@pytest.mark.parametrize(("age", "left"), [(3500, True), (3700, False)])
def test_leftovers_that_may_still_be_written_stay_for_an_hour(tmp_path, age, left):
    old = tmp_path / ".a.segshap-0123456789ab.tif"
    old.write_text("x")
    os.utime(old, (time.time() - age, time.time() - age))
    remove_leftovers(tmp_path / "a.tif")
    assert old.exists() == left
    remove_leftovers(tmp_path / "a.tif", age=0)
    assert not old.exists()


def test_leftovers_of_another_name_or_kind_stay(tmp_path):
    others = [".a.segshap-0123456789ab.csv", ".ab.segshap-0123456789ab.tif", "a.segshap-1.tif"]
    own = [".a.segshap-0123456789ab.tif", ".a.segshap-0123456789ab.tif.aux.xml"]
    for name in others + own:
        (tmp_path / name).touch()
    remove_leftovers(tmp_path / "a.tif", age=0)
    assert {entry.name for entry in tmp_path.iterdir()} == set(others)


def test_what_was_written_aside_goes_with_all_beside_it(tmp_path):
    written = tmp_path / ".a.segshap-1.gpkg"
    for end in ("", "-wal", "-shm", "-journal", ".aux.xml"):
        written.with_name(written.name + end).touch()
    other = tmp_path / "other.gpkg-wal"
    other.touch()
    discard(written)
    assert list(tmp_path.iterdir()) == [other]
    discard(written)  # nothing is there any more


def test_a_replaced_file_keeps_its_permissions(tmp_path):
    target = tmp_path / "table.csv"
    with whole_file(target) as written:
        written.write_text("first")
    target.chmod(0o640)
    with whole_file(target) as written:
        written.write_text("second")
    assert target.read_text() == "second"
    assert target.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [target]


def test_what_a_link_leads_to_is_written_and_the_link_stays(tmp_path):
    (tmp_path / "real.csv").write_text("old")
    link = tmp_path / "link.csv"
    link.symlink_to("real.csv")
    assert target_path(link) == tmp_path / "real.csv"
    with whole_file(link) as written:
        written.write_text("new")
    assert link.is_symlink()
    assert (tmp_path / "real.csv").read_text() == "new"


def test_asking_for_a_place_leaves_nothing_there(tmp_path):
    assert target_path(str(tmp_path / "new.csv")) == tmp_path / "new.csv"
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "shut.csv").write_text("old")
    (tmp_path / "shut.csv").chmod(0o444)
    with pytest.raises(ExportError, match=r"shut\.csv is read-only\. Choose another file\."):
        target_path(tmp_path / "shut.csv")


def test_a_tilde_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert target_path("~/a.csv") == tmp_path.resolve() / "a.csv"


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOSPC, "The disk is full; nothing was changed. Free some space in"),
        (errno.EDQUOT, "The disk is full; nothing was changed. Free some space in"),
        (
            errno.EACCES,
            "/a.csv cannot be written: Permission denied. Choose another file or folder",
        ),
        (errno.EPERM, "/a.csv cannot be written: Operation not permitted. Choose another"),
        (errno.EROFS, "/a.csv cannot be written: Read-only file system. Choose another"),
        (errno.EIO, "a.csv could not be written: Input/output error. Try another folder."),
    ],
)
def test_what_the_system_says_is_told_in_words(tmp_path, number, told):
    with pytest.raises(ExportError) as caught, file_errors(tmp_path / "a.csv"):
        raise OSError(number, os.strerror(number))
    assert told in str(caught.value)
    assert isinstance(caught.value.__cause__, OSError)


def test_an_error_without_a_reason_is_told_by_its_text(tmp_path):
    with pytest.raises(ExportError, match="could not be written: odd"), file_errors(tmp_path / "a"):
        raise OSError("odd")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("database is locked", "a.gpkg is open in another program or shown in this project."),
        ("database table is busy", "a.gpkg is open in another program or shown in this project."),
        ("database or disk is full", "The disk is full; nothing was changed."),
        ("file is not a database", "a.gpkg is not a GeoPackage, or it is damaged."),
        ("database disk image is malformed", "a.gpkg is not a GeoPackage, or it is damaged."),
        ("interrupted", "a.gpkg takes too long to be read."),
        ("no such column: x", "a.gpkg cannot be used: no such column: x."),
    ],
)
def test_what_sqlite_says_is_told_in_words(tmp_path, said, told):
    with pytest.raises(ExportError) as caught, sqlite_errors(tmp_path / "a.gpkg"):
        raise sqlite3.OperationalError(said)
    assert caught.value.message == told
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("free", "told"), [(256 * 1024 - 1, "disk is full"), (256 * 1024, "could not be written: odd")]
)
def test_a_failure_while_hardly_anything_is_free_is_that_of_a_full_disk(
    tmp_path, monkeypatch, free, told
):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=free))
    with pytest.raises(ExportError, match=told), gdal_errors(tmp_path / "a.tif"):
        gdal.Error(gdal.CE_Failure, 1, "odd")
    with gdal_errors(tmp_path / "a.tif"):
        pass  # nothing went wrong, so nothing is told


def test_a_failure_in_a_folder_that_is_gone_is_told_too(tmp_path):
    with pytest.raises(ExportError, match="odd"), gdal_errors(tmp_path / "gone" / "a.tif"):
        gdal.Error(gdal.CE_Failure, 1, "odd")


@pytest.mark.parametrize("code", [5, 32, 33])
def test_windows_says_by_two_numbers_that_a_file_is_open(tmp_path, monkeypatch, code):
    def refuse(*_):
        error = OSError(errno.EACCES, "Access is denied")
        error.winerror = code
        raise error

    monkeypatch.setattr(Path, "replace", refuse)
    told = "open in another program" if code in {5, 32} else "cannot be written: Access is denied"
    with pytest.raises(ExportError, match=told):
        put_in_place(tmp_path / "written", tmp_path / "a.gpkg")


def test_a_file_and_its_folder_are_waited_for_on_the_disk(tmp_path, monkeypatch):
    flushed = []
    monkeypatch.setattr(os, "fsync", lambda number: flushed.append(os.fstat(number).st_ino))
    written, target = tmp_path / "written", tmp_path / "a.csv"
    written.write_text("new")
    number = written.stat().st_ino
    make_last(written, target)
    assert flushed == [number]
    put_in_place(written, target)
    assert flushed == [number, tmp_path.stat().st_ino]
    assert target.read_text() == "new"


def new_geopackage(path, *statements):
    gdal.GetDriverByName("GPKG").Create(str(path), 0, 0, 0, gdal.GDT_Unknown)
    connection = connect_aside(path)
    for statement in statements:
        connection.execute(statement)
    connection.close()
    return path


def test_only_what_is_written_aside_is_not_waited_for(tmp_path):
    path = new_geopackage(tmp_path / "a.gpkg")
    for make, waits in ((connect_aside, 0), (lambda p: connect(p, "rw"), 2)):
        connection = make(path)
        assert connection.execute("PRAGMA synchronous").fetchone() == (waits,)
        assert connection.isolation_level is None
        connection.close()


def test_a_file_that_is_to_be_opened_has_to_exist_and_is_not_written_when_read(tmp_path):
    with pytest.raises(sqlite3.OperationalError):
        connect(tmp_path / "absent.gpkg", "rw").execute("SELECT 1 FROM sqlite_master")
    path = new_geopackage(tmp_path / "odd %20#?.gpkg")
    reader = connect(path, "ro")
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("CREATE TABLE t (a)")
    reader.close()
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_gdal_does_not_wait_for_the_disk_aside_and_does_again_afterwards(tmp_path):
    option = "OGR_SQLITE_SYNCHRONOUS"
    gdal.SetThreadLocalConfigOption(option, "FULL")
    try:
        with geopackage_aside(tmp_path / "a.gpkg") as written:
            assert gdal.GetThreadLocalConfigOption(option) == "OFF"
            new_geopackage(written)
        assert gdal.GetThreadLocalConfigOption(option) == "FULL"
    finally:
        gdal.SetThreadLocalConfigOption(option, None)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.gpkg"]


def test_a_copy_holds_all_and_leaves_the_write_ahead_log(tmp_path):
    path = new_geopackage(tmp_path / "a.gpkg", "CREATE TABLE t (a)", "INSERT INTO t VALUES (7)")
    connection = connect(path, "rw")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    with geopackage_aside(path) as written:
        copy = connect(written, "ro")
        assert copy.execute("SELECT a FROM t").fetchall() == [(7,)]
        copy.close()
    again = connect(path, "ro")
    assert again.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    again.close()


def test_a_new_file_that_somebody_else_made_meanwhile_is_not_replaced(tmp_path):
    path = tmp_path / "a.gpkg"

    def write():
        with geopackage_aside(path) as written:
            new_geopackage(written)
            path.write_text("of another program")

    with pytest.raises(ExportError, match="open in another program"):
        write()
    assert path.read_text() == "of another program"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_vanishes_before_it_is_held_is_told_in_words(tmp_path):
    absent = tmp_path / "a.gpkg"
    with pytest.raises(ExportError, match="unable to open"), sqlite_errors(absent):
        module._locked(absent)
    assert module._identity(absent) == ()
    assert list(tmp_path.iterdir()) == []


def test_where_files_have_one_name_only_a_new_file_is_moved(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    with geopackage_aside(tmp_path / "a.gpkg") as written:
        new_geopackage(written)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.gpkg"]


def test_where_open_files_cannot_be_replaced_the_file_is_let_go_first(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "REPLACES_OPEN_FILES", False)
    path = new_geopackage(tmp_path / "a.gpkg")
    with geopackage_aside(path) as written:
        new_geopackage(written.with_name("t.gpkg")).unlink()
        connection = connect_aside(written)
        connection.execute("CREATE TABLE added (a)")
        connection.close()
    reader = connect(path, "ro")
    assert reader.execute("SELECT name FROM sqlite_master WHERE name = 'added'").fetchall()
    reader.close()


def test_a_file_that_changes_while_it_is_let_go_is_not_replaced(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "REPLACES_OPEN_FILES", False)
    path = new_geopackage(tmp_path / "a.gpkg")
    last = module.make_last

    def disturb(written, target):
        last(written, target)
        os.utime(target, (1, 1))

    monkeypatch.setattr(module, "make_last", disturb)
    with pytest.raises(ExportError, match="open in another program"), geopackage_aside(path):
        pass
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.gpkg"]
