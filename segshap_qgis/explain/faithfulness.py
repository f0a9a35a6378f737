"""Does an explanation tell what the model does? Measures that need the game again.

Deletion and insertion after Petsiuk et al. 2018, infidelity after Yeh et al. 2019, "On the
(in)fidelity and sensitivity of explanations"; every curve comes with the reverse order and random
orders beside it, because a number alone tells nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Callable, Optional

import numpy as np
from numpy.typing import NDArray

from ..errors import SettingsError
from .types import Explanation, Game

Array = NDArray[np.float64]
FEWEST_RANDOM_ORDERS = 20
RANDOM_SETS = 200
# In which random sets are evaluated, to tell of the progress.
PARTS = 10
CURVES = ("deletion", "insertion", "reverse_deletion", "reverse_insertion")


@dataclass(frozen=True)
class Curve:
    """The value as cells are deleted or inserted one by one.

    Attributes
    ----------
    area : (K,) array
        Share of the players' area changed so far, 0 to 1; K is M + 1, or fewer.
    value : (K,) array
        (v - v(none)) / (v(all) - v(none)).
    """

    area: Array
    value: Array

    @property
    def auc(self) -> float:
        """Area under the curve, by the trapezium rule."""
        steps = np.diff(self.area)
        return float((steps * (self.value[1:] + self.value[:-1]) / 2).sum())


@dataclass(frozen=True)
class DeletionInsertion:
    """Curves of one target in the order of the contributions, reversed, and in random orders.

    Good contributions give a low deletion and a high insertion AUC, the reverse order the opposite.
    """

    deletion: Curve
    insertion: Curve
    reverse_deletion: Curve
    reverse_insertion: Curve
    random_deletion: tuple[Curve, ...]
    random_insertion: tuple[Curve, ...]

    @property
    def random_better(self) -> int:
        """Random orders that do as well as the contributions or better: none of a good map."""
        return sum(
            deletion.auc <= self.deletion.auc or insertion.auc >= self.insertion.auc
            for deletion, insertion in zip(self.random_deletion, self.random_insertion)
        )

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every step of every curve, for tables: curve, number, step, area and value."""
        for name in CURVES:
            yield from _steps(name, 0, getattr(self, name))
        for name in ("random_deletion", "random_insertion"):
            for number, curve in enumerate(getattr(self, name), 1):
                yield from _steps(name, number, curve)


def deletion_insertion(
    game: Game,
    explanation: Explanation,
    target: int = 0,
    random_orders: int = FEWEST_RANDOM_ORDERS,
    seed: int = 0,
    steps: Optional[int] = None,
    on_progress: Optional[Callable[[float], None]] = None,
) -> DeletionInsertion:
    """Delete and insert the cells by decreasing signed contribution, in reverse, and at random.

    Parameters
    ----------
    game : Game
        The game that was explained.
    explanation : Explanation
        Contributions that give the order; any per-cell heat will do in its ``values``.
    target : int, default 0
        Which target.
    random_orders : int, default 20
        At least 20, each deleted and inserted.
    seed : int, default 0
        Of the random orders.
    steps : int, optional
        At most so many steps a curve, the first of one cell and the later ones of more, because
        most happens at the strongest cells; every order has the same steps. One cell a step by
        default.
    on_progress : callable, optional
        Told the share that is done after every curve, 0 to 1.

    Returns
    -------
    DeletionInsertion
        Costs ``(4 + 2 random_orders) (M - 1) + 2`` evaluations; with `steps` at most that many
        in place of M - 1.

    Raises
    ------
    SettingsError
        Fewer than 20 random orders, or a target whose value does not change at all.
    """
    if random_orders < FEWEST_RANDOM_ORDERS:
        raise SettingsError(
            f"{random_orders} random orders are too few to compare with.",
            f"Use at least {FEWEST_RANDOM_ORDERS}.",
        )
    players = explanation.superpixels.n_players
    ends = np.array([[False] * players, [True] * players])
    none, everyone = game(ends)[:, target]
    if everyone == none:
        raise SettingsError(
            "Masking the whole image does not change this target.", "Choose another background."
        )
    rng = np.random.default_rng(seed)
    order = np.argsort(-explanation.values[target], kind="stable")
    orders = [order, order[::-1], *(rng.permutation(players) for _ in range(random_orders))]
    areas = explanation.superpixels.areas
    counts = _counts(players, steps)
    deletions, insertions = [], []
    for number, sequence in enumerate(orders, 1):
        present = np.zeros((len(counts), players), dtype=bool)
        for count, row in zip(counts, present):
            row[sequence[:count]] = True
        inserted = (game(present)[:, target] - none) / (everyone - none)
        deleted = (game(~present)[:, target] - none) / (everyone - none)
        changed = np.cumsum(areas[sequence])[counts - 1] / areas.sum()
        area = np.concatenate([[0.0], changed, [1.0]])
        if on_progress is not None:
            on_progress(number / len(orders))
        insertions.append(Curve(area, np.concatenate([[0.0], inserted, [1.0]])))
        deletions.append(Curve(area, np.concatenate([[1.0], deleted, [0.0]])))
    return DeletionInsertion(
        deletions[0],
        insertions[0],
        deletions[1],
        insertions[1],
        tuple(deletions[2:]),
        tuple(insertions[2:]),
    )


def _steps(name: str, number: int, curve: Curve) -> Iterator[dict[str, Any]]:
    for step, (area, value) in enumerate(zip(curve.area.tolist(), curve.value.tolist())):
        yield {"curve": name, "number": number, "step": step, "area": area, "value": value}


def _counts(players: int, steps: Optional[int]) -> NDArray[np.int64]:
    """Cells changed at each step between none and all."""
    if steps is None or steps >= players:
        return np.arange(1, players)
    grown = players * (np.arange(1, steps) / steps) ** 2
    return np.unique(np.clip(np.round(grown), 1, players - 1).astype(np.int64))


def completeness(explanation: Explanation) -> Array:
    """How far the contributions are from adding up: |sum(phi) - Delta| of each target, (T,)."""
    total = explanation.prediction - explanation.base
    gap: Array = np.abs(explanation.values.sum(axis=1) - total)
    return gap


def infidelity(
    game: Game,
    explanation: Explanation,
    n_sets: int = RANDOM_SETS,
    seed: int = 0,
    on_progress: Optional[Callable[[float], None]] = None,
) -> tuple[Array, Array]:
    """Mean squared error of foretelling, from the contributions, what deleting random sets changes.

    For random sets S of cells (size uniform): E[(sum_S phi_i - (v(all) - v(all without S)))^2].

    Parameters
    ----------
    game, explanation
        The game that was explained, and its contributions to all of its targets.
    n_sets : int, default 200
        Random sets.
    seed : int, default 0
        Of the sets.
    on_progress : callable, optional
        Told the share that is done, 0 to 1, a few times.

    Returns
    -------
    infidelity, standard_error : (T,) arrays
        In squared units of the value. Costs `n_sets` evaluations.
    """
    players = explanation.superpixels.n_players
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, players + 1, size=n_sets)
    deleted = np.stack([rng.permutation(players) < size for size in sizes])
    values = []
    parts = np.array_split(~deleted, min(PARTS, n_sets))
    for part in parts:
        values.append(game(part))
        if on_progress is not None:
            on_progress(len(values) / len(parts))
    change = explanation.prediction - np.concatenate(values)
    errors = (deleted @ explanation.values.T - change) ** 2
    return errors.mean(axis=0), errors.std(axis=0, ddof=1) / np.sqrt(n_sets)


def rank_correlation(first: Array, second: Array) -> float:
    """Spearman's rank correlation of two sets of contributions (ties share their mean rank)."""
    a, b = _ranks(np.ravel(first)), _ranks(np.ravel(second))
    a, b = a - a.mean(), b - b.mean()
    length = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / length if length > 0 else float("nan")


def _ranks(values: Array) -> Array:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: Array = (ends - (counts - 1) / 2)[inverse.reshape(-1)]
    return ranks


def seed_stability(explanations: list[Explanation], target: int = 0) -> float:
    """Mean rank correlation between explanations that differ by their seed only.

    The ceiling for any comparison of two methods or models on this image.

    Raises
    ------
    SettingsError
        Fewer than two explanations.
    """
    if len(explanations) < 2:
        raise SettingsError("Stability needs explanations from at least two seeds.")
    values = [explanation.values[target] for explanation in explanations]
    pairs = [(a, b) for i, a in enumerate(values) for b in values[i + 1 :]]
    return float(np.mean([rank_correlation(a, b) for a, b in pairs]))
