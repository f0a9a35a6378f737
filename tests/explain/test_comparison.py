from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from segshap_qgis.errors import SettingsError
from segshap_qgis.explain import from_labels
from segshap_qgis.explain.combined_games import ContrastGame, StackedGame
from segshap_qgis.explain.comparison import compare
from tests.explain.games import FunctionGame

CELLS = from_labels(np.arange(36).reshape(6, 6))
WEIGHTS = np.random.default_rng(3).normal(size=36)


def model(weights, rough=0.0):
    def value(z):
        return z @ weights + rough * np.sin(3 * z @ WEIGHTS)

    return FunctionGame(len(weights), value, target_names=["oil"])


def contrast(first, second):
    return ContrastGame(StackedGame([first, second], ["large", "small"]), [(0, 1)])


def test_a_model_agrees_with_itself_up_to_the_ceiling():
    same = contrast(model(WEIGHTS), model(WEIGHTS))
    found = compare(same, CELLS, budget=120, estimator="leverage")
    (agreement,) = found.agreements
    assert agreement.target == "oil"
    assert (agreement.first, agreement.second) == ("large: oil", "small: oil")
    assert agreement.rank_correlation == pytest.approx(1.0)
    assert agreement.ceiling == pytest.approx(1.0)
    assert agreement.sign_agreement == 1.0
    assert agreement.differing_cells == 0
    assert np.abs(found.difference.values).max() < 1e-9


def test_noise_lowers_the_ceiling_and_the_correlation_together():
    noisy = contrast(model(WEIGHTS, rough=2.0), model(WEIGHTS, rough=2.0))
    (agreement,) = compare(noisy, CELLS, 90, (0, 1, 2, 3), "leverage").agreements
    assert agreement.ceiling < 0.9
    assert agreement.rank_correlation == pytest.approx(agreement.ceiling, abs=0.1)


def test_two_models_that_look_elsewhere_are_told_apart_by_hand():
    first, second = np.zeros((2, 36))
    first[:3] = [3.0, 1.0, -2.0]
    second[:3] = [3.0, -1.0, -1.5]
    found = compare(contrast(model(first), model(second)), CELLS, 120, estimator="leverage")
    (agreement,) = found.agreements
    np.testing.assert_allclose(found.difference.values[0], first - second, atol=1e-9)
    assert agreement.prediction_first == pytest.approx(2.0)
    assert agreement.prediction_second == pytest.approx(0.5)
    assert agreement.largest_difference == pytest.approx(2.0)


def test_signs_count_only_where_both_are_sure():
    rng = np.random.default_rng(1)
    first = np.where(np.arange(36) < 6, 5.0, 0.02 * rng.normal(size=36))
    second = np.where(np.arange(36) < 3, 5.0, np.where(np.arange(36) < 6, -5.0, 0.0))
    noisy = contrast(model(first, rough=1.0), model(second, rough=1.0))
    (agreement,) = compare(noisy, CELLS, 300, estimator="leverage").agreements
    assert 6 <= agreement.sure_cells < 16
    # Of the six strong cells three have the same sign; a few weak ones may pass by chance.
    assert agreement.sign_agreement * agreement.sure_cells <= agreement.sure_cells - 3


def test_opposite_models_correlate_negatively():
    (agreement,) = compare(contrast(model(WEIGHTS), model(-WEIGHTS)), CELLS, 120).agreements
    assert agreement.rank_correlation < -0.9
    assert agreement.sign_agreement == 0.0


def test_the_table_is_read_back_as_it_was():
    found = compare(contrast(model(WEIGHTS), model(2 * WEIGHTS)), CELLS, 120)
    (row,) = csv.DictReader(io.StringIO(found.to_csv()))
    assert float(row["prediction_second"]) == found.agreements[0].prediction_second
    assert int(row["sure_cells"]) == found.agreements[0].sure_cells
    head, _, line = found.to_markdown().splitlines()
    assert head.count("|") == line.count("|") == 8


def test_one_seed_has_no_ceiling_and_is_refused():
    with pytest.raises(SettingsError, match="two different seeds"):
        compare(contrast(model(WEIGHTS), model(WEIGHTS)), CELLS, 120, seeds=(1, 1))


def test_a_contrast_of_classes_is_no_comparison_of_models():
    classes = FunctionGame(36, lambda z: np.stack([z @ WEIGHTS, -z @ WEIGHTS], axis=1), 2)
    with pytest.raises(SettingsError, match="make_comparison_game"):
        compare(ContrastGame(classes, [(1, 0)]), CELLS, 120)
