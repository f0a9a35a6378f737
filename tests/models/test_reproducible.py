"""The same run gives the same contributions, with any number of threads and coalitions at once."""

from __future__ import annotations

import numpy as np
import pytest

from segshap_qgis.explain import explain, hexagons
from segshap_qgis.models import load_model, make_game

# Of probabilities; see docs/reliability.md.
BOUND = 1e-6
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
