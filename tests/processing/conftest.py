from __future__ import annotations

import numpy as np
import pytest
from qgis.core import QgsProcessingContext, QgsProcessingFeedback, QgsProject

from tests.geo.raster_files import write_tiff
from tests.small_model import write_small_model


class Feedback(QgsProcessingFeedback):
    """Keeps what it is told; cancels once something is told that holds a text."""

    def __init__(self, cancel_at: float = 200.0) -> None:
        super().__init__(False)
        self.told: list[str] = []
        self.errors: list[str] = []
        self._cancel_at = cancel_at
        self.progressChanged.connect(self._moved)

    def pushInfo(self, info):
        self.told.append(info)

    def pushWarning(self, warning):
        self.told.append(warning)

    def reportError(self, error, fatalError=False):
        self.errors.append(error)

    def _moved(self, percent):
        if percent >= self._cancel_at:
            self.cancel()


@pytest.fixture
def small_scene(tmp_path):
    """A raster of 80 x 60 pixels of 10 m at (500000, 0), and a small model; their paths."""
    pixels = np.random.default_rng(0).gamma(4, 20, (1, 60, 80)).astype(np.float32)
    return str(write_tiff(tmp_path / "scene.tif", pixels)), str(write_small_model(tmp_path))


@pytest.fixture
def run(qgis_app, qgis_processing):
    """Runs an algorithm as the toolbox does; gives (results, good, feedback, context)."""

    def run(algorithm, parameters, feedback=None):
        context = QgsProcessingContext()
        context.setProject(QgsProject.instance())
        feedback = feedback or Feedback()
        results, good = algorithm.create().run(parameters, context, feedback)
        return results, good, feedback, context

    return run
