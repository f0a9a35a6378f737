"""A task is cancelled at any moment: what was learnt is kept, and the end comes at once."""

from __future__ import annotations

import random
import time
from typing import Any

import numpy as np
from qgis.PyQt.QtTest import QTest

from .findings import Finding, spread
from .ground import Ground
from .qgis_process import in_qgis
from .stage import Stage

# Seconds from the press of the button to the end of the run.
LONGEST = 1.0


def cancelled(ground: Ground, quick: bool) -> Finding:
    """Task cancelled at random moments."""
    return in_qgis("cancelling:act", ground, 900, times=5 if quick else 100, budget=400)


def act(stage: Stage) -> Finding:
    """Runs that would go on for a while, each cancelled at a moment drawn over its whole length."""
    stage.explain()  # loads what is loaded late
    started = time.monotonic()
    stage.explain()
    whole = time.monotonic() - started
    draw = random.Random(0)  # noqa: S311 (moments, not secrets)
    outcomes = {"kept": 0, "nothing to keep": 0, "finished before": 0}
    seconds: list[float] = []
    finding = Finding()
    for number in range(int(stage.orders["times"])):
        stage.project.clear()
        stage.open_scene()
        task = stage.pick(column=40 + number % 40)
        QTest.qWait(round(1000 * draw.uniform(0.0, 1.05 * whole)))
        was_running = task in stage.bench.runs
        if was_running:
            stage.cancel()
            seconds.append(_wait_for_end(stage, task))
        outcomes[_outcome(stage, task, was_running, finding)] += 1
    stage.wait_until_quiet()
    stage.explain()
    if seconds and max(seconds) > LONGEST:
        finding.faults.append(f"a cancel took {max(seconds):.2f} s")
    finding.figures = {
        "runs": int(stage.orders["times"]),
        "a whole run, seconds": round(whole, 2),
        **outcomes,
        "from cancel to end": spread(seconds),
    }
    return finding


def _wait_for_end(stage: Stage, task: Any) -> float:
    return stage.wait(lambda: task not in stage.bench.runs)


def _outcome(stage: Stage, task: Any, was_running: bool, finding: Finding) -> str:
    """How a run ended; a kept map must add up like any other."""
    if task.error is not None:
        finding.faults.append(f"{task.error!r}\n{task.details}")
    if stage.layers_of_role("preview"):
        finding.faults.append("a preview stayed in the project")
    if task.record is None:
        return "nothing to keep"
    found = task.record.explanation
    differences = found.prediction - found.base - found.values.sum(axis=1)
    if not np.isfinite(found.values).all() or abs(differences).max() > 1e-9:
        finding.faults.append(f"a kept map does not add up: {differences}")
    return "kept" if was_running else "finished before"
