"""Coarser pixels, where a model was trained on coarser ones and the user asks for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..errors import SettingsError
from .window import Window


def merge_pixels(window: Window, factor: int) -> Window:
    """Merge blocks of pixels into one, as multilooking does: the mean of their valid values.

    Rows and columns that fill no whole block are left off at the lower and right edge.

    Parameters
    ----------
    window : Window
        (B, H, W) pixels.
    factor : int
        Rows and columns of a block; 1 returns the window itself.

    Returns
    -------
    Window
        (B, H // factor, W // factor) pixels; a block without any valid value stays invalid.

    Raises
    ------
    SettingsError
        The factor is below 1, or larger than the window.
    """
    height, width = (length // factor if factor >= 1 else 0 for length in window.shape)
    if not (height and width):
        raise SettingsError(
            f"Pixels cannot be merged {factor} by {factor} in this window.", "Merge fewer pixels."
        )
    if factor == 1:
        return window
    rows, columns = height * factor, width * factor
    blocks = (height, factor, width, factor)
    valid = window.valid[:rows, :columns]
    values = np.where(valid, window.bands[:, :rows, :columns], 0).astype(np.float64)
    counts = valid.reshape(blocks).sum(axis=(1, 3))
    sums = values.reshape(-1, *blocks).sum(axis=(2, 4))
    x, x_column, x_row, y, y_column, y_row = window.transform
    return replace(
        window,
        bands=(sums / np.maximum(counts, 1)).astype(np.float32),
        valid=counts > 0,
        transform=(x, x_column * factor, x_row * factor, y, y_column * factor, y_row * factor),
    )
