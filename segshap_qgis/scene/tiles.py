"""Where the tiles of a scene lie along one axis, and how much each counts where they overlap."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..errors import SettingsError

# Tiles begin at multiples of this, so that the grids of all pooling layers agree between tiles.
ALIGNMENT = 32
# Share of an overlap, at either end, where a tile does not count: its edge lacks surroundings.
MARGIN = 0.25

Span = tuple[int, int]


def spans(length: int, window: int, overlap: int, alignment: int = ALIGNMENT) -> list[Span]:
    """Cut an axis into overlapping tiles that begin at aligned pixels.

    Parameters
    ----------
    length : int
        Pixels of the axis.
    window : int
        Pixels of a tile; the last one takes up to ``alignment - 1`` more.
    overlap : int
        Pixels that neighbouring tiles share at least.
    alignment : int
        Every start is a multiple of it.

    Returns
    -------
    list of (start, stop)
        In order; they cover the axis.

    Raises
    ------
    SettingsError
        The overlap leaves no step of a whole alignment.
    """
    step = (window - overlap) // alignment * alignment
    if overlap < 0 or step <= 0:
        raise SettingsError(
            f"Tiles of {window} pixels cannot overlap by {overlap}.",
            f"Choose an overlap between 0 and {max(0, window - alignment)} pixels.",
        )
    last = max(0, length - window) // alignment * alignment
    count = math.ceil(last / step) + 1
    starts = [last * i // max(1, count - 1) // alignment * alignment for i in range(count)]
    stops = [start + window for start in starts[:-1]] + [length]
    return list(zip(starts, stops))


def weights(cut: list[Span], overlap: int) -> list[NDArray[np.float32]]:
    """How much every tile counts at its pixels; the weights of all tiles add up to 1 everywhere.

    Parameters
    ----------
    cut : list of (start, stop)
        As `spans` gives it.
    overlap : int
        Pixels over which a tile fades out towards its inner edges; the outermost quarter of them
        does not count at all.

    Returns
    -------
    list of (stop - start,) float32 arrays
    """
    length = cut[-1][1]
    margin = math.floor(overlap * MARGIN)
    fade = max(1, overlap - 2 * margin)
    raw = []
    for start, stop in cut:
        x = np.arange(start, stop) + 0.5
        rising = np.ones(len(x)) if start == 0 else ((x - start - margin) / fade).clip(0, 1)
        falling = np.ones(len(x)) if stop == length else ((stop - margin - x) / fade).clip(0, 1)
        raw.append(rising * falling)
    total = np.zeros(length)
    for (start, stop), weight in zip(cut, raw):
        total[start:stop] += weight
    return [
        (weight / total[start:stop]).astype(np.float32) for (start, stop), weight in zip(cut, raw)
    ]
