"""Deletion and insertion of the chosen run: a task that plays its game, and who starts it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Optional

from qgis.PyQt.QtCore import QObject

from ..explain import deletion_insertion, only_targets
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
    """

    def __init__(self, section: CurvesSection, parent: QObject) -> None:
        super().__init__(section, parent)
        self._game: Optional[RecordGame] = None
        section.asked.connect(self._start)

    def follow_game(self, record: Any, game: Optional[RecordGame]) -> None:
        """Speak of this record, and this target of it, from now on; another one is cancelled.

        Parameters
        ----------
        record : Record or None
            The run.
        game : RecordGame, optional
            Without it nothing can be asked.
        """
        self._game = game
        self.follow(record, game is not None)

    def _show(self, record: Any) -> None:
        found = record.curves.get(record.target_name)
        if found is None:
            self.section.show_ready()
        else:
            self.section.show_curves(found)

    def _with(self, record: Any, result: Any) -> Any:
        return replace(record, curves={**record.curves, record.target_name: result})

    def _start(self) -> None:
        if self._game is None or self._task is not None:
            return
        title = self.tr("Curves of {}").format(self._record.name)
        self._launch(CurvesTask(title, self._game, self._record, self._ended))
