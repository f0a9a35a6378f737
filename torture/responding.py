"""How long QGIS's main thread is busy while an explanation runs, by a timer in its event loop."""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple, Optional

import numpy as np
from qgis.core import QgsPointXY
from qgis.PyQt.QtCore import QEventLoop, QPoint, Qt, QTimer
from qgis.PyQt.QtTest import QTest

from .findings import Finding
from .stage import Stage

# Milliseconds between two ticks when nothing is in their way.
INTERVAL = 5
# Corners of the region on the slick of the sample scene: (row, column).
CORNERS = ((185, 100), (185, 132), (217, 132), (217, 100))
# Gaps of at least so many milliseconds are asked for what was done in them.
LONG = 40.0


class Tick(NamedTuple):
    """One tick of the timer; times in milliseconds.

    Attributes
    ----------
    at : float
        Time on the clock.
    worked : float
        Processor time of the main thread so far.
    queued : float
        Time that the main thread was ready and had no processor so far; NaN where it is not known.
    """

    at: float
    worked: float
    queued: float


class Collection(NamedTuple):
    """One round of Python's garbage collector, during which no other thread runs Python.

    Attributes
    ----------
    at : float
        When it ended, in milliseconds on the clock.
    worked : float
        Processor time that it took, in milliseconds.
    generation : int
        0 to 2; 2 walks over all objects there are.
    thread : str
        "main" or "another".
    """

    at: float
    worked: float
    generation: int
    thread: str


class Probe:
    """A timer of the main thread that writes down when it ticks.

    Parameters
    ----------
    traced : bool
        Also look, from another thread, at what the main thread does; that disturbs it a little.
    """

    def __init__(self, traced: bool) -> None:
        self.ticks: list[Tick] = []
        self.samples: list[tuple[float, str]] = []
        self.collections: list[Collection] = []
        self._collecting_since = 0.0
        self._main = threading.get_ident()
        self._statistics = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._stopped = threading.Event()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(INTERVAL)
        gc.callbacks.append(self._collect)
        if traced:
            threading.Thread(target=self._sample, daemon=True).start()

    def stop(self) -> None:
        """No more ticks."""
        self._timer.stop()
        self._stopped.set()
        gc.callbacks.remove(self._collect)

    def _tick(self) -> None:
        self.ticks.append(self._now())

    def _now(self) -> Tick:
        queued = float("nan")
        if self._statistics.exists():
            queued = float(self._statistics.read_text(encoding="ascii").split()[1]) / 1e6
        return Tick(1000 * time.perf_counter(), time.thread_time_ns() / 1e6, queued)

    def _collect(self, phase: str, told: dict[str, int]) -> None:
        """Called by Python's garbage collector, in the thread that it works in."""
        now = time.thread_time_ns() / 1e6
        if phase == "start":
            self._collecting_since = now
            return
        thread = "main" if threading.get_ident() == self._main else "another"
        at, worked = 1000 * time.perf_counter(), now - self._collecting_since
        self.collections.append(Collection(at, worked, told["generation"], thread))

    def _sample(self) -> None:
        while not self._stopped.wait(0.005):
            self.samples.append((1000 * time.perf_counter(), self._look()))

    def _look(self) -> str:
        """What the main thread does; in its event loop, what the others do that it may wait for."""
        frames = sys._current_frames()
        main = frames.pop(self._main, None)
        frames.pop(threading.get_ident(), None)
        if main is not None and main.f_code is not act.__code__:
            return _where(main)
        return "waits; others: " + "; ".join(_where(frame) for frame in frames.values())


def _where(frame: Any) -> str:
    """The innermost functions of ours on the stack, from the outside to the inside."""
    names: list[str] = []
    while frame is not None:
        file = Path(frame.f_code.co_filename)
        if "segshap_qgis" in file.parts or not names:
            names.append(f"{file.stem}.{frame.f_code.co_name}:{frame.f_lineno}")
        frame = frame.f_back
    return " > ".join(reversed(names[:4]))


def act(stage: Stage) -> Finding:
    """Explain the slick of the sample scene and let it be shown; figures for each phase."""
    bench = stage.bench
    bench.dock.method.window_box.setValue(int(stage.orders["window"]))
    if stage.orders["warm"]:
        stage.explain(600)  # loads what is loaded late
    probe = Probe(bool(stage.orders["traced"]))
    marks: dict[str, float] = {}

    def mark(name: str) -> None:
        marks.setdefault(name, 1000 * time.perf_counter())

    bench.picking.actions["region"].trigger()
    _draw(stage)
    mark("preparing")
    (task,) = bench.runs
    task.advanced.connect(lambda _: mark("running"))
    loop = QEventLoop()
    bench.queue.ended.connect(lambda _: mark("ending"))
    # As long again as QGIS needs to draw the result and to keep it in the project.
    bench.queue.ended.connect(lambda _: QTimer.singleShot(3000, loop.quit))
    task.ended.connect(lambda: mark("ending"))
    QTimer.singleShot(550_000, loop.quit)
    loop.exec()
    mark("end")
    probe.stop()
    if task.record is None:
        raise AssertionError(f"no result: {task.error!r} {task.details}")
    return Finding(figures=_figures(probe, marks, task.record))


def _draw(stage: Stage) -> None:
    extent, size = stage.scene.extent(), stage.scene.rasterUnitsPerPixelX()
    for row, column in CORNERS:
        x, y = extent.xMinimum() + column * size, extent.yMaximum() - row * size
        there = stage.canvas.getCoordinateTransform().transform(QgsPointXY(x, y))
        QTest.mouseClick(
            stage.canvas.viewport(),
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
            QPoint(round(there.x()), round(there.y())),
        )
    QTest.keyClick(stage.canvas, Qt.Key.Key_Return)


def _figures(probe: Probe, marks: dict[str, float], record: Any) -> dict[str, Any]:
    ticks = np.array(probe.ticks)
    figures: dict[str, Any] = {
        "evaluations": record.explanation.evaluations,
        "seconds": record.settings["seconds"],
    }
    names = list(marks)
    for name, following in zip([*names[:-1], "all"], [*names[1:], ""]):
        begin, end = (
            (marks[names[0]], marks[names[-1]])
            if name == "all"
            else (
                marks[name],
                marks[following],
            )
        )
        inside = (ticks[1:, 0] >= begin) & (ticks[:-1, 0] <= end)
        figures.update(_of_phase(name, np.diff(ticks, axis=0)[inside]))
    figures["longest"] = _longest(probe, ticks)
    return figures


def _of_phase(name: str, gaps: Any) -> dict[str, Any]:
    """Gaps between ticks: (n, 3) on the clock, worked and queued, in milliseconds."""
    late = np.maximum(gaps[:, 0] - INTERVAL, 0)
    # Ready to run but without a processor: what a busy machine adds, not the program.
    own = np.maximum(late - np.nan_to_num(gaps[:, 2]), 0)
    return {
        f"{name}, ticks": len(gaps),
        f"{name}, longest block ms": round(float(late.max(initial=0)), 1),
        f"{name}, 95th percentile ms": round(float(np.percentile(late, 95)), 1),
        f"{name}, longest without waiting for a processor ms": round(float(own.max(initial=0)), 1),
        f"{name}, 95th percentile without waiting for a processor ms": round(
            float(np.percentile(own, 95)), 1
        ),
    }


def _longest(probe: Probe, ticks: Any) -> list[dict[str, Any]]:
    """The longest gaps, and what was seen of the main thread in them."""
    gaps = np.diff(ticks, axis=0)
    own = gaps[:, 0] - np.nan_to_num(gaps[:, 2])
    told = []
    for index in np.argsort(-own)[:25]:
        if own[index] < LONG:
            break
        begin, end = ticks[index, 0], ticks[index + 1, 0]
        seen = Counter(where for at, where in probe.samples if begin <= at <= end)
        told.append(
            {
                "at s": round((begin - ticks[0, 0]) / 1000, 1),
                "ms": round(float(gaps[index, 0])),
                "worked ms": round(float(gaps[index, 1])),
                "queued ms": _whole(gaps[index, 2]),
                "seen": seen.most_common(6),
                "garbage collected": [
                    f"generation {one.generation}, {one.worked:.0f} ms, {one.thread} thread"
                    for one in probe.collections
                    if begin <= one.at <= end
                ],
            }
        )
    return told


def _whole(value: float) -> Optional[int]:
    return None if np.isnan(value) else round(float(value))
