"""The black boxes: networks, model files, and the games that they play on an image.

Names are resolved on first use, so that importing this package does not import torch.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

_HOMES = {
    "load_model": "loading",
    "SegmentationModel": "segmentation",
    "ModelCard": "model_card",
    "read_card": "model_files",
    "FCDenseNet": "fc_densenet",
    "fc_densenet56": "fc_densenet",
    "fc_densenet67": "fc_densenet",
    "fc_densenet103": "fc_densenet",
    "HarDNetMSEG": "hardnet_mseg",
    "MaskedGame": "masked_game",
    "StagedGame": "staged_game",
    "make_game": "loading",
    "make_averaged_game": "combined_games",
    "make_comparison_game": "combined_games",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def dismiss_workers() -> None:
    """End processes that ran models for this one and are at rest, if there are any."""
    client = sys.modules.get(f"{__name__}.worker.client")
    if client is not None:
        client.dismiss_all()


def __dir__() -> list[str]:
    return __all__
