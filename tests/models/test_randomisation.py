"""The randomisation check on a real small network."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from segshap_qgis.errors import SettingsError
from segshap_qgis.explain import explain, squares
from segshap_qgis.models import load_model, make_game
from segshap_qgis.models.randomisation import (
    layers_from_output,
    randomisation_check,
    with_random_layers,
)
from segshap_qgis.models.trust import checksum
from tests.models.own_models import SmallNetwork, own_card, write_torchscript
from tests.small_model import write_small_model

SHAPE = (32, 32)
CELLS = squares(SHAPE, side=11)  # nine: all 512 coalitions are known, contributions are exact


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return load_model(write_small_model(tmp_path_factory.mktemp("model")), "cpu")


def explain_model(model, seed):
    image = np.random.default_rng(0).uniform(0, 255, (1, *SHAPE)).astype(np.float32)
    region = np.zeros(SHAPE, dtype=bool)
    region[14:18, 14:18] = True
    game = make_game(model, image, CELLS, [region], ["oil"], precision="float32")
    return explain(game, CELLS, budget=512, seed=seed)


def test_layers_are_listed_from_the_output_backwards(model):
    names = layers_from_output(model)
    with_weights = [n for n, m in model.network.named_modules() if list(m.parameters(False))]
    assert sorted(names) == sorted(with_weights)
    shapes = [tuple(next(model.network.get_submodule(n).parameters()).shape) for n in names]
    assert shapes[0][:1] == (2,)  # the classes
    assert shapes[-1] == (8, 1, 3, 3)  # the stem


def test_only_the_named_layers_change_and_only_in_a_copy(model):
    before = {name: p.clone() for name, p in model.network.named_parameters()}
    names = layers_from_output(model)[:3]
    changed = with_random_layers(model, names)
    for name, parameter in changed.network.named_parameters():
        is_named = name.rpartition(".")[0] in names
        varies = before[name].std(unbiased=False) > 0
        assert torch.equal(parameter, before[name]) == (not is_named or not varies), name
    assert all(torch.equal(p, before[name]) for name, p in model.network.named_parameters())


def test_the_same_seed_draws_the_same_weights(model):
    names = layers_from_output(model)
    first, again, other = (with_random_layers(model, names, seed).network for seed in (1, 1, 2))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters()))
    assert not all(torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters()))


def test_an_explanation_of_a_network_loses_its_likeness(model):
    found = randomisation_check(model, explain_model, shares=(0.5, 1.0))
    assert found.layers.tolist() == [round(found.n_layers / 2), found.n_layers]
    assert found.ceiling == pytest.approx(1.0)
    assert found.correlation.max() < found.ceiling - 0.3


def test_a_map_that_looks_at_the_image_alone_is_found_out(model):
    """An edge detector passed off as an explanation: it does not change with the network."""
    edges = explain_model(model, 0)
    found = randomisation_check(model, lambda *_: edges, shares=(0.1, 1.0))
    np.testing.assert_allclose(found.correlation, 1.0)
    np.testing.assert_allclose(found.absolute_correlation, 1.0)


def test_a_share_out_of_range_is_refused(model):
    with pytest.raises(SettingsError, match="Shares"):
        randomisation_check(model, explain_model, shares=(0.0,))


def test_a_program_whose_layers_are_out_of_reach_is_refused(tmp_path):
    path = write_torchscript(tmp_path / "own.pt", SmallNetwork())
    path.with_suffix(".json").write_text(json.dumps(own_card(path, "TorchScript")))
    program = load_model(path, "cpu", trusted=[checksum(path)])
    with pytest.raises(SettingsError, match="runs as a whole"):
        randomisation_check(program, explain_model)
