"""The models to choose from, read from their cards: no torch is needed for that."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Optional

from .errors import ModelError
from .models import ModelCard

FOLDER = Path(__file__).resolve().parents[1] / "resources" / "models"


class ListedModel(NamedTuple):
    """A model that can be chosen."""

    path: Path
    card: ModelCard


def bundled_models(folder: Path = FOLDER) -> list[ListedModel]:
    """Every model that comes with the plugin; a damaged card is passed over."""
    listed = (_listed(path) for path in sorted(folder.glob("*.json")))
    return [model for model in listed if model is not None]


def _listed(path: Path) -> Optional[ListedModel]:
    try:
        return ListedModel(path, ModelCard.read(path))
    except ModelError:
        return None
