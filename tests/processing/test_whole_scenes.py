"""From a scene to explained slicks, from the toolbox."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import QgsFeature, QgsGeometry, QgsSettings, QgsVectorLayer

from segshap_qgis.cluster_options import KEY, keep_cluster_option
from segshap_qgis.processing.explain_slicks import ExplainSlicks
from segshap_qgis.processing.find_slicks import FindSlicks
from segshap_qgis.processing.provider import ALGORITHMS
from segshap_qgis.processing.segment_raster import SegmentRaster
from tests.geo.raster_files import write_tiff
from tests.processing.conftest import Feedback
from tests.scene.queues import SLICKS, outline, scene_with_slicks
from tests.scene.scenes import radar_model


@pytest.fixture
def scene(tmp_path) -> dict[str, str]:
    return {
        "INPUT": str(scene_with_slicks(tmp_path / "scene.tif")),
        "MODEL_FILE": str(radar_model(tmp_path)),
        "UNIT": "db",
    }


def slick_layer(numbers) -> QgsVectorLayer:
    layer = QgsVectorLayer("Polygon?crs=EPSG:32631", "slicks", "memory")
    for number in numbers:
        feature = QgsFeature()
        feature.setGeometry(QgsGeometry.fromWkt(outline(*SLICKS[number]).wkt))
        layer.dataProvider().addFeature(feature)
    return layer


def test_the_toolbox_offers_all_three():
    assert {SegmentRaster, FindSlicks, ExplainSlicks} <= set(ALGORITHMS)


def test_a_raster_is_segmented_into_two_files(run, scene, tmp_path):
    output = tmp_path / "probability.tif"
    results, good, feedback, _ = run(
        SegmentRaster(),
        {**scene, "WINDOW": 128, "OVERLAP": 32, "KIND": "float32", "OUTPUT": str(output)},
    )
    assert good, feedback.errors
    assert results["OUTPUT"] == str(output)
    assert results["CLASSES"] == str(tmp_path / "probability_class.tif")
    found = gdal.Open(str(output)).ReadAsArray()
    assert found.shape == (200, 260)
    assert 0 <= found.min() < found.max() <= 1


def test_a_segmentation_is_estimated_from_one_tile(run, scene, tmp_path):
    output = tmp_path / "p.tif"
    settings = {"WINDOW": 128, "OVERLAP": 32, "OUTPUT": str(output), "PLAN": True}
    results, good, feedback, _ = run(SegmentRaster(), {**scene, **settings})
    assert good, feedback.errors
    assert results == {}
    assert not output.exists()
    # Rows begin at 0 and 64, columns at 0, 64 and 128.
    assert any("6 tiles of" in text for text in feedback.told)


def test_a_segmentation_that_is_cancelled_says_how_to_go_on(run, scene, tmp_path):
    settings = {**scene, "WINDOW": 128, "OVERLAP": 32, "OUTPUT": str(tmp_path / "p.tif")}
    _, _, feedback, _ = run(SegmentRaster(), settings, Feedback(cancel_at=50))
    assert any("goes on where it was" in text for text in feedback.told)
    _, good, feedback, _ = run(SegmentRaster(), settings)
    assert good, feedback.errors
    assert any("taken up" in text for text in feedback.told)


def test_slicks_become_features_with_their_measures(run, tmp_path):
    pixels = np.zeros((1, 60, 80), np.float32)
    pixels[0, 10:20, 30:50] = 0.9
    pixels[0, 40:43, 10:13] = 0.8
    path = write_tiff(tmp_path / "p.tif", pixels)
    results, good, feedback, context = run(
        FindSlicks(),
        {"PROBABILITY": str(path), "SMALLEST": 1000.0, "OUTPUT": "TEMPORARY_OUTPUT"},
    )
    assert good, feedback.errors
    features = list(context.takeResultLayer(results["OUTPUT"]).getFeatures())
    assert len(features) == 1
    assert (features[0]["area_m2"], features[0]["length_m"]) == (20_000, 200)
    assert features[0].geometry().area() == 20_000
    assert not features[0]["contrast_db"]


def test_every_slick_is_explained_into_a_geopackage(run, scene, tmp_path):
    output = tmp_path / "slicks.gpkg"
    settings = {"SIDE": 10, "BUDGET": 40, "STOP_AT": 0, "WINDOW": 64, "OUTPUT": str(output)}
    results, good, feedback, _ = run(
        ExplainSlicks(), {**scene, "SLICKS": slick_layer([2, 3]), **settings}
    )
    assert good, feedback.errors
    layer = QgsVectorLayer(f"{results['OUTPUT']}|layername=slicks", "slicks", "ogr")
    assert [feature["state"] for feature in layer.getFeatures()] == ["explained", "explained"]
    assert all(0 <= feature["trust"] <= 1 for feature in layer.getFeatures())


def test_an_estimate_costs_little_and_writes_nothing(run, scene, tmp_path):
    output = tmp_path / "slicks.gpkg"
    settings = {"SIDE": 10, "BUDGET": 1000, "STOP_AT": 0, "WINDOW": 64, "OUTPUT": str(output)}
    results, good, feedback, _ = run(
        ExplainSlicks(), {**scene, "SLICKS": slick_layer([0, 2, 3]), **settings, "PLAN": True}
    )
    assert good, feedback.errors
    assert results == {}
    assert not Path(output).exists()
    assert any("3 windows of" in text and "worker(s)" in text for text in feedback.told)


@pytest.fixture
def kept_scheduler():
    """A scheduler in QGIS's options that can be told from all others: it is no address."""
    pytest.importorskip("distributed")
    keep_cluster_option("address", "10.0.0.5")
    yield "10.0.0.5"
    QgsSettings().remove(KEY)


def test_the_scheduler_of_the_options_is_asked_unless_another_is_given(
    run, scene, tmp_path, kept_scheduler
):
    settings = {"SIDE": 10, "BUDGET": 20, "STOP_AT": 0, "WINDOW": 64}
    output = {"OUTPUT": str(tmp_path / "slicks.gpkg")}
    parameters = {**scene, "SLICKS": slick_layer([2]), **settings, **output}
    _, good, feedback, _ = run(ExplainSlicks(), parameters)
    assert not good
    assert any(kept_scheduler in text for text in feedback.errors)
    results, good, feedback, _ = run(ExplainSlicks(), {**parameters, "SCHEDULER": ""})
    assert good, feedback.errors
    assert Path(results["OUTPUT"]).exists()


def test_two_tls_files_of_three_are_refused(run, scene, tmp_path):
    settings = {"SCHEDULER": "tls://127.0.0.1:1", "CA_FILE": "ca.pem", "KEY": "key.pem"}
    output = {"OUTPUT": str(tmp_path / "slicks.gpkg")}
    parameters = {**scene, "SLICKS": slick_layer([2]), **settings, **output}
    _, good, feedback, _ = run(ExplainSlicks(), parameters)
    assert not good
    assert any("three files" in text for text in feedback.errors)
