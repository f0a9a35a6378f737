"""The checks of the chosen run: a task that plays it again, and who starts it."""

from __future__ import annotations

import time
from dataclasses import replace
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
    """Starts the checks that the section asks for, and shows those that a run has already.

    Parameters
    ----------
    section : ChecksSection
        Buttons, progress, table and chart.
    """

    def __init__(self, section: ChecksSection, parent: QObject) -> None:
        super().__init__(section, parent)
        section.asked.connect(self._start)

    def _show(self, record: Any) -> None:
        found = record.checks.get(record.target_name)
        if found is None:
            self.section.show_ready()
        else:
            self.section.show_checks(found, record)

    def _with(self, record: Any, result: Any) -> Any:
        before = record.checks.get(record.target_name)
        if before is not None and result.randomisation is None:
            # Checked once more without them: what is known of the layers still holds.
            result = replace(result, randomisation=before.randomisation)
        return replace(record, checks={**record.checks, record.target_name: result})

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
