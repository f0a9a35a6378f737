"""Many runs in a row, each looked at, deleted and forgotten: nothing may grow."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import numpy as np

from .findings import Finding
from .ground import Ground
from .qgis_process import in_qgis
from .stage import Stage

# Seconds for the runs; QGIS's start and the first explanation come on top.
LONGEST, START = 480.0, 60.0
# Runs before the first count: what is loaded late or kept for later use is there by then.
WARM_UP = 0.1
# Megabytes per thousand runs that the allocators of Python, Qt and GDAL may move by themselves.
DRIFT = 25.0
# Counts that may waver by a few: pools of threads come and go, QGIS keeps some files open.
WAVERING = {"threads": 3, "file handles": 3}


def endured(ground: Ground, quick: bool) -> Finding:
    """Runs in a row without growth."""
    runs = 20 if quick else 1000
    # The last row: it takes what the others have left of the campaign's time.
    seconds = 20.0 if quick else max(START, min(LONGEST, ground.seconds_left() - START))
    return in_qgis("enduring:act", ground, 1200, runs=runs, seconds=seconds, budget=12, side=14)


def act(stage: Stage) -> Finding:
    """Explain, show, delete, again and again, until the number or the time is reached."""
    stage.explain()  # loads what is loaded late
    forget_results(stage)
    runs, until = int(stage.orders["runs"]), time.monotonic() + float(stage.orders["seconds"])
    tree = stage.bench.dock.runs.tree
    counts: list[dict[str, int]] = []
    kinds: list[Counter[str]] = []
    memory: list[tuple[int, float]] = []
    done = 0
    while done < runs and time.monotonic() < until:
        stage.explain()
        forget_results(stage)
        done += 1
        if done % max(1, runs // 40) == 0:
            stage.wait_until_quiet()
            counts.append(stage.present())
            kinds.append(stage.kinds())
            memory.append((done, stage.megabytes()))
    if tree.topLevelItemCount():
        raise AssertionError("a deleted run stayed in the list")
    finding = _judge(done, counts, memory)
    if finding.faults:
        grown = (kinds[-1] - kinds[_first(counts)]).most_common(8)
        finding.faults.append(f"Qt objects that came: {grown}")
    return finding


def forget_results(stage: Stage) -> None:
    """Delete the runs of the list, and take their layers out of the project."""
    runs = stage.bench.dock.runs
    runs.tree.selectAll()
    runs.actions_of_runs.delete.trigger()
    root = stage.project.layerTreeRoot()
    for group in root.findGroups():
        root.removeChildNode(group)
    stage.settle()


def _first(counts: list[dict[str, int]]) -> int:
    """The first count after the warm-up."""
    return min(len(counts) - 1, max(1, round(WARM_UP * len(counts))))


def _judge(done: int, counts: list[dict[str, int]], memory: list[tuple[int, float]]) -> Finding:
    first = _first(counts)
    finding = Finding(figures={"runs": done})
    for name, before in counts[first].items():
        after = counts[-1][name]
        finding.figures[name] = f"{before} → {after}"
        if after - before > WAVERING.get(name, 0):
            finding.faults.append(f"{name} grew from {before} to {after}")
    growth, peak = _growth(memory[first:])
    finding.figures["memory, MB per 1,000 runs"] = round(growth, 1)
    finding.figures["memory at the end, MB"] = round(memory[-1][1])
    # Over few runs the slope is that of chance.
    if done >= 500 and growth > DRIFT:
        finding.faults.append(f"memory grew by {growth:.1f} MB per 1,000 runs, up to {peak:.0f} MB")
    return finding


def _growth(memory: list[tuple[int, float]]) -> Any:
    """Slope of memory over runs, in megabytes per 1,000, and the largest value."""
    runs, used = np.array(memory).T
    slope = np.polyfit(runs, used, 1)[0] if len(runs) > 1 else 0.0
    return float(1000 * slope), float(used.max())
