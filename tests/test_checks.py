"""The checks of a finished run against what they stand for, on a small real network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from segshap_qgis.checks import check, target_game
from segshap_qgis.errors import Interrupted, SettingsError
from segshap_qgis.explain import only_targets
from segshap_qgis.explain.faithfulness import infidelity, seed_stability
from segshap_qgis.geo import Record, Window
from segshap_qgis.models import load_model
from segshap_qgis.workflow import Request, explain_window
from tests.small_model import write_small_model

SHAPE = (48, 48)


def unheard(_share):
    """Nobody asks how far it is."""


def go_on():
    return False


def explained(card, seed=0, **settings):
    """A run on a random window, as the dock makes it."""
    request = Request(str(card), "oil", side=8, budget=60, stop_at=None, seed=seed, **settings)
    bands = np.random.default_rng(0).uniform(0, 255, (1, *SHAPE)).astype(np.float32)
    window = Window(bands, np.ones(SHAPE, bool), (0.0, 1.0, 0.0, 0.0, 0.0, -1.0), "", "image.tif")
    region = np.zeros(SHAPE, bool)
    region[20:28, 20:28] = True
    model = load_model(card)
    found = explain_window(request, model, window, region, lambda _: True, go_on)
    return model, Record("run", found, window, region, settings=request.settings())


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    return write_small_model(tmp_path_factory.mktemp("model"), n_classes=4)


@pytest.mark.parametrize(
    "settings", [{}, {"against": "sea"}, {"background": ("mean", "zero")}, {"background": 0.5}]
)
def test_the_measures_are_those_of_the_run_and_of_another_seed(card, settings):
    model, record = explained(card, **settings)
    found = check(record, model, False, unheard, go_on)
    own = only_targets(record.explanation, [record.target])
    game = target_game(record, model, 500)
    ends = game(np.array([[False], [True]]).repeat(game.n_players, axis=1))[:, 0]
    np.testing.assert_allclose(ends, [own.base[0], own.prediction[0]], atol=1e-5)
    mean, error = infidelity(game, own, seed=own.seed)
    assert found.infidelity == pytest.approx(mean[0], rel=1e-3)
    assert found.infidelity_error == pytest.approx(error[0], rel=1e-3)
    _, other = explained(card, seed=1, **settings)
    other = only_targets(other.explanation, [other.target])
    assert found.stability == pytest.approx(seed_stability([own, other]), abs=0.02)
    assert found.completeness_gap < 1e-9
    assert found.randomisation is None


def test_another_class_of_the_run_is_checked_as_such(card):
    model, record = explained(card)
    sea = record.explanation.settings["targets"].index("sea")
    shown = replace(record, target=sea)
    found = check(shown, model, False, unheard, go_on)
    own = only_targets(record.explanation, [sea])
    mean, _ = infidelity(target_game(shown, model, 500), own, seed=own.seed)
    assert found.infidelity == pytest.approx(mean[0], rel=1e-3)


def test_contributions_of_other_cells_foretell_worse(card):
    model, record = explained(card)
    right = check(record, model, False, unheard, go_on)
    values = record.explanation.values[:, ::-1]
    wrong = replace(record, explanation=replace(record.explanation, values=values))
    assert check(wrong, model, False, unheard, go_on).infidelity > 2 * right.infidelity


def test_re_initialised_layers_are_explained_with_as_many_evaluations_and_the_same_seed(card):
    model, record = explained(card)
    heard = []
    found = check(record, model, True, heard.append, go_on).randomisation
    assert found.layers[-1] == found.n_layers
    assert len(found.layers) == 4
    assert found.correlation[-1] < found.ceiling
    assert heard == sorted(heard)
    assert heard[-1] == pytest.approx(1.0)


def test_checks_are_cancelled_in_the_middle_of_an_evaluation(card):
    model, record = explained(card)
    asked = []

    def after_some_layers():
        asked.append(1)
        return len(asked) > 20

    with pytest.raises(Interrupted):
        check(record, model, True, unheard, after_some_layers)
    assert len(asked) < 25


def test_a_model_without_the_class_is_told(card, tmp_path):
    _, record = explained(card)
    two = write_small_model(tmp_path, n_classes=2)
    ship = record.explanation.settings["targets"].index("ship")
    with pytest.raises(SettingsError, match="ship"):
        target_game(replace(record, target=ship), load_model(two), 100)
