"""Every model that comes with the plugin; one that is added is tested from then on."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from segshap_qgis.models import FCDenseNet, load_model
from segshap_qgis.models.model_files import MODELS_FOLDER

NAMES = sorted(card.stem for card in MODELS_FOLDER.glob("*.json"))
LARGEST = {"oil_fcdensenet_small": 1_500_000}
LARGEST_OF_ANY = 6_000_000


@pytest.mark.parametrize("name", NAMES)
def test_a_bundled_model_loads_by_its_name_and_is_what_its_card_says(name):
    model = load_model(name, "cpu")
    assert model.card.id == name
    weights = MODELS_FOLDER / model.card.weights["file"]
    assert weights.stat().st_size == model.card.weights["bytes"]
    assert weights.stat().st_size <= LARGEST.get(name, LARGEST_OF_ANY)
    assert model.card.licence
    assert model.card.scores
    assert model.card.default_class in model.class_names


@pytest.mark.parametrize("name", NAMES)
def test_a_bundled_model_tells_its_classes_apart_somewhere(name):
    model = load_model(name, "cpu")
    rows, columns = np.mgrid[:64, :64]
    sea = np.random.default_rng(0).gamma(20, 5, (len(model.card.bands), 64, 64))
    sea[:, np.hypot(rows - 32, columns - 32) < 12] *= 0.2  # a dark spot
    probabilities = model.predict(sea.astype(np.float32))
    np.testing.assert_allclose(probabilities.sum(axis=0), 1.0, atol=1e-5)
    assert np.ptp(probabilities[model.class_index(model.card.default_class)]) > 0.1


def test_the_small_network_fits_its_limit_in_half_precision():
    with torch.device("meta"):
        network = FCDenseNet(1, 2, (2,) * 5, 2, 8, stem_maps=24)
    assert 2 * sum(p.numel() for p in network.parameters()) < LARGEST["oil_fcdensenet_small"]
