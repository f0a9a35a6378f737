"""What an analyst does in the real QGIS, with mouse and keys, and what is there to be counted."""

from __future__ import annotations

import gc
import json
import os
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from qgis import utils
from qgis.core import Qgis, QgsApplication, QgsPointXY, QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import (
    QCoreApplication,
    QEvent,
    QObject,
    QPoint,
    Qt,
    QtMsgType,
    qInstallMessageHandler,
)
from qgis.PyQt.QtTest import QTest

from .findings import Finding

PLUGIN = "segshap"
ROLE = "segshap/role"
# QGIS 3.40 marks layers with notes and those in memory, and keeps nine of ten marks when they are
# removed: it does so with layers of its own alone, too.
MARK = "QgsLayerTreeViewIndicator"
# What Qt says when somebody touches it from the wrong thread or too late.
QT_FAULTS = ("thread", "QObject::", "QTimer", "destroyed", "wrapped C/C++")

faults: list[str] = []


class Stage:
    """One QGIS window with the plugin, the scene and the small model.

    Parameters
    ----------
    orders : mapping
        What the campaign wants; see `qgis_process.in_qgis`.
    """

    def __init__(self, orders: Mapping[str, Any]) -> None:
        self.orders = orders
        self.folder = Path(orders["folder"])
        self.iface = utils.iface
        self.project = QgsProject.instance()
        self.canvas = self.iface.mapCanvas()
        self.iface.mainWindow().resize(1400, 900)
        self.load_plugin()
        self.open_scene()

    # The plugin -------------------------------------------------------------------------------

    def load_plugin(self) -> None:
        """As the plugin manager does."""
        if not (utils.loadPlugin(PLUGIN) and utils.startPlugin(PLUGIN)):
            raise RuntimeError("QGIS did not load the plugin.")
        self.settle()

    def open_dock(self) -> None:
        """The dock with the small model and small cells."""
        self.plugin.show_dock(True)
        dock = self.bench.dock
        dock.source.add_model(Path(self.orders["model"]))
        dock.method.side_box.setValue(int(self.orders.get("side", 8)))
        dock.method.budget_box.setValue(int(self.orders.get("budget", 60)))
        dock.method.precision_box.setValue(0)
        self.settle()

    def module(self, name: str) -> Any:
        """A module of the plugin as QGIS loaded it."""
        return sys.modules[f"{PLUGIN}.segshap_qgis.{name}"]

    @property
    def plugin(self) -> Any:
        """The plugin's shell."""
        return utils.plugins[PLUGIN]

    @property
    def bench(self) -> Any:
        """The plugin's workbench."""
        return self.plugin.workbench

    # The project ------------------------------------------------------------------------------

    def open_scene(self) -> QgsRasterLayer:
        """The scene alone in an empty project, and the dock open with it."""
        self.project.clear()
        layer = QgsRasterLayer(str(self.orders["scene"]), "scene")
        self.project.addMapLayer(layer)
        self.iface.setActiveLayer(layer)
        self.canvas.setDestinationCrs(layer.crs())
        self.canvas.setExtent(layer.extent())
        self.settle()
        self.open_dock()
        self.bench.dock.source.layer_box.setLayer(layer)
        return layer

    @property
    def scene(self) -> Any:
        """The scene, which is in the project."""
        (layer,) = self.project.mapLayersByName("scene")
        return layer

    def layers_of_role(self, role: str) -> list[Any]:
        """Layers that the plugin made."""
        layers = self.project.mapLayers().values()
        return [layer for layer in layers if layer.customProperty(ROLE) == role]

    # What a hand does -------------------------------------------------------------------------

    def click(self, row: int, column: int) -> None:
        """On the middle of a pixel of the scene."""
        extent, size = self.scene.extent(), self.scene.rasterUnitsPerPixelX()
        point = QgsPointXY(
            extent.xMinimum() + (column + 0.5) * size, extent.yMaximum() - (row + 0.5) * size
        )
        there = self.canvas.getCoordinateTransform().transform(point)
        QTest.mouseClick(
            self.canvas.viewport(),
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
            QPoint(round(there.x()), round(there.y())),
        )

    def pick(self, row: int = 48, column: int = 64) -> Any:
        """Ask for an explanation of a pixel; its task, or None where it was refused."""
        before = set(self.bench.runs)
        self.bench.picking.actions["pixel"].trigger()
        self.click(row, column)
        new = set(self.bench.runs) - before
        return new.pop() if new else None

    def cancel(self) -> None:
        """Press the button."""
        button = self.bench.dock.progress.cancel_button
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def explain(self, seconds: float = 60) -> Any:
        """An explanation to its end; its record."""
        known = len(self.bench.dock.runs.records())
        self.pick()
        self.wait(lambda: not self.bench.runs, seconds)
        records = self.bench.dock.runs.records()
        if len(records) != known + 1:
            raise AssertionError(f"no result: {self.messages()}")
        return records[0]

    def messages(self) -> list[str]:
        """What the message bar says."""
        return [item.text() for item in self.iface.messageBar().items()]

    # Waiting ----------------------------------------------------------------------------------

    def wait(self, condition: Callable[[], Any], seconds: float = 60) -> float:
        """Let QGIS go on until something holds; returns the seconds that took."""
        started = time.monotonic()
        while not condition():
            if time.monotonic() - started > seconds:
                raise TimeoutError(f"waited {seconds:.0f} s in vain; {self.messages()}")
            QTest.qWait(5)
        return time.monotonic() - started

    def wait_until_quiet(self, seconds: float = 60) -> None:
        """Nothing waits, works or is being written."""
        manager = QgsApplication.taskManager()
        self.wait(lambda: not manager.countActiveTasks() and not self._busy(), seconds)
        self.settle()

    def _busy(self) -> bool:
        bench = self.bench
        return bench is not None and bool(bench.runs or bench.queue.current)

    @staticmethod
    def settle() -> None:
        """What was posted is delivered, what was to be deleted is gone."""
        for _ in range(3):
            QCoreApplication.processEvents()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    # What is there ----------------------------------------------------------------------------

    def present(self) -> dict[str, int]:
        """Counts of what grows when something is forgotten."""
        self.settle()
        gc.collect()
        project, window = self.project, self.iface.mainWindow()
        manager = QgsApplication.taskManager()
        watched: list[tuple[QObject, Any]] = [
            (project, project.cleared),
            (project, project.layersWillBeRemoved),
            (project, project.layersAdded),
            (project, project.readProject),
            (project, project.writeProject),
            (self.iface, self.iface.currentLayerChanged),
            (self.canvas, self.canvas.xyCoordinates),
            (self.canvas, self.canvas.extentsChanged),
            (manager, manager.statusChanged),
        ]
        return {
            "file handles": len(list(Path("/proc/self/fd").iterdir())),
            "threads": len(list(Path("/proc/self/task").iterdir())),
            "layers": len(project.mapLayers()),
            "signal connections": sum(sender.receivers(signal) for sender, signal in watched),
            "Qt objects": len(window.findChildren(QObject)) - self.kinds()[MARK],
            "map items": len(self.canvas.scene().items()),
            "tasks": manager.count(),
        }

    def kinds(self) -> Counter[str]:
        """How many Qt objects of each class the window has."""
        return Counter(
            child.metaObject().className()
            for child in self.iface.mainWindow().findChildren(QObject)
        )

    @staticmethod
    def megabytes() -> float:
        """Memory in use by this process."""
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def report_on(act: Callable[[], Finding], path: Path, ends: bool = True) -> None:
    """Carry an act out and write what it found; exceptions and Qt's complaints are faults.

    Parameters
    ----------
    act : callable
        Returns a Finding.
    path : Path
        Of the report.
    ends : bool
        End QGIS at once afterwards; otherwise the act has asked it to quit.
    """
    sys.excepthook = _remember
    threading.excepthook = lambda told: _remember(
        told.exc_type, told.exc_value or told.exc_type(), told.exc_traceback
    )
    qInstallMessageHandler(_listen)
    QgsApplication.messageLog().messageReceived.connect(_read_log)
    finding = Finding()
    try:
        finding = act()
    except Exception:  # noqa: BLE001 (the other process has to hear of whatever it was)
        faults.append(traceback.format_exc())
    finding.faults += faults
    path.write_text(json.dumps(finding.to_dict()), encoding="utf-8")
    if ends:
        os._exit(0)


def _remember(kind: type, error: BaseException, trace: Any) -> None:
    """Instead of QGIS's own hook, which shows a box and waits for somebody to close it."""
    _blame("".join(traceback.format_exception(kind, error, trace)))


def _listen(kind: QtMsgType, _where: Any, text: str) -> None:
    if kind != QtMsgType.QtDebugMsg and any(sign in text for sign in QT_FAULTS):
        _blame(f"Qt: {text}")


def _read_log(text: str, tag: str, level: Qgis.MessageLevel) -> None:
    # Details of messages are logged, too; a preview that could not be drawn is told here alone.
    is_told = ".errors." in text.rstrip().rpartition("\n")[2]
    if tag == "SegSHAP" and "Traceback" in text and not is_told:
        _blame(f"log ({level}): {text}")


def _blame(fault: str) -> None:
    """Keep a fault; also on stderr, where it is seen after the report was written."""
    faults.append(fault)
    print(fault, file=sys.__stderr__)
