"""Runs inside QGIS for `demo_qgis.py`: does what an analyst does, with the hand's own events."""

from __future__ import annotations

import json
import os
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
    QgsPrintLayout,
    QgsProject,
)
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

from tools.hands_in_qgis import draw_region, grab, open_scene, report_on, start_plugin, wait_for

SETTINGS = json.loads(os.environ["SEGSHAP_DEMO"])
OUTPUT = Path(SETTINGS["output"])


def main() -> None:
    """Explain the sample scene and report; a failure is reported as well."""
    report_on(demonstrate, OUTPUT / "report.json", SETTINGS["stay"])


def demonstrate() -> dict[str, Any]:
    """Load, draw, wait, export."""
    iface = utils.iface
    scene = open_scene(SETTINGS["scene"])
    plugin = start_plugin()
    plugin.show_dock(True)
    bench = plugin.workbench
    QTest.qWait(1000)
    bench.dock.method.effort_box.setCurrentIndex(SETTINGS["effort"])

    bench.picking.actions["region"].trigger()
    draw_region(iface.mapCanvas(), scene)
    grab(iface.mainWindow(), OUTPUT / "window_running.png", after=3000)
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
    grab(iface.mainWindow(), OUTPUT / "window.png", after=500)
    return summary(record, bench.dock.result.headline.text())


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
