"""How seconds depend on the image, the cells, the regions, the batch and the network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from statistics import median

import numpy as np
import torch
from numpy.typing import NDArray

from segshap_qgis.explain import hexagons
from segshap_qgis.models import HarDNetMSEG, SegmentationModel
from segshap_qgis.models.fc_densenet import fc_densenet56, fc_densenet67, fc_densenet103

from .chips import Chip, resized
from .references import draw_coalitions
from .speed import built, interleaved, plain_game, staged_game, timed

Mask = NDArray[np.bool_]
Row = dict[str, float | str]
NETWORKS: dict[str, Callable[[int, int], torch.nn.Module]] = {
    "FC-DenseNet56": fc_densenet56,
    "FC-DenseNet67": fc_densenet67,
    "FC-DenseNet103": fc_densenet103,
    "HarDNet-MSEG": lambda in_bands, n_classes: HarDNetMSEG(n_classes, in_bands),
}


def measure_growth(model: SegmentationModel, chip: Chip, quick: bool, rounds: int = 3) -> list[Row]:
    """How table building and seconds per coalition grow, one thing varied at a time.

    Each row holds ``what`` is varied and its ``value``, and the seconds ``plain`` and ``staged`` of
    a coalition and of the ``table``.
    """
    size = chip.image.shape[1]
    middle = (size // 2, size // 2)
    rows = []
    plain = {}
    for side in (size // 2, size) if quick else (size // 2, size, 2 * size, 4 * size):
        grown = resized(chip, side)
        pixel = [_square(side, (side // 2, side // 2), 1)]
        plain[side] = _plain_seconds(model, grown, pixel)
        rows.append(_growth_row(model, grown, pixel, "image side", side, rounds))
    for cell in (44, 16) if quick else (64, 32, 16):
        cells = replace(chip, superpixels=hexagons((size, size), side=cell))
        pixel = [_square(size, middle, 1)]
        rows.append(_growth_row(model, cells, pixel, "cells", cells.superpixels.n_players, rounds))
    for width in (16, 64) if quick else (16, 64, 256):
        region = [_square(size, middle, width)]
        rows.append(_growth_row(model, chip, region, "region side", width, rounds))
    for count in (4,) if quick else (2, 8):
        places = [(size * (1 + i) // (count + 1), size // 2) for i in range(count)]
        regions = [_square(size, place, 16) for place in places]
        rows.append(_growth_row(model, chip, regions, "regions", count, rounds))
    # A plain evaluation costs the same whatever the cells and the regions are.
    return [
        {**row, "plain": plain[int(row["value"]) if row["what"] == "image side" else size]}
        for row in rows
    ]


def _plain_seconds(model: SegmentationModel, chip: Chip, regions: Sequence[Mask]) -> float:
    z = draw_coalitions(chip.superpixels.n_players, 1, "leverage", seed=7)
    game = plain_game(model, chip, regions)
    return min(timed(partial(game, z))[0] for _ in range(2))


def _growth_row(
    model: SegmentationModel,
    chip: Chip,
    regions: Sequence[Mask],
    what: str,
    value: int,
    rounds: int,
) -> Row:
    table, game = built(lambda: staged_game(model, chip, regions, "auto"))
    z = draw_coalitions(game.n_players, game.batch_size, "leverage", seed=7)
    staged = median(timed(partial(game, z))[0] for _ in range(rounds)) / len(z)
    return {"what": what, "value": value, "table": table, "staged": staged}


def _square(size: int, centre: tuple[int, int], width: int) -> Mask:
    mask = np.zeros((size, size), dtype=bool)
    row, column = (c - width // 2 for c in centre)
    mask[row : row + width, column : column + width] = True
    return mask


def measure_batches(
    model: SegmentationModel,
    chip: Chip,
    region: Mask,
    sizes: Sequence[int] = (1, 2, 4, 8, 16, 32),
    rounds: int = 5,
) -> list[Row]:
    """Seconds of a coalition at several batch sizes, taken in turns; ``chosen`` is our own size."""
    z = draw_coalitions(chip.superpixels.n_players, max(sizes), "leverage", seed=7)
    rows: list[Row] = [{"batch": size} for size in sizes]
    game = staged_game(model, chip, [region])
    chosen = game.batch_size
    for precision in ("float32", "auto"):
        if precision == "auto":
            game.try_bfloat16(None)
        seconds = interleaved(
            {str(size): partial(_batch, game, z[:size]) for size in sizes}, rounds
        )
        for row, size in zip(rows, sizes):
            row |= {precision: seconds[str(size)] / size, "chosen": float(size == chosen)}
    return rows


def _batch(game: object, z: Mask) -> None:
    game.batch_size = len(z)  # type: ignore[attr-defined]
    game(z)  # type: ignore[operator]


def measure_networks(
    model: SegmentationModel, chip: Chip, region: Mask, rounds: int = 3
) -> list[Row]:
    """Seconds of a coalition of each network of the package, with random weights.

    Time depends on the architecture alone, but a random network says nothing about precision: the
    bfloat16 figure is what it would take where the values allow it.
    """
    rows = []
    for name, make in NETWORKS.items():
        torch.manual_seed(0)
        network = make(model.card.n_channels, len(model.card.classes))
        other = SegmentationModel(model.card, network, model.device)
        z = draw_coalitions(chip.superpixels.n_players, 16, "leverage", seed=7)
        plain = plain_game(other, chip, [region], batch_size=1)
        table, exact = built(partial(staged_game, other, chip, [region]))
        works = {"plain": partial(plain, z[:1]), "staged": partial(exact, z[: exact.batch_size])}
        seconds = interleaved(works, rounds)
        exact.try_bfloat16(np.inf)
        rough = interleaved({"bfloat16": works["staged"]}, rounds)["bfloat16"]
        rows.append(
            {
                "network": name,
                "plain": seconds["plain"],
                "staged": seconds["staged"] / exact.batch_size,
                "bfloat16": rough / exact.batch_size
                if exact.dtype == torch.bfloat16
                else float("nan"),
                "table": table,
            }
        )
    return rows
