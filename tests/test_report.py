"""The report is a PDF that says what a reader must know, and shows map, legend and chart."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import QgsLayoutFrame, QgsLayoutItemLabel, QgsLayoutItemPicture, QgsProject
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QImage

from segshap_qgis.errors import ExportError
from segshap_qgis.gui.charts_curves import CurvesChart
from segshap_qgis.gui.charts_waterfall import WaterfallChart
from segshap_qgis.layers.drawing import draw
from segshap_qgis.layers.report import (
    SHOWN,
    FurtherChart,
    Report,
    _layout,
    without_expressions,
    write_report,
)
from segshap_qgis.layers.report_facts import facts
from segshap_qgis.layers.result import result_layers
from tests.disks import contents, filled, small_disk
from tests.small_model import write_small_model
from tests.small_record import small_record


@pytest.fixture
def report(qgis_app, tmp_path):
    """A report of a small run, explained by a model whose card is on disk."""
    card = write_small_model(tmp_path, licence="CC BY 4.0", scores={"validation": {"iou": 0.4321}})
    record = small_record(settings={"model": str(card), "started": "2026-01-02T03:04:05Z"})
    chart = WaterfallChart()
    chart.show_explanation(record.explanation, 0, "probability", False)
    yield Report(record, "p(oil) = 0.93; base 0.12", chart.picture(), facts(record))
    QgsProject.instance().clear()


def text_of(path: Path) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is missing")
    run = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True)
    return run.stdout.decode()


def test_a_report_has_the_sentence_the_settings_and_the_model_card(report, tmp_path):
    path = write_report(tmp_path / "report.pdf", report)
    text = " ".join(text_of(path).split())
    for wanted in (
        "oil, region 1",
        "p(oil) = 0.93; base 0.12",
        "scene.tif",
        "Small random network",
        "CC BY 4.0",
        "0.4321",
        "2026-01-02T03:04:05Z",
        "against oil",
    ):
        assert wanted in text, wanted


def test_a_report_has_a_page_of_pictures_and_pages_of_facts(report, tmp_path):
    path = write_report(tmp_path / "report.pdf", report)
    assert text_of(path).count("\f") == 2


@pytest.mark.parametrize("free", [0, 4, 32])
def test_a_report_that_finds_no_room_is_told_and_leaves_what_was_there(report, tmp_path, free):
    try:
        with small_disk(tmp_path / "disk", 1024) as disk:
            path = disk / "report.pdf"
            path.write_bytes(b"what was there before")
            with filled(disk, free), pytest.raises(ExportError, match="could not be written"):
                write_report(path, report)
            assert contents(disk) == {"report.pdf": b"what was there before"}
            assert len(write_report(path, report).read_bytes()) > 32 * 1024
    except PermissionError as error:
        pytest.skip(str(error))


def test_further_charts_have_pages_between_pictures_and_facts(report, tmp_path):
    chart = CurvesChart()
    chart.show_found(report.record.curves["oil"])
    titles = ("This", "That", "Third")
    further = [FurtherChart(title, f"{title} does.", chart.picture()) for title in titles]
    report = report._replace(further=further)
    assert write_report(tmp_path / "report.pdf", report).is_file()
    layers = result_layers(report.record, draw(report.record, str(tmp_path)))
    layout, _tree = _layout(report, [layers[role] for role in SHOWN], str(tmp_path))
    assert layout.pageCollection().pageCount() == 4
    texts = {i.currentText(): i.page() for i in layout.items() if isinstance(i, QgsLayoutItemLabel)}
    assert texts.pop(report.record.name) == texts.pop(report.sentence) == 0
    third = dict.fromkeys(["Third", "Third does."], 2)
    assert texts == {**dict.fromkeys(["This", "This does.", "That", "That does."], 1), **third}
    pictures = [i for i in layout.items() if isinstance(i, QgsLayoutItemPicture)]
    assert sorted(picture.page() for picture in pictures) == [0, 1, 1, 2]
    (frame,) = (i for i in layout.items() if isinstance(i, QgsLayoutFrame))
    assert frame.page() == 3


def test_the_first_page_shows_map_and_chart(report, tmp_path):
    if shutil.which("pdftoppm") is None:
        pytest.skip("pdftoppm is missing")
    path = write_report(tmp_path / "report.pdf", report)
    page = tmp_path / "page"
    subprocess.run(["pdftoppm", "-r", "50", "-f", "1", "-l", "1", "-png", path, page], check=True)
    pixels = gdal.Open(str(next(tmp_path.glob("page*.png")))).ReadAsArray().astype(int)
    height = pixels.shape[1]
    for top, bottom in ((42, 162), (178, 273)):
        part = pixels[:3, height * top // 297 : height * bottom // 297]
        green = (part[1] > part[0] + 20).sum()
        red = (part[0] > part[1] + 20).sum()
        assert green > 50
        assert red > 50


def test_a_report_that_cannot_be_written_harms_nothing(report, tmp_path):
    path = tmp_path / "report.pdf"
    path.write_bytes(b"older")
    path.chmod(0o444)
    with pytest.raises(ExportError, match="read-only"):
        write_report(path, report)
    assert path.read_bytes() == b"older"
    with pytest.raises(ExportError, match="does not exist"):
        write_report(tmp_path / "missing" / "report.pdf", report)
    assert not list(tmp_path.glob(".*segshap*"))


def test_a_picture_for_print_is_black_on_white_at_the_size_asked_for(qgis_app):
    chart = WaterfallChart()
    chart.show_explanation(small_record().explanation, 0, "probability", True)
    picture = chart.picture(QSize(300, 200))
    assert (picture.width(), picture.height()) == (900, 600)
    picture = picture.convertToFormat(QImage.Format.Format_RGB888)
    bits = picture.bits()
    bits.setsize(picture.sizeInBytes())
    pixels = np.frombuffer(bytes(bits), np.uint8)
    assert pixels.max() == 255
    assert pixels.min() < 30


def test_names_with_expressions_are_shown_and_not_evaluated(report, tmp_path):
    hostile = "[% 'forty' || 'two' %]"

    def texts(hostile_report):
        layout, _tree = _layout(hostile_report, shown, str(tmp_path))
        return [i.currentText() for i in layout.items() if isinstance(i, QgsLayoutItemLabel)]

    record = small_record(hostile)
    record.explanation.settings["targets"][0] = hostile
    layers = result_layers(record, draw(record, str(tmp_path)))
    shown = [layers[role] for role in SHOWN]
    as_it_is = report._replace(record=record, sentence=f"p({hostile}) = 0.93")
    assert any("fortytwo" in text for text in texts(as_it_is)), "a layout evaluates such names"
    inert = texts(without_expressions(as_it_is))
    assert sum("|| 'two'" in text for text in inert) == 2
    assert not any("fortytwo" in text for text in inert)
