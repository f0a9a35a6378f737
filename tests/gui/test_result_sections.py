"""Classes, curves, warnings and comparisons in the result panel, with real runs and real keys."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest

from segshap_qgis.explain import hexagons
from segshap_qgis.explain.faithfulness import rank_correlation
from segshap_qgis.gui.cautions import cautions
from segshap_qgis.gui.headline import headline
from segshap_qgis.gui.result_panel import ResultPanel
from segshap_qgis.layers.report_facts import facts
from tests.gui.hands import layers_of_role, pick_pixel, wait_until
from tests.small_model import write_small_model
from tests.small_record import small_record

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def explained(window, workbench, tmp_path):
    """A workbench with one result of a model of four classes, and its record."""
    workbench.dock.source.add_model(write_small_model(tmp_path, n_classes=4))
    workbench.dock.source.class_box.setCurrentText("oil")
    workbench.dock.method.side_box.setValue(8)
    workbench.dock.method.budget_box.setValue(40)
    pick_pixel(window, workbench)
    wait_until(workbench.dock.runs.records)
    QTest.qWait(20)
    return workbench, workbench.dock.runs.records()[0]


def texts_of(table) -> list[list[str]]:
    return [
        [table.item(row, column).text() for column in range(table.columnCount())]
        for row in range(table.rowCount())
    ]


def opened_curves(bench):
    """The section of the curves, unfolded and laid out."""
    section = bench.dock.result.curves
    section.setCollapsed(False)
    wait_until(lambda: section.start_button.height() > 0)
    return section


# Classes --------------------------------------------------------------------------------------


def test_the_table_has_every_class_with_output_base_and_sum(explained):
    bench, record = explained
    section = bench.dock.result.classes
    assert section.isVisible()
    rows = texts_of(section.table)
    assert sorted(row[0] for row in rows) == ["land", "oil", "sea", "ship"]
    assert rows[0][0] == record.target_name
    found = record.explanation
    assert sum(float(row[1]) for row in rows) == pytest.approx(1.0, abs=3e-3)
    for target, (_, output, base, total, strongest) in enumerate(rows):
        assert float(output) == pytest.approx(found.prediction[target], abs=6e-4)
        assert float(total) == pytest.approx(float(output) - float(base), abs=2e-3)
        cell = int(np.abs(found.values[target]).argmax())
        assert strongest.startswith(f"{cell}: ")


def test_the_arrow_keys_show_another_class_in_the_panel(explained):
    bench, record = explained
    panel = bench.dock.result
    panel.classes.table.setFocus()
    QTest.keyClick(panel.classes.table, Qt.Key.Key_Down)
    other = record.explanation.settings["targets"][1]
    assert panel.record.target_name == other
    assert f"({other})" in panel.headline.text()
    strongest = int(np.abs(record.explanation.values[1]).argmax())
    assert panel.waterfall.bars[0].cell == strongest
    QTest.keyClick(panel.classes.table, Qt.Key.Key_Up)
    assert panel.record.target == record.target
    assert "(oil)" in panel.headline.text()


def test_a_report_names_every_class(explained):
    _, record = explained
    rows = dict(facts(record))
    assert rows["Class sea"].startswith(f"{record.explanation.prediction[1]:.4g}; base")


def test_a_cancelled_run_has_one_class_and_no_table(explained):
    bench, record = explained
    alone = small_record(n_targets=1)
    bench.dock.result.show_record(alone)
    assert not bench.dock.result.classes.isVisible()
    bench.dock.result.show_record(record)
    assert bench.dock.result.classes.isVisible()


# Curves ---------------------------------------------------------------------------------------


def test_deletion_and_insertion_are_played_on_demand_and_kept(explained):
    bench, record = explained
    section = opened_curves(bench)
    assert not section.chart.isVisible()
    QTest.mouseClick(section.start_button, LEFT)
    assert section.bar.isVisible()
    wait_until(section.chart.isVisible)
    found = section.chart.found
    assert found.deletion.value[[0, -1]].tolist() == [1.0, 0.0]
    assert len(found.random_insertion) == 20
    # The first step of an insertion is the strongest cell alone: ask the model by hand.
    order = np.argsort(-record.explanation.values[record.target], kind="stable")
    shown = np.zeros((1, len(order)), dtype=bool)
    shown[0, order[0]] = True
    value = bench._game.values(shown, record.target_name)[0]
    base, all_of_it = record.explanation.base[0], record.explanation.prediction[0]
    share = (value - base) / (all_of_it - base)
    assert found.insertion.value[1] == pytest.approx(share, abs=0.02)
    assert "random" in section.text.text()
    bench.dock.runs.tree.clearSelection()
    assert not section.isVisible()
    bench.dock.runs.tree.setCurrentItem(bench.dock.runs.tree.topLevelItem(0))
    assert section.chart.found is found
    assert section.chart.isVisible()
    pixels = section.chart.picture()
    colours = {pixels.pixelColor(x, y).name() for x in range(0, 900, 7) for y in range(0, 400, 5)}
    assert "#4a8fd9" in colours, "the curve is drawn"


def test_curves_are_stopped_within_a_second_and_can_be_asked_again(explained):
    bench, _ = explained
    section = opened_curves(bench)
    QTest.mouseClick(section.start_button, LEFT)
    QTest.mouseClick(section.cancel_button, LEFT)
    assert section.start_button.isVisible()
    wait_until(lambda: not bench.curves._working, 5)
    assert not section.chart.isVisible()
    QTest.mouseClick(section.start_button, LEFT)
    wait_until(section.chart.isVisible)


def test_a_model_that_is_gone_is_told(window, explained, tmp_path):
    bench, _ = explained
    (tmp_path / "small.json").unlink()
    QTest.mouseClick(opened_curves(bench).start_button, LEFT)
    wait_until(window.messages)
    assert "small.json" in " ".join(window.messages())
    assert bench.dock.result.curves.start_button.isVisible()


# Comparison -----------------------------------------------------------------------------------


def test_two_runs_are_compared_as_map_and_table(window, explained):
    bench, first = explained
    bench.dock.method.seed_box.setValue(1)
    pick_pixel(window, bench)
    wait_until(lambda: len(bench.dock.runs.records()) == 2)
    second = bench.dock.runs.records()[0]
    tree = bench.dock.runs.tree
    for row in (0, 1):
        tree.topLevelItem(row).setSelected(True)
    bench.dock.runs.actions_of_runs.compare.trigger()
    panel = bench.dock.result
    assert panel.likeness.isVisible()
    for part in (panel.classes, panel.what_if, panel.curves):
        assert not part.isVisible()
    rows = dict(texts_of(panel.likeness.table))
    expected = rank_correlation(second.explanation.values[0], first.explanation.values[0])
    assert rows["Rank correlation, all cells"] == f"{expected:.2f}"
    assert "sure in both" in rows["Same sign"]
    assert panel.headline.text().startswith("Difference of two runs: prediction")
    assert len(layers_of_role("contribution")) == 3
    json.dumps(dict(panel.record.explanation.settings))


# Warnings -------------------------------------------------------------------------------------


def plain_record(prediction=0.9, base=0.1, error=0.001, cell=None, **settings):
    """A run without anything to warn of: one strong cell in the middle."""
    record = small_record(n_targets=1)
    superpixels = hexagons((40, 60), side=6)
    values = np.zeros((1, superpixels.n_players))
    middle = int(superpixels.labels[20, 30])
    values[0, middle if cell is None else cell] = prediction - base
    found = replace(
        record.explanation,
        superpixels=superpixels,
        values=values,
        standard_errors=np.full_like(values, error),
        base=np.array([base]),
        prediction=np.array([prediction]),
        settings={"targets": ["oil"], "output": "probability", **settings},
    )
    return replace(record, explanation=found)


@pytest.fixture
def panel(qgis_app):
    panel = ResultPanel()
    panel.show()
    yield panel
    panel.close()


def test_a_sound_run_is_shown_without_warning(panel):
    panel.show_record(plain_record())
    assert cautions(plain_record()) == []
    assert not panel.cautions.isVisible()


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (plain_record(error=0.3), "37% of the map's range"),
        (plain_record(error=np.nan), "not known yet"),
        (plain_record(prediction=0.2, base=0.7), "The background alone is “oil”"),
        (plain_record(prediction=0.995), "saturated (0.995)"),
        (plain_record(cell=0), "touch the edge of the window"),
    ],
)
def test_what_makes_a_map_doubtful_is_said_in_the_panel(panel, record, words):
    panel.show_record(record)
    assert panel.cautions.isVisible()
    assert words in panel.cautions.label.text()
    assert len(cautions(record)) == 1


def test_a_report_begins_its_facts_with_the_warnings(explained):
    bench, record = explained
    found = record.explanation
    doubtful = replace(record, explanation=replace(found, base=found.base + 1.0))
    texts = [text for name, text in bench.reports.contents(doubtful).facts if name == "Warning"]
    assert texts == cautions(doubtful)
    assert any("background alone" in text for text in texts)


def test_scores_neither_saturate_nor_lie_in_the_background():
    assert cautions(plain_record(prediction=12.0, base=3.0, output="logit")) == []


def test_the_headline_says_how_many_cells_carry_the_difference():
    assert headline(plain_record().explanation).endswith("1 cell carries 80% of the difference")
