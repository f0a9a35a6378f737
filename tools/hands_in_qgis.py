"""What scripts share that run inside QGIS: start the plugin, act like a hand, wait, and report."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from qgis import utils
from qgis.core import QgsPointXY, QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QWidget

PLUGIN = "segshap"
# Corners of the region on the slick of the sample scene: (row, column).
CORNERS = ((185, 100), (185, 132), (217, 132), (217, 100))
faults: list[str] = []


def report_on(act: Callable[[], dict[str, Any]], path: Path, stays: bool = False) -> None:
    """Carry an act out, write what it returns as JSON, and end QGIS unless it stays.

    Parameters
    ----------
    act : callable
        What it returns is the report; an exception is reported as its ``"error"``.
    path : Path
        Of the report.
    stays : bool
        Leave the window to the person.
    """
    sys.excepthook = _remember_fault
    try:
        report = act()
    except Exception:  # noqa: BLE001 (the other process has to hear of whatever it was)
        report = {"error": traceback.format_exc()}
    if faults and "error" not in report:
        report["error"] = "\n".join(faults)
    path.write_text(json.dumps(report), encoding="utf-8")
    if not stays:
        QgsProject.instance().setDirty(False)
        os._exit(0)


def open_scene(path: str) -> QgsRasterLayer:
    """A window with a raster on the map."""
    utils.iface.mainWindow().resize(1500, 950)
    scene = QgsRasterLayer(path, "sample_slick")
    QgsProject.instance().addMapLayer(scene)
    utils.iface.setActiveLayer(scene)
    utils.iface.zoomToActiveLayer()
    return scene


def start_plugin() -> Any:
    """The plugin, loaded and started as QGIS's plugin manager does it."""
    if not (utils.loadPlugin(PLUGIN) and utils.startPlugin(PLUGIN)):
        raise RuntimeError("QGIS did not load the plugin.")
    return utils.plugins[PLUGIN]


def wait_for(condition: Callable[[], Any], seconds: float = 1500) -> None:
    """Let QGIS go on until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        if faults:
            raise RuntimeError("\n".join(faults))
        if time.monotonic() > end:
            raise TimeoutError("QGIS did not get there in time.")
        QTest.qWait(50)


def click_pixel(canvas: Any, scene: QgsRasterLayer, row: float, column: float) -> None:
    """Click a place of the raster on the map."""
    extent = scene.extent()
    x = extent.xMinimum() + column * scene.rasterUnitsPerPixelX()
    y = extent.yMaximum() - row * scene.rasterUnitsPerPixelY()
    there = canvas.getCoordinateTransform().transform(QgsPointXY(x, y))
    position = QPoint(round(there.x()), round(there.y()))
    QTest.mouseMove(canvas.viewport(), position)
    nothing = Qt.KeyboardModifier.NoModifier
    QTest.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, nothing, position)


def draw_region(
    canvas: Any, scene: QgsRasterLayer, corners: Sequence[tuple[int, int]] = CORNERS
) -> None:
    """Click the corners on the map and press Enter."""
    for row, column in corners:
        click_pixel(canvas, scene, row, column)
        QTest.qWait(100)
    QTest.keyClick(canvas, Qt.Key.Key_Return)


def grab(widget: QWidget, path: Path, after: int = 300) -> None:
    """A picture of a widget as it is on the screen, after so many milliseconds."""
    QTest.qWait(after)
    widget.grab().save(str(path))


def _remember_fault(kind: type, error: BaseException, trace: Any) -> None:
    """Instead of QGIS's own hook, which shows a box and waits for somebody to close it."""
    faults.append("".join(traceback.format_exception(kind, error, trace)))
