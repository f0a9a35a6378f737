"""Super-pixels of a raster as polygons: what an explanation would show and hide."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

import numpy as np
from qgis.core import (
    Qgis,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFeatureSink,
    QgsRectangle,
)

from ..cell_layers import cell_layers
from ..errors import ImageError
from ..geo.grid import LARGEST_WINDOW, Grid, PixelBounds, to_pixel
from ..geo.regions import cell_outlines
from ..geo.wellknown import to_wkb
from ..geo.window import Window
from ..provider_window import Snapshot
from ..workflow import GRIDS, LAYER_KINDS, Request, superpixels_for
from .algorithm import SegShapAlgorithm, told_to
from .outputs import REAL, WHOLE, feature_of, fields_of


class MakeSuperpixels(SegShapAlgorithm):
    """The cells alone; no model is run."""

    ID = "makesuperpixels"
    TITLE = "Make super-pixels"
    GROUP = "Preparation"
    ICON = "region"
    NEEDS_TORCH = False
    SUMMARY = (
        "Divides a raster, or a part of it, into super-pixels: hexagons, squares, or SLIC, which "
        "follows the image; hexagons cut along classes, for instance those of a segmented raster; "
        "or the polygons of a layer.\n"
        "Pixels without data, and what is left out, belong to no super-pixel. Use it to choose a "
        "size before a long run, or to summarise other rasters by the same cells."
    )

    def initAlgorithm(self, _configuration: Optional[dict[str, Any]] = None) -> None:
        """Declare inputs and outputs."""
        self.add_raster()
        self.add(
            QgsProcessingParameterExtent("EXTENT", self.tr("Part of the raster"), optional=True),
            self.tr("The whole raster if it is empty."),
        )
        self.add_cells((*GRIDS, *LAYER_KINDS))
        self.add(
            QgsProcessingParameterFeatureSink(
                "OUTPUT",
                self.tr("Super-pixels"),
                QgsProcessing.SourceType.TypeVectorPolygon,
            ),
            self.tr("One polygon each, with its number, area and mean values."),
        )

    def prepareAlgorithm(
        self, parameters: dict[str, Any], context: Any, feedback: QgsProcessingFeedback
    ) -> bool:
        """Take a snapshot of the raster, on the layer's own thread."""
        with told_to(feedback):
            layer = self.raster(parameters, context)
            bands = self.parameterAsInts(parameters, "BANDS", context)
            self.snapshot = Snapshot(layer, bands or None)
            self.raster_crs = layer.crs()
            self.extent = self.parameterAsExtent(parameters, "EXTENT", context, self.raster_crs)
            # No model is run: neither it nor its class is asked for.
            self.asked = Request(model="", target="", **self.cells_asked(parameters, context))
            self.layers = cell_layers(
                self.asked,
                self.parameterAsLayer(parameters, "CELLS_LAYER", context),
                self.parameterAsVectorLayer(parameters, "LEAVE_OUT", context),
                context.transformContext(),
            )
        return True

    def processAlgorithm(
        self, parameters: dict[str, Any], context: Any, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Read, divide, write."""
        n_bands = len(self.snapshot.bands)
        means = [f"mean_band_{band}" for band in self.snapshot.bands]
        fields = fields_of(
            [("cell", WHOLE), ("area_pixels", WHOLE), *((name, REAL) for name in means)]
        )
        sink, where = self.parameterAsSink(
            parameters, "OUTPUT", context, fields, Qgis.WkbType.MultiPolygon, self.raster_crs
        )
        if sink is None:
            raise QgsProcessingException(self.invalidSinkError(parameters, "OUTPUT"))
        with told_to(feedback):
            try:
                window = _read_part(self.snapshot, self.extent)
            finally:
                # Python may keep this algorithm for as long as it likes.
                self.snapshot.close()
            superpixels = superpixels_for(self.asked, window, self.layers.guide(window))
        outlines = cell_outlines(superpixels.labels, window.transform)
        inside = superpixels.labels >= 0
        players = superpixels.labels[inside]
        sums = [np.bincount(players, band[inside], superpixels.n_players) for band in window.bands]
        for cell, outline in enumerate(outlines):
            if feedback.isCanceled():
                break
            area = int(superpixels.areas[cell])
            values: dict[str, float] = {"cell": cell, "area_pixels": area}
            values.update((means[i], float(sums[i][cell]) / area) for i in range(n_bands))
            if not sink.addFeature(feature_of(fields, to_wkb(outline), values)):
                raise QgsProcessingException(self.writeFeatureError(sink, parameters, "OUTPUT"))
            feedback.setProgress(100 * (cell + 1) / len(outlines))
        feedback.pushInfo(self.tr("{} super-pixels.").format(superpixels.n_players))
        return {"OUTPUT": where}


def _read_part(snapshot: Snapshot, extent: QgsRectangle) -> Window:
    """The pixels in an extent, everything if it is null; around them, nothing is valid."""
    top, left, bottom, right = part = _pixels_in(snapshot.grid, extent)
    window = snapshot.read(part, max(bottom - top, right - left))
    first_row, first_column = window.offset
    inside = np.zeros_like(window.valid)
    inside[top - first_row : bottom - first_row, left - first_column : right - first_column] = True
    return replace(window, valid=window.valid & inside)


def _pixels_in(grid: Grid, extent: QgsRectangle) -> PixelBounds:
    top, left, bottom, right = 0, 0, grid.height, grid.width
    if not extent.isNull():
        rows, columns = to_pixel(
            grid.transform,
            [extent.xMinimum(), extent.xMaximum()],
            [extent.yMaximum(), extent.yMinimum()],
        )
        top, bottom = max(0, int(np.floor(rows[0]))), min(grid.height, int(np.ceil(rows[1])))
        left, right = max(0, int(np.floor(columns[0]))), min(grid.width, int(np.ceil(columns[1])))
    if bottom <= top or right <= left:
        raise ImageError("The part lies outside the raster.", "Choose a part of the raster.")
    side = max(bottom - top, right - left)
    if side > LARGEST_WINDOW:
        raise ImageError(
            f"The part of {right - left} x {bottom - top} pixels is larger than "
            f"{LARGEST_WINDOW} x {LARGEST_WINDOW}.",
            "Choose a smaller part.",
        )
    return top, left, bottom, right
