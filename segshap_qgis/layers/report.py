"""A run on paper: QGIS's own layout engine puts map, legend, chart and facts into a PDF."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, Optional, Union

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsLayerTree,
    QgsLayout,
    QgsLayoutExporter,
    QgsLayoutFrame,
    QgsLayoutItem,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemManualTable,
    QgsLayoutItemMap,
    QgsLayoutItemPage,
    QgsLayoutItemPicture,
    QgsLayoutItemScaleBar,
    QgsLayoutMultiFrame,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsLayoutTable,
    QgsLegendStyle,
    QgsMapLayer,
    QgsPrintLayout,
    QgsProject,
    QgsTableCell,
    QgsTextFormat,
)
from qgis.PyQt.QtCore import QRectF
from qgis.PyQt.QtGui import QColor, QFont, QImage

from ..errors import ExportError
from ..geo import Record
from ..geo.aside import aside, discard, put_in_place, target_path
from .drawing import draw
from .result import Facts, result_layers

# A4 upright, in millimetres.
LEFT, TOP, WIDTH = 15.0, 15.0, 180.0
MAP = QRectF(LEFT, 42, 112, 112)
LEGEND = QRectF(MAP.right() + 3, MAP.top(), 65, 112)
CHART = QRectF(LEFT, MAP.bottom() + 16, WIDTH, 95)
SHOWN = ("region", "superpixels", "contribution")
MARGIN = 1.05

# How a PDF's table of objects begins, plain or compressed.
TABLE = re.compile(rb"xref\s|\d+ \d+ obj\s")

# A further chart, with its title and what it says above it; so many go on a page.
BLOCK, HEAD, BLOCKS = 130.0, 30.0, 2


class FurtherChart(NamedTuple):
    """A further chart: its title, what it says in a sentence or two, and the picture."""

    title: str
    sentence: str
    picture: QImage


class Report(NamedTuple):
    """What goes into a report.

    Attributes
    ----------
    record : Record
        The run.
    sentence : str
        The result in one sentence.
    chart : QImage
        The strongest contributions.
    facts : list of (str, str)
        Settings and model card, row by row; see `report_facts.facts`.
    source : QgsMapLayer or None
        The explained image, drawn below the contributions.
    colour_blind : bool
        Orange to purple instead of red to green.
    further : sequence of FurtherChart
        Charts for pages of their own, two on each.
    """

    record: Record
    sentence: str
    chart: QImage
    facts: Facts
    source: Optional[QgsMapLayer] = None
    colour_blind: bool = False
    further: Sequence[FurtherChart] = ()


def write_report(path: Union[str, Path], report: Report) -> Path:
    """Write a report as PDF; called on the main thread, as QGIS's layouts ask.

    Parameters
    ----------
    path : str or Path
        The file; one of that name is replaced once the new one is whole.
    report : Report
        What goes into it.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ExportError
        It could not be written; what was there before is unchanged.
    """
    target = target_path(path)
    folder = tempfile.mkdtemp(prefix="segshap_report_")
    written = aside(target)
    try:
        _export(report, written, folder)
        if not _is_whole(written):
            raise _not_written(target)
        put_in_place(written, target)
    finally:
        discard(written)
        shutil.rmtree(folder, ignore_errors=True)
    return target


def _export(report: Report, written: Path, folder: str) -> None:
    """Make the layers, draw them and let them go, so that their folder can be removed."""
    report = without_expressions(report)
    layers = result_layers(report.record, draw(report.record, folder), report.colour_blind)
    shown = [layers[role] for role in SHOWN] + ([report.source] if report.source else [])
    layout, _tree = _layout(report, shown, folder)
    settings = QgsLayoutExporter.PdfExportSettings()
    # Outlines of letters could be neither searched nor read aloud.
    settings.textRenderFormat = Qgis.TextRenderFormat.AlwaysText
    outcome = QgsLayoutExporter(layout).exportToPdf(str(written), settings)
    if outcome != QgsLayoutExporter.ExportResult.Success:
        raise _not_written(written)


def _is_whole(file: Path) -> bool:
    """Whether a PDF's table of objects stands where its end says; QGIS tells of no full disk."""
    if not file.is_file():
        return False
    content = file.read_bytes()
    end = re.search(rb"startxref\s+(\d+)\s+%%EOF\s*\Z", content[-1024:])
    return end is not None and TABLE.match(content, int(end[1])) is not None


def without_expressions(report: Report) -> Report:
    """The same report with names in which a layout finds nothing to evaluate."""
    record = report.record
    found = record.explanation
    targets = [_as_it_is(str(name)) for name in found.settings.get("targets", [])]
    explanation = replace(found, settings={**found.settings, "targets": targets})
    return report._replace(
        record=replace(record, name=_as_it_is(record.name), explanation=explanation),
        sentence=_as_it_is(report.sentence),
    )


def _as_it_is(text: str) -> str:
    """Text that a layout shows as it is: it would evaluate what stands between [% and %]."""
    return text.replace("[%", "[\N{WORD JOINER}%")


def _not_written(path: Path) -> ExportError:
    return ExportError(
        f"The report could not be written to {path}.",
        "Check that the folder can be written to and the disk has room.",
    )


def _layout(
    report: Report, shown: list[QgsMapLayer], folder: str
) -> tuple[QgsPrintLayout, QgsLayerTree]:
    """The pages, and the tree of the legend, which the pages do not keep alive."""
    layout = QgsPrintLayout(QgsProject.instance())
    layout.initializeDefaults()
    page = layout.pageCollection().page(0)
    page.setPageSize("A4", QgsLayoutItemPage.Orientation.Portrait)
    _label(layout, report.record.name, QRectF(LEFT, TOP, WIDTH, 10), 18)
    _label(layout, report.sentence, QRectF(LEFT, TOP + 11, WIDTH, 14), 11)
    drawn = _map(layout, report.record, shown)
    tree = _legend(layout, drawn, shown)
    if drawn.crs().isValid():
        _scale_bar(layout, drawn)
    _chart(layout, report.chart, Path(folder, "chart.png"), CHART)
    for number, chart in enumerate(report.further):
        if number % BLOCKS == 0:
            layout.pageCollection().extendByNewPage()
        _further(layout, chart, number, folder)
    _table(layout, report.facts)
    return layout, tree


def _map(layout: QgsLayout, record: Record, shown: list[QgsMapLayer]) -> QgsLayoutItemMap:
    drawn = QgsLayoutItemMap(layout)
    _place(layout, drawn, MAP)
    drawn.setCrs(QgsCoordinateReferenceSystem.fromWkt(record.window.crs_wkt))
    drawn.setLayers(shown)
    drawn.setKeepLayerSet(True)
    extent = shown[2].extent()
    extent.scale(MARGIN)
    drawn.zoomToExtent(extent)
    drawn.setFrameEnabled(True)
    return drawn


def _legend(layout: QgsLayout, drawn: QgsLayoutItemMap, shown: list[QgsMapLayer]) -> QgsLayerTree:
    legend = QgsLayoutItemLegend(layout)
    legend.setAutoUpdateModel(False)
    tree = QgsLayerTree()
    for layer in (shown[2], shown[0]):
        tree.addLayer(layer)
    legend.model().setRootGroup(tree)
    for part in (QgsLegendStyle.Style.Subgroup, QgsLegendStyle.Style.SymbolLabel):
        style = legend.style(part)
        style.setTextFormat(_format(8))
        legend.setStyle(part, style)
    legend.setLinkedMap(drawn)
    _place(layout, legend, LEGEND)
    legend.adjustBoxSize()
    return tree


def _scale_bar(layout: QgsLayout, drawn: QgsLayoutItemMap) -> None:
    bar = QgsLayoutItemScaleBar(layout)
    bar.setStyle("Single Box")
    bar.setLinkedMap(drawn)
    bar.applyDefaultSize()
    _place(layout, bar, QRectF(LEFT, MAP.bottom() + 2, 80, 12))


def _chart(layout: QgsLayout, chart: QImage, file: Path, area: QRectF, page: int = 0) -> None:
    chart.save(str(file), "PNG")
    picture = QgsLayoutItemPicture(layout)
    picture.setPicturePath(str(file), Qgis.PictureFormat.Raster)
    picture.setResizeMode(QgsLayoutItemPicture.ResizeMode.Zoom)
    _place(layout, picture, area, page)


def _further(layout: QgsLayout, drawn: FurtherChart, number: int, folder: str) -> None:
    """A chart of the pages after the first."""
    page, place = 1 + number // BLOCKS, number % BLOCKS
    top = TOP + place * BLOCK
    _label(layout, drawn.title, QRectF(LEFT, top, WIDTH, 9), 14, page)
    _label(layout, drawn.sentence, QRectF(LEFT, top + 9, WIDTH, HEAD - 9), 11, page)
    area = QRectF(LEFT, top + HEAD, WIDTH, BLOCK - HEAD - 8)
    _chart(layout, drawn.picture, Path(folder, f"chart_{number}.png"), area, page)


def _table(layout: QgsLayout, facts: Facts) -> None:
    """Settings and model card, on as many pages of their own as they need."""
    layout.pageCollection().extendByNewPage()
    page = layout.pageCollection().pageCount() - 1
    # Its constructor is not offered to Python.
    table = QgsLayoutItemManualTable.create(layout)
    layout.addMultiFrame(table)
    table.setColumnWidths([50.0, WIDTH - 50.0 - 6.0])
    table.setWrapBehavior(QgsLayoutTable.WrapBehavior.WrapText)
    table.setShowGrid(True)
    table.setGridColor(QColor(200, 200, 200))
    table.setContentTextFormat(_format(9))
    table.setTableContents([[QgsTableCell(name), QgsTableCell(text)] for name, text in facts])
    table.setResizeMode(QgsLayoutMultiFrame.ResizeMode.RepeatUntilFinished)
    frame = QgsLayoutFrame(layout, table)
    _place(layout, frame, QRectF(LEFT, TOP, WIDTH, 267), page)
    table.addFrame(frame)
    table.recalculateFrameSizes()


def _label(layout: QgsLayout, text: str, area: QRectF, size: float, page: int = 0) -> None:
    label = QgsLayoutItemLabel(layout)
    label.setText(text)
    label.setTextFormat(_format(size))
    _place(layout, label, area, page)


def _format(size: float) -> QgsTextFormat:
    text = QgsTextFormat()
    text.setFont(QFont("Sans Serif"))
    text.setSize(size)
    text.setSizeUnit(Qgis.RenderUnit.Points)
    text.setColor(QColor("black"))
    return text


def _place(layout: QgsLayout, item: QgsLayoutItem, area: QRectF, page: int = 0) -> None:
    layout.addLayoutItem(item)
    item.attemptMove(QgsLayoutPoint(area.x(), area.y()), page=page)
    item.attemptResize(QgsLayoutSize(area.width(), area.height()))
