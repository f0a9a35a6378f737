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
rows to the noise's Cholesky factor and takes a few steps from where the last one ended; how the
interactions are weighted is thought over only when the pairs have grown by half, and what follows
from it is spread over the next refreshes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple, Optional

import numpy as np
from numpy.typing import NDArray

from .interactions import Interactions, Whitened
from .neighbourhood import Neighbourhood
from .regression import Array, Posterior, Regression, log_evidence

N_SCALES = 16
# Variance of the three-player interactions as a multiple of the white noise's. Bounded, whatever
# the evidence: interactions of five players remain, and are not white either.
RHOS = (1.0, 10.0, 100.0)
# Pairs a player from which on so strong interactions as the last are believed.
SURE = 1.25
# The first pairs choose the interactions. The choice is made again whenever the pairs have grown by
# half, for the last time when they are enough for the strongest, or so many that it takes long.
PILOT_PAIRS = 128
RECONSIDER = 1.5
LAST_CHOICE = 480
# Pairs from which on their means may say more of the interactions, and how many are then used: they
# cost as much time as so many pairs more.
TRIAL_PAIRS = 64
MEANS = 240
# Pairs of before that a regression in new units takes in at each refresh, until it takes over.
CATCH_UP = 96
# Up to so many pairs a sparse and a diffuse beginning compete with what was found before.
EARLY_PAIRS = 128
# Scales of players that hardly any pair speaks of fall slowly: steps are taken further than they
# point (Salakhutdinov & Roweis 2003), and each refresh goes on where the last one ended.
FEW_STEPS, FIRST_FEW_STEPS = 30, 100
OVERRELAXED = 1.9
STEPS, FIRST_STEPS = 4, 20
# Where pairs are about as many as players the noise comes to light, and the intervals have to widen
# at once: its steps up are lengthened by at most so many times.
MOST_RISE = 3.0
# Nats a pair. Measured with 25 to 125 pairs: real and sparse games gain 0.54 to 4, diffuse ones 0.1
# to 0.35 from scales that follow the neighbourhood.
SPARSE_MARGIN = 0.5
# With a pair for so many players or more, a mixture is learnt even where the neighbourhood explains
# more: from 48 pairs of a real network it halves the error.
TOO_FEW = 5
# At each refresh; one where that is enough, with many pairs a player, where all would take seconds,
# with many coefficients, and while interactions are weighted anew. One more for these. Measured on
# a real network with 125 to 150 pairs: ten leave a third of the error that three leave, and fifteen
# not much less.
WARM_STEPS = 10
PLENTY = 2
MANY = 600
# Floors relative to the mean square of t: every matrix stays invertible.
LEAST_NOISE = 1e-7
LEAST_SCALE = 1e-9
# Ceiling of a player's variance relative to one that explains all of t alone: steps that are taken
# further than they point may else grow without end while pairs are few.
MOST_SCALE = 10.0

# Prior variances g (M + r,) of (l, v), and the variance of the whole noise.
State = tuple[Array, float]


class Step(NamedTuple):
    """One step of expectation-maximisation.

    Attributes
    ----------
    at : (g, sigma2)
        Where it was taken.
    found : Posterior
        There.
    after : (g, sigma2)
        Where it leads.
    """

    at: State
    found: Posterior
    after: State


@dataclass(frozen=True)
class Beginning:
    """Where the scales come from while pairs are few.

    Attributes
    ----------
    state : (g, total)
        The best so far.
    sparse, diffuse : (g, total)
        What competed: scales that follow the neighbourhood, and one scale for all.
    by_neighbours : bool
        Whether the best is the sparse one itself.
    """

    state: State
    sparse: State
    diffuse: State
    by_neighbours: bool


@dataclass(frozen=True)
class Fitted:
    """What a fit found, for the next one to go on from.

    Attributes
    ----------
    state : (g, total)
    beginning : Beginning, optional
        While pairs are few.
    root_weights : (K,) array
        sqrt(w) of its pairs.
    white : Whitened
        Their regression in units of the noise.
    coming : Whitened, optional
        The same for interactions weighted anew, of the first pairs: it takes over once it has
        caught up.
    chosen_at : int
        Pairs when the interactions were weighted.
    """

    state: State
    beginning: Optional[Beginning]
    root_weights: Array
    white: Whitened
    coming: Optional[Whitened]
    chosen_at: int

    @property
    def K(self) -> int:
        """Number of its pairs."""
        return len(self.root_weights)

    def serves(self, root_weights: Array, n_players: int) -> bool:
        """Whether the interactions need no new choice."""
        last_choice = min(max(SURE * n_players, PILOT_PAIRS), LAST_CHOICE)
        due = RECONSIDER * self.chosen_at
        if last_choice > PILOT_PAIRS and RECONSIDER * due > last_choice:
            due = last_choice  # it is near, and each takes its time
        fresh = self.chosen_at >= last_choice or len(root_weights) < due
        return fresh and self.weighs(root_weights)

    def weighs(self, root_weights: Array) -> bool:
        """Whether its pairs weigh the same as now: so it is until a size has been enumerated."""
        return np.allclose(self.root_weights, root_weights[: self.K], rtol=1e-9, atol=0)


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
    if last is None or K <= EARLY_PAIRS:
        beginning = _begun(_with_smooth(X, E, t), where.averaging, last.beginning if last else None)
        state, by_neighbours = beginning.state, beginning.by_neighbours
    else:
        beginning, state, by_neighbours = None, last.state, False
    if last is not None and last.serves(root_weights, M):
        white, coming, chosen_at = last.white, last.coming, last.chosen_at
    else:
        tell_more = means if TRIAL_PAIRS <= K and not by_neighbours else None
        first = slice(PILOT_PAIRS)
        plain = _with_smooth(X[first], E, t[first])
        known = coalitions[:MEANS], root_weights[:MEANS]
        chosen = _chosen(plain, *known, where, state, tell_more, sure=K >= SURE * M)
        goes_on = last is not None and last.weighs(root_weights)
        white, coming = (last.white, chosen) if last and goes_on else (chosen, None)
        chosen_at = K

    def grown(white: Whitened, known: int) -> Whitened:
        new = slice(white.regression.K, known)
        fresh = _with_smooth(X[new], E, t[new])
        return white.extended(coalitions[new], root_weights[new], fresh.X, fresh.t)

    is_fresh = chosen_at == K and coming is None
    if coming is not None:
        # The refresh of the choice has done enough.
        share = CATCH_UP + K - last.K if last is not None and chosen_at < K else 0
        coming = grown(coming, min(K, coming.regression.K + share))
        if coming.regression.K == K:
            white, coming, is_fresh = coming, None, True
    white = grown(white, K)

    g, total = state
    parts = 1.0 if white.noise is None else 1.0 + white.noise.rho
    spread = where.averaging if by_neighbours else None
    is_late = max(PLENTY * M, LAST_CHOICE) <= K
    is_busy = is_late or len(g) > MANY or coming is not None
    steps = (1 if is_busy else WARM_STEPS) + is_fresh
    step = _iterated(white.regression, M, (g, total / parts), spread, steps)
    found, (g, sigma2), after = step.found, step.at, step.after
    regression = white.regression
    variances = found.centred_variances(E)
    variances += found.uneven(E, regression.X, regression.residual(found.mean), sigma2)
    if not by_neighbours:
        variances *= 1.0 + _taken_up(1.0 - found.variances / g, K)[:M]
    state = after[0], after[1] * parts
    fitted = Fitted(state, beginning, root_weights, white, coming, chosen_at)
    return found.mean[:M] + E @ found.mean[M:], variances, fitted


def _with_smooth(X: Array, E: Array, t: Array) -> Regression:
    """The regression on (l, v), u = l + E v."""
    return Regression(np.hstack([X, X @ E]), t)


def _chosen(
    plain: Regression,
    coalitions: NDArray[np.bool_],
    root_weights: Array,
    where: Neighbourhood,
    state: State,
    means: Optional[Array],
    sure: bool,
) -> Whitened:
    """The first pairs in units of the noise of most evidence, given the means if they tell more.

    Given the state, the covariance of t is X g X^T + sigma^2 (I + rho F F^T).
    """
    (g, total), K = state, plain.K
    noise, F = Interactions.among(where, g, coalitions[:K], root_weights[:K])
    if not len(noise.triples):
        return Whitened.in_white_noise(plain)
    signal, FF = (plain.X * g) @ plain.X.T, (F @ F.T).astype(np.float64)

    def evidence(kernel: Array, signal: Array, t: Array, rho: float) -> float:
        sigma2 = total / (1.0 + rho)
        covariance = (sigma2 * rho) * kernel
        covariance[-K:, -K:] += signal
        covariance[np.diag_indices(len(t))] += sigma2
        return log_evidence(covariance, t, sigma2, given=len(t) - K)

    rhos = (0.0, *(RHOS if sure else RHOS[:-1]))
    found = [evidence(FF, signal, plain.t, rho) for rho in rhos]
    best = int(np.argmax(found))
    if means is not None:
        of_means = noise.even_rows(coalitions, root_weights)
        across = of_means[:, : F.shape[1]] @ F.T
        kernel = np.block([[of_means @ of_means.T, across], [across.T, FF]])
        t, given = np.append(means[: len(of_means)], plain.t), len(of_means)
        if evidence(kernel, signal, t, rhos[-1]) > found[best]:
            both = np.vstack([of_means[:, : F.shape[1]], F])
            known = np.vstack([np.zeros((given, plain.p)), plain.X])
            return Whitened.start(replace(noise, rho=rhos[-1]), both, kernel, known, t, given)
    if not best:
        return Whitened.in_white_noise(plain)
    return Whitened.start(replace(noise, rho=rhos[best]), F, FF, plain.X, plain.t)


def _begun(plain: Regression, averaging: Array, last: Optional[Beginning]) -> Beginning:
    """Where g and sigma^2 begin, and whether neighbours should set the scales.

    A prior with one scale for all competes with one whose scales follow each neighbourhood, which
    has so many parameters that it must win by `SPARSE_MARGIN` a pair. Where it does, the game is
    sparse; and with too few pairs to learn a mixture from, it is kept.
    """
    M = len(averaging)
    few = TOO_FEW * plain.K < M
    uniform = np.full(plain.p, plain.scale(M)), 0.1 * plain.power
    steps = FIRST_STEPS if last is None else STEPS
    few_steps = FIRST_FEW_STEPS if last is None else FEW_STEPS
    alike = np.full((M, M), 1.0 / M)
    sparse, diffuse = (last.sparse, last.diffuse) if last else (uniform, uniform)
    follow = _iterated(plain, M, sparse, averaging, few_steps if few else steps)
    one = _iterated(plain, M, diffuse, alike, steps)
    sparse, diffuse = follow.after, one.after
    gain = follow.found.log_evidence - one.found.log_evidence
    is_sparse = gain > SPARSE_MARGIN * plain.K
    if is_sparse and few:
        return Beginning(sparse, sparse, diffuse, by_neighbours=True)
    begin = [sparse] if is_sparse else [sparse, diffuse]
    if last is not None and not last.by_neighbours:
        begin.append(last.state)
    found = [_iterated(plain, M, each, None, steps) for each in begin]
    best = int(np.argmax([_bound(M, step) for step in found]))
    return Beginning(found[best].after, sparse, diffuse, by_neighbours=False)


def _iterated(
    regression: Regression, M: int, state: State, spread: Optional[Array], steps: int
) -> Step:
    """So many steps of expectation-maximisation, at least one; the last of them."""
    for _ in range(steps):
        now = regression.posterior(*state)
        step = Step(state, now, _improved(regression, M, now, *state, spread))
        state = step.after
    return step


def _improved(
    regression: Regression,
    M: int,
    now: Posterior,
    g: Array,
    sigma2: float,
    spread: Optional[Array] = None,
) -> State:
    """What maximises the expectation over the M local and the smooth coefficients.

    With `spread`, the local variances are the second moments averaged by it (Tipping's update where
    it is the identity) instead of those of the scale mixture.
    """
    second = now.mean**2 + now.variances
    if spread is None:
        local = _scale_mixture(second[:M])[0]
    else:
        local = g[:M] * (spread @ second[:M] / g[:M]) ** OVERRELAXED
    smooth = np.full(len(g) - M, second[M:].mean() if len(g) > M else 0.0)

    gamma = float((1.0 - now.variances / g).sum())  # coefficients that the data determine
    # Not |residual|^2 / (K - gamma): where pairs are about as many as players that runs to zero.
    noise = (regression.misfit(now.mean) + gamma * sigma2) / regression.K
    # A step leaves gamma / K of the distance: up, it is taken as far as it points. Never down.
    rise = max(noise / sigma2, 1.0)
    noise *= rise ** min(gamma / max(regression.K - gamma, 1e-9), MOST_RISE)
    scale = regression.scale(M)
    new_g = np.clip(np.concatenate([local, smooth]), LEAST_SCALE * scale, MOST_SCALE * M * scale)
    return new_g, max(noise, LEAST_NOISE * regression.power)


def _taken_up(learnt: Array, K: int) -> Array:
    """Share of each variance that is missing, as the scales were learnt from the same K pairs.

    Of all that the data determine as much as is typical, it is what they took up of the noise's
    freedom. A coefficient that they hardly determine keeps its prior's width: nothing was taken.
    """
    total, least = float(learnt.sum()), float(np.finfo(float).tiny)
    typical = max(float(learnt @ learnt) / max(total, least), least)
    return total / K * np.clip(learnt / typical, 0.0, 1.0)


def _bound(M: int, step: Step) -> float:
    """Variational bound on the evidence under the scale mixture, where a step was taken."""
    now, local = step.found, step.at[0][:M]
    second = (now.mean**2 + now.variances)[:M]
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
        total = density @ pi
        # The mean of r_ik = pi_k density_ik / total_i over the players.
        shares = pi * ((1.0 / total) @ density) / len(second) + 1e-6
        before, pi = pi, shares / shares.sum()
    expected = density @ (before / s2) / total
    bound = float((np.log(density @ pi) + top[:, 0]).sum())
    return 1.0 / expected, bound
