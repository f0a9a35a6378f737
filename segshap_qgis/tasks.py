"""Work as a QgsTask; an explanation as such: snapshots in, a Record out, signals on the way."""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Optional, Protocol

from qgis.core import QgsTask
from qgis.PyQt.QtCore import pyqtSignal

from .at_work import at_work
from .errors import Interrupted, SegShapError
from .explain import Explanation
from .garbage import older_objects_passed_by
from .workflow import Request

if TYPE_CHECKING:
    from .geo import Window

# Seconds between two previews; painting a layer more often only steals time from the model.
PREVIEW_INTERVAL = 1.0
# Seconds between two looks whether the work is done or cancelled.
LOOK = 0.05
# Seconds that a cancelled run may take to come to its end before it is left to itself; what was
# learnt has to be shown within the same second.
PATIENCE = 0.6
# Scheduling priority of the computing thread on Linux; QGIS itself runs at 0.
NICENESS = 5


class Advance(NamedTuple):
    """How far a run is.

    Attributes
    ----------
    evaluations, budget : int
        Done, and at most.
    precision, goal : float
        See `Explanation.precision`; the goal is 0 where there is none.
    seconds_left : float
        Estimated; infinite while unknown.
    """

    evaluations: int
    budget: int
    precision: float
    goal: float
    seconds_left: float

    @property
    def percent(self) -> float:
        """Share of the work that is done, by whichever of budget and precision ends it."""
        expected = self.expected_evaluations
        return 100.0 * min(1.0, self.evaluations / expected) if expected else 0.0

    @property
    def expected_evaluations(self) -> float:
        """Evaluations at which it will probably end: errors fall with the root of their number."""
        if not self.goal or self.precision == float("inf"):
            return self.budget
        needed = self.evaluations * max(1.0, self.precision / self.goal) ** 2
        return min(self.budget, needed)


class Job(Protocol):
    """What a task carries out; built on the main thread from snapshots only."""

    request: Request
    window: Optional[Window]
    outside: float

    def carry_out(self, task: ExplainTask) -> Any:
        """Do it, off the main thread; returns the Record, or None when there is nothing to keep."""
        ...

    def keep(self, partial: Explanation) -> Any:
        """The Record of what was passed to `on_progress`; asked for when the job does not stop."""
        ...


class BackgroundTask(QgsTask):
    """Work off the main thread, in one of lower priority; a cancel is over within a second.

    Keep a reference to it until `finished`: QGIS does not.

    Parameters
    ----------
    title : str
        How people see it.

    Attributes
    ----------
    result : object
        What `carry_out` returned, or what was rescued from it; None where there is nothing.
    error, details : Exception or None, str
        What went wrong, and the traceback.
    done : threading.Event
        Set when `run` is over.
    """

    ended = pyqtSignal()

    def __init__(self, title: str) -> None:
        super().__init__(title, QgsTask.Flag.CanCancel | QgsTask.Flag.CancelWithoutPrompt)
        self.title = title
        self.result: Any = None
        self.error: Optional[Exception] = None
        self.details = ""
        self.done = threading.Event()
        self._abandoned = False
        self._worker: Optional[threading.Thread] = None

    def carry_out(self) -> Any:
        """Do the work, off the main thread; None when there is nothing to keep."""
        raise NotImplementedError

    def rescued(self) -> Any:
        """What is known of a work that does not stop when it is cancelled."""
        return None

    def run(self) -> bool:
        """Carry it out in a thread of lower priority; True when there is something to keep."""
        # A thread of its own, because QGIS draws maps with the threads of the task manager's pool
        # and a lowered priority cannot be raised again.
        worker = self._worker = threading.Thread(target=self._work, name=self.title, daemon=True)
        worker.start()
        cancelled_at = None
        while worker.is_alive():
            worker.join(LOOK)
            if self.isCanceled():
                cancelled_at = cancelled_at or time.monotonic()
                if time.monotonic() - cancelled_at > PATIENCE:
                    break
        self._abandoned = worker.is_alive()
        if self._abandoned:
            self.result = self.rescued()
        self.done.set()
        return self.error is None and self.result is not None

    def finished(self, _result: bool) -> None:
        """Tell whoever listens, on the main thread."""
        self.setDescription(self.title)
        self.ended.emit()

    def is_cancelled(self) -> bool:
        """Whether the work should stop; asked from any thread."""
        return self._abandoned or self.isCanceled()

    def is_at_work(self) -> bool:
        """Whether the thread still runs, perhaps after a cancel that it has not heard yet."""
        return self._worker is not None and self._worker.is_alive()

    def _work(self) -> None:
        _be_gentle()
        with at_work(), older_objects_passed_by():
            try:
                result = self.carry_out()
                if not self._abandoned:
                    self.result = result
            except Interrupted:
                pass
            except Exception as error:  # noqa: BLE001 (what leaves a QgsTask's thread ends QGIS)
                if not self._abandoned:
                    self.error = error
                    self.details = traceback.format_exc()


class ExplainTask(BackgroundTask):
    """Carries a job out in the background and tells the main thread about it.

    Parameters
    ----------
    job : Job
        What to do.
    title : str
        How people see it.
    draw : callable, optional
        Given the record, does what its layers need and can be done off the main thread.

    Attributes
    ----------
    drawing : object
        What `draw` returned for the record; None where there is none.
    """

    refreshed = pyqtSignal(object)
    advanced = pyqtSignal(object)
    located = pyqtSignal(object)

    def __init__(self, job: Job, title: str, draw: Optional[Callable[[Any], Any]] = None) -> None:
        super().__init__(title)
        self.job = job
        self._draw = draw
        # With the record that it is of: one that comes after a cancel is not of the kept record.
        self._drawn: tuple[Any, Any] = (None, None)
        self._latest: Optional[Explanation] = None
        self._started = 0.0
        self._first_count = 0
        self._last_preview = 0.0

    @property
    def record(self) -> Any:
        """The Record; None until it is there."""
        return self.result

    @property
    def drawing(self) -> Any:
        """What the record's layers are made of."""
        record, drawing = self._drawn
        return drawing if record is self.result else None

    def carry_out(self) -> Any:
        """Explain, and draw what is shown; returns the Record."""
        record = self.job.carry_out(self)
        if self._draw is not None and record is not None:
            # Whoever shows the record draws it again where that fails, and tells why.
            with suppress(SegShapError):
                self._drawn = record, self._draw(record)
        return record

    def rescued(self) -> Any:
        """The Record of what was learnt before the cancel."""
        return None if self._latest is None else self.job.keep(self._latest)

    def on_progress(self, partial: Explanation) -> bool:
        """Pass a partial explanation on; False stops the run."""
        if self.is_cancelled():
            return False
        self._latest = partial
        now = time.monotonic()
        if not self._started:
            self._started, self._first_count = now, partial.evaluations
        advance = self._advance(partial, now - self._started)
        self.setProgress(advance.percent)
        self.advanced.emit(advance)
        if now - self._last_preview >= PREVIEW_INTERVAL and partial.precision < float("inf"):
            self._last_preview = now
            self.refreshed.emit(partial)
        return True

    def _advance(self, partial: Explanation, seconds: float) -> Advance:
        request = self.job.request
        evaluations = partial.evaluations - self._first_count
        advance = Advance(
            partial.evaluations,
            request.budget,
            partial.precision,
            request.stop_at or 0.0,
            float("inf"),
        )
        if evaluations <= 0:
            return advance
        left = max(0.0, advance.expected_evaluations - partial.evaluations)
        return advance._replace(seconds_left=left * seconds / evaluations)


def _be_gentle() -> None:
    """Lower this thread's priority; the threads that torch starts from it inherit that."""
    # Elsewhere than on Linux a thread has no priority of its own to set this way.
    if sys.platform.startswith("linux"):
        thread = threading.get_native_id()
        present = os.getpriority(os.PRIO_PROCESS, thread)
        os.setpriority(os.PRIO_PROCESS, thread, max(present, NICENESS))
