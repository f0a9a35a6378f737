from __future__ import annotations

import numpy as np
import pytest
from qgis.core import QgsProject
from qgis.PyQt.QtCore import QCoreApplication, QEvent, Qt
from qgis.PyQt.QtTest import QTest

from segshap_qgis.gui.workbench import Workbench
from tests.geo.raster_files import write_tiff
from tests.gui.qgis_window import QgisWindow, raster_layer
from tests.small_model import write_small_model


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
    layer = raster_layer(write_tiff(tmp_path / "scene.tif", pixels))
    window.show_layer(layer)
    return layer


@pytest.fixture(scope="module")
def small_model(tmp_path_factory):
    return write_small_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def workbench(window, scene, small_model):
    """The plugin's inside with a small model: 64 x 60 pixels, a few dozen cells."""
    bench = Workbench(window)
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, bench.dock)
    bench.dock.source.add_model(small_model)
    bench.dock.method.side_box.setValue(8)
    bench.dock.method.budget_box.setValue(16)
    QTest.qWait(50)
    yield bench
    bench.close()
