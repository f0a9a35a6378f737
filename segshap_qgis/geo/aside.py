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
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Optional, Union

from osgeo import gdal, ogr, osr

from ..errors import ExportError
from .untrusted import bounded, check_plain

MARK = ".segshap-"
# What SQLite and GDAL put beside a file while they work on it.
COMPANIONS = ("-wal", "-shm", "-journal", ".aux.xml")
# Without this table a SQLite file is no GeoPackage.
CONTENTS = "gpkg_contents"
# Tables that an export adds rows to.
RUNS = "segshap_runs"
STYLES = "layer_styles"
OURS = (RUNS, STYLES)

# Windows does not replace a file that is open: there, others could come in between.
REPLACES_OPEN_FILES = os.name == "posix"
# When a write has failed for no stated reason and less than this is free, the disk is full.
_LITTLE = 256 * 1024
_FAILURE = gdal.CE_Failure


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
        probe = aside(target)
        probe.touch(exist_ok=False)
        # An export that holds the file tidies up what others left behind, this too.
        probe.unlink(missing_ok=True)
    return target


def aside(target: Path) -> Path:
    """A new name beside a file, for the one that will replace it."""
    return target.with_name(f".{target.stem}{MARK}{uuid.uuid4().hex[:12]}{target.suffix}")


def remove_leftovers(target: Path, age: float = 3600.0) -> None:
    """Remove what killed exports to the same file left behind.

    Parameters
    ----------
    target : Path
        The file.
    age : float
        Seconds since the last change; what is younger may belong to an export that still runs.
    """
    prefix = f".{target.stem}{MARK}"
    for path in target.parent.iterdir():
        if path.name.startswith(prefix) and target.suffix in path.name[len(prefix) :]:
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime >= age:
                    path.unlink()


def discard(path: Path) -> None:
    """Remove a file that was written aside, with what SQLite or GDAL put beside it."""
    for name in (path.name, *(path.name + companion for companion in COMPANIONS)):
        with contextlib.suppress(OSError):
            path.with_name(name).unlink()


def make_last(written: Path, target: Path) -> None:
    """Wait until a file that was written aside is on the disk; it gets the target's permissions."""
    with file_errors(target):
        if target.exists():
            shutil.copymode(target, written)
        with written.open("rb+") as file:
            os.fsync(file.fileno())


def put_in_place(written: Path, target: Path) -> None:
    """Replace a file by the one that was written aside, in one step that cannot half happen."""
    with file_errors(target):
        try:
            written.replace(target)
        except OSError as error:
            # Windows does not replace a file that somebody has open.
            if getattr(error, "winerror", 0) in {5, 32}:
                raise in_use(target) from error
            raise
        _flush_folder(target.parent)


@contextlib.contextmanager
def whole_file(path: Union[str, Path]) -> Iterator[Path]:
    """Yield a name to write to; what is there takes the file's place once it is whole.

    Parameters
    ----------
    path : str or Path
        The file; it is as it was when anything goes wrong.

    Raises
    ------
    ExportError
        See `target_path`; or the disk is full, or gone.
    """
    target = target_path(path)
    written = aside(target)
    try:
        with file_errors(target):
            yield written
        make_last(written, target)
        put_in_place(written, target)
    finally:
        discard(written)


@contextlib.contextmanager
def file_errors(target: Path) -> Iterator[None]:
    """Turn what the system says about a file into words for a person."""
    try:
        yield
    except OSError as error:
        raise _in_words(error, target) from error


def _in_words(error: OSError, target: Path) -> ExportError:
    reason = error.strerror or str(error)
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return _full(target)
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return ExportError(
            f"{target} cannot be written: {reason}.", "Choose another file or folder."
        )
    return ExportError(f"{target.name} could not be written: {reason}.", "Try another folder.")


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
    reported: list[str] = []
    gdal.PushErrorHandler(lambda kind, _, text: reported.append(text) if kind >= _FAILURE else None)
    try:
        with _no_exceptions_of_gdal():
            yield
    except RuntimeError as error:
        raise _gdal_problem([*reported, str(error)], target) from error
    except ExportError as error:
        if _is_full(reported, target):
            raise _full(target) from error
        raise
    finally:
        gdal.PopErrorHandler()
    if reported:
        raise _gdal_problem(reported, target)


@contextlib.contextmanager
def _no_exceptions_of_gdal() -> Iterator[None]:
    """Have GDAL report all that fails in this thread, also while a file is closed.

    What newer versions raise they do not report, and what they raise then nobody hears. GDAL 3.6,
    which has no such switch, reports it as well.
    """
    with contextlib.ExitStack() as stack:
        for module in (gdal, ogr, osr):
            if hasattr(module, "ExceptionMgr"):
                stack.enter_context(module.ExceptionMgr(useExceptions=False))
        yield


def _gdal_problem(reported: Sequence[str], target: Path) -> ExportError:
    if _is_full(reported, target):
        return _full(target)
    return ExportError(f"{target.name} could not be written: {reported[0]}.", "Try another folder.")


def _is_full(reported: Sequence[str], target: Path) -> bool:
    # GDAL does not always say so: some of its parts only find that a table is missing afterwards.
    if any("is full" in text or "No space left" in text for text in reported):
        return True
    return target.parent.is_dir() and shutil.disk_usage(target.parent).free < _LITTLE


def _full(target: Path) -> ExportError:
    return ExportError(
        "The disk is full; nothing was changed.",
        f"Free some space in {target.parent}, or choose another disk.",
    )


# GeoPackages ----------------------------------------------------------------------------------


@contextlib.contextmanager
def sqlite_errors(target: Path) -> Iterator[None]:
    """Turn what SQLite says about a GeoPackage into words for a person."""
    try:
        yield
    except UnicodeDecodeError as error:  # in names of tables of a damaged file
        raise not_a_geopackage(target) from error
    except sqlite3.Error as error:
        text = str(error)
        if "locked" in text or "busy" in text:
            raise in_use(target) from error
        if "full" in text:
            raise _full(target) from error
        if "not a database" in text or "malformed" in text:
            raise not_a_geopackage(target) from error
        if "interrupted" in text:
            raise ExportError(
                f"{target.name} takes too long to be read.", "Choose another file."
            ) from error
        raise ExportError(f"{target.name} cannot be used: {text}.", "Try another file.") from error


def in_use(target: Path) -> ExportError:
    """The error for a GeoPackage that somebody else works with."""
    return ExportError(
        f"{target.name} is open in another program or shown in this project.",
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
    written = aside(target)
    try:
        with file_errors(target), sqlite_errors(target):
            with _held(target) if existed else contextlib.nullcontext():
                remove_leftovers(target, *([0.0] if existed else []))
                identity = _identity(target)
                if existed:
                    _copy(target, written)
                    with contextlib.closing(connect(written, "ro")) as connection:
                        check_plain(connection, target.name, OURS)
                with _unhurried():
                    yield written
                _settle(written)
                make_last(written, target)
                if REPLACES_OPEN_FILES:
                    _replace_unchanged(written, target, identity)
            if not REPLACES_OPEN_FILES:
                _replace_unchanged(written, target, identity)
    finally:
        discard(written)


def _replace_unchanged(written: Path, target: Path, identity: tuple[int, ...]) -> None:
    """Put the copy in place of the file that it was made from, or of none if there was none."""
    if _identity(target) != identity or any(_companions(target)):
        raise in_use(target)
    if not identity and _put_where_nothing_is(written, target):
        return
    put_in_place(written, target)


def _put_where_nothing_is(written: Path, target: Path) -> bool:
    """Give a new file its name unless somebody was faster; False where names cannot be shared."""
    try:
        os.link(written, target)
    except FileExistsError as error:
        raise in_use(target) from error
    except OSError:
        # No second name for a file on this file system.
        return False
    _flush_folder(target.parent)
    return True


def _identity(target: Path) -> tuple[int, ...]:
    """What changes when somebody writes to a file or replaces it; empty where there is none."""
    if not target.exists():
        return ()
    status = target.stat()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


@contextlib.contextmanager
def _held(target: Path) -> Iterator[None]:
    """Keep others from writing to a GeoPackage; they may go on reading."""
    connection = _locked(target)
    while connection is None:
        connection = _locked(target)
    try:
        yield
        connection.rollback()
    finally:
        connection.close()


def _locked(target: Path) -> Optional[sqlite3.Connection]:
    """A connection that others cannot write beside; None if the file was replaced meanwhile."""
    before = _identity(target)[:2]
    connection = connect(target, "rw")
    try:
        tables = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [CONTENTS])
        if tables.fetchone() is None:
            raise not_a_geopackage(target)
        # Leaves the write-ahead log, if there is one; works only if nobody else is there.
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("BEGIN IMMEDIATE")
        if _identity(target)[:2] == before:
            return connection
    except BaseException:
        connection.close()
        raise
    connection.close()
    return None


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open a SQLite file that exists; "ro" to read only, "rw" to write."""
    # No transaction is begun behind our back; a short wait lets others finish a small change.
    return bounded(
        sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=2.0)
    )


def connect_aside(path: Path) -> sqlite3.Connection:
    """Open or make a GeoPackage that is written aside: only its end need be safe on disk."""
    connection = bounded(sqlite3.connect(path, isolation_level=None))
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
