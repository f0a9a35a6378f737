"""Are the 95% intervals honest, and is the default as good as it claims?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segshap_qgis.explain import hexagons, shapley_values
from segshap_qgis.explain.shapley import Estimate, least_squares, posterior
from tools.estimator_study import RecordedGame, coverage, reference, relative_error
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
    """Recorded pairs, and the truth from all others, with its standard error."""
    game = RecordedGame(RECORDED)
    rows = np.random.default_rng(seed).permutation(1500)
    others = game.pairs("leverage", rows[n_pairs:], target)
    truth, error = reference(game.pairs("kernel", rows, target), others)
    return game.pairs("leverage", rows[:n_pairs], target), truth, error


def test_a_reference_is_sharper_than_least_squares_and_agrees_with_another_within_its_errors():
    game = RecordedGame(RECORDED)
    halves = np.split(np.random.default_rng(0).permutation(1500), 2)
    for target in range(4):
        found = []
        for rows in halves:
            pairs = [game.pairs(sampling, rows, target) for sampling in ("kernel", "leverage")]
            found.append(reference(*pairs))
            plain = [least_squares(each).standard_errors[0] for each in pairs]
            together = 1 / np.sqrt(sum(1 / error**2 for error in plain))
            assert np.median(found[-1][1]) < np.median(together)
        (one, error), (other, other_error) = found
        z = (one - other) / np.hypot(error, other_error)
        assert 0.9 < np.sqrt(np.mean(z**2)) < 1.1


def test_coverage_of_the_cells_that_count_most():
    truth = np.array([0.0, -3.0, 1.0, 0.1])
    found = Estimate(np.array([[0.0, 0.0, 1.0, 0.1]]), np.full((1, 4), 0.1))
    assert coverage(found, truth, 0.0) == 0.75
    assert coverage(found, truth, 0.0, top=1) == 0.0
    assert coverage(found, truth, 0.0, top=2) == 0.5
    assert coverage(found, truth, 2.0, top=1) == 1.0


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
