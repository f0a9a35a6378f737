"""How far the explanation of a detection gives reason to trust the detection.

trust
    The probability, times the support: what of the evidence speaks for the slick from where the
    slick is. A probability that is the small balance of large contributions for and against, or
    that rests on far-away cells, gives less reason.
support
    Share of all absolute contributions that are positive and lie on the slick or near it.

Two more shares between 0 and 1 say how far the map of contributions itself can be relied on:

faithfulness
    Do the contributions tell what the model does? They foretell the value of any set of cells,
    base value plus the sum over the set: the share of the differences between the values on the
    curves of insertion and deletion that is foretold.
stability
    Share of the differences between cells that is no sampling noise: 1 minus the mean squared
    standard error over the variance of the contributions (the reliability coefficient of test
    theory).

The area between these curves and their reverse is no measure of faithfulness here: it is small
where the slick covers much of the window, however well it is explained, and large where opposing
cells let the curves run past their ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..explain import Explanation
from ..explain.faithfulness import Curve
from ..explain.types import Game

# Points of each curve between nothing and everything. A curve of every single cell costs as much
# as the explanation itself.
STEPS = 10


class Shares(NamedTuple):
    """Where the absolute contributions lie, and which give support; NaN if all are 0.

    `slick`, `near` and `far` add up to 1; `support` is a part of the first two.
    """

    slick: float
    near: float
    far: float
    support: float


class Scores(NamedTuple):
    """Areas under the curves of one target, in steps of a tenth of the cells, and `faithfulness`.

    All are NaN where masking everything changes nothing.
    """

    insertion: float
    deletion: float
    reverse_insertion: float
    reverse_deletion: float
    faithfulness: float


def shares_of(explanation: Explanation, region: NDArray[np.bool_], near: float) -> Shares:
    """Shares of the contributions of one target by place.

    Parameters
    ----------
    explanation : Explanation
        Of one target.
    region : (H, W) bool array
        The slick.
    near : float
        A cell is near if its centre lies within so many pixels of a pixel of the slick; it belongs
        to the slick if it holds a pixel of it.
    """
    cells = explanation.superpixels
    weight = np.abs(explanation.values[0])
    if not weight.sum() > 0:
        return Shares(*[float("nan")] * 4)
    touched = np.unique(cells.labels[region & (cells.labels >= 0)])
    on_slick = np.zeros(cells.n_players, dtype=bool)
    on_slick[touched] = True
    is_near = ~on_slick & (_distances(cells.centres(), region) <= near)
    is_far = ~on_slick & ~is_near
    supports = ~is_far & (explanation.values[0] > 0)
    parts = (on_slick, is_near, is_far, supports)
    return Shares(*(float(weight[part].sum() / weight.sum()) for part in parts))


def stability_of(explanation: Explanation) -> float:
    """Share of the variance between cells that is no noise, 0 to 1; 0 where errors are unknown."""
    variance = float(explanation.values[0].var())
    noise = float((explanation.standard_errors[0] ** 2).mean())
    if not variance > 0 or not np.isfinite(noise):
        return 0.0
    return float(np.clip(1 - noise / variance, 0.0, 1.0))


def scores_of(game: Game, explanation: Explanation, target: int) -> Scores:
    """Insertion and deletion of one target of a game, by order of contribution and in reverse.

    Costs ``4 (STEPS - 1)`` evaluations, or what there are cells for.
    """
    players = explanation.superpixels.n_players
    none, everyone = float(explanation.base[0]), float(explanation.prediction[0])
    if none == everyone:
        return Scores(*[float("nan")] * 5)
    # Where the slick is less likely than the base value, cells that speak against it come first.
    order = np.argsort(-explanation.values[0] * np.sign(everyone - none), kind="stable")
    counts = np.unique(np.linspace(0, players, min(STEPS, players) + 1).round().astype(int))[1:-1]
    areas, found, foretold = [], [none, everyone], [none, everyone]
    for sequence in (order, order[::-1]):
        present = np.zeros((len(counts), players), dtype=bool)
        for row, count in zip(present, counts):
            row[sequence[:count]] = True
        covered = explanation.superpixels.areas[sequence].cumsum()
        area = np.concatenate([[0.0], covered[counts - 1] / covered[-1], [1.0]])
        sets = np.concatenate([present, ~present])
        values = game(sets)[:, target]
        found += values.tolist()
        foretold += (none + sets @ explanation.values[0]).tolist()
        shares = (values - none) / (everyone - none)
        inserted = np.concatenate([[0.0], shares[: len(counts)], [1.0]])
        deleted = np.concatenate([[1.0], shares[len(counts) :], [0.0]])
        areas += [Curve(area, inserted).auc, Curve(area, deleted).auc]
    return Scores(areas[0], areas[1], areas[2], areas[3], _share_foretold(found, foretold))


def _share_foretold(found: Sequence[float], foretold: Sequence[float]) -> float:
    """Share of the variance of values that is foretold, 0 to 1."""
    missed = ((np.array(found) - np.array(foretold)) ** 2).mean()
    return float(np.clip(1 - missed / np.var(found), 0.0, 1.0))


def trust_of(probability: float, shares: Shares) -> float:
    """Probability times support; 0 where nothing supports it."""
    return 0.0 if np.isnan(shares.support) else probability * shares.support


def _distances(points: NDArray[np.float64], region: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Distance of (M, 2) points to the nearest pixel of a region, in pixels."""
    inside = np.pad(region, 1)
    # The nearest pixel of a region lies on its edge, or is the point's own.
    core = inside[1:-1, :-2] & inside[1:-1, 2:] & inside[:-2, 1:-1] & inside[2:, 1:-1]
    edge = np.argwhere(region & ~core).astype(np.float64)
    return np.array([np.sqrt(((edge - point) ** 2).sum(axis=1).min()) for point in points])
