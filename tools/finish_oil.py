"""Finish weights of `train_oil.py`: slicks of Sentinel-1 learnt once more, and an offset.

Only the last two blocks and the head change; what they read of a pool of crops is computed once.
They learn the masks of Sentinel-1 chips, where oil must exceed sea by a margin, since slicks that
others see are missed there. On all other crops they keep to what the network said before, or to
somewhat less where there is surely no oil.

Then the head is given an offset by the kind of product, which the speckle tells: on products
averaged so much that hardly any is left, almost all that is dark is smooth, and looks like oil.
There the score of oil must be higher to count.

    python tools/finish_oil.py --data DIR --weights FILE --out FILE
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from evaluate_oil import read_small
from train_oil import (
    CHANNELS,
    RECIPE,
    Batches,
    Chip,
    Schedule,
    Stage,
    build,
    csiro_files,
    is_plausible,
    loss_of,
    read_grey,
    read_mask,
    sos_rows,
    without_oil,
)

from segshap_qgis.models.fc_densenet import FCDenseNet
from segshap_qgis.models.stages import continue_stages, run_stages

TAIL = 5  # stages that change: up, block, up, block, head
SIDE = 160  # pixels of a crop in the pool; a step sees squares of `SEEN` of it
SEEN = 112
ROUND = ("masked",) * 4 + ("clean", "oily")  # crops that join the pool together
ROUNDS = 170
STEP = {"sentinel": 5, "palsar": 2, "clean": 2, "oily": 1}  # crops of a step
STEPS = 260
RATE = 1e-3
MARGIN = 1.0  # by which oil must exceed sea while learning, in logits
LESS = 2.0  # by how much the score of oil is to fall where there is surely none
KEEPING = 1.0  # weight of the loss that keeps what was
# What the offset adds to the score of oil: (octaves of the recipe's speckle channel, logits), with
# straight lines between. Where there is hardly any speckle, all that is dark looks like oil; where
# there is much, dark specks do.
OFFSET = ((0.0, -5.0), (0.5, 0.4), (2.3, 0.4), (2.8, -0.5))


class Crop(NamedTuple):
    """One of the pool: what the last stages read, what the network said, and the truth.

    Attributes
    ----------
    maps : mapping of str to (1, maps, n', n') bfloat16
        Channels last; of the size of the crop or a half, a quarter of it.
    score : (n, n) float16
        Logit of oil less that of sea.
    labels : (n, n) uint8
        Of chips with masks.
    offset : (n, n) float16
        What `with_offset` will add to the score.
    source : {"sentinel", "palsar", "clean", "oily"}
    """

    maps: dict[str, Tensor]
    score: Tensor
    labels: Tensor
    offset: Tensor
    source: str


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the training data")
    parser.add_argument("--weights", type=Path, required=True, help="weights to finish")
    parser.add_argument("--out", type=Path, required=True, help="file for the finished ones")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    network = build("56", dropout=0.0)
    state = torch.load(options.weights, weights_only=True)
    network.load_state_dict({name: tensor.float() for name, tensor in state.items()}, strict=False)
    network.eval().to(memory_format=torch.channels_last)
    crops = list(pool(network, chips_by_source(options.data), ROUNDS, options.seed))
    finish(network, crops, options.steps, options.seed)
    torch.save(with_offset(network).state_dict(), options.out)


def chips_by_source(data: Path) -> dict[str, list[Chip]]:
    """Training chips. Those of averaged products are there twice, as they are and small."""
    chips: dict[str, list[Chip]] = {"sentinel": [], "palsar": [], "clean": [], "oily": []}
    for row in sos_rows(data, "train"):
        grey, mask = read_grey(row["image"]), read_mask(row["mask"])
        chip = Chip(grey, mask.astype(np.uint8), np.ones(grey.shape, bool))
        if is_plausible(chip):
            chips[row["sensor"]].append(chip)
    for kind, holds_oil in (("clean", False), ("oily", True)):
        for read in (read_grey, read_small):
            files = csiro_files(data, holds_oil, kept_out=False)
            # Where oil is on these is not asked: only what the network says of them.
            chips[kind] += [without_oil(read(file)) for file in files]
    return chips


def pool(
    network: FCDenseNet, chips: dict[str, list[Chip]], rounds: int, seed: int
) -> Iterator[Crop]:
    """Crops with what the last stages read of them."""
    stage = Stage(SIDE, len(ROUND), 4, (0.5, 0.5), (0.9, 1.25), RECIPE, until=1, gently=True)
    batches = Batches(chips, Schedule([stage], [(0, 1.0), (1, 1.0)]), seed)
    masked = [(chip, source) for source in ("sentinel", "palsar") for chip in chips[source]]
    rng = np.random.default_rng(seed)
    order = iter(np.tile(rng.permutation(len(masked)), 1 + 4 * rounds // len(masked)))
    for number in range(rounds):
        drawn = [
            masked[next(order)] if kind == "masked" else (_any_of(chips[kind], rng), kind)
            for kind in ROUND
        ]
        images, labels = batches.crops([chip for chip, _ in drawn], stage, rng)
        maps, scores = _read(network, images)
        for i, (_, source) in enumerate(drawn):
            read = {
                name: x[i : i + 1].clone(memory_format=torch.channels_last)
                for name, x in maps.items()
            }
            offset = offset_of(images[i, -1]).half()
            yield Crop(read, scores[i].clone(), labels[i].to(torch.uint8), offset, source)
        if number % 20 == 19:
            print(f"{number + 1} of {rounds} rounds of crops", flush=True)


def _any_of(chips: Sequence[Chip], rng: np.random.Generator) -> Chip:
    return chips[rng.integers(len(chips))]


def _read(network: FCDenseNet, images: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    """What the last stages read of images, and the score of oil."""
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        maps = run_stages(network.stages, images.contiguous(memory_format=torch.channels_last))
    logits = maps["head"].float()
    tail = network.stages[-TAIL:]
    read = {name for stage in tail for name in stage.inputs} - {stage.name for stage in tail}
    kept = {name: maps[name].to(torch.bfloat16) for name in sorted(read)}
    return kept, (logits[:, 1] - logits[:, 0]).half()


def offset_of(speckle: Tensor) -> Tensor:
    """What `with_offset` adds to the score of oil, by the speckle in octaves."""
    octaves, logits = np.array(OFFSET).T
    return torch.as_tensor(np.interp(speckle.numpy(), octaves, logits))


def tail_of(network: FCDenseNet) -> nn.ModuleList:
    """The modules that change."""
    return nn.ModuleList([stage.module for stage in network.stages[-TAIL:]])


def finish(network: FCDenseNet, crops: Sequence[Crop], steps: int, seed: int) -> None:
    """Fit the last stages; the network ends with the mean of the last steps."""
    last = tail_of(network)
    average = AveragedModel(last, multi_avg_fn=get_ema_multi_avg_fn(0.97))
    optimiser = torch.optim.AdamW(last.parameters(), lr=RATE, weight_decay=0)
    rng = np.random.default_rng(seed)
    draws = {source: _endlessly(crops, source, rng) for source in STEP}
    began, losses = time.monotonic(), []
    for number in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1, (number + 1) / 20, (steps - number) / (0.7 * steps))
        drawn = [next(draws[source]) for source, count in STEP.items() for _ in range(count)]
        loss = step_loss(network, [part_of(crop, rng) for crop in drawn])
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(last.parameters(), 1.0)
        optimiser.step()
        average.update_parameters(last)
        losses.append(float(loss.detach()))
        if number % 20 == 19:
            seconds = time.monotonic() - began
            print(f"{number + 1} loss {np.mean(losses[-20:]):.4f} {seconds:.0f} s", flush=True)
    last.load_state_dict(average.module.state_dict())


def _endlessly(crops: Sequence[Crop], source: str, rng: np.random.Generator) -> Iterator[Crop]:
    """All crops of a source in random order, again and again."""
    chosen = [crop for crop in crops if crop.source == source]
    while True:
        yield from (chosen[i] for i in rng.permutation(len(chosen)))


def part_of(crop: Crop, rng: np.random.Generator) -> Crop:
    """A random square of a crop."""
    side = min(SEEN, len(crop.score))
    rng.integers(len(crop.score) - side + 1, size=2)  # unused, but the bundled weights had it drawn
    top, left = 4 * rng.integers((len(crop.score) - side) // 4 + 1, size=2)

    def part(x: Tensor) -> Tensor:
        scale = len(crop.score) // x.shape[-1]
        rows = slice(top // scale, (top + side) // scale)
        return x[..., rows, left // scale : (left + side) // scale]

    maps = {name: part(x) for name, x in crop.maps.items()}
    return Crop(maps, part(crop.score), part(crop.labels), part(crop.offset), crop.source)


def step_loss(network: FCDenseNet, crops: Sequence[Crop]) -> Tensor:
    """Masks with a margin on Sentinel-1, which comes first; elsewhere what was said before."""
    maps = {
        name: torch.cat([crop.maps[name] for crop in crops]).contiguous(
            memory_format=torch.channels_last
        )
        for name in crops[0].maps
    }
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = continue_stages(network.stages[-TAIL:], maps)["head"].float()
    learnt = sum(crop.source == "sentinel" for crop in crops)
    margin = torch.tensor([0.0, MARGIN])[:, None, None]
    labels = torch.stack([crop.labels for crop in crops[:learnt]]).long()
    entropy_and_dice = loss_of(logits[:learnt] - margin, labels, smoothing=0.05)

    others = crops[learnt:]
    less = torch.tensor([LESS * (crop.source == "clean") for crop in others])[:, None, None]
    wanted = torch.stack([crop.score for crop in others]).float() - less
    # What decides counts most: scores near even odds, once the offset has been added.
    decided = wanted + torch.stack([crop.offset for crop in others]).float()
    weight = torch.exp(-decided.abs().clamp(max=8) / 4)
    change = (logits[learnt:, 1] - logits[learnt:, 0] - wanted).clamp(-6, 6)
    return entropy_and_dice + KEEPING * (weight * change**2).mean()


def with_offset(network: FCDenseNet) -> FCDenseNet:
    """The same network whose head also adds the offset: a hard sigmoid for each slope of it."""
    steps = [
        (start, end, after - before)
        for (start, before), (end, after) in zip(OFFSET, OFFSET[1:])
        if after != before
    ]
    finished = build("56", dropout=0.0, offset_maps=len(steps))
    state: dict[str, Any] = dict(network.state_dict())
    starts, ends, changes = torch.tensor(steps).T
    # A hard sigmoid is 0 at -3 and 1 at 3.
    slopes = 6 / (ends - starts)
    weight = torch.zeros(len(steps), CHANNELS, 1, 1)
    weight[:, -1, 0, 0] = slopes
    state["offset.0.weight"] = weight
    state["offset.0.bias"] = -slopes * (starts + ends) / 2
    # Half to oil, half from sea: the score is their difference.
    halves = torch.tensor([-0.5, 0.5])
    state["head.bias"] = state["head.bias"] + halves * OFFSET[0][1]
    added = (halves[:, None] * changes)[..., None, None]
    state["head.weight"] = torch.cat([state["head.weight"], added], dim=1)
    finished.load_state_dict(state)
    return finished.eval()


if __name__ == "__main__":
    main()
