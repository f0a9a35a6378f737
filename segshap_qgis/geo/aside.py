"""Files are written aside, in the same folder, and put in place when they are whole.

Whatever happens on the way (a full disk, a kill, a lost connection), what was there before is
intact; the next export to the same place removes what a killed one left behind.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Union

from osgeo import gdal

from ..errors import ExportError

MARK = ".segshap-"
# What SQLite and GDAL put beside a file while they work on it.
COMPANIONS = ("-wal", "-shm", "-journal", ".aux.xml")
# Without this table a SQLite file is no GeoPackage.
CONTENTS = "gpkg_contents"

_FULL = "The disk is full; nothing was changed."
_IN_USE = "{} is open in another program or shown in this project."


def target_path(path: Union[str, Path]) -> Path:
    """The file that would be written, through links, if its folder is there and may be written.

    Raises
    ------
    ExportError
        The folder is missing, or the folder or the file is read-only.
    """
    target = Path(path).expanduser()
    with file_errors(target):
        target = target.resolve()
        if not target.parent.is_dir():
            raise ExportError(
                f"The folder {target.parent} does not exist.", "Choose a folder that exists."
            )
        if target.is_dir():
            raise ExportError(f"{target} is a folder.", "Choose the name of a file.")
        # The permission is asked of the file itself: replacing it needs only that of the folder.
        read_only = target.exists() and not target.stat().st_mode & 0o222
        if read_only or (target.exists() and not os.access(target, os.W_OK)):
            raise ExportError(f"{target.name} is read-only.", "Choose another file.")
    return target


def aside(target: Path) -> Path:
    """A new name beside a file, for the one that will replace it."""
    return target.with_name(f".{target.stem}{MARK}{uuid.uuid4().hex[:12]}{target.suffix}")


def remove_leftovers(target: Path) -> None:
    """Remove what earlier, killed exports to the same file left behind."""
    prefix = f".{target.stem}{MARK}"
    for path in target.parent.iterdir():
        if path.name.startswith(prefix) and target.suffix in path.name[len(prefix) :]:
            with contextlib.suppress(OSError):
                path.unlink()


def discard(path: Path) -> None:
    """Remove a file that was written aside, with what SQLite or GDAL put beside it."""
    for name in (path.name, *(path.name + companion for companion in COMPANIONS)):
        with contextlib.suppress(OSError):
            path.with_name(name).unlink()


def put_in_place(written: Path, target: Path) -> None:
    """Replace a file by the one that was written aside, in one step that cannot half happen."""
    with file_errors(target):
        if target.exists():
            shutil.copymode(target, written)
        _flush(written)
        written.replace(target)
        _flush_folder(target.parent)


@contextlib.contextmanager
def file_errors(target: Path) -> Iterator[None]:
    """Turn what the system says about a file into words for a person."""
    try:
        yield
    except OSError as error:
        raise ExportError(*_in_words(error, target)) from error


def _in_words(error: OSError, target: Path) -> tuple[str, str]:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return _FULL, f"Free some space in {target.parent}, or choose another disk."
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return f"{target} cannot be written: {error.strerror}.", "Choose another file or folder."
    return f"{target.name} could not be written: {error.strerror or error}.", "Try another folder."


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Make the new name last; not every system can open a folder."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


# GDAL -----------------------------------------------------------------------------------------


@contextlib.contextmanager
def gdal_errors(target: Path) -> Iterator[None]:
    """Keep GDAL quiet and raise what it reports, whether its exceptions are switched on or not."""
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    gdal.ErrorReset()
    try:
        yield
        problem = gdal.GetLastErrorMsg() if gdal.GetLastErrorType() >= gdal.CE_Failure else ""
    except RuntimeError as error:
        problem = str(error)
    finally:
        gdal.PopErrorHandler()
    if problem:
        raise _gdal_problem(problem, target)


def _gdal_problem(problem: str, target: Path) -> ExportError:
    if "full" in problem or "No space" in problem or shutil.disk_usage(target.parent).free < 2**16:
        return ExportError(_FULL, f"Free some space in {target.parent}, or choose another disk.")
    return ExportError(f"{target.name} could not be written: {problem}.", "Try another folder.")


# GeoPackages ----------------------------------------------------------------------------------


@contextlib.contextmanager
def sqlite_errors(target: Path) -> Iterator[None]:
    """Turn what SQLite says about a GeoPackage into words for a person."""
    try:
        yield
    except sqlite3.Error as error:
        text = str(error)
        if "locked" in text or "busy" in text:
            raise in_use(target) from error
        if "full" in text:
            remedy = f"Free some space in {target.parent}, or choose another disk."
            raise ExportError(_FULL, remedy) from error
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(
            error, sqlite3.OperationalError
        ):
            raise not_a_geopackage(target) from error
        raise ExportError(f"{target.name} cannot be used: {text}.", "Try another file.") from error


def in_use(target: Path) -> ExportError:
    """The error for a GeoPackage that somebody else works with."""
    return ExportError(
        _IN_USE.format(target.name),
        "Remove its layers from the project and close other programs that use it, "
        "or choose another file.",
    )


def not_a_geopackage(target: Path) -> ExportError:
    """The error for a file that has the name of a GeoPackage only."""
    return ExportError(
        f"{target.name} is not a GeoPackage, or it is damaged.", "Choose another file."
    )


@contextlib.contextmanager
def geopackage_aside(target: Path) -> Iterator[Path]:
    """Yield a consistent copy of a GeoPackage to append to; it replaces the file at the end.

    The copy holds what other programs have committed, also what still is in a write-ahead log.
    Nobody else can write while it is worked on, so nothing that they write is lost.

    Parameters
    ----------
    target : Path
        As `target_path` gives it; need not exist.

    Raises
    ------
    ExportError
        The file is no GeoPackage or is in use, or cannot be written; it is as it was.
    """
    existed = target.exists() and target.stat().st_size > 0
    with file_errors(target):
        remove_leftovers(target)
    written = aside(target)
    try:
        with file_errors(target), sqlite_errors(target):
            with _held(target) if existed else contextlib.nullcontext():
                if existed:
                    _copy(target, written)
                with _unhurried():
                    yield written
                _settle(written)
                if not existed and target.exists() and target.stat().st_size > 0:
                    raise ExportError(f"{target.name} was made by somebody else meanwhile.")
            if any(_companions(target)):
                raise in_use(target)
            put_in_place(written, target)
    finally:
        discard(written)


@contextlib.contextmanager
def _held(target: Path) -> Iterator[None]:
    """Keep others from writing to a GeoPackage; they may go on reading."""
    connection = connect(target, "rw")
    try:
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [CONTENTS]).fetchone():
            # Leaves the write-ahead log, if there is one; works only if nobody else is there.
            connection.execute("PRAGMA journal_mode = DELETE")
        else:
            raise not_a_geopackage(target)
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.rollback()
    finally:
        connection.close()


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open a SQLite file that exists; "ro" to read only, "rw" to write."""
    # No transaction is begun behind our back; a short wait lets others finish a small change.
    return sqlite3.connect(
        f"{path.as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=2.0
    )


def connect_aside(path: Path) -> sqlite3.Connection:
    """Open or make a GeoPackage that is written aside: only its end need be safe on disk."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    return connection


@contextlib.contextmanager
def _unhurried() -> Iterator[None]:
    """Let GDAL write on this thread without waiting for the disk; `put_in_place` waits once."""
    option = "OGR_SQLITE_SYNCHRONOUS"
    before = gdal.GetThreadLocalConfigOption(option)
    gdal.SetThreadLocalConfigOption(option, "OFF")
    try:
        yield
    finally:
        gdal.SetThreadLocalConfigOption(option, before)


def _copy(source: Path, copy: Path) -> None:
    closing = contextlib.closing
    with closing(connect(source, "ro")) as old, closing(connect_aside(copy)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode = DELETE")


def _settle(path: Path) -> None:
    """Make sure that everything is in the one file."""
    with contextlib.closing(connect_aside(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    if any(_companions(path)):
        raise ExportError(f"{path.name} was not closed.", "Try again.")


def _companions(target: Path) -> Sequence[Any]:
    paths = (target.with_name(target.name + companion) for companion in COMPANIONS[:3])
    return [path for path in paths if path.exists()]
