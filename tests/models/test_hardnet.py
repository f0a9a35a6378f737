"""HarDNet-MSEG: the numbers of its paper, sizes of any kind, and its game."""

from __future__ import annotations

import copy
from contextlib import contextmanager

import numpy as np
import pytest
import torch

from segshap_qgis.explain import hexagons, squares
from segshap_qgis.models import (
    HarDNetMSEG,
    MaskedGame,
    SegmentationModel,
    StagedGame,
    load_model,
    make_game,
)
from segshap_qgis.models.hardnet_mseg import HarmonicBlock
from tests.small_model import write_small_model


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return HarDNetMSEG(n_classes=5).eval()


def test_the_encoder_hands_on_the_papers_widths_at_strides_8_16_and_32(network):
    with torch.inference_mode():
        features = network.stages[1].module.features(network.stem(torch.zeros(1, 3, 64, 96)))
    assert [tuple(f.shape[1:]) for f in features] == [(320, 8, 12), (640, 4, 6), (1024, 2, 3)]


def test_a_layer_of_a_harmonic_block_reads_the_layers_powers_of_two_before_it():
    block = HarmonicBlock(64, growth=14, n_layers=8)
    assert block.links[0] == [0]
    assert block.links[3] == [3, 2, 0]
    assert block.links[5] == [5, 4]
    assert block.links[7] == [7, 6, 4, 0]
    assert block.kept == [1, 3, 5, 7, 8]
    widths = [layer[0].out_channels for layer in block.layers]
    assert widths == [14, 24, 14, 40, 14, 24, 14, 68]  # 14, 14 * 1.7, ... 14 * 1.7^3, even


def test_weights_are_as_many_as_the_published_encoder_has(network):
    encoder = sum(p.numel() for m in (network.stem, network.blocks) for p in m.parameters())
    # HarDNet-68 has 17.6 million, 1.025 of them in its classifier (Chao et al. 2019).
    assert encoder == pytest.approx(17.6e6 - 1.025e6, rel=0.01)


@pytest.mark.parametrize("size", [(32, 32), (45, 71)])
def test_logits_have_the_size_of_the_image(network, size):
    with torch.inference_mode():
        assert network(torch.zeros(2, 3, *size)).shape == (2, 5, *size)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    card = load_model(write_small_model(tmp_path_factory.mktemp("model")), "cpu").card
    torch.manual_seed(1)
    network = HarDNetMSEG(2, in_bands=1)
    # Batch norms as after training: with a fresh network's 0 and 1 the image fades on its way.
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        network.train()(4 * torch.rand(2, 1, 96, 96) - 2)
    return SegmentationModel(card, network, "cpu")


def both_games(model, shape, regions, side, dtype=torch.float32, **settings):
    """Plain values, and those of staged games with and without a table."""
    image = np.random.default_rng(0).uniform(0, 255, (1, *shape)).astype(np.float32)
    common = (model, image, hexagons(shape, side=side), regions, ["sea", "oil"])
    plain, staged = MaskedGame(*common, **settings), StagedGame(*common, **settings)
    for game in (plain, staged):
        game.image, game.background = game.image.to(dtype), game.background.to(dtype)
    z = np.random.default_rng(2).random((4, plain.n_players)) < 0.5
    z[0], z[1] = True, False
    values = []
    for plan in staged.plans:
        staged.follow(plan)
        values.append(staged(z))
    return plain(z), values, staged


@contextmanager
def double_precision():
    """All that is computed in float32 is computed in float64."""
    single = torch.float32
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(torch, "float32", torch.float64)
        patched.setattr(torch.Tensor, "float", torch.Tensor.double)
        torch.set_default_dtype(torch.float64)
        try:
            yield
        finally:
            torch.set_default_dtype(single)


@pytest.mark.parametrize("shape", [(64, 64), (57, 83)], ids=str)
def test_staged_values_equal_plain_ones(model, shape):
    corner, middle = np.zeros((2, *shape), dtype=bool)
    corner[-1, 0] = middle[20:30, 25:33] = True
    how = {"shape": shape, "regions": [corner, middle], "side": 17, "output": "logit"}
    with double_precision():
        double = SegmentationModel(model.card, copy.deepcopy(model.network).double(), "cpu")
        exact, staged, game = both_games(double, dtype=torch.float64, **how)
    assert [len(plan.levels) for plan in game.plans] == [0, 1]
    assert np.ptp(exact, axis=0).min() > 1e-3  # else equality would say nothing
    largest = np.abs(exact).max()
    for values in staged:
        np.testing.assert_allclose(values, exact, rtol=0, atol=1e-10 * largest)

    # What is left in float32 is rounding, which eighty layers of random weights amplify: staged
    # values are off by little more than plain ones are themselves.
    plain, staged, _ = both_games(model, **how)
    for values in staged:
        assert np.abs(values - exact).max() <= 4 * np.abs(plain - exact).max()


def test_its_game_is_staged(model):
    image = np.random.default_rng(0).uniform(0, 255, (1, 64, 64)).astype(np.float32)
    region = np.zeros((64, 64), dtype=bool)
    region[30, 30] = True
    game = make_game(model, image, squares((64, 64), side=16), [region], ["oil"])
    assert type(game) is StagedGame
    assert not game.null_players.any()
    everything = np.ones((1, game.n_players), dtype=bool)
    assert game(everything)[0, 0] == pytest.approx(model.predict(image)[1, 30, 30], abs=5e-3)
