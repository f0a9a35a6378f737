"""Explains the middle of a scene in a fresh process; tells seconds to an estimate, and memory."""

import json
import resource
import sys
import time

from qgis.core import QgsApplication, QgsGeometry, QgsProject, QgsRasterLayer
from qgis.PyQt.QtTest import QTest

scene, card = sys.argv[1:3]
application = QgsApplication([], True)
QgsApplication.initQgis()

from segshap_qgis.job import ExplainJob  # noqa: E402
from segshap_qgis.models import load_model  # noqa: E402
from segshap_qgis.tasks import ExplainTask  # noqa: E402
from segshap_qgis.workflow import Request  # noqa: E402

load_model(card)  # so that only the scene makes a difference
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
started = time.monotonic()
layer = QgsRasterLayer(scene, "scene", "gdal")
QgsProject.instance().addMapLayer(layer)
request = Request(model=card, target="oil", side=8, budget=12, window=64, stop_at=None)
place = QgsGeometry.fromPointXY(layer.extent().center())
task = ExplainTask(ExplainJob(layer, request, "pixel", place, "pixel"), "pixel")
first, ended = [], []
task.advanced.connect(lambda _: first.append(time.monotonic()))
task.ended.connect(lambda: ended.append(True))
QgsApplication.taskManager().addTask(task)
while not ended:
    QTest.qWait(20)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(  # noqa: T201 (the other process reads it)
    json.dumps(
        {
            "error": task.details,
            "seconds": first[0] - started if first else None,
            "megabytes": peak / 1024,
            "grown": (peak - before) / 1024,
            "players": task.record.explanation.superpixels.n_players if task.record else 0,
        }
    ),
    flush=True,
)
QgsProject.instance().clear()
