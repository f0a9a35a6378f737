"""A game in reduced precision is asked again in full once the standard errors need it."""

from __future__ import annotations

import numpy as np
import pytest

from segshap_qgis.explain import explain, hexagons

SUPERPIXELS = hexagons((72, 72), side=12)


class RoundedGame:
    """Weighted cells and one product of two, rounded to a step until it is sharpened."""

    n_targets, batch_size = 1, 8
    n_players = SUPERPIXELS.n_players

    def __init__(self, step: float) -> None:
        self.step, self.asked = step, 0
        self.differences = np.array([step / 2])
        self.weights = np.random.default_rng(4).normal(size=self.n_players)

    def sharpen(self) -> None:
        self.step, self.differences = 0.0, np.zeros(1)

    def __call__(self, coalitions):
        self.asked += len(coalitions)
        values = coalitions @ self.weights + coalitions[:, :3].prod(axis=1)
        values = np.round(values / self.step) * self.step if self.step else values
        return values[:, None].astype(np.float64)


@pytest.mark.parametrize("estimator", ["posterior", "leverage"])
def test_too_coarse_a_game_is_sharpened_and_the_result_is_that_of_the_sharp_one(estimator):
    coarse, sharp = RoundedGame(0.05), RoundedGame(0.0)
    found = explain(coarse, SUPERPIXELS, 200, 1, estimator)
    exact = explain(sharp, SUPERPIXELS, 200, 1, estimator)
    assert coarse.step == 0
    assert coarse.asked > sharp.asked
    assert found.evaluations == exact.evaluations
    np.testing.assert_allclose(found.values, exact.values, atol=1e-9)
    assert found.prediction == exact.prediction


def test_a_game_that_is_precise_enough_is_left_alone():
    game = RoundedGame(1e-4)
    explain(game, SUPERPIXELS, 200, 1, stop_at=0.03)
    assert game.step == 1e-4


def test_a_run_to_the_end_of_its_budget_asks_for_more_than_one_that_stops_itself():
    game = RoundedGame(0.01)
    explain(game, SUPERPIXELS, 200, 1, stop_at=0.03)
    assert game.step == 0.01
    explain(game, SUPERPIXELS, 200, 1)
    assert game.step == 0.0


def test_values_of_no_use_are_asked_again_though_standard_errors_are_unknown():
    coarse, sharp = RoundedGame(0.05), RoundedGame(0.0)
    coarse.differences = np.array([np.inf])
    found = explain(coarse, SUPERPIXELS, 20, 1, "leverage")
    assert np.isnan(found.standard_errors).all()
    assert coarse.step == 0
    exact = explain(sharp, SUPERPIXELS, 20, 1, "leverage")
    assert np.array_equal(found.values, exact.values)


def test_how_good_a_game_is_need_not_be_known_before_the_first_map():
    told = []

    class Provisional(RoundedGame):
        @property
        def differences(self):
            told.append("differences")
            return np.zeros(1)

        @differences.setter
        def differences(self, _):
            """The constructor's."""

    def on_progress(partial):
        told.append(np.isfinite(partial.precision))
        return True

    explain(Provisional(0.0), SUPERPIXELS, 40, 1, on_progress=on_progress)
    assert told.index("differences") > told.index(True)
