"""The results of a whole scene as styled layers: slicks by trust, cells by contribution, maps."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from qgis.core import (
    QgsExpression,
    QgsFillSymbol,
    QgsGraduatedSymbolRenderer,
    QgsLayerTreeGroup,
    QgsMapLayer,
    QgsProject,
    QgsRasterLayer,
    QgsRendererRange,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QCoreApplication

from ..colours import ORANGE_WHITE_PURPLE, RED_WHITE_GREEN
from . import styles
from .result import ROLE
from .tree import place_above, source_layer

# Sequential colours that stay apart in grey and for any colour vision; the last range is open.
TRUST = (
    (0.0, 0.25, "#440154"),
    (0.25, 0.5, "#31688e"),
    (0.5, 0.75, "#35b779"),
    (0.75, 1.0, "#fde725"),
)
NOT_EXPLAINED = (-1.5, -0.5, "#999999")
HIDDEN = {"scene_classes"}
translate = QCoreApplication.translate


def add_scene(
    files: tuple[Path, Path, Path, Path],
    title: str,
    target: str,
    colour_blind: bool = False,
    source_id: str = "",
    project: Optional[QgsProject] = None,
) -> QgsLayerTreeGroup:
    """Add the results of a scene to the project, in a group above the raster.

    Parameters
    ----------
    files : (Path, Path, Path, Path)
        Maps of probability and of classes, slicks, explained slicks; those that are absent are
        passed over, and the slicks are shown only where none was explained.
    title : str
        Name of the group.
    target : str
        The class.
    colour_blind : bool
        Orange to purple instead of red to green.
    source_id : str
        Id of the raster's layer; if it is gone, the group goes to the top.
    project : QgsProject, optional
        The open one by default.

    Returns
    -------
    QgsLayerTreeGroup
        The new group.
    """
    project = project or QgsProject.instance()
    probability, classes, slicks, explained = files
    layers: dict[str, QgsMapLayer] = {}
    if explained.exists():
        layers["scene_slicks"] = _table(explained, "slicks", translate("Layers", "slicks"))
        _style_slicks(layers["scene_slicks"])
        layers["scene_cells"] = _table(explained, "cells", translate("Layers", "super-pixels"))
        _style_cells(layers["scene_cells"], target, colour_blind)
    elif slicks.exists():
        layers["scene_slicks"] = _table(slicks, "slicks", translate("Layers", "slicks"))
        styles.style_region(layers["scene_slicks"])
    layers["scene_probability"] = QgsRasterLayer(str(probability), f"p({target})", "gdal")
    styles.style_probability(layers["scene_probability"], target)
    layers["scene_classes"] = QgsRasterLayer(str(classes), translate("Layers", "classes"), "gdal")
    parent, index = place_above(source_layer(project, "", source_id), project)
    group = parent.insertGroup(index, title)
    for role, layer in layers.items():
        if not layer.isValid():
            continue
        layer.setCustomProperty(ROLE, role)
        project.addMapLayer(layer, False)
        node = group.addLayer(layer)
        node.setExpanded(False)
        node.setItemVisibilityChecked(role not in HIDDEN)
    return group


def _table(file: Path, name: str, title: str) -> QgsVectorLayer:
    return QgsVectorLayer(f"{file}|layername={name}", title, "ogr")


def _style_slicks(layer: QgsVectorLayer) -> None:
    """A line in the colour of the trust, which is written at it."""
    trusted = translate("Layers", "trust {} to {}")
    labels = [translate("Layers", "not explained")]
    labels += [trusted.format(f"{low:g}", f"{high:g}") for low, high, _ in TRUST]
    ranges = [
        QgsRendererRange(low, high, styles.line(colour, "0.7"), label)
        for (low, high, colour), label in zip((NOT_EXPLAINED, *TRUST), labels)
    ]
    layer.setRenderer(QgsGraduatedSymbolRenderer('coalesce("trust", -1)', ranges))
    layer.setDisplayExpression(
        '{} || "slick" || coalesce({} || format_number("trust", 2), \'\')'.format(
            QgsExpression.quotedString(translate("Layers", "slick ")),
            QgsExpression.quotedString(translate("Layers", ", trust ")),
        )
    )


def _style_cells(layer: QgsVectorLayer, target: str, colour_blind: bool) -> None:
    """The colours of a contribution map, the same for all slicks of the scene."""
    palette = ORANGE_WHITE_PURPLE if colour_blind else RED_WHITE_GREEN
    index = layer.fields().indexOf("contribution")
    ends = [layer.minimumValue(index), layer.maximumValue(index)]
    limit = max([abs(end) for end in ends if isinstance(end, float)] + [styles.SMALLEST_LIMIT])
    digits = styles.decimals(limit)
    edges = [limit * (2 * i / len(palette) - 1) for i in range(len(palette) + 1)]
    ranges = []
    for low, high, colour, alpha in zip(edges, edges[1:], palette, styles.ALPHAS):
        symbol = QgsFillSymbol.createSimple({"outline_style": "no"})
        symbol.setColor(styles.shade(colour, alpha))
        label = translate("Layers", "{} to {}").format(f"{low:+.{digits}f}", f"{high:+.{digits}f}")
        ranges.append(QgsRendererRange(low, high, symbol, label))
    layer.setRenderer(QgsGraduatedSymbolRenderer("contribution", ranges))
    layer.setName(translate("Layers", "contributions to p({})").format(target))
