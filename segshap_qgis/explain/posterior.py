"""Contributions from few pairs: a Bayesian regression that adapts to sparse and diffuse games.

The regression of `shapley`, t = X u + noise, with priors that fit what segmentation networks do:

* **u is local plus smooth**, u = l + E v. The local part is a scale mixture of normal
  distributions, l_i ~ sum_k pi_k N(0, s_k^2), whose weights pi are learnt from all players
  (adaptive shrinkage, Stephens 2017; Kim et al. 2022). With most weight on small scales it is a
  sparse fit, with all weight on one scale it is ridge regression. Before there are pairs enough to
  learn pi, a game that is plainly sparse takes the scale of each player from its neighbours. The
  smooth part v ~ N(0, tau^2), E from the heat kernel of the players' neighbourhood graph, carries
  wide and weak gradients.
* **What is left over is no white noise.** Pairs remove the interactions of even order; the largest
  that remain are among three neighbouring players. With x = 2z - 1, the game
  x_i x_j x_k - (x_i + x_j + x_k)/3 is such an interaction and all its Shapley values are zero. So
  the residual has covariance sigma^2 (I + rho F F^T) with these functions, weighted by how much
  their players matter, as columns of F. What F explains is noise taken off u without bias:
  control variates (compare Witter, Liu & Musco 2025, regression-adjusted estimators).
* **pi, tau, sigma^2 and rho maximise the evidence**, by variational expectation-maximisation; with
  one free scale per player this would be the relevance vector machine (Tipping 2001).

It shrinks, and meets least squares as pairs arrive.
"""

from __future__ import annotations

from typing import NamedTuple, Optional

import numpy as np
from numpy.typing import NDArray

from .neighbourhood import Neighbourhood

Array = NDArray[np.float64]

N_SCALES = 16
# Variance of the three-player interactions as a multiple of the white noise's. No more than ten,
# whatever the evidence: interactions of five players remain, and are not white either.
RHOS = (0.0, 1.0, 10.0)
# Pairs that choose rho: its evidence costs K^3, and is clear long before.
PILOT_PAIRS = 512
MOST_TRIPLES = 4096
# Up to so many pairs each fit also begins afresh; later it goes on from the one before.
COLD_PAIRS = 256
COLD_STEPS = 10
SPARSE_STEPS = 25
# Nats a pair. Measured with 25 to 125 pairs: real and sparse games gain 0.54 to 4, diffuse ones 0.1
# to 0.35 from scales that follow the neighbourhood.
SPARSE_MARGIN = 0.5
WARM_STEPS = 5
# Floors relative to the mean square of t: every matrix stays invertible.
LEAST_NOISE = 1e-7
LEAST_SCALE = 1e-9


class Hyperparameters(NamedTuple):
    """Prior variances g of (l, v), white noise sigma^2, and rho."""

    g: Array
    sigma2: float
    rho: float


class Regression:
    """t = X c + white noise, with c ~ N(0, diag g): posterior and evidence, in the cheaper form.

    Parameters
    ----------
    X : (K, p) array
    t : (K,) array
    log_volume : float
        log |L| where X and t were whitened by L^-1, so that evidences compare.
    """

    def __init__(self, X: Array, t: Array, log_volume: float = 0.0) -> None:
        self.X, self.t, self.log_volume = X, t, log_volume
        self.K, self.p = X.shape
        self.power = float(t @ t) / self.K
        self.primal = self.p <= self.K
        if self.primal:
            self.gram, self.moment = X.T @ X, X.T @ t

    def scale(self, M: int) -> float:
        """Variance of each of the first M coefficients that would explain all of t."""
        return self.power * self.K / float((self.X[:, :M] ** 2).sum())

    def mean_and_variances(self, g: Array, sigma2: float) -> tuple[Array, Array]:
        """Posterior mean and variance of each coefficient, (p,) both."""
        if self.primal:
            root = np.sqrt(g)
            inverse = np.linalg.inv(self._precision(root, sigma2))
            mean = root * (inverse @ (root * self.moment)) / sigma2
            return mean, g * np.diag(inverse)
        XG, B = self._dual(g, sigma2)
        solved = np.linalg.solve(B, XG)
        return solved.T @ self.t, np.maximum(g - (XG * solved).sum(axis=0), 0.0)

    def covariance(self, g: Array, sigma2: float) -> Array:
        """Posterior covariance of the coefficients, (p, p)."""
        if self.primal:
            root = np.sqrt(g)
            return root[:, None] * np.linalg.inv(self._precision(root, sigma2)) * root
        XG, B = self._dual(g, sigma2)
        covariance: Array = np.diag(g) - XG.T @ np.linalg.solve(B, XG)
        return covariance

    def log_evidence(self, g: Array, sigma2: float) -> float:
        """Log of N(t; 0, X diag(g) X^T + sigma^2 I), up to a constant."""
        if self.primal:
            root = np.sqrt(g)
            S = self._precision(root, sigma2)
            b = root * self.moment / sigma2
            misfit = self.K * self.power / sigma2 - b @ np.linalg.solve(S, b)
            log_det = np.linalg.slogdet(S)[1] + self.K * np.log(sigma2)
        else:
            _, B = self._dual(g, sigma2)
            misfit = self.t @ np.linalg.solve(B, self.t)
            log_det = np.linalg.slogdet(B)[1]
        return -0.5 * float(log_det + misfit) - self.log_volume

    def _precision(self, root: Array, sigma2: float) -> Array:
        """I + g^1/2 X^T X g^1/2 / sigma^2: eigenvalues of at least one, whatever the rank of X."""
        S = root[:, None] * self.gram * (root / sigma2)
        S[np.diag_indices(self.p)] += 1.0
        return S

    def _dual(self, g: Array, sigma2: float) -> tuple[Array, Array]:
        """X diag(g), and B = X diag(g) X^T + sigma^2 I."""
        XG = self.X * g
        B = XG @ self.X.T
        B[np.diag_indices(self.K)] += sigma2
        return XG, B


def fit(
    coalitions: NDArray[np.bool_],
    root_weights: Array,
    X: Array,
    t: Array,
    where: Neighbourhood,
    start: Optional[Hyperparameters] = None,
) -> tuple[Array, Array, Optional[Hyperparameters]]:
    """Posterior of u for one target.

    Parameters
    ----------
    coalitions : (K, M) bool array
    root_weights : (K,) array
        sqrt(w).
    X, t : (K, M) and (K,) arrays
        The regression of `shapley`.
    where : Neighbourhood
        Which players touch.
    start : Hyperparameters, optional
        From fewer pairs of the same game: saves most of the search.

    Returns
    -------
    u, covariance : (M,) and (M, M) arrays
        Posterior mean and covariance.
    hyperparameters : Hyperparameters
        For the next fit.
    """
    M = X.shape[1]
    if not t.any():
        return np.zeros(M), np.zeros((M, M)), None
    E = where.smooth_basis
    plain = Regression(np.hstack([X, X @ E]), t)
    start, by_neighbours = _started(plain, where.averaging, start)
    F = interactions(coalitions, root_weights, where.triples, start.g)
    rho = _best_rho(plain, F, start)
    white = _whitened(plain, F, rho)
    g, sigma2 = start.g, start.sigma2 * (1 + start.rho) / (1 + rho)
    spread = where.averaging if by_neighbours else None
    g, sigma2 = _iterated(white, M, g, sigma2, spread, WARM_STEPS)
    mean, variances = white.mean_and_variances(g, sigma2)
    C = white.covariance(g, sigma2)
    if not by_neighbours:
        # The scales were learnt from the same pairs: what they took up is missing from C.
        C *= 1.0 + float((1.0 - variances / g).sum()) / white.K
    to_u = np.hstack([np.eye(M), E])
    return to_u @ mean, to_u @ C @ to_u.T, Hyperparameters(g, sigma2, rho)


def interactions(
    coalitions: NDArray[np.bool_], root_weights: Array, triples: NDArray[np.int64], g: Array
) -> NDArray[np.float32]:
    """F: weighted three-player interactions without Shapley value, rows of mean square one, (K, n).

    A triple weighs the geometric mean of its players' prior variances.
    """
    importance = np.cbrt(g[triples] / g.max()).prod(axis=1)
    strongest = np.argsort(-importance, kind="stable")[:MOST_TRIPLES]
    x = np.where(coalitions, np.float32(1), np.float32(-1))
    i, j, k = triples[strongest].T
    F = x[:, i] * x[:, j] * x[:, k] - (x[:, i] + x[:, j] + x[:, k]) / 3
    F *= np.sqrt(importance[strongest]).astype(np.float32)
    F *= root_weights[:, None].astype(np.float32)
    mean_square = float((F**2).sum()) / max(len(F), 1)
    return F / np.float32(np.sqrt(mean_square)) if mean_square > 0 else F[:, :0]


def _whitened(plain: Regression, F: NDArray[np.float32], rho: float) -> Regression:
    """The regression in units of the root of I + rho F F^T."""
    if rho == 0.0:
        return plain
    covariance = rho * (F @ F.T).astype(np.float64)
    covariance[np.diag_indices(plain.K)] += 1.0
    L = np.linalg.cholesky(covariance)
    white = np.linalg.solve(L, np.column_stack([plain.X, plain.t]))
    return Regression(white[:, :-1], white[:, -1], float(np.log(np.diag(L)).sum()))


def _best_rho(plain: Regression, F: NDArray[np.float32], start: Hyperparameters) -> float:
    """The rho of most evidence on the first pairs, the noise's total variance held."""
    if not F.shape[1]:
        return 0.0
    pilot = Regression(plain.X[:PILOT_PAIRS], plain.t[:PILOT_PAIRS])
    total = start.sigma2 * (1 + start.rho)
    evidence = [
        _whitened(pilot, F[:PILOT_PAIRS], rho).log_evidence(start.g, total / (1 + rho))
        for rho in RHOS
    ]
    return RHOS[int(np.argmax(evidence))]


def _started(
    plain: Regression, averaging: Array, last: Optional[Hyperparameters]
) -> tuple[Hyperparameters, bool]:
    """Where to begin, without interactions, and whether neighbours should set the scales.

    A prior with one scale for all competes with one whose scales follow each neighbourhood, which
    has so many parameters that it must win by `SPARSE_MARGIN` a pair. Where it does, the game is
    sparse; and with too few pairs to learn a mixture from, it is kept.
    """
    if last is not None and plain.K > COLD_PAIRS:
        return last, False
    M = len(averaging)
    uniform = np.full(plain.p, plain.scale(M)), 0.1 * plain.power
    sparse = _iterated(plain, M, *uniform, averaging, SPARSE_STEPS)
    diffuse = _iterated(plain, M, *uniform, np.full((M, M), 1.0 / M), COLD_STEPS)
    gain = plain.log_evidence(*sparse) - plain.log_evidence(*diffuse)
    is_sparse = gain > SPARSE_MARGIN * plain.K
    if is_sparse and 3 * plain.K < M:
        return Hyperparameters(*sparse, 0.0), True
    begin = [sparse] if is_sparse else [sparse, diffuse]
    if last is not None:
        begin.append((last.g, last.sigma2 * (1 + last.rho)))
    found = [_iterated(plain, M, *each, None, COLD_STEPS) for each in begin]
    bounds = [_bound(plain, M, *each) for each in found]
    return Hyperparameters(*found[int(np.argmax(bounds))], 0.0), False


def _iterated(
    regression: Regression, M: int, g: Array, sigma2: float, spread: Optional[Array], steps: int
) -> tuple[Array, float]:
    for _ in range(steps):
        g, sigma2 = _improved(regression, M, g, sigma2, spread)
    return g, sigma2


def _improved(
    regression: Regression, M: int, g: Array, sigma2: float, spread: Optional[Array] = None
) -> tuple[Array, float]:
    """One step of expectation-maximisation over the M local and the smooth coefficients.

    With `spread`, the local variances are the second moments averaged by it (Tipping's update where
    it is the identity) instead of those of the scale mixture.
    """
    mean, variances = regression.mean_and_variances(g, sigma2)
    second = mean**2 + variances
    local = _scale_mixture(second[:M])[0] if spread is None else spread @ second[:M]
    smooth = np.full(len(g) - M, second[M:].mean() if len(g) > M else 0.0)

    residual = regression.t - regression.X @ mean
    gamma = float((1.0 - variances / g).sum())  # coefficients that the data determine
    noise = float(residual @ residual) / max(regression.K - gamma, 0.1 * regression.K)
    new_g = np.maximum(np.concatenate([local, smooth]), LEAST_SCALE * regression.scale(M))
    return new_g, max(noise, LEAST_NOISE * regression.power)


def _bound(regression: Regression, M: int, g: Array, sigma2: float) -> float:
    """Variational bound on the evidence under the scale mixture."""
    mean, variances = regression.mean_and_variances(g, sigma2)
    second, local = (mean**2 + variances)[:M], g[:M]
    _, log_mixture = _scale_mixture(second)
    gaussian = -0.5 * float((np.log(local) + second / local).sum())
    return regression.log_evidence(g, sigma2) - gaussian + log_mixture


def _scale_mixture(second: Array) -> tuple[Array, float]:
    """Prior variances 1 / E[1/s^2] under the mixture learnt from second moments, and its bound.

    Scales s_k^2 lie on a geometric grid over the second moments; r_ik is how probably player i has
    scale k.
    """
    highest = max(float(np.max(second)), float(np.finfo(float).tiny))
    s2 = np.geomspace(max(float(np.min(second)), 1e-10 * highest), 2 * highest, N_SCALES)
    log_density = -0.5 * (np.log(s2) + second[:, None] / s2)
    top = log_density.max(axis=1, keepdims=True)
    density = np.exp(log_density - top)
    pi = np.full(N_SCALES, 1.0 / N_SCALES)
    for _ in range(10):
        r = density * pi
        r /= r.sum(axis=1, keepdims=True)
        pi = r.mean(axis=0) + 1e-6
        pi /= pi.sum()
    bound = float((np.log(density @ pi) + top[:, 0]).sum())
    return 1.0 / (r @ (1.0 / s2)), bound
