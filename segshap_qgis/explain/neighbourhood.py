"""Which players touch, and what the prior of the contributions makes of it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Time of the heat kernel: a smooth field varies over about two cells.
HEAT = 0.67
LEAST_HEAT = 0.05
# Smoothest modes that are kept: more cost time and carry little.
MOST_MODES = 128
# Eigenvectors of larger graphs take longer than they are worth.
LARGEST_GRAPH = 1500
# A player that touches more (a sea around islands) is no centre of an interaction.
MOST_NEIGHBOURS = 12


@dataclass(frozen=True)
class Neighbourhood:
    """Which players touch, as the priors need it.

    Attributes
    ----------
    n_players : int
        M.
    edges : (E, 2) integer array
        Pairs of players that touch; empty where players lie nowhere.
    """

    n_players: int
    edges: NDArray[np.integer]

    @cached_property
    def adjacency(self) -> NDArray[np.bool_]:
        """Symmetric, (M, M), False on the diagonal."""
        touch = np.zeros((self.n_players, self.n_players), dtype=bool)
        touch[self.edges[:, 0], self.edges[:, 1]] = True
        return touch | touch.T

    @cached_property
    def averaging(self) -> Array:
        """Rows of sum one: half the player itself, half its neighbours; (M, M)."""
        degrees = self.adjacency.sum(axis=1, keepdims=True)
        rows: Array = np.eye(self.n_players) + self.adjacency / np.maximum(degrees, 1)
        return rows / rows.sum(axis=1, keepdims=True)

    @cached_property
    def smooth_basis(self) -> Array:
        """E: leading eigenvectors of the graph's heat kernel, scaled by its root; (M, r)."""
        if not len(self.edges) or self.n_players > LARGEST_GRAPH:
            return np.zeros((self.n_players, 0))
        laplacian = np.diag(self.adjacency.sum(axis=1)) - self.adjacency.astype(float)
        rates, modes = np.linalg.eigh(laplacian)
        kept = np.flatnonzero(np.exp(-HEAT * rates) > LEAST_HEAT)[:MOST_MODES]
        return modes[:, kept] * np.exp(-HEAT * rates[kept] / 2) * np.sqrt(self.n_players)

    @cached_property
    def triples(self) -> NDArray[np.int64]:
        """Connected sets of three players, (n, 3)."""
        found: set[tuple[int, ...]] = set()
        for middle in range(self.n_players):
            around = np.flatnonzero(self.adjacency[middle]).tolist()
            if len(around) <= MOST_NEIGHBOURS:
                pairs = itertools.combinations(around, 2)
                found.update(tuple(sorted((middle, *pair))) for pair in pairs)
        return np.array(sorted(found), dtype=np.int64).reshape(-1, 3)
