"""Which card belongs to a model file: the one beside it, or what an ONNX file says of itself."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from ..errors import ModelError
from .model_card import ModelCard

MODELS_FOLDER = Path(__file__).resolve().parents[2] / "resources" / "models"
DEFAULT_MODEL = "oil_fcdensenet56"


def card_path(path: str | Path) -> Path:
    """Path of the card beside a model file, whether it is there or not."""
    return Path(path).with_suffix(".json")


def read_card(path: str | Path) -> ModelCard:
    """The card of a model, given by its card or by its file.

    Parameters
    ----------
    path : str or Path
        A card (``.json``), or a model file (``.pt``, ``.onnx``...) with its card beside it. An ONNX
        file needs none where its metadata or its shapes say enough.

    Raises
    ------
    DependencyError
        An ONNX file has no card, and onnxruntime, which reads it, is not installed.
    ModelError
        There is no card, or it is damaged.
    """
    path = Path(path)
    beside = card_path(path)
    if beside.is_file() or path.suffix == ".json":
        return ModelCard.read(beside)
    if path.suffix.lower() == ".onnx":
        from .onnx import card_from_onnx

        return card_from_onnx(path)
    if path.is_file():
        raise ModelError(
            f"The model file {path.name} has no card {beside.name} beside it.",
            "Add the model in Settings > Options > SegSHAP: a wizard writes the card.",
        )
    raise ModelError(f"There is no model file {path.name}.", "Choose the model again.")


def card_path_of(path_or_name: str | Path) -> Path:
    """Path of a model's card, given that, its weight file beside it, or a bundled name."""
    path = Path(path_or_name)
    if path.suffix == "" and len(path.parts) == 1:
        bundled = MODELS_FOLDER / f"{path.name}.json"
        if not bundled.is_file():
            known = ", ".join(sorted(p.stem for p in MODELS_FOLDER.glob("*.json")))
            raise ModelError(
                f"There is no bundled model '{path.name}'.", f"Choose one of: {known}."
            )
        return bundled
    beside = path.with_suffix(".json")
    return beside if beside.is_file() else path


def model_checksum(path_or_name: str | Path, card: ModelCard) -> str:
    """SHA-256 of all of a model that decides its values, by which it is recognised.

    Texts for people may change: the weights, the network, its bands, classes and normalisation may
    not.

    Parameters
    ----------
    path_or_name : str or Path
        As `segshap_qgis.models.load_model`.
    card : ModelCard
        The model's.
    """
    weights = card.weights.get("sha256")
    if not weights:
        file = card_path_of(path_or_name).parent / str(card.weights["file"])
        weights = hashlib.sha256(file.read_bytes()).hexdigest()
    decisive = {
        "architecture": card.architecture,
        "bands": [band["name"] for band in card.bands],
        "classes": card.class_names,
        "normalisation": card.normalisation,
        "weights": weights,
    }
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()
