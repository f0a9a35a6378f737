"""Standard errors of least squares by the textbook, and when a game counts as fitted exactly."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from segshap_qgis.explain.coalitions import coalition_pairs
from segshap_qgis.explain.neighbourhood import Neighbourhood
from segshap_qgis.explain.regression import (
    Posterior,
    Regression,
    inverse_of_lower,
    log_evidence,
)
from segshap_qgis.explain.shapley import (
    ESTIMATORS,
    PairedValues,
    _fitted_exactly,
    least_squares,
    posterior,
)

M = 12
NOWHERE = Neighbourhood(M, np.zeros((0, 2), dtype=np.int64))
Z = np.array(list(islice(coalition_pairs(M, 0), 60)))


def pairs_of(n_pairs, noise=1.0, n_targets=1):
    rng = np.random.default_rng(3)
    weights = rng.normal(size=(M, n_targets))
    spoilt = rng.normal(size=(60, n_targets)) * noise
    differences = (2 * Z - 1) @ weights / 2 + spoilt
    return PairedValues(
        Z[:n_pairs], differences[:n_pairs], weights.sum(axis=0), "leverage", NOWHERE
    )


@pytest.mark.parametrize("n_pairs", [M, 20, 60])
def test_standard_errors_are_hc2(n_pairs):
    pairs = pairs_of(n_pairs, n_targets=2)
    found = least_squares(pairs)
    L = np.linalg.pinv(pairs.X)
    hat = np.diag(pairs.X @ L)
    residuals = pairs.t - pairs.X @ (L @ pairs.t)
    variance = L**2 @ (residuals**2 / (1 - hat)[:, None])
    np.testing.assert_allclose(found.standard_errors.T**2, variance, rtol=1e-6)
    u = L @ pairs.t
    np.testing.assert_allclose(found.values, (pairs.total / M + u - u.mean(axis=0)).T, rtol=1e-9)


@pytest.mark.parametrize(("n_pairs", "known"), [(M - 2, False), (M - 1, False), (M, True)])
def test_one_pair_more_than_its_rank_makes_errors_known(n_pairs, known):
    found = least_squares(pairs_of(n_pairs))
    assert np.isfinite(found.standard_errors).all() == known
    assert np.isfinite(found.values).all()


def test_all_pairs_leave_nothing_to_chance():
    few = np.array(list(coalition_pairs(4, 0)))
    where = Neighbourhood(4, np.zeros((0, 2), dtype=np.int64))
    values = np.random.default_rng(0).normal(size=(7, 1))
    for n_pairs, exhausted in ((6, False), (7, True)):
        pairs = PairedValues(few[:n_pairs], values[:n_pairs], np.ones(1), "leverage", where)
        assert pairs.exhausted == exhausted
        assert least_squares(pairs).standard_errors.any() == (not exhausted)
        assert (pairs.shape, pairs.n_players) == ((1, 4), 4)


def test_three_pairs_to_spare_show_that_a_game_is_fitted_exactly():
    assert _fitted_exactly(pairs_of(M + 2, noise=0.0), {}).tolist() == [False]
    assert _fitted_exactly(pairs_of(M + 3, noise=0.0), {}).tolist() == [True]
    assert _fitted_exactly(pairs_of(60, noise=1e-6), {}).tolist() == [False]
    assert _fitted_exactly(pairs_of(60, noise=1e-11), {}).tolist() == [True]


def test_what_was_not_fitted_exactly_is_not_tried_again():
    memory = {}
    posterior(pairs_of(30), memory)
    assert memory[0].K == 30
    # The same memory of a game that would be fitted: it is not even looked at.
    assert _fitted_exactly(pairs_of(60, noise=0.0), memory).tolist() == [False]
    assert _fitted_exactly(pairs_of(60, noise=0.0), {}).tolist() == [True]


def test_targets_are_fitted_exactly_one_by_one():
    pairs = pairs_of(40, n_targets=2)
    linear = pairs_of(40, noise=0.0, n_targets=2)
    mixed = PairedValues(
        pairs.coalitions,
        np.column_stack([pairs.differences[:, 0], linear.differences[:, 1]]),
        pairs.total,
        "leverage",
        NOWHERE,
    )
    memory = {}
    found = posterior(mixed, memory)
    assert set(memory) == {0}
    regression = least_squares(mixed)
    np.testing.assert_allclose(found.values[1], regression.values[1], atol=1e-12)
    assert np.abs(found.values[0] - regression.values[0]).max() > 1e-3
    np.testing.assert_allclose(found.values.sum(axis=1), mixed.total)


def test_estimators_draw_where_they_say():
    assert {name: method.sampling for name, method in ESTIMATORS.items()} == {
        "posterior": "leverage",
        "leverage": "leverage",
        "kernel": "kernel",
    }


# Linear algebra -------------------------------------------------------------------------------


def test_the_cheaper_form_is_taken():
    # Up to 0.6 pairs a coefficient that of the pairs.
    assert [Regression(np.ones((K, 10)), np.ones(K)).primal for K in (5, 6, 7)] == [
        False,
        True,
        True,
    ]


@pytest.mark.parametrize("n_rows", [5, 6])
def test_a_posterior_says_which_form_it_came_from(n_rows):
    g = np.linspace(1, 2, 10)
    found = Regression(np.ones((n_rows, 10)), np.ones(n_rows)).posterior(g, 0.5)
    np.testing.assert_array_equal(found.prior, g if n_rows == 5 else np.zeros(10))
    assert found.root.shape == (5 if n_rows == 5 else 10, 10)


def test_a_regression_knows_its_power_and_scale():
    X = np.array([[1.0, 2.0, 7.0], [3.0, 4.0, 7.0]])
    regression = Regression(X, np.array([3.0, 5.0]))
    assert (regression.K, regression.p, regression.power) == (2, 3, 17.0)
    assert regression.squares.tolist() == [10, 20, 98]
    assert regression.scale(2) == pytest.approx(34 / 30)
    assert regression.misfit(np.array([1.0, 1.0, 0.0])) == pytest.approx(0 + 4, abs=1e-9)
    assert Regression(X[:0], np.zeros(0)).power == 0


def test_a_misfit_is_never_below_zero():
    rng = np.random.default_rng(0)
    X, c = rng.normal(size=(80, 3)), rng.normal(size=3)
    regression = Regression(X, X @ c)
    assert regression.primal
    assert 0 <= regression.misfit(c) < 1e-9


def test_a_regression_grows_in_both_forms():
    rng = np.random.default_rng(0)
    X, t = rng.normal(size=(30, 40)), rng.normal(size=30)
    for first in (10, 26):
        grown = Regression(X[:first], t[:first])
        assert grown.primal == (first == 26)
        grown = grown.extended(X[first:], t[first:])
        np.testing.assert_allclose(grown.gram, X.T @ X, atol=1e-12)
        np.testing.assert_allclose(grown.projected, X.T @ t, atol=1e-12)
        assert grown.K == 30


def test_nothing_remains_above_the_diagonal_of_a_large_inverse():
    rng = np.random.default_rng(0)
    L = np.tril(rng.normal(size=(130, 130))) / 130 + np.eye(130)
    np.testing.assert_allclose(inverse_of_lower(L) @ L, np.eye(130), atol=1e-12)


def test_variances_below_zero_are_rounding():
    E = np.zeros((3, 1))
    almost = Posterior(np.zeros(4), np.zeros(4), 0.0, np.ones(4), 1.1 * np.eye(4))
    assert almost.centred_variances(E).tolist() == [0, 0, 0]


@pytest.mark.parametrize("size", [0.0, 0.1, 10.0])
def test_the_evidence_of_values_of_any_size_is_known(size):
    t = np.array([size, 0.0, -size])
    # Three independent entries of variances 1, 4 and 9, of which the first may be known.
    expected = [-np.log(6) - size**2 / 2 * (1 + 1 / 9), -np.log(6) - size**2 / 2 / 9]
    for given in (0, 1):
        found = log_evidence(np.diag([1.0, 4.0, 9.0]), t, 1.0, given)
        assert found == pytest.approx(expected[given])
