"""Partitions at their limits: handled, or refused with a sentence that says what to do."""

from __future__ import annotations

import numpy as np
import pytest

from segshap_qgis.errors import ImageError, SettingsError
from segshap_qgis.explain import explain, from_labels, hexagons, slic, squares
from segshap_qgis.explain.class_cells import cut_along_classes
from tests.explain.games import FunctionGame


def linear(weights):
    return FunctionGame(len(weights), lambda z: 0.1 + z @ weights)


def test_one_cell_has_the_whole_difference_and_no_doubt():
    cells = from_labels(np.zeros((5, 7), dtype=int))
    found = explain(linear(np.array([0.6])), cells, budget=50)
    assert found.values.tolist() == [[pytest.approx(0.6)]]
    assert found.standard_errors.tolist() == [[0.0]]
    assert found.evaluations == 2
    np.testing.assert_allclose(found.to_map(), 0.6)


def test_single_pixel_cells_are_players_like_any_other():
    labels = np.zeros((6, 6), dtype=int)
    labels[2, 3], labels[5, 5] = 1, 2
    cells = from_labels(labels)
    assert cells.areas.tolist() == [34, 1, 1]
    found = explain(linear(np.array([0.1, -0.5, 0.3])), cells, budget=20)
    assert found.to_map()[2, 3] == pytest.approx(-0.5)
    assert found.to_map()[5, 5] == pytest.approx(0.3)


def test_a_cell_with_a_hole_keeps_its_hole():
    labels = np.zeros((7, 7), dtype=int)
    labels[2:5, 2:5] = 1
    labels[3, 3] = -1  # no-data in the middle
    cells = from_labels(labels)
    assert cells.areas.tolist() == [40, 8]
    assert cells.neighbours.tolist() == [[0, 1]]
    np.testing.assert_allclose(cells.centres(), [[3, 3], [3, 3]])
    painted = explain(linear(np.array([1.0, 2.0])), cells, budget=20).to_map()
    assert np.isnan(painted[3, 3])
    assert np.isfinite(painted).sum() == 48


@pytest.mark.parametrize("make", [hexagons, squares])
def test_no_data_and_land_never_become_players(make):
    valid = np.ones((60, 60), dtype=bool)
    valid[:, :20] = False  # land
    valid[25:35, 30:50] = False  # a hole without data
    cells = make((60, 60), side=6, valid=valid)
    np.testing.assert_array_equal(cells.labels >= 0, valid)
    assert cells.areas.sum() == valid.sum()
    assert cells.areas.min() >= 1
    assert np.unique(cells.labels[valid]).tolist() == list(range(cells.n_players))


def test_slic_and_class_cells_leave_land_out_too():
    rng = np.random.default_rng(0)
    valid = np.ones((48, 48), dtype=bool)
    valid[:12] = False
    image = rng.gamma(20, 5, (48, 48))
    image[~valid] = np.nan
    by_slic = slic(image, n_segments=20, compactness=0.5, valid=valid)
    by_class = cut_along_classes(hexagons((48, 48), 8, valid), (np.nan_to_num(image) > 100) * 1)
    for cells in (by_slic, by_class):
        assert (cells.labels[~valid] == -1).all()
        assert (cells.labels[valid] >= 0).all()


def test_more_than_two_thousand_cells_are_explained_and_said_to_be_unsure():
    cells = squares((100, 100), side=2)
    assert cells.n_players == 2500
    weights = np.random.default_rng(0).normal(size=2500)
    found = explain(linear(weights), cells, budget=100, estimator="leverage")
    assert found.values.sum() == pytest.approx(weights.sum())
    assert np.isfinite(found.to_map()).all()
    assert np.isnan(found.standard_errors).all()  # fewer pairs than cells: not known, and said so


def test_too_many_cells_are_refused_with_what_to_do():
    with pytest.raises(SettingsError, match=r"10000 super-pixels are too many. Choose larger"):
        from_labels(np.arange(10000).reshape(100, 100))
    with pytest.raises(SettingsError, match="too many"):
        hexagons((512, 512), side=4)


def test_an_image_of_land_alone_is_refused():
    with pytest.raises(ImageError, match="No pixel is left"):
        hexagons((32, 32), side=8, valid=np.zeros((32, 32), dtype=bool))
