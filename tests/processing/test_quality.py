"""Super-pixels, curves and comparisons from the toolbox, on small real networks."""

from __future__ import annotations

import pytest
from qgis.core import QgsGeometry

from segshap_qgis.models import read_card
from segshap_qgis.processing.compare_models import CompareModels
from segshap_qgis.processing.insertion_deletion import InsertionDeletion
from segshap_qgis.processing.make_superpixels import MakeSuperpixels
from tests.processing.test_explain_regions import box, layer_of, rows_of, settings
from tests.small_model import write_small_model


def test_superpixels_cover_a_raster_once(run, small_scene):
    raster, _ = small_scene
    results, good, feedback, context = run(
        MakeSuperpixels(), {"INPUT": raster, "SIDE": 12, "OUTPUT": "TEMPORARY_OUTPUT"}
    )
    assert good, feedback.errors
    cells = rows_of(results, context)
    assert sum(cell["area_pixels"] for cell in cells) == 80 * 60
    total = sum(cell.geometry().area() for cell in cells)
    assert total == pytest.approx(80 * 60 * 100)
    assert all(10 < cell["mean_band_1"] < 250 for cell in cells)


def test_superpixels_of_a_part_stay_inside_it(run, small_scene):
    raster, _ = small_scene
    # 20 columns from column 10, 30 rows from row 5.
    extent = "500100,500300,3999650,3999950 [EPSG:32631]"
    results, good, feedback, context = run(
        MakeSuperpixels(),
        {"INPUT": raster, "EXTENT": extent, "CELLS": "squares", "SIDE": 10,
         "OUTPUT": "TEMPORARY_OUTPUT"},
    )  # fmt: skip
    assert good, feedback.errors
    cells = rows_of(results, context)
    assert sum(cell["area_pixels"] for cell in cells) == 20 * 30
    for cell in cells:
        bounds = cell.geometry().boundingBox()
        assert bounds.xMinimum() >= 500100
        assert bounds.yMaximum() <= 3999950


def test_superpixels_follow_a_layer_of_polygons_and_leave_land_out(run, small_scene):
    raster, _ = small_scene
    fields, land = layer_of("Polygon", box(10, 10, 20), box(40, 10, 20)), box(10, 10, 10)
    parameters = {
        "INPUT": raster,
        "CELLS": "polygons",
        "CELLS_LAYER": fields,
        "LEAVE_OUT": layer_of("Polygon", land),
        "OUTPUT": "TEMPORARY_OUTPUT",
    }
    results, good, feedback, context = run(MakeSuperpixels(), parameters)
    assert good, feedback.errors
    assert [cell["area_pixels"] for cell in rows_of(results, context)] == [300, 400]
    parameters.update(CELLS="layer", SIDE=12)
    results, good, feedback, context = run(MakeSuperpixels(), parameters)
    assert good, feedback.errors
    cells = rows_of(results, context)
    assert sum(cell["area_pixels"] for cell in cells) == 80 * 60 - 100
    edge = QgsGeometry.fromWkt(box(40, 10, 20))
    for cell in cells:
        inside = cell.geometry().intersection(edge).area() / cell.geometry().area()
        assert min(inside, 1 - inside) < 1e-9, "no cell crosses the edge of a polygon"


def test_superpixels_that_follow_a_layer_need_one(run, small_scene):
    raster, _ = small_scene
    parameters = {"INPUT": raster, "CELLS": "layer", "OUTPUT": "TEMPORARY_OUTPUT"}
    _, good, feedback, _ = run(MakeSuperpixels(), parameters)
    assert not good
    assert "No layer is chosen" in " ".join(feedback.errors)


def test_curves_of_a_feature_start_and_end_where_they_must(run, small_scene):
    parameters = settings(
        small_scene,
        layer_of("Polygon", box(30, 20, 8)),
        SIDE=16,
        OUTPUT_CURVES="TEMPORARY_OUTPUT",
    )
    results, good, feedback, context = run(InsertionDeletion(), parameters)
    assert good, feedback.errors
    (row,) = rows_of(results, context)
    assert row["deletion_auc"] < row["random_deletion_auc"] < row["reverse_deletion_auc"]
    assert row["insertion_auc"] > row["random_insertion_auc"] > row["reverse_insertion_auc"]
    assert row["completeness_gap"] < 1e-9
    assert row["infidelity"] > row["infidelity_error"] > 0
    assert 0.5 < row["stability"] <= 1
    assert row["randomised_100"] is None
    steps = rows_of(results, context, "OUTPUT_CURVES")
    insertion = [step for step in steps if step["curve"] == "insertion"]
    assert (insertion[0]["area"], insertion[0]["value"]) == (0, 0)
    assert (insertion[-1]["area"], insertion[-1]["value"]) == (1, 1)
    assert len({step["number"] for step in steps if step["curve"] == "random_deletion"}) == 20


@pytest.mark.parametrize("method", ["rise", "signed_rise"])
def test_the_map_of_rise_has_curves_and_no_measure_that_needs_contributions(
    run, small_scene, method
):
    parameters = settings(
        small_scene, layer_of("Polygon", box(30, 20, 8)), METHOD=method, RANDOMISE=True
    )
    results, good, feedback, context = run(InsertionDeletion(), parameters)
    assert good, feedback.errors
    (row,) = rows_of(results, context)
    assert row["state"] == "explained"
    assert row["insertion_auc"] > row["reverse_insertion_auc"]
    assert row["random_insertion_auc"] is not None
    for name in ("completeness_gap", "infidelity", "stability", "randomised_100"):
        assert row[name] is None


@pytest.mark.parametrize("algorithm", [InsertionDeletion, CompareModels])
def test_a_background_that_is_the_class_itself_is_told(run, small_scene, algorithm):
    parameters = settings(
        small_scene, layer_of("Polygon", box(30, 20, 8)), MODEL_FILE_2=small_scene[1]
    )
    told = []
    # Of two classes the model sees one in the background.
    for name in read_card(small_scene[1]).class_names:
        _, good, feedback, _ = run(algorithm(), {**parameters, "CLASS": name})
        assert good, feedback.errors
        told += [f"“{name}” to the model" in text for text in feedback.told]
    assert any(told)


def test_a_model_compared_with_itself_does_not_differ(run, small_scene):
    regions = layer_of("Polygon", box(30, 20, 8))
    parameters = settings(
        small_scene, regions, MODEL_FILE_2=small_scene[1], OUTPUT_CELLS="TEMPORARY_OUTPUT"
    )
    results, good, feedback, context = run(CompareModels(), parameters)
    assert good, feedback.errors
    (row,) = rows_of(results, context)
    assert row["largest_difference"] == 0
    assert row["differing_cells"] == 0
    for cell in rows_of(results, context, "OUTPUT_CELLS"):
        assert cell["first"] == cell["second"]


def test_contributions_to_two_models_and_their_difference_add_up(run, small_scene, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    regions = layer_of("Polygon", box(30, 20, 8), box(-500, -500, 8))
    parameters = settings(
        small_scene,
        regions,
        MODEL_FILE_2=str(write_small_model(other, seed=3, id="other")),
        OUTPUT_CELLS="TEMPORARY_OUTPUT",
    )
    results, good, feedback, context = run(CompareModels(), parameters)
    assert good, feedback.errors
    row, failed = rows_of(results, context)
    cells = rows_of(results, context, "OUTPUT_CELLS")
    first, second, difference = (
        sum(cell[name] for cell in cells) for name in ("first", "second", "difference")
    )
    assert first == pytest.approx(row["prediction_first"] - row["base_first"], abs=1e-9)
    assert second == pytest.approx(row["prediction_second"] - row["base_second"], abs=1e-9)
    # Cell by cell the estimator is not linear, but every column adds up exactly.
    assert difference == pytest.approx(first - second, abs=1e-9)
    assert row["largest_difference"] > 0
    assert "outside the raster" in failed["state"]


def test_re_initialised_layers_change_the_explanation(run, small_scene):
    parameters = settings(small_scene, layer_of("Polygon", box(30, 20, 8)), SIDE=20, RANDOMISE=True)
    results, good, feedback, context = run(InsertionDeletion(), parameters)
    assert good, feedback.errors
    (row,) = rows_of(results, context)
    assert row["randomised_ceiling"] > 0.5
    for share in (10, 25, 50, 100):
        assert -1 <= row[f"randomised_{share}"] < row["randomised_ceiling"]


def test_two_models_are_compared_on_averaged_backgrounds_and_cells_along_classes(
    run, small_scene, tmp_path
):
    other = tmp_path / "other"
    other.mkdir()
    parameters = settings(
        small_scene,
        layer_of("Polygon", box(30, 20, 8)),
        MODEL_FILE_2=str(write_small_model(other, seed=3, id="other")),
        CELLS="classes",
        BACKGROUND=["mean", "zero"],
    )
    results, good, feedback, context = run(CompareModels(), parameters)
    assert good, feedback.errors
    (row,) = rows_of(results, context)
    assert row["largest_difference"] > 0
