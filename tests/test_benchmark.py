"""The benchmark's own arithmetic: it must not flatter anybody."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.accuracy import (
    coverage,
    evaluations_to,
    median_curve,
    ratio,
    relative_squared_error,
)
from benchmarks.chips import find_regions
from benchmarks.games import InteractionGame, RememberedGame, diffuse_game
from benchmarks.peers import METHODS
from benchmarks.plots import draw
from benchmarks.references import Reference, adjusted_estimate, draw_coalitions, make_reference
from benchmarks.report import document, summary
from benchmarks.verdict import GOALS, Goal, table
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


def test_a_reference_does_not_wait_for_a_target_that_is_out_of_reach():
    class Game(InteractionGame):
        n_targets = 2

        def __call__(self, coalitions):
            noise = np.random.default_rng(0).normal(size=2**10)
            numbers = coalitions[:, :10] @ (1 << np.arange(10))
            return np.hstack([super().__call__(coalitions), noise[numbers, None]])

    game = Game(20, [(i,) for i in range(20)], np.arange(20.0))
    rounds = []
    reference = make_reference(game, rounds=(60, 120, 240), say=rounds.append)
    assert len(rounds) == 1
    assert reference.disagreement[0] < 1e-3
    assert reference.disagreement[1] > 0.1


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
    later = RememberedGame(game, tmp_path / "values.npz")
    again = later(z)
    assert 0 < remembered.seconds == later.seconds
    assert sum(asked) == len(np.unique(z, axis=0)) == len(remembered)
    assert (first[:30] == first[30:]).all()
    assert (again == game(z)).all()


@pytest.mark.parametrize("name", METHODS)
def test_every_method_converges_and_stays_within_its_budget(name):
    pytest.importorskip({"sh": "shap", "ca": "captum"}.get(name[:2], "numpy"))
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


def a_goal(**settings) -> Goal:
    return Goal("key", "what", **{"owed": 15, "aim": 30, **settings})


@pytest.mark.parametrize(
    ("measured", "verdict"),
    [(31, "aim"), (30, "aim"), (20, "owed"), (14.9, "short"), (np.inf, "aim"), (0.0, "short")],
)
def test_a_goal_with_a_lower_bound_is_judged(measured, verdict):
    assert a_goal().verdict(measured) == verdict


@pytest.mark.parametrize(("measured", "verdict"), [(2, "aim"), (5, "owed"), (7, "short")])
def test_a_goal_with_an_upper_bound_is_judged(measured, verdict):
    assert a_goal(owed=6, aim=3, at_most=True).verdict(measured) == verdict


@pytest.mark.parametrize(("measured", "verdict"), [(0.95, "aim"), (0.91, "owed"), (1.0, "short")])
def test_a_goal_with_two_bounds_is_judged(measured, verdict):
    assert a_goal(owed=(0.9, 0.99), aim=(0.93, 0.97)).verdict(measured) == verdict


@pytest.mark.parametrize("measured", [None, np.nan])
def test_what_was_not_measured_is_not_met(measured):
    assert a_goal().verdict(measured) == "not measured"


def test_a_ratio_never_flatters_a_method_that_does_not_arrive():
    assert ratio(200, 100) == 2
    assert ratio(np.inf, 100) == np.inf
    assert ratio(100, np.inf) == ratio(np.inf, np.inf) == 0


def results(**changes) -> dict:
    """A small set of measurements with round numbers."""
    speed = {
        "plain": 2.0,
        "staged": 0.1,
        "staged_auto": 0.05,
        "table": 9.0,
        "table_auto": 8.0,
        "difference": 2e-7,
        "difference_auto": 2e-4,
        "operations": 5e9,
        "matrix_rate": 1e11,
        "rate_share": 0.5,
    }
    region = {
        "curves": {"segshap": {"50": 0.2, "100": 0.01}, "captum": {"250": 0.1, "500": 0.01}},
        "to_1_percent": {"segshap": 100.0, "captum": 500.0, "paired_leverage": 50.0},
        "to_10_percent": {"segshap": 60.0},
        "reference_disagreement": 1e-4,
    }
    diffuse = {"to_1_percent": dict.fromkeys(METHODS, 100.0), "curves": {}}
    return {
        "quick": False,
        "date": "2026-01-01",
        "minutes": 1.0,
        "machine": {"processor": "p", "threads": 2, "memory_gb": 8.0, "accelerator": "No GPU."},
        "versions": {"torch": "2"},
        "model": {"id": "m", "title": "Model", "sha256": "0" * 64},
        "cells": 224,
        "images": {"sample": "an image", "chip": "another"},
        "speed": {"pixel": speed, "region of 64 x 64": speed},
        "memory": 1.5e9,
        "real": {"sample": {"slick": region}},
        "coverage": {"sample": {"100": [0.95], "250": [0.9], "500": [0.5], "1000": [1.0]}},
        "stopped": {
            "sample": {"slick": {"seconds": 20.0, "table": 8.0, "evaluations": 200, "error": 0.005}}
        },
        "diffuse": {"field": {**diffuse, "to_1_percent": {**diffuse["to_1_percent"]}}},
        "plain": {"sample": {"seconds": 2.0, "cells": 224}},
        "batches": [
            {"batch": 1, "float32": 0.2, "auto": 0.1, "chosen": 0.0},
            {"batch": 16, "float32": 0.1, "auto": 0.05, "chosen": 1.0},
        ],
        "backends": [
            {"engine": "SegSHAP", "version": "2", "seconds": 0.02, "difference": 0.0},
            {"engine": "other", "version": "1", "seconds": 0.03, "difference": 1e-5},
        ],
        "networks": [
            {
                "network": "HarDNet-MSEG",
                "plain": 0.6,
                "staged": 0.4,
                "bfloat16": float("nan"),
                "table": 1.0,
            }
        ],
        "growth": [{"what": "cells", "value": 224, "table": 8.0, "staged": 0.1, "plain": 2.0}],
        **changes,
    }


def test_the_summary_combines_the_measurements():
    found = summary(results())
    assert found["pixel_float32"] == pytest.approx(20)
    assert found["pixel_auto"] == found["region64_auto"] == pytest.approx(40)
    assert found["table"] == pytest.approx(4)
    # Our own second estimator is no peer, however good it is.
    assert found["evaluations_real"] == pytest.approx(5)
    # Our own run took (20 - 8) s for 200 evaluations, solving included.
    assert found["oracle"] == pytest.approx(500 * 2.0 / (8.0 + 100 * 0.06))
    assert found["first_map"] == pytest.approx((8.0 + 60 * 0.06) / 2.0)
    assert found["shap_as_used"] == pytest.approx((2 * 224 + 2048) * 2.0 / 20.0)
    assert found["coverage_500"] == 0.5


def test_regions_without_a_sharp_reference_are_shown_and_do_not_count():
    measured = results()
    faint = {**measured["real"]["sample"]["slick"], "reference_disagreement": 0.5}
    faint["to_1_percent"] = dict.fromkeys(METHODS, 100.0)
    measured["real"]["sample"]["sea"] = faint
    measured["stopped"]["sample"]["sea"] = {**measured["stopped"]["sample"]["slick"], "error": 9.0}
    for shares in measured["coverage"]["sample"].values():
        shares.append(0.0)
    assert summary(measured) == summary(results())
    text = document(measured)
    assert "| sample, sea \\* | 100 |" in text
    assert "Too faint to judge" in text
    assert "Too faint to judge" not in document(results())


def test_seconds_are_judged_at_the_size_for_which_they_are_owed():
    measured, small = results(), results()
    for part in ("real", "stopped", "plain"):
        measured[part]["chip"] = small[part]["sample"]
    measured["stopped"]["chip"]["slick"] |= {"seconds": 1000.0, "error": 0.007}
    of_both, of_one = summary(measured), summary(results())
    assert of_both["stopped_error"] == pytest.approx(0.006)
    for row in ("shap_as_used", "oracle", "first_map"):
        assert of_both[row] == of_one[row]
    assert "| chip, slick | 200 | 1000.0 | 8.0 | 0.70% | 5 |" in document(measured)


def test_the_table_holds_every_goal_and_says_what_is_missing():
    measured = results()
    del measured["memory"]
    rows = table(summary(measured))
    assert len(rows) == len(GOALS)
    verdicts = {row["goal"]: row["verdict"] for row in rows}
    assert verdicts["peak extra memory, GB"] == "not measured"
    assert verdicts["coverage of 95% intervals, 500 evaluations"] == "short"


def test_the_document_says_how_the_peers_seconds_came_about():
    text = document(results())
    assert "evaluations times the plain seconds" in " ".join(text.split())
    assert "| slick" not in text
    assert "sample, slick" in text


def test_the_document_says_where_plain_evaluation_is_quicker_and_which_engine_wins():
    text = document(results())
    assert "| cells 224 | 2.00 | 0.100 | 20.0 | 8.0 | 5 |" in text  # 8 s are 4.2 evaluations
    assert "| other | 1 | 0.0300 | 1.50 | 1.0e-05 |" in text
    assert "| HarDNet-MSEG | 0.60 | 0.400 | 1.5 |  |  | 1.0 |" in text
    assert "**not met**" in text


def test_a_quick_run_without_most_parts_still_makes_a_document():
    measured = results()
    for part in ("real", "coverage", "stopped", "diffuse", "growth", "memory", "networks"):
        del measured[part]
    assert "not measured" in document(measured)
    assert "## Real images" not in document(measured)


def test_the_plots_are_drawn(tmp_path):
    assert [path.stat().st_size > 5000 for path in draw(results(), tmp_path)] == [True] * 4


def test_regions_of_five_kinds_are_found_where_they_are():
    rows, columns = np.mgrid[:128, :128]
    probability = ((rows - 40) ** 2 + (columns - 40) ** 2 < 15**2).astype(np.float32)
    backscatter = np.where(probability > 0, 20, 100).astype(np.float32)
    backscatter[90:110, 80:110] = 30  # dark, and not oil
    regions = find_regions(backscatter, probability, size=8)
    assert regions["pixel"].sum() == 1
    assert probability[regions["slick"]].mean() == 1
    assert 0.2 < probability[regions["edge"]].mean() < 0.8
    assert backscatter[regions["look-alike"]].max() == 30
    assert probability[regions["look-alike"]].max() == 0
    assert probability[regions["sea"]].max() == 0
