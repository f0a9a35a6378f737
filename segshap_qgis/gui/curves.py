"""Deletion and insertion of the chosen run: a task that plays its game, and who starts it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Optional

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..explain import deletion_insertion, only_targets
from ..geo.records import is_same_run
from .curves_section import CurvesSection
from .desk import Desk
from .record_game import OneTarget, RecordGame
from .work import Work

# Steps of a curve: 44 curves of them are some hundred evaluations rather than thousands.
STEPS = 20


class CurvesTask(Work):
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
        self, title: str, game: RecordGame, record: Any, on_end: Callable[[Work], None]
    ) -> None:
        super().__init__(title, self._play, on_end, can_cancel=True)
        self.record = record
        self._explanation = only_targets(record.explanation, [record.target])
        players = record.explanation.superpixels.n_players
        self._game = OneTarget(game, players, record.target_name, self.isCanceled)

    def _play(self) -> Any:
        return deletion_insertion(
            self._game,
            self._explanation,
            steps=STEPS,
            on_progress=lambda share: self.setProgress(100 * share),
        )


class Curves(Desk):
    """Starts the curves that the section asks for, and shows those that a run has already.

    Parameters
    ----------
    section : CurvesSection
        Button, progress and chart.

    Signals
    -------
    played(Record)
        The curves of a target are there; the record that has them.
    """

    played = pyqtSignal(object)

    def __init__(self, section: CurvesSection, parent: QObject) -> None:
        super().__init__(section, parent)
        self._record: Any = None
        self._game: Optional[RecordGame] = None
        section.asked.connect(self._start)

    def follow(self, record: Any, game: Optional[RecordGame]) -> None:
        """Speak of this record, and this target of it, from now on; another one is cancelled.

        Parameters
        ----------
        record : Record or None
            The run.
        game : RecordGame, optional
            Without it nothing can be asked.
        """
        if self._task is not None and not _is_asked(self._task.record, record):
            self.cancel()
        self._record, self._game = record, game
        self.section.setVisible(game is not None)
        if game is None or self._task is not None:
            return
        found = record.curves.get(record.target_name)
        if found is None:
            self.section.show_ready()
        else:
            self.section.show_curves(found)

    def _start(self) -> None:
        if self._game is None or self._task is not None:
            return
        title = self.tr("Curves of {}").format(self._record.name)
        self._launch(CurvesTask(title, self._game, self._record, self._ended))

    def _ended(self, task: Work) -> None:
        if not self._is_awaited(task):
            return
        record = self._record
        if task.result is not None:
            # Of the record as it is now: it may have got another name meanwhile.
            curves = {**record.curves, record.target_name: task.result}
            self._record = record = replace(record, curves=curves)
            self.played.emit(record)
        self.follow(record, self._game)


def _is_asked(record: Any, other: Any) -> bool:
    """Whether two records are the same run, and show the same target of it."""
    return is_same_run(record, other) and record.target == other.target
