"""Runs inside QGIS for `help_pictures.py`: walks through the dock and pictures its states."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from qgis import utils
from qgis.core import QgsApplication, QgsPointXY, QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import QPoint, Qt, QTimer
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QWidget

SETTINGS = json.loads(os.environ["SEGSHAP_PICTURES"])
OUTPUT, KEPT = Path(SETTINGS["output"]), Path(SETTINGS["kept"])
PLUGIN = "segshap"
# Corners of the region on the slick of the sample scene: (row, column).
CORNERS = ((185, 100), (185, 132), (217, 132), (217, 100))
SMALL_WINDOW = 128
faults: list[str] = []


def remember_fault(kind: type, error: BaseException, trace: Any) -> None:
    """Instead of QGIS's own hook, which shows a box and waits for somebody to close it."""
    faults.append("".join(traceback.format_exception(kind, error, trace)))


def wait_for(condition: Callable[[], Any], seconds: float = 1500) -> None:
    """Let QGIS go on until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        if faults or time.monotonic() > end:
            raise RuntimeError("\n".join(faults) or "QGIS did not get there in time.")
        QTest.qWait(50)


def main() -> None:
    """Take all pictures; what goes wrong is written down."""
    sys.excepthook = remember_fault
    try:
        if SETTINGS["theme"]:
            QgsApplication.setUITheme(SETTINGS["theme"])
        take_pictures()
        told = "\n".join(faults)
    except Exception:  # noqa: BLE001 (the other process has to hear of whatever it was)
        told = traceback.format_exc()
    (OUTPUT / "faults.txt").write_text(told, encoding="utf-8")
    QgsProject.instance().setDirty(False)
    os._exit(0)


def take_pictures() -> None:
    """Questions, a run, its result, what if, curves, a comparison, the help."""
    iface = utils.iface
    iface.mainWindow().resize(1500, 950)
    scene = QgsRasterLayer(SETTINGS["scene"], "sample_slick")
    QgsProject.instance().addMapLayer(scene)
    utils.loadPlugin(PLUGIN)
    utils.startPlugin(PLUGIN)
    plugin = utils.plugins[PLUGIN]
    plugin.show_dock(True)
    bench = plugin.workbench
    iface.setActiveLayer(scene)
    iface.zoomToActiveLayer()
    QTest.qWait(1500)
    bench.dock.method.effort_box.setCurrentIndex(0)
    grab(bench.dock, "questions")
    grab(bench.dock.question_page.widget(), "questions_whole")
    if KEPT.is_dir() and list(KEPT.glob("*.zip")):
        restore(bench)
    else:
        explain_twice(iface, bench, scene)
    picture_results(iface, bench)


def part(name: str) -> Any:
    """A module of the plugin that QGIS has loaded."""
    return import_module(f"{PLUGIN}.segshap_qgis.{name}")


def restore(bench: Any) -> None:
    """Take the runs of an earlier walk."""
    records = [part("gui.run_store").read_run(path) for path in sorted(KEPT.glob("*.zip"))]
    bench.desk._restored(records)
    part("layers").add_result(records[0])
    bench.dock.show_page(bench.dock.result_page)


def explain_twice(iface: Any, bench: Any, scene: QgsRasterLayer) -> None:
    """The same region with two seeds; the runs are kept for the next walk."""
    KEPT.mkdir(parents=True, exist_ok=True)
    for seed in (0, 1):
        bench.dock.show_page(bench.dock.question_page)
        bench.dock.method.seed_box.setValue(seed)
        bench.picking.actions["region"].trigger()
        draw_region(iface.mapCanvas(), scene)
        wait_for(lambda: not bench.runs)
        part("gui.run_store").write_run(KEPT / f"{seed}.zip", bench.dock.runs.records()[0])


def picture_results(iface: Any, bench: Any) -> None:
    """The result page in all its states."""
    panel, runs = bench.dock.result, bench.dock.runs
    runs.tree.setCurrentItem(runs.tree.topLevelItem(runs.tree.topLevelItemCount() - 1))
    iface.messageBar().clearWidgets()
    QTest.qWait(1500)
    wait_for(lambda: not iface.mapCanvas().isDrawing())
    grab(iface.mainWindow(), "result")
    grab(bench.dock.result_page.widget(), "result_whole")
    grab(panel.classes, "classes")
    runs.tree.selectAll()
    runs.actions_of_runs.compare.trigger()
    QTest.qWait(1500)
    iface.messageBar().clearWidgets()
    grab(iface.mainWindow(), "comparison")
    grab(panel.likeness, "likeness")
    bench.help.show()
    QTest.qWait(500)
    grab(bench.help.window, "help")
    bench.help.window.close()
    if SETTINGS["ask"]:
        ask_the_model(iface, bench)


def ask_the_model(iface: Any, bench: Any) -> None:
    """A run, what if and curves in a small window, where they take little time."""
    bench.dock.show_page(bench.dock.question_page)
    bench.dock.method.window_box.setValue(SMALL_WINDOW)
    bench.picking.actions["region"].trigger()
    draw_region(iface.mapCanvas(), bench.dock.source.layer())
    wait_for(lambda: bench.dock.result.headline.text().startswith("So far"))
    grab(iface.mainWindow(), "running")
    wait_for(lambda: not bench.runs)
    what_if, section = bench.dock.result.what_if, bench.dock.result.curves
    what_if.hide_strongest_asked.emit()
    wait_for(lambda: "with 1 of" in what_if.answer.text())
    grab(what_if, "what_if")
    section.setCollapsed(False)
    section.asked.emit()
    wait_for(section.chart.isVisible)
    grab(section, "curves")


def draw_region(canvas: Any, scene: QgsRasterLayer) -> None:
    """Click the corners on the map and press Enter."""
    extent = scene.extent()
    for row, column in CORNERS:
        x = extent.xMinimum() + column * scene.rasterUnitsPerPixelX()
        y = extent.yMaximum() - row * scene.rasterUnitsPerPixelY()
        there = canvas.getCoordinateTransform().transform(QgsPointXY(x, y))
        position = QPoint(round(there.x()), round(there.y()))
        nothing = Qt.KeyboardModifier.NoModifier
        QTest.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, nothing, position)
        QTest.qWait(100)
    QTest.keyClick(canvas, Qt.Key.Key_Return)


def grab(widget: QWidget, name: str) -> None:
    """A picture of a widget as it is on the screen."""
    QTest.qWait(300)
    widget.grab().save(str(OUTPUT / f"{name}.png"))


QTimer.singleShot(500, main)
