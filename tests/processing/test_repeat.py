"""An exported run is repeated from its file: same bits, and what is not as it was is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import QgsGeometry, QgsRasterLayer

from segshap_qgis.geo import read_geopackage, write_geopackage
from segshap_qgis.job import ExplainJob
from segshap_qgis.processing.explain_regions import ExplainRegions
from segshap_qgis.processing.repeat import Repeat
from segshap_qgis.processing.watch import Watch
from segshap_qgis.workflow import Request
from tests.processing.conftest import Feedback
from tests.processing.test_explain_regions import box, layer_of, settings
from tests.small_model import write_small_model


@pytest.fixture
def runs(run, small_scene, tmp_path):
    """A GeoPackage with one run."""
    path = tmp_path / "runs.gpkg"
    regions = layer_of("Polygon", box(10, 10, 8))
    asked = settings(small_scene, regions, WINDOW=48, SEED=7, OUTPUT_RUNS=str(path))
    _, good, feedback, _ = run(ExplainRegions(), asked)
    assert good, feedback.errors
    return path


def repeated(run, runs, **others):
    output = runs.with_name("again.gpkg")
    asked = {"INPUT": str(runs), "OUTPUT": str(output), **others}
    results, good, feedback, _ = run(Repeat(), asked)
    return results, good, feedback


def test_a_repetition_has_the_same_bits(run, runs):
    before = runs.read_bytes()
    results, good, feedback = repeated(run, runs)
    assert good, feedback.errors
    assert results["SAME_BITS"] is True
    assert results["LARGEST_DIFFERENCE"] == 0
    assert results["RASTER_STATE"] == "same"
    first, again = read_geopackage(runs), read_geopackage(results["OUTPUT"])
    assert np.array_equal(first.explanation.values, again.explanation.values)
    assert again.explanation.history == first.explanation.history
    assert np.array_equal(first.probability, again.probability)
    assert again.settings["repeats"]["name"] == first.name
    assert runs.read_bytes() == before


class StopAt(Watch):
    """Stops a run once it has so many evaluations."""

    def __init__(self, evaluations):
        super().__init__(Feedback(), 1000)
        self._evaluations = evaluations

    def on_progress(self, partial):
        return partial.evaluations < self._evaluations


@pytest.mark.parametrize("evaluations", [18, 30])
def test_a_run_that_was_stopped_is_repeated_as_far_as_it_went(
    run, small_scene, tmp_path, evaluations
):
    raster, model = small_scene
    place = QgsGeometry.fromWkt(box(10, 10, 8))
    request = Request(model, "oil", side=8, window=48, budget=1000, stop_at=None)
    job = ExplainJob(QgsRasterLayer(raster, "scene"), request, "region", place, "stopped")
    record = job.carry_out(StopAt(evaluations))
    assert evaluations <= record.explanation.evaluations < 1000
    runs = tmp_path / "runs.gpkg"
    write_geopackage(runs, [record])
    results, good, feedback = repeated(run, runs)
    assert good, feedback.errors
    assert results["SAME_BITS"] is True
    again = read_geopackage(results["OUTPUT"]).explanation
    assert again.evaluations == record.explanation.evaluations


def test_another_model_is_refused(run, runs, small_scene):
    other = runs.with_name("other")
    other.mkdir()
    path = write_small_model(other, seed=5)
    _, good, feedback = repeated(run, runs, MODEL_FILE=str(path))
    assert not good
    assert any("its checksum differs" in text for text in feedback.errors)
    assert not runs.with_name("again.gpkg").exists()


def test_a_raster_that_has_changed_or_is_gone_is_told(run, runs, small_scene):
    raster = small_scene[0]
    dataset = gdal.Open(raster, gdal.GA_Update)
    dataset.GetRasterBand(1).WriteArray(np.full((2, 3), 9999, np.float32), 12, 12)
    dataset = None
    results, _, feedback = repeated(run, runs)
    assert results["RASTER_STATE"] == "changed"
    assert any(text.startswith("6 of 2304 pixels") for text in feedback.told)
    assert results["SAME_BITS"] is True
    moved = Path(raster).rename(Path(raster).with_name("moved.tif"))
    results, _, _ = repeated(run, runs)
    assert results["RASTER_STATE"] == "not found"
    results, _, _ = repeated(run, runs, RASTER=str(moved))
    assert results["RASTER_STATE"] == "changed"


def test_settings_that_contradict_the_result_are_refused(run, runs):
    record = read_geopackage(runs)
    wrong = runs.with_name("wrong.gpkg")
    write_geopackage(wrong, [replace(record, settings={**record.settings, "seed": 8})])
    _, good, feedback = repeated(run, wrong)
    assert not good
    assert any("contradict" in text for text in [*feedback.errors, *feedback.told])


def test_a_file_without_runs_is_refused(run, tmp_path):
    path = tmp_path / "empty.gpkg"
    path.write_bytes(b"")
    _, good, feedback = repeated(run, path)
    assert not good
    assert feedback.errors


def test_cancelling_writes_nothing(run, runs):
    output = runs.with_name("again.gpkg")
    asked = {"INPUT": str(runs), "OUTPUT": str(output)}
    results, _, feedback, _ = run(Repeat(), asked, Feedback(cancel_at=5.0))
    assert not output.exists()
    assert "OUTPUT" not in results
    assert any("Cancelled" in text for text in feedback.told)
