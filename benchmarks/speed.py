"""Seconds, bytes and operations: plain evaluation beside staged evaluation."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import TypeVar, Union

import numpy as np
import torch
from numpy.typing import NDArray

from segshap_qgis.models import MaskedGame, SegmentationModel, StagedGame, load_model

from .chips import Chip, explained_class
from .references import draw_coalitions

AnyGame = Union[MaskedGame, StagedGame]
Found = TypeVar("Found")


def timed(work: Callable[[], Found]) -> tuple[float, Found]:
    """Seconds that a call takes, and what it returns."""
    started = time.perf_counter()
    found = work()
    return time.perf_counter() - started, found


def interleaved(works: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each call, taken in turns so that all see the same machine."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            seconds[name].append(timed(work)[0])
    return {name: median(times) for name, times in seconds.items()}


def matrix_product_rate(dtype: torch.dtype = torch.float32, size: int = 2048) -> float:
    """Operations per second of a large matrix product on this machine: what it can do at best."""
    a, b = (torch.randn(size, size).to(dtype) for _ in range(2))
    torch.mm(a, b)
    seconds = median(timed(lambda: torch.mm(a, b))[0] for _ in range(7))
    return 2 * size**3 / seconds


def operations(work: Callable[[], object]) -> int:
    """Floating-point operations of the convolutions and matrix products of a call."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        work()
    return int(counter.get_total_flops())


def plain_game(
    model: SegmentationModel, chip: Chip, regions: Sequence[NDArray[np.bool_]], **settings: int
) -> MaskedGame:
    """The game of the model's default class, evaluated the plain way."""
    target = [explained_class(model)]
    common = (model, chip.image, chip.superpixels, regions, target)
    return MaskedGame(*common, valid=chip.valid, **settings)


def staged_game(
    model: SegmentationModel,
    chip: Chip,
    regions: Sequence[NDArray[np.bool_]],
    precision: str = "float32",
) -> StagedGame:
    """The same game, evaluated in stages."""
    target = [explained_class(model)]
    common = (model, chip.image, chip.superpixels, regions, target)
    return StagedGame(*common, valid=chip.valid, precision=precision)


def built(make: Callable[[], StagedGame]) -> tuple[float, StagedGame]:
    """Seconds until a staged game answers at its full pace, and the game.

    What is put off until its first call belongs to the building.
    """
    seconds, game = timed(make)
    z = draw_coalitions(game.n_players, game.batch_size, "leverage", seed=7)
    first, again = (timed(partial(game, z))[0] for _ in range(2))
    return seconds + max(0.0, first - again), game


def plain_seconds(model: SegmentationModel, chip: Chip, rounds: int = 3) -> float:
    """Seconds of a plain evaluation at the best of some batch sizes, in turns."""
    z = draw_coalitions(chip.superpixels.n_players, 4, "leverage", seed=7)
    region = [next(iter(chip.regions.values()))]
    works = {
        str(size): partial(plain_game(model, chip, region, batch_size=size), z[:size])
        for size in (1, 2, 4)
    }
    return min(s / int(size) for size, s in interleaved(works, rounds).items())


def measure_regions(
    model: SegmentationModel,
    chip: Chip,
    regions: Mapping[str, NDArray[np.bool_]],
    rounds: int,
    compared: int,
    plain_batches: Sequence[int] = (1, 2, 4),
) -> dict[str, dict[str, float]]:
    """Seconds per coalition, table building, largest difference and share of the machine's rate.

    One plain game serves all regions; each has staged games of its own.

    Parameters
    ----------
    model : SegmentationModel
        The shipped model.
    chip : Chip
        Image and cells.
    regions : mapping of str to (H, W) bool arrays
        Regions of interest by name.
    rounds : int
        Interleaved measurements; medians are returned.
    compared : int
        Coalitions that are evaluated both ways.
    plain_batches : sequence of int
        Batch sizes of plain evaluation, of which the best counts.

    Returns
    -------
    dict
        For each region ``plain``, ``staged``, ``staged_auto``: seconds per coalition; ``table``,
        ``table_auto``: seconds until a staged game answers; ``difference``, ``difference_auto``:
        largest over the coalitions; ``operations``: of the staged network per coalition;
        ``matrix_rate``: of the machine; ``rate_share``: of it achieved by staged evaluation in
        float32.
    """
    z = draw_coalitions(chip.superpixels.n_players, max(compared, 64), "leverage", seed=7)
    masks = list(regions.values())
    games: dict[str, AnyGame] = {
        f"plain {size}": plain_game(model, chip, masks, batch_size=size) for size in plain_batches
    }
    tables = {}
    for name, mask in regions.items():
        for precision in ("float32", "auto"):
            key = f"{precision} {name}"
            tables[key], games[key] = built(partial(staged_game, model, chip, [mask], precision))

    works = {name: partial(game, z[: game.batch_size]) for name, game in games.items()}
    per_call = interleaved(works, rounds)
    seconds = {name: s / games[name].batch_size for name, s in per_call.items()}
    truth = games[f"plain {plain_batches[0]}"](z[:compared])
    rate = matrix_product_rate()

    found = {}
    for column, name in enumerate(regions):
        staged, auto = games[f"float32 {name}"], games[f"auto {name}"]
        counted = operations(works[f"float32 {name}"]) / staged.batch_size
        found[name] = {
            "plain": min(s for key, s in seconds.items() if key.startswith("plain")),
            "staged": seconds[f"float32 {name}"],
            "staged_auto": seconds[f"auto {name}"],
            "table": tables[f"float32 {name}"],
            "table_auto": tables[f"auto {name}"],
            "difference": _largest_difference(staged, z[:compared], truth[:, column]),
            "difference_auto": _largest_difference(auto, z[:compared], truth[:, column]),
            "operations": counted,
            "matrix_rate": rate,
            "rate_share": counted / seconds[f"float32 {name}"] / rate,
        }
    return found


def _largest_difference(
    game: AnyGame, coalitions: NDArray[np.bool_], truth: NDArray[np.float64]
) -> float:
    return float(np.abs(game(coalitions)[:, 0] - truth).max())


def peak_extra_memory(chip: Chip, region: NDArray[np.bool_]) -> float:
    """Bytes that building and asking a staged game needs beyond the loaded model.

    Measured in a process of its own, where nothing else has been allocated before.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
        return fresh.submit(_peak_extra_memory, chip, region).result()


def _peak_extra_memory(chip: Chip, region: NDArray[np.bool_]) -> float:
    model = load_model()
    model.predict(chip.image[:, :64, :64])
    before = _memory("VmRSS")
    game = staged_game(model, chip, [region], "auto")
    z = draw_coalitions(game.n_players, 2 * game.batch_size, "leverage", seed=7)
    game(z)
    return _memory("VmHWM") - before


def _memory(name: str) -> float:
    """A figure of this process in bytes, as Linux counts it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(rf"^{name}:\s+(\d+) kB", status, flags=re.MULTILINE)
    return float("nan") if found is None else 1024.0 * int(found.group(1))
