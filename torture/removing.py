"""Layer, project or plugin is taken away in every phase of a run; afterwards all works again."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from qgis import utils
from qgis.core import QgsApplication, QgsCoordinateReferenceSystem
from qgis.PyQt.QtTest import QTest

from .findings import Finding
from .ground import Ground
from .qgis_process import in_qgis
from .stage import PLUGIN, Stage

Act = Callable[[Stage], None]


def removed(ground: Ground, quick: bool) -> Finding:
    """Layer, project or plugin removed or reloaded in every phase."""
    return in_qgis("removing:act", ground, 1200, quick=quick, budget=300)


# Phases: each returns in the middle of what it is named after. ------------------------------------


def _waiting(stage: Stage) -> None:
    stage.pick()
    stage.pick(column=70)


def _starting(stage: Stage) -> None:
    stage.pick()


def _reading(stage: Stage) -> None:
    stage.pick()
    QTest.qWait(15)


def _located(stage: Stage) -> None:
    _until_signal(stage, "located")


def _first_values(stage: Stage) -> None:
    _until_signal(stage, "advanced")


def _preview_shown(stage: Stage) -> None:
    stage.bench.dock.method.budget_box.setValue(100_000)
    stage.pick()
    stage.wait(lambda: stage.layers_of_role("preview"))


def _cancelled(stage: Stage) -> None:
    _first_values(stage)
    stage.cancel()


def _ended(stage: Stage) -> None:
    """Right after the result: the run is just being kept in the project."""
    stage.bench.dock.method.budget_box.setValue(20)
    stage.explain()


def _exporting(stage: Stage) -> None:
    _ended(stage)
    record = stage.bench.dock.runs.records()[0]
    stage.bench.exports.write_geopackage([record], stage.folder / "removing.gpkg")


def _asking_what_if(stage: Stage) -> None:
    _ended(stage)
    stage.bench.what_if.hide_strongest()


def _drawing_cells(stage: Stage) -> None:
    box = stage.bench.dock.method.preview_box
    box.setChecked(True)
    QTest.qWait(320)


def _until_signal(stage: Stage, name: str) -> None:
    heard: list[bool] = []
    task = stage.pick()
    getattr(task, name).connect(lambda *_: heard.append(True))
    stage.wait(lambda: heard)


PHASES: dict[str, Act] = {
    "waiting in the queue": _waiting,
    "starting": _starting,
    "reading": _reading,
    "located": _located,
    "first values": _first_values,
    "preview shown": _preview_shown,
    "cancelled": _cancelled,
    "ended": _ended,
    "exporting": _exporting,
    "asking what if": _asking_what_if,
    "drawing cells": _drawing_cells,
}


# What happens to the ground. ----------------------------------------------------------------------


def _remove_layer(stage: Stage) -> None:
    stage.project.removeMapLayer(stage.scene.id())


def _point_layer_elsewhere(stage: Stage) -> None:
    stage.scene.setDataSource(str(stage.folder / "gone.tif"), "scene", "gdal")


def _remove_our_layers(stage: Stage) -> None:
    for layer in stage.project.mapLayers().values():
        if layer is not None and layer.customProperty("segshap/role"):
            stage.project.removeMapLayer(layer.id())
            return


def _empty_layer_tree(stage: Stage) -> None:
    stage.project.layerTreeRoot().removeAllChildren()


def _change_crs(stage: Stage) -> None:
    stage.project.setCrs(QgsCoordinateReferenceSystem("EPSG:3857"))


def _close_project(stage: Stage) -> None:
    stage.project.clear()


def _open_project(stage: Stage) -> None:
    stage.project.setDirty(False)
    if not stage.project.read(str(stage.folder / "removing.qgz")):
        raise AssertionError("the project could not be read")


def _reload_plugin(stage: Stage) -> None:
    utils.reloadPlugin(PLUGIN)


def _unload_plugin(stage: Stage) -> None:
    utils.unloadPlugin(PLUGIN)
    stage.settle()
    QTest.qWait(50)
    stage.load_plugin()


def _close_dock(stage: Stage) -> None:
    stage.plugin.show_dock(False)


BLOWS: dict[str, Act] = {
    "layer removed": _remove_layer,
    "layer pointed at a file that is gone": _point_layer_elsewhere,
    "preview or result removed": _remove_our_layers,
    "layer tree emptied": _empty_layer_tree,
    "map in another CRS": _change_crs,
    "project closed": _close_project,
    "another project opened": _open_project,
    "plugin reloaded": _reload_plugin,
    "plugin unloaded and loaded": _unload_plugin,
    "dock closed": _close_dock,
}


def act(stage: Stage) -> Finding:
    """Every blow in every phase; after each a new explanation comes to its end."""
    finding = Finding()
    stage.explain()
    stage.project.write(str(stage.folder / "removing.qgz"))
    stage.open_scene()
    pairs = [(phase, blow) for phase in PHASES for blow in BLOWS]
    if stage.orders["quick"]:
        # Each phase and each blow once.
        blows = list(BLOWS)
        pairs = [(phase, blows[i % len(blows)]) for i, phase in enumerate(PHASES)]
    before = stage.present()["map items"]
    for phase, blow in pairs:
        try:
            PHASES[phase](stage)
            BLOWS[blow](stage)
            _recover(stage, before)
        except Exception:  # noqa: BLE001 (the next pair is to be tried all the same)
            finding.faults.append(f"{blow} while {phase}: {traceback.format_exc()}")
            _start_over(stage)
    finding.figures = {
        "phases": len(PHASES),
        "blows": len(BLOWS),
        "tried": len(pairs),
        "explained again afterwards": len(pairs) - len(finding.faults),
    }
    return finding


def _recover(stage: Stage, map_items: int) -> None:
    """Whatever goes on comes to its end, and then everything works."""
    QTest.qWait(30)
    if stage.bench is not None:
        stage.bench.queue.cancel_all()
    stage.wait_until_quiet()
    unexpected = [text for text in stage.messages() if "explanation failed" in text]
    stage.iface.messageBar().clearWidgets()
    stage.open_scene()
    stage.bench.dock.method.preview_box.setChecked(False)
    stage.bench.dock.method.budget_box.setValue(12)
    stage.explain()
    stage.open_scene()
    stage.bench.dock.method.budget_box.setValue(300)
    left: list[Any] = []
    if unexpected:
        left.append(f"said: {unexpected}")
    if stage.present()["map items"] > map_items:
        left.append(f"map items {map_items} → {stage.present()['map items']}")
    if left:
        raise AssertionError("; ".join(left))


def _start_over(stage: Stage) -> None:
    QgsApplication.taskManager().cancelAll()
    QTest.qWait(500)
    Path(stage.folder / "removing.gpkg").unlink(missing_ok=True)
    utils.reloadPlugin(PLUGIN)
    stage.iface.messageBar().clearWidgets()
    stage.open_scene()
