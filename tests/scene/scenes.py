"""Small scenes on disk: a sea whose brightness changes across the swath, with dark slicks."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.geo.raster_files import write_tiff
from tests.small_model import RADAR, write_small_model


def sea_db(height: int, width: int, seed: int = 0) -> np.ndarray:
    """(1, H, W) float32 decibels: speckle on a sea that darkens by 6 dB towards far range."""
    rng = np.random.default_rng(seed)
    fall = np.linspace(-12, -18, width)[None, :]
    return (fall + rng.normal(scale=1.0, size=(1, height, width))).astype(np.float32)


def radar_model(folder: Path) -> Path:
    """A small random network that measures contrast against the open sea."""
    return write_small_model(folder, normalisation=RADAR)


def write_scene(path: Path, pixels: np.ndarray, no_data: float = -99.0) -> Path:
    return write_tiff(path, pixels, no_data=no_data)


def unheard(_done: float) -> None:
    """Progress that nobody listens to."""


def go_on() -> bool:
    """Nobody cancels."""
    return False
