"""The black boxes: networks, model files, and the games that they play on an image.

Names are resolved on first use, so that importing this package does not import torch.
"""

from __future__ import annotations

import sys

from ..late import late_names

_HOMES = {
    "load_model": "loading",
    "SegmentationModel": "segmentation",
    "ModelCard": "model_card",
    "read_card": "model_files",
    "model_checksum": "model_files",
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
__getattr__, __dir__ = late_names(__name__, _HOMES)


def dismiss_workers() -> None:
    """End processes that ran models for this one and are at rest, if there are any."""
    client = sys.modules.get(f"{__name__}.worker.client")
    if client is not None:
        client.dismiss_all()
