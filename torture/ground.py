"""What the campaign works on: a small scene and a small real network, on disk."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.geo.raster_files import write_tiff
from tests.small_model import write_small_model

# Rows and columns of the scene; the network sees a window of 64.
SHAPE = (96, 128)


class Ground(NamedTuple):
    """Files of a campaign.

    Attributes
    ----------
    folder : Path
        Everything is in here, and is gone afterwards.
    scene : Path
        A raster.
    model : Path
        The card of the small network.
    until : float
        When the campaign's time is up, by `time.monotonic`.
    """

    folder: Path
    scene: Path
    model: Path
    until: float = float("inf")

    def seconds_left(self) -> float:
        """Until the campaign's time is up."""
        return self.until - time.monotonic()

    def fresh(self, name: str) -> Path:
        """An empty folder of this name."""
        path = self.folder / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path


def prepare(folder: Path, minutes: float) -> Ground:
    """Write scene and network; the campaign's time begins."""
    until = time.monotonic() + 60 * minutes
    pixels = np.random.default_rng(0).gamma(4, 20, (1, *SHAPE)).astype(np.float32)
    scene = write_tiff(folder / "scene.tif", pixels)
    model_folder = folder / "model"
    model_folder.mkdir()
    return Ground(folder, scene, write_small_model(model_folder), until)
