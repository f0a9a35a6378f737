from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QFileDialog

from segshap_qgis.geo import read_geopackage
from segshap_qgis.gui import workbench as workbench_module
from segshap_qgis.gui.messages import Messages
from segshap_qgis.gui.workbench import Workbench
from tests.geo.raster_files import write_tiff
from tests.gui.hands import (
    PIXEL,
    band_count,
    centre_of,
    draw_region,
    layers_of_role,
    make_endless,
    pick_pixel,
    wait_until,
    wait_until_learnt,
)
from tests.gui.qgis_window import raster_layer
from tests.small_model import write_small_model

SAMPLE_SCENE = Path(__file__).parents[2] / "resources" / "sample" / "sample_slick.tif"


def test_a_click_on_a_pixel_becomes_layers_and_the_tool_before_comes_back(window, workbench, scene):
    items = band_count(window)
    window.setActiveLayer(scene)
    extent = window.mapCanvas().extent()
    pick_pixel(window, workbench)
    assert window.mapCanvas().mapTool() is window.pan
    assert band_count(window) == items + 1, "the region stays visible while the task runs"
    wait_until(workbench.dock.runs.records)
    (record,) = workbench.dock.runs.records()
    found = record.explanation
    assert found.values[0].sum() == pytest.approx((found.prediction - found.base)[0], rel=1e-9)
    assert np.argwhere(record.region).tolist() == [
        [30 - record.window.offset[0], 40 - record.window.offset[1]]
    ]
    assert len(layers_of_role("contribution")) == 1
    assert layers_of_role("preview") == []
    assert band_count(window) == items
    assert window.messages() == []
    assert window.activeLayer() is scene
    assert window.mapCanvas().extent() == extent
    assert f"p(oil) = {found.prediction[0]:.2f}" in workbench.dock.result.headline.text()
    assert workbench.dock.progress.isHidden()


def test_a_drawn_region_is_explained_where_it_was_drawn(window, workbench):
    corners = [centre_of(20, 30), centre_of(20, 45), centre_of(35, 45), centre_of(35, 30)]
    draw_region(window, workbench, corners)
    wait_until(workbench.dock.runs.records)
    (record,) = workbench.dock.runs.records()
    rows, columns = np.nonzero(record.region)
    offset = record.window.offset
    assert abs(rows.min() + offset[0] - 20) <= 1
    assert abs(rows.max() + offset[0] - 35) <= 1
    assert abs(columns.min() + offset[1] - 30) <= 1
    assert abs(columns.max() + offset[1] - 45) <= 1
    box = layers_of_role("region")[0].extent()
    assert box.width() == pytest.approx((np.ptp(columns) + 1) * PIXEL)


def test_a_predicted_segment_is_found_by_the_model(window, workbench):
    from segshap_qgis.models import load_model

    model = load_model(workbench.dock.request().model)
    bands = gdal.Open(workbench.dock.source.layer().source()).ReadAsArray()[None].astype(np.float32)
    # The window is 64 wide and shifted at the border: the left part is seen from there.
    winners = model.predict(bands[:, :, :64]).argmax(axis=0)
    counts = np.bincount(winners.ravel(), minlength=2)
    target = int(counts.argmax())
    workbench.dock.source.class_box.setCurrentIndex(target)
    row, column = next((r, c) for r, c in np.argwhere(winners == target) if 5 < c < 25)
    workbench.picking.actions["slick"].trigger()
    window.click(window.at(*centre_of(row, column)))
    wait_until(workbench.dock.runs.records)
    region = workbench.dock.runs.records()[0].region
    assert region[row, column]
    assert (winners[region] == target).all()


def test_selected_features_of_a_polygon_layer_are_explained(window, workbench):
    polygons = QgsVectorLayer("Polygon?crs=EPSG:32631", "slicks", "memory")
    x, y = centre_of(20, 20)
    feature = QgsFeature()
    feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(x, y - 95, x + 95, y)))
    polygons.dataProvider().addFeature(feature)
    QgsProject.instance().addMapLayer(polygons)
    workbench.picking.actions["features"].trigger()
    assert "Select at least one feature" in window.messages()[0]
    polygons.selectAll()
    workbench.picking.actions["features"].trigger()
    wait_until(workbench.dock.runs.records)
    assert 81 <= workbench.dock.runs.records()[0].region.sum() <= 100


def test_several_explanations_queue(window, workbench):
    for column in (30, 40, 50):
        pick_pixel(window, workbench, column=column)
    tree = workbench.dock.runs.tree
    assert [tree.topLevelItem(i).text(1) for i in range(3)] == ["waiting", "waiting", "running"]
    wait_until(lambda: len(workbench.dock.runs.records()) == 3, 60)
    assert len({record.name for record in workbench.dock.runs.records()}) == 3
    assert len(layers_of_role("contribution")) == 3


def test_cancel_takes_less_than_a_second_and_keeps_what_was_learnt(window, workbench):
    make_endless(workbench)
    pick_pixel(window, workbench)
    wait_until_learnt(workbench)
    started = time.monotonic()
    QTest.mouseClick(workbench.dock.progress.cancel_button, Qt.MouseButton.LeftButton)
    wait_until(lambda: not workbench.runs)
    assert time.monotonic() - started < 1.5
    (record,) = workbench.dock.runs.records()
    assert 2 < record.explanation.evaluations < 100_000
    assert len(layers_of_role("contribution")) == 1


def test_a_preview_is_shown_while_it_runs_and_goes_afterwards(window, workbench):
    make_endless(workbench)
    pick_pixel(window, workbench)
    wait_until(lambda: layers_of_role("preview"))
    assert "evaluations" in workbench.dock.progress.text.text()
    assert "evaluations" in workbench.queue.current.description()
    workbench._cancel_current()
    wait_until(lambda: not workbench.runs)
    assert layers_of_role("preview") == []


def test_the_layer_may_be_removed_during_the_run(window, workbench, scene):
    make_endless(workbench)
    pick_pixel(window, workbench)
    wait_until_learnt(workbench)
    QgsProject.instance().removeMapLayer(scene.id())
    QTest.qWait(100)
    workbench._cancel_current()
    wait_until(lambda: not workbench.runs)
    assert len(workbench.dock.runs.records()) == 1
    assert "removed meanwhile" in " ".join(window.messages())
    workbench.picking.actions["pixel"].trigger()
    window.click(window.at(*centre_of(10, 10)))
    assert "raster layer" in " ".join(window.messages())


def test_the_project_may_be_closed_during_the_run(window, workbench):
    make_endless(workbench)
    pick_pixel(window, workbench)
    pick_pixel(window, workbench, column=50)
    wait_until_learnt(workbench)
    QgsProject.instance().clear()
    wait_until(lambda: workbench.queue.current is None)
    QTest.qWait(100)
    assert workbench.dock.runs.tree.topLevelItemCount() == 0
    assert QgsProject.instance().mapLayers() == {}
    assert "project was closed" in " ".join(window.messages())


@pytest.mark.parametrize("turns", [0, 1, 2])
def test_the_project_may_be_closed_while_a_result_is_being_shown(window, workbench, turns):
    closed = []

    def close_after(turns):
        if turns:
            QTimer.singleShot(0, lambda: close_after(turns - 1))
        else:
            QgsProject.instance().clear()
            closed.append(True)

    workbench.queue.ended.connect(lambda _: close_after(turns))
    pick_pixel(window, workbench)
    wait_until(lambda: closed)
    QTest.qWait(100)
    assert not workbench.runs
    assert not QgsProject.instance().mapLayers()
    assert workbench.dock.runs.tree.topLevelItemCount() == 0


def test_the_plugin_may_be_unloaded_during_the_run(window, workbench):
    make_endless(workbench)
    pick_pixel(window, workbench)
    wait_until_learnt(workbench)
    items = band_count(window)
    task = workbench.queue.current
    started = time.monotonic()
    workbench.close()
    assert time.monotonic() - started < 2
    assert task.done.is_set()
    QTest.qWait(200)
    assert band_count(window) < items
    assert layers_of_role("preview") == []
    workbench.close = lambda: None


def test_the_bundled_model_explains_the_bundled_scene(window):
    scene = raster_layer(SAMPLE_SCENE, "sample_slick")
    window.show_layer(scene)
    bench = Workbench(window)
    assert bench.dock.request().target == "oil"
    bench.dock.method.window_box.setValue(64)
    bench.dock.method.budget_box.setValue(12)
    extent, pixel = scene.extent(), scene.rasterUnitsPerPixelX()
    bench.picking.actions["pixel"].trigger()
    window.click(window.at(extent.xMinimum() + 112.5 * pixel, extent.yMaximum() - 200.5 * pixel))
    wait_until(bench.dock.runs.records, 90)
    record = bench.dock.runs.records()[0]
    assert record.target_name == "oil"
    assert record.settings["model_id"] == "oil_fcdensenet56"
    assert record.explanation.prediction[0] > record.explanation.base[0]
    bench.close()


# Bad input -----------------------------------------------------------------------------------


def test_a_raster_with_fewer_bands_than_the_model_is_told(window, workbench, tmp_path):
    workbench.dock.source.add_model(write_small_model(tmp_path, n_bands=3))
    pick_pixel(window, workbench)
    assert "reads 3 bands" in window.messages()[0]
    assert "has only 1" in window.messages()[0]
    assert not workbench.runs


def test_bands_are_chosen_by_name_and_else_by_place(window, workbench, tmp_path):
    path = write_tiff(tmp_path / "dual.tif", np.ones((2, 20, 20), np.uint8))
    file = gdal.Open(str(path), gdal.GA_Update)
    for index, name in enumerate(("VH", "VV"), 1):
        file.GetRasterBand(index).SetDescription(name)
    file = None
    layer = raster_layer(path, "dual")
    workbench.dock.source.layer_box.setLayer(layer)
    assert workbench.dock.request().bands == (1,)
    bands = [{"name": "VV", "unit": ""}]
    workbench.dock.source.add_model(write_small_model(tmp_path, bands=bands))
    assert workbench.dock.request().bands == (2,)


def test_web_tiles_are_refused_with_the_way_out(window, workbench):
    tiles = QgsRasterLayer("type=xyz&url=http://127.0.0.1:9/{z}/{x}/{y}.png&zmax=5", "tiles", "wms")
    QgsProject.instance().addMapLayer(tiles)
    workbench.dock.source.layer_box.setLayer(tiles)
    pick_pixel(window, workbench)
    assert "web tiles" in window.messages()[0]
    place = QgsGeometry.fromPointXY(QgsPointXY(0, 0))
    assert workbench.explain("pixel", place) is None
    assert len(window.messages()) == 2


def test_only_rasters_that_are_no_results_are_offered(window, workbench, scene):
    vectors = QgsVectorLayer("Point?crs=EPSG:4326", "points", "memory")
    QgsProject.instance().addMapLayer(vectors)
    pick_pixel(window, workbench)
    wait_until(workbench.dock.runs.records)
    box = workbench.dock.source.layer_box
    assert [box.layer(i).id() for i in range(box.count())] == [scene.id()]


def test_a_region_across_the_edge_is_explained_as_far_as_it_goes(window, workbench):
    corners = [centre_of(20, -8), centre_of(20, 8), centre_of(40, 8), centre_of(40, -8)]
    draw_region(window, workbench, corners)
    wait_until(workbench.dock.runs.records)
    record = workbench.dock.runs.records()[0]
    assert record.region.sum() == pytest.approx(8.5 * 20, rel=0.15)
    assert "lies outside the raster" in " ".join(window.messages())


def test_a_region_off_the_raster_is_refused(window, workbench):
    corners = [centre_of(-5, -5), centre_of(-5, -2), centre_of(-2, -2)]
    draw_region(window, workbench, corners)
    wait_until(lambda: not workbench.runs)
    assert "outside the raster" in " ".join(window.messages())
    assert workbench.dock.runs.records() == []


def test_a_region_on_no_data_is_refused_and_no_data_is_no_player(window, workbench, tmp_path):
    pixels = np.random.default_rng(1).gamma(4, 20, (1, 60, 80)).astype(np.float32)
    pixels[:, :, 60:] = -9999
    layer = raster_layer(write_tiff(tmp_path / "holes.tif", pixels, no_data=-9999), "holes")
    workbench.dock.source.layer_box.setLayer(layer)
    window.show_layer(layer)
    pick_pixel(window, workbench, column=70)
    wait_until(lambda: not workbench.runs)
    assert "no-data" in " ".join(window.messages())
    pick_pixel(window, workbench, column=50)
    wait_until(workbench.dock.runs.records)
    record = workbench.dock.runs.records()[0]
    assert not record.window.valid.all()
    assert (record.explanation.superpixels.labels[~record.window.valid] == -1).all()


def test_a_raster_without_a_crs_is_explained_in_place(window, workbench, tmp_path):
    pixels = np.random.default_rng(2).gamma(4, 20, (1, 60, 80)).astype(np.float32)
    layer = raster_layer(write_tiff(tmp_path / "bare.tif", pixels, epsg=None), "bare")
    layer.setCrs(QgsCoordinateReferenceSystem())
    workbench.dock.source.layer_box.setLayer(layer)
    window.show_layer(layer)
    pick_pixel(window, workbench)
    wait_until(workbench.dock.runs.records)
    shown = layers_of_role("contribution")[0].extent()
    assert layer.extent().contains(shown)


def test_without_torch_the_dock_opens_and_says_how_to_get_it(
    window, scene, small_model, monkeypatch
):
    from segshap_qgis import dependencies
    from segshap_qgis.gui import dependency_notice

    here = [False]
    for module in (dependencies, dependency_notice, workbench_module):
        monkeypatch.setattr(module, "torch_is_here", lambda: here[0])
    bench = Workbench(window)
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, bench.dock)
    assert bench.dock.notice.isVisible()
    assert "pip install" in bench.dock.notice.command.text()
    assert not bench.dock.tools.isEnabled()
    bench.dock.source.add_model(small_model)
    pick_pixel(window, bench)
    assert "PyTorch is missing" in window.messages()[0]
    here[0] = True
    QTest.mouseClick(bench.dock.notice.check_button, Qt.MouseButton.LeftButton)
    assert bench.dock.notice.isHidden()
    assert bench.dock.tools.isEnabled()
    bench.close()


def test_a_damaged_model_is_told_with_details(window, workbench, small_model, tmp_path):
    for name in ("small.json", "small.pt"):
        (tmp_path / name).write_bytes((small_model.parent / name).read_bytes())
    (tmp_path / "small.pt").write_bytes(b"broken")
    workbench.dock.source.add_model(tmp_path / "small.json")
    pick_pixel(window, workbench)
    wait_until(lambda: not workbench.runs)
    assert "checksum" in window.messages()[0]
    (item,) = window.messageBar().items()
    buttons = [
        button.text() for button in item.findChildren(type(workbench.dock.progress.cancel_button))
    ]
    assert "Details" in buttons
    assert workbench.dock.runs.records() == []


def test_messages_that_are_gone_are_not_kept_and_those_still_there_are_taken_back(window):
    messages, bar = Messages(window, window), window.messageBar()
    messages.warning("closed")
    messages.warning("stays")
    bar.popWidget(bar.items()[-1])
    wait_until(lambda: len(messages._still_there()) == 1)
    messages.warning("comes")
    assert len(messages._items) == 2
    bar.pushMessage("of others")
    messages.clear()
    assert window.messages() == ["of others"]


# Export --------------------------------------------------------------------------------------


def exported(window, workbench, path, monkeypatch, kind: str = "geopackage") -> str:
    """Press an export button and wait for what it says."""
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    window.messageBar().clearWidgets()
    runs = workbench.dock.runs
    button = runs.geopackage_button if kind == "geopackage" else runs.geotiff_button
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    wait_until(window.messages)
    return window.messages()[0]


def test_a_result_is_exported_and_read_back(window, workbench, tmp_path, monkeypatch):
    assert not workbench.dock.runs.geopackage_button.isEnabled()
    pick_pixel(window, workbench)
    wait_until(workbench.dock.runs.records)
    record = workbench.dock.runs.records()[0]
    path = tmp_path / "out.gpkg"
    assert "Written" in exported(window, workbench, path, monkeypatch)
    back = read_geopackage(path, record.name)
    np.testing.assert_array_equal(back.explanation.values, record.explanation.values)
    table = next(t for t in tables_of(path) if t.endswith("contribution"))
    opened = QgsRasterLayer(f"GPKG:{path}:{table}", "opened", "gdal")
    assert opened.isValid()
    assert opened.renderer().type() == "singlebandpseudocolor"


def tables_of(path) -> list[str]:
    from segshap_qgis.geo.geopackage import list_runs

    (run,) = list_runs(path)
    return [f"{run.tables}_contribution"]


def test_a_geopackage_that_is_open_in_the_project_can_be_added_to(
    window, workbench, tmp_path, monkeypatch
):
    pick_pixel(window, workbench)
    wait_until(workbench.dock.runs.records)
    path = tmp_path / "out.gpkg"
    exported(window, workbench, path, monkeypatch)
    opened = QgsRasterLayer(f"GPKG:{path}:{tables_of(path)[0]}", "opened", "gdal")
    QgsProject.instance().addMapLayer(opened)
    assert "Written" in exported(window, workbench, path, monkeypatch)
    assert opened.isValid()
    centre = opened.extent().center()
    assert np.isfinite(opened.dataProvider().sample(centre, 1)[0])


def test_a_geotiff_lies_on_the_source_pixels(window, workbench, scene, tmp_path, monkeypatch):
    pick_pixel(window, workbench)
    wait_until(workbench.dock.runs.records)
    path = tmp_path / "out.tif"
    assert "Written" in exported(window, workbench, path, monkeypatch, "geotiff")
    written, source = gdal.Open(str(path)), gdal.Open(scene.source())
    shift = np.subtract(written.GetGeoTransform(), source.GetGeoTransform())
    assert shift[[1, 2, 4, 5]].tolist() == [0, 0, 0, 0]
    assert (shift[[0, 3]] % PIXEL).tolist() == [0, 0]


@pytest.mark.parametrize("target", ["missing/out.gpkg", "folder.gpkg"])
def test_a_target_that_cannot_be_written_is_told(window, workbench, tmp_path, monkeypatch, target):
    pick_pixel(window, workbench)
    wait_until(workbench.dock.runs.records)
    (tmp_path / "folder.gpkg").mkdir()
    message = exported(window, workbench, tmp_path / target, monkeypatch)
    assert "Written" not in message
    assert "failed" not in message, "an export error speaks for itself"
