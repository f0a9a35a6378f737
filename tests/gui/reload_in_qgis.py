"""Runs inside a real QGIS: loads the plugin eleven times and writes down what is left each time."""

import json
import os
import sys
import time
import traceback
from pathlib import Path

from qgis import utils
from qgis.core import QgsApplication, QgsProject
from qgis.PyQt.QtCore import QCoreApplication, QEvent, QTimer
from qgis.PyQt.QtWidgets import QAction, QDockWidget, QToolBar

PLUGIN = "segshap"
HEAVY = {"torch", "shapely", "scipy", "skimage", "numpy", "osgeo"}
iface = utils.iface
report = {"rounds": []}


def settle() -> None:
    for _ in range(3):
        QCoreApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def count() -> dict:
    window = iface.mainWindow()
    project = QgsProject.instance()
    signals = (project.cleared, project.layersWillBeRemoved, project.layersAdded)
    return {
        "actions": len(window.findChildren(QAction)),
        "docks": len(window.findChildren(QDockWidget)),
        "toolbars": len(window.findChildren(QToolBar)),
        "raster menu": len(iface.rasterMenu().actions()),
        "canvas items": len(iface.mapCanvas().scene().items()),
        "connections": [project.receivers(signal) for signal in signals],
        "layer connections": iface.receivers(iface.currentLayerChanged),
        "tasks": QgsApplication.taskManager().count(),
    }


def load_and_unload() -> None:
    modules_before = set(sys.modules)
    started = time.perf_counter()
    assert utils.loadPlugin(PLUGIN)
    assert utils.startPlugin(PLUGIN)
    seconds = time.perf_counter() - started
    heavy = sorted(HEAVY & (set(sys.modules) - modules_before))
    loaded = count()
    plugin = utils.plugins[PLUGIN]
    plugin.show_dock(True)
    settle()
    opened = count()
    plugin.workbench.picking.start("region")
    assert utils.unloadPlugin(PLUGIN)
    del plugin
    settle()
    report["rounds"].append(
        {"seconds": seconds, "heavy": heavy, "loaded": loaded, "opened": opened, "left": count()}
    )


def main() -> None:
    try:
        settle()
        report["before"] = count()
        for _ in range(11):
            load_and_unload()
    except Exception:  # noqa: BLE001 (the other process has to hear of whatever it was)
        report["error"] = traceback.format_exc()
    Path(os.environ["SEGSHAP_REPORT"]).write_text(json.dumps(report), encoding="utf-8")
    os._exit(0)


QTimer.singleShot(500, main)
