"""Runs inside QGIS for `demo_qgis.py`: does what an analyst does, with the hand's own events."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from qgis import utils
from qgis.core import (
    QgsLayoutExporter,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsPointXY,
    QgsPrintLayout,
    QgsProject,
    QgsRasterLayer,
)
from qgis.PyQt.QtCore import QPoint, Qt, QTimer
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

PLUGIN = "segshap"
SETTINGS = json.loads(os.environ["SEGSHAP_DEMO"])
OUTPUT = Path(SETTINGS["output"])
faults: list[str] = []
# Corners of the region on the slick of the sample scene: (row, column).
CORNERS = ((185, 100), (185, 132), (217, 132), (217, 100))


def remember_fault(kind: type, error: BaseException, trace: Any) -> None:
    """Instead of QGIS's own hook, which shows a box and waits for somebody to close it."""
    faults.append("".join(traceback.format_exception(kind, error, trace)))


def wait_for(condition: Callable[[], Any], seconds: float) -> None:
    """Let QGIS go on until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        if faults:
            raise RuntimeError("\n".join(faults))
        if time.monotonic() > end:
            raise TimeoutError("QGIS did not get there in time.")
        QTest.qWait(50)


def main() -> None:
    """Explain the sample scene and report; a failure is reported as well."""
    report: dict[str, Any] = {}
    sys.excepthook = remember_fault
    try:
        report = demonstrate()
    except Exception:  # noqa: BLE001 (the other process has to hear of whatever it was)
        report = {"error": traceback.format_exc()}
    (OUTPUT / "report.json").write_text(json.dumps(report), encoding="utf-8")
    if not SETTINGS["stay"]:
        QgsProject.instance().setDirty(False)
        os._exit(0)


def demonstrate() -> dict[str, Any]:
    """Load, draw, wait, export."""
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
    QTest.qWait(1000)
    bench.dock.method.effort_box.setCurrentIndex(SETTINGS["effort"])

    bench.picking.actions["region"].trigger()
    draw_region(iface.mapCanvas(), scene)
    grab(iface, "window_running.png", after=3000)
    runs = bench.dock.runs
    wait_for(lambda: runs.records() or not bench.runs, seconds=1800)
    if not runs.records():
        texts = [item.text() for item in iface.messageBar().items()]
        raise RuntimeError(" ".join(texts) or "The explanation ended without a result.")
    record = runs.records()[0]
    QTest.qWait(1500)

    package = OUTPUT / "segshap.gpkg"
    package.unlink(missing_ok=True)
    bench.exports.write_geopackage([record], package)
    wait_for(package.is_file, seconds=60)
    QTest.qWait(500)
    draw_map(iface.mapCanvas(), bench.dock.result.headline.text(), OUTPUT / "map.png")
    iface.messageBar().clearWidgets()  # the picture needs no path of this machine
    grab(iface, "window.png", after=500)
    return summary(record, bench.dock.result.headline.text())


def draw_region(canvas: Any, scene: QgsRasterLayer) -> None:
    """Click the corners on the map and press Enter."""
    extent = scene.extent()
    for row, column in CORNERS:
        x = extent.xMinimum() + column * scene.rasterUnitsPerPixelX()
        y = extent.yMaximum() - row * scene.rasterUnitsPerPixelY()
        there = canvas.getCoordinateTransform().transform(QgsPointXY(x, y))
        position = QPoint(round(there.x()), round(there.y()))
        QTest.mouseMove(canvas.viewport(), position)
        QTest.mouseClick(
            canvas.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, position
        )
        QTest.qWait(100)
    QTest.keyClick(canvas, Qt.Key.Key_Return)


def draw_map(canvas: Any, title: str, path: Path) -> None:
    """The map as it is on the canvas, with its legend, as a picture."""
    layout = QgsPrintLayout(QgsProject.instance())
    layout.initializeDefaults()
    page = layout.pageCollection().page(0)
    page.setPageSize(QgsLayoutSize(300, 190))
    heading = QgsLayoutItemLabel(layout)
    heading.setText(title)
    place(layout, heading, 5, 4, 290, 8)
    shown = QgsLayoutItemMap(layout)
    place(layout, shown, 5, 14, 170, 170)
    shown.setLayers(canvas.mapSettings().layers())
    shown.setCrs(canvas.mapSettings().destinationCrs())
    shown.zoomToExtent(canvas.extent())
    shown.setFrameEnabled(True)
    legend = QgsLayoutItemLegend(layout)
    legend.setLinkedMap(shown)
    legend.setLegendFilterByMapEnabled(True)
    place(layout, legend, 180, 14, 115, 170)
    settings = QgsLayoutExporter.ImageExportSettings()
    settings.dpi = 130
    QgsLayoutExporter(layout).exportToImage(str(path), settings)


def place(
    layout: QgsPrintLayout, item: Any, x: float, y: float, width: float, height: float
) -> None:
    """Put an item on the page; millimetres."""
    layout.addLayoutItem(item)
    item.attemptMove(QgsLayoutPoint(x, y))
    item.attemptResize(QgsLayoutSize(width, height))


def grab(iface: Any, name: str, after: int) -> None:
    """A picture of the whole window."""
    QTest.qWait(after)
    iface.mainWindow().grab().save(str(OUTPUT / name))


def summary(record: Any, headline: str) -> dict[str, Any]:
    """The figures of the run."""
    found = record.explanation
    return {
        "headline": headline,
        "p": float(found.prediction[0]),
        "base": float(found.base[0]),
        "sum": float(found.values[0].sum()),
        "precision": found.precision_of(record.target),
        "evaluations": found.evaluations,
        "seconds": record.settings["seconds"],
    }


QApplication.instance().setQuitOnLastWindowClosed(True)
QTimer.singleShot(500, main)
