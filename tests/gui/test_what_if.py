"""Hiding cells by hand asks the same game that made the explanation."""

from __future__ import annotations

import re

import numpy as np
import pytest
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest

from segshap_qgis.models import load_model
from segshap_qgis.models.masked_game import MaskedGame
from tests.gui.hands import pick_pixel, wait_until
from tests.gui.test_result_panel import centre_of_cell

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def explained(window, workbench):
    """A workbench with one result, and its record."""
    pick_pixel(window, workbench)
    wait_until(workbench.dock.runs.records)
    QTest.qWait(20)
    return workbench, workbench.dock.runs.records()[0]


def answer(bench) -> float:
    """The probability that the section tells, once the model has been asked."""
    label = bench.dock.result.what_if.answer
    wait_until(lambda: "with all shown" in label.text())
    return float(re.search(r"= (\d\.\d+)", label.text()).group(1))


def test_without_any_cell_the_model_says_the_base_value_and_with_all_the_prediction(explained):
    bench, record = explained
    section, found = bench.dock.result.what_if, record.explanation
    QTest.mouseClick(section.all_button, LEFT)
    assert answer(bench) == pytest.approx(found.base[0], abs=6e-4)
    QTest.mouseClick(section.none_button, LEFT)
    assert answer(bench) == pytest.approx(found.prediction[0], abs=6e-4)


def test_a_clicked_cell_is_hidden_from_the_model_and_a_second_click_shows_it(window, explained):
    bench, record = explained
    section = bench.dock.result.what_if
    cell = bench.dock.result.waterfall.bars[0].cell
    before = window.mapCanvas().mapTool()
    QTest.mouseClick(section.click_button, LEFT)
    window.click(centre_of_cell(window, record, cell))
    assert bench.what_if.hidden == {cell}
    shown = np.ones((1, record.explanation.superpixels.n_players), dtype=bool)
    shown[0, cell] = False
    model = load_model(record.settings["model"])
    game = MaskedGame(
        model, record.window.bands, record.explanation.superpixels, [record.region], ["oil"]
    )
    assert answer(bench) == pytest.approx(game(shown)[0, 0], abs=6e-4)
    window.click(centre_of_cell(window, record, cell))
    assert bench.what_if.hidden == frozenset()
    assert answer(bench) == pytest.approx(record.explanation.prediction[0], abs=6e-4)
    QTest.mouseClick(section.click_button, LEFT)
    assert window.mapCanvas().mapTool() is before


def test_cells_are_hidden_with_the_keyboard_alone(explained):
    bench, _ = explained
    chart = bench.dock.result.waterfall
    bench.dock.result.what_if.click_button.setChecked(True)
    chart.setFocus()
    QTest.keyClick(chart, Qt.Key.Key_Down)
    QTest.keyClick(chart, Qt.Key.Key_Return)
    assert bench.what_if.hidden == {chart.bars[0].cell}


def test_clicks_faster_than_the_model_end_with_the_answer_to_the_last(explained):
    bench, record = explained
    section = bench.dock.result.what_if
    for _ in range(4):
        QTest.mouseClick(section.strongest_button, LEFT)
    strongest = np.argsort(-record.explanation.values[0], kind="stable")[:4]
    assert bench.what_if.hidden == set(strongest.tolist())
    answer(bench)
    assert "hidden cells: 4 of" in section.answer.text()


def test_another_map_tool_takes_over_in_peace(window, explained):
    bench, _ = explained
    section = bench.dock.result.what_if
    section.click_button.setChecked(True)
    window.mapCanvas().setMapTool(bench.picking.tools["pixel"])
    assert not section.click_button.isChecked()
    assert window.mapCanvas().mapTool() is bench.picking.tools["pixel"]
