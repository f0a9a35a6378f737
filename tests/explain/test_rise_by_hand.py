"""RISE's masks, errors and progress, by hand and by textbook formulas."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import linregress

from segshap_qgis.explain import explain_by_rise, has_signs, is_heat, rise
from segshap_qgis.explain.rise import _bilinear_rows, random_masks, rise_cells
from tests.explain.test_rise import SHAPE, MaskGame, PixelGame, spot


def test_a_coarse_grid_is_enlarged_between_the_centres_of_its_cells():
    # Centres of four pixels on two cells: -0.25, 0.25, 0.75 and 1.25 cells from the first centre.
    rows = [[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]]
    np.testing.assert_allclose(_bilinear_rows(2, 4), rows)
    np.testing.assert_allclose(_bilinear_rows(1, 3), [[1], [1], [1]])
    np.testing.assert_allclose(_bilinear_rows(3, 3), np.eye(3))


class Dice:
    """Random numbers that were chosen."""

    def __init__(self, uniform, shifts):
        self.uniform, self.shifts, self.asked = uniform, list(shifts), []

    def random(self, shape):
        assert self.uniform.shape == shape
        return self.uniform

    def integers(self, below):
        self.asked.append(below)
        return self.shifts.pop(0)


@pytest.mark.parametrize("shift", [(0, 0), (3, 1)])
def test_a_mask_is_a_window_of_the_enlarged_grid(shift):
    dice = Dice(np.array([[0.2, 0.3], [0.29, 0.9]]), shift)
    (mask,) = random_masks((7, 5), 1, 2, 0.3, dice)
    # Of 7 x 5 pixels each cell is 4 x 3; the grid of 2 cells becomes 3 times that.
    assert dice.asked == [4, 3]
    y = np.clip((np.arange(12) + 0.5) / 6 - 0.5, 0, 1)
    x = np.clip((np.arange(9) + 0.5) / 4.5 - 0.5, 0, 1)
    shown = np.array([[1.0, 0.0], [1.0, 0.0]])  # below 0.3, and not at it
    whole = np.stack([1 - y, y], axis=1) @ shown @ np.stack([1 - x, x])
    np.testing.assert_allclose(mask, whole[shift[0] :, shift[1] :][:7, :5], atol=1e-6)
    assert mask.dtype == np.float32


def test_standard_errors_are_those_of_a_mean_and_of_a_slope():
    game = MaskGame(spot(3, 4) - 0.5 * spot(20, 7) + 0.2 * spot(10, 30))
    found = rise(game, SHAPE, n_masks=23, cells=4, keep=0.3, seed=5)
    masks = np.concatenate(game.masks).astype(float)
    f = (masks * game.weights).sum(axis=(1, 2))
    products = f[:, None, None] * masks / 0.3
    expected = products.std(axis=0, ddof=1) / np.sqrt(23)
    np.testing.assert_allclose(found.heat_error[0], expected, rtol=1e-6)
    for row, column in ((3, 4), (0, 31), (23, 0)):
        line = linregress(masks[:, row, column], f)
        assert found.signed[0, row, column] == pytest.approx(line.slope)
        assert found.signed_error[0, row, column] == pytest.approx(line.stderr)


def test_errors_are_unknown_from_too_few_masks():
    seen = []
    rise(MaskGame(spot(3, 4)), SHAPE, 3, on_progress=lambda now: not seen.append(now), batch_size=1)
    assert [np.isnan(now.heat_error).all() for now in seen] == [True, False, False]
    assert [np.isnan(now.signed_error).all() for now in seen] == [True, True, False]
    assert [now.evaluations for now in seen] == [1, 2, 3]
    assert not seen[0].signed.any()  # one mask does not vary


def test_the_least_settings_are_allowed_and_kept():
    game = MaskGame(spot(0, 0))
    found = rise(game, SHAPE, 2, cells=1, keep=0.25, seed=9)
    assert found.evaluations == 2
    assert found.seed == 9
    assert found.settings == {"n_masks": 2, "cells": 1, "keep": 0.25, "targets": ["0", "1"]}


def test_sixteen_masks_are_evaluated_at_once_unless_the_game_prefers_others():
    game = MaskGame(spot(0, 0))
    rise(game, SHAPE, 40)
    game.batch_size = 7
    rise(game, SHAPE, 10)
    rise(game, SHAPE, 2, batch_size=0)
    assert [len(batch) for batch in game.masks] == [16, 16, 8, 7, 3, 1, 1]


@pytest.mark.parametrize(
    ("shape", "side"), [((24, 32), 2), ((104, 60), 2), ((105, 60), 3), ((60, 520), 10)]
)
def test_heat_is_kept_on_52_squares_along_the_longer_side(shape, side):
    assert rise_cells(shape).settings == {"kind": "squares", "side": float(side)}
    valid = np.ones(shape, dtype=bool)
    valid[:20] = False
    np.testing.assert_array_equal(rise_cells(shape, valid).labels >= 0, valid)


def test_progress_of_heat_is_kept_whenever_it_has_grown_by_fifteen_percent():
    cells = rise_cells(SHAPE)
    found = explain_by_rise(PixelGame(spot(12, 16), cells), cells, 180, settings={"layer": "a"})
    # Batches of 16 beside the two ends: 98 * 1.15 = 112.7, 114 * 1.15 = 131.1, 146 * 1.15 = 167.9.
    told = [evaluations for evaluations, _ in found.history]
    assert told == [18, 34, 50, 66, 82, 98, 114, 146, 178]
    assert found.evaluations == 180
    facts = {"layer": "a", "method": "rise", "budget": 180, "stop_at": None, "n_masks": 178}
    assert facts.items() <= found.settings.items()


@pytest.mark.parametrize("signed", [False, True])
def test_an_explanation_says_whether_it_is_heat_and_has_signs(signed):
    cells = rise_cells(SHAPE)
    found = explain_by_rise(PixelGame(spot(12, 16), cells), cells, 20, signed=signed)
    assert found.settings["method"] == ("signed_rise" if signed else "rise")
    assert is_heat(found)
    assert has_signs(found) == signed


def test_a_stop_needs_a_precision_below_what_is_asked():
    cells = rise_cells(SHAPE)
    plain = explain_by_rise(PixelGame(spot(12, 16), cells), cells, 34)
    at = plain.history[-1][1]
    for stop_at, evaluations in ((at, 50), (np.nextafter(at, 1), 34)):
        stopped = explain_by_rise(PixelGame(spot(12, 16), cells), cells, 50, stop_at=stop_at)
        assert stopped.evaluations == evaluations
