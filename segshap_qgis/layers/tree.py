"""Where results go in the project: a group above their source, nothing else moved."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from qgis.core import (
    QgsLayerTreeGroup,
    QgsLayerTreeLayer,
    QgsMapLayer,
    QgsProcessingUtils,
    QgsProject,
)
from qgis.PyQt.QtCore import QCoreApplication

from ..geo import Record
from .drawing import draw
from .result import ROLE, result_layers

# Layers that are there for who asks, but would cover the map.
HIDDEN = {"standard_error", "probability"}


def add_result(
    record: Record,
    colour_blind: bool = False,
    folder: Optional[str] = None,
    source_id: str = "",
    project: Optional[QgsProject] = None,
    layers: Optional[dict[str, QgsMapLayer]] = None,
) -> QgsLayerTreeGroup:
    """Add a record's layers to the project, in a group above the raster that was explained.

    View, active layer and selection stay as they are.

    Parameters
    ----------
    record : Record
        What to show.
    colour_blind : bool
        Orange to purple instead of red to green.
    folder : str, optional
        Where the GeoTIFFs go; a temporary folder by default, which QGIS empties when it ends.
    source_id : str, optional
        Id of the explained layer; by default it is looked for by its source. If it is gone, the
        group goes to the top.
    project : QgsProject, optional
        The open one by default.
    layers : dict of str to QgsMapLayer, optional
        What `result_layers` made of the record, where that was done before; then neither colours
        nor `folder` matter.

    Returns
    -------
    QgsLayerTreeGroup
        The new group.

    Raises
    ------
    ExportError
        A raster could not be written; the project is unchanged.
    """
    project = project or QgsProject.instance()
    if layers is None:
        drawing = draw(record, folder or temporary_folder())
        layers = result_layers(record, drawing, colour_blind)
    parent, index = place_above(source_layer(project, record.window.source, source_id), project)
    # Put together before it is shown: the legend would be made anew for every layer.
    group = QgsLayerTreeGroup(group_name(record))
    project.addMapLayers(list(layers.values()), False)
    for role, layer in layers.items():
        node = group.addLayer(layer)
        node.setExpanded(role == "contribution")
        node.setItemVisibilityChecked(role not in HIDDEN)
    parent.insertChildNode(index, group)
    return group


def temporary_folder() -> str:
    """A new folder that QGIS empties when it ends; asked for on the main thread."""
    return str(Path(QgsProcessingUtils.generateTempFilename("contribution.tif")).parent)


def group_name(record: Record) -> str:
    """Class, name of the run, and the model's output on the region."""
    found = record.explanation
    is_probability = found.settings.get("output", "probability") == "probability"
    symbol = "p" if is_probability else QCoreApplication.translate("Layers", "output")
    return f"{record.target_name}, {record.name}, {symbol} = {found.prediction[record.target]:.2f}"


def source_layer(project: QgsProject, source: str, layer_id: str = "") -> Optional[QgsMapLayer]:
    """The layer that was explained, by its id or else its source; None if it is gone."""
    if layer_id:
        return project.mapLayer(layer_id)
    for node in project.layerTreeRoot().findLayers():
        layer = node.layer()
        if layer and layer.publicSource() == source and not layer.customProperty(ROLE):
            return layer
    return None


def place_above(layer: Optional[QgsMapLayer], project: QgsProject) -> tuple[QgsLayerTreeGroup, int]:
    """Group and index in the layer tree right above a layer; the top if there is none."""
    root = project.layerTreeRoot()
    node: Optional[QgsLayerTreeLayer] = root.findLayer(layer.id()) if layer else None
    if node is None:
        return root, 0
    parent = node.parent()
    return parent, parent.children().index(node)
