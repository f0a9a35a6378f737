"""What a network is made of, told once: its forward pass and its staged evaluation read the same.

A network is a list of stages. Each reads the maps of earlier stages, joined along the channels, and
makes maps of its own. How far a stage looks around itself is told by its `Reach`, from which follow
the pixels that a map depends on and the windows that a window of the output needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Union

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Position = Union[int, NDArray[np.int64]]


@dataclass(frozen=True)
class Reach:
    """Which inputs an output reads along one axis.

    Parameters
    ----------
    kernel, stride, padding : int
        Of the convolution or pooling; layers of one stage in a row count as one large kernel.
    upsampling : int, default 1
        Above 1: a transposed convolution of that stride instead, cropped at its far side.
    """

    kernel: int = 1
    stride: int = 1
    padding: int = 0
    upsampling: int = 1

    def reads(self, start: Position, stop: Position) -> tuple[Any, Any]:
        """Inputs [start, stop) that the outputs [start, stop) read, before clipping."""
        if self.upsampling > 1:
            first = -((self.kernel - 1 - start) // self.upsampling)
            return first, (stop - 1) // self.upsampling + 1
        return (
            start * self.stride - self.padding,
            (stop - 1) * self.stride - self.padding + self.kernel,
        )

    def size(self, size: int) -> int:
        """Length of the output of an input of this length (not of an upsampling)."""
        return (size + 2 * self.padding - self.kernel) // self.stride + 1


# Of a stage that looks at all of its input, whatever the size.
EVERYWHERE = Reach(2**21 + 1, padding=2**20)


@dataclass(frozen=True)
class Stage:
    """One step of a network.

    Parameters
    ----------
    name : str
        Name of its maps; ``"image"`` is the network's input.
    module : torch.nn.Module
        Joined inputs to maps; with `size_of`, also given the height and width to make.
    inputs : tuple of str
        Maps that it reads, joined along the channels in this order.
    reach : Reach
        How far it looks.
    size_of : str, optional
        Maps as large as those that it makes.
    """

    name: str
    module: nn.Module
    inputs: tuple[str, ...]
    reach: Reach
    size_of: str = ""


class Window(NamedTuple):
    """Rows [top, bottom) and columns [left, right) of a map."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left

    @property
    def area(self) -> int:
        """Pixels."""
        return self.height * self.width

    def union(self, other: Window) -> Window:
        """The smallest window that holds both."""
        return Window(
            min(self.top, other.top),
            max(self.bottom, other.bottom),
            min(self.left, other.left),
            max(self.right, other.right),
        )

    def holds(self, other: Window) -> bool:
        """Whether the other window lies inside."""
        return self.union(other) == self

    def inside(self, outer: Window) -> tuple[slice, slice]:
        """Rows and columns of this window as slices of a map that shows `outer`."""
        rows = slice(self.top - outer.top, self.bottom - outer.top)
        return rows, slice(self.left - outer.left, self.right - outer.left)


def run_stages(stages: Iterable[Stage], image: Tensor) -> dict[str, Tensor]:
    """The maps of all stages on an (N, B, H, W) image, by name: the forward pass."""
    return continue_stages(stages, {"image": image})


def continue_stages(stages: Iterable[Stage], made: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The maps of some stages, by name, together with those made before."""
    maps = dict(made)
    for stage in stages:
        parts = [maps[name] for name in stage.inputs]
        size = maps[stage.size_of].shape[2:] if stage.size_of else ()
        maps[stage.name] = stage.module(torch.cat(parts, 1) if len(parts) > 1 else parts[0], *size)
    return maps


Sizes = dict[str, tuple[int, int]]


def map_sizes(stages: Sequence[Stage], height: int, width: int) -> Sizes:
    """Height and width of every stage's maps on an image of this size."""
    sizes = {"image": (height, width)}
    for stage in stages:
        rows, columns = sizes[stage.inputs[-1]]
        sizes[stage.name] = (
            sizes[stage.size_of]
            if stage.size_of
            else (stage.reach.size(rows), stage.reach.size(columns))
        )
    return sizes


def read_window(reach: Reach, window: Window, size: tuple[int, int]) -> Window:
    """What a stage reads of an input of this size to make a window of its output.

    It begins on the grid of the stage's stride, so that the stage pads and steps on it as it does
    on the whole input.
    """
    top, bottom = reach.reads(window.top, window.bottom)
    left, right = reach.reads(window.left, window.right)
    top, left = (max(start - start % reach.stride, 0) for start in (top, left))
    return Window(top, min(bottom, size[0]), left, min(right, size[1]))


class Sight(NamedTuple):
    """Image rows and columns that each row and column of a map depends on.

    Every field is an integer array over the map's rows or columns; stops are exclusive.
    """

    row_start: NDArray[np.int64]
    row_stop: NDArray[np.int64]
    column_start: NDArray[np.int64]
    column_stop: NDArray[np.int64]


def sights(stages: Iterable[Stage], sizes: Mapping[str, tuple[int, int]]) -> dict[str, Sight]:
    """Receptive field of every map, walked forwards; borders are exact."""
    pixels = [np.arange(size) for size in sizes["image"]]
    seen = {"image": Sight(pixels[0], pixels[0] + 1, pixels[1], pixels[1] + 1)}
    for stage in stages:
        parts = [seen_through(stage.reach, seen[i], sizes[stage.name]) for i in stage.inputs]
        seen[stage.name] = widest(parts)
    return seen


def seen_through(reach: Reach, sight: Sight, size: tuple[int, int]) -> Sight:
    """Receptive field of maps of this size that look at maps with the given one."""
    rows = _axis_through(reach, sight.row_start, sight.row_stop, size[0])
    columns = _axis_through(reach, sight.column_start, sight.column_stop, size[1])
    return Sight(*rows, *columns)


def widest(parts: Sequence[Sight]) -> Sight:
    """Receptive field of maps joined."""
    top, bottom, left, right = (np.stack(field) for field in zip(*parts))
    return Sight(top.min(axis=0), bottom.max(axis=0), left.min(axis=0), right.max(axis=0))


def _axis_through(
    reach: Reach, start: NDArray[np.int64], stop: NDArray[np.int64], size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    outputs = np.arange(size)
    first, last = reach.reads(outputs, outputs + 1)
    return start[np.maximum(first, 0)], stop[np.minimum(last, len(stop)) - 1]
