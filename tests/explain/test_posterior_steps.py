"""Steps of the posterior's search by textbook formulas, and what is decided when."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from segshap_qgis.explain import shapley_values, squares
from segshap_qgis.explain.coalitions import coalition_pairs
from segshap_qgis.explain.interactions import Interactions
from segshap_qgis.explain.neighbourhood import Neighbourhood
from segshap_qgis.explain.posterior import (
    WARM_STEPS,
    Fitted,
    Step,
    _begun,
    _bound,
    _chosen,
    _improved,
    _iterated,
    _scale_mixture,
    fit,
)
from segshap_qgis.explain.regression import Posterior, Regression
from tools.synthetic_games import synthetic_game

CELLS = squares((20, 30), side=2)
M = CELLS.n_players  # 150
WHERE = Neighbourhood(M, CELLS.neighbours)
NOWHERE = Neighbourhood(M, np.zeros((0, 2), dtype=np.int64))
Z = np.array(list(islice(coalition_pairs(M, 0), 260)))
ROOT = np.ones(260)
X = Z - Z.sum(axis=1, keepdims=True) / M


# Steps ----------------------------------------------------------------------------------------


def small(n_rows, noise):
    """Three local coefficients and two smooth ones, and their moments by dense formulas."""
    rng = np.random.default_rng(5)
    rows, c = rng.normal(size=(n_rows, 5)), rng.normal(size=5)
    regression = Regression(rows, rows @ c + noise * rng.normal(size=n_rows))
    g, sigma2 = np.array([0.5, 1.0, 2.0, 3.0, 3.0]), 0.2
    covariance = np.linalg.inv(np.diag(1 / g) + rows.T @ rows / sigma2)
    mean = covariance @ rows.T @ regression.t / sigma2
    return regression, g, sigma2, mean, np.diag(covariance)


@pytest.mark.parametrize("n_rows", [2, 9])
@pytest.mark.parametrize("noise", [0.01, 2.0])
def test_a_step_is_that_of_expectation_maximisation(n_rows, noise):
    regression, g, sigma2, mean, variances = small(n_rows, noise)
    second = mean**2 + variances
    gamma = (1 - variances / g).sum()
    left = ((regression.t - regression.X @ mean) ** 2).sum()
    step = (left + gamma * sigma2) / n_rows
    if step > sigma2:
        step *= (step / sigma2) ** min(gamma / (n_rows - gamma), 3)
    assert (step > sigma2) == (noise > 1)  # both kinds of step

    now = regression.posterior(g, sigma2)
    found, total = _improved(regression, 3, now, g, sigma2)
    np.testing.assert_allclose(found[:3], _scale_mixture(second[:3])[0])
    np.testing.assert_allclose(found[3:], second[3:].mean())
    assert total == pytest.approx(step)
    # Scales that follow their neighbours are taken further than they point.
    spread = np.array([[0.5, 0.5, 0], [0.25, 0.5, 0.25], [0, 0.5, 0.5]])
    followed, again = _improved(regression, 3, now, g, sigma2, spread)
    np.testing.assert_allclose(followed[:3], g[:3] * (spread @ second[:3] / g[:3]) ** 1.9)
    np.testing.assert_array_equal(followed[3:], found[3:])
    assert again == total


@pytest.mark.parametrize("n_rows", [2, 9])  # the dual form, and the primal one
def test_noise_that_differs_between_pairs_adds_its_sandwich(n_rows):
    regression, g, sigma2, mean, _ = small(n_rows, 2.0)
    rows, residual = regression.X, regression.t - regression.X @ mean
    covariance = np.linalg.inv(np.diag(1 / g) + rows.T @ rows / sigma2)
    E = np.random.default_rng(6).normal(size=(3, 2))
    centred = (np.eye(3) - 1 / 3) @ np.hstack([np.eye(3), E])
    effects = centred @ covariance @ rows.T / sigma2
    leverage = np.diag(rows @ covariance @ rows.T) / sigma2
    more = residual**2 / (1 - leverage) - sigma2
    scatter = sigma2 * np.sqrt(2 * (effects**4).sum(axis=1))
    posterior = regression.posterior(g, sigma2)
    assert (posterior.inverse is None) == (n_rows == 9)
    found = posterior.uneven(E, rows, residual, sigma2)
    np.testing.assert_allclose(found, np.maximum(effects**2 @ more - scatter, 0), rtol=1e-6)
    assert found.max() > 0
    # Residuals as small as they were taken to be add nothing.
    np.testing.assert_array_equal(posterior.uneven(E, rows, 0 * residual, sigma2), 0)


def test_no_variance_falls_to_nothing():
    rows = np.eye(4)
    regression = Regression(rows, np.array([1.0, 0.0, 0.0, 0.0]))
    nothing = Posterior(np.array([1.0, 0, 0, 0]), np.zeros(4), 0.0, np.zeros(4), np.zeros((4, 4)))
    g, sigma2 = _improved(regression, 4, nothing, np.ones(4), 1e-30, np.eye(4))
    assert regression.power == 0.25
    assert sigma2 == pytest.approx(1e-7 * 0.25)
    np.testing.assert_allclose(g, [1, *[1e-9 * 0.25] * 3])


def test_no_variance_grows_without_end():
    # Over-relaxed steps once took these pairs to variances of 1e53, which no factor survives.
    game = synthetic_game("unanimous", 246, 1006)
    values, errors = shapley_values(game, 66, 1006, neighbours=game.superpixels.neighbours)
    assert np.isfinite(values).all()
    assert (errors >= 0).all()


def test_steps_follow_each_other():
    regression, g, sigma2, *_ = small(9, 0.5)
    state = g, sigma2
    for n_steps in (1, 2, 3):
        found = _iterated(regression, 3, (g, sigma2), None, n_steps)
        np.testing.assert_array_equal(found.at[0], state[0])
        assert found.at[1] == state[1]
        state = _improved(regression, 3, found.found, *state)
        np.testing.assert_array_equal(found.after[0], state[0])


def test_the_bound_is_the_evidence_where_the_mixture_has_one_scale():
    # Second moments that are all alike: the mixture is one normal distribution, g itself.
    regression = Regression(np.eye(3), np.zeros(3))
    now = Posterior(np.full(3, -1.0), np.full(3, 1.0), -7.0, np.zeros(3), np.zeros((3, 3)))
    bound = _bound(3, Step((np.full(3, 2.0), 1.0), now, (np.full(3, 2.0), 1.0)))
    _, log_mixture = _scale_mixture(np.full(3, 2.0))
    gaussian = -0.5 * 3 * (np.log(2.0) + 1.0)
    assert bound == pytest.approx(-7.0 - gaussian + log_mixture)
    assert bound < -7.0  # what it costs to look among several scales
    assert bound > -7.5
    assert regression.K == 3


# Beginnings -----------------------------------------------------------------------------------


def with_smooth(t, where=WHERE):
    return Regression(np.hstack([X[: len(t)], X[: len(t)] @ where.smooth_basis]), t)


def spots(n_pairs):
    """Two neighbouring cells contribute, and nothing else."""
    u = np.zeros(M)
    u[[40, 41]] = 3.0, 2.0
    return X[:n_pairs] @ u


def spread_out(n_pairs):
    return X[:n_pairs] @ np.random.default_rng(0).normal(size=M)


@pytest.mark.parametrize(("n_pairs", "kept"), [(24, True), (29, True), (30, False), (40, False)])
def test_few_pairs_of_a_sparse_game_take_scales_from_neighbours(n_pairs, kept):
    found = _begun(with_smooth(spots(n_pairs)), WHERE.averaging, None)
    assert found.by_neighbours == kept  # a fifth of a pair for each player is not few any more
    largest = set(np.argsort(-found.state[0][:M])[:4].tolist())
    assert {40, 41} <= largest


def test_a_diffuse_game_has_one_scale_for_all_to_begin_with():
    found = _begun(with_smooth(spread_out(40)), WHERE.averaging, None)
    assert not found.by_neighbours
    alike = found.diffuse[0][:M]
    np.testing.assert_allclose(alike, alike[0])


def test_a_beginning_goes_on_from_the_one_before():
    first = _begun(with_smooth(spots(24)), WHERE.averaging, None)
    second = _begun(with_smooth(spots(32)), WHERE.averaging, first)
    # The second takes fewer steps, and still sees the spots more clearly.
    shares = [
        state[0][[40, 41]].sum() / state[0][:M].sum() for state in (first.state, second.state)
    ]
    assert shares[1] > shares[0] > 0.5


def test_neighbours_set_the_scales_of_the_first_pairs_alone():
    _, _, sparse = fit(Z[:29], ROOT[:29], X[:29], spots(29), WHERE)
    assert sparse.beginning.by_neighbours
    _, _, later = fit(Z[:128], ROOT[:128], X[:128], spread_out(128), WHERE, sparse)
    assert later.beginning is not None
    _, _, late = fit(Z[:129], ROOT[:129], X[:129], spread_out(129), WHERE, later)
    assert late.beginning is None


def test_a_game_without_any_change_is_not_searched():
    u, variances, fitted = fit(Z[:40], ROOT[:40], X[:40], np.zeros(40), WHERE)
    assert fitted is None
    assert not u.any()
    assert not variances.any()


# Interactions ---------------------------------------------------------------------------------


def fitted_at(chosen_at, n_pairs=None, root=1.0):
    known = chosen_at if n_pairs is None else n_pairs
    return Fitted((np.ones(1), 1.0), None, np.full(known, root), None, None, chosen_at)


@pytest.mark.parametrize(
    ("chosen_at", "n_players", "until"),
    [
        (64, 100, 96),  # grown by half
        (100, 100, 150),
        (128, 100, 10**5),  # 1.25 pairs a player are fewer than the first 128: the last choice
        (127, 100, 191),  # 190.5
        (64, 112, 140),  # after 96 the last one would be near: it is waited for
        (128, 224, 280),  # 192 would be near 280
        (280, 224, 10**5),
        (192, 1000, 288),
        (288, 1000, 480),  # 432 is near; more than 480 pairs take too long
        (480, 1000, 10**5),
        (479, 1000, 480),
    ],
)
def test_interactions_are_chosen_anew_when_pairs_have_grown_by_half(chosen_at, n_players, until):
    fitted = fitted_at(chosen_at)
    assert len(fitted.root_weights) == fitted.K
    assert fitted.serves(np.ones(until - 1), n_players)
    assert fitted.serves(np.ones(until), n_players) == (until == 10**5)


def test_interactions_are_chosen_anew_when_the_pairs_weigh_something_else():
    fitted = fitted_at(128, 200)
    assert fitted.weighs(np.ones(300))
    assert fitted.weighs(np.full(300, 1 + 1e-10))
    other = np.ones(300)
    other[199] = 1 + 1e-8
    assert not fitted.weighs(other)
    assert not fitted.serves(other, 100)
    other[199], other[200:] = 1.0, 7.0  # of new pairs it says nothing
    assert fitted.serves(other, 100)
    assert fitted_at(128, 200, root=1e-9).weighs(np.full(300, 1e-9))
    assert not fitted_at(128, 200, root=1e-9).weighs(np.full(300, 1.1e-9))


def test_as_strong_interactions_are_believed_as_the_evidence_says():
    g = np.full(M + WHERE.smooth_basis.shape[1], 1e-3)
    _, F = Interactions.among(WHERE, g, Z[:120], ROOT[:120])
    found = set()
    for seed, rho, sure in [(0, 0, True), (1, 1, True), (2, 10, True), (3, 100, True),
                            (4, 1000, True), (5, 1000, False), (6, 100, False)]:  # fmt: skip
        rng = np.random.default_rng(seed)
        t = rng.normal(size=120) + np.sqrt(rho) * F @ rng.normal(size=F.shape[1])
        plain, total = with_smooth(t), 1.0 + rho
        evidence = {
            each: multivariate_normal.logpdf(
                t,
                cov=plain.X * g @ plain.X.T
                + total / (1 + each) * (np.eye(120) + each * (F @ F.T).astype(float)),
            )
            for each in ((0, 1, 10, 100) if sure else (0, 1, 10))
        }
        best = max(evidence, key=evidence.__getitem__)
        chosen = _chosen(plain, Z[:120], ROOT[:120], WHERE, (g, total), None, sure)
        assert (chosen.noise.rho if chosen.noise else 0) == best
        assert chosen.regression.K == 120
        found.add((best, sure))
    assert {(0, True), (100, True), (10, False)} <= found


def test_white_noise_leaves_the_regression_as_it_is():
    plain = with_smooth(np.random.default_rng(0).normal(size=120))
    state = np.ones(plain.p), 1.0
    lonely = Neighbourhood(M, np.array([[0, 1]]))
    chosen = _chosen(plain, Z[:120], ROOT[:120], lonely, state, None, True)
    assert chosen.noise is None
    np.testing.assert_array_equal(chosen.regression.X, plain.X)
    np.testing.assert_array_equal(chosen.regression.t, plain.t)


def test_means_are_used_where_the_strongest_interactions_are_likelier_with_them():
    rng = np.random.default_rng(1)
    g, total, n = np.full(M + WHERE.smooth_basis.shape[1], 1e-3), 11.0, 60
    noise, F = Interactions.among(WHERE, g, Z[:n], ROOT[:n])
    even = noise.even_rows(Z[:n], ROOT[:n])
    both = np.vstack([even, np.hstack([F, np.zeros((n, len(noise.edges)), F.dtype)])]).astype(float)
    of_signal = np.zeros((2 * n, 2 * n))
    taken, decided_by_the_strongest = set(), False
    for strength in np.linspace(0, 1, 9):
        z = rng.normal(size=both.shape[1])
        shared = strength * np.sqrt(10) * both @ z
        other = (1 - strength) * 3 * rng.normal(size=2 * n)
        means, t = np.split(shared + other, 2)
        plain = with_smooth(t)
        of_signal[n:, n:] = plain.X * g @ plain.X.T

        def evidence(rho, rows, signal, values):
            noise_of = total / (1 + rho) * (np.eye(len(rows)) + rho * rows @ rows.T)
            return multivariate_normal.logpdf(values, cov=signal + noise_of)

        alone = max(evidence(rho, both[n:], of_signal[n:, n:], t) for rho in (0, 1, 10))
        given = {
            rho: evidence(rho, both, of_signal, np.append(means, t))
            - evidence(rho, both[:n], of_signal[:n, :n], means)
            for rho in (1, 10)
        }
        chosen = _chosen(plain, Z[:n], ROOT[:n], WHERE, (g, total), means, sure=False)
        uses_means = len(chosen.solved) == 2 * n
        assert uses_means == (given[10] > alone)
        if uses_means:
            assert chosen.noise.rho == 10
        taken.add(uses_means)
        decided_by_the_strongest |= (given[1] > alone) != uses_means
    assert taken == {False, True}
    assert decided_by_the_strongest


@pytest.mark.parametrize(("n_pairs", "tried"), [(56, False), (64, True)])
def test_means_of_pairs_are_tried_from_64_pairs_on(n_pairs, tried):
    rng = np.random.default_rng(0)
    triples = WHERE.triples
    weights = np.abs(rng.normal(size=len(triples)))
    there = Z[:n_pairs][:, triples].all(axis=2) @ weights
    gone = (~Z[:n_pairs])[:, triples].all(axis=2) @ weights
    total = weights.sum()
    t = (there - gone) / 2 - (Z[:n_pairs].sum(axis=1) / M - 0.5) * total
    means = (there + gone) / 2 - total / 2
    _, _, fitted = fit(Z[:n_pairs], ROOT[:n_pairs], X[:n_pairs], t, WHERE, None, means)
    n_known = sum(len(rows.F) for rows in fitted.white.factor)
    assert n_known == (2 * n_pairs if tried else n_pairs)
    assert len(fitted.white.regression.t) == n_pairs


def test_errors_grow_by_what_the_scales_took_up():
    rng = np.random.default_rng(0)
    t = X[:60] @ rng.normal(size=M) + rng.normal(size=60)
    plain = Neighbourhood(M, np.zeros((0, 2), dtype=np.int64))
    _, variances, fitted = fit(Z[:60], ROOT[:60], X[:60], t, plain)
    assert fitted.white.noise is None
    # The first fit goes on from the beginning, by one step more than later ones.
    step = _iterated(Regression(X[:60], t), M, fitted.beginning.state, None, WARM_STEPS + 1)
    learnt = 1 - step.found.variances / step.at[0]
    taken = learnt.sum() / 60
    # Of what is learnt less than typically, a share of it.
    typical = (learnt @ learnt) / learnt.sum()
    taken = taken * np.minimum(learnt / typical, 1)
    nothing, regression = np.zeros((M, 0)), Regression(X[:60], t)
    residual = t - X[:60] @ step.found.mean
    expected = step.found.centred_variances(nothing)
    expected += step.found.uneven(nothing, regression.X, residual, step.at[1])
    expected *= 1 + taken
    assert taken.min() < 0.9 * taken.max() > 0.1
    np.testing.assert_allclose(variances, expected, rtol=1e-9)
    np.testing.assert_allclose(fitted.state[0], step.after[0], rtol=1e-9)


# Mixtures -------------------------------------------------------------------------------------


def test_a_mixture_is_the_most_likely_one_on_its_grid():
    second = np.random.default_rng(0).gamma(0.3, size=200) + 1e-6
    found, bound = _scale_mixture(second)
    s2 = np.geomspace(second.min(), 2 * second.max(), 16)
    density = np.exp(-0.5 * (np.log(s2) + second[:, None] / s2))
    pi = np.full(16, 1 / 16)
    for _ in range(500):
        pi = (pi * density / (density @ pi)[:, None]).mean(axis=0)
    best = np.log(density @ pi).sum()
    assert best - 0.02 * len(second) < bound <= best + 1e-6
    weights = pi * density / (density @ pi)[:, None]
    ratios = found * (weights @ (1 / s2))  # ten rounds are not quite the end
    assert 0.25 < ratios.min() < ratios.max() < 4
    # More of a player, more variance for it.
    assert (np.diff(found[np.argsort(second)]) >= -1e-12).all()


def test_interactions_that_were_chosen_late_take_in_96_pairs_more_at_each_refresh():
    many = np.array(list(islice(coalition_pairs(M, 1), 424)))
    rows = many - many.sum(axis=1, keepdims=True) / M
    rng = np.random.default_rng(0)
    t, root = rows @ rng.normal(size=M) + rng.normal(size=424), np.ones(424)
    fitted, taken_in = None, []
    for n in (64, 400, 408, 416, 424):
        _, _, fitted = fit(many[:n], root[:n], rows[:n], t[:n], WHERE, fitted)
        taken_in.append(fitted.coming.regression.K if fitted.coming else None)
        assert n == fitted.K == fitted.white.regression.K
    # From the first 128 on: the eight new ones and 96 of before, until none is left.
    assert taken_in == [None, 128, 232, 336, None]
    assert fitted.chosen_at == 400
