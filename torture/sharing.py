"""A GeoPackage that others have open or write to: a run arrives whole, or it is said why not."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from qgis.core import QgsVectorLayer

from .findings import Finding
from .ground import Ground
from .qgis_process import in_qgis
from .stage import Stage

# Another program that has the file open in some way until its input is closed.
OTHER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2:]:
    cursor = connection.execute(statement)
    cursor.fetchone()
print("ready", flush=True)
sys.stdin.read()
"""


# Open elsewhere -----------------------------------------------------------------------------------


def opened_elsewhere(ground: Ground, quick: bool) -> Finding:
    """GeoPackage open elsewhere."""
    return in_qgis("sharing:act_open", ground, 400, quick=quick, budget=12, side=14)


@contextlib.contextmanager
def _other_program(path: Path, *statements: str) -> Iterator[None]:
    command = [sys.executable, "-c", OTHER, str(path), *statements]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        if other.stdout is None or other.stdout.readline() != "ready\n":
            raise AssertionError("the other program did not start")
        yield
        other.communicate()


@contextlib.contextmanager
def _edited_in_qgis(path: Path) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        query = "SELECT table_name FROM gpkg_contents WHERE table_name LIKE '%superpixels'"
        (table,) = connection.execute(query).fetchone()
    layer = QgsVectorLayer(f"{path}|layername={table}", "edited")
    layer.startEditing()
    layer.changeAttributeValue(1, layer.fields().indexOf("share"), 0.5)
    yield
    layer.rollBack()


OTHERS: dict[str, Callable[[Path], contextlib.AbstractContextManager[None]]] = {
    "reads in the middle of a table": lambda path: _other_program(
        path, "SELECT name FROM segshap_runs"
    ),
    "begins to write": lambda path: _other_program(path, "BEGIN IMMEDIATE"),
    "writes": lambda path: _other_program(
        path, "BEGIN EXCLUSIVE", "UPDATE segshap_runs SET seed = 1"
    ),
    "has it open with a write-ahead log": lambda path: _other_program(
        path, "PRAGMA journal_mode = WAL", "UPDATE segshap_runs SET seed = 1"
    ),
    "edits it in this QGIS": _edited_in_qgis,
}


def act_open(stage: Stage) -> Finding:
    """Export to a file that somebody else has open, in several ways, and again afterwards."""
    finding = Finding()
    record = stage.explain()
    outcomes = {"added": 0, "refused": 0}
    ways = list(OTHERS)
    for number, way in enumerate(ways[:2] if stage.orders["quick"] else ways):
        path = stage.folder / f"open_{number}.gpkg"
        export(stage, [replace(record, name="first")], path)
        with OTHERS[way](path):
            said = export(stage, [replace(record, name="second")], path)
        expected = ["first"]
        if "Written" in said:
            expected.append("second")
            outcomes["added"] += 1
        elif "open in another program" in said:
            outcomes["refused"] += 1
        else:
            finding.faults.append(f"somebody {way}: {said}")
        said = export(stage, [replace(record, name="third")], path)
        found = runs_in(path)
        if found != [*expected, "third"]:
            finding.faults.append(
                f"after somebody {way}: {found}, not {expected} and third; {said}"
            )
    finding.figures = {"ways to have it open": sum(outcomes.values()), **outcomes}
    return finding


def export(stage: Stage, records: list[Any], path: Path) -> str:
    """Export as the dock does; what the message bar says."""
    bar = stage.iface.messageBar()
    bar.clearWidgets()
    stage.bench.exports.write_geopackage(records, path)
    stage.wait(stage.messages)
    return " ".join(stage.messages())


def runs_in(path: Path) -> list[str]:
    """Names of the runs of a file that is whole."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        sound = connection.execute("PRAGMA integrity_check").fetchall()
        if sound != [("ok",)]:
            raise AssertionError(f"{path.name} is damaged: {sound}")
        return [name for (name,) in connection.execute("SELECT name FROM segshap_runs")]


# Two QGIS processes -------------------------------------------------------------------------------


def written_by_two(ground: Ground, quick: bool) -> Finding:
    """Two QGIS processes write to one file."""
    path = ground.fresh("two") / "shared.gpkg"
    exports = 3 if quick else 25
    with ThreadPoolExecutor(2) as pool:
        found = list(
            pool.map(
                lambda who: in_qgis(
                    "sharing:act_write",
                    ground,
                    400,
                    who=who,
                    path=str(path),
                    exports=exports,
                    budget=12,
                    side=14,
                ),
                ("left", "right"),
            )
        )
    finding = Finding(faults=[fault for one in found for fault in one.faults])
    if finding.faults:
        return finding
    arrived = [name for one in found for name in str(one.figures["arrived"]).split(",") if name]
    stored = runs_in(path)
    if sorted(stored) != sorted(arrived):
        finding.faults.append(f"told to be there: {sorted(arrived)}; are there: {sorted(stored)}")
    left = [entry.name for entry in path.parent.iterdir() if entry != path]
    if left:
        finding.faults.append(f"left behind: {left}")
    finding.figures = {
        "exports": 2 * exports,
        "arrived": len(arrived),
        "refused with a message": 2 * exports - len(arrived),
        "of the first and the second process": " and ".join(
            str(sum(name.startswith(who) for name in stored)) for who in ("left", "right")
        ),
    }
    return finding


def act_write(stage: Stage) -> Finding:
    """One of the two: meets the other, then exports the same run under many names."""
    path, who = Path(stage.orders["path"]), str(stage.orders["who"])
    record = stage.explain()
    (path.parent / f"{who}.here").touch()
    stage.wait(lambda: len(list(path.parent.parent.glob("two/*.here"))) == 2, 200)
    finding = Finding()
    arrived = []
    for number in range(int(stage.orders["exports"])):
        said = export(stage, [replace(record, name=f"{who} {number}")], path)
        if "Written" in said:
            arrived.append(f"{who} {number}")
        elif "open in another program" not in said:
            finding.faults.append(said)
    (path.parent / f"{who}.here").unlink()
    finding.figures = {"arrived": ",".join(arrived)}
    return finding
