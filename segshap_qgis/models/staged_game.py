"""The masked game, evaluated in stages: the same values at a fraction of the work.

Early maps come from tables (`prefix_tables`): not the maps themselves but what they contribute to
the layers that read them, since every convolution is linear. What is left of the network runs on
the windows that the regions need, in the fast form of `fast_layers`. Cells that no region can see
are known to contribute nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..explain.types import Superpixels
from .forms import has_fast_form
from .masked_game import MaskedGame
from .planning import Plan, Planner
from .prefix_tables import Table
from .program import Goal, Lift, Network, Program, merged
from .segmentation import SegmentationModel
from .stages import Window

MEMORY_LIMIT = 2e9
EVALUATIONS = 1000
# Numbers in the widest array of a call: beyond, caches are of no use and a cancel takes long.
NUMBERS_PER_CALL = 2**25
LARGEST_BATCH = 16
# Operations of a call: a second or two, for the same reasons.
OPERATIONS_PER_CALL = 1e11
# Coalitions on which reduced precision is tried, beside nobody and everyone; and how many of all
# these a provisional game looks at before its first value.
SAMPLE = 30
FIRST_LOOK = 4
# Reduced precision may change values by a tenth of the standard error at which runs usually stop,
# 3% of the range of the contributions; the range of the values stands in for the latter.
TOLERATED_SHARE = 0.1 * 0.03


class Trial(NamedTuple):
    """What it takes to say how good bfloat16 is: the tables in float32, and what is tolerated."""

    tables: dict[Lift, Table]
    tolerance: float | None


class StagedGame(MaskedGame):
    """The game of `MaskedGame`, with the same arguments and values, evaluated in stages.

    Parameters
    ----------
    model, image, superpixels, regions, targets, background, output, valid, unit, batch_size
        As `MaskedGame`.
    memory_limit : float, default 2e9
        Bytes that the tables may take.
    precision : {"float32", "auto", "provisional"}, default "float32"
        "auto" computes in bfloat16 where the hardware has it and the values of a sample of
        coalitions differ little enough. Whoever knows the standard errors can compare them with
        `differences` and have it `sharpen`. "provisional" has its first values sooner: it looks at
        a few of the sample, and at all of it when `differences` are asked for, as whoever takes it
        must before trusting what was said.
    tolerance : float, optional
        Largest difference of a value that "auto" accepts; by default 0.3% of the range of the
        sample's values, for each target.
    evaluations : int, default 1000
        Evaluations to expect: tables must pay within them.

    Attributes
    ----------
    null_players : (M,) bool array
        Cells outside the receptive field of every region: their contribution is exactly 0.
    dtype : torch.dtype
        What it computes in.
    plan, plans : Plan, list of Plan
        How it evaluates, chosen for the least work, and how else it could: with tables at no cut
        of the network, at the first, at the first two..., and where none of these pays, after the
        first stage.
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
        tolerance: float | None = None,
        evaluations: int = EVALUATIONS,
        **keywords: Any,
    ) -> None:
        super().__init__(model, image, superpixels, regions, targets, *arguments, **keywords)
        height, width = self.labels.shape
        self.network = Network(model.network, height, width)
        windows = merged([_bounding_window(p, width) for p in self.region_pixels])
        self._goals = [(self.network.stages[-1].name, window) for window in windows]
        self._local_pixels = [_localised(p, width, windows) for p in self.region_pixels]

        self._planner = Planner(self.network, superpixels, self._goals)
        self.plans = self._planner.plans(memory_limit)
        self.null_players = self._unseen(self.plans[0].program.image_windows)
        if evaluations and not self._least(evaluations).levels:
            self.plans += self._planner.early_plans(memory_limit)
        self.follow(self._least(evaluations))
        self.batch_size = keywords.get("batch_size") or _suitable_batch(self.plan.program)
        self.mask_batch_size = min(self.batch_size, _suitable_batch(self.plans[0].program))
        if precision != "float32":
            self.try_bfloat16(tolerance, is_provisional=precision == "provisional")

    def _least(self, evaluations: int) -> Plan:
        """The plan of the least work."""
        return min(self.plans, key=lambda plan: plan.work(evaluations))

    def follow(self, plan: Plan) -> None:
        """Build the tables of one of the `plans` and evaluate by it, in float32, from now on."""
        self.plan = plan
        self._trial: Trial | None = None
        self._differences: NDArray[np.float64] | None = np.zeros(self.n_targets)
        self._compute_in(torch.float32, self._build(plan))

    def sharpen(self) -> None:
        """Compute in float32 from now on."""
        if self._trial is not None:
            self._compute_in(torch.float32, self._trial.tables)
            self._trial, self._differences = None, np.zeros(self.n_targets)
        elif self.dtype != torch.float32:
            self.follow(self.plan)

    @property
    def differences(self) -> NDArray[np.float64]:
        """Largest difference of the sample's values when `dtype` is not float32, else 0: (T,).

        Infinite where a provisional game turns out to be of no use until it is sharpened.
        """
        if self._trial is not None and self._differences is None:
            differences, is_good = self._compared(self._trial, SAMPLE + 2)
            self._differences = differences if is_good else np.full(self.n_targets, np.inf)
            self._trial = None if is_good else self._trial
        return cast("NDArray[np.float64]", self._differences)

    @property
    def table_bytes(self) -> int:
        """Memory of the tables."""
        return sum(table.n_bytes for table in self.tables.values())

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
                lift: Table(self._planner.seen_by(lift), lift.window, self.labels.device)
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
            return self._read_goals(dict(self._run(self.plan.program, present, self.tables)))

    def _soft_values(self, shown: Tensor) -> NDArray[np.float64]:
        """Without tables, which know cells only; still no more than the regions need."""
        program = self.plans[0].program
        if not program.is_prepared:
            program.prepare(torch.float32)

        def paint(_present: Tensor, window: Window) -> Tensor:
            rows, columns = slice(window.top, window.bottom), slice(window.left, window.right)
            image, background = (
                bands[:, rows, columns].permute(1, 2, 0) for bands in (self.image, self.background)
            )
            return background + shown[:, rows, columns, None] * (image - background)

        nobody = torch.zeros(len(shown), self.n_players + 1, dtype=torch.bool, device=shown.device)
        with torch.inference_mode():
            made = dict(program.run(nobody, {}, paint, self.model.check_interrupted))
            return self._read_goals(made)

    def _read_goals(self, made: dict[Goal, Tensor]) -> NDArray[np.float64]:
        """Values from the logits on the windows of the regions."""
        logits = [made[goal].permute(0, 3, 1, 2).float() for goal in self._goals]
        values = [self.read_out(logits[w], [pixels]) for w, pixels in self._local_pixels]
        return np.concatenate(values, axis=1)

    # Precision ----------------------------------------------------------------------------------

    def try_bfloat16(self, tolerance: float | None, is_provisional: bool = False) -> None:
        """Compute in bfloat16 if that changes the values of a sample little enough.

        Parameters
        ----------
        tolerance : float, optional
            As in the constructor.
        is_provisional : bool, default False
            A few of the sample will do until `differences` are asked for.
        """
        if not _has_fast_bfloat16(self.labels.device):
            return
        trial = Trial(self.tables, tolerance)
        if is_provisional and self._compared(trial, FIRST_LOOK)[1]:
            self._trial, self._differences = trial, None
            return
        differences, is_good = self._compared(trial, SAMPLE + 2)
        if is_good:
            self._differences = differences
        else:
            self._compute_in(torch.float32, trial.tables)

    def _compared(self, trial: Trial, count: int) -> tuple[NDArray[np.float64], bool]:
        """By how much bfloat16 changes values of the sample, (T,), and whether that is little."""
        sample = _sample(self.n_players)[:count]
        self._compute_in(torch.float32, trial.tables)
        exact = self(sample)
        coarse = {lift: table.to(torch.bfloat16) for lift, table in trial.tables.items()}
        self._compute_in(torch.bfloat16, coarse)
        differences = np.abs(self(sample) - exact).max(axis=0)
        share = TOLERATED_SHARE * np.ptp(exact, axis=0)
        allowed = share if trial.tolerance is None else trial.tolerance
        return differences, bool((differences <= allowed).all())

    def _compute_in(self, dtype: torch.dtype, tables: dict[Lift, Table]) -> None:
        self.dtype, self.tables = dtype, tables
        self.plan.program.prepare(dtype)


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
    precision : {"auto", "provisional", "float32"}, default "auto"
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


def _sample(n_players: int) -> NDArray[np.bool_]:
    """Coalitions on which precisions are compared: nobody, everyone, and some of any size."""
    rng = np.random.default_rng(0)
    sample = rng.random((SAMPLE + 2, n_players)) < rng.random((SAMPLE + 2, 1))
    sample[0], sample[1] = False, True
    return sample


def _suitable_batch(program: Program) -> int:
    most = min(NUMBERS_PER_CALL / program.widest, OPERATIONS_PER_CALL / program.work)
    return int(np.clip(most, 1, LARGEST_BATCH))


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
