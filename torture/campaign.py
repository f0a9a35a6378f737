"""The rows one after the other, within a time, and what they found."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tools.real_qgis import ROOT, can_run_qgis, end_qgis_with_us

from . import document
from .cancelling import cancelled
from .disks import without_a_disk
from .enduring import endured
from .findings import Finding
from .ground import Ground, prepare
from .killing import killed
from .queueing import queued
from .quitting import quit_meanwhile
from .removing import removed
from .replacing import replaced
from .sharing import opened_elsewhere, written_by_two

DOCUMENT = ROOT / "docs" / "reliability.md"


class Row(NamedTuple):
    """One row: its name on the command line, its title in the table, and what measures it."""

    name: str
    title: str
    measure: Callable[[Ground, bool], Finding]


ROWS = (
    Row("cancel", "Task cancelled at random moments", cancelled),
    Row("remove", "Layer, project or plugin removed or reloaded in every phase", removed),
    Row("quit", "QGIS quit during a run", quit_meanwhile),
    Row("replace", "Model file replaced meanwhile", replaced),
    Row("disk", "Disk full, read-only or vanished during an export", without_a_disk),
    Row("open", "GeoPackage open elsewhere", opened_elsewhere),
    Row("kill", "Killed (SIGKILL) during an append", killed),
    Row("two", "Two QGIS processes write to one file", written_by_two),
    Row("queue", "Explanations queued", queued),
    Row("endure", "Runs in a row without growth", endured),
)


def main() -> int:
    """Run the campaign; the exit status is 1 when a row found a fault."""
    arguments = _arguments()
    if arguments.from_json:
        document.write(DOCUMENT, join(arguments.from_json))
        return 0
    if not can_run_qgis():
        print("QGIS, or a display (or xvfb-run) for it, is missing: run `make setup`.")
        return 1
    end_qgis_with_us()
    rows = [row for row in ROWS if not arguments.only or row.name in arguments.only]
    report = run(rows, arguments.minutes, arguments.quick)
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1), encoding="utf-8")
    if arguments.document:
        document.write(DOCUMENT, report)
    return int(any(row["faults"] for row in report["rows"]))


def join(files: list[Path]) -> dict[str, Any]:
    """Reports of parts of the campaign as one, in order; of a row the last one counts."""
    reports = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    rows = {row["name"]: row for report in reports for row in report["rows"]}
    load = max(report["load"] for report in reports)
    found = [rows[row.name] for row in ROWS if row.name in rows]
    return {**reports[-1], "load": f"up to {load}", "rows": found}


def run(rows: list[Row], minutes: float, quick: bool) -> dict[str, Any]:
    """Measure rows until the time is up; a row that has begun is finished."""
    done: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="segshap-ground-") as folder:
        ground = prepare(Path(folder), minutes)
        for row in rows:
            began = time.monotonic()
            if ground.seconds_left() <= 0:
                finding = Finding(left_out=f"the time of {minutes:g} minutes was up")
            else:
                finding = row.measure(ground, quick)
            seconds = round(time.monotonic() - began, 1)
            done.append({"name": row.name, "title": row.title, "seconds": seconds})
            done[-1].update(finding.to_dict())
            _tell(done[-1])
    return {"rows": done, "quick": quick, **surroundings()}


def surroundings() -> dict[str, Any]:
    """Machine and load, without which the seconds mean little."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": _processor(),
        "load": round(os.getloadavg()[1], 1),
        "date": time.strftime("%Y-%m-%d"),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _tell(row: dict[str, Any]) -> None:
    state = row["left_out"] or ("FAULTS" if row["faults"] else "ok")
    print(f"{row['title']}: {state} ({row['seconds']:.0f} s)")
    for name, value in row["figures"].items():
        print(f"    {name}: {value}")
    for fault in row["faults"]:
        print(f"    fault: {fault.rstrip()}", file=sys.stderr)
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m torture", description=__doc__)
    names = [row.name for row in ROWS]
    parser.add_argument("--only", nargs="+", choices=names, metavar="ROW", help=", ".join(names))
    parser.add_argument("--minutes", type=float, default=20.0, help="no row begins after so long")
    parser.add_argument("--quick", action="store_true", help="a few seconds a row, to try it")
    parser.add_argument("--document", action="store_true", help="write docs/reliability.md")
    parser.add_argument(
        "--from-json", type=Path, nargs="+", metavar="FILE", help="do not measure: document these"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found")
    return parser.parse_args()
