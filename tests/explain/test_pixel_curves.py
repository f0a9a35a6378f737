from __future__ import annotations

import numpy as np
import pytest

from segshap_qgis.errors import SettingsError
from segshap_qgis.explain import deletion_insertion, explain, from_labels
from segshap_qgis.explain.pixel_curves import (
    as_explanation,
    painted,
    pixel_curves,
    random_pixel_curves,
)
from segshap_qgis.explain.superpixels import cell_means
from tests.explain.games import FunctionGame


class PixelGame:
    """A function of the masked pixels, one target."""

    n_targets = 1

    def __init__(self, function):
        self.function, self.runs = function, 0

    def evaluate_masks(self, masks):
        self.runs += len(masks)
        return np.asarray(self.function(masks.reshape(len(masks), -1)), float)[:, None]


WEIGHTS = np.array([[4.0, 0.0], [-1.0, 1.0]])


def linear():
    return PixelGame(lambda z: 2.0 + z @ WEIGHTS.ravel())


def test_curves_and_areas_by_hand():
    game = linear()
    found = pixel_curves(game, WEIGHTS, steps=4)
    # Inserted 4, 1, 0, -1 of a total of 4.
    np.testing.assert_allclose(found.insertion.value, [0, 1, 1.25, 1.25, 1])
    np.testing.assert_allclose(found.insertion.area, [0, 0.25, 0.5, 0.75, 1])
    assert found.insertion.auc == pytest.approx((0 / 2 + 1 + 1.25 + 1.25 + 1 / 2) / 4)
    np.testing.assert_allclose(found.deletion.value, [1, 0, -0.25, -0.25, 0])
    # Reversed: -1, 0, 1, 4.
    np.testing.assert_allclose(found.reverse_insertion.value, [0, -0.25, -0.25, 0, 1])
    np.testing.assert_allclose(found.reverse_deletion.value, [1, 1.25, 1.25, 1, 0])
    np.testing.assert_allclose(found.reverse_insertion.area, [0, 0.25, 0.5, 0.75, 1])
    assert found.score == pytest.approx(found.insertion.auc - found.deletion.auc)
    assert game.runs == 2 + 2 * 3  # the reverse order needs no image of its own


def test_pixels_of_no_player_are_shown_in_every_step():
    heat = np.array([[1.0, np.nan], [3.0, 2.0]])
    shown = []
    game = PixelGame(lambda z: shown.append(z.copy()) or z.sum(axis=1))
    found = pixel_curves(game, heat, steps=3)
    assert all((masks[:, 1] == 1).all() for masks in shown)
    np.testing.assert_allclose(found.insertion.value, [0, 1 / 3, 2 / 3, 1])


def test_the_true_order_beats_random_orders_and_those_its_reverse():
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(12, 12)) + 0.2
    game = PixelGame(lambda z: z @ weights.ravel())
    true = pixel_curves(game, weights, steps=12)
    cells = from_labels(np.arange(144).reshape(12, 12) // 4)
    random = random_pixel_curves(game, cells, steps=12)
    scores = [curves.score for curves in random]
    assert len(scores) == 20
    assert true.score > max(scores)
    assert true.reverse_insertion.auc - true.reverse_deletion.auc < min(scores)
    assert abs(np.mean(scores)) < 3 * np.std(scores)


def test_random_orders_are_reproducible():
    cells = from_labels([[0, 0], [1, 2]])
    runs = [random_pixel_curves(linear(), cells, steps=4, n_orders=3, seed=5) for _ in range(2)]
    assert [c.score for c in runs[0]] == [c.score for c in runs[1]]


def test_heat_of_pixels_is_compared_on_the_cells_of_an_explanation():
    cells = from_labels([[0, 0], [1, -1]])
    heat = np.array([[1.0, 3.0], [5.0, 99.0]])
    assert cell_means(heat, cells).tolist() == [2.0, 5.0]
    game = FunctionGame(2, lambda z: np.stack([z @ [3.0, 1.0], z @ [1.0, 5.0]], axis=1), 2)
    found = explain(game, cells, budget=10)
    ranked = as_explanation(heat, found, target=1)
    assert ranked.values.tolist() == [[2.0, 5.0]]
    assert ranked.prediction.tolist() == [6.0]
    assert np.isnan(painted(np.array([1.0, 2.0]), cells)[1, 1])
    one = FunctionGame(2, lambda z: z @ [1.0, 5.0])
    assert deletion_insertion(one, ranked).insertion.value[1] == pytest.approx(5 / 6)


def test_what_cannot_be_measured_is_refused():
    with pytest.raises(SettingsError, match="steps"):
        pixel_curves(linear(), WEIGHTS, steps=5)
    with pytest.raises(SettingsError, match="does not change"):
        pixel_curves(PixelGame(lambda z: 0 * z[:, 0]), WEIGHTS, steps=2)
