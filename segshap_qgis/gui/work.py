"""One piece of work off the main thread, whose end is told on it."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any, Optional

from qgis.core import QgsTask

from ..at_work import at_work
from ..errors import Interrupted, SegShapError


class Work(QgsTask):
    """Calls a function in the background.

    Parameters
    ----------
    title : str
        How people see it.
    work : callable
        Does the work; touches neither layers nor project.
    on_end : callable
        Called on the main thread with the task.
    can_cancel : bool
        Whether the person may cancel it; `work` then asks `isCanceled` and raises Interrupted.
    is_asked_for : bool
        QGIS asks before it quits under this task.

    Attributes
    ----------
    result : object
        What `work` returned; None where it did not come to its end.
    error : Exception or None
        What it raised, and `details`, where.
    """

    def __init__(
        self,
        title: str,
        work: Callable[[], Any],
        on_end: Callable[[Work], None],
        can_cancel: bool = False,
        is_asked_for: bool = False,
    ) -> None:
        flags = QgsTask.Flag(0) if is_asked_for else QgsTask.Flag.CancelWithoutPrompt
        super().__init__(title, flags | QgsTask.Flag.CanCancel if can_cancel else flags)
        self._can_cancel = can_cancel
        self._work = work
        self._on_end = on_end
        self.result: Any = None
        self.error: Optional[Exception] = None
        self.details = ""

    def run(self) -> bool:
        """Do it; whatever goes wrong is kept for the main thread."""
        with at_work():
            try:
                self.result = self._work()
            except Interrupted:
                return False
            except Exception as error:  # noqa: BLE001 (what leaves a QgsTask's thread ends QGIS)
                self.error = error
                self.details = traceback.format_exc()
        return self.error is None

    def finished(self, result: bool) -> None:
        """Report on the main thread."""
        if not (result or self._can_cancel or self.error):
            self.error = SegShapError(f"“{self.description()}” was stopped before it began.")
        self._on_end(self)
