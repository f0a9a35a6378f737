"""Bayesian linear regression with normal priors, in the cheaper of its two forms.

t = X c + noise, c ~ N(0, diag g), noise ~ N(0, sigma^2 I). All is had from one Cholesky factor of a
matrix whose smallest eigenvalue is bounded below, whatever the rank of X (Rasmussen & Williams
2006, sections 2.1 and 5.4):

    primal, p x p:  S = I + g^1/2 X^T X g^1/2 / sigma^2,  C = g^1/2 S^-1 g^1/2
    dual,   K x K:  B = X g X^T + sigma^2 I,              C = g - g X^T B^-1 X g
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Optional

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Triangular matrices up to this size are inverted at once, larger ones by halves.
SMALL = 64
# The dual form takes K x K factors and products with all of X: it is the cheaper one up to so many
# pairs a coefficient.
DUAL = 0.6
# Least share of its noise that a pair leaves in its residual: rounding would leave none.
LEAST_LEFT = 1e-9


def inverse_of_lower(L: Array) -> Array:
    """L^-1 of a lower triangular matrix, by products of its halves: a third of the general work."""
    n = len(L)
    if n <= SMALL:
        return np.tril(np.linalg.inv(L))
    half = n // 2
    upper, lower = inverse_of_lower(L[:half, :half]), inverse_of_lower(L[half:, half:])
    inverse = np.zeros_like(L)
    inverse[:half, :half], inverse[half:, half:] = upper, lower
    inverse[half:, :half] = -lower @ (L[half:, :half] @ upper)
    return inverse


def log_evidence(covariance: Array, t: Array, smallest: float, given: int = 0) -> float:
    """Log N(t; 0, covariance), of all but the first `given` entries given these; up to a constant.

    From one Cholesky factor L of the covariance bordered by t: its last row is L^-1 t.

    Parameters
    ----------
    covariance : (n, n) array
    t : (n,) array
    smallest : float
        No eigenvalue of the covariance is smaller.
    given : int
        Entries that are known beforehand.
    """
    n = len(t)
    bordered = np.empty((n + 1, n + 1))
    bordered[:n, :n], bordered[n, :n], bordered[:n, n] = covariance, t, t
    # More than t covariance^-1 t, or the whole were not positive definite.
    bordered[n, n] = 2.0 * float(t @ t) / smallest + 1.0
    L = np.linalg.cholesky(bordered)
    return -float(np.log(np.diag(L)[given:n]).sum() + 0.5 * (L[n, given:n] ** 2).sum())


def _squares(R: Array) -> Array:
    """Sum of squares of each column."""
    found: Array = np.einsum("ij,ij->j", R, R)
    return found


@dataclass(frozen=True)
class Posterior:
    """Of the coefficients c, under one g and sigma^2.

    Attributes
    ----------
    mean, variances : (p,) arrays
    log_evidence : float
        Log of N(t; 0, X diag(g) X^T + sigma^2 I), up to a constant.
    prior : (p,) array
        What `root` is taken from: g in the dual form, zero in the primal one.
    root : (n, p) array
        C = R^T R (primal) or diag(g) - R^T R (dual).
    inverse : (K, K) array, optional
        L^-1 of the dual form, L L^T = X diag(g) X^T + sigma^2 I.
    """

    mean: Array
    variances: Array
    log_evidence: float
    prior: Array
    root: Array
    inverse: Optional[Array] = None

    def centred_variances(self, E: Array) -> Array:
        """Variances of u - mean(u) where u = l + E v and c = (l, v); (M,)."""
        M = len(E)
        explained = _squares(self._centred_root(E))
        if not self.prior.any():
            return explained
        local, smooth = self.prior[:M], self.prior[M:]
        prior = local * (1.0 - 2.0 / M) + local.mean() / M + (E - E.mean(axis=0)) ** 2 @ smooth
        return np.maximum(prior - explained, 0.0)

    def uneven(self, E: Array, X: Array, residual: Array, sigma2: float) -> Array:
        """What noise that differs between pairs adds to `centred_variances`; (M,), never negative.

        Noise that is alike everywhere is in these already: the HC2 sum over pairs (MacKinnon &
        White 1985) is then the same on average, and scatters about it. It is more where residuals
        are large in those pairs that a player hangs on: what exceeds one standard error of that
        scatter is added. With C X^T / sigma^2 = R^T D, D = R X^T / sigma^2 (primal) or L^-1 (dual).
        """
        if self.inverse is None:
            D = self.root @ (X.T / sigma2)
            left = 1.0 - sigma2 * _squares(D)
        else:
            D = self.inverse
            left = sigma2 * _squares(D)
        effects = (self._centred_root(E).T @ D) ** 2
        more = residual**2 / np.maximum(left, LEAST_LEFT) - sigma2
        scatter = sigma2 * np.sqrt(2.0 * _squares(effects.T))
        found: Array = np.maximum(effects @ more - scatter, 0.0)
        return found

    def _centred_root(self, E: Array) -> Array:
        M = len(E)
        R = self.root[:, :M].copy()
        from_smooth = 0 if self.prior.any() else M  # the primal root is lower triangular
        R[from_smooth:] += self.root[from_smooth:, M:] @ E.T
        R -= R.mean(axis=1, keepdims=True)
        return R


class Regression:
    """t = X c + white noise.

    Parameters
    ----------
    X : (K, p) array
    t : (K,) array
    """

    def __init__(self, X: Array, t: Array) -> None:
        self.X, self.t = X, t
        self.K, self.p = X.shape
        self.power = float(t @ t) / max(self.K, 1)
        self.primal = DUAL * self.p <= self.K

    @cached_property
    def gram(self) -> Array:
        """X^T X, (p, p)."""
        return self.X.T @ self.X

    @cached_property
    def squares(self) -> Array:
        """Squared length of each column of X, (p,)."""
        return _squares(self.X)

    @cached_property
    def projected(self) -> Array:
        """X^T t, (p,)."""
        return self.X.T @ self.t

    def extended(self, X: Array, t: Array) -> Regression:
        """With more rows."""
        longer = Regression(np.vstack([self.X, X]), np.append(self.t, t))
        if self.primal:
            longer.gram = self.gram + X.T @ X
            longer.projected = self.projected + X.T @ t
        return longer

    def residual(self, c: Array) -> Array:
        """What coefficients leave of t: t - X c, (K,)."""
        return self.t - self.X @ c

    def misfit(self, c: Array) -> float:
        """|t - X c|^2; with many pairs to within rounding of |t|^2."""
        if self.primal:
            return max(self.K * self.power - float(c @ (2 * self.projected - self.gram @ c)), 0.0)
        residual = self.residual(c)
        return float(residual @ residual)

    def scale(self, M: int) -> float:
        """Variance of each of the first M coefficients that would explain all of t."""
        return self.power * self.K / float(self.squares[:M].sum())

    def posterior(self, g: Array, sigma2: float) -> Posterior:
        """Posterior of c for prior variances g (p,) and noise variance sigma2."""
        return self._primal(g, sigma2) if self.primal else self._dual(g, sigma2)

    def _primal(self, g: Array, sigma2: float) -> Posterior:
        root = np.sqrt(g)
        S = root[:, None] * self.gram * (root / sigma2)
        S[np.diag_indices(self.p)] += 1.0
        L = np.linalg.cholesky(S)
        R = inverse_of_lower(L)
        half = R @ (root * self.projected) / sigma2
        R *= root
        misfit = self.K * self.power / sigma2 - half @ half
        log_det = 2 * np.log(np.diag(L)).sum() + self.K * np.log(sigma2)
        evidence = -0.5 * float(log_det + misfit)
        return Posterior(R.T @ half, _squares(R), evidence, np.zeros(self.p), R)

    def _dual(self, g: Array, sigma2: float) -> Posterior:
        root = np.sqrt(g)
        Y = self.X * root
        B = Y @ Y.T
        B[np.diag_indices(self.K)] += sigma2
        L = np.linalg.cholesky(B)
        inverse = inverse_of_lower(L)
        R, half = (inverse @ Y) * root, inverse @ self.t
        evidence = -float(np.log(np.diag(L)).sum() + 0.5 * half @ half)
        variances = np.maximum(g - _squares(R), 0.0)
        return Posterior(R.T @ half, variances, evidence, g, R, inverse)
