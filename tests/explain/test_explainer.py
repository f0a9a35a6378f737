from __future__ import annotations

import json

import numpy as np
import pytest

from segshap_qgis.errors import SettingsError
from segshap_qgis.explain import explain, hexagons, shapley_values
from segshap_qgis.explain.explainer import is_settled
from tests.explain.games import FunctionGame

CELLS = hexagons((64, 64), side=6)
M = CELLS.n_players
WEIGHTS = np.random.default_rng(1).normal(size=M)


def rough(**attributes):
    """Interactions of three neighbours on top of dense weights, rounded alike in any batch."""

    def value(z):
        return (z * WEIGHTS).sum(axis=1) + 3 * z[:, 0] * z[:, 1] * z[:, 8]

    return FunctionGame(M, value, **attributes)


@pytest.mark.parametrize("estimator", ["posterior", "leverage", "kernel"])
def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not(estimator):
    first, again = (explain(rough(), CELLS, 90, 7, estimator) for _ in range(2))
    np.testing.assert_array_equal(first.values, again.values)
    np.testing.assert_array_equal(first.standard_errors, again.standard_errors)
    assert first.history == again.history
    other = explain(rough(), CELLS, 90, 8, estimator)
    assert not np.array_equal(first.values, other.values)


@pytest.mark.parametrize("batch_size", [1, 3, 16, 1000])
def test_the_batch_size_changes_nothing(batch_size):
    reference = explain(rough(), CELLS, 91, stop_at=0.02)
    game = rough()
    result = explain(game, CELLS, 91, stop_at=0.02, batch_size=batch_size)
    np.testing.assert_array_equal(result.values, reference.values)
    assert result.evaluations == reference.evaluations == game.evaluations
    assert result.history == reference.history
    assert max(len(call) for call in game.calls[1:]) <= batch_size


def test_what_the_game_prefers_and_is_called_is_honoured():
    game = rough(batch_size=5, target_names=["oil"])
    result = explain(game, CELLS, 60, settings={"layer": "scene"})
    assert {len(call) for call in game.calls[1:]} <= {1, 2, 3, 4, 5}
    assert result.settings["targets"] == ["oil"]
    assert result.settings["layer"] == "scene"
    assert result.settings["estimator"] == "posterior"
    json.dumps(dict(result.settings))


def test_base_prediction_and_evaluations_are_those_of_the_game():
    game = rough()
    result = explain(game, CELLS, 100)
    none, everyone = game.function(np.array([[0.0] * M, [1.0] * M]))
    assert result.base[0] == none
    assert result.prediction[0] == everyone
    assert result.evaluations == game.evaluations == 100
    assert explain(rough(), CELLS, 101).evaluations == 100
    np.testing.assert_allclose(result.values.sum(), everyone - none, rtol=1e-12)


def test_explain_and_shapley_values_agree():
    result = explain(rough(), CELLS, 120, 3)
    values, errors = shapley_values(rough(), 120, 3, neighbours=CELLS.neighbours)
    np.testing.assert_array_equal(result.values, values)
    np.testing.assert_array_equal(result.standard_errors, errors)


def test_progress_comes_after_every_call_and_grows():
    seen = []
    game = rough()

    def on_progress(partial):
        seen.append(partial)
        return True

    explain(game, CELLS, 100, on_progress=on_progress, batch_size=10)
    assert len(seen) == len(game.calls)
    assert [partial.evaluations for partial in seen] == list(
        np.cumsum([len(call) for call in game.calls])
    )
    for partial in seen:
        total = partial.prediction - partial.base
        np.testing.assert_allclose(partial.values.sum(axis=1), total, rtol=1e-9)
        assert np.isfinite(partial.values).all()
    assert np.isnan(seen[0].standard_errors).all()
    assert np.isfinite(seen[-1].standard_errors).all()


@pytest.mark.parametrize("calls", [1, 2, 5])
def test_cancelling_stops_at_once_and_keeps_what_was_learnt(calls):
    game = rough()
    result = explain(game, CELLS, 400, on_progress=lambda _: len(game.calls) < calls, batch_size=9)
    assert len(game.calls) == calls
    assert result.evaluations == game.evaluations <= 2 + 9 * (calls - 1)
    np.testing.assert_allclose(result.values.sum(), result.prediction - result.base, rtol=1e-9)


def test_a_sparse_game_settles_early_and_a_rough_one_does_not():
    sparse = FunctionGame(M, lambda z: z[:, 20] + 0.5 * z[:, 21] * z[:, 22])
    result = explain(sparse, CELLS, 1000, stop_at=0.03)
    assert result.evaluations < 200
    assert is_settled(result, 0.03)
    assert not any(precision < 0.03 for _, precision in result.history[:-4])
    truth = np.zeros(M)
    truth[20:23] = 1.0, 0.25, 0.25
    assert ((result.values[0] - truth) ** 2).sum() <= 0.01 * (truth**2).sum()

    noise = FunctionGame(M, lambda z: np.sin(50 * z @ WEIGHTS))
    assert explain(noise, CELLS, 300, stop_at=0.03).evaluations == 300


def test_a_ground_that_holds_most_of_the_map_must_settle_too():
    from dataclasses import replace

    result = explain(rough(), CELLS, 60)
    values = np.full((1, M), 0.05)
    values[0, 0] = 10.0
    errors = np.full((1, M), 0.2)  # sure against the peak, but 2 in all
    assert replace(result, values=values, standard_errors=errors / 9).precision < 0.03
    assert replace(result, values=values, standard_errors=errors).precision < 0.03
    assert is_settled(replace(result, values=values, standard_errors=errors / 9), 0.03)
    assert not is_settled(replace(result, values=values, standard_errors=errors), 0.03)


def test_one_cell_takes_all_and_two_are_enumerated():
    one = explain(FunctionGame(1, lambda z: 2 * z[:, 0]), hexagons((3, 3), 3), 10)
    assert one.values.tolist() == [[2.0]]
    assert one.standard_errors.tolist() == [[0.0]]
    assert one.evaluations == 2
    two = explain(FunctionGame(2, lambda z: z.prod(axis=1)), hexagons((2, 6), 3), 10)
    np.testing.assert_allclose(two.values, [[0.5, 0.5]])
    assert two.evaluations == 4


def test_super_pixels_of_another_game_are_refused():
    with pytest.raises(SettingsError, match="players"):
        explain(FunctionGame(M + 1, lambda z: z[:, 0]), CELLS, 100)


def test_null_players_do_not_change_what_the_others_get():
    null = np.zeros(M, dtype=bool)
    null[M // 2 :] = True
    function = lambda z: z[:, : M // 2] @ WEIGHTS[: M // 2] + z[:, 3] * z[:, 4] * z[:, 5]  # noqa: E731
    known = explain(FunctionGame(M, function, null_players=null), CELLS, 400)
    assert np.all(known.values[0, null] == 0.0)
    assert np.all(known.standard_errors[0, null] == 0.0)
    truth = np.where(null, 0.0, WEIGHTS)
    truth[3:6] += 1 / 3
    np.testing.assert_allclose(known.values[0], truth, atol=0.05)


def test_a_bad_seed_or_batch_is_not_silently_different():
    with pytest.raises((SettingsError, ValueError)):
        explain(rough(), CELLS, 100, seed=-1)


def test_a_leading_target_is_found_as_if_it_were_alone_and_the_others_after_it():
    def three(z):
        return np.stack([-rough().function(z), rough().function(z), 0.01 * z[:, 3]], axis=1)

    game = FunctionGame(M, three, 3, target_names=["sea", "oil", "ship"])
    seen = []
    together = explain(
        game, CELLS, 250, stop_at=0.05, lead=1, on_progress=lambda so_far: not seen.append(so_far)
    )
    alone = explain(rough(), CELLS, 250, stop_at=0.05)
    assert {so_far.n_targets for so_far in seen} == {1}
    assert together.settings["targets"] == ["oil", "sea", "ship"]
    assert together.history == alone.history
    np.testing.assert_array_equal(together.values[0], alone.values[0])
    np.testing.assert_array_equal(together.standard_errors[0], alone.standard_errors[0])
    np.testing.assert_allclose(together.values.sum(axis=1), together.prediction - together.base)
    assert np.argmax(together.values[2]) == 3
    assert together.precision_of(0) == alone.precision == together.history[-1][1]


@pytest.mark.parametrize("scale", [0.1, 10.0])
def test_others_that_hardly_move_beside_the_leading_one_are_solved_by_least_squares(scale):
    def three(z):
        return scale * np.outer(rough().function(z), [1.0, 0.1, 0.001])

    found = explain(FunctionGame(M, three, 3), CELLS, 150, lead=0)
    regression = explain(rough(), CELLS, 150, estimator="leverage").values[0]
    np.testing.assert_allclose(found.values[2], 0.001 * scale * regression, rtol=1e-9, atol=0)
    assert np.abs(found.values[1] / (0.1 * scale) - regression).max() > 1e-3
