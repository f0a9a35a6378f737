"""Partitions of an image into cells, the players of the game.

Cells of one size that ignore the image are the default, because a contribution depends on the
area of its cell (Dardouillet et al. 2022, section 4.2).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Optional

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import DependencyError, ImageError, SettingsError
from .types import Superpixels

SMALLEST_SIDE = 2.0
# More players than any budget can tell apart; also bounds the memory of a run.
MOST_PLAYERS = 4000

Mask = Optional[NDArray[np.bool_]]


def hexagons(shape: tuple[int, int], side: float = 22.0, valid: Mask = None) -> Superpixels:
    """Cut an image into identical flat-topped hexagons.

    The lattice is anchored at the top left corner of the image: the centres of the first column
    lie at ``x = side / 2``, columns are ``1.5 side`` apart; the centres of the even columns lie at
    ``y = 0, sqrt(3) side, ...``, those of the odd columns half a step lower. A pixel belongs to the
    hexagon that holds the pixel's centre. 512 x 512 pixels with side 22 give the 224 cells
    (16 columns of 14, 1170 pixels on average) of Dardouillet et al. 2022.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the image in pixels.
    side : float, default 22
        Side of a hexagon in pixels.
    valid : (H, W) bool array, optional
        False where a pixel belongs to no player; cells left empty vanish.

    Returns
    -------
    Superpixels
        Players numbered row by row of the lattice.

    Raises
    ------
    SettingsError
        `side` below 2 pixels or above the larger dimension, or too many cells.
    ImageError
        No valid pixel.
    """
    height, width = _checked_shape(shape)
    _check_side(side, height, width)
    y, x = np.arange(height)[:, None] + 0.5, np.arange(width)[None, :] + 0.5
    column_step, row_step = 1.5 * side, math.sqrt(3.0) * side
    first_column = np.floor((x - side / 2) / column_step)

    nearest = np.full((height, width), np.inf)
    cells = np.zeros((height, width), dtype=np.int64)
    n_columns = math.ceil(width / column_step) + 3
    for column in (first_column, first_column + 1):  # the two columns that a pixel lies between
        offset = np.where(column % 2 == 0, 0.0, row_step / 2)
        row = np.rint((y - offset) / row_step)
        distance = (x - side / 2 - column * column_step) ** 2 + (y - offset - row * row_step) ** 2
        closer = distance < nearest
        nearest = np.where(closer, distance, nearest)
        cells = np.where(closer, (row + 1) * n_columns + column + 1, cells)
    return _numbered(cells.astype(np.int64), valid, {"kind": "hexagons", "side": float(side)})


def squares(shape: tuple[int, int], side: float = 34.0, valid: Mask = None) -> Superpixels:
    """Cut an image into squares, anchored at its top left corner.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the image in pixels.
    side : float, default 34
        Side of a square in pixels; 34 gives about the area of a hexagon of side 22.
    valid : (H, W) bool array, optional
        False where a pixel belongs to no player; cells left empty vanish.

    Returns
    -------
    Superpixels
        Players numbered row by row.

    Raises
    ------
    SettingsError, ImageError
        As `hexagons`.
    """
    height, width = _checked_shape(shape)
    _check_side(side, height, width)
    rows = np.floor((np.arange(height) + 0.5) / side).astype(np.int64)
    columns = np.floor((np.arange(width) + 0.5) / side).astype(np.int64)
    cells = rows[:, None] * (columns[-1] + 1) + columns[None, :]
    return _numbered(cells, valid, {"kind": "squares", "side": float(side)})


def slic(
    image: ArrayLike, n_segments: int = 224, compactness: float = 0.1, valid: Mask = None
) -> Superpixels:
    """Cut an image along its own edges: simple linear iterative clustering.

    Parameters
    ----------
    image : (H, W) or (B, H, W) array
        Raster values; each band is stretched between its 1st and 99th percentile first, so that
        `compactness` means the same for every unit.
    n_segments : int, default 224
        Wanted number of cells; about so many come back.
    compactness : float, default 0.1
        Weight of nearness in space against nearness in value: larger makes squarer cells.
    valid : (H, W) bool array, optional
        False where a pixel belongs to no player.

    Returns
    -------
    Superpixels
        Connected cells of unequal area.

    Raises
    ------
    DependencyError
        scikit-image is missing.
    SettingsError, ImageError
        A parameter out of its range; values that are not finite; no valid pixel.

    References
    ----------
    Achanta et al. 2012, SLIC superpixels compared to state-of-the-art superpixel methods.
    """
    bands = np.asarray(image, dtype=np.float64)
    bands = bands[None] if bands.ndim == 2 else bands
    if bands.ndim != 3:
        raise ImageError("Super-pixels need an image of bands x height x width.")
    shape = _checked_shape(bands.shape[1:])
    if not 1 <= n_segments <= min(MOST_PLAYERS, shape[0] * shape[1]):
        raise SettingsError(
            f"{n_segments} super-pixels are out of range.",
            f"Choose from 1 to {min(MOST_PLAYERS, shape[0] * shape[1])}.",
        )
    if not (compactness > 0 and math.isfinite(compactness)):
        raise SettingsError("The compactness must be positive.", "Try 0.1.")
    known = _checked_valid(valid, shape)
    if not np.isfinite(bands[:, known]).all():
        raise ImageError("The image holds values that are not numbers.", "Mark them as no-data.")
    try:
        from skimage.segmentation import slic as skimage_slic
    except ImportError as error:
        raise DependencyError(
            "SLIC super-pixels need scikit-image.", "Install it, or choose hexagons."
        ) from error
    cells = skimage_slic(
        np.moveaxis(_stretched(bands, known), 0, -1),
        n_segments=int(n_segments),
        compactness=float(compactness),
        start_label=1,
        mask=None if known.all() else known,
        channel_axis=-1,
    )
    settings = {
        "kind": "slic",
        "n_segments": int(n_segments),
        "compactness": float(compactness),
    }
    return _numbered(cells.astype(np.int64) - 1, known, settings)


def from_labels(labels: ArrayLike, valid: Mask = None) -> Superpixels:
    """Take any partition: a class map, rasterised polygons, cells drawn by hand.

    Pixels of equal label are one cell, connected or not.

    Parameters
    ----------
    labels : (H, W) integer array
        Label of each pixel; negative labels belong to no player.
    valid : (H, W) bool array, optional
        False where a pixel belongs to no player.

    Returns
    -------
    Superpixels
        Players numbered in increasing order of the labels.

    Raises
    ------
    SettingsError
        Labels that are not whole numbers, or too many of them.
    ImageError
        No pixel with a label.
    """
    cells = np.asarray(labels)
    shape = _checked_shape(cells.shape)
    if cells.dtype == bool or np.issubdtype(cells.dtype, np.unsignedinteger):
        cells = cells.astype(np.int64)
    if not np.issubdtype(cells.dtype, np.integer):
        raise SettingsError("Super-pixel labels must be whole numbers.", "Round or classify them.")
    known = _checked_valid(valid, shape)
    return _numbered(cells.astype(np.int64), known, {"kind": "labels"})


def cell_means(plane: NDArray[np.floating], superpixels: Superpixels) -> NDArray[np.float64]:
    """Mean of a map of pixels over each cell: (H, W) to (M,); to compare it cell by cell."""
    known = superpixels.labels >= 0
    players = superpixels.labels[known]
    sums = np.bincount(players, weights=plane[known], minlength=superpixels.n_players)
    means: NDArray[np.float64] = sums / superpixels.areas
    return means


def _numbered(cells: NDArray[np.int64], valid: Mask, settings: Mapping[str, Any]) -> Superpixels:
    """Renumber the cells that hold a valid pixel 0..M-1 and find their areas and neighbours."""
    known = _checked_valid(valid, cells.shape) & (cells >= 0)
    if not known.any():
        raise ImageError(
            "No pixel is left for the super-pixels.", "Choose a place where the raster has data."
        )
    names, players = np.unique(cells[known], return_inverse=True)
    if len(names) > MOST_PLAYERS:
        raise SettingsError(
            f"{len(names)} super-pixels are too many.",
            f"Choose larger ones: at most {MOST_PLAYERS} can be explained.",
        )
    labels = np.full(cells.shape, -1, dtype=np.int32)
    labels[known] = players.reshape(-1)
    areas = np.bincount(labels[known], minlength=len(names)).astype(np.int64)
    return Superpixels(labels, _neighbours(labels), areas, dict(settings))


def _neighbours(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Pairs of players that share a pixel edge, (E, 2), smaller index first."""
    across = np.stack([labels[:, :-1].ravel(), labels[:, 1:].ravel()], axis=1)
    down = np.stack([labels[:-1].ravel(), labels[1:].ravel()], axis=1)
    pairs = np.concatenate([across, down])
    pairs = pairs[(pairs[:, 0] != pairs[:, 1]) & (pairs >= 0).all(axis=1)]
    return np.unique(np.sort(pairs, axis=1), axis=0).astype(np.int32).reshape(-1, 2)


def _stretched(bands: NDArray[np.float64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Each band between its 1st and 99th percentile to [0, 1]; zero off the known pixels."""
    stretched = np.zeros_like(bands)
    for band, out in zip(bands, stretched):
        low, high = np.percentile(band[known], [1, 99])
        out[known] = np.clip((band[known] - low) / (high - low if high > low else 1.0), 0.0, 1.0)
    return stretched


def _checked_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    if len(shape) != 2 or min(shape) < 1:
        raise ImageError("Super-pixels need an image of at least one pixel.")
    return int(shape[0]), int(shape[1])


def _check_side(side: float, height: int, width: int) -> None:
    longest = max(height, width, SMALLEST_SIDE)
    if not SMALLEST_SIDE <= side <= longest:
        raise SettingsError(
            f"A super-pixel side of {side:g} pixels is out of range.",
            f"Choose from {SMALLEST_SIDE:g} to {longest:g} pixels.",
        )


def _checked_valid(valid: Mask, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    if valid is None:
        return np.ones(shape, dtype=bool)
    known = np.asarray(valid, dtype=bool)
    if known.shape != tuple(shape):
        raise ImageError("The mask of valid pixels has another size than the image.")
    return known
