"""What starts a question to the model that a section of the result panel asks, one at a time."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..geo.records import is_same_run


class Desk(QObject):
    """Keeps the task that works for a section, tells how far it is, and stops it.

    Heirs implement `_show`, what is known of the record or that it can be asked, and `_with`, the
    record with what a task has found. Their tasks know their ``record``.

    Parameters
    ----------
    section : AskedSection
        Buttons and progress, with `show_ready` and `show_progress`.

    Signals
    -------
    found(Record)
        The answer is there; the record that has it.
    failed(Exception, str)
        It could not be carried out.
    """

    found = pyqtSignal(object)
    failed = pyqtSignal(object, str)

    def __init__(self, section: Any, parent: QObject) -> None:
        super().__init__(parent)
        self.section = section
        self._record: Any = None
        self._task: Any = None
        # QGIS keeps no reference to a Python task, cancelled or not.
        self._working: set[Any] = set()
        section.cancel_asked.connect(self.cancel)

    def follow(self, record: Any, can_ask: bool) -> None:
        """Speak of this record, and this target of it, from now on; another one is cancelled.

        Parameters
        ----------
        record : Record or None
            The run.
        can_ask : bool
            Whether there is anything to ask about it.
        """
        if self._task is not None and not (can_ask and _is_asked(self._task.record, record)):
            self.cancel()
        self._record = record
        self.section.setVisible(can_ask)
        if can_ask and self._task is None:
            self._show(record)

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

    def _ended(self, task: Any) -> None:
        """Take a task back, and its result where anybody still asks for it."""
        self._working.discard(task)
        if task is not self._task:
            return
        self._task = None
        if task.error is not None:
            self.failed.emit(task.error, task.details)
        if task.result is not None:
            # Of the record as it is now: it may have got another name meanwhile.
            self._record = self._with(self._record, task.result)
            self.found.emit(self._record)
        self._show(self._record)

    def _show(self, record: Any) -> None:
        raise NotImplementedError

    def _with(self, record: Any, result: Any) -> Any:
        raise NotImplementedError


def _is_asked(record: Any, other: Any) -> bool:
    """Whether two records are the same run, and show the same target of it."""
    return is_same_run(record, other) and record.target == other.target
