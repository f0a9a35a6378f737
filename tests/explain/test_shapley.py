from __future__ import annotations

import numpy as np
import pytest

from segshap_qgis.errors import ModelError, SettingsError
from segshap_qgis.explain import shapley_values
from tests.explain.games import FunctionGame, pairwise_game, shapley_by_permutations

ESTIMATORS = ["posterior", "leverage", "kernel"]


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize(("players", "budget"), [(30, 72), (224, 456)])
def test_pairwise_games_are_exact_from_rank_on(estimator, players, budget):
    game, truth = pairwise_game(players, seed=1, n_targets=2)
    values, errors = shapley_values(game, budget, seed=3, estimator=estimator)
    np.testing.assert_allclose(values, truth, rtol=0, atol=1e-10)
    assert np.all(errors < 1e-9)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_linear_game_returns_its_weights(estimator):
    weights = np.random.default_rng(0).normal(size=40)
    values, _ = shapley_values(FunctionGame(40, lambda z: z @ weights), 120, estimator=estimator)
    np.testing.assert_allclose(values[0], weights, rtol=0, atol=1e-10)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_unanimity_shares_equally_among_its_members(estimator, size):
    members = [7, 2, 9, 4, 0][:size]
    game = FunctionGame(10, lambda z: 3.0 * z[:, members].prod(axis=1))
    values, errors = shapley_values(game, 2**10, estimator=estimator)
    expected = np.zeros(10)
    expected[members] = 3.0 / size
    np.testing.assert_allclose(values[0], expected, rtol=0, atol=1e-10)
    assert np.all(errors == 0.0)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("players", [1, 2, 3, 5, 7])
def test_small_games_agree_with_the_definition_and_are_certain(estimator, players):
    table = np.random.default_rng(players).normal(size=2**players)
    powers = 2 ** np.arange(players)

    def value(z):
        return table[(z @ powers).astype(int)]

    game = FunctionGame(players, value)
    values, errors = shapley_values(game, 4096, estimator=estimator)
    np.testing.assert_allclose(values[0], shapley_by_permutations(value, players), atol=1e-10)
    assert np.all(errors == 0.0)
    assert game.evaluations == 2**players


@pytest.mark.parametrize("players", [11, 12])
def test_twelve_players_are_enumerated_when_the_budget_allows(players):
    def value(z):  # of every order of interaction
        return np.tanh(z @ np.linspace(-1, 1, players) + 0.3) * z[:, :3].sum(axis=1) ** 2

    game = FunctionGame(players, value)
    values, errors = shapley_values(game, 5000)
    played = np.concatenate(game.calls)
    assert len(np.unique(played, axis=0)) == len(played) == 2**players
    assert np.all(errors == 0.0)
    # By the subset formula, independent of any regression.
    np.testing.assert_allclose(values[0], subset_formula(value, players), atol=1e-10)


def subset_formula(value, players):
    from math import factorial

    states = (np.arange(2**players)[:, None] >> np.arange(players)) & 1
    v, s = value(states.astype(float)), states.sum(axis=1)
    weight = np.array(
        [factorial(k) * factorial(players - k - 1) / factorial(players) for k in range(players)]
    )
    phi = np.zeros(players)
    for i in range(players):
        without = np.flatnonzero(states[:, i] == 0)
        phi[i] = (weight[s[without]] * (v[without | (1 << i)] - v[without])).sum()
    return phi


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("budget", [10, 40, 101, 300, 1000])
def test_contributions_add_up_at_every_budget(estimator, budget):
    game = FunctionGame(60, lambda z: np.stack([1e3 * np.sin(z.sum(1)), z[:, 0] ** 2], 1), 2)
    values, _ = shapley_values(game, budget, estimator=estimator)
    none, everyone = game.function(np.array([[0.0] * 60, [1.0] * 60]))
    np.testing.assert_allclose(values.sum(axis=1), everyone - none, rtol=1e-9, atol=1e-9)
    assert game.evaluations == min(budget, 10**9) - budget % 2


def test_null_and_symmetric_players():
    def value(z):
        return z[:, 0] * z[:, 1] * z[:, 2] + 0.5 * z[:, 3]  # the other players do nothing

    values, _ = shapley_values(FunctionGame(8, value), 2**8)
    np.testing.assert_allclose(values[0][:3], 1 / 3, atol=1e-10)
    np.testing.assert_allclose(values[0][4:], 0.0, atol=1e-10)


def test_null_players_are_dropped_when_the_game_knows_them():
    null = np.zeros(40, dtype=bool)
    null[5:] = True
    game = FunctionGame(40, lambda z: z[:, :5].prod(axis=1), null_players=null)
    values, errors = shapley_values(game, 100)
    assert game.evaluations == 2**5
    np.testing.assert_allclose(values[0][:5], 0.2, atol=1e-12)
    assert np.all(values[0][5:] == 0.0)
    assert np.all(errors == 0.0)


def test_a_game_of_null_players_only_costs_two_evaluations():
    game = FunctionGame(9, lambda z: np.full(len(z), 4.0), null_players=np.ones(9, dtype=bool))
    values, errors = shapley_values(game, 100)
    assert game.evaluations == 2
    assert not values.any()
    assert not errors.any()


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("value", [lambda z: 0 * z[:, 0], lambda z: 0 * z[:, 0] + 0.7])
def test_a_game_that_never_changes_contributes_nothing(estimator, value):
    for budget in (20, 500):
        values, errors = shapley_values(FunctionGame(50, value), budget, estimator=estimator)
        assert np.abs(values).max() < 1e-12
        assert not np.any(errors > 1e-12)


@pytest.mark.parametrize("budget", [10, 30, 100, 200])
def test_the_posterior_survives_hostile_games(budget):
    games = {
        "one spike": lambda z: 1e12 * z[:, 3],
        "tiny": lambda z: 1e-14 * z[:, 3] * z[:, 4] * z[:, 5],
        "parity": lambda z: z.sum(axis=1) % 2,
        "only everyone": lambda z: z.all(axis=1).astype(float),
        "duplicated": lambda z: z[:, :25].sum(axis=1) + z[:, 25:].sum(axis=1),
    }
    for name, value in games.items():
        values, errors = shapley_values(FunctionGame(50, value), budget)
        assert np.isfinite(values).all(), name
        assert np.isfinite(errors).all(), name
        size = np.ptp(value(np.random.default_rng(0).integers(0, 2, (99, 50)).astype(float)))
        total = np.ptp(value(np.array([[0.0] * 50, [1.0] * 50])))
        assert np.abs(values).max() <= 3 * max(size, total), name


def test_standard_errors_are_unknown_below_rank_without_a_prior():
    game, _ = pairwise_game(40, seed=0)
    for estimator in ("leverage", "kernel"):
        _, errors = shapley_values(game, 60, estimator=estimator)
        assert np.isnan(errors).all()


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_interactions_of_three_converge(estimator):
    def value(z):
        return z[:, 0] * z[:, 1] * z[:, 2] - z[:, 3] * z[:, 4] * z[:, 5] + z @ np.linspace(0, 1, 20)

    truth = np.linspace(0, 1, 20)
    truth[:3] += 1 / 3
    truth[3:6] -= 1 / 3
    errors = []
    for budget in (100, 3200):
        runs = [
            shapley_values(FunctionGame(20, value), budget, seed, estimator)[0][0] - truth
            for seed in range(3)
        ]
        errors.append(np.mean(np.square(runs)))
    assert 1e-30 < errors[1] < errors[0] / 8


def test_targets_are_independent_right_hand_sides():
    both = FunctionGame(30, lambda z: np.stack([np.cos(z @ np.arange(30)), z[:, 0]], 1), 2)
    alone = FunctionGame(30, lambda z: z[:, 0])
    for estimator in ESTIMATORS:
        values, errors = shapley_values(both, 200, 5, estimator)
        single, single_errors = shapley_values(alone, 200, 5, estimator)
        np.testing.assert_allclose(values[1], single[0], atol=1e-9)
        np.testing.assert_allclose(errors[1], single_errors[0], atol=1e-6)


@pytest.mark.parametrize(
    ("players", "budget", "smallest"), [(40, 9, "10"), (3, 7, "8"), (1, 1, "2")]
)
def test_a_budget_too_small_names_the_smallest_that_works(players, budget, smallest):
    with pytest.raises(SettingsError, match=f"at least {smallest}"):
        shapley_values(FunctionGame(players, lambda z: z[:, 0]), budget)
    shapley_values(FunctionGame(players, lambda z: z[:, 0]), int(smallest))


def test_an_unknown_estimator_is_refused():
    with pytest.raises(SettingsError, match="posterior, leverage, kernel"):
        shapley_values(FunctionGame(4, lambda z: z[:, 0]), 16, estimator="magic")


def test_values_that_are_no_numbers_are_refused():
    with pytest.raises(ModelError, match="not a number"):
        shapley_values(FunctionGame(4, lambda z: np.where(z[:, 0] > 0, np.nan, 1.0)), 16)
    with pytest.raises(ModelError, match="shape"):
        shapley_values(FunctionGame(4, lambda z: z[:, :2], n_targets=1), 16)
