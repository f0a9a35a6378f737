"""Classes, curves, warnings and comparisons in the result panel, with real runs and real keys."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QImage
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

from segshap_qgis.explain import hexagons
from segshap_qgis.explain.faithfulness import rank_correlation
from segshap_qgis.geo import read_geopackage, write_geopackage
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


def layers_in(group) -> list:
    return [node.layer() for node in group.children()]


def kept_files() -> list[str]:
    return [name for name in QgsProject.instance().attachedFiles() if "segshap_run" in name]


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


def test_the_layers_of_another_class_are_added_beside_those_of_the_first(explained):
    bench, record = explained
    section = bench.dock.result.classes
    section.table.setCurrentCell(2, 0)
    QTest.mouseClick(section.layers_button, LEFT)
    assert len(layers_of_role("contribution")) == 2
    other = record.explanation.settings["targets"][2]
    (group,) = [
        node
        for node in QgsProject.instance().layerTreeRoot().findGroups()
        if node.name().startswith(f"{other}, {record.name}, ")
    ]
    layers = {
        node.layer().customProperty("segshap/role"): node.layer() for node in group.children()
    }
    cells = {cell["cell"]: cell["contribution"] for cell in layers["superpixels"].getFeatures()}
    assert [cells[cell] for cell in sorted(cells)] == record.explanation.values[2].tolist()
    assert "probability" not in layers, "that is the output for the class that was asked for"


def test_what_if_speaks_of_the_class_that_is_chosen_in_the_table(explained):
    bench, record = explained
    section, table = bench.dock.result.what_if, bench.dock.result.classes.table
    found, names = record.explanation, record.explanation.settings["targets"]
    section.setCollapsed(False)
    QTest.mouseClick(section.all_button, LEFT)
    for target in (0, 1, 3):
        table.setCurrentCell(target, 0)
        said = f"p({names[target]}) = {found.base[target]:.3f}"
        wait_until(lambda said=said: section.answer.text().startswith(said))
        assert len(bench.what_if.hidden) == found.superpixels.n_players
    QTest.mouseClick(section.none_button, LEFT)
    said = f"p({names[3]}) = {found.prediction[3]:.3f}"
    wait_until(lambda: section.answer.text().startswith(said))
    QTest.mouseClick(section.strongest_button, LEFT)
    assert bench.what_if.hidden == {int(found.values[3].argmax())}


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
    assert not section.start_button.isVisible(), "the same question has the same answer"
    bench.dock.runs.tree.clearSelection()
    assert not section.isVisible()
    bench.dock.runs.tree.setCurrentItem(bench.dock.runs.tree.topLevelItem(0))
    assert section.chart.found is found
    assert section.chart.isVisible()
    pixels = section.chart.picture()
    colours = {pixels.pixelColor(x, y).name() for x in range(0, 900, 7) for y in range(0, 400, 5)}
    assert "#4a8fd9" in colours, "the curve is drawn"


def played(bench):
    """The curves of the class that is shown, once they are there."""
    section = opened_curves(bench)
    QTest.mouseClick(section.start_button, LEFT)
    wait_until(section.chart.isVisible)
    return section.chart.found


def test_curves_of_every_class_are_kept_in_the_project_and_in_exports(explained, tmp_path):
    bench, record = explained
    of_oil = played(bench)
    bench.dock.result.classes.table.setCurrentCell(1, 0)
    assert not bench.dock.result.curves.chart.isVisible()
    of_other = played(bench)
    (kept,) = bench.dock.runs.records()
    other = record.explanation.settings["targets"][1]
    assert kept.target_name == record.target_name
    assert kept.curves == {record.target_name: of_oil, other: of_other}
    assert of_oil.deletion.value.tolist() != of_other.deletion.value.tolist()
    write_geopackage(tmp_path / "run.gpkg", [kept])
    assert set(read_geopackage(tmp_path / "run.gpkg").curves) == set(kept.curves)
    wait_until(lambda: not bench.desk.store._running)
    assert len(kept_files()) == 1
    project = QgsProject.instance()
    path = str(tmp_path / "project.qgz")
    assert project.write(path)
    project.clear()
    assert project.read(path)
    wait_until(bench.dock.runs.records)
    section = bench.dock.result.curves
    assert list(section.chart.found.rows()) == list(of_oil.rows())
    assert not section.start_button.isVisible()
    (back,) = bench.dock.runs.records()
    assert list(back.curves[other].rows()) == list(of_other.rows())


def test_a_run_that_was_renamed_keeps_the_curves_that_were_being_played(explained):
    bench, _ = explained
    section = opened_curves(bench)
    QTest.mouseClick(section.start_button, LEFT)
    bench.dock.runs.tree.topLevelItem(0).setText(0, "slick at noon")
    wait_until(section.chart.isVisible)
    (kept,) = bench.dock.runs.records()
    assert kept.name == "slick at noon"
    assert list(kept.curves) == [kept.target_name]
    wait_until(lambda: not bench.desk.store._running)
    assert len(kept_files()) == 1


def test_curves_and_settling_are_copied_and_saved_like_the_other_chart(explained, tmp_path):
    bench, record = explained
    found = played(bench)
    panel = bench.dock.result
    panel.settling.setCollapsed(False)
    wait_until(lambda: panel.settling_files.height() > 20 and panel.settling_files.isVisible())
    QTest.qWait(50)
    for files, first, rows in (
        (panel.curves.files, "deletion,0,0,0.0,1.0", list(found.rows())),
        (panel.settling_files, None, record.explanation.history),
    ):
        QTest.mouseClick(files.copy_button, LEFT)
        data = QApplication.clipboard().mimeData()
        assert data.hasImage()
        for ending in ("png", "svg", "csv"):
            files.save(tmp_path / f"chart.{ending}")
        assert QImage(str(tmp_path / "chart.png")).width() > 600
        assert "</svg>" in (tmp_path / "chart.svg").read_text()
        table = (tmp_path / "chart.csv").read_text()
        assert data.text().endswith(table)
        assert len(table.splitlines()) == 1 + len(rows)
        assert first is None or table.splitlines()[1] == first
    assert f"{record.explanation.evaluations}," in table


def test_a_report_has_the_curves_of_the_class_that_it_is_about(explained, tmp_path):
    bench, record = explained
    assert [one.title for one in bench.reports.contents(record).further] == ["How the map settled"]
    played(bench)
    report = bench.reports.contents(bench.dock.result.record)
    assert [one.title for one in report.further][1:] == ["Does the model follow the map?"]
    assert "random" in report.further[1].sentence
    pixels = report.further[1].picture
    assert "#4a8fd9" in {
        pixels.pixelColor(x, y).name() for x in range(0, 900, 7) for y in range(0, 400, 5)
    }
    other = replace(record, target=1, curves=report.record.curves)
    assert len(bench.reports.contents(other).further) == 1


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


@pytest.mark.parametrize(
    ("beyond", "warned"),
    [(["top"], True), (["bottom", "left"], True), (["bottom", "right"], False), ([], False)],
)
def test_a_strong_cell_at_the_edge_of_the_raster_itself_is_no_reason_to_warn(beyond, warned):
    record = plain_record(cell=0)
    labels = record.explanation.superpixels.labels
    assert labels[0, 0] == 0, "the first cell touches the upper and the left edge"
    record = replace(record, settings={**record.settings, "beyond": beyond})
    assert [text for text in cautions(record) if "the raster goes on there" in text] == (
        cautions(record)
    )
    assert bool(cautions(record)) == warned


def test_a_run_knows_where_the_raster_goes_on(explained):
    _, record = explained
    assert record.window.shape == (60, 64)
    assert record.window.offset == (0, 8)
    assert record.settings["beyond"] == ["left", "right"]


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
