"""HarDNet-MSEG: the numbers of its paper, sizes of any kind, and its game."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from segshap_qgis.explain import squares
from segshap_qgis.models import HarDNetMSEG, MaskedGame, load_model, make_game
from segshap_qgis.models.hardnet_mseg import HarmonicBlock
from tests.small_model import write_small_model


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return HarDNetMSEG(n_classes=5).eval()


def test_the_encoder_hands_on_the_papers_widths_at_strides_8_16_and_32(network):
    with torch.inference_mode():
        features = network.features(torch.zeros(1, 3, 64, 96))
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


def test_its_game_takes_the_plain_path(tmp_path):
    model = load_model(write_small_model(tmp_path), "cpu")
    torch.manual_seed(1)
    hardnet = type(model)(model.card, HarDNetMSEG(2, in_bands=1), "cpu")
    image = np.random.default_rng(0).uniform(0, 255, (1, 64, 64)).astype(np.float32)
    region = np.zeros((64, 64), dtype=bool)
    region[30, 30] = True
    game = make_game(hardnet, image, squares((64, 64), side=16), [region], ["oil"])
    assert type(game) is MaskedGame
    everything = np.ones((1, game.n_players), dtype=bool)
    assert game(everything)[0, 0] == pytest.approx(hardnet.predict(image)[1, 30, 30], abs=1e-6)
