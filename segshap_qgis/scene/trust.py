"""How far the explanation of a detection gives reason to trust the detection.

Three shares between 0 and 1 are measured, and trust is the smallest: one weak link is enough.

focus
    Share of all absolute contributions that lies on the slick and near it. A detection that rests
    on far-away cells rests on context, whatever the context is.
faithfulness
    Do the contributions tell what the model does? Half of what inserting the cells in the order of
    their contributions gains over the reverse order, plus half of the same for deleting: 1 if a
    few cells decide, 0 if the order means nothing.
stability
    Share of the differences between cells that is no sampling noise: 1 minus the mean squared
    standard error over the variance of the contributions (the reliability coefficient of test
    theory).
"""

from __future__ import annotations

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
    """Where the absolute contributions lie; the three add up to 1, or are NaN if all are 0."""

    slick: float
    near: float
    far: float


class Scores(NamedTuple):
    """Areas under the curves of one target, in steps of a tenth of the cells."""

    insertion: float
    deletion: float
    reverse_insertion: float
    reverse_deletion: float

    @property
    def faithfulness(self) -> float:
        """See the module; NaN where masking everything changes nothing."""
        gained = self.insertion - self.reverse_insertion
        lost = self.reverse_deletion - self.deletion
        return float(np.clip((gained + lost) / 2, 0.0, 1.0))


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
        return Shares(float("nan"), float("nan"), float("nan"))
    touched = np.unique(cells.labels[region & (cells.labels >= 0)])
    on_slick = np.zeros(cells.n_players, dtype=bool)
    on_slick[touched] = True
    is_near = ~on_slick & (_distances(cells.centres(), region) <= near)
    slick, close = (float(weight[chosen].sum() / weight.sum()) for chosen in (on_slick, is_near))
    return Shares(slick, close, float(weight[~on_slick & ~is_near].sum() / weight.sum()))


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
        return Scores(*[float("nan")] * 4)
    # Where the slick is less likely than the base value, cells that speak against it come first.
    order = np.argsort(-explanation.values[0] * np.sign(everyone - none), kind="stable")
    counts = np.unique(np.linspace(0, players, min(STEPS, players) + 1).round().astype(int))[1:-1]
    areas = []
    for sequence in (order, order[::-1]):
        present = np.zeros((len(counts), players), dtype=bool)
        for row, count in zip(present, counts):
            row[sequence[:count]] = True
        covered = explanation.superpixels.areas[sequence].cumsum()
        area = np.concatenate([[0.0], covered[counts - 1] / covered[-1], [1.0]])
        values = game(np.concatenate([present, ~present]))[:, target]
        shares = (values - none) / (everyone - none)
        inserted = np.concatenate([[0.0], shares[: len(counts)], [1.0]])
        deleted = np.concatenate([[1.0], shares[len(counts) :], [0.0]])
        areas += [Curve(area, inserted).auc, Curve(area, deleted).auc]
    return Scores(areas[0], areas[1], areas[2], areas[3])


def trust_of(shares: Shares, scores: Scores, stability: float) -> float:
    """The smallest of focus, faithfulness and stability; 0 where one of them is unknown."""
    links = [shares.slick + shares.near, scores.faithfulness, stability]
    return float(min(0.0 if np.isnan(link) else link for link in links))


def _distances(points: NDArray[np.float64], region: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Distance of (M, 2) points to the nearest pixel of a region, in pixels."""
    inside = np.pad(region, 1)
    # The nearest pixel of a region lies on its edge, or is the point's own.
    core = inside[1:-1, :-2] & inside[1:-1, 2:] & inside[:-2, 1:-1] & inside[2:, 1:-1]
    edge = np.argwhere(region & ~core).astype(np.float64)
    return np.array([np.sqrt(((edge - point) ** 2).sum(axis=1).min()) for point in points])
