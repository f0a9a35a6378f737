"""Segment a whole raster: probability and classes as cloud-optimised GeoTIFFs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterVectorLayer,
)

from ..errors import Interrupted
from ..models import read_card
from ..provider_window import raster_path
from ..scene import SceneRequest, plan_scene, segment_scene
from .algorithm import SegShapAlgorithm, told_to

KINDS = ("uint8", "float32")


class SegmentRaster(SegShapAlgorithm):
    """Runs a model over a raster of any size, tile by tile, without seams."""

    ID = "segmentraster"
    TITLE = "Segment a whole raster"
    GROUP = "Whole scenes"
    ICON = "segshap"
    SUMMARY = (
        "Runs a model over a raster of any size and writes the probability of a class, and the "
        "class of every pixel beside it (NAME_class.tif), as cloud-optimised GeoTIFFs.\n"
        "Tiles overlap and are blended. What is dark is judged against the open sea around it, "
        "smoothly across the scene, so neighbouring tiles agree. Memory does not grow with the "
        "height of the scene. Cancelled or killed, the same run goes on where it was."
    )

    def initAlgorithm(self, _configuration: Optional[dict[str, Any]] = None) -> None:
        """Declare inputs and outputs."""
        self.add_raster()
        self.add_model()
        self.add_class()
        self.add(
            QgsProcessingParameterVectorLayer(
                "LAND",
                self.tr("Land to leave out"),
                [QgsProcessing.SourceType.TypeVectorPolygon],
                optional=True,
            ),
            self.tr("Polygons, in a file, where nothing is predicted; any coordinate system."),
        )
        self.add(
            QgsProcessingParameterEnum(
                "KIND",
                self.tr("Pixels of the probability"),
                options=list(KINDS),
                defaultValue=KINDS[0],
                usesStaticStrings=True,
            ),
            self.tr("uint8 holds steps of 1/254 in a quarter of the space of float32."),
        )
        self.add(
            self._number(
                "WINDOW", self.tr("Side of a tile, in pixels (0: the model's)"), 0, 0, 2048
            ),
            self.tr("The square that the model sees at once."),
            advanced=True,
        )
        self.add(
            self._number("OVERLAP", self.tr("Pixels that tiles share"), 128, 0, 1024),
            self.tr("More costs more time; less lets the edges of tiles show."),
            advanced=True,
        )
        self.add_unit(
            self.tr("Unit of the pixel values"),
            self.tr("Recognised from the values, once for the whole raster, unless it is set."),
        )
        self.add(
            QgsProcessingParameterBoolean(
                "PLAN", self.tr("Only estimate time and memory"), defaultValue=False
            ),
            self.tr("Predicts one tile, says what all would cost, and stops."),
        )
        self.add(
            QgsProcessingParameterRasterDestination("OUTPUT", self.tr("Probability")),
            self.tr("A GeoTIFF; the classes go beside it."),
        )

    def prepareAlgorithm(
        self, parameters: dict[str, Any], context: Any, feedback: QgsProcessingFeedback
    ) -> bool:
        """Take paths from the layers, on their own thread."""
        with told_to(feedback):
            layer = self.raster(parameters, context)
            land = self.parameterAsVectorLayer(parameters, "LAND", context)
            path = self.model_path(parameters, context)
            card = read_card(path)
            target = self.parameterAsString(parameters, "CLASS", context).strip()
            self.asked = SceneRequest(
                raster=raster_path(layer),
                model=path,
                target=target or card.default_class or card.class_names[-1],
                bands=tuple(self.parameterAsInts(parameters, "BANDS", context))
                or tuple(range(1, len(card.bands) + 1)),
                unit=self.unit_of(parameters, context),
                window=self.parameterAsInt(parameters, "WINDOW", context) or card.window,
                overlap=self.parameterAsInt(parameters, "OVERLAP", context),
                kind=self.parameterAsEnumString(parameters, "KIND", context),
                land=None if land is None else land.source().split("|", 1)[0],
            )
        return True

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: Any
    ) -> dict[str, Any]:
        """Segment, tile by tile."""
        output = self.parameterAsOutputLayer(parameters, "OUTPUT", context)
        with told_to(feedback):
            try:
                if self.parameterAsBool(parameters, "PLAN", context):
                    feedback.pushInfo(plan_scene(self.asked, feedback.isCanceled).in_words())
                    return {}
                made = segment_scene(
                    self.asked,
                    Path(output),
                    lambda done: feedback.setProgress(100 * done),
                    feedback.isCanceled,
                )
            except Interrupted:
                feedback.pushWarning(
                    self.tr("Cancelled. The same run to the same file goes on where it was.")
                )
                return {}
        if made.resumed_at:
            feedback.pushInfo(self.tr("An earlier run was taken up where it had stopped."))
        feedback.pushInfo(self.tr("{} tiles.").format(made.tiles))
        return {"OUTPUT": str(made.probability), "CLASSES": str(made.classes)}
