"""From the dock: a whole scene becomes slicks that say how far they are to be trusted."""

from __future__ import annotations

import json
import time

import pytest
from qgis.core import QgsProject, QgsSettings
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest

from segshap_qgis.cluster_options import cluster_options, keep_cluster_option
from segshap_qgis.errors import SettingsError
from segshap_qgis.gui.cluster_settings import ClusterGroup
from segshap_qgis.gui.scene_desk import LAST_FOLDER
from segshap_qgis.gui.scene_task import Estimate
from segshap_qgis.gui.workbench import Workbench
from segshap_qgis.scene import explain_whole_scene, unfinished_job
from segshap_qgis.scene.planning import Plan
from segshap_qgis.scene.whole import JOB_FILE, files_in
from tests.gui.hands import layers_of_role, wait_until
from tests.gui.qgis_window import raster_layer
from tests.scene.queues import contents
from tests.scene.scenes import go_on
from tests.scene.test_whole import job_of_three_slicks, unheard_steps


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    return job_of_three_slicks(tmp_path_factory.mktemp("whole"))


@pytest.fixture
def settings():
    """QGIS's settings without ours, before and afterwards."""
    QgsSettings().remove("segshap")
    yield
    QgsSettings().remove("segshap")


def choose(bench, job, folder) -> None:
    """Set the dock to what a job asks for."""
    bench.dock.take_over(job.run)
    bench.dock.scene.threshold_box.setValue(job.threshold)
    bench.dock.scene.area_box.setValue(job.smallest_area)
    bench.dock.scene.folder_box.setFilePath(str(folder))


@pytest.fixture
def bench(window, settings, job, tmp_path):
    layer = raster_layer(job.scene.raster)
    window.show_layer(layer)
    bench = Workbench(window)
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, bench.dock)
    choose(bench, job, tmp_path / "results")
    bench.dock.show_page(bench.dock.scene_page)
    QTest.qWait(50)
    yield bench
    bench.close()


def press(button) -> None:
    assert button.isVisible()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_one_click_makes_maps_slicks_and_their_explanations(window, bench, job, tmp_path):
    page = bench.dock.scene
    press(page.start_button)
    wait_until(page.estimate.text)
    assert page.estimate.text().startswith("Segmentation:")
    wait_until(lambda: bench.scenes.task is None, 120)
    assert " ".join(window.messages()) == "3 slicks explained."
    roles = ("scene_slicks", "scene_cells", "scene_probability", "scene_classes")
    layers = [layers_of_role(role) for role in roles]
    assert [len(found) for found in layers] == [1, 1, 1, 1]
    (group,) = QgsProject.instance().layerTreeRoot().findGroups()
    assert len(group.findLayers()) == 4
    slicks = layers[0][0]
    assert sorted(feature["slick"] for feature in slicks.getFeatures()) == [1, 2, 3]
    trusts = [float(page.slicks.topLevelItem(i).text(2)) for i in range(3)]
    assert trusts == sorted(trusts, reverse=True)


def test_outlines_and_kind_of_the_probabilities_are_chosen_on_the_page(bench):
    page = bench.dock.scene
    assert (bench.scenes.job().simplify, bench.scenes.job().scene.kind) == (0.0, "uint8")
    assert page.simplify_box.text() == "not at all"
    page.simplify_box.setValue(25.0)
    page.kind_box.setCurrentIndex(1)
    assert (bench.scenes.job().simplify, bench.scenes.job().scene.kind) == (25.0, "float32")


def test_an_estimate_tells_of_this_machine_and_of_the_workers_of_the_cluster(bench):
    page = bench.dock.scene
    plan = Plan("windows", 120, 60.0, 1e9, 2e9, 1e9)
    page.show_estimate(Estimate([plan], workers=0))
    assert "120 windows" in page.estimate.text()
    assert "2 h 0 min on one processor core, 8 min on 16 workers" in page.estimate.text()
    page.show_estimate(Estimate([plan], workers=60))
    assert "2 min on 60 workers" in page.estimate.text()


def test_a_scheduler_that_cannot_be_reached_is_told_before_anything_is_done(
    window, bench, tmp_path
):
    pytest.importorskip("distributed")
    keep_cluster_option("address", "10.0.0.5")
    press(bench.dock.scene.start_button)
    wait_until(window.messages)
    assert "“10.0.0.5” is no address of a scheduler" in " ".join(window.messages())
    assert not (tmp_path / "results").exists()


def test_a_slick_of_the_list_is_shown_with_its_explanation(window, bench):
    page = bench.dock.scene
    press(page.start_button)
    wait_until(lambda: page.slicks.topLevelItemCount() == 3, 120)
    row = page.slicks.topLevelItem(1)
    page.slicks.setCurrentItem(row)
    QTest.keyClick(page.slicks, Qt.Key.Key_Return)
    record = bench.dock.result.record
    assert record.name == f"slick {row.text(0)}"
    assert bench.dock.pages.currentWidget() is bench.dock.result_page
    extent = window.mapCanvas().extent()
    feature = next(
        f for f in layers_of_role("scene_slicks")[0].getFeatures() if f["slick"] == int(row.text(0))
    )
    assert extent.contains(feature.geometry().boundingBox())
    assert extent.width() < bench.dock.source.layer().extent().width()


def test_cancel_takes_less_than_a_second_and_a_new_start_of_qgis_goes_on(
    window, bench, job, tmp_path
):
    folder = tmp_path / "results"
    page = bench.dock.scene
    press(page.start_button)
    wait_until(lambda: "Step 3" in page.progress.text.text(), 120)
    asked = bench.scenes.job()
    started = time.monotonic()
    press(page.progress.cancel_button)
    wait_until(lambda: bench.scenes.task is None)
    assert time.monotonic() - started < 1.5
    assert unfinished_job(folder) == asked
    assert layers_of_role("scene_slicks") == []
    bench.close()
    # What QGIS's settings and the folder remember is all that a new start has.
    again = Workbench(window)
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, again.dock)
    again.dock.show_page(again.dock.scene_page)
    QTest.qWait(50)
    assert again.dock.scene.folder() == folder
    wait_until(lambda: not any(task.is_at_work() for task in bench.scenes._stopping))
    press(again.dock.scene.go_on_button)
    wait_until(lambda: again.scenes.task is None, 120)
    assert again.dock.scene.slicks.topLevelItemCount() == 3
    assert again.dock.scene.go_on_button.isHidden()
    assert QgsSettings().value(LAST_FOLDER) is None
    again.close()
    undisturbed = explain_whole_scene(asked, tmp_path / "other", unheard_steps, go_on)
    assert contents(files_in(folder).explained) == contents(undisturbed.files.explained)
    bench.close = lambda: None


def test_results_are_not_put_into_another_project(window, bench, tmp_path):
    press(bench.dock.scene.start_button)
    wait_until(lambda: "Step" in bench.dock.scene.progress.text.text(), 120)
    QgsProject.instance().clear()
    wait_until(lambda: bench.scenes.task is None, 120)
    assert "are in" in " ".join(window.messages())
    assert QgsProject.instance().mapLayers() == {}
    assert unfinished_job(tmp_path / "results") is None
    assert files_in(tmp_path / "results").explained.exists()


def test_an_estimate_says_what_it_costs_and_writes_nothing(bench, tmp_path):
    page = bench.dock.scene
    press(page.estimate_button)
    assert not page.start_button.isEnabled()
    wait_until(lambda: bench.scenes.task is None, 60)
    assert "tiles, about" in page.estimate.text()
    assert "GB of disk" in page.estimate.text()
    assert page.start_button.isEnabled()
    assert not (tmp_path / "results").exists()


def test_the_folder_is_proposed_beside_the_raster(window, settings, job):
    window.show_layer(raster_layer(job.scene.raster))
    bench = Workbench(window)
    assert bench.dock.scene.folder_box.filePath().endswith("scene_segshap")
    assert "All of “scene”, class oil" in bench.dock.scene.what.text()
    bench.close()


def test_results_of_another_job_are_refused_in_words(window, bench, job, tmp_path):
    folder = tmp_path / "results"
    folder.mkdir()
    kept = {"job": {**job.to_dict(), "threshold": 0.123}, "done": []}
    (folder / JOB_FILE).write_text(json.dumps(kept))
    press(bench.dock.scene.start_button)
    wait_until(lambda: bench.scenes.task is None, 60)
    assert "another job" in " ".join(window.messages())


# The cluster of the options --------------------------------------------------------------------


def test_a_scheduler_set_in_the_options_gets_the_slicks(window, bench):
    options = ClusterGroup()
    options.address_edit.setText(" tcp://127.0.0.1:1 ")
    cluster = cluster_options().cluster(lambda _: None)
    assert (cluster.address, cluster.tls, cluster.send_pixels) == ("tcp://127.0.0.1:1", None, False)
    bench.scenes._follow_source()
    assert "tcp://127.0.0.1:1" in bench.dock.scene.where.text()
    options.file_boxes["authority"].setFilePath("/tmp/ca.pem")
    with pytest.raises(SettingsError, match="three files"):
        cluster_options().cluster(lambda _: None)
    press(bench.dock.scene.start_button)
    assert "three files" in " ".join(window.messages())
    options.address_edit.setText("")
    assert cluster_options().cluster(lambda _: None) is None
