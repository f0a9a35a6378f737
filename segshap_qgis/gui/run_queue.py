"""Runs, one at a time: each would slow the other down, and both would be late."""

from __future__ import annotations

from typing import Optional

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..tasks import PATIENCE, ExplainTask


class RunQueue(QObject):
    """Hands tasks to QGIS's task manager one after the other, and keeps them alive meanwhile."""

    started = pyqtSignal(object)
    ended = pyqtSignal(object)

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self.current: Optional[ExplainTask] = None
        self.waiting: list[ExplainTask] = []
        self._closed = False

    def add(self, task: ExplainTask) -> None:
        """Run a task when its turn comes."""
        self.waiting.append(task)
        self._start_next()

    def cancel(self, task: ExplainTask) -> None:
        """Stop a task, or take it out of the queue."""
        if task is self.current:
            task.cancel()
        elif task in self.waiting:
            self.waiting.remove(task)
            self.ended.emit(task)

    def cancel_all(self) -> None:
        """Empty the queue and stop what runs."""
        while self.waiting:
            self.cancel(self.waiting[-1])
        if self.current is not None:
            self.current.cancel()

    def close(self) -> None:
        """Stop everything and wait, briefly, for the thread to be out of our code."""
        self._closed = True
        self.blockSignals(True)
        running = self.current
        self.cancel_all()
        if running is not None:
            running.done.wait(2 * PATIENCE)

    def _start_next(self) -> None:
        if self.current is not None or not self.waiting:
            return
        task = self.current = self.waiting.pop(0)
        task.ended.connect(lambda: self._task_ended(task))
        self.started.emit(task)
        QgsApplication.taskManager().addTask(task)

    def _task_ended(self, task: ExplainTask) -> None:
        # The last task tells its end after we are gone.
        if self._closed:
            return
        self.current = None
        self.ended.emit(task)
        self._start_next()
