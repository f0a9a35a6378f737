"""The list of runs: names, layers, repeats, differences, and what a project file remembers."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest
from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QLineEdit

from segshap_qgis.errors import ExportError, SettingsError
from segshap_qgis.geo.difference import difference
from segshap_qgis.gui.run_store import read_run, write_run
from segshap_qgis.gui.run_thumbnail import coloured
from tests.gui.hands import layers_of_role, pick_pixel, wait_until
from tests.small_record import small_record


@pytest.fixture
def two_runs(window, workbench):
    """A workbench with two runs of the same pixel, of different seeds."""
    pick_pixel(window, workbench)
    workbench.dock.method.seed_box.setValue(1)
    pick_pixel(window, workbench)
    wait_until(lambda: len(workbench.dock.runs.records()) == 2)
    return workbench


def choose(runs, *rows: int) -> None:
    runs.tree.clearSelection()
    for row in rows:
        runs.tree.topLevelItem(row).setSelected(True)


def test_a_run_is_renamed_with_f2_and_names_stay_unique(two_runs):
    runs = two_runs.dock.runs
    choose(runs, 0)
    names = [record.name for record in runs.records()]
    for typed, expected in (("slick at noon", "slick at noon"), (names[1], "slick at noon")):
        runs.actions_of_runs.rename.trigger()
        editor = runs.tree.findChild(QLineEdit)
        editor.setText(typed)
        QTest.keyClick(editor, Qt.Key.Key_Return)
        QTest.qWait(20)
        assert runs.records()[0].name == expected
        assert runs.tree.topLevelItem(0).text(0) == expected


def test_a_long_name_leaves_half_of_the_list_to_the_result(two_runs):
    runs = two_runs.dock.runs
    two_runs.dock.show_page(two_runs.dock.result_page)
    tree = runs.tree
    short = tree.columnWidth(0)
    tree.topLevelItem(0).setText(0, "Region 7 on " + "S1A_IW_GRDH_1SDV_20210817T164212_" * 4 + "VV")
    QTest.qWait(20)
    width = tree.viewport().width()
    assert width > 100
    assert tree.columnWidth(0) <= round(width / 2)
    result = tree.visualItemRect(tree.topLevelItem(0)).translated(tree.columnWidth(0), 0)
    assert result.left() < width / 2 + 1
    assert tree.topLevelItem(0).toolTip(0).endswith("VV")
    assert tree.textElideMode() == Qt.TextElideMode.ElideMiddle
    two_runs.dock.resize(two_runs.dock.width() + 300, two_runs.dock.height())
    QTest.qWait(20)
    assert tree.columnWidth(0) <= round(tree.viewport().width() / 2)
    assert short > 0


def test_the_layers_of_a_run_come_back_after_they_were_removed(two_runs):
    QgsProject.instance().removeMapLayers([layer.id() for layer in layers_of_role("contribution")])
    choose(two_runs.dock.runs, 1)
    two_runs.dock.runs.actions_of_runs.layers.trigger()
    assert len(layers_of_role("contribution")) == 1


def test_a_run_is_repeated_with_other_settings_on_the_same_region(two_runs):
    bench = two_runs
    first = bench.dock.runs.records()[0]
    choose(bench.dock.runs, 0)
    bench.dock.method.side_box.setValue(10)
    bench.dock.runs.actions_of_runs.again.trigger()
    wait_until(lambda: len(bench.dock.runs.records()) == 3)
    again = bench.dock.runs.records()[0]
    assert again.settings["side"] == 10
    np.testing.assert_array_equal(again.region, first.region)


def test_the_settings_of_a_run_are_taken_over_into_the_first_page(two_runs):
    bench = two_runs
    record = bench.dock.runs.records()[0]
    choose(bench.dock.runs, 0)
    method = bench.dock.method
    method.side_box.setValue(40)
    method.seed_box.setValue(99)
    method.background_box.setCurrentIndex(method.background_box.findData("zero"))
    method.precision_box.setValue(0)
    bench.dock.runs.actions_of_runs.settings.trigger()
    wanted = record.settings
    assert {name: bench.dock.request().settings()[name] for name in ("side", "seed")} == {
        "side": wanted["side"],
        "seed": wanted["seed"],
    }
    assert bench.dock.request().background == wanted["background"]
    assert bench.dock.request().stop_at == pytest.approx(wanted["stop_at"])


def test_two_runs_are_compared_as_the_newer_minus_the_older(two_runs):
    bench = two_runs
    newer, older = bench.dock.runs.records()
    choose(bench.dock.runs, 1, 0)
    bench.dock.runs.actions_of_runs.compare.trigger()
    compared = bench.dock.runs.records()[0]
    np.testing.assert_allclose(
        compared.explanation.values[0],
        newer.explanation.values[0] - older.explanation.values[0],
    )
    assert len(layers_of_role("contribution")) == 3
    assert compared.name == f"{newer.name} minus {older.name}"


def test_runs_of_different_cells_are_not_compared(window, two_runs):
    bench = two_runs
    bench.dock.method.side_box.setValue(12)
    pick_pixel(window, bench)
    wait_until(lambda: len(bench.dock.runs.records()) == 3)
    choose(bench.dock.runs, 0, 1)
    bench.dock.runs.actions_of_runs.compare.trigger()
    assert "different super-pixels" in " ".join(window.messages())
    assert len(bench.dock.runs.records()) == 3


def test_the_project_file_remembers_the_runs(window, two_runs, tmp_path):
    bench = two_runs
    kept = bench.dock.runs.records()
    choose(bench.dock.runs, 0)
    bench.dock.runs.actions_of_runs.delete.trigger()
    wait_until(lambda: not bench.desk.store._running)
    project = QgsProject.instance()
    path = str(tmp_path / "project.qgz")
    assert project.write(path)
    project.clear()
    assert bench.dock.runs.records() == []
    assert project.read(path)
    wait_until(bench.dock.runs.records)
    (back,) = bench.dock.runs.records()
    assert back.name == kept[1].name
    np.testing.assert_array_equal(back.explanation.values, kept[1].explanation.values)
    assert bench.dock.result.record is back
    assert window.messages() == []
    pick_pixel(window, bench)
    wait_until(lambda: len(bench.dock.runs.records()) == 2)
    assert len({record.name for record in bench.dock.runs.records()}) == 2


def test_a_kept_run_comes_back_to_the_last_bit_and_a_damaged_one_is_refused(tmp_path):
    record, path = small_record(), tmp_path / "run.zip"
    write_run(path, record)
    back = read_run(path)
    np.testing.assert_array_equal(back.explanation.values, record.explanation.values)
    np.testing.assert_array_equal(back.window.bands, record.window.bands)
    assert list(tmp_path.iterdir()) == [path]
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ExportError, match="cannot be read"):
        read_run(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("run.json", "{}")
    with pytest.raises(ExportError, match="cannot be read"):
        read_run(path)


def test_a_difference_has_the_errors_of_independent_runs_and_adds_up():
    first, second = small_record(seed=0), small_record(seed=1)
    found = difference(first, second, "difference").explanation
    total = found.prediction - found.base
    assert found.values.sum(axis=1) == pytest.approx(total, abs=1e-9)
    squares = [record.explanation.standard_errors[0] ** 2 for record in (first, second)]
    np.testing.assert_allclose(found.standard_errors[0] ** 2, sum(squares))
    with pytest.raises(SettingsError, match="different super-pixels"):
        difference(first, small_record(shape=(44, 60)), "difference")


def test_a_thumbnail_shows_what_speaks_for_and_against():
    record = small_record()
    pixels = coloured(record, colour_blind=False)
    labels, values = record.explanation.superpixels.labels, record.explanation.values[0]
    off_region = ~record.region
    strongest = (labels == values.argmax()) & off_region
    weakest = (labels == values.argmin()) & off_region
    for_it, against = (pixels[mask].astype(int).mean(axis=0) for mask in (strongest, weakest))
    assert for_it[1] > for_it[0]
    assert against[0] > against[1]
    assert coloured(small_record(shape=(300, 200)), True).shape[0] <= 96
    assert QColor(*pixels[0, 0]).name() == "#808080"
