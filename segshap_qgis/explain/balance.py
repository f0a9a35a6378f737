"""Coalitions that speak of all players alike: draws that differ from those before.

With independent draws the rows q of the Shapley regression are as correlated as chance makes them,
and about as many pairs as there are players are spent on undoing that: the noise reaches the
contributions by M / (K - M), where rows that fill all directions evenly would let in M / K. Such
rows have the least frame potential, sum_kl (q_k . q_l)^2 (Benedetto & Fickus 2003). Each draw is
therefore improved, from where chance has put it, by exchanging players of S for others as long as
its share of the potential, q G q with G = sum_k q_k q_k^T, falls.

Of the first M draws every fourth is left to chance. Up to M rows could all be at right angles:
X X^T would be the identity, and nothing could tell what single players do from noise. What is
repeated says how large the noise is.

Players take part under numbers drawn at random and nothing depends on the game, so each coalition
by itself is as likely as any other of its size: the weights and the expectations stay as they were.
All numbers are whole, and sums of them are exact in any order: the same coalitions on every
machine, with any number of threads.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Rows have about this length. With 1e5 of them all sums stay below 2^53.
LENGTH = 4096
# Most of what can be gained; the rest would take as long again.
MOST_SWAPS = 30
LEFT_TO_CHANCE = 4
# G of more players takes longer than what it gains.
LARGEST = 2000


class Balance:
    """The rows so far, and how to improve the next one.

    Parameters
    ----------
    n_players : int
        M.
    """

    def __init__(self, n_players: int) -> None:
        self.n_players = n_players
        self.n_rows = 0
        self.G = np.zeros((n_players, n_players))

    def improved(self, coalition: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Another coalition of the same size that resembles those before less, (M,)."""
        if self.n_rows < self.n_players and self.n_rows % LEFT_TO_CHANCE == 1:
            return coalition
        present, absent = self._entries(int(coalition.sum()))
        step = present - absent
        better = coalition.copy()
        along, own = self.G @ np.where(better, present, absent), step * np.diag(self.G)
        for _ in range(MOST_SWAPS):
            # By `step` for each: the change of q G q if a player leaves and another one joins.
            leaves = int(np.argmin(np.where(better, own - 2 * along, np.inf)))
            joins_for = own + 2 * along - 2 * step * self.G[leaves]
            joins = int(np.argmin(np.where(better, np.inf, joins_for)))
            if own[leaves] - 2 * along[leaves] + joins_for[joins] >= 0:
                break
            better[leaves], better[joins] = False, True
            along += step * (self.G[joins] - self.G[leaves])
        return better

    def add(self, coalition: NDArray[np.bool_]) -> None:
        """Count a coalition, or its complement, among those before."""
        q = np.where(coalition, *self._entries(int(coalition.sum())))
        self.G += np.outer(q, q)
        self.n_rows += 1

    def _entries(self, size: int) -> tuple[float, float]:
        """Whole numbers in proportion to the row's entries of players in S and of the others.

        The row sqrt(w) (z - s/M) has the same length for every size.
        """
        M = self.n_players
        unit = LENGTH / np.sqrt(size * (M - size) / M)
        return float(np.rint(unit * (1 - size / M))), float(np.rint(-unit * size / M))
