"""Kinds and sizes of super-pixels that are compared, of equal mean area where that can be asked."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from segshap_qgis.explain import Superpixels, hexagons, slic, squares
from segshap_qgis.explain.class_cells import cut_along_classes

KINDS = ("hexagons", "squares", "slic", "class cells")
# Side of a hexagon for an image of 512 x 512; smaller images get proportionate ones.
SIZES = {"large": 32.0, "medium": 22.0, "small": 15.0}
# Of SLIC: with less, the speckle of a radar image joins most of it into a few cells.
COMPACTNESS = 0.3
AREA_OF_A_HEXAGON = 1.5 * math.sqrt(3.0)  # of side 1


def make_cells(
    kind: str,
    size: str,
    image: NDArray[np.floating],
    classes: NDArray[np.integer],
    valid: NDArray[np.bool_],
) -> Superpixels:
    """Super-pixels of a kind and size for an image.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    size : str
        One of `SIZES`.
    image : (B, H, W) array
        At which SLIC looks.
    classes : (H, W) integer array
        Along which class cells are cut.
    valid : (H, W) bool array
        False on no-data.
    """
    height, width = valid.shape
    side = SIZES[size] * max(height, width) / 512
    area = AREA_OF_A_HEXAGON * side**2
    if kind == "hexagons":
        return hexagons((height, width), side, valid)
    if kind == "squares":
        return squares((height, width), math.sqrt(area), valid)
    if kind == "slic":
        n_segments = max(2, round(valid.sum() / area))
        return slic(image, n_segments, COMPACTNESS, valid)
    if kind == "class cells":
        return cut_along_classes(hexagons((height, width), side, valid), classes)
    raise ValueError(f"unknown kind of super-pixels {kind!r}")
