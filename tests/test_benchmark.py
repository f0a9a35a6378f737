"""The benchmark's own arithmetic: it must not flatter anybody."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.accuracy import (
    coverage,
    evaluations_to,
    median_curve,
    relative_squared_error,
)
from benchmarks.games import InteractionGame, RememberedGame, diffuse_game
from benchmarks.peers import METHODS
from benchmarks.references import Reference, adjusted_estimate, draw_coalitions, make_reference
from segshap_qgis.explain import hexagons


def test_relative_squared_error_is_the_squared_distance_over_the_squared_norm():
    reference = np.array([[3.0, 4.0], [1.0, 0.0]])
    estimate = np.array([[3.0, 4.5], [1.0, 2.0]])
    assert relative_squared_error(estimate, reference) == pytest.approx([0.01, 4.0])


def test_evaluations_to_a_threshold_are_interpolated_on_logarithmic_axes():
    # An error of 1/evaluations reaches 0.01 at 100, wherever it was measured.
    assert evaluations_to({10: 0.1, 1000: 0.001}, 0.01) == pytest.approx(100)


def test_a_threshold_that_is_met_from_the_start_costs_the_smallest_budget():
    assert evaluations_to({50: 0.001, 100: 0.0001}, 0.01) == 50


def test_a_threshold_counts_only_once_the_error_stays_below_it():
    assert evaluations_to({50: 0.001, 100: 0.5, 200: 0.005}, 0.01) > 100


@pytest.mark.parametrize("last", [0.02, np.inf, np.nan])
def test_a_threshold_that_is_never_met_costs_infinity(last):
    assert evaluations_to({50: 0.5, 100: last}, 0.01) == np.inf


def test_an_estimate_that_blew_up_gains_nothing_by_interpolation():
    assert evaluations_to({100: np.inf, 200: 0.001}, 0.01) == 200


def test_failed_draws_count_as_infinite_errors():
    assert median_curve({100: [0.1, np.nan, np.nan]}) == {100: np.inf}


def test_coverage_counts_unknown_intervals_as_misses():
    reference = np.zeros(4)
    values = np.array([0.0, 1.9, 2.1, 0.0])
    errors = np.array([1.0, 1.0, 1.0, np.nan])
    assert coverage(values, errors, reference, np.zeros(4)) == 0.5
    assert coverage(values, errors, reference, np.full(4, 0.5)) == 0.75


def random_game(n_players: int, seed: int = 3) -> InteractionGame:
    rng = np.random.default_rng(seed)
    sets = [(i,) for i in range(n_players)]
    sets += [tuple(rng.choice(n_players, size, replace=False)) for size in (2, 2, 3, 3, 4, 5)]
    return InteractionGame(n_players, sets, rng.normal(size=len(sets)))


def exact_shapley(game: InteractionGame) -> np.ndarray:
    """By its definition, over all coalitions."""
    m = game.n_players
    z = (np.arange(2**m)[:, None] >> np.arange(m)) % 2 == 1
    v = game(z)[:, 0]
    sizes = z.sum(axis=1)
    factorial = np.cumprod([1.0, *range(1, m + 1)])
    phi = np.zeros(m)
    for i in range(m):
        without = np.flatnonzero(~z[:, i])
        weight = factorial[sizes[without]] * factorial[m - sizes[without] - 1] / factorial[m]
        phi[i] = weight @ (v[without + 2**i] - v[without])
    return phi


def test_interaction_games_know_their_shapley_values():
    game = random_game(8)
    assert game.shapley()[0] == pytest.approx(exact_shapley(game), abs=1e-12)


@pytest.mark.parametrize("law", ["leverage", "kernel"])
def test_the_reference_estimators_are_unbiased_and_know_their_error(law):
    game = random_game(9)
    truth = game.shapley()[0]
    total = float(truth.sum())
    errors, scaled = [], []
    for seed in range(60):
        z = draw_coalitions(9, 100, law, seed)
        phi, standard_error = adjusted_estimate(z, (game(z) - game(~z))[:, 0] / 2, total, law)
        assert phi.sum() == pytest.approx(total, rel=1e-9)
        errors.append(phi - truth)
        scaled.append((phi - truth) / standard_error)
    errors = np.array(errors)
    bias_in_its_own_error = errors.mean(axis=0) / (errors.std(axis=0, ddof=1) / np.sqrt(60))
    assert np.abs(bias_in_its_own_error).max() < 4
    assert 0.7 < np.array(scaled).std() < 1.4


def test_a_longer_draw_begins_with_the_shorter_one():
    assert (draw_coalitions(20, 50, "kernel", 1)[:10] == draw_coalitions(20, 10, "kernel", 1)).all()


def test_references_agree_with_the_exact_values_and_survive_the_disk(tmp_path):
    game = diffuse_game(hexagons((96, 96), side=12), smoothness=30, seed=1)
    reference = make_reference(game, tolerance=1e-3, say=lambda _: None)
    assert reference.disagreement.max() <= 1e-3
    assert relative_squared_error(reference.values, game.shapley())[0] < 1e-3
    reference.write(tmp_path / "game.npz")
    again = Reference.read(tmp_path / "game.npz")
    assert (again.values == reference.values).all()
    assert again.provenance == reference.provenance


def test_a_remembered_game_evaluates_nothing_twice_and_survives_the_disk(tmp_path):
    asked = []

    class Spy(InteractionGame):
        def __call__(self, coalitions):
            asked.append(len(coalitions))
            return super().__call__(coalitions)

    game = Spy(10, [(0,), (1, 2)], [1.0, 2.0])
    z = draw_coalitions(10, 30, "leverage", 0)
    remembered = RememberedGame(game, tmp_path / "values.npz", chunk=8)
    first = remembered(np.vstack([z, z]))
    remembered.save()
    again = RememberedGame(game, tmp_path / "values.npz")(z)
    assert sum(asked) == len(np.unique(z, axis=0)) == len(remembered)
    assert (first[:30] == first[30:]).all()
    assert (again == game(z)).all()


@pytest.mark.parametrize("name", METHODS)
def test_every_method_converges_and_stays_within_its_budget(name):
    superpixels = hexagons((72, 72), side=12)
    game = diffuse_game(superpixels, smoothness=20, seed=2)
    remembered = RememberedGame(game)
    budget = 4000 if name in {"captum", "permutation"} else 600
    found = METHODS[name].estimate(remembered, superpixels, [budget], seed=5)[budget]
    assert found.shape == (1, game.n_players)
    assert found.sum() == pytest.approx(game.shapley().sum(), abs=1e-3)
    # shap's default keeps ten cells, and here all of them matter.
    limit = 0.9 if name == "shap_default" else 0.1
    assert relative_squared_error(found, game.shapley())[0] < limit
    assert len(remembered) <= budget + 2
