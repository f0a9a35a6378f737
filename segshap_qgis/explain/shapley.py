"""From coalitions and their values to contributions and standard errors.

The values of a pair enter through their half difference alone, which removes all even interactions
(Covert & Lee 2021). With Delta = v(N) - v(empty) and s = |S|:

    d = (v(S) - v(S^c)) / 2,   y = d - Delta (s/M - 1/2),   a = z - (s/M) 1,

the Shapley values are phi = Delta/M + u - mean(u) with u = argmin sum_k w_k (y_k - a_k . u)^2 over
all pairs; the estimators below differ in how they find u from a few.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Callable, NamedTuple, Optional

import numpy as np
from numpy.typing import NDArray

from .coalitions import pair_weights

Array = NDArray[np.float64]


class Estimate(NamedTuple):
    """Contributions (T, M) and their standard errors (T, M), NaN where they cannot be known."""

    values: Array
    standard_errors: Array


@dataclass(frozen=True)
class PairedValues:
    """What has been learnt of a game: the pairs drawn so far and their values.

    Attributes
    ----------
    coalitions : (K, M) bool array
        z, one coalition of each pair.
    differences : (K, T) float64 array
        d = (v(S) - v(S^c)) / 2.
    total : (T,) float64 array
        Delta = v(N) - v(empty).
    sampling : {"leverage", "kernel"}
        Where the pairs were drawn from.
    centres : (M, 2) float64 array, optional
        Where the players lie (row, column; pixels), if they lie anywhere.
    """

    coalitions: NDArray[np.bool_]
    differences: Array
    total: Array
    sampling: str = "leverage"
    centres: Optional[Array] = None

    @cached_property
    def n_players(self) -> int:
        """M."""
        return self.coalitions.shape[1]

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """Size s = |S| of each coalition, (K,)."""
        return self.coalitions.sum(axis=1)

    @cached_property
    def exhausted(self) -> bool:
        """All 2^M coalitions are known: nothing is left to chance."""
        return len(self.coalitions) == 2 ** (self.n_players - 1) - 1

    @cached_property
    def root_weights(self) -> Array:
        """sqrt(w), (K,)."""
        return np.sqrt(pair_weights(self.sizes, self.n_players, self.sampling))

    @cached_property
    def X(self) -> Array:
        """sqrt(w) a, (K, M)."""
        a = self.coalitions - (self.sizes / self.n_players)[:, None]
        return self.root_weights[:, None] * a

    @cached_property
    def t(self) -> Array:
        """sqrt(w) y, (K, T)."""
        y = self.differences - np.outer(self.sizes / self.n_players - 0.5, self.total)
        return self.root_weights[:, None] * y

    def contributions(self, u: Array) -> Array:
        """Solution u (M, T) to phi = Delta/M + u - mean(u) (T, M); the sum is Delta exactly."""
        phi = (self.total / self.n_players + u - u.mean(axis=0)).T
        # Rounding of the mean would leave a sum that is off in its last digits.
        return phi + ((self.total - phi.sum(axis=1)) / self.n_players)[:, None]


def least_squares(pairs: PairedValues) -> Estimate:
    """Weighted least squares with HC2 standard errors: Leverage SHAP (Musco & Witter 2025).

    Any game of pairwise interactions is recovered exactly once the pairs have rank M-1. Below
    that rank the solution of minimum norm is returned, without standard errors.

    The pair is the unit of the heteroskedasticity-consistent variance (MacKinnon & White 1985):
    with X = Q R, h_k = |Q_k|^2, r = t - X u and L = X^+,
    Var(phi_i) = sum_k L_ik^2 r_k^2 / (1 - h_k).
    """
    K, M = pairs.X.shape
    # The columns of X sum to zero, so the last player may be held at u = 0.
    Q, R = np.linalg.qr(pairs.X[:, :-1])
    pivots = np.abs(np.diag(R))
    if K < M - 1 or pivots.min() <= np.finfo(float).eps * K * pivots.max():
        u = np.linalg.lstsq(pairs.X, pairs.t, rcond=None)[0]
        phi = pairs.contributions(u)
        return Estimate(phi, np.full(phi.shape, np.nan))
    L = np.vstack([np.linalg.solve(R, Q.T), np.zeros(K)])
    u = L @ pairs.t
    phi = pairs.contributions(u)
    if pairs.exhausted:
        return Estimate(phi, np.zeros(phi.shape))
    if K == M - 1:
        return Estimate(phi, np.full(phi.shape, np.nan))
    h = (Q**2).sum(axis=1)
    r = pairs.t - pairs.X @ u
    residual_variance = r**2 / np.maximum(1.0 - h, 1e-12)[:, None]
    variance = (L - L.mean(axis=0)) ** 2 @ residual_variance
    return Estimate(phi, np.sqrt(variance).T)


def posterior(pairs: PairedValues) -> Estimate:
    """Bayesian least squares under a spatially smooth prior on the size of each contribution.

    u_i ~ N(0, g_i) with noise sigma^2 / w; g and sigma^2 by expectation-maximisation in the dual
    form, which stays well conditioned below rank: with B = X diag(g) X^T + sigma^2 I = L L^T,
    m = g X^T B^-1 t and diag C = g - column norms^2 of L^-1 X diag(g) are the posterior mean and
    variance, g <- smooth(m^2 + diag C) (Tipping 2001, relevance vector machine). It shrinks, and
    meets least squares as pairs arrive.
    """
    if pairs.exhausted:
        return least_squares(pairs)
    smoother = neighbour_smoother(pairs.centres, pairs.n_players)
    solved = [_posterior_of_target(pairs.X, t, smoother) for t in pairs.t.T]
    u = np.stack([mean for mean, _ in solved], axis=1)
    return Estimate(pairs.contributions(u), np.stack([error for _, error in solved]))


def _posterior_of_target(
    X: Array, t: Array, smoother: Array, steps: int = 30
) -> tuple[Array, Array]:
    """Posterior mean of u and standard errors of u - mean(u), both (M,)."""
    K, M = X.shape
    power = float(t @ t) / K
    if power == 0.0:
        return np.zeros(M), np.zeros(M)
    # Rows of X have norm 1, so this explains the data by signal; starting from noise stays there.
    sigma2, g = 0.1 * power, np.full(M, power)
    for step in range(steps + 1):
        XG = X * g
        B = XG @ X.T
        B[np.diag_indices(K)] += sigma2
        factor = np.linalg.cholesky(B)
        half = np.linalg.solve(factor, XG)  # L^-1 X diag(g)
        m = half.T @ np.linalg.solve(factor, t)
        if step == steps:
            break
        c = g - (half**2).sum(axis=0)
        gamma = float((half**2).sum(axis=0) @ (1.0 / g))
        g = np.maximum(smoother @ (m**2 + c), 1e-9 * power)
        r = t - X @ m
        sigma2 = max(float(r @ r) / max(K - gamma, 0.1 * K), 1e-5 * power)
    C: Array = np.diag(g) - half.T @ half
    centred: Array = C - C.mean(axis=0) - C.mean(axis=1)[:, None] + C.mean()
    return m, np.sqrt(np.maximum(np.diag(centred), 0.0))


def neighbour_smoother(centres: Optional[Array], n_players: int) -> Array:
    """Weights exp(-(d/width)^2), rows of sum one; width = typical distance of neighbours."""
    if centres is None or n_players == 1:
        return np.eye(n_players)
    squared = ((centres[:, None] - centres[None]) ** 2).sum(axis=2)
    nearest = np.where(np.eye(n_players, dtype=bool), np.inf, squared).min(axis=1)
    kernel = np.exp(-squared / np.median(nearest))
    return kernel / kernel.sum(axis=1, keepdims=True)


class Method(NamedTuple):
    """An estimator by name: where it draws its coalitions and how it solves for contributions."""

    sampling: str
    solve: Callable[[PairedValues], Estimate]


ESTIMATORS = {
    "posterior": Method("leverage", posterior),
    "leverage": Method("leverage", least_squares),
    "kernel": Method("kernel", least_squares),
}
