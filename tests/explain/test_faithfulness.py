from __future__ import annotations

import numpy as np
import pytest

from segshap_qgis.errors import SettingsError
from segshap_qgis.explain import Explanation, deletion_insertion, explain, from_labels
from segshap_qgis.explain.faithfulness import (
    completeness,
    infidelity,
    rank_correlation,
    seed_stability,
)
from tests.explain.games import FunctionGame

# Three cells of areas 1, 2 and 1.
CELLS = from_labels([[0, 1], [1, 2]])


def explained(values, total=None):
    values = np.array([values], dtype=float)
    prediction = values.sum(axis=1) if total is None else np.array([total])
    unknown = np.full_like(values, np.nan)
    return Explanation(values, unknown, np.zeros(1), prediction, CELLS, 8, 0)


def test_curves_and_areas_by_hand():
    game = FunctionGame(3, lambda z: 1.0 + 4 * z[:, 0] + 2 * z[:, 1] * z[:, 2])
    result = deletion_insertion(game, explained([4.0, 1.0, 1.0]))
    # Insertion 0, 1, 2: values 1 5 5 7 -> 0, 2/3, 2/3, 1 over areas 0, 1/4, 3/4, 1.
    np.testing.assert_allclose(result.insertion.value, [0, 2 / 3, 2 / 3, 1])
    np.testing.assert_allclose(result.insertion.area, [0, 0.25, 0.75, 1])
    assert result.insertion.auc == pytest.approx(1 / 12 + 1 / 3 + 5 / 24)
    # Deletion 0, 1, 2: values 7 3 1 1.
    np.testing.assert_allclose(result.deletion.value, [1, 1 / 3, 0, 0])
    assert result.deletion.auc == pytest.approx(1 / 6 + 1 / 12)
    # Reverse: 2, 1, 0.
    np.testing.assert_allclose(result.reverse_insertion.value, [0, 0, 1 / 3, 1])
    np.testing.assert_allclose(result.reverse_deletion.value, [1, 2 / 3, 2 / 3, 0])
    np.testing.assert_allclose(result.reverse_deletion.area, [0, 0.25, 0.75, 1])


def test_a_table_of_the_steps_numbers_the_random_orders_from_one():
    game = FunctionGame(3, lambda z: z @ [3.0, 1.0, -1.0])
    rows = list(deletion_insertion(game, explained([3.0, 1.0, -1.0]), random_orders=25).rows())
    numbers = {name: set() for name in {row["curve"] for row in rows}}
    for row in rows:
        numbers[row["curve"]].add(row["number"])
    at_random = {"random_deletion", "random_insertion"}
    assert all(numbers[name] == set(range(1, 26)) for name in at_random)
    assert all(numbers[name] == {0} for name in set(numbers) - at_random)


def test_random_orders_stand_beside_and_are_reproducible():
    game = FunctionGame(3, lambda z: z @ [3.0, 1.0, -1.0])
    result = deletion_insertion(game, explained([3.0, 1.0, -1.0]), random_orders=25, seed=4)
    assert len(result.random_insertion) == len(result.random_deletion) == 25
    again = deletion_insertion(game, explained([3.0, 1.0, -1.0]), random_orders=25, seed=4)
    assert [c.auc for c in result.random_insertion] == [c.auc for c in again.random_insertion]
    mean = np.mean([curve.auc for curve in result.random_insertion])
    assert result.insertion.auc > mean > result.reverse_insertion.auc


def test_a_deletion_costs_what_is_documented():
    game = FunctionGame(3, lambda z: z.sum(axis=1))
    deletion_insertion(game, explained([1.0, 1.0, 1.0]))
    assert game.evaluations == (4 + 2 * 20) * 2 + 2


def test_too_few_orders_and_a_target_without_change_are_refused():
    with pytest.raises(SettingsError, match="at least 20"):
        deletion_insertion(
            FunctionGame(3, lambda z: z[:, 0]), explained([1, 0, 0]), random_orders=5
        )
    with pytest.raises(SettingsError, match="does not change"):
        deletion_insertion(FunctionGame(3, lambda z: 0 * z[:, 0]), explained([1, 0, 0]))


def test_completeness_is_the_missing_sum():
    assert completeness(explained([1.0, 2.0, 3.0], total=5.5)).tolist() == [0.5]


def test_infidelity_vanishes_for_a_linear_game_and_only_there():
    linear = FunctionGame(3, lambda z: z @ [3.0, 1.0, -1.0])
    found, error = infidelity(linear, explained([3.0, 1.0, -1.0]), 50)
    assert found[0] < 1e-20
    assert error[0] < 1e-20
    # Sets of a symmetric AND: size 1 foretells 1/3 of 1, size 2 2/3 of 1, size 3 all of it.
    unanimous = FunctionGame(3, lambda z: z.prod(axis=1))
    found, error = infidelity(unanimous, explained([1 / 3, 1 / 3, 1 / 3]), 4000)
    expected = (4 / 9 + 1 / 9 + 0) / 3
    assert abs(found[0] - expected) < 4 * error[0]
    assert error[0] < 0.01


def test_rank_correlation_by_hand():
    assert rank_correlation([1, 2, 3], [10, 20, 90]) == pytest.approx(1.0)
    assert rank_correlation([1, 2, 3], [3, 2, 1]) == pytest.approx(-1.0)
    assert rank_correlation([1, 2, 3, 4], [1, 3, 2, 4]) == pytest.approx(0.8)
    assert rank_correlation([1, 1, 2], [1, 1, 5]) == pytest.approx(1.0)
    assert np.isnan(rank_correlation([1, 1], [2, 3]))


def test_stability_compares_seeds():
    cells = from_labels(np.arange(36).reshape(6, 6))
    weights = np.random.default_rng(0).normal(size=36)
    rough = FunctionGame(36, lambda z: np.sin(3 * z @ weights))
    exact = FunctionGame(36, lambda z: z @ weights)
    unstable = seed_stability([explain(rough, cells, 60, seed, "leverage") for seed in range(3)])
    stable = seed_stability([explain(exact, cells, 100, seed, "leverage") for seed in range(3)])
    assert stable == pytest.approx(1.0)
    assert unstable < 0.9
    with pytest.raises(SettingsError):
        seed_stability([explain(exact, cells, 100)])


def test_fewer_steps_cost_less_and_keep_the_first_cells_apart():
    weights = np.geomspace(8, 0.01, 64)
    cells = from_labels(np.arange(64).reshape(8, 8))
    game = FunctionGame(64, lambda z: z @ weights)
    found = Explanation(
        weights[None], np.ones((1, 64)), np.zeros(1), np.array([weights.sum()]), cells, 8, 0
    )
    shares = []
    coarse = deletion_insertion(game, found, steps=16, on_progress=shares.append)
    assert game.evaluations <= (4 + 2 * 20) * 16 + 2
    assert shares[-1] == 1.0
    assert shares == sorted(shares)
    fine = deletion_insertion(game, found)
    np.testing.assert_allclose(coarse.insertion.value[:3], fine.insertion.value[:3])
    assert coarse.insertion.area[[0, -1]].tolist() == [0.0, 1.0]
    assert coarse.insertion.auc == pytest.approx(fine.insertion.auc, abs=0.01)
    assert coarse.deletion.auc == pytest.approx(fine.deletion.auc, abs=0.01)
