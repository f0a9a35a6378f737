"""What a person does with the workbench in tests: pick, draw, wait."""

from __future__ import annotations

import time

from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest

LEFT_EDGE, TOP_EDGE, PIXEL = 500000.0, 4000000.0, 10.0


def wait_until(condition, seconds: float = 40) -> None:
    """Wait so many seconds of this process's own work: a busy machine only makes it take longer.

    A wait in which nothing works at all is ended by the time limit of the test.
    """
    end = time.process_time() + seconds
    while not condition():
        assert time.process_time() < end, "waited in vain"
        QTest.qWait(20)


def layers_of_role(role: str) -> list:
    layers = QgsProject.instance().mapLayers().values()
    return [layer for layer in layers if layer.customProperty("segshap/role") == role]


def centre_of(row: int, column: int) -> tuple[float, float]:
    return LEFT_EDGE + (column + 0.5) * PIXEL, TOP_EDGE - (row + 0.5) * PIXEL


def pick_pixel(window, bench, row: int = 30, column: int = 40) -> None:
    bench.picking.actions["pixel"].trigger()
    window.click(window.at(*centre_of(row, column)))


def draw_region(window, bench, corners) -> None:
    bench.picking.actions["region"].trigger()
    for corner in corners:
        window.click(window.at(*corner))
    window.key(Qt.Key.Key_Return)


def make_endless(bench) -> None:
    """A run that only ends when it is stopped."""
    bench.dock.method.budget_box.setValue(100_000)
    bench.dock.method.precision_box.setValue(0)


def wait_until_learnt(bench) -> None:
    """Until the current run knows something worth keeping."""
    wait_until(lambda: bench.queue.current and bench.queue.current._last_preview)


def band_count(window) -> int:
    return len(window.mapCanvas().scene().items())
