"""The linear algebra under the posterior: forms that agree, factors that grow."""

from __future__ import annotations

import numpy as np
import pytest

from segshap_qgis.explain import hexagons
from segshap_qgis.explain.interactions import Interactions, Whitened
from segshap_qgis.explain.neighbourhood import Neighbourhood
from segshap_qgis.explain.regression import Regression, inverse_of_lower, log_evidence

CELLS = hexagons((64, 64), side=8)
WHERE = Neighbourhood(CELLS.n_players, CELLS.neighbours)


def coalitions(n_pairs: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((n_pairs, WHERE.n_players)) < 0.5


@pytest.mark.parametrize("n", [1, 63, 65, 200])
def test_a_triangular_matrix_is_inverted(n):
    rng = np.random.default_rng(n)
    L = np.tril(rng.normal(size=(n, n))) / n + np.eye(n)
    np.testing.assert_allclose(inverse_of_lower(L), np.linalg.inv(L), rtol=0, atol=1e-12)
    assert not np.triu(inverse_of_lower(L), 1).any()


@pytest.mark.parametrize("n_pairs", [20, 60])
def test_both_forms_give_the_textbook_posterior(n_pairs):
    rng = np.random.default_rng(1)
    p, sigma2, g = 40, 0.3, rng.uniform(0.1, 2.0, 40)
    X, t = rng.normal(size=(n_pairs, p)), rng.normal(size=n_pairs)
    covariance = np.linalg.inv(np.diag(1 / g) + X.T @ X / sigma2)
    E = rng.normal(size=(30, 10))
    to_u = np.hstack([np.eye(30), E])
    centre = np.eye(30) - 1 / 30
    of_u = centre @ to_u @ covariance @ to_u.T @ centre
    B = X * g @ X.T + sigma2 * np.eye(n_pairs)
    evidence = -0.5 * (np.linalg.slogdet(B)[1] + t @ np.linalg.solve(B, t))

    regression = Regression(X, t)
    for form in (regression._primal, regression._dual):
        found = form(g, sigma2)
        np.testing.assert_allclose(found.mean, covariance @ X.T @ t / sigma2, atol=1e-10)
        np.testing.assert_allclose(found.variances, np.diag(covariance), atol=1e-10)
        np.testing.assert_allclose(found.centred_variances(E), np.diag(of_u), atol=1e-10)
        assert found.log_evidence == pytest.approx(evidence)


@pytest.mark.parametrize("with_means", [False, True])
def test_a_factor_that_grew_is_the_factor_of_all_pairs(with_means):
    rng = np.random.default_rng(2)
    Z, root = coalitions(90), rng.uniform(0.5, 2.0, 90)
    X, t, means = rng.normal(size=(90, 12)), rng.normal(size=90), rng.normal(size=50)
    g = rng.uniform(0.1, 1.0, WHERE.n_players)
    noise, F = Interactions.among(WHERE, g, Z[:50], root[:50])
    rows = noise.rows(Z, root).astype(float)
    np.testing.assert_allclose(F, rows[:50], atol=1e-6)
    assert (F**2).sum() == pytest.approx(50, rel=1e-5)
    observed = np.column_stack([X, t])
    if with_means:
        even = noise.even_rows(Z[:50], root[:50])
        n, no_edges = F.shape[1], np.zeros((len(rows), len(noise.edges)))
        first = np.vstack([even[:, :n], F])
        rows = np.vstack([even, np.hstack([rows, no_edges])])
        observed = np.vstack([np.column_stack([np.zeros((50, 12)), means]), observed])
    else:
        first = F
    kernel, known = (rows @ rows.T)[: len(first), : len(first)], observed[: len(first)]
    given = 50 if with_means else 0
    grown = Whitened.start(noise, first, kernel, known[:, :-1], known[:, -1], given)
    for new in (slice(50, 51), slice(51, 70), slice(70, 90)):
        grown = grown.extended(Z[new], root[new], X[new], t[new])
    assert grown.extended(Z[:0], root[:0], X[:0], t[:0]) is grown

    covariance = noise.rho * rows @ rows.T + np.eye(len(rows))
    expected = np.linalg.solve(np.linalg.cholesky(covariance), observed)[-90:]
    regression = grown.regression
    np.testing.assert_allclose(regression.X, expected[:, :-1], atol=1e-4)
    np.testing.assert_allclose(regression.t, expected[:, -1], atol=1e-4)
    np.testing.assert_allclose(regression.gram, regression.X.T @ regression.X, atol=1e-10)
    np.testing.assert_allclose(regression.projected, regression.X.T @ regression.t, atol=1e-10)


@pytest.mark.parametrize("n_pairs", [20, 60])
def test_what_is_left_over_is_the_same_in_both_forms(n_pairs):
    rng = np.random.default_rng(4)
    regression = Regression(rng.normal(size=(n_pairs, 40)), rng.normal(size=n_pairs))
    assert regression.primal == (n_pairs == 60)
    c = rng.normal(size=40)
    left_over = ((regression.t - regression.X @ c) ** 2).sum()
    assert regression.misfit(c) == pytest.approx(left_over, rel=1e-12)


@pytest.mark.parametrize("given", [0, 7])
def test_the_evidence_is_that_of_the_density(given):
    rng = np.random.default_rng(3)
    root, t = rng.normal(size=(20, 20)), rng.normal(size=20)
    covariance = root @ root.T + 0.5 * np.eye(20)

    def textbook(n):
        some = covariance[:n, :n]
        return -0.5 * (np.linalg.slogdet(some)[1] + t[:n] @ np.linalg.solve(some, t[:n]))

    expected = textbook(20) - (textbook(given) if given else 0.0)
    assert log_evidence(covariance, t, 0.5, given) == pytest.approx(expected)


def test_products_of_present_players_are_what_the_noise_describes():
    """Of z_i z_j z_k: F of the half differences beside the Shapley values, F of the means."""
    Z, root = coalitions(40), np.ones(40)
    noise, _ = Interactions.among(WHERE, np.ones(WHERE.n_players), Z, root)
    number = 5
    i, j, k = noise.triples[number]

    def value(z):
        return z[:, [i, j, k]].all(axis=1).astype(float)

    differences, means = (value(Z) - value(~Z)) / 2, (value(Z) + value(~Z)) / 2
    linear = (Z[:, [i, j, k]].sum(axis=1) / 3 - 0.5).astype(float)
    half = noise.rows(Z, root)[:, number] / noise.weights[number]
    even = noise.even_rows(Z, root)[:, number] / noise.weights[number]
    np.testing.assert_allclose(differences, linear + half / 8, atol=1e-6)
    np.testing.assert_allclose(means - 0.5, even / 8, atol=1e-6)
