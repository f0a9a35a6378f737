"""The training of the street model, from photographs on disk to a model that loads."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from skimage.io import imsave

from segshap_qgis.models import load_model

ROOT = Path(__file__).resolve().parents[1]


def load_tool():
    spec = importlib.util.spec_from_file_location("train_street", ROOT / "tools/train_street.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclass looks itself up while it is being made
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def tool():
    return load_tool()


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Six small photographs: sky above, road below, a strip without a label between."""
    folder = tmp_path_factory.mktemp("streets")
    rng = np.random.default_rng(0)
    for split, count in (("train", 4), ("val", 2)):
        for kind in ("images", "labels"):
            (folder / split / kind).mkdir(parents=True)
        for i in range(count):
            labels = np.zeros((48, 64), dtype=np.uint8)
            labels[20:24], labels[24:] = 11, 3
            image = np.where(labels[..., None] == 0, 220, 60) + rng.integers(0, 30, (48, 64, 3))
            imsave(folder / split / "images" / f"{i}.png", image.astype(np.uint8))
            imsave(folder / split / "labels" / f"{i}.png", labels, check_contrast=False)
    return folder


def options(data, out, **changes):
    settings = {
        "steps": 2,
        "batch": 2,
        "early_size": 32,
        "size": 64,
        "rate": 1e-3,
        "every": 1,
        "val": 1,
        "seed": 0,
    }
    settings |= {"until": None, "resume": False, **changes}
    return argparse.Namespace(data=data, out=out, **settings)


def test_a_batch_depends_on_its_number_alone(tool, data):
    streets = tool.load(data / "train")
    first, again, other = (tool.batch(streets, n, 0, 3, 32) for n in (7, 7, 8))
    assert first[0].shape == (3, 3, 32, 32)
    assert first[0].dtype == torch.float32
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[0], other[0])
    assert set(first[1].unique().tolist()) <= {0, 3, 11}


def test_what_is_painted_black_has_no_label(tool, data):
    streets = tool.load(data / "train")
    black = torch.tensor(
        [-mean / std for mean, std in zip(tool.RECIPE["mean"], tool.RECIPE["std"])]
    )
    found = 0
    for number in range(20):
        images, labels = tool.batch(streets, number, 0, 2, 32)
        hidden = (images - black[:, None, None]).abs().amax(dim=1) < 1e-5
        assert (labels[hidden] == 11).all()
        found += int(hidden.sum())
    assert found > 0


def test_mean_iou_by_hand(tool):
    class Says(torch.nn.Module):
        """Sky on the left half, road on the right."""

        def forward(self, image):
            logits = torch.zeros(1, 11, *image.shape[2:])
            logits[:, 0, :, :4], logits[:, 3, :, 4:] = 1, 1
            return logits

    labels = np.array([[0, 0, 3, 3, 3, 3, 11, 11]] * 2, dtype=np.uint8)
    street = tool.Street(np.zeros((3, 2, 8), dtype=np.uint8), labels)
    found = tool.mean_iou(Says(), [street], "cpu")
    # Sky: 2 of 4 a row; road: 2 of 4 a row; the unlabelled pixels do not count.
    assert found["iou"] == {"sky": 0.5, "road": 0.5}
    assert found["mean_iou"] == 0.5
    assert found["pixel_accuracy"] == pytest.approx(4 / 6, abs=1e-4)


def test_rare_classes_weigh_more(tool, data):
    weights = tool.class_weights(tool.load(data / "train"))
    assert weights[8] > weights[0] > weights[3]
    assert weights.mean() == pytest.approx(1.0)


def test_the_rate_rises_to_its_peak_and_falls_to_zero(tool):
    assert tool.rate_at(tool.RISE) == 1.0
    assert tool.rate_at(tool.RISE / 2) == 0.5
    assert tool.rate_at(1.0) == pytest.approx(0.0)
    assert tool.rate_at(0.4) > tool.rate_at(0.6)


@pytest.mark.slow
def test_a_stopped_training_goes_on_as_if_it_had_not_stopped_and_the_model_loads(
    tool, data, tmp_path
):
    tool.train(options(data, tmp_path / "once"))
    stopped = tmp_path / "stopped"
    tool.train(options(data, stopped, until=1))
    assert not list(stopped.glob("*.json"))
    tool.train(options(data, stopped, resume=True))
    once, resumed = (
        load_model(tmp_path / n / f"{tool.NAME}.json", "cpu") for n in ("once", "stopped")
    )
    for a, b in zip(once.network.parameters(), resumed.network.parameters()):
        assert torch.equal(a, b)
    photograph = tool.load(data / "val")[0].image
    assert torch.allclose(
        torch.from_numpy(once.normalise(photograph.astype(np.float32))),
        tool.normalised(photograph),
        atol=1e-6,
    )
    assert once.class_names[8] == "car"
    assert once.predict(photograph.astype(np.float32)).shape == (11, 48, 64)
    assert 0 <= once.card.scores["validation"]["mean_iou"] <= 1
