"""Turn weights of `train_oil.py`, finished or not, into a bundled model: weight file and card.

The schedule is told in words, for the card:

    python tools/publish_oil.py --data DIR --weights FILE --schedule "500 steps, seed 0"

More chips with masks at the end cost some of what was learnt of look-alikes. The mean of the
weights before and after keeps more of both (Wortsman et al. 2022, "Robust fine-tuning of zero-shot
models"):

    python tools/publish_oil.py --data DIR --weights LATER --before EARLIER --schedule "..."
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from train_oil import CHANNELS, RECIPE, SIZES, csiro_files, load_chips

from segshap_qgis.models.model_files import MODELS_FOLDER

KEPT_OUT_LIST = MODELS_FOLDER / "oil_kept_out_chips.txt"
TITLES = {
    "56": ("oil_fcdensenet56", "Oil slicks in radar images (FC-DenseNet56)"),
    "small": ("oil_fcdensenet_small", "Oil slicks in radar images, small and quick"),
}
DESCRIPTION = (
    "Tells oil slicks from sea in one band of a radar image (Sentinel-1 VV, ALOS PALSAR HH). Made "
    "for explaining: it finds dark slicks and some look-alikes, and is no detector for operations."
)
SOS_ATTRIBUTION = (
    "Deep-SAR Oil Spill data set, Zhu et al. 2021, doi 10.1109/TGRS.2021.3115492; images from the "
    "refined release by Zuenko et al., doi 10.5281/zenodo.15298010. Contains modified Copernicus "
    "Sentinel data and ALOS PALSAR data (JAXA/METI)."
)
CSIRO_ATTRIBUTION = (
    "Blondeau-Patissier et al. 2022, CSIRO Sentinel-1 SAR image data set of oil- and non-oil "
    "features, doi 10.25919/4v55-dn16. Contains modified Copernicus Sentinel data."
)


def mean_of(before: dict[str, Tensor], after: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights half-way between those of two steps of one training."""
    return {
        name: torch.lerp(later.float(), before[name].float(), 0.5).to(later.dtype)
        for name, later in after.items()
    }


def compact(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """What inference needs, convolutions in float16; the batch statistics keep their full range."""
    return {
        name: tensor.half() if tensor.dim() == 4 else tensor
        for name, tensor in state.items()
        if not name.endswith("num_batches_tracked")
    }


def training_record(counts: dict[str, int], schedule: str, script: str) -> list[dict[str, Any]]:
    """Data, terms and schedule, as they stand on the card."""
    return [
        {
            "data": f"Deep-SAR Oil Spill, {counts['masked']} of 1050 training chips with masks: "
            "those marked all over, or marked where it is no darker, are left out",
            "terms": "images CC BY 4.0; masks published for scientific use",
            "attribution": SOS_ATTRIBUTION,
        },
        {
            "data": f"CSIRO Sentinel-1 chips: {counts['clean']} without oil as negatives in every "
            f"pixel, {counts['oily']} with oil, taken to be where it is dark and connected; "
            f"{KEPT_OUT_LIST.name} names the others",
            "terms": "CC BY-SA 4.0",
            "attribution": CSIRO_ATTRIBUTION,
        },
        {"schedule": schedule, "script": script},
    ]


def card(
    size: str, weights: Path, training: list[dict[str, Any]], offset_maps: int
) -> dict[str, Any]:
    """The model card as JSON, without scores."""
    name, title = TITLES[size]
    layers, growth, stem = SIZES[size]
    return {
        "id": name,
        "title": title,
        "description": DESCRIPTION,
        "architecture": {
            "name": "FCDenseNet",
            "arguments": {
                "in_bands": CHANNELS,
                "n_classes": 2,
                "down_layers": [layers] * 5,
                "bottleneck_layers": layers,
                "growth": growth,
                "stem_maps": stem,
                "offset_maps": offset_maps,
            },
        },
        "bands": [{"name": "backscatter", "unit": "amplitude, power or dB"}],
        "normalisation": RECIPE,
        "classes": [
            {"name": "sea", "color": "#2c7fb8", "description": "Sea, land, no-data, look-alikes"},
            {"name": "oil", "color": "#d95f0e", "description": "Oil slick"},
        ],
        "background": "mean",
        "default_class": "oil",
        "window": 512,
        "training": training,
        "scores": {},
        "licence": "CC BY-SA 4.0",
        "weights": {
            "file": weights.name,
            "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
            "bytes": weights.stat().st_size,
        },
    }


def list_kept_out(data: Path) -> None:
    """Write the names of the chips that no training ever saw."""
    files = [
        f"{file.parent.name}/{file.name}"
        for holds_oil in (True, False)
        for file in csiro_files(data, holds_oil, kept_out=True)
    ]
    KEPT_OUT_LIST.write_text("\n".join(sorted(files)) + "\n", encoding="utf-8")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the training data")
    parser.add_argument("--weights", type=Path, required=True, help="averaged weights to publish")
    parser.add_argument("--before", type=Path, help="averaged weights of an earlier step to mix in")
    parser.add_argument("--network", choices=SIZES, default="56")
    parser.add_argument("--schedule", required=True, help="how it was trained, for the card")
    options = parser.parse_args()

    name, _ = TITLES[options.network]
    published = MODELS_FOLDER / f"{name}.pt"
    chips = load_chips(options.data)
    state = torch.load(options.weights, weights_only=True)
    if options.before:
        state = mean_of(torch.load(options.before, weights_only=True), state)
    torch.save(compact(state), published)
    counts = {kind: len(members) for kind, members in chips.items()}
    offset_maps = state["offset.0.bias"].numel() if "offset.0.bias" in state else 0
    script = "tools/train_oil.py" + (", then tools/finish_oil.py" if offset_maps else "")
    training = training_record(counts, options.schedule, script)
    record = card(options.network, published, training, offset_maps)
    text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
    published.with_suffix(".json").write_text(text, encoding="utf-8")
    list_kept_out(options.data)


if __name__ == "__main__":
    main()
