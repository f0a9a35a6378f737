from __future__ import annotations

import time

import pytest
from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest

from segshap_qgis.gui.workbench import Workbench
from tests.small_model import write_small_model


@pytest.fixture(scope="module")
def small_model(tmp_path_factory):
    return write_small_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def workbench(window, scene, small_model):
    bench = Workbench(window)
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, bench.dock)
    bench.dock.source.add_model(small_model)
    bench.dock.method.side_box.setValue(8)
    bench.dock.method.budget_box.setValue(60)
    QTest.qWait(50)
    yield bench
    bench.close()


def wait_until(condition, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        QTest.qWait(20)


def results() -> list:
    layers = QgsProject.instance().mapLayers().values()
    return [layer for layer in layers if layer.customProperty("segshap/role") == "contribution"]


def pick_pixel(window, bench, x=500400, y=3999700) -> None:
    bench.picking.actions["pixel"].trigger()
    window.click(window.at(x, y))


def test_a_click_on_a_pixel_becomes_a_contribution_layer(window, workbench):
    pick_pixel(window, workbench)
    assert window.mapCanvas().mapTool() is window.pan
    wait_until(workbench.dock.runs.records)
    (record,) = workbench.dock.runs.records()
    found = record.explanation
    assert found.values.sum() == pytest.approx((found.prediction - found.base)[0], rel=1e-9)
    assert record.region.sum() == 1
    assert len(results()) == 1
    assert window.messages() == []
