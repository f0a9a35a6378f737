"""The three types that carry everything: Superpixels, Game, Explanation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Superpixels:
    """A partition of an image into cells, the players of the game.

    Attributes
    ----------
    labels : (H, W) int32 array
        Player of each pixel, 0..M-1; -1 where a pixel belongs to no player (no-data, masked land).
    neighbours : (E, 2) int32 array
        Pairs of cells (smaller index first) that share a pixel edge.
    areas : (M,) int64 array
        Pixels of each cell.
    settings : mapping
        How the partition was made, e.g. ``{"kind": "hexagons", "side": 22}``; JSON-compatible.
    """

    labels: NDArray[np.int32]
    neighbours: NDArray[np.int32]
    areas: NDArray[np.int64]
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def n_players(self) -> int:
        """Number of cells M."""
        return len(self.areas)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.labels.shape  # type: ignore[return-value]

    def centres(self) -> NDArray[np.float64]:
        """Centre of mass (row, column) of each cell in pixels, shape (M, 2)."""
        rows, columns = np.nonzero(self.labels >= 0)
        players = self.labels[rows, columns]
        n = self.n_players
        sums = [np.bincount(players, weights=axis, minlength=n) for axis in (rows, columns)]
        return np.stack(sums, axis=1) / self.areas[:, None]


class Game(Protocol):
    """A cooperative game: coalitions of super-pixels in, values of every target out.

    A segmentation model on an image, a test function and a cluster are all just Games.
    """

    n_players: int
    n_targets: int

    def __call__(self, coalitions: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Values v(z) of K coalitions: (K, M) bool in, (K, T) float64 out."""
        ...


@dataclass(frozen=True)
class Explanation:
    """Contributions of every super-pixel to every target, with how sure they are.

    Attributes
    ----------
    values : (T, M) float64 array
        Contribution (Shapley value) of each cell, in the unit of the game's values (probability);
        ``values.sum(1) == prediction - base`` to 1e-9.
    standard_errors : (T, M) float64 array
        Standard error of each contribution, same unit; NaN where it cannot be known yet.
    base : (T,) float64 array
        v(none): every cell painted with the background.
    prediction : (T,) float64 array
        v(all): the image as it is.
    superpixels : Superpixels
        The cells that the contributions belong to.
    evaluations : int
        Coalitions evaluated so far (images run through the model).
    seed : int
        Seed of the coalitions.
    settings : mapping
        Everything else needed to repeat it; JSON-compatible. ``settings["targets"]`` names the T
        targets.
    history : tuple of (int, float)
        ``(evaluations, precision)`` at each refresh, see `precision`.
    """

    values: NDArray[np.float64]
    standard_errors: NDArray[np.float64]
    base: NDArray[np.float64]
    prediction: NDArray[np.float64]
    superpixels: Superpixels
    evaluations: int
    seed: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    history: tuple[tuple[int, float], ...] = ()

    @property
    def n_targets(self) -> int:
        """Number of targets T (a target is one class averaged over one region)."""
        return len(self.values)

    @property
    def precision(self) -> float:
        """Largest standard error as a share of the range of the contributions, worst target.

        ``max_i se_i / (max phi - min phi)``; infinite while standard errors are unknown.
        """
        return float(self._precisions().max(initial=0.0))

    def precision_of(self, target: int) -> float:
        """The same share for one target alone."""
        return float(self._precisions()[target])

    def _precisions(self) -> NDArray[np.float64]:
        spans = np.ptp(self.values, axis=1)
        known = np.isfinite(self.standard_errors)
        errors = np.where(known, self.standard_errors, np.inf).max(axis=1)
        shares: NDArray[np.float64] = np.divide(
            errors, spans, out=np.where(errors == 0, 0.0, np.inf), where=spans > 0
        )
        return shares

    def to_map(self, target: int = 0) -> NDArray[np.float32]:
        """Contributions to one target painted on the pixels: (H, W) float32, NaN off players."""
        return self._paint(self.values[target])

    def error_map(self, target: int = 0) -> NDArray[np.float32]:
        """Standard errors of one target on the pixels: (H, W) float32, NaN off players."""
        return self._paint(self.standard_errors[target])

    def _paint(self, cells: NDArray[np.float64]) -> NDArray[np.float32]:
        palette = np.append(cells, np.nan).astype(np.float32)
        return palette[self.superpixels.labels]
