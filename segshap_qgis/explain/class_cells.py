"""Label-guided super-pixels: a grid whose cells are cut along a map of classes.

So that no cell mixes classes (Dardouillet et al. 2022, figure 4C). The map is the model's own
output, another classification, or rasterised polygons.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ImageError, SettingsError
from .superpixels import from_labels
from .types import Superpixels

SMALLEST_SHARE = 0.1


def cut_along_classes(
    grid: Superpixels, classes: ArrayLike, smallest: float = SMALLEST_SHARE
) -> Superpixels:
    """Cut the cells of a grid along a map of classes.

    Parameters
    ----------
    grid : Superpixels
        Hexagons, squares or any other partition.
    classes : (H, W) integer or bool array
        Class of each pixel; negative where there is none: such pixels belong to no player.
    smallest : float, default 0.1
        A part below this share of the grid's mean cell joins the neighbouring part of its own
        class with the longest common edge; without one it stays, so that no cell mixes classes.
        0 keeps all parts.

    Returns
    -------
    Superpixels
        Players numbered by grid cell, then by class. A part need not be connected.

    Raises
    ------
    ImageError
        The map has another size than the grid, or no pixel has both a cell and a class.
    SettingsError
        Classes that are not whole numbers, `smallest` out of 0..1, or too many cells.
    """
    labels = np.asarray(classes)
    if labels.shape != grid.shape:
        raise ImageError("The map of classes has another size than the image.")
    if labels.dtype != bool and not np.issubdtype(labels.dtype, np.integer):
        raise SettingsError("Classes must be whole numbers.", "Round or classify them.")
    if not 0.0 <= smallest <= 1.0:
        raise SettingsError("The smallest share must lie from 0 to 1.", "Try 0.1.")
    labels = labels.astype(np.int64)
    known = (grid.labels >= 0) & (labels >= 0)
    if not known.any():
        raise ImageError("No pixel has a class.", "Choose a class map that covers the image.")
    names, compact = np.unique(labels[known], return_inverse=True)
    parts = np.full(grid.shape, -1, dtype=np.int64)
    parts[known] = grid.labels[known].astype(np.int64) * len(names) + compact.reshape(-1)
    keys, numbers = np.unique(parts[known], return_inverse=True)
    parts[known] = numbers.reshape(-1)
    joined = _join_small(parts, keys % len(names), smallest * grid.areas.mean())
    settings: Mapping[str, object] = {
        "kind": "class cells",
        "grid": dict(grid.settings),
        "smallest": float(smallest),
        "n_classes": len(names),
    }
    found = from_labels(np.where(known, np.append(joined, -1)[parts], -1))
    return Superpixels(found.labels, found.neighbours, found.areas, settings)


def _join_small(
    parts: NDArray[np.int64], classes: NDArray[np.int64], least: float
) -> NDArray[np.int64]:
    """The part that each part ends up in; the smallest are joined first."""
    areas = np.bincount(parts[parts >= 0], minlength=len(classes)).astype(np.int64)
    edges = _edges_within_classes(parts, classes)
    into = np.arange(len(classes))
    for part in np.argsort(areas, kind="stable"):
        if areas[part] >= least or not edges[part]:
            continue
        neighbour = max(sorted(edges[part]), key=edges[part].__getitem__)
        into[into == part] = neighbour
        areas[neighbour] += areas[part]
        for other, length in edges.pop(part).items():
            del edges[other][part]
            if other != neighbour:
                edges[neighbour][other] = edges[neighbour].get(other, 0) + length
                edges[other][neighbour] = edges[other].get(neighbour, 0) + length
        areas[part] = 0
    return into


def _edges_within_classes(
    parts: NDArray[np.int64], classes: NDArray[np.int64]
) -> dict[int, dict[int, int]]:
    """Length of the common edge, in pixels, of each part with others of its class."""
    across = np.stack([parts[:, :-1].ravel(), parts[:, 1:].ravel()], axis=1)
    down = np.stack([parts[:-1].ravel(), parts[1:].ravel()], axis=1)
    pairs = np.concatenate([across, down])
    pairs = pairs[(pairs >= 0).all(axis=1) & (pairs[:, 0] != pairs[:, 1])]
    pairs = pairs[classes[pairs[:, 0]] == classes[pairs[:, 1]]]
    unique, lengths = np.unique(np.sort(pairs, axis=1), axis=0, return_counts=True)
    edges: dict[int, dict[int, int]] = {part: {} for part in range(len(classes))}
    for (first, second), length in zip(unique.tolist(), lengths.tolist()):
        edges[first][second] = edges[second][first] = length
    return edges
