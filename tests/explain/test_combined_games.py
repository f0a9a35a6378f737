from __future__ import annotations

import numpy as np
import pytest

from segshap_qgis.errors import SettingsError
from segshap_qgis.explain import explain, from_labels, rise
from segshap_qgis.explain.combined_games import (
    ContrastGame,
    MeanGame,
    StackedGame,
    TargetGame,
    classes_in_background,
    only_targets,
)
from tests.explain.games import FunctionGame, pairwise_game

CELLS = from_labels(np.arange(12).reshape(3, 4))


def linear_game(weights, **attributes):
    weights = np.atleast_2d(np.asarray(weights, dtype=float))
    return FunctionGame(weights.shape[1], lambda z: z @ weights.T, len(weights), **attributes)


def test_contributions_of_a_mean_of_games_are_the_mean_contributions():
    games, values = zip(*(pairwise_game(12, seed, n_targets=2) for seed in range(3)))
    found = explain(MeanGame(games), CELLS, budget=200)
    np.testing.assert_allclose(found.values, np.mean(values, axis=0), atol=1e-9)


def test_a_contrast_is_the_difference_of_the_contributions_and_sums_to_its_own_total():
    game, values = pairwise_game(12, 5, n_targets=3)
    found = explain(ContrastGame(game, [(2, 0)]), CELLS, budget=200, estimator="leverage")
    np.testing.assert_allclose(found.values[3], values[2] - values[0], atol=1e-9)
    np.testing.assert_allclose(found.values.sum(axis=1), found.prediction - found.base, atol=1e-9)
    assert found.settings["targets"] == ["0", "1", "2", "2 rather than 0"]


def test_the_standard_error_of_a_contrast_knows_that_both_come_from_the_same_coalitions():
    rng = np.random.default_rng(0)
    weights = rng.normal(size=12)

    # Two classes that share a rough part: it cancels in the difference, and so does its error.
    def values(z):
        rough = np.sin(4 * z @ weights)
        return np.stack([rough + z @ weights, rough], axis=1)

    game = ContrastGame(FunctionGame(12, values, 2), [(0, 1)])
    found = explain(game, CELLS, budget=120, estimator="leverage")
    assert found.standard_errors[0].min() > 0.01
    assert found.standard_errors[2].max() < 1e-9
    np.testing.assert_allclose(found.values[2], weights, atol=1e-9)


def test_a_contrast_alone_is_an_explanation_like_any_other():
    game, _ = pairwise_game(12, 1, n_targets=2)
    both = explain(ContrastGame(game, [(0, 1)]), CELLS, budget=100)
    alone = only_targets(both, [2])
    assert alone.n_targets == 1
    assert alone.settings["targets"] == ["0 rather than 1"]
    np.testing.assert_array_equal(alone.to_map(), both.to_map(2))
    assert alone.values.sum() == pytest.approx(float(alone.prediction[0] - alone.base[0]))
    with pytest.raises(SettingsError, match="no such targets"):
        only_targets(both, [3])


def test_games_side_by_side_play_every_coalition_together():
    first, second = linear_game([1.0] * 12), linear_game([[2.0] * 12, [3.0] * 12])
    stacked = StackedGame([first, second], ["large", "small"])
    found = explain(stacked, CELLS, budget=100)
    assert stacked.target_names == ["large: 0", "small: 0", "small: 1"]
    np.testing.assert_allclose(found.values, np.outer([1, 2, 3], np.ones(12)), atol=1e-9)
    played = [np.concatenate(game.calls) for game in (first, second)]
    np.testing.assert_array_equal(*played)


def test_a_player_is_null_only_where_no_part_sees_it():
    null = np.arange(12) < 4
    blind = linear_game(np.where(null, 0.0, 1.0), null_players=null)
    seeing = linear_game(np.ones(12))
    np.testing.assert_array_equal(MeanGame([blind, blind]).null_players, null)
    assert not MeanGame([blind, seeing]).null_players.any()
    assert not StackedGame([seeing, blind], ["a", "b"]).null_players.any()


def test_soft_masks_are_combined_too():
    class Soft(FunctionGame):
        def evaluate_masks(self, masks):
            return self.function(masks.reshape(len(masks), -1)).reshape(len(masks), -1)

    weights = np.arange(12.0)
    games = [Soft(12, lambda z, k=k: (k + 1) * (z @ weights)) for k in range(2)]
    alone = rise(games[0], (3, 4), n_masks=40, cells=2)
    mean = rise(MeanGame(games), (3, 4), n_masks=40, cells=2)
    np.testing.assert_allclose(mean.heat, 1.5 * alone.heat)


@pytest.mark.parametrize("pair", [(0, 0), (0, 2), (-1, 0)])
def test_a_contrast_that_makes_no_sense_is_refused(pair):
    game, _ = pairwise_game(12, 1, n_targets=2)
    with pytest.raises(SettingsError, match="cannot be set against"):
        ContrastGame(game, [pair])


def test_games_of_other_players_or_targets_are_not_combined():
    with pytest.raises(SettingsError, match="same super-pixels"):
        MeanGame([linear_game([1.0] * 12), linear_game([1.0] * 11)])
    with pytest.raises(SettingsError, match="same targets"):
        MeanGame([linear_game([1.0] * 12), linear_game(np.ones((2, 12)))])


def test_a_background_that_is_the_class_already_is_named():
    def value(z):
        return np.stack([0.9 - 0.01 * z.sum(axis=1), 0.1 + 0.01 * z.sum(axis=1)], axis=1)

    game = FunctionGame(12, value, 2, target_names=["oil", "sea"])
    found = explain(game, CELLS, budget=60)
    assert classes_in_background(found) == ["oil"]
    assert classes_in_background(found, threshold=0.95) == []
    as_logits = explain(game, CELLS, budget=60, settings={"output": "logit"})
    assert classes_in_background(as_logits) == []


def test_one_target_of_a_game_is_explained_alone():
    game, values = pairwise_game(12, 3, n_targets=3)
    game.target_names = ["sea", "oil", "ship"]
    alone = TargetGame(game, 1)
    found = explain(alone, CELLS, budget=200)
    np.testing.assert_allclose(found.values, values[[1]], atol=1e-9)
    assert found.settings["targets"] == ["oil"]
    with pytest.raises(SettingsError, match="no target 3"):
        TargetGame(game, 3)


def test_a_combination_is_as_coarse_as_its_parts_and_becomes_sharp_with_them():
    class Coarse(FunctionGame):
        """Values off by up to a hundredth, until it is asked to be sharp."""

        def __init__(self, off: float) -> None:
            super().__init__(12, lambda z: z @ np.arange(24.0).reshape(12, 2) / 100, 2)
            self.differences = np.array([off, 2 * off])

        def sharpen(self) -> None:
            self.differences = np.zeros(2)

    games = [Coarse(0.01), Coarse(0.03)]
    exact = linear_game(np.ones((2, 12)))
    for combined, off in (
        (MeanGame(games), [0.02, 0.04]),
        (StackedGame(games, ["a", "b"]), [0.01, 0.02, 0.03, 0.06]),
        # Both of a pair may be off, to different sides.
        (ContrastGame(games[0], [(1, 0)]), [0.01, 0.02, 0.03]),
        (TargetGame(games[1], 1), [0.06]),
        (MeanGame([games[0], exact]), [0.005, 0.01]),
        (MeanGame([exact]), [0.0, 0.0]),
    ):
        np.testing.assert_allclose(combined.differences, off)
    again = ContrastGame(MeanGame(games), [(0, 1)])
    explain(again, CELLS, budget=100, stop_at=0.03)
    assert not again.differences.any(), "it was too coarse for exact contributions"
    assert not games[0].differences.any()
