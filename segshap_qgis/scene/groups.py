"""Which slicks share a window, so that one set of passes through the network serves them all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..errors import SettingsError
from ..geo.grid import LARGEST_WINDOW, PixelBounds

# Share of a window that its slicks may span: the rest is the surroundings that the model sees.
FILL = 0.6
# More targets make each refresh of an explanation dearer than another window would be.
MOST_IN_A_WINDOW = 16


class Group(NamedTuple):
    """Slicks that are explained together.

    Attributes
    ----------
    number : int
        From 0.
    members : tuple of int
        Numbers of the slicks, from 0.
    bounds : tuple of 4 int
        Pixels of the raster around which the window is placed: those of all members.
    merge : int
        Pixels of the raster, along each side, that become one of the window.
    """

    number: int
    members: tuple[int, ...]
    bounds: PixelBounds
    merge: int


def grouped(bounds: Sequence[PixelBounds], window: int, merge: int = 1) -> list[Group]:
    """Put slicks into windows; slicks too long for one get a window of coarser pixels.

    Parameters
    ----------
    bounds : sequence of 4 int
        Pixel bounds of every slick.
    window : int
        Side of a window in (merged) pixels.
    merge : int
        Raster pixels that become one pixel at least.

    Returns
    -------
    list of Group
        In the order of their first members; every slick is in exactly one.

    Raises
    ------
    SettingsError
        The window is too small for anything.
    """
    if window < 2:
        raise SettingsError("The window is too small.", "Choose at least 2 pixels.")
    boxes = np.array(bounds, dtype=np.int64).reshape(-1, 4)
    longest = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    factors = [max(merge, math.ceil(length / (FILL * window))) for length in longest.tolist()]
    factors = [min(factor, max(merge, LARGEST_WINDOW // window)) for factor in factors]
    waiting = np.ones(len(boxes), dtype=bool)
    groups: list[Group] = []
    for first in range(len(boxes)):
        if waiting[first]:
            same = waiting & (np.array(factors) == factors[first])
            members, joint = _neighbours(first, boxes, same, FILL * window * factors[first])
            waiting[members] = False
            groups.append(Group(len(groups), tuple(members), joint, factors[first]))
    return groups


def _neighbours(
    first: int, boxes: np.ndarray, candidates: np.ndarray, span: float
) -> tuple[list[int], PixelBounds]:
    """Members of the group of a slick, and the pixels that they span together."""
    joint = boxes[first].copy()
    members = [first]
    starts, ends = np.minimum(boxes[:, :2], joint[:2]), np.maximum(boxes[:, 2:], joint[2:])
    near = candidates & ((ends - starts) <= span).all(axis=1)
    for other in np.flatnonzero(near).tolist():
        start, end = (
            np.minimum(joint[:2], boxes[other, :2]),
            np.maximum(joint[2:], boxes[other, 2:]),
        )
        if other != first and (end - start <= span).all() and len(members) < MOST_IN_A_WINDOW:
            members.append(other)
            joint = np.concatenate([start, end])
    row0, column0, row1, column1 = joint.tolist()
    return members, (row0, column0, row1, column1)
