"""Are the 95% intervals honest, and is the default as good as it claims, on games of three kinds?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segshap_qgis.explain import hexagons, shapley_values
from segshap_qgis.explain.shapley import Estimate, least_squares, posterior
from tools.estimator_study import RecordedGame, coverage, relative_error
from tools.synthetic_games import FAMILIES

RECORDED = Path(__file__).resolve().parents[1] / "data" / "real_game"
CELLS = hexagons((128, 128), side=11)


@pytest.mark.parametrize("family", ["sparse", "mixed", "diffuse rough"])
def test_least_squares_intervals_cover_the_truth(family):
    covered = []
    for seed in range(8):
        game = FAMILIES[family](CELLS, np.random.default_rng(seed))
        estimate = Estimate(*shapley_values(game, 500, seed, "leverage"))
        covered.append(coverage(estimate, game.truth, 0.0))
    assert 0.90 <= np.mean(covered) <= 0.98


@pytest.mark.parametrize("family", ["sparse", "mixed", "diffuse rough", "diffuse smooth"])
def test_the_posterior_covers_the_truth_and_beats_least_squares(family):
    covered, ours, plain = [], [], []
    for seed in range(5):
        game = FAMILIES[family](CELLS, np.random.default_rng(seed))
        edges = CELLS.neighbours
        estimate = Estimate(*shapley_values(game, 300, seed, "posterior", edges))
        least = Estimate(*shapley_values(game, 300, seed, "leverage"))
        covered.append(coverage(estimate, game.truth, 0.0))
        ours.append(relative_error(estimate, game.truth))
        plain.append(relative_error(least, game.truth))
    assert 0.90 <= np.mean(covered) <= 0.995
    assert np.median(ours) < np.median(plain)


def test_a_real_network_is_explained_to_one_percent_by_100_evaluations():
    game = RecordedGame(RECORDED)
    for target in range(4):
        drawn, truth, _ = game.draw(target, 49, seed=target)
        assert relative_error(posterior(drawn["leverage"]), truth) < 0.01
        assert relative_error(least_squares(drawn["leverage"]), truth) > 0.3


def test_intervals_cover_a_real_network():
    game = RecordedGame(RECORDED)
    covered = []
    for target in range(4):
        drawn, truth, error = game.draw(target, 249, seed=9 + target)
        covered.append(coverage(posterior(drawn["leverage"]), truth, error))
    assert 0.90 <= np.mean(covered) <= 0.995
