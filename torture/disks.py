"""The disk is full, read-only or gone during an export: it is told, and nothing is harmed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from osgeo import gdal
from qgis.PyQt.QtTest import QTest

from tests.disks import contents, filled, small_disk

from .findings import Finding
from .ground import Ground
from .qgis_process import in_qgis
from .sharing import export, runs_in
from .stage import Stage

KILOBYTES = 4096
# What a file that is not cut ends with.
ENDS = {".pdf": b"%%EOF", ".png": b"IEND", ".svg": b"</svg>", ".qml": b"</qgis>"}
# Kilobytes left on the disk when the export begins.
FREE = (0, 4, 16, 64, 128, 192, 256, 320)
# Milliseconds after which the folder is gone.
DELAYS = (0, 5, 10, 20, 40, 80)


def without_a_disk(ground: Ground, quick: bool) -> Finding:
    """Disk full, read-only or vanished during an export."""
    try:
        with small_disk(ground.fresh("disk"), KILOBYTES) as disk:
            finding = in_qgis(
                "disks:act", ground, 400, disk=str(disk), quick=quick, budget=12, side=14
            )
        with small_disk(ground.fresh("temporary"), 16 * KILOBYTES) as disk:
            second = in_qgis(
                "disks:act_temporary",
                ground,
                300,
                environment={"TMPDIR": str(disk)},
                disk=str(disk),
                budget=12,
                side=14,
            )
    except PermissionError as error:
        return Finding(left_out=str(error))
    finding.figures.update(second.figures)
    finding.faults += second.faults
    return finding


def act(stage: Stage) -> Finding:
    """Exports of every kind to a disk with less and less room, read-only, and gone."""
    finding = Finding()
    record = stage.explain()
    disk = Path(stage.orders["disk"])
    package = disk / "runs.gpkg"
    export(stage, [replace(record, name="first")], package)
    counts = {"told": 0, "written": 0}
    quick = stage.orders["quick"]
    for free in FREE[::4] if quick else FREE:
        with filled(disk, free):
            for kind, write in _exports(stage, record, disk).items():
                said = _try(stage, disk, write)
                _count(said, counts, finding, f"{kind} with {free} kB left")
    with _read_only(disk):
        for kind, write in _exports(stage, record, disk).items():
            said = _try(stage, disk, write)
            _count(said, counts, finding, f"{kind} to a read-only disk")
    if runs_in(package)[0] != "first":
        finding.faults.append("the first run is gone")
    for delay in DELAYS[::5] if quick else DELAYS:
        said = _vanish(stage, record, delay)
        _count(said, counts, finding, f"folder gone after {delay} ms")
    finding.figures = {
        "exports": sum(counts.values()),
        "told, nothing changed": counts["told"],
        "written whole": counts["written"],
    }
    return finding


def act_temporary(stage: Stage) -> Finding:
    """QGIS's own temporary folder is full: a run ends with its numbers, and a word."""
    finding = Finding()
    stage.explain()
    told = 0
    for free in (0, 8, 40):
        stage.iface.messageBar().clearWidgets()
        with filled(Path(stage.orders["disk"]), free):
            record = stage.explain()
            stage.wait_until_quiet()
            told += bool(stage.messages())
        found = record.explanation
        differences = found.prediction - found.base - found.values.sum(axis=1)
        if abs(differences).max() > 1e-9:
            finding.faults.append("a run beside a full disk does not add up")
    stage.iface.messageBar().clearWidgets()
    stage.explain()
    stage.wait_until_quiet()
    if stage.messages():
        finding.faults.append(f"with room again: {stage.messages()}")
    finding.figures = {
        "runs with a full temporary folder": 3,
        "of them with a message": told,
    }
    return finding


def _exports(stage: Stage, record: Any, disk: Path) -> dict[str, Callable[[], None]]:
    bench = stage.bench
    bench.dock.result.show_record(record)
    return {
        "GeoPackage": lambda: bench.exports.write_geopackage([record], disk / "runs.gpkg"),
        "new GeoPackage": lambda: bench.exports.write_geopackage([record], disk / "new.gpkg"),
        "GeoTIFF": lambda: bench.exports.write_geotiff(record, disk / "map.tif"),
        "report": lambda: bench.reports.write(record, disk / "report.pdf"),
        "chart": lambda: bench.dock.result.files.save(disk / "chart.png"),
        "drawing": lambda: bench.dock.result.files.save(disk / "chart.svg"),
        "table": lambda: bench.dock.result.files.save(disk / "cells.csv"),
    }


def _try(stage: Stage, disk: Path, write: Callable[[], None]) -> str:
    """Export; what is said. What is not written leaves everything as it was."""
    before = contents(disk)
    stage.iface.messageBar().clearWidgets()
    write()
    stage.wait(stage.messages)
    said = " ".join(stage.messages())
    if "Written" in said:
        new = sorted(set(contents(disk)) - set(before))
        cut = [name for name in new if not _is_whole(disk / name)]
        # Make room for the next one.
        for name in new:
            (disk / name).unlink()
        return f"harmed {cut}: {said}" if cut else said
    after = contents(disk)
    changed = [name for name in {*before, *after} if before.get(name) != after.get(name)]
    return f"harmed {changed}: {said}" if changed else said


def _is_whole(path: Path) -> bool:
    """Whether a file ends as one of its kind does."""
    if path.suffix == ".gpkg":
        return bool(runs_in(path))
    if path.suffix == ".tif":
        file = gdal.Open(str(path))
        return file is not None and file.ReadAsArray() is not None
    end = path.read_bytes().rstrip()[-16:]
    return ENDS.get(path.suffix, b"") in end


def _count(said: str, counts: dict[str, int], finding: Finding, what: str) -> None:
    if said.startswith("harmed") or "explanation failed" in said or not said:
        finding.faults.append(f"{what}: {said or 'nothing was said'}")
    counts["written" if "Written" in said else "told"] += 1


@contextmanager
def _read_only(disk: Path) -> Iterator[None]:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    try:
        yield
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)


def _vanish(stage: Stage, record: Any, delay: int) -> str:
    """The folder is removed while a GeoPackage is written into it."""
    folder = stage.folder / "stick"
    folder.mkdir(exist_ok=True)
    stage.iface.messageBar().clearWidgets()
    stage.bench.exports.write_geopackage([record], folder / "runs.gpkg")
    QTest.qWait(delay)
    shutil.rmtree(folder, ignore_errors=True)
    stage.wait(stage.messages)
    shutil.rmtree(folder, ignore_errors=True)
    return " ".join(stage.messages())
