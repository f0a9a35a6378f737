"""Runs inside QGIS for `first_map.py`: from the plugin's start to a map, with counted clicks."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from qgis import utils
from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QWidget

from tools.hands_in_qgis import click_pixel, grab, open_scene, report_on, start_plugin, wait_for

SETTINGS = json.loads(os.environ["SEGSHAP_FIRST_MAP"])
OUTPUT = Path(SETTINGS["output"])
# In the middle of the slick of the sample scene: row, column.
PLACE = (201.5, 116.5)
MAPS = {"preview", "contribution"}


def measure() -> dict[str, Any]:
    """Start the plugin beside an open scene, click, and watch the map."""
    iface, canvas = utils.iface, utils.iface.mapCanvas()
    scene = open_scene(SETTINGS["scene"])
    QTest.qWait(1000)
    wait_for(lambda: not canvas.isDrawing())
    clicks, began = 0, time.monotonic()
    plugin = start_plugin()
    started = time.monotonic() - began
    press(plugin.toolbar.widgetForAction(plugin.open_action))
    clicks += 1
    wait_for(lambda: plugin.workbench is not None and plugin.workbench.dock.isVisible(), 60)
    bench = plugin.workbench
    opened = time.monotonic() - began
    press(plugin.toolbar.widgetForAction(bench.picking.actions["pixel"]))
    clicks += 1
    click_pixel(canvas, scene, *PLACE)
    clicks += 1
    wait_for(lambda: shown(canvas), 600)
    seconds = time.monotonic() - began
    grab(iface.mainWindow(), OUTPUT / "first_map.png", after=0)
    if SETTINGS["to_the_end"]:
        wait_for(bench.dock.runs.records, 3000)
        wait_for(lambda: not canvas.isDrawing())
    return {
        "clicks": clicks,
        "plugin started after": started,
        "dock open after": opened,
        "first map after": seconds,
        "result after": time.monotonic() - began if SETTINGS["to_the_end"] else None,
    }


def press(widget: QWidget) -> None:
    """Click a button, once it can be seen."""
    try:
        wait_for(widget.isVisible, 20)
    except TimeoutError:
        grab(utils.iface.mainWindow(), OUTPUT / "hidden.png")
        raise
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def shown(canvas: Any) -> bool:
    """Whether a map of contributions is in the project, and QGIS has drawn it."""
    roles = [layer.customProperty("segshap/role") for layer in canvas.layers()]
    return bool(MAPS & set(roles)) and not canvas.isDrawing()


def main() -> None:
    """Measure on an empty project."""
    QgsProject.instance().clear()
    report_on(measure, OUTPUT / "report.json")


QTimer.singleShot(500, main)
