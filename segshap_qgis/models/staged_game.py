"""The masked game, evaluated in stages: the same values at a fraction of the work.

Early features come from tables (`prefix_tables`), the decoder runs on the window of the regions
alone, and players that no region can see are dropped. Whatever the network's stages do not allow
falls back to the plain path of `MaskedGame`, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..explain.types import Superpixels
from .fused import FusedBlock, Scratch, inference_form
from .masked_game import MaskedGame
from .prefix_tables import (
    MOST_COLOURS,
    Lookup,
    Settings,
    Table,
    colouring,
    conflicts,
    seen_players,
)
from .segmentation import SegmentationModel
from .stages import Box, Stage, box_shape, boxes_needed, run_stages, work

MEMORY_LIMIT = 2e9
EVALUATIONS = 1000
# Features of the largest map that one call makes at most: keeps calls short and caches warm.
FEATURES_PER_BATCH = 2**17


@dataclass(frozen=True)
class Level:
    """A place where the network may be cut: all maps up to `stop` stages are read from tables.

    Attributes
    ----------
    stop : int
        Stages before the cut.
    looks : dict of str to (F, S) int array
        The maps that later stages read, with the players that each of their features sees.
    colours : (M,) int array
        Colour of each player.
    settings : Settings
        Rows of the tables.
    """

    stop: int
    looks: dict[str, NDArray[np.int32]]
    colours: NDArray[np.int64]
    settings: Settings


class StagedGame(MaskedGame):
    """The game of `MaskedGame`, with the same arguments and values, evaluated in stages.

    Parameters
    ----------
    model, image, superpixels, regions, targets, background, output, valid, unit, batch_size
        As `MaskedGame`.
    memory_limit : float, default 2e9
        Bytes that the tables may take.
    precision : {"float32", "auto"}, default "float32"
        "auto" computes the later stages in bfloat16 where the hardware has it and a sample of
        coalitions differs by less than `tolerance`.
    tolerance : float, default 1e-3
        Largest difference of a value that "auto" accepts; a tenth of a useful standard error.
    evaluations : int, default 1000
        Evaluations to expect: building tables must pay within them.

    Attributes
    ----------
    null_players : (M,) bool array
        Cells outside the receptive field of every region: their contribution is exactly 0.
    dtype : torch.dtype
        What the later stages are computed in.
    table_bytes : int
        Memory of the tables.
    """

    def __init__(
        self,
        model: SegmentationModel,
        image: NDArray,
        superpixels: Superpixels,
        regions: Sequence[NDArray[np.bool_]],
        targets: Sequence[str | int],
        *arguments: Any,
        memory_limit: float = MEMORY_LIMIT,
        precision: str = "float32",
        tolerance: float = 1e-3,
        evaluations: int = EVALUATIONS,
        **keywords: Any,
    ) -> None:
        super().__init__(model, image, superpixels, regions, targets, *arguments, **keywords)
        self.size = tuple(self.labels.shape)
        self.stages: list[Stage] = model.network.stages()
        self.region_box = _bounding_box(self.region_pixels, self.size)
        self.boxes = boxes_needed(self.stages, {self.stages[-1].output: self.region_box}, self.size)
        self.null_players = _unseen(superpixels, self.boxes["image"])
        self.local_pixels = [_localised(p, self.size, self.region_box) for p in self.region_pixels]
        self._scratch = Scratch()
        self._prepare(torch.float32)
        self.tables = self._image_table()
        self.stop = 0
        for level in self._choose_levels(memory_limit, evaluations):
            self._descend(level)
        self.table_bytes = sum(table.bytes for table in self.tables.values())
        self.batch_size = keywords.get("batch_size") or self._suitable_batch()
        if precision == "auto":
            self._try_bfloat16(tolerance)

    # What the stages are run with ---------------------------------------------------------------

    def _prepare(self, precision: torch.dtype) -> None:
        """Faster forms of all stages; those at the image's own scale always compute in float32."""
        self.dtype = precision
        self._forms = [
            _FormedStage(
                **vars(stage),
                form=inference_form(
                    stage.module, torch.float32 if stage.scale == 1 else precision, self._scratch
                ),
            )
            for stage in self.stages
        ]

    def _run(self, maps: dict[str, Tensor], start: int, stop: int) -> dict[str, Tensor]:
        scales = {stage.output: stage.scale for stage in self.stages}
        return run_stages(self._forms[start:stop], maps, self.size, self.boxes, scales)

    # Tables -------------------------------------------------------------------------------------

    def _image_table(self) -> dict[str, Table]:
        """The image itself as a table: a pixel sees one player, so two settings hold all."""
        box = self.boxes["image"]
        (top, bottom), (left, right) = box
        labels = self.labels[top:bottom, left:right].reshape(-1, 1).cpu().numpy()
        settings = Settings.covering(1, 1)
        colours = np.zeros(self.n_players, dtype=np.int64)
        lookup = Lookup(labels.astype(np.int32), colours, settings, self.labels.device)
        table = Table(lookup, box, len(self.image), torch.float32)
        kept = torch.where(self.labels == self.n_players, self.image, self.background)
        table.fill(0, kept[None, :, top:bottom, left:right])
        table.fill(1, self.image[None, :, top:bottom, left:right])
        return {"image": table}

    def _descend(self, level: Level) -> None:
        """Build the tables of a level from those of the level before it."""
        tables: dict[str, Table] = {}
        with torch.inference_mode():
            for setting, code in enumerate(level.settings.codes):
                present = torch.from_numpy((code >> level.colours & 1).astype(bool))[None]
                made = self._run(self._gather(present), self.stop, level.stop)
                for name in level.looks:
                    if name not in tables:
                        device = self.labels.device
                        lookup = Lookup(level.looks[name], level.colours, level.settings, device)
                        channels = made[name].shape[1]
                        tables[name] = Table(lookup, self.boxes[name], channels, torch.float32)
                    tables[name].fill(setting, made[name])
        kept = {n: t for n, t in self.tables.items() if self._is_read_after(n, level.stop)}
        self.tables = {**kept, **tables}
        self.stop = level.stop

    def _gather(self, coalitions: Tensor) -> dict[str, Tensor]:
        coalitions = coalitions.to(self.labels.device)
        padding = torch.zeros(len(coalitions), 1, dtype=torch.bool, device=coalitions.device)
        present = torch.cat([coalitions, padding], dim=1)
        return {name: table.gather(present) for name, table in self.tables.items()}

    def _is_read_after(self, name: str, stop: int) -> bool:
        return any(name in stage.inputs for stage in self.stages[stop:])

    # The plan -----------------------------------------------------------------------------------

    def _choose_levels(self, memory_limit: float, evaluations: int) -> list[Level]:
        """The levels that make the expected evaluations cheapest, tables included."""
        levels = self._possible_levels(memory_limit)
        chains = [levels[:depth] for depth in range(len(levels) + 1)]
        return min(chains, key=lambda chain: self._predicted_work(chain, evaluations))

    def _possible_levels(self, memory_limit: float) -> list[Level]:
        levels: list[Level] = []
        held: set[str] = set()
        for stop, stage in enumerate(self.stages, start=1):
            if stage.geometry == "up":
                break
            if stage.geometry != "down":
                continue
            level = self._level(stop, held)
            if level is None or self._table_bytes([*levels, level]) > memory_limit:
                break
            levels.append(level)
            held |= set(level.looks)
        return levels

    def _level(self, stop: int, held: set[str]) -> Level | None:
        """What a cut after so many stages would need; None if that is too many colours."""
        before = self.stages[:stop]
        names = {stage.output for stage in before if self._is_read_after(stage.output, stop)} - held
        looks = {n: seen_players(before, n, self.boxes[n], self.superpixels) for n in sorted(names)}
        most_seen = max(look.shape[1] for look in looks.values())
        if most_seen > MOST_COLOURS:
            return None
        colours = colouring(conflicts(list(looks.values()), self.n_players))
        n_colours = int(colours.max(initial=0)) + 1
        if n_colours > MOST_COLOURS:
            return None
        return Level(stop, looks, colours, Settings.covering(n_colours, most_seen))

    def _table_bytes(self, levels: Sequence[Level]) -> float:
        channels = self._channels()
        return sum(
            4.0 * channels[name] * len(look) * level.settings.count
            for level in levels
            for name, look in level.looks.items()
        )

    def _channels(self) -> dict[str, int]:
        """Channels of every map, from a run on the smallest image."""
        side = getattr(self.model.network, "minimum_size", 1)
        blank = torch.zeros(1, len(self.image), side, side, device=self.labels.device)
        with torch.inference_mode():
            made = run_stages(self.stages, {"image": blank}, (side, side))
        return {name: tensor.shape[1] for name, tensor in made.items()}

    def _predicted_work(self, chain: Sequence[Level], evaluations: int) -> float:
        total, start = 0.0, 0
        for level in chain:
            total += level.settings.count * self._work(start, level.stop)
            start = level.stop
        return total + evaluations * self._work(start, len(self.stages))

    def _work(self, start: int, stop: int) -> float:
        """Operations of the stages from `start` to `stop` for one coalition."""
        return sum(work(stage, self.boxes[stage.output]) for stage in self.stages[start:stop])

    def _suitable_batch(self) -> int:
        widest = max(
            np.prod(box_shape(self.boxes[stage.output])) for stage in self.stages[self.stop :]
        )
        return int(np.clip(FEATURES_PER_BATCH // max(1, widest), 1, 16))

    # Values -------------------------------------------------------------------------------------

    def _values(self, coalitions: NDArray[np.bool_]) -> NDArray[np.float64]:
        with torch.inference_mode():
            maps = self._gather(torch.from_numpy(coalitions))
            made = self._run(maps, self.stop, len(self.stages))
            return self.read_out(made[self.stages[-1].output].float(), self.local_pixels)

    def _try_bfloat16(self, tolerance: float) -> None:
        """Compute the later stages in bfloat16 if that changes no value by more than `tolerance`."""
        if not _has_fast_bfloat16(self.labels.device):
            return
        sample = np.random.default_rng(0).random((16, self.n_players)) < 0.5
        exact = self(sample)
        self._prepare(torch.bfloat16)
        self.largest_difference = float(np.abs(self(sample) - exact).max())
        if self.largest_difference > tolerance:
            self._prepare(torch.float32)


@dataclass(frozen=True)
class _FormedStage(Stage):
    """A stage run through the inference form of its module."""

    form: Any = None

    def __call__(self, inputs: Sequence[Tensor]) -> Tensor:
        if isinstance(self.form, FusedBlock):
            stack = self.form(list(inputs))
            return stack if self.keeps_input else stack[:, sum(i.shape[1] for i in inputs) :]
        if self.form is not self.module:
            return self.form(inputs[0])
        return super().__call__([tensor.float() for tensor in inputs])


def make_game(
    model: SegmentationModel,
    image: NDArray,
    superpixels: Superpixels,
    regions: Sequence[NDArray[np.bool_]],
    targets: Sequence[str | int],
    *arguments: Any,
    evaluations: int = EVALUATIONS,
    precision: str = "auto",
    **keywords: Any,
) -> MaskedGame:
    """The fastest game that applies: staged where the network describes its stages, else plain.

    Parameters
    ----------
    model, image, superpixels, regions, targets, *arguments, **keywords
        As `MaskedGame`.
    evaluations : int, default 1000
        Evaluations to expect, against which building tables is weighed.
    precision : {"auto", "float32"}, default "auto"
        As `StagedGame`.

    Returns
    -------
    MaskedGame
        Or its subclass `StagedGame`.
    """
    plain = (model, image, superpixels, regions, targets, *arguments)
    if not hasattr(model.network, "stages"):
        return MaskedGame(*plain, **keywords)
    return StagedGame(*plain, evaluations=evaluations, precision=precision, **keywords)


def _bounding_box(region_pixels: Sequence[Tensor], size: tuple[int, int]) -> Box:
    pixels = torch.cat(list(region_pixels))
    rows, columns = pixels // size[1], pixels % size[1]
    return (
        (int(rows.min()), int(rows.max()) + 1),
        (int(columns.min()), int(columns.max()) + 1),
    )


def _localised(pixels: Tensor, size: tuple[int, int], box: Box) -> Tensor:
    """Flat indices in the image to flat indices in a box of it."""
    rows, columns = pixels // size[1] - box[0][0], pixels % size[1] - box[1][0]
    return rows * box_shape(box)[1] + columns


def _unseen(superpixels: Superpixels, box: Box) -> NDArray[np.bool_]:
    """Players without a pixel in the box, (M,) bool."""
    (top, bottom), (left, right) = box
    seen = np.unique(superpixels.labels[top:bottom, left:right])
    unseen = np.ones(superpixels.n_players, dtype=bool)
    unseen[seen[seen >= 0]] = False
    return unseen


def _has_fast_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    return torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()
