"""How far a finished explanation can be relied on: checks that play its run again.

Infidelity tells whether the contributions foretell what the model does, stability whether another
seed would have given the same map, re-initialised layers whether the map depends on what the model
has learnt. See `explain.faithfulness` and `models.randomisation` for the measures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Optional

import numpy as np

from .errors import DependencyError, Interrupted, SettingsError
from .explain import Explanation, Game, explain, only_targets
from .explain.combined_games import TargetGame, target_names
from .explain.comparison import likeness
from .explain.explainer import SMALLEST_BUDGET
from .explain.faithfulness import RANDOM_SETS, completeness, infidelity
from .explain.reliability import Checks, RandomisationCheck
from .workflow import Request, game_for

if TYPE_CHECKING:
    from .geo import Record
    from .models import SegmentationModel


def target_game(record: Record, model: SegmentationModel, evaluations: int) -> Game:
    """The game of a run's target on its own pixels, cells and region.

    Parameters
    ----------
    record : Record
        The run.
    model : SegmentationModel
        That of the run, or one with the same classes.
    evaluations : int
        How many are planned, for which the game prepares.

    Raises
    ------
    SegShapError
        The record's settings are incomplete, or the model does not fit them.
    """
    request = replace(Request.from_settings(record.settings), budget=evaluations)
    game = game_for(request, model, record.window, record.explanation.superpixels, record.region)
    names = target_names(game)
    if record.target_name not in names:
        raise SettingsError(
            f"The model has no class “{record.target_name}” any more.", "Explain the place anew."
        )
    return TargetGame(game, names.index(record.target_name))


def check(
    record: Record,
    model: SegmentationModel,
    is_randomised: bool,
    on_progress: Callable[[float], object],
    is_cancelled: Callable[[], bool],
    game: Optional[Game] = None,
) -> Checks:
    """Check a run's target.

    Costs 200 evaluations and those of the run once more; with re-initialised layers those of the
    run four times in addition.

    Parameters
    ----------
    record : Record
        A run that adds up: a heat map or a difference of two runs has no game.
    model : SegmentationModel
        The run's.
    is_randomised : bool
        Whether to explain the model with ever more layers re-initialised, too.
    on_progress : callable
        Told the share that is done, 0 to 1.
    is_cancelled : callable
        Asked often; True stops in the middle of an evaluation.
    game : Game, optional
        The run's `target_game`, where it is there already.

    Raises
    ------
    DependencyError
        Layers cannot be re-initialised where torch does not load into this process.
    Interrupted
        It was cancelled.
    SegShapError
        The run cannot be played again, or the model's layers cannot be told apart.
    """
    examiner = _Examiner(record, model, is_randomised, on_progress, is_cancelled)
    with model.interruptible(is_cancelled):
        game = game or target_game(record, model, RANDOM_SETS + examiner.budget)
        return examiner.examine(game)


class _Examiner:
    """Carries the checks out and tells how far they are, counted in evaluations."""

    def __init__(
        self,
        record: Record,
        model: SegmentationModel,
        is_randomised: bool,
        on_progress: Callable[[float], object],
        is_cancelled: Callable[[], bool],
    ) -> None:
        self.record, self.model = record, model
        self.own = only_targets(record.explanation, [record.target])
        # As many as the run took, so that the maps are as sure as each other.
        self.budget = max(SMALLEST_BUDGET, self.own.evaluations)
        self._on_progress, self._is_cancelled = on_progress, is_cancelled
        self._is_randomised = is_randomised
        self._done, self._planned = 0, RANDOM_SETS + self.budget
        if is_randomised:
            self._planned += _n_randomised() * self.budget

    def examine(self, game: Game) -> Checks:
        """All that was asked for."""
        mean, error = infidelity(
            game,
            self.own,
            RANDOM_SETS,
            self.own.seed,
            on_progress=lambda share: self._tell(share * RANDOM_SETS),
        )
        self._done = RANDOM_SETS
        again = self._explained(game, self.own.seed + 1)
        difference = replace(
            self.own,
            values=self.own.values - again.values,
            standard_errors=np.hypot(self.own.standard_errors, again.standard_errors),
        )
        alike = likeness(self.own, again, difference)
        return Checks(
            completeness_gap=float(completeness(self.own)[0]),
            infidelity=float(mean[0]),
            infidelity_error=float(error[0]),
            stability=alike.rank_correlation,
            stability_of_sure=alike.rank_correlation_of_sure,
            randomisation=self._randomised(again) if self._is_randomised else None,
        )

    def _randomised(self, again: Explanation) -> RandomisationCheck:
        """The model's own maps are known by now; the others are made."""
        from .models.randomisation import randomisation_check

        def explained(model: SegmentationModel, seed: int) -> Explanation:
            if model is self.model:
                return again if seed else self.own
            with model.interruptible(self._is_cancelled):
                game = target_game(self.record, model, self.budget)
                return self._explained(game, self.own.seed)

        return randomisation_check(self.model, explained)

    def _explained(self, game: Game, seed: int) -> Explanation:
        def hear(partial: Explanation) -> bool:
            self._tell(partial.evaluations)
            return not self._is_cancelled()

        found = explain(game, self.own.superpixels, self.budget, seed, on_progress=hear)
        if self._is_cancelled():
            raise Interrupted
        self._done += self.budget
        return found

    def _tell(self, evaluations: float) -> None:
        self._on_progress((self._done + evaluations) / self._planned)


def _n_randomised() -> int:
    """How many re-initialised models there will be.

    Raises
    ------
    DependencyError
        Their layers are out of reach, in another process.
    """
    from .models.loading import torch_loads_here

    if not torch_loads_here():
        raise DependencyError(
            "Layers can only be re-initialised where PyTorch can be loaded into QGIS itself.",
            "Check the map without re-initialised layers.",
        )
    from .models.randomisation import SHARES

    return len(SHARES)
