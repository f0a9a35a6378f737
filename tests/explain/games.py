"""Games with known Shapley values."""

from __future__ import annotations

from itertools import permutations
from typing import Callable

import numpy as np


class FunctionGame:
    """A game from a function of (K, M) floats to (K,) or (K, T)."""

    def __init__(
        self, n_players: int, function: Callable, n_targets: int = 1, **attributes
    ) -> None:
        self.n_players = n_players
        self.n_targets = n_targets
        self.function = function
        self.calls: list[np.ndarray] = []
        self.__dict__.update(attributes)

    def __call__(self, coalitions: np.ndarray) -> np.ndarray:
        assert coalitions.dtype == bool
        self.calls.append(coalitions.copy())
        values = np.asarray(self.function(coalitions.astype(float)), dtype=float)
        return values.reshape(len(coalitions), -1)

    @property
    def evaluations(self) -> int:
        return sum(len(call) for call in self.calls)


def pairwise_game(n_players: int, seed: int, n_targets: int = 1) -> tuple[FunctionGame, np.ndarray]:
    """Linear and pairwise terms; phi_i = w_i + sum_j W_ij / 2."""
    rng = np.random.default_rng(seed)
    linear = rng.normal(size=(n_targets, n_players))
    pairs = rng.normal(size=(n_targets, n_players, n_players)) / n_players
    pairs = pairs + pairs.transpose(0, 2, 1)
    pairs[:, np.arange(n_players), np.arange(n_players)] = 0.0

    def value(z: np.ndarray) -> np.ndarray:
        return z @ linear.T + np.einsum("ki,tij,kj->kt", z, pairs, z) / 2

    return FunctionGame(n_players, value, n_targets), linear + pairs.sum(axis=2) / 2


def shapley_by_permutations(value: Callable, n_players: int) -> np.ndarray:
    """The definition: mean marginal contribution over all orders (at most 8 players)."""
    phi = np.zeros(n_players)
    orders = list(permutations(range(n_players)))
    for order in orders:
        present = np.zeros((n_players + 1, n_players))
        for step, player in enumerate(order):
            present[step + 1 :, player] = 1.0
        phi[list(order)] += np.diff(np.ravel(value(present)))
    return phi / len(orders)
