"""Every method, super-pixel and background of the library is reachable from the dock."""

from __future__ import annotations

import numpy as np
import pytest
from qgis.core import QgsFeature, QgsGeometry, QgsProject, QgsRectangle, QgsVectorLayer
from qgis.PyQt.QtWidgets import QLabel

from segshap_qgis.workflow import Request
from tests.gui.hands import (
    LEFT_EDGE,
    PIXEL,
    TOP_EDGE,
    centre_of,
    layers_of_role,
    pick_pixel,
    wait_until,
)
from tests.small_model import write_small_model


def explained(window, bench):
    """One more run, and its record."""
    before = len(bench.dock.runs.records())
    pick_pixel(window, bench)
    wait_until(lambda: len(bench.dock.runs.records()) > before or window.messages())
    assert len(bench.dock.runs.records()) == before + 1, window.messages()
    return bench.dock.runs.records()[0]


def choose(box, data) -> None:
    index = box.findData(data)
    assert index >= 0
    box.setCurrentIndex(index)


def outlines(*pixel_boxes) -> QgsVectorLayer:
    """A polygon layer in the project of rectangles: top, left, bottom, right in pixels."""
    layer = QgsVectorLayer("Polygon?crs=EPSG:32631", "outlines", "memory")
    for top, left, bottom, right in pixel_boxes:
        feature = QgsFeature()
        box = QgsRectangle(
            LEFT_EDGE + left * PIXEL,
            TOP_EDGE - bottom * PIXEL,
            LEFT_EDGE + right * PIXEL,
            TOP_EDGE - top * PIXEL,
        )
        feature.setGeometry(QgsGeometry.fromRect(box))
        layer.dataProvider().addFeatures([feature])
    QgsProject.instance().addMapLayer(layer)
    return layer


def whole_scene(record, mask) -> np.ndarray:
    """A window's array on the pixels of the scene, False elsewhere."""
    whole = np.zeros((60, 80), dtype=bool)
    row, column = record.window.offset
    whole[row : row + mask.shape[0], column : column + mask.shape[1]] = mask
    return whole


@pytest.mark.parametrize("method", ["rise", "signed_rise"])
def test_rise_becomes_layers_and_says_that_it_does_not_add_up(window, workbench, method):
    dock = workbench.dock
    choose(dock.method.way_box, method)
    dock.method.budget_box.setValue(60)
    record = explained(window, workbench)
    assert record.explanation.settings["method"] == method
    assert record.explanation.evaluations == 60
    assert "do not add up" in dock.result.headline.text()
    assert dock.result.waterfall.isHidden()
    assert dock.result.what_if.isHidden()
    (layer,) = layers_of_role("contribution")
    low = layer.renderer().classificationMin()
    assert low < 0 if method == "signed_rise" else low > 0
    choose(dock.method.way_box, "shapley")
    explained(window, workbench)
    assert not dock.result.waterfall.isHidden()


def test_the_curves_of_rise_stand_beside_it_and_nothing_that_needs_contributions(window, workbench):
    choose(workbench.dock.method.way_box, "rise")
    workbench.dock.method.budget_box.setValue(60)
    record = explained(window, workbench)
    panel = workbench.dock.result
    wait_until(panel.curves.isVisible)
    assert not panel.what_if.isVisible()
    assert not panel.checks.isVisible()
    panel.curves.setCollapsed(False)
    panel.curves.asked.emit()
    wait_until(lambda: panel.curves.chart.found is not None and panel.curves.chart.isVisible(), 120)
    found = panel.curves.chart.found
    # The hottest cell alone is the first step: the model is asked by hand.
    shown = np.zeros((1, record.explanation.superpixels.n_players), dtype=bool)
    shown[0, record.explanation.values[0].argmax()] = True
    ends = np.array([[False], [True]]).repeat(shown.shape[1], axis=1)
    first, none, everyone = workbench._game.values(
        np.concatenate([shown, ends]), record.target_name
    )
    assert found.insertion.value[1] == pytest.approx((first - none) / (everyone - none), abs=1e-3)


def test_a_class_is_set_against_another(window, workbench):
    source = workbench.dock.source
    choose(source.class_box, "oil")
    choose(source.rival_box, "sea")
    record = explained(window, workbench)
    assert record.target_name == "oil rather than sea"
    choose(source.class_box, "sea")
    assert source.rival() is None, "no class is set against itself"
    workbench.dock.take_over(Request.from_settings(record.settings))
    assert (source.target(), source.rival()) == ("oil", "sea")


def test_two_models_are_compared_on_the_same_coalitions(window, workbench, tmp_path):
    dock = workbench.dock
    other = write_small_model(tmp_path, seed=3, id="other", title="Another network")
    first = dock.source.model_box.currentData()
    dock.source.add_model(other)
    choose(dock.source.model_box, first)
    dock.source._follow_model(dock.source.model_box.currentIndex())
    choose(dock.source.second_box, str(other))
    record = explained(window, workbench)
    found = record.explanation
    assert record.target_name == "small: oil rather than other: oil"
    assert found.settings["targets"][1:] == ["small: oil", "other: oil"]
    assert found.prediction[0] == pytest.approx(found.prediction[1] - found.prediction[2])
    sums = found.values.sum(axis=1)
    assert sums[0] == pytest.approx(sums[1] - sums[2], abs=1e-9)
    assert found.settings["likeness"]["largest_difference"] > 0
    assert not dock.result.likeness.isHidden()
    dock.source.second_box.setCurrentIndex(0)
    dock.take_over(Request.from_settings(record.settings))
    assert dock.source.second() == str(other)
    choose(dock.source.rival_box, "sea")
    pick_pixel(window, workbench)
    wait_until(lambda: any("Models are compared" in text for text in window.messages()))


def test_backgrounds_are_given_or_averaged_and_taken_over_from_a_run(window, workbench):
    rows = workbench.dock.method.background
    choose(rows.box, "several")
    assert rows.value() == ("mean", "local_mean", "blur")
    averaged = explained(window, workbench)
    assert averaged.settings["background"] == ["mean", "local_mean", "blur"]
    choose(rows.box, "given")
    rows.value_box.setValue(-1.5)
    given = explained(window, workbench)
    assert given.settings["background"] == -1.5
    assert given.explanation.base[0] != averaged.explanation.base[0]
    workbench.dock.take_over(Request.from_settings(averaged.settings))
    assert rows.value() == ("mean", "local_mean", "blur")
    workbench.dock.take_over(Request.from_settings(given.settings))
    assert rows.value() == -1.5


def test_a_background_that_is_the_class_itself_is_warned_of(window, workbench):
    source, panel = workbench.dock.source, workbench.dock.result
    bases = {}
    for name in ("oil", "sea"):
        choose(source.class_box, name)
        bases[name] = explained(window, workbench).explanation.base[0]
        told = " ".join(label.text() for label in panel.cautions.findChildren(QLabel))
        assert ("The background alone" in told) == (bases[name] >= 0.5)
    assert max(bases.values()) >= 0.5 > min(bases.values())


def test_slic_shows_its_two_parameters_and_uses_them(window, workbench):
    rows = workbench.dock.method.cell_rows
    assert rows.compactness_box.isHidden()
    choose(rows.kind_box, "slic")
    assert not rows.compactness_box.isHidden()
    rows.segments_box.setValue(20)
    rows.compactness_box.setValue(0.7)
    record = explained(window, workbench)
    assert record.explanation.superpixels.settings == {
        "kind": "slic",
        "n_segments": 20,
        "compactness": 0.7,
    }


def test_polygons_of_a_layer_are_cells_and_land_is_none(window, workbench):
    rows = workbench.dock.method.cell_rows
    cells = outlines((10, 20, 30, 50), (30, 20, 50, 50))
    land = outlines((0, 0, 60, 25))
    choose(rows.kind_box, "polygons")
    rows.layer_box.setLayer(cells)
    rows.land_box.setLayer(land)
    record = explained(window, workbench)
    labels = record.explanation.superpixels.labels
    assert record.explanation.superpixels.n_players == 2
    expected = np.zeros((60, 80), dtype=bool)
    expected[10:50, 25:50] = True
    np.testing.assert_array_equal(whole_scene(record, labels >= 0), expected)
    workbench.dock.reset()
    assert rows.land_box.currentLayer() is None
    workbench.dock.take_over(Request.from_settings(record.settings))
    assert rows.layers() == (cells, land)


@pytest.mark.parametrize("kind", ["classes", "layer"])
def test_cells_are_cut_and_previewed(window, workbench, kind):
    method = workbench.dock.method
    layer = outlines((10, 20, 33, 45))
    choose(method.cell_rows.kind_box, kind)
    method.cell_rows.layer_box.setLayer(layer)
    shown = []
    workbench.cells_preview.drawn.connect(shown.append)
    method.preview_box.setChecked(True)
    wait_until(lambda: shown)
    record = explained(window, workbench)
    superpixels = record.explanation.superpixels
    assert superpixels.settings["kind"] == "class cells"
    if kind == "layer":
        inside = np.zeros((60, 80), dtype=bool)
        inside[10:33, 20:45] = True
        for player in range(superpixels.n_players):
            cell = whole_scene(record, superpixels.labels == player)
            assert inside[cell].all() or not inside[cell].any()


def test_cells_without_their_layer_are_refused_with_the_way_out(window, workbench):
    choose(workbench.dock.method.cell_rows.kind_box, "polygons")
    window.click(window.at(*centre_of(30, 40)))
    pick_pixel(window, workbench)
    assert any("No layer is chosen" in text for text in window.messages())
    assert not workbench.dock.runs.records()
