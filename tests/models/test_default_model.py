"""The bundled oil model on the bundled scene."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from segshap_qgis.models.model_files import MODELS_FOLDER
from segshap_qgis.models.segmentation import SegmentationModel, load_model

SCENE = Path(__file__).resolve().parents[2] / "resources" / "sample" / "sample_slick.tif"
# Bends of the slick in the sample scene: row, column.
SLICK = [(112, 0), (150, 52), (175, 92), (205, 120), (220, 145)]
OPEN_SEA = np.s_[300:512, 260:512]


@pytest.fixture(scope="module")
def model() -> SegmentationModel:
    return load_model()


@pytest.fixture(scope="module")
def grey() -> np.ndarray:
    """Amplitude of the sample scene, (1, 512, 512)."""
    gdal.UseExceptions()
    return gdal.Open(str(SCENE)).ReadAsArray()[None].astype(np.float32)


@pytest.fixture(scope="module")
def oil(model: SegmentationModel, grey: np.ndarray) -> np.ndarray:
    return model.predict(grey)[model.class_index("oil")]


def along_the_slick(oil: np.ndarray, reach: int = 5) -> np.ndarray:
    """Highest probability within `reach` pixels of points along the slick."""
    rows, columns = np.array(SLICK, dtype=float).T
    steps = np.arange(5, 145)
    centres = np.round(np.interp(steps, columns, rows)).astype(int)
    return np.array(
        [
            oil[row - reach : row + reach + 1, max(0, column - reach) : column + reach + 1].max()
            for row, column in zip(centres, steps)
        ]
    )


def test_the_slick_of_the_sample_scene_is_found(oil: np.ndarray) -> None:
    assert (along_the_slick(oil) > 0.5).mean() > 0.8


def test_the_open_sea_of_the_sample_scene_is_hardly_any_oil(oil: np.ndarray) -> None:
    assert (oil[OPEN_SEA] > 0.5).mean() < 0.01


def test_only_a_small_part_of_the_sample_scene_is_oil(oil: np.ndarray) -> None:
    assert (oil > 0.5).mean() < 0.1


def test_a_scene_painted_with_the_background_holds_hardly_any_oil(
    model: SegmentationModel, grey: np.ndarray
) -> None:
    import torch

    means = model.normalise(grey).mean(axis=(1, 2), dtype=np.float64).astype(np.float32)
    flat = torch.from_numpy(means)[None, :, None, None].expand(1, -1, 128, 128)
    oil = model.logits(flat.contiguous()).softmax(dim=1)[0, 1]
    assert oil.mean() < 0.1
    assert (oil > 0.5).float().mean() < 0.05  # the zeros around the image disturb its border


def test_the_card_names_the_weights_that_are_there(model: SegmentationModel) -> None:
    weights = MODELS_FOLDER / model.card.weights["file"]
    content = weights.read_bytes()
    assert model.card.weights["sha256"] == hashlib.sha256(content).hexdigest()
    assert model.card.weights["bytes"] == len(content) <= 6_000_000


def test_the_card_says_what_was_measured_and_whose_data_it_was(model: SegmentationModel) -> None:
    scores = model.card.scores
    for sensor in ("Sentinel-1", "ALOS PALSAR"):
        assert 0 < scores[f"validation, {sensor}"]["iou"] < 1
    assert 0 < scores["chips kept out of training, other seas"]["roc_auc"] < 1
    for entry in model.card.training[:2]:
        assert entry["terms"]
        assert "doi" in entry["attribution"]


def test_twelve_predictions_lie_beside_the_card():
    card = json.loads((MODELS_FOLDER / "oil_fcdensenet56.json").read_text(encoding="utf-8"))
    gdal.UseExceptions()
    picture = gdal.Open(str(MODELS_FOLDER / card["predictions"]["picture"])).ReadAsArray()
    assert picture.shape == (3 * 256, 4 * 256)
    assert len(set(card["predictions"]["chips"])) == 12
    oil = (picture.reshape(3, 256, 4, 256) > 127).mean(axis=(1, 3))
    assert 0 < oil.mean() < 1


def test_the_kept_out_chips_are_listed(model: SegmentationModel) -> None:
    listed = (MODELS_FOLDER / "oil_kept_out_chips.txt").read_text(encoding="utf-8").split()
    oily = [name for name in listed if name.startswith("oil/")]
    scores = model.card.scores["chips kept out of training, other seas"]
    assert len(oily) >= max(100, scores["oily_chips"])
    assert len(listed) - len(oily) >= max(140, scores["clean_chips"])


def units_of(grey: np.ndarray) -> dict[str, np.ndarray]:
    """The scene as other sensors' products would hold it."""
    amplitude = grey.astype(np.float64)
    power = (amplitude / 60) ** 2
    return {
        "uint16 amplitude": np.round(amplitude * 37),
        "linear backscatter": power,
        "backscatter in dB": 10 * np.log10(power),
    }


def test_every_unit_of_the_scene_gives_nearly_the_same_map(
    model: SegmentationModel, grey: np.ndarray
) -> None:
    window = grey[:, 96:256, :192]
    expected = model.predict(window)[1]
    for unit, bands in units_of(window).items():
        difference = np.abs(model.predict(bands)[1] - expected)
        assert difference.max() < 0.002, unit
