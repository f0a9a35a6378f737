"""A contribution layer that grows more precise while the run goes on."""

from __future__ import annotations

from typing import Optional
from uuid import uuid4

import numpy as np
from qgis.core import QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import QCoreApplication

from ..explain import Explanation
from ..geo import Window
from ..geo.rasters import NO_DATA, Map, map_title
from . import styles
from .memory_files import forget_file
from .result import ROLE, raster_layer, unit_of
from .tree import place_above, source_layer


class Preview:
    """One layer in the project, refreshed in place; if the user removes it, it stays away.

    Parameters
    ----------
    window : Window
        What is being explained.
    title : str
        Name of the run.
    colour_blind : bool
        Orange to purple instead of red to green.
    source_id : str, optional
        Id of the explained layer; by default it is looked for by its source.
    """

    def __init__(
        self, window: Window, title: str, colour_blind: bool = False, source_id: str = ""
    ) -> None:
        self._window = window
        self._title = title
        self._colour_blind = colour_blind
        self._source_id = source_id
        self._folder = f"/vsimem/segshap_{uuid4().hex}"
        self._count = 0
        self._layer_id: Optional[str] = None

    def layer(self) -> Optional[QgsRasterLayer]:
        """The preview in the project; None before the first refresh and once it is gone."""
        return QgsProject.instance().mapLayer(self._layer_id) if self._layer_id else None

    def show(self, found: Explanation, target: int = 0) -> None:
        """Show what is known so far."""
        if self._layer_id and self.layer() is None:
            return
        values = found.to_map(target)
        drawn = Map(
            "contribution",
            np.where(np.isfinite(values), values, np.float32(NO_DATA)),
            self._window.transform,
            map_title(found, target),
        )
        # A new file each time: the old one may still be drawn from.
        old, path = self._path(self._count), self._path(self._count + 1)
        self._count += 1
        written = raster_layer(drawn, path, self._window.crs_wkt)
        layer = self.layer() or self._add(written)
        if layer is not written:
            layer.setDataSource(path, layer.name(), "gdal")
            layer.setCrs(written.crs())
        unit = unit_of(found.settings)
        styles.style_values(layer, found, target, unit, self._colour_blind)
        layer.triggerRepaint()
        forget_file(old)

    def remove(self) -> None:
        """Take the preview out of the project."""
        if self.layer() is not None:
            QgsProject.instance().removeMapLayer(self._layer_id)
        forget_file(self._path(self._count))

    def _add(self, layer: QgsRasterLayer) -> QgsRasterLayer:
        project = QgsProject.instance()
        layer.setName(QCoreApplication.translate("Layers", "{} (so far)").format(self._title))
        layer.setCustomProperty(ROLE, "preview")
        source = source_layer(project, self._window.source, self._source_id)
        project.addMapLayer(layer, False)
        parent, index = place_above(source, project)
        parent.insertLayer(index, layer)
        self._layer_id = layer.id()
        return layer

    def _path(self, number: int) -> str:
        return f"{self._folder}/{number}.tif"
