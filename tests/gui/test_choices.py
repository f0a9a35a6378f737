"""What the first page offers: cells on the map, expected time, and a project that remembers."""

from __future__ import annotations

import pytest
from qgis.core import QgsPointXY, QgsProject
from qgis.PyQt.QtCore import QSettings, Qt
from qgis.PyQt.QtTest import QTest

from segshap_qgis.gui.expected_time import KEY, expected_seconds, remember
from segshap_qgis.gui.method_section import EFFORTS
from tests.gui.hands import layers_of_role, pick_pixel, wait_until
from tests.small_record import small_record


def cells_shown(bench) -> int:
    return bench.cells_preview.band.size()


def test_the_cells_are_shown_before_a_run_and_follow_the_settings(window, workbench):
    shown = []
    workbench.cells_preview.drawn.connect(shown.append)
    method = workbench.dock.method
    QTest.mouseClick(method.preview_box, Qt.MouseButton.LeftButton)
    wait_until(lambda: shown)
    few = cells_shown(workbench)
    assert few > 10
    assert f"{shown[-1]} super-pixels" in method.cells_text.text()
    assert layers_of_role("preview") == []
    for change in (
        lambda: method.side_box.setValue(5),
        lambda: method.kind_box.setCurrentIndex(method.kind_box.findData("squares")),
        lambda: method.kind_box.setCurrentIndex(method.kind_box.findData("slic")),
    ):
        before, count = len(shown), shown[-1]
        change()
        wait_until(lambda n=before: len(shown) > n)
        assert shown[-1] != count
    method.preview_box.setChecked(False)
    assert cells_shown(workbench) == 0


def test_a_map_beside_the_raster_shows_no_cells_and_says_why(window, workbench):
    method = workbench.dock.method
    window.mapCanvas().setCenter(QgsPointXY(900000, 100000))
    method.preview_box.setChecked(True)
    wait_until(method.cells_text.text)
    assert "outside" in method.cells_text.text()
    assert cells_shown(workbench) == 0


def test_a_run_takes_the_preview_off_the_map(window, workbench):
    workbench.dock.method.preview_box.setChecked(True)
    wait_until(lambda: cells_shown(workbench))
    pick_pixel(window, workbench)
    assert cells_shown(workbench) == 0
    assert not workbench.dock.method.preview_box.isChecked()
    wait_until(workbench.dock.runs.records)


def test_the_expected_time_is_unknown_at_first_and_measured_afterwards(window, workbench):
    QSettings().remove(KEY)
    workbench.dock.tell_expected_time()
    label = workbench.dock.method.expected
    assert "after the first run" in label.text()
    pick_pixel(window, workbench)
    wait_until(workbench.dock.runs.records)
    assert label.text().startswith("At most about")
    record = workbench.dock.runs.records()[0]
    each = record.settings["seconds"] / record.explanation.evaluations
    request = workbench.dock.request().settings()
    assert expected_seconds(request) == pytest.approx(each * request["budget"])
    assert expected_seconds({**request, "window": 999}) is None


def test_a_measured_time_is_kept_for_each_model_and_window():
    settings = {"model": "/a/b.json", "window": 77, "seconds": 32.1}
    remember(small_record(settings=settings))
    assert expected_seconds({**settings, "budget": 642}) == pytest.approx(64.2)
    assert expected_seconds({"model": "/a/c.json", "window": 77, "budget": 642}) is None


def test_an_effort_of_ones_own_is_named_so(workbench):
    method = workbench.dock.method
    for index, effort in enumerate(EFFORTS):
        method.effort_box.setCurrentIndex(index)
        assert method.values()["budget"] == effort.budget
        assert method.values()["stop_at"] == pytest.approx(effort.stop_at)
        assert method.effort_box.currentIndex() == index
    method.budget_box.setValue(77)
    assert method.effort_box.currentText() == "Own effort"


def test_the_project_remembers_the_choices_and_the_defaults_come_back(workbench, scene, tmp_path):
    method, source = workbench.dock.method, workbench.dock.source
    method.side_box.setValue(11)
    method.unit_box.setCurrentIndex(3)
    method.colours_box.setChecked(True)
    source.class_box.setCurrentIndex(0)
    wanted = workbench.dock.request()
    project = QgsProject.instance()
    assert project.write(str(tmp_path / "project.qgz"))
    QTest.mouseClick(workbench.dock.reset_button, Qt.MouseButton.LeftButton)
    assert method.values()["side"] == 22
    assert method.values()["unit"] is None
    assert not method.colours_box.isChecked()
    assert workbench.dock.request() != wanted
    assert project.read(str(tmp_path / "project.qgz"))
    assert workbench.dock.request() == wanted
    assert method.colours_box.isChecked()


def test_a_strange_entry_in_a_project_leaves_the_defaults(workbench, scene, tmp_path):
    project = QgsProject.instance()
    path = str(tmp_path / "project.qgz")
    for text in ("no json", '{"layer": 1}', '{"layer": "", "request": {"model": "/gone.json"}}'):
        assert project.write(path)
        project.writeEntry("SegSHAP", "/dock", text)
        workbench.memory._read()
        assert workbench.dock.method.values()["side"] == 22
