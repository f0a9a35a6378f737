"""Are the 95% intervals honest, and is the default as good as it claims?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segshap_qgis.explain import hexagons, shapley_values
from segshap_qgis.explain.shapley import Estimate, least_squares, posterior
from tools.estimator_study import RecordedGame, coverage, relative_error
from tools.synthetic_games import FAMILIES

RECORDED = Path(__file__).resolve().parents[1] / "data" / "real_game"
CELLS = hexagons((96, 96), side=10)


@pytest.mark.parametrize("family", ["sparse", "mixed", "diffuse rough"])
def test_least_squares_intervals_cover_the_truth(family):
    covered = []
    for seed in range(6):
        game = FAMILIES[family](CELLS, np.random.default_rng(seed))
        estimate = Estimate(*shapley_values(game, 400, seed, "leverage"))
        covered.append(coverage(estimate, game.truth, 0.0))
    assert 0.90 <= np.mean(covered) <= 0.98


@pytest.mark.parametrize("family", ["sparse", "mixed", "diffuse rough", "diffuse smooth"])
def test_the_posterior_covers_the_truth_and_beats_least_squares(family):
    covered, ours, plain = [], [], []
    for seed in range(5):
        game = FAMILIES[family](CELLS, np.random.default_rng(seed))
        edges = CELLS.neighbours
        estimate = Estimate(*shapley_values(game, 250, seed, "posterior", edges))
        least = Estimate(*shapley_values(game, 250, seed, "leverage"))
        covered.append(coverage(estimate, game.truth, 0.0))
        ours.append(relative_error(estimate, game.truth))
        plain.append(relative_error(least, game.truth))
    assert 0.90 <= np.mean(covered) <= 0.995
    assert np.median(ours) < np.median(plain)


def real(target, seed, n_pairs):
    """Recorded pairs, and the truth by least squares on 1,500 others, with its standard error."""
    game = RecordedGame(RECORDED)
    rows = np.random.default_rng(seed).permutation(1500)
    others = least_squares(game.pairs("kernel", rows, target))
    pairs = game.pairs("leverage", rows[:n_pairs], target)
    return pairs, others.values[0], others.standard_errors[0]


@pytest.mark.parametrize("target", range(4))
def test_a_real_network_is_explained_to_one_percent_by_100_evaluations(target):
    pairs, truth, _ = real(target, seed=target, n_pairs=49)
    assert relative_error(posterior(pairs), truth) < 0.01
    assert relative_error(least_squares(pairs), truth) > 0.3


@pytest.mark.parametrize("n_pairs", [124, 249])
def test_intervals_cover_a_real_network(n_pairs):
    covered = []
    for target in range(4):
        pairs, truth, error = real(target, 9 + target, n_pairs)
        covered.append(coverage(posterior(pairs), truth, error))
    assert 0.90 <= np.mean(covered) <= 0.995
