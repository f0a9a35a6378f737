"""The checks of a run in the result panel, with real runs."""

from __future__ import annotations

import pytest
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest

from segshap_qgis.checks import Checks, check
from segshap_qgis.gui.checks_section import verdict
from segshap_qgis.models import load_model
from tests.gui.hands import pick_pixel, wait_until
from tests.gui.test_result_sections import texts_of
from tests.small_model import write_small_model
from tests.small_record import small_record

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def explained(window, workbench, tmp_path):
    """A workbench with one result, and the section of its checks, unfolded."""
    workbench.dock.source.add_model(write_small_model(tmp_path, n_classes=2))
    workbench.dock.source.class_box.setCurrentText("oil")
    workbench.dock.method.side_box.setValue(12)
    workbench.dock.method.budget_box.setValue(40)
    pick_pixel(window, workbench)
    wait_until(workbench.dock.runs.records)
    section = workbench.dock.result.checks
    section.setCollapsed(False)
    wait_until(lambda: section.start_button.height() > 0)
    return workbench, section


def test_checks_are_shown_as_numbers_beside_the_curves_and_kept(explained):
    bench, section = explained
    record = bench.dock.runs.records()[0]
    assert not section.table.isVisible()
    QTest.mouseClick(section.start_button, LEFT)
    assert section.bar.isVisible()
    wait_until(section.table.isVisible)
    rows = dict(texts_of(section.table))
    model = load_model(record.settings["model"])
    found = check(record, model, False, lambda _: None, lambda: False)
    assert rows["Ranks, other seed"] == f"{found.stability:.2f}"
    assert float(rows["Foretold, off by"].split()[0]) == pytest.approx(
        found.infidelity**0.5, rel=0.05
    )
    assert not section.chart.isVisible()
    bench.dock.runs.tree.clearSelection()
    assert not section.isVisible()
    bench.dock.runs.tree.setCurrentItem(bench.dock.runs.tree.topLevelItem(0))
    assert dict(texts_of(section.table)) == rows
    assert section.table.isVisible()


def test_re_initialised_layers_are_drawn_as_a_curve(explained):
    _, section = explained
    section.layers_box.setChecked(True)
    QTest.mouseClick(section.start_button, LEFT)
    wait_until(section.chart.isVisible, 120)
    assert len(section.chart.found.layers) == 4
    assert "re-initialised" in section.text.text()
    assert "foretold to" in section.text.text()
    picture = section.chart.picture()
    colours = {picture.pixelColor(x, y).name() for x in range(0, 900, 3) for y in range(0, 400, 3)}
    assert {"#4a8fd9", "#d98b4a"} <= colours


def test_checks_are_stopped_within_a_second_and_can_be_asked_again(explained):
    bench, section = explained
    section.layers_box.setChecked(True)
    QTest.mouseClick(section.start_button, LEFT)
    QTest.mouseClick(section.cancel_button, LEFT)
    assert section.start_button.isVisible()
    wait_until(lambda: not bench.checks._working, 5)
    assert not section.table.isVisible()
    section.layers_box.setChecked(False)
    QTest.mouseClick(section.start_button, LEFT)
    wait_until(section.table.isVisible)


def test_a_model_that_is_gone_is_told(window, explained, tmp_path):
    _, section = explained
    (tmp_path / "small.json").unlink()
    QTest.mouseClick(section.start_button, LEFT)
    wait_until(window.messages)
    assert "small.json" in " ".join(window.messages())
    assert section.start_button.isVisible()


def test_a_map_that_another_seed_turns_round_is_called_unsure():
    record = small_record(n_targets=1)
    sure = Checks(0.0, 0.0, 0.0, stability=0.4, stability_of_sure=0.97)
    unsure = Checks(0.0, 0.0, 0.0, stability=0.4, stability_of_sure=float("nan"))
    assert "nearly the same order (0.97 of 1)" in verdict(sure, record)
    assert "more evaluations" in verdict(unsure, record)
