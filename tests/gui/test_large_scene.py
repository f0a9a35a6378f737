from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal, osr

from tests.small_model import write_small_model

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def write_scene(path: Path, width: int, height: int) -> Path:
    """A uint16 scene with data in its middle; the rest of the file is not even written."""
    file = gdal.GetDriverByName("GTiff").Create(
        str(path), width, height, 1, gdal.GDT_UInt16, ["TILED=YES", "SPARSE_OK=TRUE"]
    )
    file.SetGeoTransform((300000.0, 10.0, 0.0, 5000000.0, 0.0, -10.0))
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(32631)
    file.SetProjection(reference.ExportToWkt())
    pixels = np.random.default_rng(0).gamma(4, 20, (128, 128)).astype(np.uint16)
    file.GetRasterBand(1).WriteArray(pixels, width // 2 - 64, height // 2 - 64)
    file.FlushCache()
    return path


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """The same explanation on a small scene and on one of 25,000 x 16,000 pixels."""
    folder = tmp_path_factory.mktemp("scenes")
    card = write_small_model(folder)
    sizes = {"small": (512, 512), "large": (25_000, 16_000)}
    return {
        name: explain_in_fresh_process(write_scene(folder / f"{name}.tif", *size), card)
        for name, size in sizes.items()
    }


def explain_in_fresh_process(scene: Path, card: Path) -> dict:
    command = [sys.executable, str(HERE / "explain_scene.py"), str(scene), str(card)]
    run = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        env=environment(),
        check=False,
    )
    lines = [line for line in run.stdout.splitlines() if line.startswith("{")]
    assert lines, run.stderr
    found = json.loads(lines[-1])
    assert found["error"] == "", found["error"]
    return found


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}


def test_a_huge_scene_takes_the_memory_of_a_small_one(measured):
    assert measured["large"]["players"] == measured["small"]["players"] > 10
    difference = measured["large"]["megabytes"] - measured["small"]["megabytes"]
    assert abs(difference) < 100, measured


def test_a_huge_scene_is_started_as_fast_as_a_small_one(measured):
    assert measured["large"]["seconds"] < 3 * measured["small"]["seconds"] + 1, measured
