"""Explanations in a GeoPackage: maps, super-pixels, regions, styles, and all that made them."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, Union

import numpy as np
from osgeo import osr

from ..errors import ExportError
from . import run_document
from .aside import (
    OURS,
    RUNS,
    STYLES,
    connect,
    connect_aside,
    gdal_errors,
    geopackage_aside,
    not_a_geopackage,
    sqlite_errors,
    target_path,
)
from .cells import Column, cell_columns
from .polygons import write_polygons
from .rasters import Map, holds, maps, north_up, reference_system, write_map
from .records import Record
from .regions import cell_outlines, mask_outline
from .untrusted import check_plain

# Where SQL is put together below, what goes into it are constants, names of tables in quotes, and
# columns of this file; values are always bound.
KINDS = ("contribution", "standard_error", "probability", "superpixels", "region")
NO_CRS = "The raster has no coordinate reference system, so the layers have none either."

_CREATE_RUNS = f"""CREATE TABLE {RUNS} (
    fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    name TEXT NOT NULL, tables TEXT NOT NULL UNIQUE, target TEXT, model TEXT, source TEXT,
    started TEXT, seconds REAL, evaluations INTEGER, seed INTEGER, precision REAL,
    prediction REAL, base REAL, sum REAL, settings TEXT NOT NULL, arrays BLOB NOT NULL)"""

# Word for word as QGIS makes it.
_CREATE_STYLES = f"""CREATE TABLE {STYLES} (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "f_table_catalog" TEXT(256),
    "f_table_schema" TEXT(256), "f_table_name" TEXT(256), "f_geometry_column" TEXT(256),
    "styleName" TEXT(30), "styleQML" TEXT, "styleSLD" TEXT, "useAsDefault" BOOLEAN,
    "description" TEXT, "owner" TEXT(30), "ui" TEXT(30),
    "update_time" DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))"""


@dataclass(frozen=True)
class Written:
    """What an export wrote.

    Attributes
    ----------
    path : Path
        The file.
    tables : tuple of dict
        For each run, its tables by kind (see `KINDS`).
    notes : tuple of str
        What the user should know about the result.
    """

    path: Path
    tables: tuple[dict[str, str], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class StoredRun:
    """A run in a GeoPackage: its name, the beginning of its tables' names, and its target."""

    name: str
    tables: str
    target: str
    started: str


def write_geopackage(
    path: Union[str, Path],
    records: Sequence[Record],
    styles: Optional[Sequence[Mapping[str, str]]] = None,
) -> Written:
    """Write explanations into a GeoPackage, beside what it holds already.

    The file is copied, added to and checked aside, and then put in place: until the last moment it
    is as it was. The maps of a run are float32 rasters, its super-pixels and its region exact
    polygons; a row of ``segshap_runs`` holds every setting and all that `read_geopackage` needs.

    Parameters
    ----------
    path : str or Path
        A GeoPackage, or a name for a new one.
    records : sequence of Record
        One or several runs.
    styles : sequence of mapping of str to str, optional
        For each record, QML documents by kind of table (see `KINDS`): QGIS applies them to the
        layers when it opens the file.

    Returns
    -------
    Written
        Tables and notes.

    Raises
    ------
    ExportError
        The file or folder is read-only, missing, in use or full, or the file is no GeoPackage;
        whatever was there is as it was.
    """
    if not records:
        raise ExportError("There is no explanation to write.", "Explain something first.")
    if styles is not None and len(styles) != len(records):
        raise ValueError("one mapping of styles for each record")
    target = target_path(path)
    with geopackage_aside(target) as file, gdal_errors(target):
        before = _row_counts(file) if file.exists() else {}
        written = [_write_run(file, record) for record in records]
        if styles is not None:
            _write_styles(file, [tables for tables, _ in written], styles)
        _check_untouched(file, before)
    notes = dict.fromkeys(note for _, found in written for note in found)
    return Written(target, tuple(tables for tables, _ in written), tuple(notes))


def list_runs(path: Union[str, Path]) -> list[StoredRun]:
    """The runs in a GeoPackage, oldest first.

    Raises
    ------
    ExportError
        The file is missing, no GeoPackage, or holds no runs of SegSHAP.
    """
    with _reading(path) as connection:
        rows = connection.execute(
            f"SELECT name, tables, target, started FROM {RUNS} ORDER BY fid"  # noqa: S608  # nosec B608
        )
        return [StoredRun(*(str(field or "") for field in row)) for row in rows]


def read_geopackage(path: Union[str, Path], name: Optional[str] = None) -> Record:
    """Read a run back, equal to the one that was written, array by array and bit by bit.

    Parameters
    ----------
    path : str or Path
        A GeoPackage written by `write_geopackage`.
    name : str, optional
        Name of the run or beginning of its tables' names. The last one if there are several of
        the name, or if none is given.

    Raises
    ------
    ExportError
        There is no such run, or it is damaged.
    """
    with _reading(path) as connection:
        chosen = "1" if name is None else "name = :name OR tables = :name"
        query = f"SELECT fid FROM {RUNS} WHERE {chosen} ORDER BY fid DESC"  # noqa: S608  # nosec B608
        found = connection.execute(query, {"name": name}).fetchone()
        if found is None:
            raise ExportError(
                f"{Path(path).name} holds no run {name!r}.", "Choose one of the runs in the file."
            )
        return _read_run(connection, found[0])


def add_map_and_run(file: Path, base: str, record: Record) -> str:
    """Add a run's contributions and its row of ``segshap_runs`` to a file that is written aside.

    Parameters
    ----------
    file : Path
        A GeoPackage that has a layer already.
    base : str
        Beginning of the tables' names.
    record : Record
        The run.

    Returns
    -------
    str
        Name of the raster's table.

    Raises
    ------
    ExportError
        Something could not be written without loss.
    """
    drawn, _ = north_up(next(maps(record)))
    table = f"{base}_{drawn.kind}"
    _write_raster(file, table, drawn, reference_system(record.window.crs_wkt) or undefined_system())
    _write_settings(file, base, record)
    return table


# Tables ---------------------------------------------------------------------------------------


def _write_run(file: Path, record: Record) -> tuple[dict[str, str], list[str]]:
    """Write all tables of a run and check them; its tables by kind, and notes."""
    base = _free_name(file, record.name)
    system = reference_system(record.window.crs_wkt)
    notes = [NO_CRS] if system is None else []
    system = system or undefined_system()
    tables: dict[str, str] = {}
    for drawn in maps(record):
        upright, note = north_up(drawn)
        notes += [note] if note else []
        tables[drawn.kind] = f"{base}_{drawn.kind}"
        _write_raster(file, tables[drawn.kind], upright, system)
    superpixels = record.explanation.superpixels
    outlines = cell_outlines(superpixels.labels, record.window.transform)
    tables["superpixels"] = f"{base}_superpixels"
    write_polygons(file, tables["superpixels"], outlines, _cell_columns(record), system)
    outline = mask_outline(record.region, record.window.transform)
    tables["region"] = f"{base}_region"
    write_polygons(file, tables["region"], [outline], _region_columns(record), system)
    _write_settings(file, base, record)
    return tables, notes


def undefined_system() -> Any:
    """The system that GeoPackage reserves for coordinates of unknown origin; not degrees."""
    system = osr.SpatialReference()
    system.SetLocalCS("Undefined Cartesian SRS")
    return system


def _free_name(file: Path, name: str) -> str:
    """The beginning of table names that are not there yet, from a run's name."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40] or "run"
    # Names that SQLite and GeoPackage keep for themselves, and such as need quotes.
    if re.match("sqlite|gpkg|rtree|[0-9]", plain):
        plain = f"run_{plain}"
    taken = _taken(file) if file.exists() else set()
    number, base = 1, plain
    while any(f"{prefix}{base}_{kind}" in taken for kind in KINDS for prefix in ("", "rtree_")):
        number += 1
        base = f"{plain}_{number}"
    return base


def _taken(file: Path) -> set[str]:
    """Names that are taken, also those that only a list of tables knows, in lower case."""
    with contextlib.closing(connect(file, "ro")) as connection:
        names = connection.execute(
            "SELECT name FROM sqlite_master UNION SELECT table_name FROM gpkg_contents "
            "UNION SELECT identifier FROM gpkg_contents"
        ).fetchall()
        if "tables" in _columns(connection, RUNS):
            names += connection.execute(f"SELECT tables || '_region' FROM {RUNS}")  # noqa: S608  # nosec B608
    return {re.sub("_geom$", "", str(name).lower()) for (name,) in names}


def _write_raster(file: Path, table: str, drawn: Map, system: Any) -> None:
    options = [
        "APPEND_SUBDATASET=YES",  # without it, GDAL wipes all other tables
        "TILE_FORMAT=TIFF",
        f"RASTER_TABLE={table}",
        f"RASTER_DESCRIPTION={drawn.title}",
        f"FIELD_NAME={drawn.title}",  # a legend shows it; GDAL says "Height" by default
        f"QUANTITY_DEFINITION={drawn.title}",
    ]
    write_map("GPKG", str(file), drawn, system, options, {})
    if not holds(str(file), drawn, table):
        raise ExportError(
            f"The {drawn.kind.replace('_', ' ')} could not be written without loss.",
            "Try another folder or disk, or write a GeoTIFF.",
        )


def _cell_columns(record: Record) -> list[Column]:
    """The table of super-pixels, with further columns for every further target."""
    explanation = record.explanation
    columns = cell_columns(record)
    for target in range(explanation.n_targets):
        if target != record.target:
            named = zip(
                (f"contribution_{target + 1}", f"standard_error_{target + 1}"),
                (explanation.values[target], explanation.standard_errors[target]),
            )
            columns += [Column(name, values.tolist()) for name, values in named]
    return columns


def _region_columns(record: Record) -> list[Column]:
    explanation, target = record.explanation, record.target
    return [
        Column("name", [record.name]),
        Column("target", [record.target_name]),
        Column("prediction", [float(explanation.prediction[target])]),
        Column("base_value", [float(explanation.base[target])]),
        Column("sum_of_contributions", [float(explanation.values[target].sum())]),
        Column("area_pixels", [int(np.count_nonzero(record.region))]),
    ]


# Settings -------------------------------------------------------------------------------------


def _write_settings(file: Path, base: str, record: Record) -> None:
    """Add the run to ``segshap_runs``, and read it back."""
    explanation, target, settings = record.explanation, record.target, record.settings
    precision = explanation.precision_of(target)
    document, arrays = run_document.pack(record)
    row = {
        "name": record.name,
        "tables": base,
        "target": record.target_name,
        "model": settings.get("model_id"),
        "source": record.window.source,
        "started": settings.get("started"),
        "seconds": settings.get("seconds"),
        "evaluations": int(explanation.evaluations),
        "seed": int(explanation.seed),
        "precision": precision if np.isfinite(precision) else None,
        "prediction": float(explanation.prediction[target]),
        "base": float(explanation.base[target]),
        "sum": float(explanation.values[target].sum()),
        "settings": document,
        "arrays": arrays,
    }
    with contextlib.closing(connect_aside(file)) as connection:
        _ensure_table(connection, RUNS, _CREATE_RUNS, set(row), "Runs explained by SegSHAP")
        fid = _insert(connection, RUNS, row)
        again = _read_run(connection, fid)
    if run_document.pack(again) != (document, arrays):
        raise ExportError("The run could not be written without loss.", "Try another folder.")


def _read_run(connection: sqlite3.Connection, fid: int) -> Record:
    sizes = "SELECT total(length(settings)), total(length(arrays)) FROM segshap_runs WHERE fid = ?"
    characters, size = connection.execute(sizes, [fid]).fetchone()
    if characters > run_document.LARGEST_DOCUMENT or size > run_document.LARGEST_RUN:
        raise ExportError("The run is too large to be read.")
    row = connection.execute("SELECT settings, arrays FROM segshap_runs WHERE fid = ?", [fid])
    return run_document.unpack(*row.fetchone())


def _write_styles(
    file: Path, tables: Sequence[Mapping[str, str]], styles: Sequence[Mapping[str, str]]
) -> None:
    """Add the styles that QGIS applies by itself when it opens a table."""
    rows = [
        {
            "f_table_catalog": "",
            "f_table_schema": "",
            "f_table_name": names[kind],
            "f_geometry_column": "geom" if kind in {"superpixels", "region"} else "",
            "styleName": "SegSHAP",
            "styleQML": document,
            "styleSLD": "",
            "useAsDefault": 1,
            "description": f"SegSHAP: {kind.replace('_', ' ')}",
            "owner": "",
        }
        for names, documents in zip(tables, styles)
        for kind, document in documents.items()
        if kind in names
    ]
    with contextlib.closing(connect_aside(file)) as connection:
        for row in rows:
            _ensure_table(connection, STYLES, _CREATE_STYLES, set(row), "Layer styles of QGIS")
            _insert(connection, STYLES, row)


def _ensure_table(
    connection: sqlite3.Connection, table: str, create: str, columns: set[str], description: str
) -> None:
    """Create a table without geometry if it is absent; refuse one that is something else."""
    present = _columns(connection, table)
    if not present:
        connection.execute("BEGIN")
        connection.execute(create)
        connection.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description) "
            "VALUES (?, 'attributes', ?, ?)",
            [table, table, description],
        )
        connection.execute("COMMIT")
    elif not columns <= present:
        raise ExportError(
            f"The GeoPackage has a table {table} that SegSHAP does not know.",
            "Choose another file.",
        )


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    """Names of the columns of a table; none if there is no such table."""
    return {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}


def _insert(connection: sqlite3.Connection, table: str, row: Mapping[str, Any]) -> int:
    names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
    statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608  # nosec B608
    return int(connection.execute(statement, dict(row)).lastrowid or 0)


# Safety ---------------------------------------------------------------------------------------


def _row_counts(file: Path) -> dict[str, int]:
    """Rows of every table that GeoPackage lists."""
    with contextlib.closing(connect(file, "ro")) as connection:
        # Views may be listed, too; they have no rows of their own.
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage <> 0 "
            "AND name IN (SELECT table_name FROM gpkg_contents)"
        ).fetchall()
        return {name: _row_count(connection, name) for (name,) in tables}


def _row_count(connection: sqlite3.Connection, table: str) -> int:
    quoted = table.replace('"', '""')
    return int(connection.execute(f'SELECT count(*) FROM "{quoted}"').fetchone()[0])  # noqa: S608  # nosec B608


def _check_untouched(file: Path, before: Mapping[str, int]) -> None:
    """Every table that was there is there, with its rows; ours that collect rows may have grown."""
    after = _row_counts(file)
    for table, rows in before.items():
        if after.get(table, -1) < rows or (after[table] > rows and table not in {RUNS, STYLES}):
            raise ExportError(f"Writing would have changed the table {table}.", "Use a new file.")


@contextlib.contextmanager
def _reading(path: Union[str, Path]) -> Iterator[sqlite3.Connection]:
    """Open a GeoPackage that should hold runs."""
    file = Path(path).expanduser().absolute()
    if not file.is_file():
        raise ExportError(f"There is no file {file.name}.", "Choose a GeoPackage.")
    with sqlite_errors(file), contextlib.closing(connect(file, "ro")) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        if "gpkg_contents" not in tables:
            raise not_a_geopackage(file)
        if RUNS not in tables:
            raise ExportError(
                f"{file.name} holds no runs of SegSHAP.", "Choose a file that SegSHAP has written."
            )
        check_plain(connection, file.name, OURS)
        yield connection
