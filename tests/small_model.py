"""A small real network on disk, for tests that need a model but not a good one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

SMALL = {"down_layers": [2, 2], "bottleneck_layers": 2, "growth": 4, "stem_maps": 8}
UNIT_RANGE = {"kind": "scale", "factor": 1 / 64, "offset": -2.0}
# Contrast against the open sea, and the further channels of radar.
RADAR = {
    "kind": "log_contrast",
    "scale_db": 4.0,
    "lowest_db": -20.0,
    "highest_db": 12.0,
    "sea": {"block": 16, "percentile": 80, "land_db": 7},
}
THREE_CHANNELS = {
    **RADAR,
    "spread": {"narrowest_db": 0.05, "lowest": -10, "highest": 5, "scale": 2.5},
    "speckle": {"middle_db": 0.4, "octaves": 3},
}
CLASSES = ("sea", "oil", "ship", "land")


def write_small_model(
    folder: Path,
    n_classes: int = 2,
    n_bands: int = 1,
    seed: int = 0,
    architecture: Mapping[str, object] = SMALL,
    **card_changes: object,
) -> Path:
    """Write weights and card of a small random FC-DenseNet; returns the card's path."""
    import torch

    from segshap_qgis.models import FCDenseNet
    from segshap_qgis.models.normalisation import n_channels

    torch.manual_seed(seed)
    normalisation = card_changes.get("normalisation", UNIT_RANGE)
    n_read = n_channels(n_bands, normalisation)
    network = FCDenseNet(n_read, n_classes, **architecture)
    _give_statistics(network)
    weights = folder / "small.pt"
    torch.save(network.state_dict(), weights)
    card = {
        "id": "small",
        "title": "Small random network",
        "architecture": {
            "name": "FCDenseNet",
            "arguments": {"in_bands": n_read, "n_classes": n_classes, **architecture},
        },
        "bands": [{"name": f"band {i + 1}", "unit": ""} for i in range(n_bands)],
        "normalisation": UNIT_RANGE,
        "classes": [{"name": name, "color": "#808080"} for name in CLASSES[:n_classes]],
        "weights": {
            "file": weights.name,
            "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
            "bytes": weights.stat().st_size,
        },
        "window": 64,
        **card_changes,
    }
    path = folder / "small.json"
    path.write_text(json.dumps(card), encoding="utf-8")
    return path


def _give_statistics(network) -> None:
    """Batch-norm statistics as after training: a fresh network's 0 and 1 would hide bugs."""
    import torch

    generator = torch.Generator().manual_seed(1)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            size = module.running_mean.shape
            module.running_mean.copy_(torch.randn(size, generator=generator) * 0.1)
            module.running_var.copy_(torch.rand(size, generator=generator) + 0.5)
            module.weight.data.copy_(torch.rand(size, generator=generator) + 0.5)
            module.bias.data.copy_(torch.randn(size, generator=generator) * 0.2)
