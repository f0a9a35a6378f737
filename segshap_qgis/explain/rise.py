"""RISE for regions: importance of pixels from random soft masks, the peer to compare with.

Petsiuk, Das & Saenko 2018, "RISE: randomized input sampling for explanation of black-box models",
with the mean over the region of interest as the score (Dardouillet et al. 2022, section 4.3).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Callable, Optional, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError, SettingsError
from .superpixels import SMALLEST_SIDE, cell_means, squares
from .types import Explanation, Superpixels

Array = NDArray[np.float64]
BATCH_SIZE = 16
# Squares along the longer side of an image on which a heat map is kept: several in each of the
# 8 coarse cells of the masks, so that nothing of the map is lost.
KEPT_SQUARES = 52
# Share by which the masks have grown when progress is told again.
REFRESH_GROWTH = 1.15
# Names of the methods in the settings of an explanation.
UNSIGNED = "rise"
HEATS = (UNSIGNED, "signed_rise")


class SoftGame(Protocol):
    """A game that also takes soft masks; `segshap_qgis.models.MaskedGame` is one."""

    n_targets: int

    def evaluate_masks(self, masks: NDArray[np.float32]) -> Array:
        """Values under masks in [0, 1], 1 shows the image: (K, H, W) in, (K, T) out."""
        ...


@dataclass(frozen=True)
class PixelImportance:
    """Heat of every pixel for every target.

    Attributes
    ----------
    heat : (T, H, W) float64 array
        RISE: sum_k f_k M_k / (K p), in the unit of the values. Never tells a pixel that speaks
        against the target from one without influence.
    signed : (T, H, W) float64 array
        Cov(f, M) / Var(M), SegSHAP's own variant: zero without influence, negative against.
    heat_error, signed_error : (T, H, W) float64 arrays
        Their standard errors: of a mean, and of the slope of a regression on one variable.
    evaluations : int
        Masks run through the model.
    seed : int
        Seed of the masks.
    settings : mapping
        Cells, keep probability, targets; JSON-compatible.
    """

    heat: Array
    signed: Array
    heat_error: Array
    signed_error: Array
    evaluations: int
    seed: int
    settings: Mapping[str, Any] = field(default_factory=dict)


def rise(
    game: SoftGame,
    shape: tuple[int, int],
    n_masks: int = 2000,
    cells: int = 8,
    keep: float = 0.5,
    seed: int = 0,
    on_progress: Optional[Callable[[PixelImportance], bool]] = None,
    batch_size: Optional[int] = None,
) -> PixelImportance:
    """Importance of every pixel for every target of a game.

    Parameters
    ----------
    game : SoftGame
        Soft masks in, values out.
    shape : (int, int)
        Height and width of the image in pixels.
    n_masks : int, default 2000
        Evaluations.
    cells : int, default 8
        Cells of the mask's coarse grid along each side.
    keep : float, default 0.5
        Probability p that a coarse cell shows the image.
    seed : int, default 0
        Same seed and settings: same masks.
    on_progress : callable, optional
        Called with the importance so far after every batch; returns whether to go on.
    batch_size : int, optional
        Masks per call; the game's own preference by default.

    Returns
    -------
    PixelImportance
        What was learnt until the end or until `on_progress` said stop.

    Raises
    ------
    SettingsError
        A parameter out of its range.
    ModelError
        Values that are not finite.
    """
    if n_masks < 2 or cells < 1 or not 0.0 < keep < 1.0:
        raise SettingsError(
            "RISE needs at least 2 masks, 1 cell, and a keep probability between 0 and 1.",
            "Try 2000 masks, 8 cells, 0.5.",
        )
    preferred = getattr(game, "batch_size", BATCH_SIZE) if batch_size is None else batch_size
    size = max(1, int(preferred))
    settings = {
        "n_masks": int(n_masks),
        "cells": int(cells),
        "keep": float(keep),
        "targets": [str(name) for name in getattr(game, "target_names", range(game.n_targets))],
    }
    rng = np.random.default_rng(seed)
    moments = _Moments(shape, game.n_targets)
    importance = moments.importance(keep, seed, settings)
    for first in range(0, n_masks, size):
        masks = random_masks(shape, min(size, n_masks - first), cells, keep, rng)
        values = np.asarray(game.evaluate_masks(masks), dtype=np.float64)
        if not np.isfinite(values).all():
            raise ModelError("The model returned a value that is not a number.")
        moments.add(masks, values)
        importance = moments.importance(keep, seed, settings)
        if on_progress is not None and not on_progress(importance):
            break
    return importance


def rise_cells(shape: tuple[int, int], valid: Optional[NDArray[np.bool_]] = None) -> Superpixels:
    """Small squares on which a heat map is kept, shown and written like any other explanation.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the image in pixels.
    valid : (H, W) bool array, optional
        False where a pixel belongs to no cell.
    """
    return squares(shape, max(SMALLEST_SIDE, math.ceil(max(shape) / KEPT_SQUARES)), valid)


def explain_by_rise(
    game: Any,
    superpixels: Superpixels,
    budget: int = 2002,
    seed: int = 0,
    signed: bool = False,
    on_progress: Optional[Callable[[Explanation], bool]] = None,
    stop_at: Optional[float] = None,
    settings: Optional[Mapping[str, Any]] = None,
) -> Explanation:
    """RISE in the form of an explanation: the mean heat of each cell.

    Parameters
    ----------
    game : Game that takes soft masks, too
        Coalitions or soft masks in, values out.
    superpixels : Superpixels
        Cells that the heat is averaged over, e.g. `rise_cells`; the masks know nothing of them.
    budget : int, default 2002
        Evaluations: everyone, nobody, and the masks.
    seed : int, default 0
        Of the masks.
    signed : bool, default False
        The signed variant.
    on_progress : callable, optional
        Called with the explanation so far after every batch; returns whether to go on.
    stop_at : float, optional
        Stop once the largest standard error is below this share of the range of the heat.
    settings : mapping, optional
        Facts to keep with the result; JSON-compatible.

    Returns
    -------
    Explanation
        Unlike contributions, its values do not add up to prediction minus base.

    Raises
    ------
    SettingsError, ModelError
        As `rise`.
    """
    ends = np.zeros((2, superpixels.n_players), dtype=bool)
    ends[1] = True
    base, prediction = np.asarray(game(ends), dtype=np.float64)
    history: list[tuple[int, float]] = []
    facts = {
        **(settings or {}),
        "method": HEATS[signed],
        "budget": int(budget),
        "stop_at": stop_at,
    }

    def converted(found: PixelImportance) -> Explanation:
        heat, error = (
            (found.signed, found.signed_error) if signed else (found.heat, found.heat_error)
        )
        known = Explanation(
            values=np.array([cell_means(plane, superpixels) for plane in heat]),
            standard_errors=np.array([cell_means(plane, superpixels) for plane in error]),
            base=base,
            prediction=prediction,
            superpixels=superpixels,
            evaluations=found.evaluations + 2,
            seed=seed,
            settings={**found.settings, **facts},
        )
        if not history or known.evaluations >= REFRESH_GROWTH * history[-1][0]:
            history.append((known.evaluations, known.precision))
        return replace(known, history=tuple(history))

    def told(found: PixelImportance) -> bool:
        known = converted(found)
        goes_on = on_progress is None or on_progress(known)
        return goes_on and not (stop_at is not None and known.precision < stop_at)

    found = rise(game, superpixels.shape, budget - 2, seed=seed, on_progress=told)
    return converted(found)


def is_heat(explanation: Explanation) -> bool:
    """Whether the values are RISE's, which do not add up to prediction minus base."""
    return explanation.settings.get("method") in HEATS


def has_signs(explanation: Explanation) -> bool:
    """Whether negative values speak against the target; those of plain RISE say nothing of it."""
    return explanation.settings.get("method") != UNSIGNED


def random_masks(
    shape: tuple[int, int], n_masks: int, cells: int, keep: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Masks of Petsiuk et al. 2018: a coarse binary grid, enlarged bilinearly, shifted at random.

    The grid of cells x cells is enlarged to ``cells + 1`` times ``ceil(H / cells)`` pixels a side;
    a window of H x W of it begins within the first ``ceil(H / cells)``.

    Returns
    -------
    (n_masks, H, W) float32 array
        In [0, 1]; 1 shows the image.
    """
    steps = [math.ceil(length / cells) for length in shape]
    masks = np.empty((n_masks, *shape), dtype=np.float32)
    for mask in masks:
        grid = (rng.random((cells, cells)) < keep).astype(np.float64)
        shifts = [int(rng.integers(step)) for step in steps]
        along = [
            _bilinear_rows(cells, (cells + 1) * step)[shift : shift + length]
            for step, shift, length in zip(steps, shifts, shape)
        ]
        mask[:] = along[0] @ grid @ along[1].T
    return masks


def _bilinear_rows(n: int, enlarged: int) -> Array:
    """Linear interpolation of n samples to more, pixel areas aligned: weights (enlarged, n)."""
    centres = np.clip((np.arange(enlarged) + 0.5) * n / enlarged - 0.5, 0, n - 1)
    lower = np.minimum(centres.astype(int), max(n - 2, 0))
    weights = np.zeros((enlarged, n))
    weights[np.arange(enlarged), lower] = 1 - (centres - lower)
    if n > 1:
        weights[np.arange(enlarged), lower + 1] = centres - lower
    return weights


class _Moments:
    """Sums over the masks so far that heat and covariance are made of."""

    def __init__(self, shape: tuple[int, int], n_targets: int) -> None:
        self.count = 0
        self.mask, self.mask_squared = np.zeros((2, *shape))
        self.value, self.value_squared = np.zeros((2, n_targets))
        self.product, self.product_squared = np.zeros((2, n_targets, *shape))

    def add(self, masks: NDArray[np.float32], values: Array) -> None:
        exact = masks.astype(np.float64)
        self.count += len(exact)
        self.mask += exact.sum(axis=0)
        self.mask_squared += (exact**2).sum(axis=0)
        self.value += values.sum(axis=0)
        self.value_squared += (values**2).sum(axis=0)
        self.product += np.tensordot(values.T, exact, axes=1)
        self.product_squared += np.tensordot(values.T**2, exact**2, axes=1)

    def importance(self, keep: float, seed: int, settings: Mapping[str, Any]) -> PixelImportance:
        K = max(self.count, 1)
        covariance = self.product / K - (self.value / K)[:, None, None] * (self.mask / K)
        variance = self.mask_squared / K - (self.mask / K) ** 2
        varies = variance > 1e-12
        signed = np.divide(covariance, variance, out=np.zeros_like(covariance), where=varies)
        return PixelImportance(
            self.product / (K * keep),
            signed,
            self._heat_error(keep),
            self._slope_error(signed, variance, varies),
            self.count,
            seed,
            settings,
        )

    def _heat_error(self, keep: float) -> Array:
        """Standard error of the mean of f M / p."""
        K = self.count
        if K < 2:
            return np.full(self.product.shape, np.nan)
        spread = np.maximum(0.0, self.product_squared / K - (self.product / K) ** 2)
        error: Array = np.sqrt(spread / (K - 1)) / keep
        return error

    def _slope_error(self, slope: Array, variance: Array, varies: NDArray[np.bool_]) -> Array:
        """Standard error of the slope of f on M: sqrt(Var(residual) / ((K - 2) Var(M)))."""
        K = self.count
        if K < 3:
            return np.full(self.product.shape, np.nan)
        total = self.value_squared / K - (self.value / K) ** 2
        residual = np.maximum(0.0, total[:, None, None] - slope**2 * variance)
        squared = np.zeros_like(slope)
        np.divide(residual, (K - 2) * variance, out=squared, where=varies)
        error: Array = np.sqrt(squared)
        return error
