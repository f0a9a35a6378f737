"""Deletion and insertion of the chosen run: a task that plays its game, and who starts it."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any, Optional

from qgis.core import QgsApplication, QgsTask
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..at_work import at_work
from ..errors import Interrupted
from ..explain import deletion_insertion, only_targets
from .curves_section import CurvesSection
from .record_game import OneTarget, RecordGame

# Steps of a curve: 44 curves of them are some hundred evaluations rather than thousands.
STEPS = 20


class CurvesTask(QgsTask):
    """Plays the curves of one target of a record.

    Parameters
    ----------
    title : str
        How people see it.
    game : RecordGame
        The game.
    record : Record
        The run, and which target of it.
    on_end : callable
        Called on the main thread with the task.
    """

    def __init__(
        self, title: str, game: RecordGame, record: Any, on_end: Callable[[CurvesTask], None]
    ) -> None:
        super().__init__(title, QgsTask.Flag.CanCancel | QgsTask.Flag.CancelWithoutPrompt)
        self.record = record
        self.found: Any = None
        self.error: Optional[Exception] = None
        self.details = ""
        self._explanation = only_targets(record.explanation, [record.target])
        players = record.explanation.superpixels.n_players
        self._game = OneTarget(game, players, record.target_name, self.isCanceled)
        self._on_end = on_end

    def run(self) -> bool:
        """Play; whatever goes wrong is kept for the main thread."""
        with at_work():
            try:
                self.found = deletion_insertion(
                    self._game,
                    self._explanation,
                    steps=STEPS,
                    on_progress=lambda share: self.setProgress(100 * share),
                )
            except Interrupted:
                return False
            except Exception as error:  # noqa: BLE001 (what leaves a QgsTask's thread ends QGIS)
                self.error = error
                self.details = traceback.format_exc()
        return self.error is None

    def finished(self, _result: bool) -> None:
        """Report on the main thread."""
        self._on_end(self)


class Curves(QObject):
    """Starts the curves that the section asks for, and keeps those of this session.

    Parameters
    ----------
    section : CurvesSection
        Button, progress and chart.
    """

    failed = pyqtSignal(object, str)

    def __init__(self, section: CurvesSection, parent: QObject) -> None:
        super().__init__(parent)
        self.section = section
        self._record: Any = None
        self._game: Optional[RecordGame] = None
        self._task: Optional[CurvesTask] = None
        # QGIS keeps no reference to a Python task, cancelled or not.
        self._working: set[CurvesTask] = set()
        # By the array of contributions, which a run shares with its renamed copies.
        self._known: dict[tuple[int, str], tuple[Any, Any]] = {}
        section.asked.connect(self._start)
        section.cancel_asked.connect(self.cancel)

    def follow(self, record: Any, game: Optional[RecordGame]) -> None:
        """Speak of this record, and this target of it, from now on; another one is cancelled.

        Parameters
        ----------
        record : Record or None
            The run.
        game : RecordGame, optional
            Without it nothing can be asked.
        """
        if self._task is not None and not _same(self._task.record, record):
            self.cancel()
        self._record, self._game = record, game
        self.section.setVisible(game is not None)
        if game is None or self._task is not None:
            return
        _, found = self._known.get(_key(record), (None, None))
        if found is None:
            self.section.show_ready()
        else:
            self.section.show_curves(found)

    def cancel(self) -> None:
        """Stop what is played; nothing of it is kept."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            self.section.show_ready()

    def close(self) -> None:
        """Stop, and forget."""
        self.cancel()
        self._known.clear()

    def _start(self) -> None:
        if self._game is None or self._task is not None:
            return
        title = self.tr("Curves of {}").format(self._record.name)
        task = CurvesTask(title, self._game, self._record, self._ended)
        self._task = task
        self._working.add(task)
        task.progressChanged.connect(lambda percent: self._advanced(task, percent))
        self.section.show_progress(0.0)
        QgsApplication.taskManager().addTask(task)

    def _advanced(self, task: CurvesTask, percent: float) -> None:
        if task is self._task:
            self.section.show_progress(percent)

    def _ended(self, task: CurvesTask) -> None:
        self._working.discard(task)
        if task is not self._task:
            return
        self._task = None
        if task.error is not None:
            self.failed.emit(task.error, task.details)
        if task.found is not None:
            # The arrays are kept with it, so that no other run can have their number.
            self._known[_key(task.record)] = (task.record.explanation.values, task.found)
        self.follow(self._record, self._game)


def _key(record: Any) -> tuple[int, str]:
    return id(record.explanation.values), record.target_name


def _same(one: Any, other: Any) -> bool:
    return one is not None and other is not None and _key(one) == _key(other)
