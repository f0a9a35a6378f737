from __future__ import annotations

import numpy as np
import pytest
from qgis.core import QgsProject
from qgis.PyQt.QtCore import QCoreApplication, QEvent

from tests.gui.qgis_window import QgisWindow, raster_layer, write_raster


@pytest.fixture
def window(qgis_app):
    """A window with an empty project; both are gone afterwards."""
    QgsProject.instance().clear()
    window = QgisWindow()
    yield window
    window.close()
    QgsProject.instance().clear()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def scene(window, tmp_path):
    """A raster of 80 x 60 pixels of 10 m, shown on the canvas."""
    pixels = np.random.default_rng(0).gamma(4, 20, (1, 60, 80)).astype(np.float32)
    layer = raster_layer(write_raster(tmp_path / "scene.tif", pixels))
    window.show_layer(layer)
    return layer
