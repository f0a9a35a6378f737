"""QGIS is quit in the middle of things: it ends in order, soon, and nothing on disk is harmed."""

from __future__ import annotations

import faulthandler
import sys
import time
from collections.abc import Callable

from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QMessageBox

from tools.real_qgis import ROOT

from .findings import Finding, spread
from .ground import Ground
from .qgis_process import in_qgis
from .stage import Stage

# Seconds from the menu entry to the end of the process; QGIS alone takes a part of them.
LONGEST = 30.0
STANDARD_ERROR = 2


def quit_meanwhile(ground: Ground, quick: bool) -> Finding:
    """QGIS quit during a run."""
    finding = Finding()
    seconds: dict[str, float] = {}
    for moment in ("starting", "running") if quick else MOMENTS:
        found = in_qgis("quitting:act", ground, 120, moment=moment, ends=False, budget=100_000)
        asked = float(found.figures.get("asked", time.time()))
        seconds[moment] = time.time() - asked
        finding.faults += [f"quit while {moment}: {fault}" for fault in found.faults]
        if seconds[moment] > LONGEST:
            finding.faults.append(f"quitting while {moment} took {seconds[moment]:.0f} s")
    finding.figures = {
        "times": len(seconds),
        "ended in order": len(seconds) - len({f.partition(":")[0] for f in finding.faults}),
        "from quitting to the end of the process": spread(list(seconds.values())),
    }
    return finding


def _idle(stage: Stage) -> None:
    """For comparison: what QGIS takes anyway."""


def _starting(stage: Stage) -> None:
    stage.pick()


def _running(stage: Stage) -> None:
    stage.pick()
    stage.wait(lambda: stage.layers_of_role("preview"))


def _queued(stage: Stage) -> None:
    for column in range(50, 60):
        stage.pick(column=column)
    QTest.qWait(200)


def _cancelling(stage: Stage) -> None:
    _running(stage)
    stage.cancel()


def _exporting(stage: Stage) -> None:
    stage.bench.dock.method.budget_box.setValue(12)
    record = stage.explain()
    stage.bench.exports.write_geopackage([record], stage.folder / "quitting.gpkg")


def _large_model(stage: Stage) -> None:
    """In the middle of a long step of the real network."""
    source = stage.bench.dock.source
    source.add_model(ROOT / "resources" / "models" / "oil_fcdensenet56.json")
    stage.pick()
    QTest.qWait(4000)


MOMENTS: dict[str, Callable[[Stage], None]] = {
    "idle": _idle,
    "starting": _starting,
    "running": _running,
    "queued": _queued,
    "cancelling": _cancelling,
    "exporting": _exporting,
    "large model": _large_model,
}


def act(stage: Stage) -> Finding:
    """Get there, then choose Exit in the menu; the report is written before QGIS hears of it."""
    MOMENTS[str(stage.orders["moment"])](stage)
    stage.project.setDirty(False)
    # Two timers, because one does not tick again while QGIS asks in the middle of its tick.
    asking, leaving = QTimer(stage.iface.mainWindow()), QTimer(stage.iface.mainWindow())
    asking.timeout.connect(_answer)
    asking.start(100)
    # QGIS stays where it was told to stop a task first: Exit is chosen until it goes.
    leaving.timeout.connect(stage.iface.actionExit().trigger)
    leaving.start(100)
    # Should it hang, the stacks of all threads say where.
    faulthandler.dump_traceback_later(LONGEST, file=STANDARD_ERROR)
    return Finding(figures={"asked": time.time()})


def _answer() -> None:
    """A person in a hurry: stop what runs, throw away what is not saved."""
    box = QApplication.activeModalWidget()
    if isinstance(box, QMessageBox):
        for answer in (QMessageBox.StandardButton.Discard, QMessageBox.StandardButton.Yes):
            if box.button(answer) is not None:
                box.button(answer).click()
                return
    if box is not None:
        print(f"waits in {type(box).__name__} {box.windowTitle()}", file=sys.__stderr__)
