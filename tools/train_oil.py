"""Train the default oil model on real radar chips.

The data folder holds `sar_oil_sos` (radar crops with oil masks) and `sar_oil_csiro` (Sentinel-1
chips that are known to hold oil or none; what is dark and connected on the former is taken for
oil). The rate warms up, stays, and falls to zero. A batch depends on the seed and its number alone,
so that a stopped run goes on from its last checkpoint as if it had never stopped.

    python tools/train_oil.py --data DIR --out DIR
    python tools/train_oil.py --data DIR --out DIR --resume DIR/last.pt
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy import ndimage
from skimage.io import imread
from skimage.measure import regionprops
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from segshap_qgis.models.fc_densenet import FCDenseNet
from segshap_qgis.models.normalisation import normalise

RECIPE: dict[str, Any] = {
    "kind": "log_contrast",
    "scale_db": 4.0,
    "lowest_db": -20.0,
    "highest_db": 12.0,
    "smooth": 5,
    "sea": {"block": 16, "percentile": 95, "land_db": 7},
    "narrowest_db": 1.0,
    "largest_stretch": 10,
    "spread": {"narrowest_db": 0.05, "lowest": -10.0, "highest": 5.0, "scale": 2.5},
    "speckle": {"middle_db": 0.4, "octaves": 3.0},
}
CHANNELS = 3  # contrast in decibels and in standard deviations of the sea, and the speckle
# A sea that slicks fill by more than a fifth is not found.
LOWER_SEA = {**RECIPE, "sea": {**RECIPE["sea"], "percentile": 80}}
# Slicks are guessed by eye, so to speak: on the contrast as it is.
AS_IT_IS = {key: RECIPE[key] for key in ("kind", "scale_db", "lowest_db", "highest_db", "sea")}
SIZES = {"56": (4, 12, 48), "small": (2, 8, 24)}  # layers a block, growth, maps of the stem
LARGEST_OIL_FRACTION = 0.9
SMALLEST_DARKENING_DB = 0.5
KEPT_OUT_SHARE = 0.3
UNKNOWN = 255


class Stage(NamedTuple):
    """Part of the schedule, up to the step of the number `until`.

    Attributes
    ----------
    size, crops, masked : int
        Side of a crop in pixels, crops in a batch, and how many of these have masks.
    shares : (float, float)
        Of clean and of oily chips among the others, as nearly as whole chips allow.
    zoom : (float, float)
        Source pixels per pixel on a chip of 256 pixels, on chips of other sizes in proportion.
        Coarse first: a whole chip in a quarter of the pixels teaches most at a quarter of the cost.
    recipe : mapping
        Normalisation.
    ranking : float
        Weight of `ranking_loss`.
    gently : bool
        Change little in the radiometry, so that the texture of a product stays to be learnt.
    """

    size: int
    crops: int
    masked: int
    shares: tuple[float, float]
    zoom: tuple[float, float]
    recipe: dict[str, Any]
    until: int
    ranking: float = 0.0
    gently: bool = False


class Schedule(NamedTuple):
    """Stages, one after the other, and points (step, share of the peak rate) joined by lines."""

    stages: list[Stage]
    rates: list[tuple[int, float]]

    def stage(self, number: int) -> Stage:
        """Stage to which a step belongs; steps beyond the last stage belong to it."""
        return next((stage for stage in self.stages if number < stage.until), self.stages[-1])

    def rate(self, number: int, peak: float) -> float:
        """Learning rate of a step."""
        steps, shares = np.array(self.rates).T
        return peak * float(np.interp(number + 1, steps, shares))


SCHEDULES = {
    "56": Schedule(
        [
            Stage(128, 16, 8, (0.6, 0.4), (1.1, 2.4), LOWER_SEA, until=500),
            Stage(256, 4, 2, (0.7, 0.3), (0.75, 1.5), LOWER_SEA, until=800),
            Stage(256, 4, 3, (0.65, 0.35), (0.75, 1.5), RECIPE, until=1400),
            Stage(256, 4, 2, (0.5, 0.5), (0.9, 1.25), RECIPE, until=1650, ranking=0.5, gently=True),
            Stage(224, 5, 3, (0.5, 0.5), (0.9, 1.25), RECIPE, until=2250, ranking=0.5, gently=True),
            Stage(224, 5, 4, (0.5, 0.5), (0.9, 1.25), RECIPE, until=2480, gently=True),
        ],
        [
            (0, 0.0),
            (30, 1.0),
            (500, 1.0),
            (649, 0.729),
            (650, 0.35),
            (800, 0.219),
            (801, 0.5),
            (1200, 0.215),
            (1201, 0.199),
            (1400, 0.0),
            (1430, 0.5),
            (1750, 0.5),
            (1751, 0.02),
            (1780, 0.5),
            (1880, 0.5),
            (2150, 0.213),
            (2151, 0.27),
            (2250, 0.27),
            (2480, 0.0),
        ],
    ),
    "small": Schedule(
        [
            Stage(160, 8, 4, (0.5, 0.5), (1.0, 1.7), RECIPE, until=300, ranking=0.25),
            Stage(160, 8, 5, (0.6, 0.4), (1.0, 1.6), RECIPE, until=500, ranking=0.25, gently=True),
        ],
        [(0, 0.0), (30, 1.0), (300, 0.7), (500, 0.0)],
    ),
}


@dataclass(frozen=True)
class Chip:
    """A radar chip (H, W): grey values, labels, False in `valid` on no-data.

    The labels are 0 on sea, 1 on oil, `UNKNOWN` where nobody knows; uint8.
    """

    grey: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    valid: NDArray[np.bool_]

    def seen(self, recipe: dict[str, Any], rng: np.random.Generator) -> NDArray[np.float32]:
        """The chip as the network sees it, (3, H, W): no-data known or, by chance, not.

        Users' rasters often do not say what is fill.
        """
        is_told = self.valid.all() or rng.random() < 0.5
        told = self.valid if is_told and _varies(self.grey[self.valid]) else None
        if told is None and not _varies(self.grey):  # nothing but fill
            return np.zeros((CHANNELS, *self.grey.shape), dtype=np.float32)
        valid = np.ones_like(self.valid) if told is None else told
        return normalise(self.grey[None], valid, recipe, "amplitude")


@dataclass(frozen=True)
class Batch:
    """Crops for one step.

    Attributes
    ----------
    images : (N, 3, n, n) float32
        Normalised.
    labels : (N, n, n) int64
        0 sea, 1 oil, `UNKNOWN` in no loss.
    holds_oil : (N,) int64
        For crops of chips that are known to hold oil or none: 1 where this crop does, 0 on clean
        ones; else `UNKNOWN`.
    """

    images: Tensor
    labels: Tensor
    holds_oil: Tensor


def is_kept_out(file: str) -> bool:
    """Whether a chip without a mask is kept out of training, decided by its name alone."""
    return int(hashlib.sha256(file.encode()).hexdigest(), 16) % 1000 < 1000 * KEPT_OUT_SHARE


def sos_rows(data: Path, split: str) -> list[dict[str, str]]:
    """Rows of the Deep-SAR Oil Spill index in one split, with the paths of image and mask."""
    folder = data / "sar_oil_sos"
    rows = [row for row in _rows(folder / "index.csv") if row["split"] == split]
    for row in rows:
        home = folder / split / row["sensor"]
        row["image"] = str(home / "images" / f"{row['id']}.jpg")
        row["mask"] = str(home / "masks" / f"{row['id']}.png")
    return rows


def csiro_files(data: Path, holds_oil: bool, kept_out: bool) -> list[Path]:
    """Sentinel-1 chips labelled per image, those kept out of training or the others."""
    folder = data / "sar_oil_csiro"
    return [
        folder / row["file"]
        for row in _rows(folder / "index.csv")
        if (row["oil"] == "1") == holds_oil and is_kept_out(row["file"]) == kept_out
    ]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def read_grey(path: str | Path) -> NDArray[np.uint8]:
    """Grey values (H, W) of an image file."""
    image = imread(path)
    return image if image.ndim == 2 else image[..., 0]


def read_mask(path: str | Path) -> NDArray[np.bool_]:
    """Oil (H, W) of a mask file."""
    return read_grey(path) > 0


def load_chips(data: Path) -> dict[str, list[Chip]]:
    """The training chips: with masks, surely without oil, and with oil whose place is guessed."""
    masked = [
        Chip(grey, read_mask(row["mask"]).astype(np.uint8), np.ones(grey.shape, bool))
        for row in sos_rows(data, "train")
        for grey in [read_grey(row["image"])]
    ]
    oily = [guess_slicks(read_grey(path)) for path in csiro_files(data, True, kept_out=False)]
    return {
        "masked": [chip for chip in masked if is_plausible(chip)],
        "clean": [
            without_oil(read_grey(path)) for path in csiro_files(data, False, kept_out=False)
        ],
        "oily": [chip for chip in oily if (chip.labels == 1).any()],
    }


def is_plausible(chip: Chip) -> bool:
    """Oil is darker than the sea around it; a chip marked all over shows nothing to learn from."""
    oil = chip.labels == 1
    if not 0 < oil.mean() <= LARGEST_OIL_FRACTION:
        return not oil.any()
    decibel = 20 * np.log10(np.maximum(chip.grey, 1))
    return bool(decibel[~oil].mean() - decibel[oil].mean() >= SMALLEST_DARKENING_DB)


def without_oil(grey: NDArray[np.uint8]) -> Chip:
    """A chip that is sea in every pixel."""
    return Chip(grey, np.zeros(grey.shape, np.uint8), ~_wedges(grey))


def guess_slicks(grey: NDArray[np.uint8]) -> Chip:
    """A chip that is known to hold oil, its slicks guessed.

    Oil is what is connected, darker than the sea by 2.5 of its spreads, and by 4 of them in at
    least 20 pixels; the sea is what is hardly darker than the median; the rest stays unknown.
    """
    valid = ~_wedges(grey)
    if not _varies(grey[valid]):
        return without_oil(grey)
    contrast = normalise(grey[None], valid, AS_IT_IS, "amplitude")[0] * RECIPE["scale_db"]
    smooth = ndimage.uniform_filter(contrast, 5)
    sea = np.median(smooth[valid])
    spread = 1.4826 * np.median(np.abs(smooth[valid] - sea))  # the standard deviation of a normal
    depth = sea - smooth
    parts, count = ndimage.label((depth > max(0.6, 2.5 * spread)) & valid)
    deep = (depth > max(1.0, 4 * spread)) & valid
    pixels = np.bincount(parts.ravel(), minlength=count + 1)
    deep_pixels = np.bincount(parts[deep], minlength=count + 1)
    is_slick = (pixels >= 60) & (deep_pixels >= 20)
    is_slick[0] = False
    labels = np.where(depth < spread, 0, UNKNOWN).astype(np.uint8)
    labels[is_slick[parts]] = 1
    labels[~valid] = 0
    return Chip(grey, labels, valid)


def _wedges(grey: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """White areas (land, fill) and black ones with straight edges (fill; slicks are ragged)."""
    wedges = np.zeros(grey.shape, bool)
    for saturated, least_solidity in ((grey <= 3, 0.95), (grey >= 252, 0.0)):
        parts, _ = ndimage.label(saturated)
        for part in regionprops(parts):
            if part.area >= 0.01 * grey.size and part.solidity >= least_solidity:
                wedges |= parts == part.label
    return wedges


class Batches:
    """Endless augmented batches; batch number i depends on the seed and i alone.

    Parameters
    ----------
    chips : mapping
        From `load_chips`.
    schedule : Schedule
    seed : int
    """

    def __init__(self, chips: dict[str, list[Chip]], schedule: Schedule, seed: int) -> None:
        self.chips, self.schedule, self.seed = chips, schedule, seed

    def batch(self, number: int) -> Batch:
        """Batch of the given number."""
        rng = np.random.default_rng((self.seed, number))
        stage = self.schedule.stage(number)
        n_others = stage.crops - stage.masked
        n_clean = int(n_others * stage.shares[0] + rng.random())
        kinds = ["masked"] * stage.masked + ["clean"] * n_clean + ["oily"] * (n_others - n_clean)
        drawn = (self.chips[kind][rng.integers(len(self.chips[kind]))] for kind in kinds)
        images, labels = self.crops(drawn, stage, rng)
        known = torch.tensor([{"clean": 0, "oily": 1}.get(kind, UNKNOWN) for kind in kinds])
        is_lost = (known == 1) & ~(labels == 1).flatten(1).any(1)  # outside the crop, or painted
        known[is_lost] = UNKNOWN
        return Batch(images, labels, known)

    def crops(
        self, chips: Iterable[Chip], stage: Stage, rng: np.random.Generator
    ) -> tuple[Tensor, Tensor]:
        """An augmented crop of each chip: images (N, 3, n, n), labels (N, n, n) int64."""
        crops = [self._crop(chip, stage, rng) for chip in chips]
        images = torch.stack([image for image, _ in crops])
        labels = torch.stack([label for _, label in crops])
        for image, label in zip(images, labels):
            if not stage.gently:
                _change_texture(image, rng)
            _change_level(image, rng)
            _paint_background(image, label, rng)
        return images.clamp(*_range()), labels

    def _crop(self, chip: Chip, stage: Stage, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """A turned, mirrored and scaled crop: image (3, n, n) and labels (n, n)."""
        seen = chip.seen(stage.recipe, rng)
        grid = _grid(stage, rng)
        sampling: Any = {"padding_mode": "reflection", "align_corners": False}
        image = F.grid_sample(torch.from_numpy(seen)[None], grid, **sampling)
        label = torch.from_numpy(chip.labels.astype(np.float32))[None, None]
        label = F.grid_sample(label, grid, mode="nearest", **sampling)
        return image[0], label[0, 0].long()


def _grid(stage: Stage, rng: np.random.Generator) -> Tensor:
    """Where on a chip the pixels of a crop lie, (1, n, n, 2), as `grid_sample` wants it."""
    extent = np.exp(rng.uniform(*np.log(stage.zoom))) * stage.size / 256  # of the chip's side
    turn = rng.integers(4) * np.pi / 2 + (rng.random() < 0.3) * rng.uniform(-0.6, 0.6)
    stretch = np.exp(rng.normal(0, 0.1))
    cos, sin, mirror = np.cos(turn), np.sin(turn), rng.choice([-1, 1])
    slack = max(0.0, 1 - extent)
    shift = rng.uniform(-slack, slack, size=2)
    shape = np.diag([mirror * stretch, 1 / stretch])
    theta = extent * np.array([[cos, -sin], [sin, cos]]) @ shape
    centres = (np.arange(stage.size) + 0.5) / stage.size * 2 - 1
    x, y = np.meshgrid(centres, centres)
    grid = np.stack([x, y], axis=-1) @ theta.T + shift
    return torch.from_numpy(grid.astype(np.float32))[None]


def _varies(values: NDArray) -> bool:
    return values.size > 0 and bool(values.min() < values.max())


def _smooth(image: Tensor, side: int) -> Tensor:
    return F.avg_pool2d(image, side, stride=1, padding=side // 2, count_include_pad=False)


def _range() -> tuple[Tensor, Tensor]:
    """Least and largest values of the channels, each (3, 1, 1)."""
    spread = RECIPE["spread"]
    ends = [
        (RECIPE[f"{end}_db"] / RECIPE["scale_db"], spread[end] / spread["scale"])
        for end in ("lowest", "highest")
    ]
    octaves = RECIPE["speckle"]["octaves"]
    lowest, highest = (
        torch.tensor([*both, sign * octaves])[:, None, None] for both, sign in zip(ends, (-1, 1))
    )
    return lowest, highest


def _change_texture(image: Tensor, rng: np.random.Generator) -> None:
    """Other looks, other stretch; in place on (3, n, n), over the scales.

    Stretch changes the decibels, and not how many standard deviations of the sea they are.
    """
    if rng.random() < 0.4:
        image.copy_(torch.lerp(image, _smooth(image, int(rng.choice([3, 5]))), rng.uniform(0.3, 1)))
    image[0].mul_(float(np.exp(rng.uniform(np.log(0.5), np.log(1.6)))))
    if rng.random() < 0.3:
        looks = np.exp(rng.uniform(np.log(20), np.log(200)))
        speckle = rng.gamma(looks, 1 / looks, size=image.shape[1:])
        image[0].add_(torch.from_numpy(10 / RECIPE["scale_db"] * np.log10(speckle)).float())


def _change_level(image: Tensor, rng: np.random.Generator) -> None:
    """Other gain, a sea that darkens across the swath, another reference level; in place."""
    size = image.shape[1]
    for channel in image[:2]:
        channel.mul_(float(np.exp(rng.normal(0, 0.1))))
    if rng.random() < 0.3:
        slope_row, slope_column = rng.normal(0, 0.8 / RECIPE["scale_db"], size=2)
        row, column = np.ogrid[-1 : 1 : 1j * size, -1 : 1 : 1j * size]
        image[:2].add_(torch.from_numpy(slope_row * row + slope_column * column).float())
    for channel in image:
        channel.add_(float(rng.normal(0, 0.15)))


def _paint_background(image: Tensor, label: Tensor, rng: np.random.Generator) -> None:
    """Paint cells or a wedge flat, as explanations and no-data do; flat is never oil. In place."""
    kind = rng.random()
    size = label.shape[0]
    if kind < 0.15:
        cells = _random_cells(size, int(rng.integers(size // 10, size // 3)), rng)
        painted = rng.random(int(cells.max()) + 1) < rng.uniform(0.1, 0.9)
        where, level = torch.from_numpy(painted[cells]), image.mean((1, 2))
    elif kind < 0.22:
        row, column = np.mgrid[:size, :size] - size / 2
        angle = rng.uniform(0, 2 * np.pi)
        edge = rng.uniform(0.1, 0.5) * size
        where = torch.from_numpy(row * np.sin(angle) + column * np.cos(angle) > edge)
        lowest, highest = _range()
        middle = torch.zeros_like(lowest)
        level = [middle, middle, lowest, highest][rng.integers(4)].flatten()
    else:
        return
    image[:2, where] = level[:2, None]
    label[where] = 0


def _random_cells(size: int, side: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Brick-like cells, (size, size) int: as ragged as hexagons for a network's eyes."""
    row, column = np.mgrid[:size, :size] + rng.integers(side, size=(2, 1, 1))
    brick = row // side
    return brick * (2 * size // side + 3) + (column + brick % 2 * (side // 2)) // side


def loss_of(logits: Tensor, labels: Tensor, smoothing: float) -> Tensor:
    """Cross-entropy + Dice (Amri et al. 2022) over the pixels whose label is known."""
    entropy = F.cross_entropy(logits, labels, ignore_index=UNKNOWN, label_smoothing=smoothing)
    known = labels != UNKNOWN
    oil, truth = logits.softmax(1)[:, 1] * known, (labels == 1).float()
    dice = 1 - (2 * (oil * truth).sum() + 1) / (oil.sum() + truth.sum() + 1)
    return entropy + dice


def ranking_loss(logits: Tensor, holds_oil: Tensor) -> Tensor:
    """Crops with oil should show more of it than clean ones: a smooth 1 - ROC AUC of their areas.

    Areas are soft counts of p(oil) > 0.5, compared by their ratio.
    """
    area = torch.sigmoid(3 * (logits[:, 1] - logits[:, 0])).mean((1, 2))
    size = torch.log(area + 1e-3)
    behind = size[holds_oil == 0][None] - size[holds_oil == 1][:, None]
    return F.softplus(behind).mean() if behind.numel() else logits.new_zeros(())


def build(size: str, dropout: float, offset_maps: int = 0) -> FCDenseNet:
    """FC-DenseNet of one band's three channels and the classes sea and oil."""
    layers, growth, stem = SIZES[size]
    blocks = (layers,) * 5
    return FCDenseNet(CHANNELS, 2, blocks, layers, growth, stem, dropout, offset_maps)


class Training:
    """Network, averaged network and optimiser, with what it takes to go on from a file.

    Parameters
    ----------
    options : argparse.Namespace
        From the command line.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        network = build(options.network, options.dropout)
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = AveragedModel(
            self.network, multi_avg_fn=get_ema_multi_avg_fn(options.averaging), use_buffers=True
        )
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=options.rate, weight_decay=options.decay
        )
        self.done = 0
        if options.resume:
            self._resume(options.resume)
        self.forward = (
            torch.compile(self.network, dynamic=False) if options.compile else self.network
        )

    def step(self, batch: Batch) -> float:
        """Learn from one batch; returns its loss."""
        options = self.options
        schedule = SCHEDULES[options.network]
        rate = schedule.rate(self.done, options.rate)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = self.forward(batch.images.contiguous(memory_format=torch.channels_last))
        loss = loss_of(logits.float(), batch.labels, options.smoothing)
        weight = schedule.stage(self.done).ranking
        if weight:
            loss = loss + weight * ranking_loss(logits.float(), batch.holds_oil)
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.average.update_parameters(self.network)
        self.done += 1
        return float(loss.detach())

    def save(self) -> None:
        """Write a checkpoint to go on from, never a half-written one, and the averaged weights."""
        state = {
            "step": self.done,
            "network": self.network.state_dict(),
            "average": self.average.module.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        checkpoint = self.options.out / "last.pt"
        torch.save(state, checkpoint.with_suffix(".draft"))
        checkpoint.with_suffix(".draft").replace(checkpoint)
        torch.save(state["average"], self.options.out / f"average_{self.done:05d}.pt")

    def _resume(self, path: Path) -> None:
        state = torch.load(path, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average.module.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.done = state["step"]
        self.average.n_averaged.fill_(self.done)  # else the average would begin anew


def train(options: argparse.Namespace) -> None:
    """Train from scratch or go on from a checkpoint, writing checkpoints as it goes."""
    torch.manual_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    chips = load_chips(options.data)
    print({kind: len(members) for kind, members in chips.items()}, flush=True)
    batches = Batches(chips, SCHEDULES[options.network], options.seed)
    training = Training(options)
    began, losses = time.monotonic(), []
    steps = options.steps or SCHEDULES[options.network].stages[-1].until
    while training.done < steps:
        losses.append(training.step(batches.batch(training.done)))
        if training.done % 10 == 0:
            seconds = time.monotonic() - began
            print(f"{training.done} loss {np.mean(losses[-10:]):.4f} {seconds:.0f} s", flush=True)
        if training.done % options.every == 0 or training.done == steps:
            training.save()


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the training data")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints")
    parser.add_argument("--network", choices=SIZES, default="56")
    parser.add_argument("--resume", type=Path, help="checkpoint to go on from")
    parser.add_argument("--steps", type=int, help="the last one's number, if not the schedule's")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--decay", type=float, default=1e-2)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--smoothing", type=float, default=0.05)
    parser.add_argument("--averaging", type=float, default=0.99)
    parser.add_argument("--every", type=int, default=50, help="steps between checkpoints")
    parser.add_argument("--compile", action="store_true", help="compile first: faster steps")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    train(_parse())
