"""Which interactions the noise is made of, and how each of them weighs, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from segshap_qgis.explain import interactions
from segshap_qgis.explain.interactions import Interactions
from segshap_qgis.explain.neighbourhood import Neighbourhood

PATH = Neighbourhood(5, np.array([[0, 1], [1, 2], [2, 3], [3, 4]]))
Z = np.random.default_rng(0).random((60, 5)) < 0.5
ROOT = np.random.default_rng(1).uniform(0.5, 2, 60)


def test_an_interaction_weighs_the_geometric_mean_of_its_players_variances():
    g = np.array([1.0, 8.0, 27.0, 64.0, 64.0])
    found, F = Interactions.among(PATH, g, Z, ROOT)
    # The strongest first: the variances' geometric means are 48, 24 and 6.
    assert found.triples.tolist() == [[2, 3, 4], [1, 2, 3], [0, 1, 2]]
    np.testing.assert_allclose(found.weights / found.weights[2], np.sqrt([8, 4, 1]), rtol=1e-5)
    assert F.shape == (60, 3)
    assert F.dtype == np.float32
    assert np.square(F, dtype=float).sum() / 60 == pytest.approx(1.0, rel=1e-5)
    # Products of two: the geometric means are sqrt 8, sqrt 216, sqrt 1728 and 64.
    edges = np.sqrt(np.sqrt([8.0, 216.0, 1728.0, 4096.0]) / 64)
    of_triples = np.sqrt(np.array([48.0, 24.0, 6.0]) / 64)
    np.testing.assert_allclose(
        found.edge_weights / found.weights[0], 2 * edges / of_triples[0], rtol=1e-5
    )


def test_interactions_that_matter_little_are_interactions_too():
    three = Neighbourhood(3, np.array([[0, 1], [1, 2]]))
    found, F = Interactions.among(three, np.array([1e-6, 1.0, 1e-6]), Z[:, :3], np.ones(60))
    assert found.triples.tolist() == [[0, 1, 2]]
    assert np.square(F, dtype=float).sum() / 60 == pytest.approx(1.0, rel=1e-5)


def test_variances_of_smooth_fields_do_not_count():
    g = np.array([1.0, 8.0, 27.0, 64.0, 64.0])
    alone, F = Interactions.among(PATH, g, Z, ROOT)
    beside, F_beside = Interactions.among(PATH, np.append(g, [1e9, 1e9]), Z, ROOT)
    np.testing.assert_array_equal(alone.weights, beside.weights)
    np.testing.assert_array_equal(F, F_beside)


def test_a_row_by_hand():
    only = Interactions(
        np.array([[0, 1, 2]]), np.float32([3.0]), np.array([[0, 1]]), np.float32([5.0])
    )
    coalitions = np.array([[True, True, False], [True, True, True], [False, False, True]])
    root = np.array([1.0, 2.0, 1.0])
    # x = 1 1 -1: product -1, mean 1/3; x = 1 1 1: 1 and 1; x = -1 -1 1: 1 and -1/3.
    np.testing.assert_allclose(only.rows(coalitions, root)[:, 0], [-4, 0, 4], atol=1e-6)
    # x_i x_j + x_i x_k + x_j x_k - 3, and x_i x_j - 1.
    even = only.even_rows(coalitions, root)
    np.testing.assert_allclose(even[:, 0], [-12, 0, -12], atol=1e-6)
    np.testing.assert_allclose(even[:, 1], [0, 0, 0], atol=1e-6)
    assert only.even_rows(np.array([[True, False, True]]), root[:1])[0, 1] == -10
    assert only.rho == 1.0


def test_interactions_that_hold_hardly_anything_of_the_importance_are_left_out():
    ring = Neighbourhood(40, np.array([[i, (i + 1) % 40] for i in range(40)]))
    g = np.full(40, 1e-12)
    g[:4] = 1.0
    some = np.random.default_rng(0).random((30, 40)) < 0.5
    found, _ = Interactions.among(ring, g, some, np.ones(30))
    # Two of four strong neighbours weigh 1, the others 1e-4 and less each: two are 99.9% of it.
    assert found.triples.tolist() == [[0, 1, 2], [1, 2, 3]]


def test_no_more_interactions_are_taken_than_time_allows(monkeypatch):
    monkeypatch.setattr(interactions, "MOST_TRIPLES", 2)
    found, F = Interactions.among(PATH, np.ones(5), Z, ROOT)
    assert found.triples.tolist() == [[0, 1, 2], [1, 2, 3]]  # of equal ones those that come first
    assert F.shape == (60, 2)


@pytest.mark.parametrize("n_players", [2, 5])
def test_where_nobody_touches_two_others_there_are_no_interactions(n_players):
    pairs = Neighbourhood(n_players, np.array([[0, 1]]))
    some = np.random.default_rng(0).random((9, n_players)) < 0.5
    found, F = Interactions.among(pairs, np.ones(n_players), some, np.ones(9))
    assert found.triples.shape == (0, 3)
    assert (len(found.weights), len(found.edge_weights), F.shape) == (0, 0, (9, 0))
