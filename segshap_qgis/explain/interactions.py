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
        Players of the interactions of two; none unless the means of the pairs are used.
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
    ) -> Interactions:
        """Each weighs the geometric mean of its players' prior variances g (M or more,).

        Rows of F for these coalitions have mean square one.
        """
        share = g / g[: where.n_players].max()
        importance = np.cbrt(share[where.triples]).prod(axis=1)
        strongest = np.argsort(-importance, kind="stable")[:MOST_TRIPLES]
        weights = np.sqrt(importance[strongest]).astype(np.float32)
        of_edges = PAIR_STRENGTH * np.sqrt(np.sqrt(share[where.edges]).prod(axis=1))
        none = where.edges[:0], np.zeros(0, np.float32)
        found = cls(where.triples[strongest], weights, *none)
        size = np.sqrt(float((found.rows(coalitions, root) ** 2).sum()) / len(coalitions))
        if not size > 0:
            return cls(where.triples[:0], weights[:0], *none)
        factors = weights / np.float32(size), (of_edges / size).astype(np.float32)
        return cls(found.triples, factors[0], where.edges, factors[1])

    @property
    def odd(self) -> Interactions:
        """The same without the interactions of two."""
        return replace(self, edges=self.edges[:0], edge_weights=self.edge_weights[:0])

    def rows(self, coalitions: NDArray[np.bool_], root: Array) -> NDArray[np.float32]:
        """F for the half differences of pairs: coalitions (K, M), root weights (K,); (K, n + m)."""
        x = np.where(coalitions.T, np.float32(1), np.float32(-1))
        i, j, k = (x[players] for players in self.triples.T)
        F = np.zeros((len(self.triples) + len(self.edges), len(coalitions)), np.float32)
        F[: len(i)] = (i * j * k - (i + j + k) / 3) * self.weights[:, None]
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
class Whitened:
    """The regression in units of L, L L^T = I + rho F F^T; grows with the pairs.

    Attributes
    ----------
    noise : Interactions
    rows : (n, q) float32 array
        F: of the means of the first pairs where they are used, then of all half differences.
    inverse : (n, n) array
        L^-1.
    solved : (n, p + 1) array
        L^-1 (X, t); X is zero for the means.
    regression : Regression
        Of the half differences alone: given the means, where they are used.
    """

    noise: Interactions
    rows: NDArray[np.float32]
    inverse: Array
    solved: Array
    regression: Regression

    @classmethod
    def start(
        cls,
        noise: Interactions,
        coalitions: NDArray[np.bool_],
        root: Array,
        plain: Regression,
        means: Optional[Array] = None,
    ) -> Whitened:
        """From the first pairs; `means` (K,) are theirs, times the root weights."""
        empty = cls(
            noise,
            np.zeros((0, len(noise.triples) + len(noise.edges)), np.float32),
            np.zeros((0, 0)),
            np.zeros((0, plain.p + 1)),
            Regression(plain.X[:0], plain.t[:0]),
        )
        if means is not None:
            observed = np.column_stack([np.zeros_like(plain.X), means])
            given = empty._with(noise.even_rows(coalitions, root), observed)
            empty = replace(given, regression=empty.regression)
        return empty.extended(coalitions, root, plain)

    def extended(self, coalitions: NDArray[np.bool_], root: Array, plain: Regression) -> Whitened:
        """With the pairs that came since."""
        known = self.regression.K
        if known == plain.K:
            return self
        observed = np.column_stack([plain.X[known:], plain.t[known:]])
        return self._with(self.noise.rows(coalitions[known:], root[known:]), observed)

    def _with(self, new: NDArray[np.float32], observed: Array) -> Whitened:
        """One block row more of L, all before it kept (Golub & Van Loan, section 4.2.9).

        L_21 = A_21 L_11^-T and L_22 L_22^T = A_22 - L_21 L_21^T.
        """
        known, rho = len(self.rows), self.noise.rho
        A21 = rho * (new @ self.rows.T).astype(np.float64)
        A22 = rho * (new @ new.T).astype(np.float64)
        A22[np.diag_indices(len(new))] += 1.0
        L21 = A21 @ self.inverse.T
        L22 = np.linalg.cholesky(A22 - L21 @ L21.T)
        own = inverse_of_lower(L22)
        inverse = np.zeros((known + len(new), known + len(new)))
        inverse[:known, :known] = self.inverse
        inverse[known:, :known] = -own @ (L21 @ self.inverse)
        inverse[known:, known:] = own
        solved = own @ (observed - L21 @ self.solved)
        volume = float(np.log(np.diag(L22)).sum())
        return Whitened(
            self.noise,
            np.vstack([self.rows, new]),
            inverse,
            np.vstack([self.solved, solved]),
            self.regression.extended(solved[:, :-1], solved[:, -1], volume),
        )
