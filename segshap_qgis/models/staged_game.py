"""The masked game, evaluated in stages: the same values at a fraction of the work.

Early maps come from tables (`prefix_tables`): not the maps themselves but what they contribute to
the layers that read them, since every convolution is linear. What is left of the network runs on
the windows that the regions need, in the fast form of `fast_layers`. Cells that no region can see
are known to contribute nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..explain.types import Superpixels
from .fast_layers import form_of, has_fast_form
from .masked_game import MaskedGame
from .prefix_tables import (
    MOST_COLOURS,
    MOST_SEEN,
    Seen,
    Table,
    cells_of,
    colouring,
    conflicts,
    covering_settings,
)
from .program import Goal, Lift, Network, Program, merged
from .segmentation import SegmentationModel
from .stages import Window, seen_through, sights, widest

MEMORY_LIMIT = 2e9
EVALUATIONS = 1000
# Numbers in the widest array of a call: beyond, caches are of no use and a cancel takes long.
NUMBERS_PER_CALL = 2**25
LARGEST_BATCH = 16
SAMPLE = 16


@dataclass(frozen=True)
class Level:
    """Tables at one cut of the network, and how they are built from those of the level before.

    Attributes
    ----------
    program : Program
        Makes the tables' content for a coalition.
    settings : (R, M) bool array
        Coalitions that fill them.
    n_bytes : float
        Memory that they take.
    """

    program: Program
    settings: NDArray[np.bool_]
    n_bytes: float


@dataclass(frozen=True)
class Plan:
    """What is done once, and what is done for every coalition.

    Attributes
    ----------
    program : Program
        What is left of the network for one evaluation.
    levels : list of Level
        Tables, in the order of their building.
    """

    program: Program
    levels: list[Level]

    @property
    def n_bytes(self) -> float:
        """Memory of all tables."""
        return sum(level.n_bytes for level in self.levels)

    def work(self, evaluations: int) -> float:
        """Operations that so many evaluations take, building included."""
        building = sum(len(level.settings) * level.program.work for level in self.levels)
        return building + evaluations * self.program.work


class StagedGame(MaskedGame):
    """The game of `MaskedGame`, with the same arguments and values, evaluated in stages.

    Parameters
    ----------
    model, image, superpixels, regions, targets, background, output, valid, unit, batch_size
        As `MaskedGame`.
    memory_limit : float, default 2e9
        Bytes that the tables may take.
    precision : {"float32", "auto"}, default "float32"
        "auto" computes in bfloat16 where the hardware has it and the values of a sample of
        coalitions differ by less than `tolerance`.
    tolerance : float, default 1e-3
        Largest difference of a value that "auto" accepts: a tenth of a useful standard error.
    evaluations : int, default 1000
        Evaluations to expect: tables must pay within them.

    Attributes
    ----------
    null_players : (M,) bool array
        Cells outside the receptive field of every region: their contribution is exactly 0.
    dtype : torch.dtype
        What it computes in.
    difference : float
        Largest difference of the sample's values when `dtype` is not float32, else 0.
    plan, plans : Plan, list of Plan
        How it evaluates, chosen for the least work, and how else it could: with tables at no cut
        of the network, at the first, at the first two...
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
        height, width = self.labels.shape
        self.network = Network(model.network, height, width)
        self._sights = sights(self.network.stages, self.network.sizes)
        self._cells = cells_of(superpixels)
        self._seen: dict[Lift, Seen] = {}
        windows = merged([_bounding_window(p, width) for p in self.region_pixels])
        self._goals = [(self.network.stages[-1].name, window) for window in windows]
        self._local_pixels = [_localised(p, width, windows) for p in self.region_pixels]

        self.plans = self._plans(memory_limit)
        self.null_players = self._unseen(self.plans[0].program.image_windows)
        self.follow(min(self.plans, key=lambda plan: plan.work(evaluations)))
        self.batch_size = keywords.get("batch_size") or _suitable_batch(self.plan.program)
        if precision == "auto":
            self._try_bfloat16(tolerance)

    def follow(self, plan: Plan) -> None:
        """Build the tables of one of the `plans` and evaluate by it, in float32, from now on."""
        self.plan = plan
        self.tables = self._build(plan)
        self.dtype, self.difference = torch.float32, 0.0
        plan.program.prepare(self.dtype)

    @property
    def table_bytes(self) -> int:
        """Memory of the tables."""
        return sum(table.n_bytes for table in self.tables.values())

    # The plan -----------------------------------------------------------------------------------

    def _plans(self, memory_limit: float) -> list[Plan]:
        """Plans without tables, with one level of tables, with two..., as far as memory goes."""
        plans = [Plan(Program(self.network, (), self._goals), [])]
        cuts = [i for i, stage in enumerate(self.network.stages, 1) if stage.reach.stride > 1]
        for depth in range(1, len(cuts) + 1):
            plan = self._plan(cuts[:depth])
            if plan is None or plan.n_bytes > memory_limit:
                break
            plans.append(plan)
        return plans

    def _plan(self, cuts: Sequence[int]) -> Plan | None:
        """The plan with tables at each of some cuts; None if a feature sees too many players."""
        known = [frozenset(s.name for s in self.network.stages[:cut]) for cut in cuts]
        program = Program(self.network, known[-1], self._goals)
        wanted, levels = program.lifts, list[Level]()
        for before in [*known[-2::-1], frozenset()]:
            new = [lift for lift in wanted if not before.issuperset(lift.inputs)]
            settings = self._settings(new)
            if settings is None:
                return None
            builder = Program(self.network, before, new)
            n_bytes = sum(self._table_bytes(lift) for lift in new)
            levels.insert(0, Level(builder, settings, n_bytes))
            kept = [lift for lift in wanted if lift not in new]
            wanted = list(dict.fromkeys([*kept, *builder.lifts]))
        return Plan(program, levels)

    def _settings(self, lifts: Sequence[Lift]) -> NDArray[np.bool_] | None:
        """Coalitions that show every feature of some lifts under every choice: (R, M) bool."""
        seen = [self._seen_by(lift) for lift in lifts]
        most = max(s.most for s in seen)
        if most > MOST_SEEN:
            return None
        colours = colouring(conflicts(seen, self.n_players))
        n_colours = int(colours.max(initial=0)) + 1
        if n_colours > MOST_COLOURS:
            return None
        return covering_settings(n_colours, most)[:, colours]

    def _seen_by(self, lift: Lift) -> Seen:
        if lift not in self._seen:
            stage = self.network.stage(lift.stage)
            inputs = widest([self._sights[name] for name in lift.inputs])
            reach = form_of(stage.module, is_lift=True).reach
            sight = seen_through(reach, inputs, self.network.input_size(stage))
            self._seen[lift] = Seen(sight, lift.window, self._cells)
        return self._seen[lift]

    def _table_bytes(self, lift: Lift) -> float:
        module = self.network.stage(lift.stage).module
        width = form_of(module, is_lift=True).width(module)
        return 4.0 * width * self._seen_by(lift).n_entries

    def _unseen(self, windows: Sequence[Window]) -> NDArray[np.bool_]:
        """Cells of which no pixel lies in any of the windows."""
        unseen = np.ones(self.n_players + 1, dtype=bool)
        for window in windows:
            rows, columns = slice(window.top, window.bottom), slice(window.left, window.right)
            unseen[self.superpixels.labels[rows, columns]] = False
        return unseen[:-1]

    # Tables -------------------------------------------------------------------------------------

    def _build(self, plan: Plan) -> dict[Lift, Table]:
        """The tables that the plan's program reads, each level built from the one before."""
        tables: dict[Lift, Table] = {}
        programs = [level.program for level in plan.levels] + [plan.program]
        for depth, level in enumerate(plan.levels):
            level.program.prepare(torch.float32)
            new = {
                lift: Table(self._seen_by(lift), lift.window, self.labels.device)
                for lift in level.program.lift_goals
            }
            batch = _suitable_batch(level.program)
            for start in range(0, len(level.settings), batch):
                present = self._padded(level.settings[start : start + batch])
                with torch.inference_mode():
                    for lift, features in self._run(level.program, present, tables):
                        new[cast(Lift, lift)].fill(present, features)
            level.program.release()
            if not all(table.is_complete() for table in new.values()):
                raise RuntimeError("the tables' settings do not show every choice of players")
            read_later = {lift for program in programs[depth + 1 :] for lift in program.lifts}
            tables = {k: table for k, table in {**tables, **new}.items() if k in read_later}
        return tables

    def _padded(self, coalitions: NDArray[np.bool_]) -> Tensor:
        """Coalitions with a last column of False, on the model's device."""
        nobody = np.zeros((len(coalitions), 1), dtype=bool)
        return torch.from_numpy(np.hstack([coalitions, nobody])).to(self.labels.device)

    # Values -------------------------------------------------------------------------------------

    def _run(
        self, program: Program, present: Tensor, tables: dict[Lift, Table]
    ) -> Iterator[tuple[Goal, Tensor]]:
        return program.run(present, tables, self._paint, self.model.check_interrupted)

    def _paint(self, present: Tensor, window: Window) -> Tensor:
        rows, columns = slice(window.top, window.bottom), slice(window.left, window.right)
        # The last column of the labels' players stands for pixels of no player: always shown.
        always = torch.ones(len(present), 1, dtype=torch.bool, device=present.device)
        shown = torch.cat([present[:, :-1], always], dim=1)[:, self.labels[rows, columns]]
        image, background = (
            bands[:, rows, columns].permute(1, 2, 0) for bands in (self.image, self.background)
        )
        return torch.where(shown[..., None], image, background)

    def _values(self, coalitions: NDArray[np.bool_]) -> NDArray[np.float64]:
        with torch.inference_mode():
            present = self._padded(coalitions)
            made: dict[Goal, Tensor] = dict(self._run(self.plan.program, present, self.tables))
            logits = [made[goal].permute(0, 3, 1, 2).float() for goal in self._goals]
            values = [self.read_out(logits[w], [pixels]) for w, pixels in self._local_pixels]
            return np.concatenate(values, axis=1)

    def _try_bfloat16(self, tolerance: float) -> None:
        """Compute in bfloat16 if that changes no value of a sample by more than `tolerance`."""
        if not _has_fast_bfloat16(self.labels.device):
            return
        rng = np.random.default_rng(0)
        sample = rng.random((SAMPLE, self.n_players)) < rng.random((SAMPLE, 1))
        exact, tables = self(sample), self.tables
        self.plan.program.prepare(torch.bfloat16)
        self.tables = {lift: table.to(torch.bfloat16) for lift, table in tables.items()}
        difference = float(np.abs(self(sample) - exact).max())
        if difference <= tolerance:
            self.dtype, self.difference = torch.bfloat16, difference
        else:
            self.tables = tables
            self.plan.program.prepare(torch.float32)


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
    """The fastest game that applies: staged where the network's stages allow it, else plain.

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
    stages = getattr(model.network, "stages", ())
    plain = (model, image, superpixels, regions, targets, *arguments)
    if not stages or not all(has_fast_form(stage.module) for stage in stages):
        return MaskedGame(*plain, **keywords)
    return StagedGame(*plain, evaluations=evaluations, precision=precision, **keywords)


def _suitable_batch(program: Program) -> int:
    return int(np.clip(NUMBERS_PER_CALL // program.widest, 1, LARGEST_BATCH))


def _bounding_window(pixels: Tensor, width: int) -> Window:
    rows, columns = pixels // width, pixels % width
    return Window(int(rows.min()), int(rows.max()) + 1, int(columns.min()), int(columns.max()) + 1)


def _localised(pixels: Tensor, width: int, windows: Sequence[Window]) -> tuple[int, Tensor]:
    """Which window holds a region, and the region's flat indices in it."""
    bounds = _bounding_window(pixels, width)
    which = next(i for i, window in enumerate(windows) if window.holds(bounds))
    window = windows[which]
    rows, columns = pixels // width - window.top, pixels % width - window.left
    return which, rows * window.width + columns


def _has_fast_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    check = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return device.type == "cpu" and check is not None and bool(check())
