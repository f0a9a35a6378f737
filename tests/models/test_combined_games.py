"""Several backgrounds, class against class and model against model, on real small networks."""

from __future__ import annotations

import numpy as np
import pytest

from segshap_qgis.errors import SettingsError
from segshap_qgis.explain import explain, squares
from segshap_qgis.explain.combined_games import ContrastGame
from segshap_qgis.explain.comparison import compare
from segshap_qgis.models import (
    StagedGame,
    load_model,
    make_averaged_game,
    make_comparison_game,
    make_game,
)
from tests.small_model import write_small_model

SHAPE = (48, 48)
CELLS = squares(SHAPE, side=12)
BACKGROUNDS = ("mean", "zero", "blur")


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(0).uniform(0, 255, (1, *SHAPE)).astype(np.float32)


@pytest.fixture(scope="module")
def region():
    mask = np.zeros(SHAPE, dtype=bool)
    mask[20:28, 20:28] = True
    return mask


def loaded(tmp_path, n_classes=2, **changes):
    return load_model(write_small_model(tmp_path, n_classes, **changes), "cpu")


def test_the_mean_over_backgrounds_is_the_mean_of_the_explanations(tmp_path, image, region):
    model = loaded(tmp_path)
    plain = (model, image, CELLS, [region], ["oil"])
    averaged = make_averaged_game(*plain, BACKGROUNDS)
    coalitions = np.random.default_rng(1).random((6, CELLS.n_players)) < 0.5
    each = [make_game(*plain, background)(coalitions) for background in BACKGROUNDS]
    assert np.ptp([values.mean() for values in each]) > 1e-4  # the background does matter
    np.testing.assert_allclose(averaged(coalitions), np.mean(each, axis=0), atol=1e-12)
    assert all(isinstance(game, StagedGame) for game in averaged.games)
    found = explain(averaged, CELLS, budget=80)
    assert found.values.sum() == pytest.approx(float(found.prediction[0] - found.base[0]))


def test_oil_rather_than_sea_is_twice_the_oil_for_two_classes(tmp_path, image, region):
    game = make_game(loaded(tmp_path), image, CELLS, [region], ["oil", "sea"])
    found = explain(ContrastGame(game, [(0, 1)]), CELLS, budget=100, estimator="leverage")
    assert found.settings["targets"][2] == "oil rather than sea"
    np.testing.assert_allclose(found.values[2], 2 * found.values[0], atol=1e-6)
    np.testing.assert_allclose(found.standard_errors[2], 2 * found.standard_errors[0], atol=1e-6)


def test_two_models_are_compared_on_the_same_coalitions(tmp_path, image, region):
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    models = [loaded(folder, seed=seed, id=f"model {seed}") for seed, folder in enumerate(folders)]
    plain = (image, CELLS, [region], ["oil"], "zero")
    game = make_comparison_game(models, *plain, precision="float32")
    found = compare(game, CELLS, budget=60)
    (agreement,) = found.agreements
    assert (agreement.first, agreement.second) == ("model 0: oil", "model 1: oil")
    for model, part in zip(models, (found.first, found.second)):
        expected = model.predict(image)[1][region].mean()
        assert part.prediction[0] == pytest.approx(expected, abs=1e-5)
    total = found.first.values.sum() - found.second.values.sum()
    assert found.difference.values.sum() == pytest.approx(total)
    assert -1 <= agreement.rank_correlation <= 1


def test_a_model_beside_itself_has_the_same_contributions_under_two_names(tmp_path, image, region):
    model = loaded(tmp_path)
    game = make_comparison_game([model, model], image, CELLS, [region], ["oil"])
    found = compare(game, CELLS, budget=60)
    assert found.agreements[0].first != found.agreements[0].second
    assert found.agreements[0].differing_cells == 0
    assert not found.difference.values.any()


def test_no_background_and_one_model_are_refused(tmp_path, image, region):
    model = loaded(tmp_path)
    with pytest.raises(SettingsError, match="background"):
        make_averaged_game(model, image, CELLS, [region], ["oil"], [])
    with pytest.raises(SettingsError, match="two models"):
        make_comparison_game([model], image, CELLS, [region], ["oil"])
    with pytest.raises(SettingsError, match="no class"):
        make_comparison_game([model, model], image, CELLS, [region], ["whale"])
