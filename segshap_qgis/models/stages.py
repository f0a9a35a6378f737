"""A network as a list of stages, described once: the forward pass and the staged game both run it.

A stage reads maps made before it and makes one map. It also knows which window of its inputs a window
of its output depends on; so any part of a map can be computed from parts of the maps before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable

import numpy as np
import torch
from torch import Tensor, nn

# Rows and columns [start, stop) of a map. Start and stop may be arrays: many windows at once.
Span = tuple[Any, Any]
Box = tuple[Span, Span]


@dataclass(frozen=True)
class Stage:
    """One step of a network.

    Attributes
    ----------
    output : str
        Name of the map that it makes.
    inputs : tuple of str
        Names of the maps that it reads, all of one size; several are joined along their channels.
    module : callable
        What it does to its (joined) input, an (N, C, h, w) tensor.
    scale : int
        Image pixels per feature of the output, along each axis.
    geometry : {"same", "down", "up"}
        Whether a feature of the output lies on one of the input's features, covers 2 x 2 of them
        (pooling), or comes from a 3 x 3 transposed convolution of stride 2.
    reach : int
        Features to each side that a feature of the output depends on, for "same".
    keeps_input : bool
        The output is the input followed by what the module makes of it.
    """

    output: str
    inputs: tuple[str, ...]
    module: Callable[[Tensor], Tensor]
    scale: int
    geometry: str = "same"
    reach: int = 0
    keeps_input: bool = False

    def reads(self, span: Span) -> Span:
        """The span of the inputs that a span of the output depends on, not yet clipped."""
        start, stop = span
        if self.geometry == "down":
            return 2 * start, 2 * stop
        if self.geometry == "up":
            # Feature 2i + k of the output reads feature i of the input, for k in 0..2.
            return (start - 1) // 2, (stop - 1) // 2 + 1
        return start - self.reach, stop + self.reach

    def origin(self, start: int) -> int:
        """Where the output begins when the input begins at `start`."""
        return {"same": start, "down": start // 2, "up": 2 * start}[self.geometry]

    def __call__(self, inputs: Sequence[Tensor]) -> Tensor:
        """The output's map from whole inputs or from windows of them; margins still on."""
        joined = inputs[0] if len(inputs) == 1 else torch.cat(list(inputs), dim=1)
        made = self.module(joined)
        return torch.cat([joined, made], dim=1) if self.keeps_input else made


def run_stages(
    stages: Sequence[Stage],
    maps: Mapping[str, Tensor],
    size: Sequence[int],
    boxes: Mapping[str, Box] | None = None,
    scales: Mapping[str, int] | None = None,
) -> dict[str, Tensor]:
    """Make the maps of all stages, whole or only on the boxes that are wanted of each.

    Parameters
    ----------
    stages : sequence of Stage
        In order.
    maps : mapping of str to (N, C, h, w) tensor
        Maps made before, each on its box.
    size : (int, int)
        Height and width of the image in pixels.
    boxes : mapping of str to box, optional
        The part of every map that is made, or was given, from `boxes_needed`; whole by default.
    scales : mapping of str to int, optional
        Image pixels per feature of every map; needed where the given maps are not only the image.

    Returns
    -------
    dict of str to tensor
        The given maps and the new ones.
    """
    made = dict(maps)
    scales = {"image": 1, **{stage.output: stage.scale for stage in stages}, **(scales or {})}
    for stage in stages:
        wanted = whole(size, stage.scale) if boxes is None else boxes[stage.output]
        inputs, needed = [], wanted
        for name in stage.inputs:
            held = whole(size, scales[name]) if boxes is None else boxes[name]
            needed = _clip(_reads(stage, wanted), held)
            inputs.append(crop(made[name], held, needed))
        made[stage.output] = crop(stage(inputs), _made_box(stage, needed), wanted)
    return made


def boxes_needed(
    stages: Sequence[Stage], wanted: Mapping[str, Box], size: Sequence[int]
) -> dict[str, Box]:
    """The box of every map that some wanted boxes depend on, walking the stages backwards."""
    scales = {"image": 1, **{stage.output: stage.scale for stage in stages}}
    boxes = dict(wanted)
    for stage in reversed(stages):
        if stage.output not in boxes:
            continue
        for name in stage.inputs:
            needed = _clip(_reads(stage, boxes[stage.output]), whole(size, scales[name]))
            boxes[name] = _union(boxes[name], needed) if name in boxes else needed
    return boxes


def whole(size: Sequence[int], scale: int) -> Box:
    """The box of a whole map of the given scale."""
    return (0, size[0] // scale), (0, size[1] // scale)


def crop(patch: Tensor, held: Box, wanted: Box) -> Tensor:
    """The part of a patch, which lies on the box `held`, that lies on the box `wanted`."""
    (top, bottom), (left, right) = wanted
    row, column = held[0][0], held[1][0]
    return patch[:, :, top - row : bottom - row, left - column : right - column]


def box_shape(box: Box) -> tuple[int, int]:
    """Height and width of a box."""
    return box[0][1] - box[0][0], box[1][1] - box[1][0]


def work(stage: Stage, box: Box) -> float:
    """Floating-point operations that a stage's convolutions take to make one box of its map."""
    height, width = box_shape(box)
    area = height * width * (4 if stage.geometry == "down" else 1)
    total = 0.0
    for layer in _layers(stage.module):
        if isinstance(layer, nn.Conv2d):
            total += 2.0 * layer.weight.numel() * area
        elif isinstance(layer, nn.ConvTranspose2d):
            total += 2.0 * layer.weight.numel() * area / 4
    return total


def _layers(module: Any) -> list[nn.Module]:
    return list(module.modules()) if isinstance(module, nn.Module) else []


def _reads(stage: Stage, box: Box) -> Box:
    return stage.reads(box[0]), stage.reads(box[1])


def _made_box(stage: Stage, needed: Box) -> Box:
    """The box that a stage makes from a needed box; only its origin matters."""
    rows, columns = (stage.origin(span[0]) for span in needed)
    return (rows, rows), (columns, columns)


def _clip(box: Box, bounds: Box) -> Box:
    (top, bottom), (left, right) = box
    (first, last), (west, east) = bounds
    return (_max(top, first), _min(bottom, last)), (_max(left, west), _min(right, east))


def _union(one: Box, other: Box) -> Box:
    rows = _min(one[0][0], other[0][0]), _max(one[0][1], other[0][1])
    return rows, (_min(one[1][0], other[1][0]), _max(one[1][1], other[1][1]))


def _min(a: Any, b: Any) -> Any:
    return np.minimum(a, b) if isinstance(a, np.ndarray) or isinstance(b, np.ndarray) else min(a, b)


def _max(a: Any, b: Any) -> Any:
    return np.maximum(a, b) if isinstance(a, np.ndarray) or isinstance(b, np.ndarray) else max(a, b)
