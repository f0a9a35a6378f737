"""What starts a question to the model that a section of the result panel asks, one at a time."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QObject, pyqtSignal


class Desk(QObject):
    """Keeps the task that works for a section, tells how far it is, and stops it.

    Parameters
    ----------
    section : AskedSection
        Buttons and progress, with `show_ready` and `show_progress`.

    Signals
    -------
    failed(Exception, str)
        It could not be carried out.
    """

    failed = pyqtSignal(object, str)

    def __init__(self, section: Any, parent: QObject) -> None:
        super().__init__(parent)
        self.section = section
        self._task: Any = None
        # QGIS keeps no reference to a Python task, cancelled or not.
        self._working: set[Any] = set()
        section.cancel_asked.connect(self.cancel)

    def cancel(self) -> None:
        """Stop what is asked; nothing of it is kept."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            self.section.show_ready()

    def _launch(self, task: Any) -> None:
        self._task = task
        self._working.add(task)
        task.progressChanged.connect(lambda percent: self._advanced(task, percent))
        self.section.show_progress(0.0)
        QgsApplication.taskManager().addTask(task)

    def _advanced(self, task: Any, percent: float) -> None:
        if task is self._task:
            self.section.show_progress(percent)

    def _is_awaited(self, task: Any) -> bool:
        """Take a task that has ended back; whether anybody still asks for its result."""
        self._working.discard(task)
        if task is not self._task:
            return False
        self._task = None
        if task.error is not None:
            self.failed.emit(task.error, task.details)
        return True
