"""The checks of the chosen run: a task that plays it again, and who starts it."""

from __future__ import annotations

import time
from typing import Any

from qgis.PyQt.QtCore import QObject

from ..checks import check
from ..model_library import trusted
from ..tasks import BackgroundTask
from ..workflow import Request
from .checks_section import ChecksSection
from .desk import Desk


class ChecksTask(BackgroundTask):
    """Checks one target of a run; its result is a `checks.Checks`.

    Parameters
    ----------
    title : str
        How people see it.
    record : Record
        The run, and which target of it.
    is_randomised : bool
        Whether layers are re-initialised, too.
    """

    def __init__(self, title: str, record: Any, is_randomised: bool) -> None:
        super().__init__(title)
        self.record = record
        self._is_randomised = is_randomised
        # Settings are read on the main thread.
        self._trusted = trusted()
        self._began = time.monotonic()

    def carry_out(self) -> Any:
        """Load the model and check; a model of its own, which nobody else interrupts."""
        from ..models import load_model

        request = Request.from_settings(self.record.settings)
        model = load_model(request.model, trusted=self._trusted)
        return check(self.record, model, self._is_randomised, self._hear, self.is_cancelled)

    def seconds_left(self, percent: float) -> float:
        """How long it will take from here; infinite while unknown."""
        passed = time.monotonic() - self._began
        return passed * (100 - percent) / percent if percent > 0 else float("inf")

    def _hear(self, share: float) -> None:
        self.setProgress(100 * min(1.0, share))


class ChecksDesk(Desk):
    """Starts the checks that the section asks for, and keeps those of this session.

    Parameters
    ----------
    section : ChecksSection
        Buttons, progress, table and chart.
    """

    def __init__(self, section: ChecksSection, parent: QObject) -> None:
        super().__init__(section, parent)
        self._record: Any = None
        # By the explanation, which a run shares with its renamed copies, and the target of it.
        self._known: dict[tuple[int, int], tuple[Any, Any]] = {}
        section.asked.connect(self._start)

    def follow(self, record: Any, is_played: bool) -> None:
        """Speak of this record, and this target of it, from now on; another one is cancelled.

        Parameters
        ----------
        record : Record or None
            The run.
        is_played : bool
            Whether it is a run that can be played again.
        """
        if self._task is not None and (not is_played or _key(self._task.record) != _key(record)):
            self.cancel()
        self._record = record
        self.section.setVisible(is_played)
        if not is_played or self._task is not None:
            return
        _, found = self._known.get(_key(record), (None, None))
        if found is None:
            self.section.show_ready()
        else:
            self.section.show_checks(found, record)

    def close(self) -> None:
        """Stop, and forget."""
        self.cancel()
        self._known.clear()

    def _start(self, is_randomised: bool) -> None:
        if self._task is not None:
            return
        title = self.tr("Checks of {}").format(self._record.name)
        task = ChecksTask(title, self._record, is_randomised)
        task.ended.connect(lambda: self._ended(task))
        self._launch(task)

    def _advanced(self, task: ChecksTask, percent: float) -> None:
        if task is self._task:
            self.section.show_progress(percent, task.seconds_left(percent))

    def _ended(self, task: ChecksTask) -> None:
        if not self._is_awaited(task):
            return
        if task.result is not None:
            # The explanation is kept with it, so that no other one can have its number.
            self._known[_key(task.record)] = (task.record.explanation, task.result)
        self.follow(self._record, is_played=True)


def _key(record: Any) -> tuple[int, int]:
    return id(record.explanation), record.target
