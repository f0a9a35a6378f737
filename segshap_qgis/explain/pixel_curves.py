"""Deletion and insertion by pixels: one measure for maps of any kind.

Curves cell by cell (`faithfulness`) compare orders on one grid. Maps of different grids, and heat
maps without a grid such as RISE, are compared by deleting and inserting pixels instead, equally
many a step for all of them (Petsiuk et al. 2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import SettingsError
from .faithfulness import FEWEST_RANDOM_ORDERS, Curve
from .rise import SoftGame
from .superpixels import cell_means
from .types import Explanation, Superpixels

Array = NDArray[np.float64]
STEPS = 16


@dataclass(frozen=True)
class PixelCurves:
    """Curves of one map in the order of its values and reversed.

    A faithful map gives a low deletion and a high insertion AUC, its reverse the opposite.
    """

    deletion: Curve
    insertion: Curve
    reverse_deletion: Curve
    reverse_insertion: Curve

    @property
    def score(self) -> float:
        """Insertion minus deletion AUC: 1 at best, 0 for an order that tells nothing."""
        return self.insertion.auc - self.deletion.auc


def pixel_curves(
    game: SoftGame,
    heat: NDArray[np.floating],
    target: int = 0,
    steps: int = STEPS,
) -> PixelCurves:
    """Delete and insert the pixels by decreasing value of a map, and in reverse.

    Parameters
    ----------
    game : SoftGame
        Its background is what deleted pixels are painted with.
    heat : (H, W) array
        A map of contributions or importance; NaN where a pixel belongs to no player: it is shown
        in every step. Pixels of equal value follow each other row by row.
    target : int, default 0
        Which target of the game.
    steps : int, default 16
        Steps of equally many pixels.

    Returns
    -------
    PixelCurves
        Costs ``2 steps`` runs of the model on the whole image, both orders together.

    Raises
    ------
    SettingsError
        Fewer than 2 steps, a map without values, or a target whose value does not change at all.
    """
    order = np.flatnonzero(np.isfinite(heat))
    if steps < 2 or len(order) < steps:
        raise SettingsError(
            f"{steps} steps do not suit a map of {len(order)} pixels.",
            f"Use 2 to {len(order)} steps." if len(order) >= 2 else "Choose another map.",
        )
    order = order[np.argsort(-heat.ravel()[order], kind="stable")]
    none, everyone = _values(game, heat.shape, [order, order[:0]], target)
    if everyone == none:
        raise SettingsError(
            "Masking the whole image does not change this target.", "Choose another background."
        )
    counts = np.rint(np.linspace(0, len(order), steps + 1)).astype(int)[1:-1]
    # Deleting the first n is inserting the others in reverse order: each image is run once.
    first_shown = _values(game, heat.shape, [order[n:] for n in counts], target)
    first_hidden = _values(game, heat.shape, [order[:n] for n in counts], target)
    inserted = (first_shown - none) / (everyone - none)
    deleted = (first_hidden - none) / (everyone - none)
    area = np.concatenate([[0.0], counts / len(order), [1.0]])
    return PixelCurves(
        deletion=Curve(area, np.concatenate([[1.0], deleted, [0.0]])),
        insertion=Curve(area, np.concatenate([[0.0], inserted, [1.0]])),
        reverse_deletion=Curve(1 - area[::-1], np.concatenate([[1.0], inserted[::-1], [0.0]])),
        reverse_insertion=Curve(1 - area[::-1], np.concatenate([[0.0], deleted[::-1], [1.0]])),
    )


def random_pixel_curves(
    game: SoftGame,
    superpixels: Superpixels,
    target: int = 0,
    steps: int = STEPS,
    n_orders: int = FEWEST_RANDOM_ORDERS,
    seed: int = 0,
) -> list[PixelCurves]:
    """Curves of maps of random values on the super-pixels: what an order without knowledge gets.

    Parameters
    ----------
    game, target, steps
        As `pixel_curves`.
    superpixels : Superpixels
        Cells that get one random value each; single pixels would only make noise.
    n_orders : int, default 20
        Maps.
    seed : int, default 0
        Of their values.
    """
    rng = np.random.default_rng(seed)
    maps = (painted(rng.random(superpixels.n_players), superpixels) for _ in range(n_orders))
    return [pixel_curves(game, heat, target, steps) for heat in maps]


def as_explanation(heat: Array, template: Explanation, target: int = 0) -> Explanation:
    """A heat map as an explanation on another's cells, for `deletion_insertion` on equal terms.

    Parameters
    ----------
    heat : (H, W) float64 array
        Any importance of pixels, e.g. of RISE.
    template : Explanation
        Whose super-pixels, base and prediction are taken.
    target : int, default 0
        The template's target that the heat belongs to.

    Returns
    -------
    Explanation
        Of one target. Its values only rank the cells: they do not add up to anything.
    """
    values = cell_means(heat, template.superpixels)[None]
    return replace(
        template,
        values=values,
        standard_errors=np.full(values.shape, np.nan),
        base=template.base[[target]],
        prediction=template.prediction[[target]],
    )


def painted(values: Array, superpixels: Superpixels) -> Array:
    """A value for each cell on the pixels: (M,) to (H, W), NaN off players."""
    return np.append(values, np.nan)[superpixels.labels]


def _values(
    game: SoftGame, shape: tuple[int, ...], hidden: Sequence[NDArray[np.int64]], target: int
) -> Array:
    """Values of images with some pixels painted with the background."""
    masks = np.ones((len(hidden), *shape), dtype=np.float32)
    for mask, pixels in zip(masks, hidden):
        mask.reshape(-1)[pixels] = 0.0
    values: Array = np.asarray(game.evaluate_masks(masks), dtype=np.float64)[:, target]
    return values
