"""Train HarDNet-MSEG on street scenes of CamVid: eleven classes, for several classes at once.

The data folder holds `train` and `val`, each with `images` and `labels` (label maps: 0 to 10 the
classes, 11 unlabelled; Brostow et al. 2009, research use). A batch depends on the seed and its
number alone, so that a stopped run goes on from its last checkpoint as if it had never stopped.
The mean IoU on `val` is measured by this script and stands on the model card that it writes.

Most steps see small crops of a smaller scene, which cost a third of the last ones; those are of the
photographs' own scale, at which the model will be used. The default takes about 20 minutes of one
core that multiplies bfloat16 matrices.

    python tools/train_street.py --data DIR --out DIR
    python tools/train_street.py --data DIR --out DIR --resume
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from skimage.io import imread
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from segshap_qgis.models.hardnet_mseg import HarDNetMSEG
from segshap_qgis.models.normalisation import black

CLASSES = (
    ("sky", "#4682b4"),
    ("building", "#464646"),
    ("pole", "#999999"),
    ("road", "#804080"),
    ("pavement", "#f423e8"),
    ("tree", "#6b8e23"),
    ("sign", "#dcdc00"),
    ("fence", "#be9999"),
    ("car", "#00008e"),
    ("pedestrian", "#dc143c"),
    ("bicyclist", "#770b20"),
)
UNLABELLED = 11
# ImageNet's, by which photographs are commonly scaled; raw values are 8-bit.
RECIPE: dict[str, Any] = {
    "kind": "mean_std",
    "mean": [123.7, 116.3, 103.5],
    "std": [58.4, 57.1, 57.4],
}
NAME = "street_hardnet_mseg"
# Share of the steps on small crops, and the zooms of these and of those that follow.
EARLY_SHARE = 0.7
EARLY_ZOOMS, LATE_ZOOMS = (0.4, 1.0), (0.7, 1.3)
# Share of the steps in which the rate rises; then it falls to zero along a cosine.
RISE = 0.1
# Share of the crops that are partly painted black, as explanations do.
HIDDEN_SHARE = 0.2


@dataclass(frozen=True)
class Street:
    """A photograph (3, H, W) uint8 and its label map (H, W) uint8."""

    image: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def load(folder: Path) -> list[Street]:
    """All photographs of a split that have a label map of the same name."""
    streets = []
    for path in sorted((folder / "images").iterdir()):
        (labels,) = (folder / "labels").glob(f"{path.stem}.*")
        streets.append(Street(np.moveaxis(imread(path)[..., :3], -1, 0).copy(), imread(labels)))
    if not streets:
        raise SystemExit(f"No photograph in {folder / 'images'}.")
    return streets


def normalised(image: NDArray[np.uint8]) -> Tensor:
    """(3, H, W) uint8 to float32, as the card says, also where a crop is all of one colour."""
    mean, std = (torch.tensor(RECIPE[key])[:, None, None] for key in ("mean", "std"))
    return (torch.from_numpy(image).float() - mean) / std


def batch(
    streets: list[Street],
    number: int,
    seed: int,
    count: int,
    size: int,
    zooms: tuple[float, float] = LATE_ZOOMS,
) -> tuple[Tensor, Tensor]:
    """Crops for one step: (N, 3, n, n) float32 and (N, n, n) int64; depends on its number alone."""
    rng = np.random.default_rng((seed, number))
    crops = [_crop(streets[rng.integers(len(streets))], size, zooms, rng) for _ in range(count)]
    images, labels = zip(*crops)
    return torch.stack(images), torch.stack(labels)


def _crop(
    street: Street, size: int, zooms: tuple[float, float], rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """A zoomed, mirrored crop in other light, some of it painted black as explanations do."""
    height, width = street.labels.shape
    fits = size / min(height, width)
    smallest, largest = (max(zoom, fits) for zoom in zooms)
    zoom = float(np.exp(rng.uniform(np.log(smallest), np.log(largest))))
    side = min(int(size / zoom), height, width)
    top, left = rng.integers(height - side + 1), rng.integers(width - side + 1)
    part = np.s_[top : top + side, left : left + side]
    image = normalised(street.image[(slice(None), *part)])
    labels = torch.from_numpy(street.labels[part].astype(np.int64))
    image = F.interpolate(image[None], (size, size), mode="bilinear", antialias=True)[0]
    labels = F.interpolate(labels[None, None].float(), (size, size))[0, 0].long()
    if rng.random() < 0.5:
        image, labels = image.flip(-1), labels.flip(-1)
    image = image * float(rng.uniform(0.7, 1.3)) + torch.from_numpy(rng.normal(0, 0.2, (3, 1, 1)))
    if rng.random() < HIDDEN_SHARE:
        shown = torch.from_numpy(rng.random((8, 8)) < rng.uniform(0.2, 0.9)).float()
        hidden = F.interpolate(shown[None, None], (size, size))[0, 0] == 0
        image[:, hidden] = torch.from_numpy(black(3, RECIPE))[:, None].to(image.dtype)
        labels = labels.masked_fill(hidden, UNLABELLED)
    return image.float(), labels


def class_weights(streets: list[Street]) -> Tensor:
    """Rarer classes count more: inverse square root of a class's share, mean 1."""
    counts = sum(np.bincount(s.labels.ravel(), minlength=UNLABELLED + 1) for s in streets)
    shares = np.maximum(np.asarray(counts)[:UNLABELLED], 1) / np.sum(counts)
    weights = 1 / np.sqrt(shares)
    return torch.from_numpy(weights / weights.mean()).float()


def mean_iou(network: torch.nn.Module, streets: list[Street], device: str) -> dict[str, Any]:
    """Intersection over union of each class over all pixels of some photographs, and their mean."""
    network.eval()
    n_classes = len(CLASSES)
    confusion = np.zeros((n_classes, n_classes), dtype=np.int64)
    with torch.inference_mode():
        for street in streets:
            found = network(normalised(street.image)[None].to(device)).argmax(1)[0].cpu().numpy()
            known = street.labels < n_classes
            pairs = street.labels[known].astype(np.int64) * n_classes + found[known]
            confusion += np.bincount(pairs, minlength=n_classes**2).reshape(n_classes, n_classes)
    hits = np.diag(confusion)
    union = confusion.sum(0) + confusion.sum(1) - hits
    present = union > 0
    iou = hits[present] / union[present]
    names = [name for (name, _), is_there in zip(CLASSES, present) if is_there]
    return {
        "images": len(streets),
        "mean_iou": round(float(iou.mean()), 4),
        "iou": {name: round(float(value), 4) for name, value in zip(names, iou)},
        "pixel_accuracy": round(float(hits.sum() / confusion.sum()), 4),
    }


def train(options: argparse.Namespace) -> None:
    """Train from scratch or go on from the checkpoint; after the last step measure and publish."""
    torch.manual_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    streets = load(options.data / "train")
    network: Any = HarDNetMSEG(len(CLASSES)).to(device)
    network = network.to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=options.rate, weight_decay=2e-2)
    checkpoint = options.out / "last.pt"
    done = 0
    if options.resume:
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        done = state["step"]
    weights = class_weights(streets).to(device)
    began, first = time.monotonic(), done
    last = min(options.steps, options.until or options.steps)
    while done < last:
        for group in optimiser.param_groups:
            group["lr"] = options.rate * rate_at((done + 0.5) / options.steps)
        network.train()
        is_early = done < EARLY_SHARE * options.steps
        size = options.early_size if is_early else options.size
        zooms = EARLY_ZOOMS if is_early else LATE_ZOOMS
        images, labels = batch(streets, done, options.seed, options.batch, size, zooms)
        with torch.autocast(device, dtype=torch.bfloat16):
            logits = network(images.to(device, memory_format=torch.channels_last))
        loss = F.cross_entropy(logits.float(), labels.to(device), weights, ignore_index=UNLABELLED)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        done += 1
        if done % options.every == 0 or done == last:
            seconds = (time.monotonic() - began) / (done - first)
            print(f"{done} loss {loss.item():.4f} {seconds:.2f} s a step", flush=True)
            _save(checkpoint, network, optimiser, done)
    if done < options.steps:
        return
    scores = mean_iou(network, load(options.data / "val")[: options.val], device)
    print(json.dumps(scores, indent=2), flush=True)
    publish(network, scores, options)


def rate_at(share: float) -> float:
    """The rate's share of its peak after a share of the steps."""
    if share < RISE:
        return share / RISE
    return 0.5 * (1 + math.cos(math.pi * (share - RISE) / (1 - RISE)))


def _save(
    checkpoint: Path, network: torch.nn.Module, optimiser: torch.optim.Optimizer, step: int
) -> None:
    """Write a checkpoint to go on from, never a half-written one."""
    state = {
        "step": step,
        "network": network.state_dict(),
        "optimiser": optimiser.state_dict(),
    }
    torch.save(state, checkpoint.with_suffix(".draft"))
    checkpoint.with_suffix(".draft").replace(checkpoint)


def publish(network: torch.nn.Module, scores: dict[str, Any], options: argparse.Namespace) -> Path:
    """Write weights in half precision and the card beside them; returns the card's path."""
    weights = options.out / f"{NAME}.pt"
    state = {
        name: tensor.cpu().half() if tensor.dim() == 4 else tensor.cpu()
        for name, tensor in network.state_dict().items()
    }
    torch.save(state, weights)
    schedule = (
        f"{options.steps} steps of {options.batch} crops, the first {EARLY_SHARE:.0%} of"
        f" {options.early_size} x {options.early_size} pixels, then of {options.size} x"
        f" {options.size}, seed {options.seed}, AdamW, peak rate {options.rate:g}"
    )
    card = {
        "id": NAME,
        "title": "Street scenes (HarDNet-MSEG)",
        "description": "Eleven classes of street photographs. Research use only.",
        "architecture": {"name": "HarDNetMSEG", "arguments": {"n_classes": len(CLASSES)}},
        "bands": [{"name": name, "unit": "8-bit"} for name in ("red", "green", "blue")],
        "normalisation": RECIPE,
        "classes": [{"name": name, "color": colour} for name, colour in CLASSES],
        "background": "zero",
        "default_class": "car",
        "window": 512,
        "training": [
            {
                "data": "CamVid, training split, 11 classes",
                "terms": "research use, CC BY-NC",
                "attribution": "Brostow, Fauqueur & Cipolla 2009, Semantic object classes in video",
            },
            {"schedule": schedule, "script": "tools/train_street.py"},
        ],
        "scores": {"validation": scores},
        "licence": "research use only, CC BY-NC (as its training data)",
        "weights": {
            "file": weights.name,
            "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
            "bytes": weights.stat().st_size,
        },
    }
    path = weights.with_suffix(".json")
    path.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    print(f"Model: {path}")
    return path


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with train and val")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoint and model")
    parser.add_argument("--steps", type=int, default=1600)
    parser.add_argument("--until", type=int, help="stop after this step, to go on with --resume")
    parser.add_argument("--batch", type=int, default=8, help="crops a step")
    parser.add_argument("--early-size", type=int, default=160, help="side of a crop at first")
    parser.add_argument("--size", type=int, default=256, help="side of a crop, a multiple of 32")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--every", type=int, default=50, help="steps between checkpoints")
    parser.add_argument("--val", type=int, help="only so many photographs to measure on")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    return parser.parse_args()


if __name__ == "__main__":
    train(_parse())
