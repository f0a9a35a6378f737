"""Which players touch: means over neighbours, smooth fields, sets of three."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

from segshap_qgis.explain import squares
from segshap_qgis.explain.neighbourhood import Neighbourhood


def path(n_players):
    return Neighbourhood(n_players, np.array([[i, i + 1] for i in range(n_players - 1)]))


def star(n_leaves):
    return Neighbourhood(n_leaves + 1, np.array([[0, leaf + 1] for leaf in range(n_leaves)]))


def test_touching_is_mutual_and_nobody_touches_itself():
    where = path(3)
    assert where.adjacency.tolist() == [
        [False, True, False],
        [True, False, True],
        [False, True, False],
    ]


def test_half_of_the_mean_is_the_player_and_half_its_neighbours():
    np.testing.assert_allclose(path(3).averaging, [[0.5, 0.5, 0], [0.25, 0.5, 0.25], [0, 0.5, 0.5]])
    alone = Neighbourhood(2, np.zeros((0, 2), dtype=int))
    np.testing.assert_array_equal(alone.averaging, np.eye(2))


def test_smooth_fields_are_those_of_the_heat_kernel():
    laplacian = np.array([[1.0, -1, 0], [-1, 2, -1], [0, -1, 1]])
    E = path(3).smooth_basis
    np.testing.assert_allclose(E @ E.T, 3 * expm(-0.67 * laplacian), atol=1e-12)


def test_rough_fields_are_left_out():
    # The star's Laplacian has the eigenvalues 0, 1 (five times) and 7: exp(-0.67 * 7) < 0.05.
    assert star(6).smooth_basis.shape == (7, 6)
    # With three leaves the last one is 4: exp(-0.67 * 4) > 0.05.
    assert star(3).smooth_basis.shape == (4, 4)


def test_no_more_than_the_128_smoothest_fields_are_kept():
    cells = squares((40, 40), side=2)
    E = Neighbourhood(cells.n_players, cells.neighbours).smooth_basis
    assert E.shape == (400, 128)
    lengths = (E**2).sum(axis=0)
    assert (np.diff(lengths) <= 1e-9).all()  # the smoothest first
    assert lengths[0] == pytest.approx(400)


@pytest.mark.parametrize(("n_players", "fields"), [(1500, 128), (1501, 0)])
def test_players_too_many_for_eigenvectors_have_no_smooth_fields(n_players, fields, monkeypatch):
    def eigh(matrix):
        return np.zeros(len(matrix)), np.eye(len(matrix))

    monkeypatch.setattr(np.linalg, "eigh", eigh)  # the true one takes seconds
    assert path(n_players).smooth_basis.shape == (n_players, fields)


def test_players_that_lie_nowhere_have_no_smooth_fields():
    nowhere = Neighbourhood(5, np.zeros((0, 2), dtype=int))
    assert nowhere.smooth_basis.shape == (5, 0)
    assert nowhere.triples.shape == (0, 3)


def test_sets_of_three_are_connected_and_come_once():
    assert path(4).triples.tolist() == [[0, 1, 2], [1, 2, 3]]
    triangle = Neighbourhood(3, np.array([[0, 1], [1, 2], [0, 2]]))
    assert triangle.triples.tolist() == [[0, 1, 2]]


@pytest.mark.parametrize(("leaves", "sets"), [(12, 12 * 11 // 2), (13, 0)])
def test_a_player_that_touches_more_than_twelve_is_no_centre(leaves, sets):
    assert len(star(leaves).triples) == sets
