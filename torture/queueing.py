"""Fifty explanations queued at once: all are answered, in order, and the queue can be emptied."""

from __future__ import annotations

import time
from typing import Any

from .findings import Finding, spread
from .ground import Ground
from .qgis_process import in_qgis
from .stage import Stage


def queued(ground: Ground, quick: bool) -> Finding:
    """Explanations queued."""
    return in_qgis("queueing:act", ground, 900, runs=6 if quick else 50, budget=20, side=14)


def act(stage: Stage) -> Finding:
    """Queue them, let them all end; queue them again, close the project in the middle."""
    runs = int(stage.orders["runs"])
    stage.explain()
    before = stage.megabytes()
    started = time.monotonic()
    tasks, asked = _ask(stage, runs)
    ended: list[Any] = []
    stage.bench.queue.ended.connect(ended.append)
    stage.wait(lambda: len(ended) == runs, 20.0 * runs)
    seconds = time.monotonic() - started
    # The last one is listed a step after it has ended.
    stage.wait_until_quiet()
    finding = Finding()
    if ended != tasks:
        finding.faults.append("runs ended in another order than they were asked for")
    unanswered = [task.title for task in tasks if task.record is None]
    if unanswered:
        finding.faults.append(f"without a result: {unanswered}")
    names = [record.name for record in stage.bench.dock.runs.records()]
    if len(set(names)) != runs + 1:
        finding.faults.append(f"{len(set(names))} names of {runs + 1} runs")
    finding.figures = {
        "asked for": runs,
        "answered": runs - len(unanswered),
        "asking": spread(asked),
        "seconds for all": round(seconds, 1),
        "memory for all results shown, MB": round(stage.megabytes() - before),
        "from closing the project to a quiet queue, s": round(_emptied(stage, runs, finding), 2),
    }
    return finding


def _ask(stage: Stage, runs: int) -> tuple[list[Any], list[float]]:
    """Pick so many pixels; the tasks, and how long each pick took."""
    tasks, seconds = [], []
    for number in range(runs):
        began = time.monotonic()
        tasks.append(stage.pick(column=40 + number % 40))
        seconds.append(time.monotonic() - began)
    return tasks, seconds


def _emptied(stage: Stage, runs: int, finding: Finding) -> float:
    """Close the project while a full queue works."""
    stage.project.clear()
    stage.open_scene()
    _ask(stage, runs)
    stage.wait(lambda: stage.bench.queue.current is not None)
    stage.project.clear()
    seconds = stage.wait(lambda: stage.bench.queue.current is None)
    stage.wait_until_quiet()
    if stage.project.mapLayers() or stage.bench.dock.runs.tree.topLevelItemCount():
        finding.faults.append("something of the closed project is still there")
    return seconds
