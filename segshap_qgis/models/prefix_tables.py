"""Features of any coalition, gathered from features that were computed once.

A feature of an early layer sees only a few super-pixels. Colour the super-pixels so that no feature
sees two of one colour: then the presence of each *colour* decides the feature, and a table of the
features under a few settings of the colours holds the features of every coalition.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..explain.types import Superpixels
from .stages import Box, Stage, box_shape, boxes_needed

# More colours than this make more settings than a table could ever hold.
MOST_COLOURS = 16


def seen_players(
    stages: Sequence[Stage], name: str, box: Box, superpixels: Superpixels
) -> NDArray[np.int32]:
    """Super-pixels that each feature of a map depends on.

    Parameters
    ----------
    stages : sequence of Stage
        From the image to the map.
    name : str
        The map.
    box : box
        Its features to look at: h rows and w columns.
    superpixels : Superpixels
        The players.

    Returns
    -------
    (h * w, S) int32 array
        Players in increasing order, padded with M; S is the most that any feature sees.
    """
    (top, bottom), (left, right) = box
    rows, columns = np.arange(top, bottom), np.arange(left, right)
    windows = {name: ((rows, rows + 1), (columns, columns + 1))}
    seen_rows, seen_columns = boxes_needed(stages, windows, superpixels.shape)["image"]
    features, players = [], []
    for player, (cell, first_row, first_column) in enumerate(_cells(superpixels)):
        near_rows = _overlapping(seen_rows, first_row, cell.shape[0])
        near_columns = _overlapping(seen_columns, first_column, cell.shape[1])
        hit = _touches(
            cell,
            [edge[near_rows] - first_row for edge in seen_rows],
            [edge[near_columns] - first_column for edge in seen_columns],
        )
        where = (near_rows[:, None] * len(columns) + near_columns[None])[hit]
        features.append(where)
        players.append(np.full(len(where), player, dtype=np.int32))
    return _padded(
        np.concatenate(features),
        np.concatenate(players),
        len(rows) * len(columns),
        superpixels.n_players,
    )


def _cells(superpixels: Superpixels) -> list[tuple[NDArray[np.bool_], int, int]]:
    """Mask of each player on its bounding box, with the box's first row and column."""
    labels = superpixels.labels
    rows, columns = np.nonzero(labels >= 0)
    players = labels[rows, columns]
    M = superpixels.n_players
    top, left = np.full(M, labels.shape[0]), np.full(M, labels.shape[1])
    bottom, right = np.zeros(M, int), np.zeros(M, int)
    np.minimum.at(top, players, rows)
    np.minimum.at(left, players, columns)
    np.maximum.at(bottom, players, rows + 1)
    np.maximum.at(right, players, columns + 1)
    return [
        (labels[t:b, le:r] == player, int(t), int(le))
        for player, (t, b, le, r) in enumerate(zip(top, bottom, left, right))
    ]


def _overlapping(span: tuple[NDArray, NDArray], first: int, length: int) -> NDArray[np.int64]:
    start, stop = span
    return np.flatnonzero((stop > first) & (start < first + length))


def _touches(
    cell: NDArray[np.bool_], rows: Sequence[NDArray], columns: Sequence[NDArray]
) -> NDArray[np.bool_]:
    """Whether each window (rows x columns, relative to the cell's box) holds a pixel of the cell."""
    height, width = cell.shape
    total = np.zeros((height + 1, width + 1), dtype=np.int64)
    total[1:, 1:] = cell.cumsum(axis=0).cumsum(axis=1)
    top, bottom = (np.clip(edge, 0, height)[:, None] for edge in rows)
    left, right = (np.clip(edge, 0, width)[None] for edge in columns)
    count = total[bottom, right] - total[top, right] - total[bottom, left] + total[top, left]
    return count > 0


def _padded(
    features: NDArray[np.int64], players: NDArray[np.int32], n_features: int, padding: int
) -> NDArray[np.int32]:
    order = np.lexsort((players, features))
    features, players = features[order], players[order]
    counts = np.bincount(features, minlength=n_features)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    seen = np.full((n_features, max(1, int(counts.max(initial=0)))), padding, dtype=np.int32)
    seen[features, np.arange(len(features)) - starts[features]] = players
    return seen


def conflicts(all_seen: Sequence[NDArray[np.int32]], n_players: int) -> NDArray[np.bool_]:
    """Pairs of players that some feature sees together: symmetric (M, M)."""
    together = np.zeros((n_players + 1, n_players + 1), dtype=bool)
    for seen in all_seen:
        distinct = np.unique(seen, axis=0)
        for a in range(distinct.shape[1]):
            for b in range(a + 1, distinct.shape[1]):
                together[distinct[:, a], distinct[:, b]] = True
    together |= together.T
    return together[:n_players, :n_players]


def colouring(together: NDArray[np.bool_], attempts: int = 30) -> NDArray[np.int64]:
    """A colour for every player, none shared by two that are seen together; few colours.

    Brélaz's saturation heuristic (1979) with shuffled ties, the best of some attempts.

    Returns
    -------
    (M,) int array
        Colours from 0.
    """
    rng = np.random.default_rng(0)
    best = _saturation_colouring(together, np.arange(len(together)))
    for _ in range(attempts if len(together) <= 1000 else 0):
        candidate = _saturation_colouring(together, rng.permutation(len(together)))
        best = min(best, candidate, key=lambda colours: colours.max(initial=0))
    return best


def _saturation_colouring(together: NDArray[np.bool_], rank: NDArray) -> NDArray[np.int64]:
    n = len(together)
    colours = np.full(n, -1)
    forbidden = np.zeros((n, n + 1), dtype=bool)
    degree = together.sum(axis=1)
    saturation = np.zeros(n)
    for _ in range(n):
        urgency = np.where(colours < 0, saturation + degree / (n + 1) + rank / (n + 1) ** 2, -1.0)
        player = int(np.argmax(urgency))
        colour = int(np.argmin(forbidden[player]))
        colours[player] = colour
        newly = together[player] & ~forbidden[:, colour]
        forbidden[newly, colour] = True
        saturation[newly] += 1
    return colours


@dataclass(frozen=True)
class Settings:
    """Which colours are present in each setting of a table.

    A feature sees at most S of C colours, so it leaves at least C - S free. Settings are all
    subsets of colours whose number is r modulo C - S + 1: whatever S colours are, some choice of
    the free ones completes them to a setting. That takes about 2^C / (C - S + 1) settings.

    Attributes
    ----------
    n_colours, modulus, remainder : int
        C, C - S + 1, r.
    codes : (R,) int array
        Bit k of a code: colour k is present.
    """

    n_colours: int
    modulus: int
    remainder: int
    codes: NDArray[np.int64]

    @classmethod
    def covering(cls, n_colours: int, most_seen: int) -> Settings:
        """The fewest settings of this kind for features that see at most `most_seen` colours."""
        modulus = n_colours - most_seen + 1
        codes = np.arange(2**n_colours)
        sizes = sum((codes >> k) & 1 for k in range(n_colours)) % modulus
        remainder = int(np.argmin(np.bincount(sizes, minlength=modulus)))
        return cls(n_colours, modulus, remainder, codes[sizes == remainder])

    @property
    def count(self) -> int:
        """R."""
        return len(self.codes)


class Lookup:
    """For every feature of one map: which setting shows it as a given coalition does.

    Parameters
    ----------
    seen : (F, S) int array
        From `seen_players`.
    colours : (M,) int array
        Colour of each player.
    settings : Settings
        The settings of the table.
    device : torch.device

    Raises
    ------
    ValueError
        A feature sees two players of one colour: the colouring is wrong.
    """

    def __init__(
        self,
        seen: NDArray[np.int32],
        colours: NDArray[np.int64],
        settings: Settings,
        device: torch.device,
    ) -> None:
        M = len(colours)
        bits = np.append(1 << colours, 0)[seen]
        used = np.bitwise_or.reduce(bits, axis=1)
        if (bits.sum(axis=1) != used).any():
            raise ValueError("two super-pixels of one colour are seen together")
        self.absent = M
        self.settings = settings
        self.seen = torch.from_numpy(seen.astype(np.int64)).to(device)
        self.bits = torch.from_numpy(bits.astype(np.int16)).to(device)
        self.fillings = torch.from_numpy(_fillings(used, settings)).to(device)
        row_of_code = np.zeros(2**settings.n_colours, dtype=np.int64)
        row_of_code[settings.codes] = np.arange(settings.count)
        self.row_of_code = torch.from_numpy(row_of_code).to(device)

    def rows(self, present: Tensor) -> Tensor:
        """Setting of every feature in each coalition: (K, M + 1) bool to (K, F) int64.

        Column M of `present` is padding and must be False.
        """
        shown = present.to(torch.int16)[:, self.seen]
        code = (shown * self.bits).sum(dim=2, dtype=torch.int64)
        if self.settings.modulus > 1:
            count = shown.sum(dim=2, dtype=torch.int64)
            missing = (self.settings.remainder - count) % self.settings.modulus
            fillings = self.fillings[None].expand(len(present), -1, -1)
            code = code | fillings.gather(2, missing[..., None])[..., 0]
        return self.row_of_code[code]


def _fillings(used: NDArray[np.int64], settings: Settings) -> NDArray[np.int64]:
    """Codes that add 0, 1, ... modulus - 1 colours which a feature does not see: (F, modulus)."""
    patterns, which = np.unique(used, return_inverse=True)
    codes = np.zeros((len(patterns), settings.modulus), dtype=np.int64)
    for row, pattern in zip(codes, patterns):
        free = [1 << k for k in range(settings.n_colours) if not pattern >> k & 1]
        row[1:] = np.cumsum(free[: settings.modulus - 1])
    return codes[which.reshape(-1)]


class Table:
    """Features of one map under every setting, and the look-up that reads them.

    Parameters
    ----------
    lookup : Lookup
        Which setting to read.
    box : box
        The features held.
    channels : int
        C.
    dtype : torch.dtype
        Of the features.
    """

    def __init__(self, lookup: Lookup, box: Box, channels: int, dtype: torch.dtype) -> None:
        self.lookup = lookup
        self.box = box
        device = lookup.seen.device
        height, width = box_shape(box)
        count = lookup.settings.count
        # All settings of a feature lie together: a gather copies whole rows of C numbers.
        self.features = torch.empty(height * width, count, channels, dtype=dtype, device=device)
        self.first_row = count * torch.arange(height * width, device=device)

    def fill(self, setting: int, patch: Tensor) -> None:
        """Keep the features (1, C, h, w) of one setting."""
        self.features[:, setting] = patch[0].permute(1, 2, 0).flatten(0, 1).to(self.features.dtype)

    def gather(self, present: Tensor) -> Tensor:
        """Features of every coalition: (K, M + 1) bool to (K, C, h, w), channels last."""
        rows = self.lookup.rows(present) + self.first_row
        channels = self.features.shape[2]
        picked = self.features.view(-1, channels).index_select(0, rows.flatten())
        shape = (len(present), *box_shape(self.box), channels)
        return picked.view(shape).permute(0, 3, 1, 2)

    @property
    def bytes(self) -> int:
        """Memory held."""
        return self.features.numel() * self.features.element_size()
