from __future__ import annotations

import numpy as np
import pytest

from segshap_qgis.errors import ModelError, SettingsError
from segshap_qgis.explain import explain_by_rise, rise
from segshap_qgis.explain.rise import random_masks, rise_cells
from segshap_qgis.explain.superpixels import cell_means

SHAPE = (24, 32)


class MaskGame:
    n_targets = 2

    def __init__(self, weights):
        self.weights = weights
        self.masks = []

    def evaluate_masks(self, masks):
        assert masks.dtype == np.float32
        self.masks.append(masks.copy())
        linear = (masks * self.weights).sum(axis=(1, 2))
        return np.stack([linear, 1.0 - linear], axis=1)


def spot(row, column):
    weights = np.zeros(SHAPE)
    weights[row, column] = 1.0
    return weights


def test_heat_is_the_papers_sum_over_the_very_masks():
    game = MaskGame(spot(3, 4))
    result = rise(game, SHAPE, n_masks=7, cells=4, keep=0.3, batch_size=3)
    masks = np.concatenate(game.masks).astype(float)
    assert [len(batch) for batch in game.masks] == [3, 3, 1]
    f = masks[:, 3, 4]
    by_hand = sum(f[k] * masks[k] for k in range(7)) / (7 * 0.3)
    np.testing.assert_allclose(result.heat[0], by_hand, atol=1e-12)
    covariance = ((f - f.mean())[:, None, None] * (masks - masks.mean(axis=0))).mean(axis=0)
    np.testing.assert_allclose(result.signed[0], covariance / masks.var(axis=0), atol=1e-10)
    np.testing.assert_allclose(result.signed[1], -result.signed[0], atol=1e-10)


def test_a_linear_game_has_its_closed_form():
    # f = M(q): E[f M(p)] / p = Cov(p, q) / p + p, and the signed heat at q itself is one.
    result = rise(MaskGame(spot(12, 16)), SHAPE, n_masks=3000, cells=4, keep=0.5, seed=1)
    assert result.signed[0, 12, 16] == pytest.approx(1.0, abs=1e-9)
    far = result.heat[0, 0, 31]
    assert far == pytest.approx(0.5, abs=0.04)
    assert abs(result.signed[0, 0, 31]) < 0.06
    assert np.unravel_index(result.heat[0].argmax(), SHAPE) == pytest.approx((12, 16), abs=2)


def test_masks_are_those_of_the_reference():
    rng = np.random.default_rng(0)
    masks = random_masks((64, 64), 2000, 8, 0.5, rng)
    assert masks.shape == (2000, 64, 64)
    assert masks.min() >= 0.0
    assert masks.max() <= 1.0
    np.testing.assert_allclose(masks.mean(axis=(0,)), 0.5, atol=0.06)
    # A grid cell is 8 * 9 / 8 = 9 pixels: pixels two cells apart share nothing.
    flat = masks[:, 32, :] - masks[:, 32, :].mean(axis=0)
    near, far = (flat[:, 20] * flat[:, 20 + d] for d in (1, 19))
    assert near.mean() > 0.05
    assert abs(far.mean()) < 0.02


def test_one_coarse_cell_switches_the_whole_image():
    masks = random_masks((5, 9), 50, 1, 0.5, np.random.default_rng(0))
    assert set(np.unique(masks)) == {0.0, 1.0}
    assert np.all(masks.min(axis=(1, 2)) == masks.max(axis=(1, 2)))


def test_progress_seed_and_stop():
    seen = []

    def on_progress(partial):
        seen.append(partial.evaluations)
        return len(seen) < 3

    result = rise(MaskGame(spot(1, 1)), SHAPE, 100, seed=2, on_progress=on_progress, batch_size=10)
    assert seen == [10, 20, 30]
    assert result.evaluations == 30
    again = rise(MaskGame(spot(1, 1)), SHAPE, 30, seed=2, batch_size=30)
    np.testing.assert_allclose(result.heat, again.heat, atol=1e-12)


def test_bad_settings_and_values_are_refused():
    for settings in ({"n_masks": 1}, {"cells": 0}, {"keep": 1.0}, {"keep": 0.0}):
        with pytest.raises(SettingsError):
            rise(MaskGame(spot(0, 0)), SHAPE, **settings)
    with pytest.raises(ModelError):
        rise(MaskGame(np.full(SHAPE, np.nan)), SHAPE, 4)


class PixelGame(MaskGame):
    """The sum of weighted pixels, of masks and of coalitions of super-pixels alike."""

    target_names = ("oil", "sea")

    def __init__(self, weights, cells):
        super().__init__(weights)
        self.cells, self.n_players = cells, cells.n_players

    def __call__(self, coalitions):
        return self.evaluate_masks(coalitions[:, self.cells.labels].astype(np.float32))


@pytest.mark.parametrize("signed", [False, True])
def test_heat_becomes_an_explanation_of_small_squares(signed):
    cells = rise_cells(SHAPE)
    game = PixelGame(spot(12, 16), cells)
    found = explain_by_rise(game, cells, budget=402, seed=3, signed=signed)
    heat = rise(game, SHAPE, 400, seed=3)
    kind = heat.signed if signed else heat.heat
    np.testing.assert_allclose(found.values[0], cell_means(kind[0], cells))
    assert found.settings["targets"] == ["oil", "sea"]
    assert found.evaluations == 402
    assert found.base.tolist() == [0.0, 1.0]
    assert found.prediction.tolist() == [1.0, 0.0]
    assert found.history[0][0] < found.history[-1][0]
    assert cells.labels[12, 16] in np.argsort(-found.values[0])[:9]


@pytest.mark.parametrize("kind", ["heat", "signed"])
def test_standard_errors_of_heat_are_the_spread_over_seeds(kind):
    game = MaskGame(spot(12, 16) - 0.5 * spot(3, 3))
    runs = [rise(game, SHAPE, 150, cells=4, seed=seed) for seed in range(120)]
    told = np.mean([getattr(run, f"{kind}_error")[0] for run in runs], axis=0)
    spread = np.std([getattr(run, kind)[0] for run in runs], axis=0, ddof=1)
    np.testing.assert_allclose(told.mean(), spread.mean(), rtol=0.1)


def test_a_run_of_rise_stops_when_it_is_told_or_precise_enough():
    cells = rise_cells(SHAPE)
    game = PixelGame(spot(12, 16), cells)
    stopped = explain_by_rise(game, cells, budget=500, on_progress=lambda found: False)
    assert stopped.evaluations == 2 + 16
    precise = explain_by_rise(game, cells, budget=5000, stop_at=0.1)
    assert precise.precision < 0.1
    assert precise.evaluations < 5000
