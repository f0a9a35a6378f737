"""Do two models decide for the same reasons? Contributions compared cell by cell.

Both models play the same coalitions, so that the difference has a standard error of its own. A rank
correlation means nothing beside the one that a model has with itself from seed to seed: many cells
contribute nearly nothing, and their ranks are noise. So it always comes with that ceiling.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Callable, Optional

import numpy as np
from numpy.typing import NDArray

from ..errors import SettingsError
from .combined_games import ContrastGame, only_targets
from .explainer import DEFAULT_ESTIMATOR, explain
from .faithfulness import rank_correlation, seed_stability
from .types import Explanation, Superpixels

Array = NDArray[np.float64]
# Standard errors that a contribution must lie off zero for its sign to count.
SURE = 2.0


@dataclass(frozen=True)
class Agreement:
    """How far two models agree on one target.

    Attributes
    ----------
    target, first, second : str
        The class, and the names of its two contributions.
    prediction_first, prediction_second : float
        v(all) of each model.
    base_first, base_second : float
        v(none) of each model.
    rank_correlation : float
        Mean Spearman correlation between the models over runs with *different* seeds, so that
        chance agreement of the coalitions does not enter; NaN if a model contributes nothing.
    ceiling : float
        What two models with the same contributions would reach: the geometric mean of both models'
        correlation with themselves from seed to seed.
    stability_first, stability_second : float
        Those correlations.
    sign_agreement : float
        Share of `sure_cells` in which both contributions have the same sign; NaN without any.
    sure_cells : int
        Cells where both contributions are at least 2 standard errors off zero.
    differing_cells : int
        Cells where the difference is at least 2 of its own standard errors off zero.
    largest_difference : float
        Largest absolute difference of a contribution, in the unit of the values.
    """

    target: str
    first: str
    second: str
    prediction_first: float
    prediction_second: float
    base_first: float
    base_second: float
    rank_correlation: float
    ceiling: float
    stability_first: float
    stability_second: float
    sign_agreement: float
    sure_cells: int
    differing_cells: int
    largest_difference: float


@dataclass(frozen=True)
class Likeness:
    """How alike two finished explanations of the same cells are, whatever made them differ.

    Attributes
    ----------
    rank_correlation : float
        Spearman's, over all cells; NaN if one contributes nothing. Most cells contribute nearly
        nothing and their ranks are noise, so see it beside the next.
    rank_correlation_of_sure : float
        Over the cells of which at least one contribution is 2 standard errors off zero; NaN with
        fewer than three.
    sign_agreement : float
        Share of `sure_cells` in which both contributions have the same sign; NaN without any.
    sure_cells : int
        Cells where both contributions are at least 2 standard errors off zero.
    differing_cells : int
        Cells where the difference is at least 2 of its standard errors off zero.
    largest_difference : float
        Largest absolute difference of a contribution, in the unit of the values.
    """

    rank_correlation: float
    rank_correlation_of_sure: float
    sign_agreement: float
    sure_cells: int
    differing_cells: int
    largest_difference: float


def likeness(first: Explanation, second: Explanation, difference: Explanation) -> Likeness:
    """Compare two explanations of one target each.

    Parameters
    ----------
    first, second : Explanation
        On the same super-pixels.
    difference : Explanation
        First minus second, with its standard errors.
    """
    a, b = first.values[0], second.values[0]
    sure_a, sure_b = _is_sure(first, 0), _is_sure(second, 0)
    either, both = sure_a | sure_b, sure_a & sure_b
    return Likeness(
        rank_correlation=rank_correlation(a, b),
        rank_correlation_of_sure=(
            rank_correlation(a[either], b[either]) if either.sum() > 2 else math.nan
        ),
        sign_agreement=float((np.sign(a) == np.sign(b))[both].mean()) if both.any() else math.nan,
        sure_cells=int(both.sum()),
        differing_cells=int(_is_sure(difference, 0).sum()),
        largest_difference=float(np.abs(difference.values[0]).max()),
    )


@dataclass(frozen=True)
class Comparison:
    """Two models' explanations of the same regions, and what they have in common.

    Attributes
    ----------
    first, second : Explanation
        Of T targets each, from the first seed.
    difference : Explanation
        Of T targets: first minus second, with its own standard errors.
    agreements : tuple of Agreement
        One a target.
    """

    first: Explanation
    second: Explanation
    difference: Explanation
    agreements: tuple[Agreement, ...]

    def to_csv(self) -> str:
        """The agreements as comma-separated text, one row a target."""
        text = io.StringIO()
        writer = csv.DictWriter(text, [f.name for f in fields(Agreement)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(agreement) for agreement in self.agreements)
        return text.getvalue()

    def to_markdown(self) -> str:
        """The agreements as a table for a report, one row a target."""
        head = ["target", "first", "second", "rank correlation", "ceiling", "same sign", "differ"]
        rows = [
            [
                a.target,
                f"{a.prediction_first:.3f}",
                f"{a.prediction_second:.3f}",
                _number(a.rank_correlation),
                _number(a.ceiling),
                f"{_number(a.sign_agreement)} of {a.sure_cells}",
                f"{a.differing_cells} of {self.difference.superpixels.n_players}",
            ]
            for a in self.agreements
        ]
        lines = [head, ["---"] * len(head), *rows]
        return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def compare(
    game: ContrastGame,
    superpixels: Superpixels,
    budget: int = 1000,
    seeds: Sequence[int] = (0, 1),
    estimator: str = DEFAULT_ESTIMATOR,
    on_progress: Optional[Callable[[Explanation], bool]] = None,
) -> Comparison:
    """Explain two models on the same coalitions, once for every seed, and compare them.

    Parameters
    ----------
    game : ContrastGame
        Of T targets of the first model, the same T of the second, and their T differences in the
        same order, as `segshap_qgis.models.make_comparison_game` builds it.
    superpixels : Superpixels
        The players.
    budget : int, default 1000
        Evaluations for each seed; each runs both models.
    seeds : sequence of int, default (0, 1)
        At least two: the ceiling comes from them.
    estimator : str
        As `explain`.
    on_progress : callable, optional
        As `explain`; after False the comparison is made of what is known, all seeds cut short.

    Raises
    ------
    SettingsError
        Fewer than two different seeds, or a game of another make.
    """
    third, rest = divmod(game.n_targets, 3)
    if rest or list(game.pairs) != [(target, third + target) for target in range(third)]:
        raise SettingsError(
            "This game does not hold two models and their differences.",
            "Make it with make_comparison_game.",
        )
    if len(set(seeds)) < 2:
        raise SettingsError("A comparison needs at least two different seeds.")
    runs = [
        explain(game, superpixels, budget, seed, estimator, on_progress=on_progress)
        for seed in dict.fromkeys(seeds)
    ]
    firsts = [only_targets(run, range(third)) for run in runs]
    seconds = [only_targets(run, range(third, 2 * third)) for run in runs]
    difference = only_targets(runs[0], range(2 * third, 3 * third))
    agreements = tuple(_agreement(firsts, seconds, difference, target) for target in range(third))
    return Comparison(firsts[0], seconds[0], difference, agreements)


def _agreement(
    firsts: list[Explanation], seconds: list[Explanation], difference: Explanation, target: int
) -> Agreement:
    first, second = firsts[0], seconds[0]
    stabilities = [seed_stability(runs, target) for runs in (firsts, seconds)]
    across = [
        rank_correlation(a.values[target], b.values[target])
        for i, a in enumerate(firsts)
        for j, b in enumerate(seconds)
        if i != j
    ]
    sure = _is_sure(first, target) & _is_sure(second, target)
    same = np.sign(first.values[target]) == np.sign(second.values[target])
    name = str(first.settings["targets"][target])
    return Agreement(
        target=name.split(": ", 1)[-1],
        first=name,
        second=str(second.settings["targets"][target]),
        prediction_first=float(first.prediction[target]),
        prediction_second=float(second.prediction[target]),
        base_first=float(first.base[target]),
        base_second=float(second.base[target]),
        rank_correlation=float(np.mean(across)),
        ceiling=math.sqrt(max(0.0, stabilities[0]) * max(0.0, stabilities[1])),
        stability_first=stabilities[0],
        stability_second=stabilities[1],
        sign_agreement=float(same[sure].mean()) if sure.any() else math.nan,
        sure_cells=int(sure.sum()),
        differing_cells=int(_is_sure(difference, target).sum()),
        largest_difference=float(np.abs(difference.values[target]).max()),
    )


def _is_sure(explanation: Explanation, target: int) -> NDArray[np.bool_]:
    """Cells whose contribution is known not to be zero; an unknown standard error says nothing."""
    values, errors = explanation.values[target], explanation.standard_errors[target]
    sure: NDArray[np.bool_] = (values != 0) & (np.abs(values) >= SURE * errors)
    return sure


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.2f}"
