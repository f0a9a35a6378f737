"""The ways to say what is to be explained: three map tools and the selected features of a layer."""

from __future__ import annotations

from typing import Any, Callable, Optional

from qgis.core import (
    Qgis,
    QgsCsException,
    QgsGeometry,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)
from qgis.gui import QgsGui, QgsMapTool
from qgis.PyQt.QtCore import QObject, pyqtSignal
from qgis.PyQt.QtWidgets import QAction, QMenu

from ..icons import icon
from .map_tools import PickTool, PixelTool, RegionTool, SlickTool
from .pixel_grid import transform_between, transformed

# More runs than anybody waits for in front of a window.
MOST_FEATURES = 20


class Picking(QObject):
    """Actions and map tools; what was picked comes out as (kind, geometry in the layer's CRS).

    Parameters
    ----------
    iface : QgisInterface
        The running application.
    layer_source : callable
        Gives the raster layer that is picked on, or None.
    """

    picked = pyqtSignal(str, QgsGeometry)
    refused = pyqtSignal(str)

    def __init__(
        self,
        iface: Any,
        layer_source: Callable[[], Optional[QgsRasterLayer]],
        parent: Optional[QObject] = None,
    ) -> None:
        super().__init__(parent)
        self._iface = iface
        self._canvas = iface.mapCanvas()
        self._layer_source = layer_source
        self._previous_tool: Optional[QgsMapTool] = None
        self.tools: dict[str, PickTool] = {
            "pixel": PixelTool(self._canvas),
            "region": RegionTool(self._canvas),
            "slick": SlickTool(self._canvas),
        }
        self.actions: dict[str, QAction] = self._make_actions()
        for kind, tool in self.tools.items():
            self._connect(kind, tool)

    def _make_actions(self) -> dict[str, QAction]:
        texts = {
            "pixel": (self.tr("Pi&xel"), self.tr("Explain one pixel: click it on the map.")),
            "region": (
                self.tr("&Region"),
                self.tr(
                    "Explain a region: click its corners, or drag to draw freehand. Backspace "
                    "takes a corner back, Esc clears, double-click, Enter or right-click finishes."
                ),
            ),
            "slick": (
                self.tr("Predicted slic&k"),
                self.tr("Explain what the model found: click inside a slick on the map."),
            ),
            "features": (
                self.tr("Selected &features"),
                self.tr(
                    "Explain every feature selected in a polygon layer on its own, one after the "
                    "other. The arrow offers to explain them together as one region."
                ),
            ),
        }
        actions = {}
        for kind, (text, tip) in texts.items():
            action = QAction(icon(kind), text, self)
            action.setObjectName(f"SegShapPick{kind.capitalize()}")
            action.setToolTip(tip)
            action.setWhatsThis(tip)
            action.setCheckable(kind in self.tools)
            # Settings > Keyboard Shortcuts gives it a key; QGIS has no free one to take by default.
            QgsGui.shortcutsManager().registerAction(action, "")
            actions[kind] = action
        actions["features"].triggered.connect(self._pick_each_feature)
        self._menu = self._make_menu()
        actions["features"].setMenu(self._menu)
        return actions

    def _make_menu(self) -> QMenu:
        """What selected features can mean."""
        menu = QMenu()
        each = menu.addAction(self.tr("&Each feature on its own"))
        each.setObjectName("SegShapPickEachFeature")
        each.triggered.connect(self._pick_each_feature)
        together = menu.addAction(self.tr("&All features together as one region"))
        together.setObjectName("SegShapPickFeaturesTogether")
        together.triggered.connect(self._pick_features_together)
        return menu

    def _connect(self, kind: str, tool: PickTool) -> None:
        # QGIS unchecks the action when another tool is chosen.
        tool.setAction(self.actions[kind])
        self.actions[kind].triggered.connect(lambda: self.start(kind))
        tool.picked.connect(lambda geometry: self._tool_picked(kind, geometry))
        tool.refused.connect(self.refused)

    def start(self, kind: str) -> None:
        """Take a tool in hand; clicking its button again puts it back."""
        tool, current = self.tools[kind], self._canvas.mapTool()
        if current is tool:
            self.put_back()
            return
        if current not in self.tools.values():
            self._previous_tool = current
        tool.layer = self._layer_source()
        self._canvas.setMapTool(tool)
        self._canvas.setFocus()

    def put_back(self) -> None:
        """Give the map back to the tool that was there before."""
        if self._canvas.mapTool() not in self.tools.values():
            return
        if self._previous_tool is not None:
            self._canvas.setMapTool(self._previous_tool)
        else:
            self._canvas.unsetMapTool(self._canvas.mapTool())

    def follow_layer(self) -> None:
        """Pick on the layer that is chosen now."""
        for tool in self.tools.values():
            tool.layer = self._layer_source()

    def close(self) -> None:
        """Leave nothing on the map."""
        self.put_back()
        for tool in self.tools.values():
            tool.layer = None
            band = getattr(tool, "band", None)
            if band is not None:
                self._canvas.scene().removeItem(band)
            tool.deleteLater()
        for action in self.actions.values():
            QgsGui.shortcutsManager().unregisterAction(action)
        self._menu.deleteLater()

    def _tool_picked(self, kind: str, geometry: QgsGeometry) -> None:
        self.put_back()
        self.picked.emit(kind, geometry)

    def _pick_each_feature(self) -> None:
        regions = self._selected_regions()
        if len(regions) > MOST_FEATURES:
            self.refused.emit(
                self.tr(
                    "{} features are selected. Select at most {}, explain them together, or take "
                    "“Explain regions” of the Processing Toolbox, which is made for many."
                ).format(len(regions), MOST_FEATURES)
            )
            return
        for region in regions:
            self.picked.emit("feature", region)

    def _pick_features_together(self) -> None:
        regions = self._selected_regions()
        if regions:
            self.picked.emit("features", QgsGeometry.unaryUnion(regions))

    def _selected_regions(self) -> list[QgsGeometry]:
        """The selected features in the raster's CRS; none, and a word, where there are none."""
        layer = self._layer_source()
        if layer is None:
            self.refused.emit(self.tr("Choose a raster layer first."))
            return []
        source = self._layer_with_selection()
        if source is None:
            self.refused.emit(self.tr("Select at least one feature in a polygon layer first."))
            return []
        transform = transform_between(source.crs(), layer.crs())
        shapes = [f.geometry().makeValid() for f in source.selectedFeatures() if f.hasGeometry()]
        try:
            return [transformed(shape, transform) for shape in shapes]
        except QgsCsException:
            self.refused.emit(self.tr("The selected features have no place on this raster."))
            return []

    def _layer_with_selection(self) -> Optional[QgsVectorLayer]:
        """The active layer if it has selected polygons, else any other that has."""
        layers = [self._iface.activeLayer(), *QgsProject.instance().mapLayers().values()]
        for layer in layers:
            is_polygons = (
                isinstance(layer, QgsVectorLayer)
                and layer.geometryType() == Qgis.GeometryType.Polygon
            )
            if is_polygons and layer.selectedFeatureCount():
                return layer
        return None
