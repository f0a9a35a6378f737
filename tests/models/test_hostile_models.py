"""Model files and cards from anywhere: a right result or a clear error, and nothing is run."""

from __future__ import annotations

import io
import json
import pickle
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings

from segshap_qgis.errors import ModelError, SegShapError
from segshap_qgis.explain import explain, hexagons
from segshap_qgis.models import load_model, make_game
from tests.hostile import spoilt
from tests.small_model import write_small_model

IMAGE = np.random.default_rng(0).uniform(0, 255, (1, 32, 32)).astype(np.float32)
# More of them were tried by hand; these keep the suite quick.
EXAMPLES = 40
RADAR = {"kind": "log_contrast", "scale_db": 5.0, "lowest_db": -15.0, "highest_db": 15.0,
         "sea": {"block": 4, "percentile": 80, "land_db": 9.0},
         "narrowest_db": 1.0, "largest_stretch": 10.0}  # fmt: skip


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    return write_small_model(tmp_path_factory.mktemp("model"))


def explained(path: Path):
    """A short run of a model, from its file to contributions."""
    model = load_model(path, "cpu")
    superpixels = hexagons((32, 32), side=12)
    region = np.zeros((32, 32), dtype=bool)
    region[10:12, 10:12] = True
    target = model.card.default_class or model.class_names[-1]
    game = make_game(
        model, IMAGE, superpixels, [region], [target], model.card.background, evaluations=20
    )
    return explain(game, superpixels, budget=20)


def refused(path: Path) -> str:
    """How the model is refused, which must not take long."""
    began = time.monotonic()
    with pytest.raises(ModelError) as caught:
        load_model(path, "cpu")
    assert time.monotonic() - began < 30
    return str(caught.value)


# Cards ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("recipe", ["mean_std", "radar"])
def test_a_spoilt_card_gives_finite_contributions_or_a_clear_error(small, recipe):
    recipes = {
        "mean_std": {"kind": "mean_std", "mean": [100.0], "std": [50.0]},
        "radar": RADAR,
    }
    card = json.loads(small.read_text()) | {"normalisation": recipes[recipe], "background": "mean"}
    # The checksum would hide what else is wrong with the weights' entry.
    del card["weights"]["sha256"]
    beside = small.with_name(f"{recipe}.json")

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(spoilt(card))
    def check(content):
        beside.write_text(json.dumps(content))
        try:
            found = explained(beside)
        except SegShapError:
            return
        assert np.isfinite(found.values).all()
        assert np.isfinite(found.prediction).all()

    check()


@pytest.mark.parametrize(
    "name", ["../small.pt", "/etc/passwd", "..", "C:\\small.pt", "x" * 5000, "a\0b", "", 5, None]
)
def test_a_card_reaches_no_file_outside_its_own_folder(small, tmp_path, name):
    folder = tmp_path / "inner"
    folder.mkdir()
    card = json.loads(small.read_text())
    (tmp_path / "small.pt").write_bytes(small.with_name("small.pt").read_bytes())
    card["weights"] = {"file": name}
    (folder / "card.json").write_text(json.dumps(card))
    assert "weight file" in refused(folder / "card.json")


@pytest.mark.parametrize(
    "arguments",
    [
        {"down_layers": [4096] * 64},
        {"down_layers": [1] * 65},
        {"bottleneck_layers": 4096},
        {"growth": 10**400},
        {"n_classes": -1},
        {"dropout": "0.2"},
    ],
)
def test_an_architecture_of_absurd_size_is_refused_at_once(small, tmp_path, arguments):
    card = json.loads(small.read_text())
    card["architecture"]["arguments"].update(arguments)
    (tmp_path / "small.pt").write_bytes(small.with_name("small.pt").read_bytes())
    (tmp_path / "card.json").write_text(json.dumps(card))
    refused(tmp_path / "card.json")


def test_a_normalisation_cannot_blow_an_image_up(tmp_path):
    many = {"kind": "mean_std", "mean": [0.0] * 50_000, "std": [1.0] * 50_000}
    model = load_model(write_small_model(tmp_path, normalisation=many), "cpu")
    with pytest.raises(ModelError, match="one number for each band"):
        model.normalise(np.tile(IMAGE, (1, 16, 16)))


@pytest.mark.parametrize(
    "recipe",
    [
        {"kind": "scale", "factor": 1e300},
        {"kind": "scale", "factor": 10**400},
        {"kind": "mean_std", "mean": [0.0], "std": [0.0]},
        {**RADAR, "scale_db": 0},
        {**RADAR, "lowest_db": float("nan")},
    ],
)
def test_a_normalisation_that_gives_no_numbers_is_refused(tmp_path, recipe):
    path = write_small_model(tmp_path, normalisation=recipe)
    with pytest.raises(ModelError, match="normalisation"):
        explained(path)


# Weights --------------------------------------------------------------------------------------


class Runs:
    """A pickle that makes a file when it is opened without care."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def weights_of(small: Path, folder: Path, content: bytes) -> Path:
    """A card in a folder with other weights, whose checksum is right."""
    card = json.loads(small.read_text())
    card["weights"] = {"file": "small.pt"}
    (folder / "small.pt").write_bytes(content)
    (folder / "card.json").write_text(json.dumps(card))
    return folder / "card.json"


def saved(thing: object, **options) -> bytes:
    buffer = io.BytesIO()
    torch.save(thing, buffer, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("form", ["pickle", "zip", "legacy", "behind a zip"])
def test_pickled_objects_in_weights_are_refused_and_never_run(small, tmp_path, form):
    trap = Runs(tmp_path / "ran")
    content = {
        "pickle": lambda: pickle.dumps(trap),
        "zip": lambda: saved({"stem.weight": trap}),
        "legacy": lambda: saved({"stem.weight": trap}, _use_new_zipfile_serialization=False),
        # Python looks for a zip at the end of a file, torch at its beginning.
        "behind a zip": lambda: pickle.dumps(trap) + saved({"stem.weight": torch.zeros(1)}),
    }[form]()
    assert "read safely" in refused(weights_of(small, tmp_path, content))
    assert not (tmp_path / "ran").exists()


def test_a_zip_bomb_in_weights_is_not_unpacked(small, tmp_path, monkeypatch):
    monkeypatch.setattr("segshap_qgis.models.segmentation.MAX_WEIGHTS_BYTES", 10_000_000)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("small/data.pkl", bytes(20_000_000))
    assert len(buffer.getvalue()) < 100_000
    assert "read safely" in refused(weights_of(small, tmp_path, buffer.getvalue()))


def test_a_program_is_no_weight_file(small, tmp_path):
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.ReLU()), buffer)
    assert "read safely" in refused(weights_of(small, tmp_path, buffer.getvalue()))


@pytest.mark.parametrize("kind", [torch.float16, torch.float64, torch.int8, torch.float32])
def test_a_tensor_that_only_claims_to_be_large_takes_no_memory(small, tmp_path, kind):
    state = torch.load(small.with_name("small.pt"), weights_only=True)
    state["stem.weight"] = torch.zeros(1, dtype=kind).expand(10**12)
    content = saved(state)
    assert len(content) < 1_000_000
    assert "read safely" in refused(weights_of(small, tmp_path, content))


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.to(torch.complex64),
        lambda t: t.to_sparse(),
        lambda t: torch.quantize_per_tensor(t, 0.1, 0, torch.qint8),
        lambda t: t.tolist(),
        lambda t: t * float("nan"),
        lambda t: t[:1],
    ],
    ids=["complex", "sparse", "quantised", "a list", "not finite", "another shape"],
)
def test_weights_of_another_kind_are_refused(small, tmp_path, change):
    state = torch.load(small.with_name("small.pt"), weights_only=True)
    state["stem.weight"] = change(state["stem.weight"])
    refused(weights_of(small, tmp_path, saved(state)))


def test_weights_in_half_precision_and_in_whole_numbers_are_run_as_floats(small, tmp_path):
    state = torch.load(small.with_name("small.pt"), weights_only=True)
    state = {name: t.half() if t.is_floating_point() else t for name, t in state.items()}
    state["head.bias"] = torch.zeros(2, dtype=torch.int64)
    found = explained(weights_of(small, tmp_path, saved(state)))
    assert np.isfinite(found.values).all()


def test_a_damaged_weight_file_is_refused(small, tmp_path):
    whole = small.with_name("small.pt").read_bytes()
    rng = np.random.default_rng(0)
    for number in range(12):
        damaged = bytearray(whole[: int(rng.integers(10, len(whole)))] if number % 2 else whole)
        for position in rng.integers(0, len(damaged), 20):
            damaged[position] ^= 255
        try:
            found = explained(weights_of(small, tmp_path, bytes(damaged)))
        except SegShapError:
            continue
        assert np.isfinite(found.values).all()
