"""The checks of a run in the result panel, with real runs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QImage
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

from segshap_qgis.checks import check
from segshap_qgis.explain.reliability import Checks
from segshap_qgis.geo import read_geopackage, write_geopackage
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


def checked(section, **with_layers):
    """Ask for the checks and wait until their numbers are there."""
    section.layers_box.setChecked(bool(with_layers.get("layers")))
    QTest.mouseClick(section.start_button, LEFT)
    wait_until(lambda: section.table.isVisible() and not section.bar.isVisible(), 120)


def test_checks_of_every_class_are_kept_in_the_project_and_in_exports(explained, tmp_path):
    bench, section = explained
    checked(section, layers=True)
    shown = texts_of(section.table)
    bench.dock.result.classes.table.setCurrentCell(1, 0)
    assert not section.table.isVisible()
    checked(section)
    (kept,) = bench.dock.runs.records()
    other = kept.explanation.settings["targets"][1]
    assert list(kept.checks) == [kept.target_name, other]
    assert kept.checks[other].randomisation is None
    write_geopackage(tmp_path / "run.gpkg", [kept])
    rows = [list(found.rows()) for found in kept.checks.values()]
    exported = read_geopackage(tmp_path / "run.gpkg").checks
    assert [list(found.rows()) for found in exported.values()] == rows
    wait_until(lambda: not bench.desk.store._running)
    project, path = QgsProject.instance(), str(tmp_path / "project.qgz")
    assert project.write(path)
    project.clear()
    assert project.read(path)
    wait_until(bench.dock.runs.records)
    (back,) = bench.dock.runs.records()
    assert [list(found.rows()) for found in back.checks.values()] == rows
    assert texts_of(section.table) == shown
    assert section.table.isVisible()
    assert section.chart.isVisible()


def test_checks_and_curves_of_one_run_are_asked_at_once_and_both_kept(explained):
    bench, section = explained
    curves = bench.dock.result.curves
    curves.setCollapsed(False)
    wait_until(lambda: curves.start_button.height() > 0)
    QTest.mouseClick(curves.start_button, LEFT)
    QTest.mouseClick(section.start_button, LEFT)
    bench.dock.runs.tree.topLevelItem(0).setText(0, "slick at noon")
    wait_until(lambda: section.table.isVisible() and curves.chart.isVisible(), 60)
    (kept,) = bench.dock.runs.records()
    assert kept.name == "slick at noon"
    assert list(kept.checks) == list(kept.curves) == [kept.target_name]


def test_what_is_known_of_layers_stays_when_the_map_is_checked_once_more(explained):
    bench, section = explained
    checked(section, layers=True)
    (before,) = bench.dock.runs.records()
    checked(section)
    (kept,) = bench.dock.runs.records()
    assert kept is not before
    found, known = (record.checks[record.target_name] for record in (kept, before))
    assert list(found.rows()) == list(known.rows())
    assert section.chart.isVisible()


def test_checks_are_copied_and_saved_as_numbers_and_with_layers_as_a_chart(explained, tmp_path):
    bench, section = explained
    checked(section)
    QTest.mouseClick(section.files.copy_button, LEFT)
    data = QApplication.clipboard().mimeData()
    assert not data.hasImage(), "without re-initialised layers there is no chart"
    checked(section, layers=True)
    QTest.mouseClick(section.files.copy_button, LEFT)
    data = QApplication.clipboard().mimeData()
    assert data.hasImage()
    for ending in ("png", "svg", "csv"):
        section.files.save(tmp_path / f"checks.{ending}")
    assert QImage(str(tmp_path / "checks.png")).width() > 600
    assert "</svg>" in (tmp_path / "checks.svg").read_text()
    table = (tmp_path / "checks.csv").read_text()
    assert data.text() == f"{section.text.text()}\n{table}"
    (record,) = bench.dock.runs.records()
    found = record.checks[record.target_name]
    assert table.splitlines()[0] == "check,layers,value"
    assert f"infidelity,0,{found.infidelity}" in table.splitlines()
    assert len(table.splitlines()) == 1 + 5 + 1 + 4 + 4


def test_a_report_has_the_checks_of_the_class_that_it_is_about(explained):
    bench, section = explained
    record = bench.dock.runs.records()[0]
    assert not [name for name, _ in bench.reports.contents(record).facts if "Check" in name]
    checked(section)
    record = bench.dock.result.record
    report = bench.reports.contents(record)
    facts = dict(report.facts)
    for name, value in texts_of(section.table):
        assert facts[f"Check: {name}"] == value
    assert facts["What the checks say"] == section.text.text()
    title = "How far can the map be relied on?"
    assert title not in [chart.title for chart in report.further]
    checked(section, layers=True)
    report = bench.reports.contents(bench.dock.result.record)
    (chart,) = (chart for chart in report.further if chart.title == title)
    assert chart.sentence == section.text.text()
    other = replace(bench.dock.result.record, target=1)
    assert title not in [chart.title for chart in bench.reports.contents(other).further]
    assert "Check: Sum off by" not in dict(bench.reports.contents(other).facts)


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
