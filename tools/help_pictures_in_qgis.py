"""Runs inside QGIS for `help_pictures.py`: walks through the dock and pictures its states."""

from __future__ import annotations

import json
import os
from importlib import import_module
from pathlib import Path
from typing import Any

from qgis import utils
from qgis.core import QgsApplication, QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QWidget

from tools.hands_in_qgis import (
    PLUGIN,
    draw_region,
    open_scene,
    report_on,
    start_plugin,
    wait_for,
)
from tools.hands_in_qgis import grab as grab_into

SETTINGS = json.loads(os.environ["SEGSHAP_PICTURES"])
OUTPUT, KEPT = Path(SETTINGS["output"]), Path(SETTINGS["kept"])
SMALL_WINDOW = 128


def main() -> None:
    """Take all pictures; what goes wrong is written down."""
    if SETTINGS["theme"]:
        QgsApplication.setUITheme(SETTINGS["theme"])
    report_on(take_pictures, OUTPUT / "report.json")


def take_pictures() -> dict[str, Any]:
    """Questions, a run, its result, what if, curves, a comparison, the help."""
    iface = utils.iface
    scene = open_scene(SETTINGS["scene"])
    plugin = start_plugin()
    plugin.show_dock(True)
    bench = plugin.workbench
    QTest.qWait(1500)
    bench.dock.method.effort_box.setCurrentIndex(0)
    grab(bench.dock, "questions")
    grab(bench.dock.question_page.widget(), "questions_whole")
    if KEPT.is_dir() and list(KEPT.glob("*.zip")):
        restore(bench)
    else:
        explain_twice(iface, bench, scene)
    picture_results(iface, bench)
    return {}


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
    # Maps of other runs would show through that of the new one.
    for group in QgsProject.instance().layerTreeRoot().findGroups():
        group.setItemVisibilityChecked(False)
    bench.dock.show_page(bench.dock.question_page)
    bench.dock.method.window_box.setValue(SMALL_WINDOW)
    bench.picking.actions["region"].trigger()
    draw_region(iface.mapCanvas(), bench.dock.source.layer())
    panel = bench.dock.result
    # A run that has ended has a record, what is known so far has none.
    wait_for(lambda: panel.record is None and panel.waterfall.isVisibleTo(panel))
    grab(iface.mainWindow(), "running")
    wait_for(lambda: not bench.runs)
    what_if, section = panel.what_if, panel.curves
    what_if.hide_strongest_asked.emit()
    # The model's answer, and below it what the contributions said.
    wait_for(lambda: "\n" in what_if.answer.text())
    grab(what_if, "what_if")
    section.setCollapsed(False)
    section.asked.emit()
    wait_for(section.chart.isVisible)
    grab(section, "curves")


def grab(widget: QWidget, name: str) -> None:
    """A picture of the output folder."""
    grab_into(widget, OUTPUT / f"{name}.png")


QTimer.singleShot(500, main)
