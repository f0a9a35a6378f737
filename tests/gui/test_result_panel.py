"""The result panel with a real run, a real canvas and real keys."""

from __future__ import annotations

import csv
import io
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from qgis.core import QgsGeometry, QgsPointXY
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtGui import QImage
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QFileDialog

from segshap_qgis.geo.regions import cell_outlines
from segshap_qgis.gui.charts import row_height
from segshap_qgis.gui.charts_waterfall import STRONGEST, waterfall
from tests.gui.hands import band_count, make_endless, pick_pixel, wait_until
from tests.small_record import small_record

NOTHING = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def explained(window, workbench):
    """A workbench with one result, and its record."""
    pick_pixel(window, workbench)
    wait_until(workbench.dock.runs.records)
    QTest.qWait(20)
    return workbench, workbench.dock.runs.records()[0]


def outline_of(record, cell: int) -> QgsGeometry:
    outlines = cell_outlines(record.explanation.superpixels.labels, record.window.transform)
    geometry = QgsGeometry()
    geometry.fromWkb(outlines[cell].wkb)
    return geometry


def is_marked(bench, record, cell: int) -> bool:
    return bench.map_link.band.asGeometry().isGeosEqual(outline_of(record, cell))


def middle_of_bar(chart, index: int) -> QPoint:
    return QPoint(chart.width() // 2, round((index + 1.5) * row_height(chart.font())))


def centre_of_cell(window, record, cell: int) -> QPoint:
    inside = outline_of(record, cell).pointOnSurface().asPoint()
    return window.at(inside.x(), inside.y())


def test_the_bars_of_a_waterfall_lead_from_the_base_to_the_prediction():
    found = small_record().explanation
    bars = waterfall(found)
    assert bars[0].start == found.base[0]
    assert bars[-1].end == pytest.approx(found.prediction[0], abs=1e-12)
    for before, after in zip(bars, bars[1:]):
        assert after.start == before.end
    strengths = [abs(bar.contribution) for bar in bars[:-1]]
    assert strengths == sorted(strengths, reverse=True)
    assert len(bars) == STRONGEST + 1
    assert bars[-1].cell is None
    assert np.isnan(bars[-1].error)


def test_a_finished_run_shows_its_result_page(explained):
    bench, record = explained
    panel = bench.dock.result
    assert panel.waterfall.isVisible()
    assert panel.record is record
    assert [bar.cell for bar in panel.waterfall.bars[:-1]] == np.argsort(
        -np.abs(record.explanation.values[0]), kind="stable"
    )[:STRONGEST].tolist()
    panel.settling.setCollapsed(False)
    assert panel.convergence.points[-1][0] == record.explanation.evaluations


def test_a_clicked_bar_lets_its_cell_flash_on_the_map(window, explained):
    bench, record = explained
    chart = bench.dock.result.waterfall
    items = band_count(window)
    QTest.mouseClick(chart, Qt.MouseButton.LeftButton, NOTHING, middle_of_bar(chart, 0))
    assert band_count(window) == items + 1, "QGIS flashes with a rubber band of its own"
    assert is_marked(bench, record, chart.bars[0].cell)
    wait_until(lambda: band_count(window) == items, 10)


def test_the_arrow_keys_walk_through_the_bars(explained):
    bench, record = explained
    chart = bench.dock.result.waterfall
    chart.setFocus()
    for _ in range(2):
        QTest.keyClick(chart, Qt.Key.Key_Down)
    assert chart.lit == 1
    cell = chart.bars[1].cell
    assert is_marked(bench, record, cell)
    assert f"Cell {cell}:" in bench.dock.result.cell_text.text()
    QTest.keyClick(chart, Qt.Key.Key_Up)
    assert chart.lit == 0


def test_a_cell_under_the_cursor_lights_its_bar(window, explained):
    bench, record = explained
    chart = bench.dock.result.waterfall
    for index in (2, 0):
        window.move(centre_of_cell(window, record, chart.bars[index].cell))
        wait_until(lambda wanted=index: chart.lit == wanted, 5)
    weakest = int(np.argmin(np.abs(record.explanation.values[0])))
    window.move(centre_of_cell(window, record, weakest))
    wait_until(lambda: chart.lit == STRONGEST, 5)
    value = record.explanation.values[0, weakest]
    assert f"Cell {weakest}: {value:+.1f}"[:12] in bench.dock.result.cell_text.text()


def test_the_map_moves_to_a_cell_that_it_does_not_show(window, explained):
    bench, record = explained
    cell = bench.dock.result.waterfall.bars[0].cell
    canvas = window.mapCanvas()
    canvas.setCenter(QgsPointXY(0, 0))
    bench.map_link.flash(cell)
    assert outline_of(record, cell).intersects(QgsGeometry.fromRect(canvas.extent()))


def test_chart_and_table_are_saved_by_the_ending_of_the_name(
    window, explained, tmp_path, monkeypatch
):
    bench, record = explained
    panel = bench.dock.result
    for name in ("chart.png", "chart.svg", "cells.csv"):
        path = tmp_path / name
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, p=path: (str(p), ""))
        QTest.mouseClick(panel.save_button, Qt.MouseButton.LeftButton)
        assert path.is_file(), name
    image = QImage(str(tmp_path / "chart.png"))
    assert image.width() > 600
    assert len({image.pixel(x, image.height() // 4) for x in range(image.width())}) > 3
    drawing = ET.parse(tmp_path / "chart.svg").getroot()
    texts = " ".join(drawing.itertext())
    assert f"cell {panel.waterfall.bars[0].cell}" in texts
    rows = list(csv.DictReader(io.StringIO((tmp_path / "cells.csv").read_text())))
    assert len(rows) == record.explanation.superpixels.n_players
    contributions = [float(row["contribution"]) for row in rows]
    assert sum(contributions) == pytest.approx(float(np.sum(record.explanation.values[0])))
    assert [abs(c) for c in contributions] == sorted(map(abs, contributions), reverse=True)
    assert "Written" in " ".join(window.messages())


def test_a_chart_that_cannot_be_written_is_told(window, explained, tmp_path):
    bench, _ = explained
    for ending in ("png", "svg", "csv"):
        window.messageBar().clearWidgets()
        bench.dock.result.files.save(tmp_path / "missing" / f"chart.{ending}")
        assert "does not exist" in " ".join(window.messages())


def test_copy_puts_picture_sentence_and_table_on_the_clipboard(explained):
    bench, _ = explained
    QTest.mouseClick(bench.dock.result.copy_button, Qt.MouseButton.LeftButton)
    data = QApplication.clipboard().mimeData()
    assert data.hasImage()
    assert data.text().startswith("p(oil) = ")
    assert "cell,contribution,standard_error" in data.text()


def test_a_working_run_shows_what_it_knows_until_another_is_chosen(window, explained):
    bench, record = explained
    panel = bench.dock.result
    make_endless(bench)
    pick_pixel(window, bench, column=50)
    wait_until(lambda: panel.headline.text().startswith("So far"))
    assert not panel.save_button.isEnabled()
    bench.dock.runs.tree.setCurrentItem(bench.dock.runs.tree.topLevelItem(1))
    assert panel.record is record
    QTest.qWait(1500)
    assert panel.record is record
    bench._cancel_current()
    wait_until(lambda: not bench.runs)
    assert panel.record is not record


def test_nothing_stays_on_the_map_after_the_workbench(window, explained):
    bench, _ = explained
    items = band_count(window)
    bench.map_link.mark(0)
    bench.close()
    assert band_count(window) < items
    bench.close = lambda: None
