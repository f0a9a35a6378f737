"""Every feature of a layer is explained, from the toolbox and from a shell without a display."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import numpy as np
import pytest
from qgis.core import QgsFeature, QgsGeometry, QgsRasterLayer, QgsRectangle, QgsVectorLayer

from segshap_qgis.geo import read_geopackage
from segshap_qgis.geo.geopackage import list_runs
from segshap_qgis.models import read_card
from segshap_qgis.processing.explain_regions import ExplainRegions
from tests.geo.raster_files import write_tiff
from tests.processing.conftest import Feedback
from tests.small_model import write_small_model

ROOT = Path(__file__).resolve().parents[2]
CRS = "EPSG:32631"


def layer_of(kind, *shapes, crs=CRS):
    layer = QgsVectorLayer(f"{kind}?crs={crs}&field=label:string", "regions", "memory")
    features = []
    for number, shape in enumerate(shapes):
        feature = QgsFeature(layer.fields())
        feature["label"] = f"place {number}"
        if shape:
            feature.setGeometry(QgsGeometry.fromWkt(shape))
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    return layer


def box(column, row, side):
    """A square of pixels on the scene of `small_scene`."""
    left, top = 500000 + 10 * column, 4000000 - 10 * row
    right, bottom = left + 10 * side, top - 10 * side
    return (
        f"POLYGON(({left} {top}, {right} {top}, {right} {bottom}, {left} {bottom}, {left} {top}))"
    )


def settings(scene, regions, **others):
    raster, model = scene
    return {
        "INPUT": raster,
        "REGIONS": regions,
        "MODEL_FILE": model,
        "SIDE": 12,
        "BUDGET": 60,
        "OUTPUT": "TEMPORARY_OUTPUT",
        **others,
    }


def rows_of(results, context, name="OUTPUT"):
    return list(context.takeResultLayer(results[name]).getFeatures())


def test_every_feature_gives_a_row_that_adds_up(run, small_scene):
    regions = layer_of("Polygon", box(10, 10, 5), box(40, 30, 8))
    results, good, feedback, context = run(
        ExplainRegions(), settings(small_scene, regions, NAME_FIELD="label")
    )
    assert good, feedback.errors
    rows = rows_of(results, context)
    assert [row["name"] for row in rows] == ["place 0", "place 1"]
    assert [row["area_pixels"] for row in rows] == [25, 64]
    for row in rows:
        difference = row["prediction"] - row["base_value"]
        assert row["sum_of_contributions"] == pytest.approx(difference, abs=1e-9)
        assert row["state"] == "explained"
        assert 1 <= row["cells_for_80_percent"] <= row["super_pixels"]
    assert rows[0].geometry().area() == pytest.approx(25 * 100)


def test_cells_of_all_features_are_written_with_their_errors(run, small_scene):
    regions = layer_of("Point", "POINT(500105 3999895)", "POINT(500405 3999695)")
    results, good, _, context = run(
        ExplainRegions(),
        settings(small_scene, regions, NAME_FIELD="label", OUTPUT_CELLS="TEMPORARY_OUTPUT"),
    )
    assert good
    summary = {row["name"]: row for row in rows_of(results, context)}
    cells = rows_of(results, context, "OUTPUT_CELLS")
    for name, row in summary.items():
        own = [cell for cell in cells if cell["name"] == name]
        assert len(own) == row["super_pixels"]
        total = sum(cell["contribution"] for cell in own)
        assert total == pytest.approx(row["sum_of_contributions"], abs=1e-9)
        assert all(cell["standard_error"] >= 0 for cell in own)
        assert row["area_pixels"] == 1


def test_every_class_of_the_model_has_a_row_from_the_same_evaluations(run, small_scene):
    results, good, feedback, context = run(
        ExplainRegions(),
        settings(
            small_scene,
            layer_of("Polygon", box(10, 10, 5), box(40, 30, 8)),
            OUTPUT_CLASSES="TEMPORARY_OUTPUT",
        ),
    )
    assert good, feedback.errors
    summary = rows_of(results, context)
    rows = rows_of(results, context, "OUTPUT_CLASSES")
    names = read_card(small_scene[1]).class_names
    assert len(rows) == len(summary) * len(names)
    for row in summary:
        own = [each for each in rows if each["feature"] == row["feature"]]
        assert sorted(each["class"] for each in own) == sorted(names)
        assert sum(each["prediction"] for each in own) == pytest.approx(1.0, abs=1e-5)
        assert sum(each["sum_of_contributions"] for each in own) == pytest.approx(0.0, abs=1e-5)
        (asked,) = (each for each in own if each["class"] == row["class"])
        for name in ("prediction", "base_value", "strongest_cell", "strongest_standard_error"):
            assert asked[name] == row[name]


def test_a_photograph_without_a_place_on_earth_is_explained(run, small_scene, tmp_path):
    pixels = np.random.default_rng(0).gamma(4, 20, (1, 60, 80)).astype(np.float32)
    path = str(write_tiff(tmp_path / "photograph.tif", pixels, transform=None, epsg=None))
    middle = QgsRasterLayer(path).extent().center()
    square = QgsGeometry.fromRect(QgsRectangle.fromCenterAndSize(middle, 8, 8))
    parameters = settings(
        (path, small_scene[1]),
        layer_of("Polygon", square.asWkt(), crs=""),
        OUTPUT_CELLS="TEMPORARY_OUTPUT",
    )
    results, good, feedback, context = run(ExplainRegions(), parameters)
    assert good, feedback.errors
    (row,) = rows_of(results, context)
    assert row["area_pixels"] == 64
    assert row.geometry().isGeosEqual(square)
    cells = rows_of(results, context, "OUTPUT_CELLS")
    window = 64  # of the model; the image is lower
    assert sum(cell["area_pixels"] for cell in cells) == 60 * window


def test_whole_runs_are_kept_beside_what_the_geopackage_holds(run, small_scene, tmp_path):
    runs = str(tmp_path / "runs.gpkg")
    for _ in range(2):
        results, good, feedback, context = run(
            ExplainRegions(),
            settings(small_scene, layer_of("Polygon", box(10, 10, 5)), OUTPUT_RUNS=runs),
        )
        assert good, feedback.errors
    assert len(list_runs(runs)) == 2
    record = read_geopackage(runs)
    (row,) = rows_of(results, context)
    assert record.explanation.prediction[0] == row["prediction"]
    assert np.count_nonzero(record.region) == 25


def test_a_feature_that_cannot_be_explained_says_why_and_the_others_go_on(run, small_scene):
    regions = layer_of("Polygon", box(-500, -500, 5), None, box(10, 10, 5))
    results, good, feedback, context = run(ExplainRegions(), settings(small_scene, regions))
    assert good
    states = [row["state"] for row in rows_of(results, context)]
    assert "outside the raster" in states[0]
    assert "no geometry" in states[1]
    assert states[2] == "explained"
    assert len(feedback.errors) == 2


def test_it_fails_when_nothing_could_be_explained(run, small_scene):
    regions = layer_of("Polygon", box(-500, -500, 5))
    _, good, feedback, _ = run(ExplainRegions(), settings(small_scene, regions))
    assert not good
    assert "None of the 1 features" in feedback.errors[-1]


def test_regions_in_degrees_find_the_same_pixels(run, small_scene):
    from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsProject

    shape = QgsGeometry.fromWkt(box(10.3, 10.3, 5))
    to_degrees = QgsCoordinateTransform(
        QgsCoordinateReferenceSystem(CRS),
        QgsCoordinateReferenceSystem("EPSG:4326"),
        QgsProject.instance(),
    )
    degrees = QgsGeometry(shape)
    degrees.transform(to_degrees)
    for layer in (
        layer_of("Polygon", shape.asWkt()),
        layer_of("Polygon", degrees.asWkt(12), crs="EPSG:4326"),
    ):
        results, _, _, context = run(ExplainRegions(), settings(small_scene, layer))
        (row,) = rows_of(results, context)
        assert row["area_pixels"] == 25


def test_cancelling_keeps_the_features_that_were_finished(run, small_scene):
    regions = layer_of("Polygon", box(10, 10, 5), box(40, 30, 8), box(20, 20, 5))
    results, _, feedback, context = run(
        ExplainRegions(), settings(small_scene, regions), Feedback(cancel_at=40.0)
    )
    assert feedback.isCanceled()
    assert len(rows_of(results, context)) == 1
    assert any("Cancelled: 1 features" in told for told in feedback.told)


def test_an_unknown_class_is_told_with_the_known_ones(run, small_scene):
    regions = layer_of("Polygon", box(10, 10, 5))
    _, good, feedback, _ = run(ExplainRegions(), settings(small_scene, regions, CLASS="whale"))
    assert not good
    assert "sea, oil" in " ".join([*feedback.errors, *feedback.told])


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    """`qgis_process` in a profile of its own in which the plugin is installed."""
    if shutil.which("qgis_process") is None:
        pytest.skip("qgis_process is not installed")
    profile = tmp_path_factory.mktemp("profile")
    plugins = profile / "profiles" / "default" / "python" / "plugins"
    plugins.mkdir(parents=True)
    (plugins / "segshap").symlink_to(ROOT, target_is_directory=True)
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "QGIS_CUSTOM_CONFIG_PATH": str(profile),
        "PYTHONPATH": sysconfig.get_path("purelib"),
    }

    def shell(*arguments):
        return subprocess.run(
            ["qgis_process", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )

    assert shell("plugins", "enable", "segshap").returncode == 0
    return shell


@pytest.fixture
def regions_file(tmp_path):
    corners = [[404800, 195200], [405600, 195200], [405600, 194400], [404800, 194400]]
    feature = {
        "type": "Feature",
        "properties": {"label": "slick"},
        "geometry": {"type": "Polygon", "coordinates": [[*corners, corners[0]]]},
    }
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32631"}}
    path = tmp_path / "regions.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": [feature]}))
    return path


@pytest.mark.slow
def test_a_shell_explains_the_sample_scene_into_a_geopackage(shell, regions_file, tmp_path):
    scene = ROOT / "resources" / "sample" / "sample_slick.tif"
    output = tmp_path / "summary.gpkg"
    done = shell(
        "run", "segshap:explainregions", f"--INPUT={scene}", f"--REGIONS={regions_file}",
        f"--MODEL_FILE={write_small_model(tmp_path)}", "--NAME_FIELD=label", "--WINDOW=96",
        "--BUDGET=30", f"--OUTPUT={output}",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (row,) = QgsVectorLayer(str(output), "summary", "ogr").getFeatures()
    assert row["name"] == "slick"
    assert row["area_pixels"] == 400


@pytest.mark.slow
def test_a_shell_repeats_a_run_to_the_last_bit(shell, regions_file, tmp_path):
    scene = ROOT / "resources" / "sample" / "sample_slick.tif"
    runs, again = tmp_path / "runs.gpkg", tmp_path / "again.gpkg"
    done = shell(
        "run", "segshap:explainregions", f"--INPUT={scene}", f"--REGIONS={regions_file}",
        f"--MODEL_FILE={write_small_model(tmp_path)}", "--WINDOW=96", "--BUDGET=30",
        f"--OUTPUT={tmp_path / 'summary.gpkg'}", f"--OUTPUT_RUNS={runs}",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    done = shell("run", "segshap:repeat", f"--INPUT={runs}", f"--OUTPUT={again}")
    assert done.returncode == 0, done.stderr
    assert "LARGEST_DIFFERENCE:\t0\n" in done.stdout
    assert "RASTER_STATE:\tsame" in done.stdout
    assert "SAME_BITS:\ttrue" in done.stdout
    assert len(list_runs(again)) == 1


@pytest.mark.slow
def test_a_shell_hears_of_a_failure_and_what_to_do(shell, regions_file, tmp_path):
    scene = ROOT / "resources" / "sample" / "sample_slick.tif"
    done = shell(
        "run", "segshap:explainregions", f"--INPUT={scene}", f"--REGIONS={regions_file}",
        f"--MODEL_FILE={tmp_path / 'absent.json'}", f"--OUTPUT={tmp_path / 'summary.gpkg'}",
    )  # fmt: skip
    assert done.returncode == 1
    assert "absent.json cannot be read" in done.stdout + done.stderr
    assert "Choose the model's .json file" in done.stdout + done.stderr
    assert not (tmp_path / "summary.gpkg").exists()


def test_methods_backgrounds_cells_and_land_of_the_dock_are_in_the_toolbox(
    run, small_scene, tmp_path
):
    regions = layer_of("Polygon", box(30, 20, 8))
    cells = layer_of("Polygon", box(20, 10, 15), box(40, 10, 15), box(20, 30, 15))
    land = layer_of("Polygon", box(0, 0, 22))
    choices = {
        "rise": {"METHOD": "rise"},
        "against": {"AGAINST": "sea", "CLASS": "oil"},
        "averaged": {"BACKGROUND": ["mean", "blur"]},
        "as before": {"BACKGROUND": "blur"},
        "given": {"BACKGROUND_VALUE": -2.5},
        "slic": {"CELLS": "slic", "SEGMENTS": 15, "COMPACTNESS": 1.5},
        "classes": {"CELLS": "classes"},
        "polygons": {"CELLS": "polygons", "CELLS_LAYER": cells, "LEAVE_OUT": land},
    }
    records = {}
    for name, changes in choices.items():
        file = str(tmp_path / f"{name}.gpkg")
        parameters = settings(small_scene, regions, OUTPUT_RUNS=file, **changes)
        _, good, feedback, _ = run(ExplainRegions(), parameters)
        assert good, (name, feedback.errors)
        records[name] = read_geopackage(file)
    kinds = {name: record.explanation.superpixels.settings for name, record in records.items()}
    assert records["rise"].settings["method"] == "rise"
    assert records["against"].target_name == "oil rather than sea"
    assert records["averaged"].settings["background"] == ["mean", "blur"]
    assert records["as before"].settings["background"] == "blur"
    assert records["given"].settings["background"] == -2.5
    assert kinds["slic"] == {"kind": "slic", "n_segments": 15, "compactness": 1.5}
    assert kinds["classes"]["kind"] == "class cells"
    labels = records["polygons"].explanation.superpixels.labels
    assert records["polygons"].explanation.superpixels.n_players == 3
    assert np.count_nonzero(labels >= 0) == 3 * 15 * 15 - 2 * 12


def test_a_rival_that_the_model_does_not_know_is_told(run, small_scene):
    parameters = settings(small_scene, layer_of("Polygon", box(30, 20, 8)), AGAINST="ice")
    _, good, feedback, _ = run(ExplainRegions(), parameters)
    assert not good
    assert any("ice" in text for text in [*feedback.errors, *feedback.told])


def test_a_background_that_is_the_class_is_warned_of(run, small_scene):
    regions = layer_of("Polygon", box(30, 20, 8))
    warned = {}
    for name in ("oil", "sea"):
        results, good, feedback, context = run(
            ExplainRegions(), settings(small_scene, regions, CLASS=name)
        )
        assert good, feedback.errors
        (row,) = context.getMapLayer(results["OUTPUT"]).getFeatures()
        warned[name] = any("background alone" in text for text in feedback.told)
        assert warned[name] == (row["base_value"] >= 0.5)
    assert sorted(warned.values()) == [False, True]
