"""The same run gives the same contributions, with any number of threads and coalitions at once."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from segshap_qgis.explain import explain, hexagons, squares
from segshap_qgis.models import ModelCard, SegmentationModel, fc_densenet56, load_model, make_game
from tests.small_model import write_small_model

# Of probabilities; see docs/reliability.md.
BOUND = 1e-6
# Of the range of the game's values, across versions of PyTorch and NumPy.
RELATIVE_BOUND = 1e-5
# What the versions that it names found; held by `test_other_versions_of_the_libraries...`.
KEPT = Path(__file__).parents[1] / "data" / "values.json"
IMAGE = np.random.default_rng(0).gamma(4, 0.01, (1, 96, 96)).astype(np.float32)
IMAGE[:, 40:56, 30:70] *= 0.2


@pytest.fixture(scope="module")
def model():
    return load_model(device="cpu")


def found(model, threads, batch_size=None):
    superpixels = hexagons((96, 96), side=14)
    region = np.zeros((96, 96), dtype=bool)
    region[44:52, 40:60] = True
    with model.computing_threads(threads):
        game = make_game(
            model, IMAGE, superpixels, [region], ["oil"], evaluations=60, precision="float32"
        )
        return explain(game, superpixels, budget=60, batch_size=batch_size)


@pytest.fixture(scope="module")
def with_one_thread(model):
    return found(model, 1)


def test_the_same_run_gives_the_same_bits(model, with_one_thread):
    np.testing.assert_array_equal(found(model, 1).values, with_one_thread.values)


@pytest.mark.parametrize("threads", [3, 4])
def test_the_number_of_threads_changes_no_more_than_rounding(model, with_one_thread, threads):
    again = found(model, threads)
    assert again.evaluations == with_one_thread.evaluations
    assert np.abs(again.values - with_one_thread.values).max() < BOUND
    assert np.abs(again.prediction - with_one_thread.prediction).max() < BOUND


@pytest.mark.parametrize("batch_size", [1])
def test_coalitions_at_once_change_no_more_than_rounding(model, with_one_thread, batch_size):
    again = found(model, 1, batch_size)
    assert np.abs(again.values - with_one_thread.values).max() < BOUND


def network_of_known_numbers(folder):
    """FC-DenseNet56 with weights whose every bit is known: NumPy never changes `RandomState`."""
    card = ModelCard.read(write_small_model(folder))
    network, draw = fc_densenet56(1, 2).eval(), np.random.RandomState(0)
    for tensor in network.state_dict().values():
        if tensor.dtype.is_floating_point:
            bound = (6 / max(1, tensor[0].numel())) ** 0.5 if tensor.ndim == 4 else 0.2
            drawn = draw.uniform(-bound, bound, tuple(tensor.shape))
            tensor.copy_(torch.from_numpy(drawn if tensor.ndim == 4 else 1 + drawn))
    return SegmentationModel(card, network, "cpu")


def values_with_known_numbers(folder):
    model = network_of_known_numbers(folder)
    image = np.random.RandomState(1).uniform(0, 256, (1, 64, 64)).astype(np.float32)
    superpixels = squares((64, 64), side=12)
    region = np.zeros((64, 64), dtype=bool)
    region[28:36, 24:40] = True
    game = make_game(
        model, image, superpixels, [region], ["oil"],
        output="logit", evaluations=80, precision="float32",
    )  # fmt: skip
    shown = np.random.RandomState(2).uniform(size=(40, superpixels.n_players)) < 0.5
    return game(shown)[:, 0]


def test_other_versions_of_the_libraries_change_no_more_than_rounding(tmp_path):
    then = np.array(json.loads(KEPT.read_text(encoding="utf-8"))["values"])
    now = values_with_known_numbers(tmp_path)
    assert np.abs(now - then).max() < RELATIVE_BOUND * np.ptp(then)
