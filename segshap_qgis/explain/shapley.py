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
from .neighbourhood import Neighbourhood
from .posterior import Fitted, fit

Array = NDArray[np.float64]
Memory = dict[int, Optional[Fitted]]

# Pairs beyond rank that must fit before a game is taken for one of pairwise interactions.
SPARE_PAIRS = 3
# A residual smaller than this share of the norm of t comes from rounding.
ROUNDING = 64 * float(np.finfo(float).eps)


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
    where : Neighbourhood
        Which players touch.
    means : (K, T) float64 array, optional
        (v(S) + v(S^c)) / 2 less (v(N) + v(empty)) / 2. They say nothing of the contributions
        themselves, and something of the noise.
    """

    coalitions: NDArray[np.bool_]
    differences: Array
    total: Array
    sampling: str
    where: Neighbourhood
    means: Optional[Array] = None

    @cached_property
    def n_players(self) -> int:
        """M."""
        return self.coalitions.shape[1]

    @property
    def shape(self) -> tuple[int, int]:
        """Targets and players, (T, M)."""
        return len(self.total), self.n_players

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


def least_squares(pairs: PairedValues, memory: Optional[Memory] = None) -> Estimate:  # noqa: ARG001
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
    r = pairs.t - Q @ (Q.T @ pairs.t)
    # Rounding is no residual; over 1 - h of a pair that nothing checks, it would look like one.
    r[np.abs(r) <= ROUNDING * np.linalg.norm(pairs.t, axis=0)] = 0.0
    residual_variance = r**2 / np.maximum(1.0 - h, 1e-12)[:, None]
    variance = (L - L.mean(axis=0)) ** 2 @ residual_variance
    return Estimate(phi, np.sqrt(variance).T)


def posterior(pairs: PairedValues, memory: Optional[Memory] = None) -> Estimate:
    """Bayesian regression with priors learnt from the game: see `segshap_qgis.explain.posterior`.

    It shrinks where pairs are few. A game that least squares fits without residual has pairwise
    interactions only, and is returned as least squares finds it.

    Parameters
    ----------
    pairs : PairedValues
        What is known.
    memory : dict, optional
        What was found for each target from fewer pairs of the same game; updated.
    """
    memory = {} if memory is None else memory
    exact = np.full(len(pairs.total), True) if pairs.exhausted else _fitted_exactly(pairs, memory)
    phi, errors = least_squares(pairs) if exact.any() else np.zeros((2, *pairs.shape))
    for target in np.flatnonzero(~exact):
        t, last = pairs.t[:, target], memory.get(target)
        means = None if pairs.means is None else pairs.root_weights * pairs.means[:, target]
        u, variances, memory[target] = fit(
            pairs.coalitions, pairs.root_weights, pairs.X, t, pairs.where, last, means
        )
        phi[target] = pairs.contributions(u[:, None])[target]
        errors[target] = np.sqrt(variances)
    return Estimate(phi, errors)


def _fitted_exactly(pairs: PairedValues, memory: Memory) -> NDArray[np.bool_]:
    """Targets of which least squares fits all pairs to rounding, with some pairs to spare, (T,).

    What it did not fit before, it will not fit with more pairs.
    """
    K, M = pairs.X.shape
    none = np.full(len(pairs.total), False)
    fits = [memory.get(target) for target in range(len(none))]
    settled = all(fit and len(fit.root_weights) >= M + SPARE_PAIRS for fit in fits)
    if K < M + SPARE_PAIRS or settled:
        return none
    gram = pairs.X.T @ pairs.X + 1.0 / M  # X 1 = 0: the constant closes the rank
    try:
        u = np.linalg.solve(gram, pairs.X.T @ pairs.t)
    except np.linalg.LinAlgError:
        return none
    residual = ((pairs.t - pairs.X @ u) ** 2).sum(axis=0)
    exact: NDArray[np.bool_] = residual <= 1e-18 * (pairs.t**2).sum(axis=0)
    return exact


class Method(NamedTuple):
    """An estimator by name: where it draws its coalitions and how it solves for contributions."""

    sampling: str
    solve: Callable[[PairedValues, Optional[Memory]], Estimate]


ESTIMATORS = {
    "posterior": Method("leverage", posterior),
    "leverage": Method("leverage", least_squares),
    "kernel": Method("kernel", least_squares),
}
