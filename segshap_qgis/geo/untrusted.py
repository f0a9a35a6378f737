"""GeoPackages from anywhere: a database may hold programs, and none of them is run or waited for.

Views, triggers and computed columns are code that SQLite runs when a table of that name is read or
written. Tables that are read or written here must be plain ones, without triggers of their own.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Collection

from ..errors import ExportError

# Seconds that one use of a file may take; a query without an end is stopped then.
LONGEST = 60.0
# Bytes of one value: all arrays of a run, packed, with room to spare.
LARGEST_VALUE = 1_000_000_000
# Steps of SQLite's machine between two looks at the clock: a few milliseconds.
STEPS = 100_000

# As the standard's own triggers are written: they compare one new value and refuse it.
_PLAIN_CHECK = re.compile(
    r"""\bBEGIN\s+SELECT\s+RAISE\s*\(\s*ABORT\s*,\s*'(?:[^']|'')*'\s*\)
    \s*WHERE\s+(?:NOT\s*)?\(?\s*NEW\.\w+\s*[<>]=?\s*[0-9.]+\s*\)?\s*;\s*END\s*;?\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
# Nothing is written into these, and the standard's triggers on them look into other tables.
_LEFT_ALONE = ("gpkg_metadata", "gpkg_metadata_reference")


def bounded(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Limit what a file can make a connection do: its time, its values, and unsafe functions."""
    connection.execute("PRAGMA trusted_schema = OFF")
    end = time.monotonic() + LONGEST
    connection.set_progress_handler(lambda: int(time.monotonic() > end), STEPS)
    if hasattr(connection, "setlimit"):  # from Python 3.11 on
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_VALUE)
    return connection


def check_plain(connection: sqlite3.Connection, name: str, tables: Collection[str]) -> None:
    """Refuse a GeoPackage in which tables that are to be used are programs, or have some.

    Parameters
    ----------
    connection : sqlite3.Connection
        Of the file.
    name : str
        Of the file, for people.
    tables : collection of str
        Names of tables beside those of GeoPackage itself; need not be there.

    Raises
    ------
    ExportError
        One is a view or virtual, has computed columns, or a trigger that does more than check a
        value.
    """
    programs = [
        table
        for kind, table, statement in connection.execute(
            "SELECT type, lower(tbl_name), sql FROM sqlite_master WHERE type <> 'index'"
        )
        if (table in tables or (table.startswith("gpkg_") and table not in _LEFT_ALONE))
        and not _is_plain(kind, str(statement))
    ]
    if programs:
        raise ExportError(
            f"{name} holds a program in place of, or on, its table {programs[0]}, which would run "
            "when the table is used.",
            "Choose another file.",
        )


def _is_plain(kind: str, statement: str) -> bool:
    if kind == "trigger":
        return _PLAIN_CHECK.search(statement) is not None
    words = statement.upper()
    return kind == "table" and not re.search(r"^\s*CREATE\s+VIRTUAL|\bAS\s*\(", words)
