"""The dock's rows on super-pixels: shape, size, what they follow, and what belongs to none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from qgis.core import Qgis, QgsMapLayer, QgsProject
from qgis.gui import QgsMapLayerComboBox
from qgis.PyQt.QtCore import QObject, pyqtSignal
from qgis.PyQt.QtWidgets import QFormLayout

from ..workflow import COMPACTNESS
from .fields import add_row, choice, decimal_box, let_shrink, number_box, show_row


class CellRows(QObject):
    """Rows of a form; those that the chosen shape has no use for are hidden.

    Parameters
    ----------
    form : QFormLayout
        Where the rows are added.
    parent : QObject
        Who keeps this.

    Signals
    -------
    changed
        Other super-pixels are wanted.
    """

    changed = pyqtSignal()

    def __init__(self, form: QFormLayout, parent: QObject) -> None:
        super().__init__(parent)
        self._form = form
        kinds = [
            (self.tr("Hexagons"), "hexagons"),
            (self.tr("Squares"), "squares"),
            (self.tr("SLIC (follows the image)"), "slic"),
            (self.tr("Hexagons cut along the model's classes"), "classes"),
            (self.tr("Hexagons cut along a layer"), "layer"),
            (self.tr("Polygons of a layer"), "polygons"),
        ]
        self.kind_box = choice(kinds, "hexagons")
        tip = self.tr(
            "Shape of the super-pixels. Cells of one size that ignore the image are the default, "
            "because a contribution depends on the area of its cell."
        )
        add_row(form, self.tr("S&hape"), self.kind_box, tip)
        self.side_box = number_box(4, 256, 22, self.tr(" pixels"))
        add_row(form, self.tr("Si&de"), self.side_box, self.tr("Side of a hexagon or square."))
        self._add_slic_rows()
        self._add_layer_rows()
        self._follow_kind()
        self.kind_box.currentIndexChanged.connect(self._follow_kind)
        for box in (self.side_box, self.segments_box, self.compactness_box):
            box.valueChanged.connect(self.changed)
        for box in (self.layer_box, self.land_box):
            box.layerChanged.connect(self.changed)

    def _add_slic_rows(self) -> None:
        self.segments_box = number_box(0, 4000, 0, "")
        self.segments_box.setSpecialValueText(self.tr("as the side says"))
        tip = self.tr("Cells that SLIC is asked for; about so many come out.")
        add_row(self._form, self.tr("Cells wanted"), self.segments_box, tip)
        self.compactness_box = decimal_box(0.001, 1000.0, COMPACTNESS, decimals=3, step=0.1)
        tip = self.tr("Larger: rounder cells of like size. Smaller: cells follow the image closer.")
        add_row(self._form, self.tr("Compactness"), self.compactness_box, tip)

    def _add_layer_rows(self) -> None:
        kinds = Qgis.LayerFilter
        self.layer_box = _layer_box(Qgis.LayerFilters(kinds.PolygonLayer | kinds.RasterLayer))
        tip = self.tr(
            "A raster of classes or a polygon layer. Polygons as cells: what lies in none of them "
            "is never hidden."
        )
        add_row(self._form, self.tr("Along"), self.layer_box, tip)
        self.land_box = _layer_box(kinds.PolygonLayer)
        self.land_box.setAllowEmptyLayer(True, self.tr("nothing"))
        self.land_box.setLayer(None)
        tip = self.tr(
            "Polygons, for instance land, that belong to no super-pixel: the model always sees "
            "them, and they get no contribution."
        )
        add_row(self._form, self.tr("&Leave out"), self.land_box, tip)

    def kind(self) -> str:
        """The chosen shape, one of `workflow.CELL_KINDS`."""
        kind: str = self.kind_box.currentData()
        return kind

    def layers(self) -> tuple[Optional[QgsMapLayer], Optional[QgsMapLayer]]:
        """The layer that the cells follow, if the shape follows one, and what is left out."""
        follows = self.kind() in {"layer", "polygons"}
        return self.layer_box.currentLayer() if follows else None, self.land_box.currentLayer()

    def values(self) -> dict[str, Any]:
        """The chosen settings, by the names of `workflow.Request`."""
        cut, land = (layer.id() if layer is not None else "" for layer in self.layers())
        return {
            "cells": self.kind(),
            "side": self.side_box.value(),
            "n_segments": self.segments_box.value(),
            "compactness": self.compactness_box.value(),
            "cells_layer": cut,
            "land_layer": land,
        }

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Choose settings by the names of `workflow.Request`; a layer that is gone is none."""
        known = self.kind_box.findData(values.get("cells", self.kind()))
        self.kind_box.setCurrentIndex(max(0, known))
        for name, box, number in (
            ("side", self.side_box, int),
            ("n_segments", self.segments_box, int),
            ("compactness", self.compactness_box, float),
        ):
            if name in values:
                box.setValue(number(values[name]))
        for name, box in (("cells_layer", self.layer_box), ("land_layer", self.land_box)):
            if name in values:
                layer = QgsProject.instance().mapLayer(str(values[name]))
                if layer is not None or box is self.land_box:
                    box.setLayer(layer)

    def _follow_kind(self) -> None:
        kind = self.kind()
        for box in (self.segments_box, self.compactness_box):
            show_row(self._form, box, kind == "slic")
        show_row(self._form, self.layer_box, kind in {"layer", "polygons"})
        show_row(self._form, self.side_box, kind != "polygons")
        self.changed.emit()


def _layer_box(filters: Any) -> QgsMapLayerComboBox:
    box = QgsMapLayerComboBox()
    box.setFilters(filters)
    let_shrink(box)
    return box
