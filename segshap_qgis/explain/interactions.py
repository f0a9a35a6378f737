"""Noise that is no white noise: what interactions of three neighbouring players leave in the pairs.

Pairs remove the interactions of even order. The largest that remain are among three neighbours.
With x = 2z - 1, the game x_i x_j x_k - (x_i + x_j + x_k)/3 is such an interaction and all its
Shapley values are zero. So the residual has covariance sigma^2 (I + rho F F^T) with these
functions, weighted by how much their players matter, as columns of F. What F explains is noise
taken off the contributions without bias: control variates (compare Witter, Liu & Musco 2025,
regression-adjusted estimators).

Where the game adds up products of present players, the same products show in the means of the
pairs, which cost nothing more; conditioning on these tells much of F's coefficients beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional

import numpy as np
from numpy.typing import NDArray

from .neighbourhood import Neighbourhood
from .regression import Array, Regression, inverse_of_lower

MOST_TRIPLES = 4096
# Of a sparse game few interactions matter: those that hold this share of all importance.
KEPT = 0.999
# Factor of a product of two players against one of three that matter as much.
PAIR_STRENGTH = 2.0


@dataclass(frozen=True)
class Interactions:
    """Which interactions the noise has, and how strong.

    Attributes
    ----------
    triples : (n, 3) array
        Players of the interactions of three.
    weights : (n,) float32 array
        Factor of each of their functions.
    edges : (m, 2) array
        Players of the interactions of two, of which the means of pairs tell.
    edge_weights : (m,) float32 array
        Factor of each of theirs.
    rho : float
        Variance of the interactions as a multiple of the white noise's.
    """

    triples: NDArray[np.integer]
    weights: NDArray[np.float32]
    edges: NDArray[np.integer]
    edge_weights: NDArray[np.float32]
    rho: float = 1.0

    @classmethod
    def among(
        cls, where: Neighbourhood, g: Array, coalitions: NDArray[np.bool_], root: Array
    ) -> tuple[Interactions, NDArray[np.float32]]:
        """Each weighs the geometric mean of its players' prior variances g (M or more,).

        Rows of F for these coalitions, which are returned with it, have mean square one.
        """
        share = g / g[: where.n_players].max()
        importance = np.cbrt(share[where.triples]).prod(axis=1)
        order = np.argsort(-importance, kind="stable")
        held = np.cumsum(importance[order])
        n_kept = 1 + int(np.searchsorted(held, KEPT * held[-1])) if len(held) else 0
        strongest = order[: min(n_kept, MOST_TRIPLES)]
        weights = np.sqrt(importance[strongest]).astype(np.float32)
        of_edges = PAIR_STRENGTH * np.sqrt(np.sqrt(share[where.edges]).prod(axis=1))
        found = cls(where.triples[strongest], weights, where.edges, of_edges.astype(np.float32))
        F = found.rows(coalitions, root)
        size = np.float32(np.sqrt(np.square(F, dtype=np.float64).sum() / len(coalitions)))
        if not size > 0:
            return cls(where.triples[:0], weights[:0], where.edges[:0], weights[:0]), F[:, :0]
        factors = found.weights / size, found.edge_weights / size
        return replace(found, weights=factors[0], edge_weights=factors[1]), F / size

    def rows(self, coalitions: NDArray[np.bool_], root: Array) -> NDArray[np.float32]:
        """F for the half differences of pairs: coalitions (K, M), root weights (K,); (K, n).

        They know nothing of the interactions of two.
        """
        x = np.where(coalitions.T, np.float32(1), np.float32(-1))
        i, j, k = (x[players] for players in self.triples.T)
        F: NDArray[np.float32] = (i * j * k - (i + j + k) / 3) * self.weights[:, None]
        F *= root.astype(np.float32)
        return F.T

    def even_rows(self, coalitions: NDArray[np.bool_], root: Array) -> NDArray[np.float32]:
        """The same for the means of pairs, (K, n + m).

        A product of three players that are present, z_i z_j z_k, is an eighth of
        x_i x_j x_k + (x_i x_j + x_i x_k + x_j x_k) + (x_i + x_j + x_k) + 1: the means of the pairs
        see the second term, with the factor that the half differences have at the first.
        """
        x = np.where(coalitions.T, np.float32(1), np.float32(-1))
        i, j, k = (x[players] for players in self.triples.T)
        of_triples = (i * j + i * k + j * k - 3) * self.weights[:, None]
        first, second = (x[players] for players in self.edges.T)
        F = np.vstack([of_triples, (first * second - 1) * self.edge_weights[:, None]])
        F *= root.astype(np.float32)
        return F.T


@dataclass(frozen=True)
class _Rows:
    """Some rows of L, those of the pairs of one refresh.

    Attributes
    ----------
    F : (k, n) float32 array
        Of these pairs' half differences or means, the interactions of three alone.
    left : (k, before) array
        Rows of L up to the block on the diagonal.
    own : (k, k) array
        Inverse of that block.
    """

    F: NDArray[np.float32]
    left: Array
    own: Array


@dataclass(frozen=True)
class Whitened:
    """The regression in units of L, L L^T = I + rho F F^T; grows with the pairs.

    Attributes
    ----------
    noise : Interactions, optional
        None where the noise is white, L the identity.
    factor : tuple of _Rows
        L: of the means of the first pairs where they are used, then of all half differences.
    solved : (n, p + 1) array
        L^-1 (X, t); X is zero for the means.
    regression : Regression
        Of the half differences alone: given the means, where they are used.
    """

    noise: Optional[Interactions]
    factor: tuple[_Rows, ...]
    solved: Array
    regression: Regression

    @classmethod
    def in_white_noise(cls, regression: Regression) -> Whitened:
        """A regression as it is."""
        return cls(None, (), np.column_stack([regression.X, regression.t]), regression)

    @classmethod
    def start(
        cls,
        noise: Interactions,
        F: NDArray[np.float32],
        kernel: Array,
        X: Array,
        t: Array,
        given: int = 0,
    ) -> Whitened:
        """Of the first pairs.

        Parameters
        ----------
        noise : Interactions
        F : (k, n) float32 array
            Of means of pairs and then of half differences.
        kernel : (k, k) array
            F F^T, in which the interactions of two count as well.
        X, t : (k, p) and (k,) arrays
        given : int
            How many of the rows are means, known beforehand.
        """
        A = noise.rho * kernel
        A[np.diag_indices(len(A))] += 1.0
        own = inverse_of_lower(np.linalg.cholesky(A))
        solved = own @ np.column_stack([X, t])
        regression = Regression(solved[given:, :-1], solved[given:, -1])
        return cls(noise, (_Rows(F, np.zeros((len(F), 0)), own),), solved, regression)

    def extended(self, coalitions: NDArray[np.bool_], root: Array, X: Array, t: Array) -> Whitened:
        """With more pairs: coalitions (k, M), root weights (k,), X (k, p) and t (k,)."""
        if not len(t):
            return self
        if self.noise is None:
            return replace(self, regression=self.regression.extended(X, t))
        rows = self.noise.rows(coalitions, root)
        return self._with(self.noise, rows, np.column_stack([X, t]))

    def _with(self, noise: Interactions, F: NDArray[np.float32], observed: Array) -> Whitened:
        """One block row more of L (Golub & Van Loan, section 4.2.9).

        L_21 = A_21 L_11^-T and L_22 L_22^T = A_22 - L_21 L_21^T.
        """
        left = self._left_of(noise, F)
        A22 = noise.rho * (F @ F.T).astype(np.float64)
        A22[np.diag_indices(len(F))] += 1.0
        own = inverse_of_lower(np.linalg.cholesky(A22 - left @ left.T))
        solved = own @ (observed - left @ self.solved)
        return Whitened(
            noise,
            (*self.factor, _Rows(F, left, own)),
            np.vstack([self.solved, solved]),
            self.regression.extended(solved[:, :-1], solved[:, -1]),
        )

    def _left_of(self, noise: Interactions, F: NDArray[np.float32]) -> Array:
        """A_21 L_11^-T, by substitution through the blocks: it needs no inverse of all of L."""
        left = np.empty((len(F), len(self.solved)))
        known = 0
        for rows in self.factor:
            A = noise.rho * (F @ rows.F.T).astype(np.float64)
            now = known + len(rows.F)
            left[:, known:now] = (A - left[:, :known] @ rows.left.T) @ rows.own.T
            known = now
        return left
