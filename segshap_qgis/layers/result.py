"""The layers of one Record, styled and documented, not yet in any project."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsExpression,
    QgsFeature,
    QgsGeometry,
    QgsLayerMetadata,
    QgsLayerNotesUtils,
    QgsMapLayer,
    QgsRasterLayer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtXml import QDomDocument

from ..geo import Record
from ..geo.cells import Column
from ..geo.rasters import Map
from . import styles
from .drawing import Drawing, draw, not_written, write_raster
from .memory_files import forget_folder

# Custom property that tells our layers from others, and which of them each one is.
ROLE = "segshap/role"
translate = QCoreApplication.translate
Facts = list[tuple[str, str]]
SIGNED_NUMBER = "[% CASE WHEN {0} > 0 THEN '+' ELSE '' END || format_number({0}, {1}) %]"


def result_layers(
    record: Record, drawing: Drawing, colour_blind: bool = False
) -> dict[str, QgsMapLayer]:
    """Styled and documented layers of a record by role, in the order of the legend.

    Parameters
    ----------
    record : Record
        What to show.
    drawing : Drawing
        The record's own.
    colour_blind : bool
        Orange to purple instead of red to green.

    Raises
    ------
    ExportError
        A raster is not there any more.
    """
    layers: dict[str, QgsMapLayer] = {"region": _region_layer(record, drawing)}
    layers["superpixels"] = _cell_layer(record, drawing)
    for drawn, path in drawing.rasters:
        layers[drawn.kind] = _opened(drawn, path, record.window.crs_wkt)
    _style(layers, record, colour_blind)
    facts = _facts(record)
    for role, layer in layers.items():
        layer.setName(title_of(role))
        layer.setCustomProperty(ROLE, role)
        _describe(layer, record, facts)
    return layers


def style_documents(record: Record, colour_blind: bool = False) -> dict[str, str]:
    """QML style of every layer of a record, by role; to be kept beside exported data.

    Parameters
    ----------
    record : Record
        What the styles are for: limits and labels are the record's own.
    colour_blind : bool
        Orange to purple instead of red to green.
    """
    folder = f"/vsimem/segshap_{uuid4().hex}"
    layers = result_layers(record, draw(record, folder), colour_blind)
    documents = {}
    for role, layer in layers.items():
        layer.removeCustomProperty(ROLE)
        document = QDomDocument("qgis")
        layer.exportNamedStyle(document)
        documents[role] = document.toString()
    layers.clear()
    forget_folder(folder)
    return documents


def raster_layer(drawn: Map, path: str, crs_wkt: str) -> QgsRasterLayer:
    """Write a map as a GeoTIFF on its own grid and open it.

    Raises
    ------
    ExportError
        It could not be written.
    """
    write_raster(drawn, path, crs_wkt)
    return _opened(drawn, path, crs_wkt)


def _opened(drawn: Map, path: str, crs_wkt: str) -> QgsRasterLayer:
    layer = QgsRasterLayer(path, drawn.title, "gdal")
    if not layer.isValid():
        raise not_written(path)
    layer.setCrs(_crs(crs_wkt))
    return layer


def title_of(role: str) -> str:
    """Name of a layer, for people."""
    titles = {
        "region": translate("Layers", "region"),
        "superpixels": translate("Layers", "super-pixels"),
        "contribution": translate("Layers", "contribution"),
        "standard_error": translate("Layers", "standard error"),
        "probability": translate("Layers", "model output"),
    }
    return titles[role]


def unit_of(settings: Any) -> str:
    """Unit of contributions, for people."""
    return styles.unit_name(str(settings.get("output", "probability")))


def _crs(wkt: str) -> QgsCoordinateReferenceSystem:
    return QgsCoordinateReferenceSystem.fromWkt(wkt) if wkt else QgsCoordinateReferenceSystem()


def _cell_layer(record: Record, drawing: Drawing) -> QgsVectorLayer:
    layer = _vector_layer(drawing.cells, drawing.columns, record.window.crs_wkt)
    named = QgsExpression.quotedString(translate("Layers", "super-pixel "))
    layer.setDisplayExpression(f'{named} || "cell"')
    return layer


def _region_layer(record: Record, drawing: Drawing) -> QgsVectorLayer:
    found, target = record.explanation, record.target
    columns = [
        Column("name", [record.name]),
        Column("class", [record.target_name]),
        Column("prediction", [float(found.prediction[target])]),
        Column("base_value", [float(found.base[target])]),
        Column("area_pixels", [int(record.region.sum())]),
    ]
    return _vector_layer([drawing.region], columns, record.window.crs_wkt)


def _vector_layer(
    outlines: Sequence[bytes], columns: Sequence[Column], crs_wkt: str
) -> QgsVectorLayer:
    """A memory layer of multipolygons with attributes; what is not a number is left empty."""
    fields = "&".join(f"field={column.name}:{_field_type(column)}" for column in columns)
    layer = QgsVectorLayer(f"MultiPolygon?{fields}", "cells", "memory")
    layer.setCrs(_crs(crs_wkt))
    features = []
    for index, outline in enumerate(outlines):
        geometry = QgsGeometry()
        geometry.fromWkb(outline)
        geometry.convertToMultiType()
        feature = QgsFeature(layer.fields())
        feature.setGeometry(geometry)
        values = (column.values[index] for column in columns)
        feature.setAttributes([value if value == value else None for value in values])  # noqa: PLR0124
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    layer.updateExtents()
    return layer


def _field_type(column: Column) -> str:
    first = column.values[0] if len(column.values) else 0.0
    return {str: "string(254)", int: "int8"}.get(type(first), "double")


def _style(layers: dict[str, QgsMapLayer], record: Record, colour_blind: bool) -> None:
    found, target = record.explanation, record.target
    unit = unit_of(found.settings)
    limit = styles.style_values(layers["contribution"], found, target, unit, colour_blind)
    error = styles.largest(found.standard_errors[target])
    styles.style_standard_error(layers["standard_error"], error, unit)
    styles.style_cells(layers["superpixels"])
    styles.style_region(layers["region"])
    if "probability" in layers:
        styles.style_probability(layers["probability"], record.target_name)
    digits = styles.decimals(limit) + 1
    for role in ("contribution", "standard_error", "probability"):
        if role in layers:
            value = "raster_value(@layer, 1, @layer_cursor_point)"
            number = SIGNED_NUMBER.format(value, digits)
            layers[role].setMapTipTemplate(f"<b>{number}</b> {unit}<br>{title_of(role)}")
    layers["superpixels"].setMapTipTemplate(_cell_tip(unit, digits))


def _cell_tip(unit: str, digits: int) -> str:
    contribution = SIGNED_NUMBER.format('"contribution"', digits)
    error = f'[% format_number("standard_error", {digits}) %]'
    about = translate("Layers", "rank {}, {} % of the difference").format(
        '[% "rank" %]', '[% format_number(100 * "share", 1) %]'
    )
    return f"<b>{contribution}</b> ± {error} {unit}<br>{about}"


def source_facts(record: Record) -> Facts:
    """Rows that say what image a run is about."""
    return [
        (translate("Report", "Source"), record.window.source),
        (translate("Report", "Bands"), ", ".join(record.window.band_names)),
    ]


def value_facts(record: Record) -> Facts:
    """Rows with what the contributions of a run lead from and to."""
    found, target = record.explanation, record.target
    return [
        (translate("Report", "Model output on the region"), f"{found.prediction[target]:.6g}"),
        (translate("Report", "Base value (everything hidden)"), f"{found.base[target]:.6g}"),
        (translate("Report", "Sum of contributions"), f"{found.values[target].sum():.6g}"),
        (translate("Report", "Unit"), unit_of({**found.settings, **record.settings})),
    ]


def _facts(record: Record) -> Facts:
    """All that a reader of the layer must know, by heading; what it explains comes first."""
    found, target = record.explanation, record.target
    settings = {**found.settings, **record.settings}
    cells = found.superpixels
    return [
        (
            translate("Report", "Explains"),
            translate("Report", "{} on {}").format(record.target_name, record.name),
        ),
        *source_facts(record),
        (translate("Report", "Model"), str(settings.get("model_id", ""))),
        *value_facts(record),
        (
            translate("Report", "Largest standard error, share of the range"),
            f"{found.precision_of(target):.6g}",
        ),
        (translate("Report", "Evaluations of the model"), str(found.evaluations)),
        (translate("Report", "Seed"), str(found.seed)),
        (
            translate("Report", "Super-pixels"),
            f"{cells.n_players} {json.dumps(dict(cells.settings))}",
        ),
        (
            translate("Report", "Settings"),
            json.dumps(settings, ensure_ascii=False, default=str, sort_keys=True),
        ),
    ]


def _describe(layer: QgsMapLayer, record: Record, facts: Facts) -> None:
    rows = "".join(
        f"<tr><td><b>{html.escape(heading)}</b></td><td>{html.escape(text)}</td></tr>"
        for heading, text in facts
    )
    QgsLayerNotesUtils.setLayerNotes(layer, f"<table>{rows}</table>")
    metadata = QgsLayerMetadata()
    metadata.setTitle(f"{layer.name()}: {facts[0][1]}")
    metadata.setAbstract("\n".join(f"{heading}: {text}" for heading, text in facts))
    metadata.setType("dataset")
    metadata.setCrs(layer.crs())
    metadata.setParentIdentifier(record.window.source)
    metadata.addHistoryItem(f"SegSHAP {record.settings.get('started', '')}".strip())
    layer.setMetadata(metadata)
