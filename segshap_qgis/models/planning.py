"""How a game is staged: at which cuts of the network tables are built, and from which settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..explain.types import Superpixels
from .forms import form_of
from .prefix_tables import (
    MOST_COLOURS,
    MOST_SEEN,
    Seen,
    cells_of,
    colouring,
    conflicts,
    covering_settings,
)
from .program import Goal, Lift, Network, Program
from .stages import EVERYWHERE, seen_through, sights, widest


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


class Planner:
    """Finds the ways to evaluate some windows of a network's output.

    Parameters
    ----------
    network : Network
        The whole network.
    superpixels : Superpixels
        The players.
    goals : sequence of (str, Window)
        The windows.
    """

    def __init__(self, network: Network, superpixels: Superpixels, goals: Sequence[Goal]) -> None:
        self.network, self.goals = network, goals
        self.n_players = superpixels.n_players
        self._sights = sights(network.stages, network.sizes)
        self._cells = cells_of(superpixels)
        self._seen: dict[Lift, Seen] = {}

    def plans(self, memory_limit: float) -> list[Plan]:
        """Plans without tables, with one level of tables, with two..., as far as memory goes."""
        plans = [Plan(Program(self.network, (), self.goals), [])]
        cuts = [i for i, stage in enumerate(self.network.stages, 1) if stage.reach.stride > 1]
        for depth in range(1, len(cuts) + 1):
            plan = self._plan(cuts[:depth])
            if plan is None or plan.n_bytes > memory_limit:
                break
            plans.append(plan)
        return plans

    def early_plans(self, memory_limit: float) -> list[Plan]:
        """A plan with tables of the first stage alone, where it keeps the image's size; or none.

        Cells may be so small that features of any later map see too many of them. What the first
        maps contribute to the layers that read them is still seen by few, and is much of the work
        at full size.
        """
        first = self.network.stages[0].reach
        if first.stride > 1 or first == EVERYWHERE:
            return []
        plan = self._plan([1])
        return [] if plan is None or plan.n_bytes > memory_limit else [plan]

    def _plan(self, cuts: Sequence[int]) -> Plan | None:
        """The plan with tables at each of some cuts; None if a feature sees too many players."""
        known = [frozenset(s.name for s in self.network.stages[:cut]) for cut in cuts]
        program = Program(self.network, known[-1], self.goals)
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
        seen = [self.seen_by(lift) for lift in lifts]
        most = max(s.most for s in seen)
        if most > MOST_SEEN:
            return None
        colours = colouring(conflicts(seen, self.n_players))
        n_colours = int(colours.max(initial=0)) + 1
        if n_colours > MOST_COLOURS:
            return None
        return covering_settings(n_colours, most)[:, colours]

    def seen_by(self, lift: Lift) -> Seen:
        """Which players every feature of a lift sees."""
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
        return 4.0 * width * self.seen_by(lift).n_entries
