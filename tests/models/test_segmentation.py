"""Models are loaded safely, and every misfit is told in words."""

from __future__ import annotations

import json
import pickle
import zipfile

import numpy as np
import pytest
import torch

from segshap_qgis.errors import ImageError, ModelError, SettingsError
from segshap_qgis.models import (
    ModelCard,
    fc_densenet56,
    fc_densenet67,
    fc_densenet103,
    load_model,
)
from tests.small_model import write_small_model


@pytest.mark.parametrize(
    ("build", "parameters"),
    [(fc_densenet56, 1_376_795), (fc_densenet67, 3_463_243), (fc_densenet103, 9_322_091)],
)
def test_networks_have_the_published_numbers_of_parameters(build, parameters):
    assert sum(p.numel() for p in build(3, 11).parameters()) == parameters


@pytest.mark.parametrize("shape", [(32, 32), (45, 37), (64, 33)])
def test_output_has_the_size_of_the_image(shape):
    network = fc_densenet56(1, 2).eval()
    with torch.inference_mode():
        assert network(torch.zeros(1, 1, *shape)).shape == (1, 2, *shape)


@pytest.fixture
def card_path(tmp_path):
    return write_small_model(tmp_path)


def change_card(path, **changes):
    card = json.loads(path.read_text())
    card.update(changes)
    path.write_text(json.dumps(card))
    return path


def change_weights_without_checksum(path, write):
    write(path.with_suffix(".pt"))
    card = json.loads(path.read_text())
    return change_card(path, weights={"file": card["weights"]["file"]})


def test_a_saved_model_predicts_probabilities(card_path):
    model = load_model(card_path)
    image = np.random.default_rng(0).uniform(0, 255, (1, 48, 40)).astype(np.float32)
    probabilities = model.predict(image)
    assert probabilities.shape == (2, 48, 40)
    np.testing.assert_allclose(probabilities.sum(axis=0), 1, atol=1e-5)
    assert np.ptp(probabilities[1]) > 0.01


def test_the_card_survives_a_round_trip(card_path):
    card = ModelCard.read(card_path)
    assert ModelCard.from_dict(json.loads(card.to_json())) == card


def test_weights_in_half_precision_are_read_as_single_precision(card_path):
    state = torch.load(card_path.with_suffix(".pt"), weights_only=True)
    halves = {k: t.half() if t.is_floating_point() else t for k, t in state.items()}
    change_weights_without_checksum(card_path, lambda file: torch.save(halves, file))
    network = load_model(card_path).network
    assert {p.dtype for p in network.parameters()} == {torch.float32}


class Exploit:
    """Would run code when unpickled."""

    executed = False

    def __reduce__(self):
        return (setattr, (Exploit, "executed", True))


def test_a_pickled_object_is_refused_and_never_run(card_path):
    change_weights_without_checksum(card_path, lambda file: torch.save(Exploit(), file))
    with pytest.raises(ModelError, match="read safely"):
        load_model(card_path)
    assert not Exploit.executed


def test_a_bare_pickle_is_refused(card_path):
    change_weights_without_checksum(card_path, lambda f: f.write_bytes(pickle.dumps({"a": 1})))
    with pytest.raises(ModelError, match="read safely"):
        load_model(card_path)


def test_a_truncated_file_is_refused(card_path):
    change_weights_without_checksum(
        card_path, lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    )
    with pytest.raises(ModelError, match="read safely"):
        load_model(card_path)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(card_path, monkeypatch):
    def write_bomb(file):
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("archive/data/0", b"\0" * 50_000_000)

    monkeypatch.setattr("segshap_qgis.models.segmentation.MAX_WEIGHTS_BYTES", 10_000_000)
    change_weights_without_checksum(card_path, write_bomb)
    with pytest.raises(ModelError, match="read safely"):
        load_model(card_path)


def test_weights_of_another_architecture_are_refused(card_path):
    card = json.loads(card_path.read_text())
    card["architecture"]["arguments"]["growth"] = 5
    change_card(card_path, architecture=card["architecture"])
    with pytest.raises(ModelError, match="do not fit"):
        load_model(card_path)


def test_weights_that_were_exchanged_are_refused(card_path):
    weights = card_path.with_suffix(".pt")
    weights.write_bytes(weights.read_bytes() + b"more")
    with pytest.raises(ModelError, match="checksum"):
        load_model(card_path)


def test_weights_with_nan_are_refused(card_path):
    state = torch.load(card_path.with_suffix(".pt"), weights_only=True)
    state["stem.weight"][0] = float("nan")
    change_weights_without_checksum(card_path, lambda file: torch.save(state, file))
    with pytest.raises(ModelError, match="not finite"):
        load_model(card_path)


@pytest.mark.parametrize("name", ["../small.pt", "/etc/passwd", "..", "", "a\\b.pt", "C:x.pt", 7])
def test_a_card_cannot_reach_outside_its_folder(card_path, name):
    change_card(card_path, weights={"file": name})
    with pytest.raises(ModelError, match="its own folder"):
        load_model(card_path)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"classes": []}, "classes"),
        ({"classes": [{"name": "oil"}, {"name": "oil"}]}, "same name"),
        ({"classes": [{"name": "oil"}]}, "lists 1 and 1"),
        ({"bands": [{"name": "VV"}, {"name": "VH"}]}, "lists 2 and 2"),
        ({"window": 0}, "window"),
        ({"default_class": "gold"}, "default_class"),
        ({"architecture": {"name": "os.system"}}, "unknown architecture"),
        ({"architecture": {"name": "FCDenseNet", "arguments": {"growth": 1e9}}}, "out of any"),
        ({"architecture": {"name": "FCDenseNet", "arguments": {"depth": 3}}}, "do not build"),
        ({"id": ""}, "id"),
    ],
)
def test_a_card_that_makes_no_sense_is_refused(card_path, changes, complaint):
    change_card(card_path, **changes)
    with pytest.raises(ModelError, match=complaint):
        load_model(card_path)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "{}", "[" * 100_000])
def test_a_card_that_is_no_card_is_refused(tmp_path, content):
    path = tmp_path / "card.json"
    path.write_text(content)
    with pytest.raises(ModelError, match="card"):
        load_model(path)


def test_a_network_too_large_to_load_costs_no_memory(card_path):
    card = json.loads(card_path.read_text())
    card["architecture"]["arguments"].update(growth=4096, stem_maps=4096, down_layers=[60] * 5)
    change_card(card_path, architecture=card["architecture"])
    with pytest.raises(ModelError, match="too large"):
        load_model(card_path)


def test_a_missing_model_is_named():
    with pytest.raises(ModelError, match="no bundled model 'nothing'"):
        load_model("nothing")


def test_an_unknown_class_lists_the_known_ones(card_path):
    with pytest.raises(SettingsError, match="sea, oil"):
        load_model(card_path).class_index("gold")
    with pytest.raises(SettingsError):
        load_model(card_path).class_index(2)


@pytest.mark.parametrize(
    ("shape", "complaint"),
    [((2, 48, 48), "reads 1 band"), ((1, 3, 48), "minimum"), ((48, 48), "three dimensions")],
)
def test_images_that_do_not_fit_are_refused(card_path, shape, complaint):
    with pytest.raises(ImageError, match=complaint):
        load_model(card_path).predict(np.random.default_rng(0).uniform(size=shape))
