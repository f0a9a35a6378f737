"""A small radar chip for tests of training."""

from __future__ import annotations

import numpy as np


def radar_chip(rng, has_slick):
    """Speckled sea, 64 x 64, with a dark labelled slick in it or none."""
    import train_oil

    grey = rng.integers(90, 130, (64, 64), dtype=np.uint8)
    labels = np.zeros((64, 64), np.uint8)
    if has_slick:
        grey[20:40, 10:50] -= 60
        labels[20:40, 10:50] = 1
    return train_oil.Chip(grey, labels, np.ones((64, 64), bool))
