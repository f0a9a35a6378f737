"""Maps of any coalition, gathered from maps that were computed once.

A feature of an early layer sees only a few super-pixels: so few that what it is under *every*
choice of them fits a table. To fill the table cheaply, colour the super-pixels so that no feature
sees two of one colour; a few settings of the colours then show every feature under every choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..explain.types import Superpixels
from .fast_layers import Scratch
from .stages import Sight, Window

# A feature that sees more super-pixels has too many choices for any table.
MOST_SEEN = 10
MOST_COLOURS = 14


Edges = tuple[NDArray[np.int64], NDArray[np.int64]]


class Cell(NamedTuple):
    """Where a player's pixels are.

    Attributes
    ----------
    top, left : int
        First row and column of its bounding box.
    summed : (height + 1, width + 1) int array
        Its pixels above and to the left of every corner of the box's pixels.
    """

    top: int
    left: int
    summed: NDArray[np.int64]


class Seen:
    """Which super-pixels every feature in a window of a map depends on.

    Parameters
    ----------
    sight : Sight
        Receptive field of the map.
    window : Window
        The features: h rows and w columns.
    cells : sequence of Cell
        The players, from `cells_of`.

    Attributes
    ----------
    sets : (U, S) int32 array
        The different sets of players that are seen, each in increasing order, padded with M.
    which : (h * w,) int64 array
        Row of `sets` for each feature.
    first : (h * w,) int64 array
        Where the entries of each feature begin in a table: one entry a choice of players.
    n_entries : int
        Entries of a table.
    """

    def __init__(self, sight: Sight, window: Window, cells: Sequence[Cell]) -> None:
        seen = _seen_players(sight, window, cells)
        self.sets, which = np.unique(seen, axis=0, return_inverse=True)
        self.which = which.reshape(-1)
        sizes = (self.sets < len(cells)).sum(axis=1)
        counts = (1 << sizes)[self.which]
        self.first = np.cumsum(counts) - counts
        self.n_entries = int(counts.sum())

    @property
    def most(self) -> int:
        """Players that a feature sees at most."""
        return self.sets.shape[1]


def _seen_players(sight: Sight, window: Window, cells: Sequence[Cell]) -> NDArray[np.int32]:
    """Players that each feature of a window sees: (h * w, S), increasing, padded with M."""
    rows = slice(window.top, window.bottom)
    columns = slice(window.left, window.right)
    top, bottom = sight.row_start[rows], sight.row_stop[rows]
    left, right = sight.column_start[columns], sight.column_stop[columns]
    features, players = [], []
    for player, cell in enumerate(cells):
        height, width = cell.summed.shape
        near_rows = np.flatnonzero((bottom > cell.top) & (top < cell.top + height - 1))
        near_columns = np.flatnonzero((right > cell.left) & (left < cell.left + width - 1))
        hit = _touches(
            cell,
            (top[near_rows], bottom[near_rows]),
            (left[near_columns], right[near_columns]),
        )
        where = (near_rows[:, None] * window.width + near_columns[None])[hit]
        features.append(where)
        players.append(np.full(len(where), player, dtype=np.int32))
    return _padded(np.concatenate(features), np.concatenate(players), window.area, len(cells))


def cells_of(superpixels: Superpixels) -> list[Cell]:
    """Every player's cell."""
    labels = superpixels.labels
    rows, columns = np.nonzero(labels >= 0)
    players = labels[rows, columns]
    order = np.argsort(players, kind="stable")
    first = np.cumsum(superpixels.areas) - superpixels.areas
    tops, lefts = (np.minimum.reduceat(axis[order], first) for axis in (rows, columns))
    bottoms, rights = (np.maximum.reduceat(axis[order], first) + 1 for axis in (rows, columns))
    boxes = zip(tops.tolist(), bottoms.tolist(), lefts.tolist(), rights.tolist())
    cells = []
    for player, (top, bottom, left, right) in enumerate(boxes):
        summed = np.zeros((bottom - top + 1, right - left + 1), dtype=np.int64)
        mask = labels[top:bottom, left:right] == player
        summed[1:, 1:] = mask.cumsum(axis=0).cumsum(axis=1)
        cells.append(Cell(top, left, summed))
    return cells


def _touches(cell: Cell, rows: Edges, columns: Edges) -> NDArray[np.bool_]:
    """Whether each window, rows x columns of the image, holds a pixel of the cell."""
    height, width = cell.summed.shape
    top, bottom = (np.clip(edge - cell.top, 0, height - 1)[:, None] for edge in rows)
    left, right = (np.clip(edge - cell.left, 0, width - 1)[None] for edge in columns)
    summed = cell.summed
    held = summed[bottom, right] - summed[top, right] - summed[bottom, left] + summed[top, left]
    return held > 0


def _padded(
    features: NDArray[np.int64], players: NDArray[np.int32], n_features: int, padding: int
) -> NDArray[np.int32]:
    order = np.lexsort((players, features))
    features, players = features[order], players[order]
    counts = np.bincount(features, minlength=n_features)
    starts = np.cumsum(counts) - counts
    seen = np.full((n_features, int(counts.max(initial=0))), padding, dtype=np.int32)
    seen[features, np.arange(len(features)) - starts[features]] = players
    return seen


def conflicts(all_seen: Sequence[Seen], n_players: int) -> NDArray[np.bool_]:
    """Pairs of players that some feature sees together: symmetric (M, M)."""
    together = np.zeros((n_players + 1, n_players + 1), dtype=bool)
    for seen in all_seen:
        for a in range(seen.most):
            for b in range(a + 1, seen.most):
                together[seen.sets[:, a], seen.sets[:, b]] = True
    together |= together.T
    return together[:n_players, :n_players]


def colouring(together: NDArray[np.bool_], attempts: int = 20) -> NDArray[np.int64]:
    """A colour for every player, none shared by two that are seen together; few colours.

    Brélaz's saturation heuristic (1979) with ties shuffled, the best of some attempts.

    Parameters
    ----------
    together : (M, M) bool array
        From `conflicts`.
    attempts : int, default 20
        Orders tried.

    Returns
    -------
    (M,) int array
        Colours from 0.
    """
    rng = np.random.default_rng(0)
    orders = [np.arange(len(together))]
    if len(together) <= 1000:
        orders += [rng.permutation(len(together)) for _ in range(attempts)]
    candidates = (_saturation_colouring(together, order) for order in orders)
    return min(candidates, key=lambda colours: int(colours.max(initial=0)))


def _saturation_colouring(
    together: NDArray[np.bool_], rank: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Colour the player that has fewest colours left, again and again."""
    n = len(together)
    colours = np.full(n, -1)
    forbidden = np.zeros((n, n + 1), dtype=bool)
    urgency = together.sum(axis=1) / (n + 1) + rank / (n + 1) ** 2
    for _ in range(n):
        player = int(np.argmax(urgency))
        colour = int(np.argmin(forbidden[player]))
        colours[player] = colour
        newly = together[player] & ~forbidden[:, colour]
        forbidden[newly, colour] = True
        urgency[newly] += 1
        urgency[player] = -np.inf
    return colours


def covering_settings(n_colours: int, most_seen: int) -> NDArray[np.bool_]:
    """Choices of colours that show any `most_seen` colours under every choice of those.

    All subsets of the C colours whose size is r modulo C - S + 1: a choice of any S colours leaves
    C - S free ones, and adding 0, 1, ... C - S of them reaches every remainder. With the best r
    these are at most 2^C / (C - S + 1) settings.

    Parameters
    ----------
    n_colours, most_seen : int
        C and S, with S <= C.

    Returns
    -------
    (R, C) bool array
        One setting a row.
    """
    settings = (np.arange(2**n_colours)[:, None] >> np.arange(n_colours)) & 1
    modulus = max(1, n_colours - most_seen + 1)
    remainders = settings.sum(axis=1) % modulus
    best = np.argmin(np.bincount(remainders, minlength=modulus))
    return settings[remainders == best].astype(bool)


class Table:
    """What the features in a window are under every choice of the players that they see.

    Parameters
    ----------
    seen : Seen
        Which players that are.
    window : Window
        The features.
    device : torch.device
        Where the table lies.
    """

    def __init__(self, seen: Seen, window: Window, device: torch.device) -> None:
        self.window, self.n_entries = window, seen.n_entries
        self.sets = torch.from_numpy(seen.sets.astype(np.int64)).to(device)
        self.which = torch.from_numpy(seen.which).to(device)
        self.first = torch.from_numpy(seen.first).to(device)
        self.weights = 1 << torch.arange(seen.most, device=device)
        self.entries = torch.empty(0, device=device)
        self._filled = torch.zeros(self.n_entries, dtype=torch.bool, device=device)

    def _entries_of(self, present: Tensor) -> Tensor:
        """Entry of every feature in every coalition: (K, M + 1) bool to (K, h * w) int64.

        Column M of `present` is the padding of the sets and must be False.
        """
        choices = (present[:, self.sets] * self.weights).sum(dim=2)
        return choices[:, self.which].add_(self.first)

    def fill(self, present: Tensor, features: Tensor) -> None:
        """Keep the (K, h, w, C) features of some coalitions."""
        channels = features.shape[3]
        if not self.entries.numel():
            self.entries = features.new_full((self.n_entries, channels), torch.nan)
        # One by one: a choice that two coalitions share keeps the same bits in every run.
        for entry, shown in zip(self._entries_of(present), features):
            self.entries.index_copy_(0, entry, shown.reshape(-1, channels))
            self._filled[entry] = True

    def is_complete(self) -> bool:
        """Whether every choice that any feature can meet has been filled in."""
        return bool(self._filled.all())

    def gather(self, present: Tensor, scratch: Scratch) -> Tensor:
        """Features of (K, M + 1) bool coalitions: (K, h, w, C), valid until the next gathering."""
        shape = (len(present), self.window.height, self.window.width, self.entries.shape[1])
        out = scratch.take("gathered", shape, self.entries)
        flat = out.view(-1, shape[3])
        torch.index_select(self.entries, 0, self._entries_of(present).view(-1), out=flat)
        return out

    def to(self, dtype: torch.dtype) -> Table:
        """The same table in another precision."""
        other = copy(self)
        other.entries = self.entries.to(dtype)
        return other

    @property
    def n_bytes(self) -> int:
        """Memory of the features."""
        return self.entries.numel() * self.entries.element_size()
