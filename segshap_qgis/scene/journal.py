"""What a queue has done so far, in a file that survives being killed."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..geo.aside import sqlite_errors
from .group_run import Explained

_CREATE = """
CREATE TABLE IF NOT EXISTS groups (number INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS slicks (
    number INTEGER PRIMARY KEY, facts TEXT NOT NULL, document TEXT NOT NULL, arrays BLOB NOT NULL);
"""


class Journal:
    """Results by slick; a group of slicks is in it as a whole or not at all.

    Parameters
    ----------
    path : Path
        A SQLite file, made if it is absent.

    Raises
    ------
    ExportError
        The disk is full, or the file is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with sqlite_errors(path):
            self._connection = sqlite3.connect(path, isolation_level=None)
            self._connection.executescript(_CREATE)

    def done(self) -> set[int]:
        """Numbers of the groups that are in it."""
        with sqlite_errors(self.path):
            return {number for (number,) in self._connection.execute("SELECT number FROM groups")}

    def add(self, group: int, results: Sequence[Explained]) -> None:
        """Keep the results of a group; a group that is there already stays as it is."""
        rows = [(r.slick, json.dumps(r.row), r.document, r.arrays) for r in results]
        with sqlite_errors(self.path), self._transaction():
            new = self._connection.execute("INSERT OR IGNORE INTO groups VALUES (?)", [group])
            if new.rowcount:
                self._connection.executemany("INSERT INTO slicks VALUES (?, ?, ?, ?)", rows)

    def results(self) -> Iterator[Explained]:
        """All results in the order of the slicks, read one at a time."""
        query = "SELECT number, facts, document, arrays FROM slicks ORDER BY number"
        with sqlite_errors(self.path):
            for number, facts, document, arrays in self._connection.execute(query):
                yield Explained(number, json.loads(facts), document, arrays)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
