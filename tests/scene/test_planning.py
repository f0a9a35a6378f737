"""What the dry run of a queue says, beside what the queue then takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scene.scenes import RADAR, sea_db, write_scene
from tests.small_model import SMALL, write_small_model

ROOT = Path(__file__).resolve().parents[2]
# So wide that what it computes outweighs all else in the process.
WIDE = {"down_layers": [2, 2], "bottleneck_layers": 2, "growth": 12, "stem_maps": 48}
# Dark rectangles of a scene of 400 x 900 pixels: the first is the smallest.
FAR_APART = [(40, 40, 10, 12), (120, 420, 100, 120), (60, 760, 12, 20)]
CHILD = """
import json, sys
from pathlib import Path
from segshap_qgis.models import load_model
from segshap_qgis.scene import explain_slicks, plan_slicks
from segshap_qgis.scene.planning import peak_memory
from tests.scene.queues import outline, small_queue

what, scene, model, settings, slicks, output = json.loads(sys.argv[1])
request = small_queue(scene, model, **settings)
outlines = [outline(*slick) for slick in slicks]
load_model(model)
before = peak_memory()
if what == "plan":
    after = plan_slicks(request, outlines, lambda: False).memory
else:
    explain_slicks(request, outlines, Path(output), lambda share: None, lambda: False)
    after = peak_memory()
print(after - before)
"""


def growth(what: str, folder: Path, settings: dict, slicks: list) -> float:
    """Bytes that a dry run says, or that a queue takes, on top of a process with the model."""
    asked = [what, str(folder / "scene.tif"), str(folder / "small.json"), settings, slicks]
    asked.append(str(folder / "slicks.gpkg"))
    # Dask, which earlier tests may have used, tells children to give memory back sooner than usual.
    usual = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    run = subprocess.run(
        [sys.executable, "-c", CHILD, json.dumps(asked)],
        cwd=ROOT,
        env=usual,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(run.stdout.splitlines()[-1])


@pytest.fixture
def wide_scene(tmp_path):
    pixels = sea_db(400, 900)
    for row, column, height, width in FAR_APART:
        pixels[0, row : row + height, column : column + width] -= 8
    write_scene(tmp_path / "scene.tif", pixels)
    return tmp_path


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="tells no peak of its own")
@pytest.mark.parametrize(
    ("architecture", "settings", "slicks"),
    [
        pytest.param(WIDE, {"window": 256, "side": 22}, FAR_APART, id="mostly the network"),
        pytest.param(
            SMALL,
            {"window": 128, "side": 16, "budget": 4500},
            FAR_APART[:1],
            id="mostly the estimator",
        ),
    ],
)
def test_a_queue_takes_the_memory_that_its_dry_run_says(wide_scene, architecture, settings, slicks):
    write_small_model(wide_scene, architecture=architecture, normalisation=RADAR)
    said = growth("plan", wide_scene, settings, slicks)
    taken = growth("queue", wide_scene, settings, slicks)
    assert said == pytest.approx(taken, rel=0.25)
