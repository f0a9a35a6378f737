"""What is left to run of a network when some of its maps come from tables.

A program is worked out once for the windows that are wanted: walking the stages backwards gives the
window of every map that they need. It is then run for one batch of coalitions after another.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Union

import torch
from torch import Tensor

from .fast_layers import FastBlock, FastLayer, Scratch
from .forms import form_of, make_layer
from .prefix_tables import Table
from .stages import EVERYWHERE, Reach, Stage, Window, map_sizes, read_window, run_stages

# A number read and written costs the time of about this many operations.
OPERATIONS_PER_NUMBER = 40


class Lift(NamedTuple):
    """What some inputs of a stage contribute to it, on a window of those inputs."""

    stage: str
    inputs: tuple[str, ...]
    window: Window


Goal = Union[tuple[str, Window], Lift]
Painter = Callable[[Tensor, Window], Tensor]


class Network:
    """Stages of a network on an image of a given size.

    Parameters
    ----------
    module : torch.nn.Module
        With its ``stages``, ``in_bands`` and ``minimum_size``.
    height, width : int
        Of the image.
    """

    def __init__(self, module: Any, height: int, width: int) -> None:
        self.stages: list[Stage] = module.stages
        self.sizes = map_sizes(self.stages, height, width)
        self._by_name = {stage.name: stage for stage in self.stages}
        self.device = next(module.parameters()).device
        side = module.minimum_size
        blank = torch.zeros(1, module.in_bands, side, side, device=self.device)
        with torch.inference_mode():
            maps = run_stages(self.stages, blank)
        self.channels = {name: made.shape[1] for name, made in maps.items()}

    def stage(self, name: str) -> Stage:
        """The stage of this name."""
        return self._by_name[name]

    def input_size(self, stage: Stage) -> tuple[int, int]:
        """Height and width of a stage's inputs."""
        return self.sizes[stage.inputs[-1]]

    def positions(self, stage: Stage, inputs: Collection[str]) -> Tensor:
        """Which of a stage's joined input channels belong to some of its inputs."""
        counts = [self.channels[name] for name in stage.inputs]
        blocks = torch.arange(sum(counts), device=self.device).split(counts)
        chosen = [block for name, block in zip(stage.inputs, blocks) if name in inputs]
        return torch.cat(chosen) if chosen else torch.arange(0, device=self.device)


@dataclass(frozen=True)
class Step:
    """One layer of a program, on one window.

    Attributes
    ----------
    goal : Lift or (str, Window)
        What it makes, and on which window it is wanted.
    stage : Stage
        Whose weights it uses.
    computed, tabled : tuple of str
        Its inputs: maps made by earlier steps, and maps that only tables know.
    read, made : Window
        What it reads of its inputs, and the window of what it makes; beyond the wanted window the
        latter is spoilt by the missing surroundings and never read.
    """

    goal: Goal
    stage: Stage
    computed: tuple[str, ...]
    tabled: tuple[str, ...]
    read: Window
    made: Window

    @property
    def known(self) -> Lift | None:
        """What it looks up of its tabled inputs."""
        if not self.tabled:
            return None
        window = self.goal.window if isinstance(self.goal, Lift) else self.read
        return Lift(self.stage.name, self.tabled, window)


class Program:
    """The steps from the image, or from tables, to some goals.

    Parameters
    ----------
    network : Network
        The whole network.
    tabled : collection of str
        Maps that come from tables.
    goals : sequence of goals
        Maps on windows, or lifts.
    """

    def __init__(self, network: Network, tabled: Collection[str], goals: Sequence[Goal]) -> None:
        self.network = network
        self.steps, self.image_windows = _walk_back(network, frozenset(tabled), goals)
        self.lifts = list(dict.fromkeys(s.known for s in self.steps if s.known is not None))
        self.lift_goals = [goal for goal in goals if isinstance(goal, Lift)]
        self._map_goals = [goal for goal in goals if not isinstance(goal, Lift)]
        self._layers: list[FastLayer] = []
        self._scratch = Scratch()

    def prepare(self, dtype: torch.dtype) -> None:
        """Make the layers, computing in this type."""
        self.dtype = dtype
        self._layers = []
        for step in self.steps:
            maps = self.network.positions(step.stage, step.computed)
            size, is_lift = self.network.sizes[step.stage.name], isinstance(step.goal, Lift)
            self._layers.append(make_layer(step.stage, is_lift, maps, dtype, size))

    @property
    def is_prepared(self) -> bool:
        """Whether the layers are there."""
        return len(self._layers) == len(self.steps)

    def release(self) -> None:
        """Give layers and working memory back, until `prepare` makes them again."""
        self._layers = []
        self._scratch = Scratch()

    def run(
        self,
        present: Tensor,
        tables: Mapping[Lift, Table],
        paint: Painter,
        check: Callable[[], None],
    ) -> Iterator[tuple[Goal, Tensor]]:
        """Reach the goals for some coalitions.

        Parameters
        ----------
        present : (K, M + 1) bool tensor
            Coalitions, with a last column of False.
        tables : mapping of Lift to Table
            At least those in `lifts`.
        paint : callable
            ``paint(present, window)``: masked images, (K, h, w, bands).
        check : callable
            Called between steps; may raise to interrupt.

        Yields
        ------
        goal, (K, h, w, channels) tensor
            Valid until the next goal is asked for.
        """
        made = _Maps()
        for window in self.image_windows:
            made.add("image", window, paint(present, window).to(self.dtype))
        for step, layer in zip(self.steps, self._layers):
            check()
            parts = [made.get(name, step.read) for name in step.computed]
            known = None
            if step.known is not None:
                known = tables[step.known].gather(present, self._scratch)
            if isinstance(step.goal, Lift):
                rows, columns = step.goal.window.inside(step.made)
                lifted = layer(parts, None, self._scratch)[:, rows, columns]
                yield step.goal, lifted if known is None else lifted + known
                continue
            result = layer(parts, known, self._scratch)
            if isinstance(layer, FastBlock):
                names = (*step.computed, step.goal[0])
                counts = [self.network.channels[name] for name in names]
                for name, piece in zip(names, result.split(counts, dim=3)):
                    made.add(name, step.made, piece)
            else:
                made.add(step.goal[0], step.made, result)
        for name, window in self._map_goals:
            yield (name, window), made.get(name, window)

    @property
    def work(self) -> float:
        """Operations for one coalition, memory traffic counted as operations."""
        return sum(self._work_of(step) for step in self.steps)

    @property
    def widest(self) -> int:
        """Numbers in the widest array that one coalition needs."""
        counts = [
            sum(self.network.channels[n] for n in (*s.computed, *s.tabled)) for s in self.steps
        ]
        return max(step.read.area * count for step, count in zip(self.steps, counts))

    def _work_of(self, step: Step) -> float:
        n_maps = sum(self.network.channels[name] for name in step.computed)
        form = form_of(step.stage.module, isinstance(step.goal, Lift))
        counted, numbers = form.work(step.stage.module, n_maps)
        return step.read.area * (counted + OPERATIONS_PER_NUMBER * numbers)


class _Maps:
    """Maps made so far, each on one window or several."""

    def __init__(self) -> None:
        self._held: dict[str, list[tuple[Window, Tensor]]] = {}

    def add(self, name: str, window: Window, values: Tensor) -> None:
        self._held.setdefault(name, []).append((window, values))

    def get(self, name: str, wanted: Window) -> Tensor:
        """The wanted window of a map, from where it was put last."""
        for window, values in reversed(self._held[name]):
            if window.holds(wanted):
                rows, columns = wanted.inside(window)
                return values[:, rows, columns]
        raise AssertionError(f"no step makes {name} on {wanted}")


def _walk_back(
    network: Network, tabled: frozenset[str], goals: Sequence[Goal]
) -> tuple[list[Step], list[Window]]:
    """Steps in the order of their running, and the windows of the image that they need."""
    needed: dict[str, list[Window]] = {}
    steps = []

    def add(goal: Goal, stage: Stage, inputs: Sequence[str], reach: Reach, window: Window) -> None:
        read = read_window(reach, window, network.input_size(stage))
        computed = tuple(name for name in inputs if name not in tabled)
        looked_up = tuple(name for name in inputs if name in tabled)
        made = window if reach == EVERYWHERE else _made(reach, read)
        steps.append(Step(goal, stage, computed, looked_up, read, made))
        for name in computed:
            needed.setdefault(name, []).append(read)

    for goal in goals:
        if isinstance(goal, Lift):
            stage = network.stage(goal.stage)
            add(goal, stage, goal.inputs, form_of(stage.module, is_lift=True).reach, goal.window)
        else:
            needed.setdefault(goal[0], []).append(goal[1])
    for stage in reversed(network.stages):
        windows = merged(needed.get(stage.name, []))
        if stage.reach == EVERYWHERE and windows:
            windows = [Window(0, network.sizes[stage.name][0], 0, network.sizes[stage.name][1])]
        for window in windows:
            add((stage.name, window), stage, stage.inputs, stage.reach, window)
    return steps[::-1], merged(needed.get("image", []))


def _made(reach: Reach, read: Window) -> Window:
    """The window of what a stage makes of what it reads; its rim may be spoilt."""
    if reach.upsampling > 1:
        factor, more = reach.upsampling, reach.kernel - reach.upsampling
        return Window(
            factor * read.top,
            factor * read.bottom + more,
            factor * read.left,
            factor * read.right + more,
        )
    top, left = read.top // reach.stride, read.left // reach.stride
    return Window(top, top + reach.size(read.height), left, left + reach.size(read.width))


def merged(windows: Sequence[Window]) -> list[Window]:
    """Windows that hold all the given ones; two become one where that is no larger than both."""
    apart: list[Window] = []
    for window in windows:
        grown = window
        while True:
            close = [w for w in apart if w.union(grown).area <= w.area + grown.area]
            if not close:
                break
            apart.remove(close[0])
            grown = grown.union(close[0])
        apart.append(grown)
    return apart
