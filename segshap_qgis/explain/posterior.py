"""Contributions from few pairs: a Bayesian regression that adapts to sparse and diffuse games.

The regression of `shapley`, t = X u + noise, with priors that fit what segmentation networks do:

* **u is local plus smooth**, u = l + E v. The local part is a scale mixture of normal
  distributions, l_i ~ sum_k pi_k N(0, s_k^2), whose weights pi are learnt from all players
  (adaptive shrinkage, Stephens 2017; Kim et al. 2022). With most weight on small scales it is a
  sparse fit, with all weight on one scale it is ridge regression. Before there are pairs enough to
  learn pi, a game that is plainly sparse takes the scale of each player from its neighbours. The
  smooth part v ~ N(0, tau^2), E from the heat kernel of the players' neighbourhood graph, carries
  wide and weak gradients.
* **What is left over is no white noise**: it has the covariance sigma^2 (I + rho F F^T) of
  `interactions`.
* **pi, tau, sigma^2 and rho maximise the evidence**, by variational expectation-maximisation; with
  one free scale per player this would be the relevance vector machine (Tipping 2001).

It shrinks, and meets least squares as pairs arrive. A refresh goes on from the one before: it adds
rows to the noise's Cholesky factor and takes a few steps; how the interactions are weighted is
thought over only when the pairs have grown by half.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional

import numpy as np
from numpy.typing import NDArray

from .interactions import Interactions, Whitened
from .neighbourhood import Neighbourhood
from .regression import Array, Regression

N_SCALES = 16
# Variance of the three-player interactions as a multiple of the white noise's. Bounded, whatever
# the evidence: interactions of five players remain, and are not white either.
RHOS = (1.0, 10.0, 100.0)
# Pairs a player from which on so strong interactions as the last are believed.
SURE = 1.25
# Pairs that choose the interactions: their evidence costs K^3, and is clear by then. Before, the
# choice is made again whenever the pairs have grown by a share.
PILOT_PAIRS = 480
RECONSIDER = 1.5
# Pairs from which on their means may say more of the interactions.
TRIAL_PAIRS = 64
# Up to so many pairs each fit also begins afresh; later it goes on from the one before.
COLD_PAIRS = 128
COLD_STEPS = 10
# Scales of players that hardly any pair speaks of fall slowly: steps are taken further than they
# point (Salakhutdinov & Roweis 2003), and enough of them for intervals that are not far too wide;
# fewer where the pairs are enough to learn the mixture from.
SPARSE_STEPS = 100
FEW_STEPS = 20
OVERRELAXED = 1.9
# Nats a pair. Measured with 25 to 125 pairs: real and sparse games gain 0.54 to 4, diffuse ones 0.1
# to 0.35 from scales that follow the neighbourhood.
SPARSE_MARGIN = 0.5
WARM_STEPS = 3
# Floors relative to the mean square of t: every matrix stays invertible.
LEAST_NOISE = 1e-7
LEAST_SCALE = 1e-9


@dataclass(frozen=True)
class Fitted:
    """What a fit found, for the next one to go on from.

    Attributes
    ----------
    g : (M + r,) array
        Prior variances of (l, v).
    total : float
        Variance of the whole noise.
    root_weights : (K,) array
        sqrt(w) of its pairs.
    white : Whitened, optional
        None where the noise is taken for white.
    chosen_at : int
        Pairs when the interactions were weighted.
    """

    g: Array
    total: float
    root_weights: Array
    white: Optional[Whitened]
    chosen_at: int

    def serves(self, root_weights: Array) -> bool:
        """Whether the interactions need no new choice, and the pairs of before weigh the same."""
        known = len(self.root_weights)
        n_pairs = len(root_weights)
        fresh = self.chosen_at >= PILOT_PAIRS or n_pairs < RECONSIDER * self.chosen_at
        return fresh and bool(np.array_equal(self.root_weights, root_weights[:known]))


def fit(
    coalitions: NDArray[np.bool_],
    root_weights: Array,
    X: Array,
    t: Array,
    where: Neighbourhood,
    last: Optional[Fitted] = None,
    means: Optional[Array] = None,
) -> tuple[Array, Array, Optional[Fitted]]:
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
    last : Fitted, optional
        From the first of these pairs: saves most of the search.
    means : (K,) array, optional
        sqrt(w) times the mean of each pair less that of everyone and nobody.

    Returns
    -------
    u : (M,) array
        Posterior mean.
    variances : (M,) array
        Posterior variances of u - mean(u).
    fitted : Fitted
        For the next fit.
    """
    K, M = X.shape
    if not t.any():
        return np.zeros(M), np.zeros(M), None
    E = where.smooth_basis
    plain = Regression(np.hstack([X, X @ E]), t)
    if last is not None and K > COLD_PAIRS:
        g, total, by_neighbours = last.g, last.total, False
    else:
        g, total, by_neighbours = _started(plain, where.averaging, last)
    if last is not None and last.serves(root_weights):
        chosen_at = last.chosen_at
        white = last.white and last.white.extended(coalitions, root_weights, plain)
    else:
        chosen_at = K
        tell_more = means if TRIAL_PAIRS <= K and not by_neighbours else None
        white = _chosen(plain, coalitions, root_weights, where, g, total, tell_more)
    regression = plain if white is None else white.regression
    parts = 1.0 if white is None else 1.0 + white.noise.rho
    spread = where.averaging if by_neighbours else None
    g, sigma2 = _iterated(regression, M, g, total / parts, spread, WARM_STEPS)
    found = regression.posterior(g, sigma2)
    variances = found.centred_variances(E)
    if not by_neighbours:
        # The scales were learnt from the same pairs: what they took up is missing.
        variances *= 1.0 + float((1.0 - found.variances / g).sum()) / K
    fitted = Fitted(g, sigma2 * parts, root_weights, white, chosen_at)
    return found.mean[:M] + E @ found.mean[M:], variances, fitted


def _chosen(
    plain: Regression,
    coalitions: NDArray[np.bool_],
    root_weights: Array,
    where: Neighbourhood,
    g: Array,
    total: float,
    means: Optional[Array],
) -> Optional[Whitened]:
    """The regression under the noise of most evidence on the first pairs; None where white."""
    K = min(plain.K, PILOT_PAIRS)
    first = coalitions[:K], root_weights[:K], Regression(plain.X[:K], plain.t[:K])
    noise = Interactions.among(where, g, *first[:2])
    best, most = None, first[2].posterior(g, total).log_evidence
    if not len(noise.triples):
        return None
    rhos = RHOS if SURE * where.n_players <= plain.K else RHOS[:-1]
    candidates: list[tuple[Interactions, Optional[Array]]] = [
        (replace(noise.odd, rho=rho), None) for rho in rhos
    ]
    if means is not None:
        candidates.append((replace(noise, rho=rhos[-1]), means[:K]))
    for candidate, told in candidates:
        white = Whitened.start(candidate, *first, told)
        evidence = white.regression.posterior(g, total / (1.0 + candidate.rho)).log_evidence
        if evidence > most:
            best, most = white, evidence
    return best and best.extended(coalitions, root_weights, plain)


def _started(
    plain: Regression, averaging: Array, last: Optional[Fitted]
) -> tuple[Array, float, bool]:
    """Where g and sigma^2 begin, and whether neighbours should set the scales.

    A prior with one scale for all competes with one whose scales follow each neighbourhood, which
    has so many parameters that it must win by `SPARSE_MARGIN` a pair. Where it does, the game is
    sparse; and with too few pairs to learn a mixture from, it is kept.
    """
    M = len(averaging)
    uniform = np.full(plain.p, plain.scale(M)), 0.1 * plain.power
    few = 3 * plain.K < M
    sparse = _iterated(plain, M, *uniform, averaging, SPARSE_STEPS if few else FEW_STEPS)
    diffuse = _iterated(plain, M, *uniform, np.full((M, M), 1.0 / M), COLD_STEPS)
    gain = plain.posterior(*sparse).log_evidence - plain.posterior(*diffuse).log_evidence
    is_sparse = gain > SPARSE_MARGIN * plain.K
    if is_sparse and few:
        return *sparse, True
    begin = [sparse] if is_sparse else [sparse, diffuse]
    if last is not None:
        begin.append((last.g, last.total))
    found = [_iterated(plain, M, *each, None, COLD_STEPS) for each in begin]
    bounds = [_bound(plain, M, *each) for each in found]
    return *found[int(np.argmax(bounds))], False


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
    now = regression.posterior(g, sigma2)
    second = now.mean**2 + now.variances
    if spread is None:
        local = _scale_mixture(second[:M])[0]
    else:
        local = g[:M] * (spread @ second[:M] / g[:M]) ** OVERRELAXED
    smooth = np.full(len(g) - M, second[M:].mean() if len(g) > M else 0.0)

    residual = regression.t - regression.X @ now.mean
    gamma = float((1.0 - now.variances / g).sum())  # coefficients that the data determine
    # Not |residual|^2 / (K - gamma): where pairs are about as many as players that runs to zero.
    noise = (float(residual @ residual) + gamma * sigma2) / regression.K
    new_g = np.maximum(np.concatenate([local, smooth]), LEAST_SCALE * regression.scale(M))
    return new_g, max(noise, LEAST_NOISE * regression.power)


def _bound(regression: Regression, M: int, g: Array, sigma2: float) -> float:
    """Variational bound on the evidence under the scale mixture."""
    now = regression.posterior(g, sigma2)
    second, local = (now.mean**2 + now.variances)[:M], g[:M]
    _, log_mixture = _scale_mixture(second)
    gaussian = -0.5 * float((np.log(local) + second / local).sum())
    return now.log_evidence - gaussian + log_mixture


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
