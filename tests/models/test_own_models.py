"""Models of the user's own, ONNX and TorchScript, are explained as they are, or refused."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from segshap_qgis.errors import DependencyError, ImageError, ModelError
from segshap_qgis.explain import explain, squares
from segshap_qgis.models import MaskedGame, load_model, make_game, read_card
from segshap_qgis.models.own_networks import try_script
from segshap_qgis.models.trust import checksum
from tests.models.own_models import SmallNetwork, own_card, write_onnx, write_torchscript

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def image():
    return np.random.default_rng(1).integers(0, 255, (1, 48, 48)).astype(np.float32)


def with_card(path, name, **arguments):
    card = own_card(path, name, **arguments)
    path.with_suffix(".json").write_text(json.dumps(card))
    return path


def expected(network, image):
    """Probabilities of the network on an image, computed by torch directly."""
    with torch.no_grad():
        scores = network(torch.from_numpy(image[None] / np.float32(255)))
    if network.second.out_channels == 1:
        p = scores if network.last else scores.sigmoid()
        return torch.cat([1 - p, p], 1)[0].numpy()
    return (scores if network.last else scores.softmax(1))[0].numpy()


@pytest.mark.parametrize("last", ["", "softmax"])
@pytest.mark.parametrize("kind", ["ONNX", "TorchScript"])
def test_both_formats_predict_what_the_network_predicts(tmp_path, image, kind, last):
    network = SmallNetwork(last=last)
    output = "probabilities" if last else "logits"
    if kind == "ONNX":
        path = with_card(write_onnx(tmp_path / "own.onnx", network), kind, output=output)
        model = load_model(path)
    else:
        path = write_torchscript(tmp_path / "own.pt", network)
        model = load_model(with_card(path, kind, output=output), trusted=[checksum(path)])
    np.testing.assert_allclose(model.predict(image), expected(network, image), atol=1e-5)


@pytest.mark.parametrize("last", ["", "sigmoid"])
def test_a_single_map_is_a_class_against_the_rest(tmp_path, image, last):
    network = SmallNetwork(n_maps=1, last=last)
    model = load_model(write_onnx(tmp_path / "own.onnx", network))
    probability = model.predict(image)
    np.testing.assert_allclose(probability, expected(network, image), atol=1e-5)
    np.testing.assert_allclose(probability.sum(axis=0), 1, atol=1e-6)


def test_an_onnx_model_is_explained_by_the_values_that_it_gives_itself(tmp_path, image):
    network = SmallNetwork(last="softmax")
    model = load_model(write_onnx(tmp_path / "own.onnx", network))
    superpixels = squares(image.shape[1:], side=16)
    region = np.zeros(image.shape[1:], dtype=bool)
    region[20:30, 20:30] = True
    game = make_game(model, image, superpixels, [region], [1])
    assert type(game) is MaskedGame
    coalitions = np.random.default_rng(0).random((7, superpixels.n_players)) < 0.5
    mean = image[0].mean()
    for coalition, (value,) in zip(coalitions, game(coalitions)):
        shown = coalition[superpixels.labels]
        masked = np.where(shown, image, mean).astype(np.float32)
        assert value == pytest.approx(expected(network, masked)[1][region].mean(), abs=1e-5)
    found = explain(game, superpixels, budget=600)
    total = found.prediction - found.base
    assert found.values.sum(axis=1) == pytest.approx(total, abs=1e-9)


def test_metadata_of_deepness_is_understood(tmp_path):
    network = SmallNetwork(n_bands=3, n_maps=3, last="softmax")
    mean, std = [0.4, 0.5, 0.6], [0.2, 0.25, 0.3]
    path = write_onnx(
        tmp_path / "roads.onnx",
        network,
        size=64,
        batch=1,
        model_type=json.dumps("Segmentor"),
        class_names=json.dumps({0: "_background", 1: "road", 2: "building"}),
        resolution=json.dumps(21),
        tile_size=json.dumps(64),
        tiles_overlap=json.dumps(15),
        standardization_mean=json.dumps(mean),
        standardization_std=json.dumps(std),
        seg_thresh=json.dumps(0.5),
    )
    model = load_model(path)
    assert model.class_names == ["_background", "road", "building"]
    assert model.card.window == 64
    assert "0.21 m" in model.card.description
    pixels = np.random.default_rng(0).integers(0, 255, (3, 64, 64)).astype(np.float32)
    # As Deepness feeds it: divided by 255, then standardised.
    fed = (pixels / 255 - np.reshape(mean, (3, 1, 1))) / np.reshape(std, (3, 1, 1))
    with torch.no_grad():
        wanted = network(torch.from_numpy(fed[None].astype(np.float32)))[0].numpy()
    np.testing.assert_allclose(model.predict(pixels), wanted, atol=1e-5)


def test_class_names_as_older_exporters_write_them_are_read_without_running_them(tmp_path):
    network = SmallNetwork(last="softmax")
    path = write_onnx(tmp_path / "old.onnx", network, names="{0: 'sea', 1: 'oil'}")
    assert read_card(path).class_names == ["sea", "oil"]
    hostile = "__import__('os').mkdir('" + str(tmp_path / "harm") + "')"
    path = write_onnx(tmp_path / "bad.onnx", network, seg_thresh=hostile)
    read_card(path)
    assert not (tmp_path / "harm").exists()


def test_a_model_of_fixed_batch_and_size_is_fed_one_by_one(tmp_path):
    network = SmallNetwork(last="softmax")
    model = load_model(write_onnx(tmp_path / "own.onnx", network, size=48, batch=2))
    images = torch.rand(3, 1, 48, 48)
    with torch.no_grad():
        wanted = network(images)
    given = model.logits(images).softmax(1)
    np.testing.assert_allclose(given.numpy(), wanted.numpy(), atol=1e-5)


def test_an_image_of_another_size_or_number_of_bands_is_refused_in_plain_words(tmp_path):
    model = load_model(write_onnx(tmp_path / "own.onnx", SmallNetwork(), size=48))
    ramp = np.arange(96 * 96, dtype=np.float32).reshape(1, 96, 96)
    with pytest.raises(ImageError, match="smaller than the model's minimum of 48 x 48"):
        model.predict(ramp[:, :40, :40])
    with pytest.raises(ModelError, match=r"48 x 48 pixels only.*Set the window to 48"):
        model.predict(ramp)
    with pytest.raises(ImageError, match="reads 1 band"):
        model.predict(np.concatenate([ramp, ramp])[:, :48, :48])


def test_a_card_that_does_not_fit_its_file_says_what_to_correct(tmp_path, image):
    path = with_card(write_onnx(tmp_path / "own.onnx", SmallNetwork()), "ONNX", n_classes=3)
    with pytest.raises(ModelError, match="gives 2 classes, but its card lists 3"):
        load_model(path).predict(image)
    with_card(path, "ONNX", n_bands=2)
    with pytest.raises(ModelError, match=r"reads 1 band.*its card lists 2"):
        load_model(path)
    with_card(path, "ONNX", output="votes")
    with pytest.raises(ModelError, match="'output' is one of"):
        load_model(path)


def test_a_detector_is_no_segmentation_network(tmp_path):
    path = write_onnx(tmp_path / "cars.onnx", SmallNetwork(), model_type='"Detector"')
    with pytest.raises(ModelError, match="is a detector, not a segmentation network"):
        load_model(path)


def test_a_torchscript_program_does_not_run_before_it_is_trusted(tmp_path, image):
    path = write_torchscript(tmp_path / "own.pt", SmallNetwork())
    with_card(path, "TorchScript", output="logits")
    with pytest.raises(ModelError, match=r"is a TorchScript program and is not trusted"):
        load_model(path)
    trusted = [checksum(path)]
    load_model(path, trusted=trusted).predict(image)
    write_torchscript(path, SmallNetwork(last="softmax"))
    with pytest.raises(ModelError, match="not trusted"):
        load_model(path, trusted=trusted)


def test_trying_a_torchscript_program_tells_its_classes_and_what_it_gives(tmp_path):
    for last, output in (("", "logits"), ("softmax", "probabilities")):
        path = write_torchscript(tmp_path / "own.pt", SmallNetwork(n_maps=3, last=last))
        assert try_script(path, 1, 32, [checksum(path)]) == (3, output)
    with pytest.raises(ModelError, match="does not run on images of 32 x 32 pixels with 4"):
        try_script(path, 4, 32, [checksum(path)])


@pytest.mark.parametrize("name", ["own.onnx", "own.pt"])
def test_damaged_files_are_refused(tmp_path, name):
    if name.endswith(".onnx"):
        pytest.importorskip("onnxruntime")
    path = tmp_path / name
    path.write_bytes(b"\x08\x07garbage" * 100)
    with_card(path, "ONNX" if name.endswith("onnx") else "TorchScript")
    with pytest.raises(ModelError, match="can be read"):
        load_model(path)


def test_an_archive_that_unpacks_to_too_much_is_not_opened(tmp_path, monkeypatch):
    monkeypatch.setattr("segshap_qgis.models.trust.MAX_SCRIPT_BYTES", 100_000)
    path = tmp_path / "bomb.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("own/code/net.py", b"0" * 1_000_000)
    with pytest.raises(ModelError, match="unpacks to more than"):
        checksum(path)


def test_a_model_file_without_card_says_that_the_wizard_writes_one(tmp_path):
    path = write_torchscript(tmp_path / "own.pt", SmallNetwork())
    with pytest.raises(ModelError, match="a wizard writes the card"):
        load_model(path)


def test_without_onnxruntime_it_says_what_to_install(tmp_path):
    path = write_onnx(tmp_path / "own.onnx", SmallNetwork())
    code = (
        "import sys; sys.modules['onnxruntime'] = None\n"
        "from segshap_qgis.models import read_card\n"
        f"read_card({str(path)!r})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert DependencyError.__name__ in done.stderr
    assert "pip install onnxruntime" in done.stderr
