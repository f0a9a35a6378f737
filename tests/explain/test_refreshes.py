"""When an estimate is refreshed, asked again, settled: the numbers that decide it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from segshap_qgis.errors import SettingsError
from segshap_qgis.explain import Explanation, explain, from_labels, shapley_values, squares
from segshap_qgis.explain.explainer import (
    _affordable_pairs,
    _among,
    _Inquiry,
    _schedule,
    is_settled,
)
from segshap_qgis.explain.shapley import Method
from tests.explain.games import FunctionGame

CELLS = squares((12, 12), side=2)
WEIGHTS = np.random.default_rng(2).normal(size=36)


def rough(z):
    return z @ WEIGHTS + 3 * z[:, 0] * z[:, 1] * z[:, 7]


def test_estimates_are_refreshed_every_eight_pairs_then_by_a_share_then_every_64():
    early = list(_schedule(400))
    # In eights, as long as 8% more is less; rounded up to whole eights later.
    assert early[:13] == list(range(8, 105, 8))
    assert early[13:20] == [120, 136, 152, 168, 184, 200, 216]
    assert early[-1] == 400
    assert [pairs % 8 for pairs in early] == [0] * len(early)
    late = list(_schedule(1300))
    assert late[-3:] == [1184, 1248, 1300]
    assert max(np.diff(late)) == 64
    assert (list(_schedule(0)), list(_schedule(5)), list(_schedule(8))) == ([], [5], [8])


@pytest.mark.parametrize(
    ("budget", "players", "pairs"),
    [(10, 40, 4), (11, 40, 4), (12, 40, 5), (8, 3, 3), (9, 3, 3), (100, 3, 3), (4, 2, 1), (2, 1, 0),
     (2, 0, 0), (32, 5, 15), (30, 5, 14)],
)  # fmt: skip
def test_a_budget_pays_for_everyone_nobody_and_pairs(budget, players, pairs):
    assert _affordable_pairs(budget, players) == pairs


def test_before_the_first_pair_everyone_has_an_equal_share_and_nothing_is_certain():
    seen = []
    explain(
        FunctionGame(36, lambda z: 1.0 + z.sum(axis=1) / 18),
        CELLS,
        40,
        on_progress=lambda partial: seen.append(partial) or False,
    )
    np.testing.assert_allclose(seen[0].values, 2 / 36)
    assert np.isnan(seen[0].standard_errors).all()
    assert seen[0].history == ((2, np.inf),)
    assert seen[0].evaluations == 2


def test_a_game_that_says_nothing_gets_sixteen_coalitions_at_once_and_at_least_one():
    sizes = []
    for settings in ({}, {"batch_size": 0}):
        game = FunctionGame(36, rough)
        explain(game, CELLS, 100, **settings)
        sizes.append(max(len(call) for call in game.calls[1:]))
    assert sizes == [16, 1]


def test_pairs_are_known_when_both_coalitions_are():
    inquiry = _Inquiry(FunctionGame(36, rough), 0, "leverage", batch_size=3)
    pairs = [(inquiry.n_pairs, inquiry.evaluations) for _ in inquiry.ask(4)]
    assert pairs == [(1, 5), (3, 8), (4, 10)]
    assert list(inquiry.ask(4)) == []


def test_pairs_are_played_as_a_coalition_and_its_complement():
    game = FunctionGame(36, rough)
    shapley_values(game, 42)
    nobody, everyone = game.calls[0]
    assert (nobody.sum(), everyone.sum()) == (0, 36)
    played = np.concatenate(game.calls[1:])
    np.testing.assert_array_equal(played[0::2], ~played[1::2])


def test_an_estimator_is_told_half_the_difference_and_the_mean_of_every_pair():
    game = FunctionGame(36, lambda z: np.stack([5 + rough(z), 2 - 3 * rough(z) ** 2], axis=1), 2)
    told = []

    def solve(pairs, _):
        told.append(pairs)
        return np.zeros((2, 2, 36))

    inquiry = _Inquiry(game, 3, "leverage")
    inquiry.method = Method("leverage", solve)
    for _ in inquiry.ask(20):
        pass
    inquiry.estimate()
    (pairs,) = told
    z = pairs.coalitions.astype(float)
    there, gone = game.function(z), game.function(1 - z)
    none, everyone = game.function(np.array([[0.0] * 36, [1.0] * 36]))
    assert len(z) == 20
    np.testing.assert_allclose(pairs.differences, (there - gone) / 2)
    np.testing.assert_allclose(pairs.means, (there + gone) / 2 - (none + everyone) / 2)
    np.testing.assert_allclose(pairs.total, everyone - none)


def test_neighbours_are_numbered_among_the_players_that_are_left():
    active = np.array([True, False, True, True])
    edges = np.array([[0, 1], [0, 2], [2, 3], [1, 3]])
    among = _among(active, edges)
    assert among.n_players == 3
    assert among.edges.tolist() == [[0, 1], [1, 2]]
    assert _among(active, None).edges.shape == (0, 2)


def told(values, errors):
    cells = from_labels(np.arange(len(values))[None])
    values, errors = np.array([values], float), np.array([errors], float)
    return Explanation(values, errors, np.zeros(1), values.sum(axis=1), cells, 8, 0)


def test_a_map_is_settled_below_the_share_that_is_asked_and_not_at_it():
    found = told([1.0, 0.0, 0.0, 0.0], [0.125, 0.0, 0.0, 0.0])
    assert found.precision == 0.125
    assert not is_settled(found, 0.125)
    assert is_settled(found, 0.126)


def test_a_map_is_settled_up_to_two_and_a_half_times_the_share_as_a_whole():
    # sum se^2 = 25/16 and sum phi^2 = 4: the error is 5/8 of the map, and 2.5 * 1/4 as much.
    found = told([2.0] + [0.0] * 100, [0.125] * 100 + [0.0])
    assert found.precision == 0.0625
    assert is_settled(found, 0.25)
    assert not is_settled(found, 0.2499)
    two = replace(
        found,
        values=np.concatenate([found.values, 0.99 * found.values]),
        standard_errors=np.repeat(found.standard_errors, 2, axis=0),
    )
    assert not is_settled(two, 0.25)  # one of two targets is not


class Blurred(FunctionGame):
    """A game that says by how much its values may be off; they are not."""

    def __init__(self, off):
        super().__init__(36, rough)
        self.differences, self.sharpened = np.array([off]), 0

    def sharpen(self):
        self.sharpened += 1
        self.differences = np.zeros(1)


@pytest.mark.parametrize(("share", "sharpened"), [(0.099, 0), (0.101, 1)])
def test_a_tenth_of_the_standard_error_reached_may_be_blurred(share, sharpened):
    seen = []
    explain(
        FunctionGame(36, rough),
        CELLS,
        150,
        estimator="leverage",
        on_progress=lambda partial: not seen.append(partial),
    )
    errors = [partial.standard_errors.max() for partial in seen]
    reached = np.nanmin(errors)
    game = Blurred(share * reached)
    found = explain(game, CELLS, 150, estimator="leverage")
    assert game.sharpened == sharpened
    np.testing.assert_allclose(found.values, seen[-1].values, rtol=1e-9, atol=1e-12)
    assert found.evaluations == 150


@pytest.mark.parametrize(("share", "sharpened"), [(0.099, 0), (0.101, 1)])
def test_a_tenth_of_the_standard_error_asked_for_may_be_blurred(share, sharpened):
    plain = FunctionGame(36, rough)
    found = explain(plain, CELLS, 10, estimator="leverage")  # one refresh, without errors
    assert np.isnan(found.standard_errors).all()
    linear = Blurred(0.0)
    linear.function = lambda z: z @ WEIGHTS
    span = np.ptp(WEIGHTS)
    linear.differences = np.array([share * 0.2 * span])
    explain(linear, CELLS, 200, estimator="leverage", stop_at=0.2)
    assert linear.sharpened == sharpened


def test_facts_of_the_run_are_kept_with_it():
    found = explain(FunctionGame(36, rough), CELLS, 41, 5, "kernel", stop_at=0.5)
    assert dict(found.settings) == {
        "targets": ["0"],
        "budget": 41,
        "estimator": "kernel",
        "stop_at": 0.5,
    }
    assert found.seed == 5
    assert found.evaluations == 40


def test_one_refresh_that_looks_settled_is_not_enough():
    seen = []
    found = explain(
        FunctionGame(36, lambda z: z @ WEIGHTS),
        CELLS,
        1000,
        estimator="leverage",
        stop_at=0.03,
        on_progress=lambda partial: not seen.append(partial),
    )
    # A linear game is known from 36 pairs on (35 fit anything): at 40 pairs, and at 48 again.
    assert [evaluations for evaluations, _ in found.history][-2:] == [82, 98]
    assert found.evaluations == 98


def test_a_target_may_lead_where_there_is_only_one_player():
    game = FunctionGame(1, lambda z: np.outer(z[:, 0], [2.0, 3.0]), 2)
    found = explain(game, from_labels([[0]]), 10, lead=1)
    assert found.values.tolist() == [[3.0], [2.0]]
    assert found.standard_errors.tolist() == [[0.0], [0.0]]
    assert found.prediction.tolist() == [3.0, 2.0]
    with pytest.raises(IndexError):
        explain(game, from_labels([[0]]), 10, lead=2)


def test_what_is_refused_says_what_to_do():
    with pytest.raises(SettingsError) as told:
        explain(FunctionGame(35, lambda z: z[:, 0]), CELLS, 100)
    assert "The game has 35 players, but there are 36 super-pixels." in str(told.value)
