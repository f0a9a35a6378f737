"""Find the slicks of a map of probability: polygons with what they measure."""

from __future__ import annotations

import math
from typing import Any, Optional

from qgis.core import (
    Qgis,
    QgsFeature,
    QgsFeatureSink,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterBand,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
)

from ..errors import Interrupted
from ..geo.wellknown import to_wkb
from ..provider_window import raster_path
from ..scene import SlickRequest, find_slicks
from ..scene.slicks import slick_columns
from .algorithm import SegShapAlgorithm, told_to
from .outputs import REAL, WHOLE, fields_of

COLUMNS = (
    ("slick", WHOLE),
    ("area_m2", REAL),
    ("length_m", REAL),
    ("pixels", WHOLE),
    ("mean_probability", REAL),
    ("highest_probability", REAL),
    ("contrast_db", REAL),
)


class FindSlicks(SegShapAlgorithm):
    """Turns connected areas of high probability into measured polygons."""

    ID = "findslicks"
    TITLE = "Find slicks"
    GROUP = "Whole scenes"
    ICON = "slick"
    NEEDS_TORCH = False
    SUMMARY = (
        "Finds the connected areas where a map of probability reaches a threshold, and writes them "
        "as polygons, the largest first: area and length on the ground, mean and highest "
        "probability, and the contrast of the backscatter to the surroundings.\n"
        "The length is the longer side of the smallest rectangle around a slick. The contrast "
        "compares with a ring around the slick from which other slicks are left out. Simplified "
        "outlines keep the measures of the exact ones."
    )

    def initAlgorithm(self, _configuration: Optional[dict[str, Any]] = None) -> None:
        """Declare inputs and outputs."""
        self.add(
            QgsProcessingParameterRasterLayer("PROBABILITY", self.tr("Map of probability")),
            self.tr("As “Segment a whole raster” writes it; any raster from 0 to 1 will do."),
        )
        self._add_sizes()
        self.add(
            QgsProcessingParameterRasterLayer("IMAGE", self.tr("Radar image"), optional=True),
            self.tr("For the contrast; in the same coordinate system. Left empty: no contrast."),
        )
        self.add(
            QgsProcessingParameterBand(
                "BAND",
                self.tr("Band of the radar image"),
                parentLayerParameterName="IMAGE",
                defaultValue=1,
                optional=True,
            ),
            self.tr("The band whose backscatter is compared."),
            advanced=True,
        )
        self.add_unit(
            self.tr("Unit of the radar image"),
            self.tr("Recognised from the values unless it is set."),
        )
        self.add(
            self._number("RING", self.tr("Width of the surroundings, in pixels"), 20, 1, 1000),
            self.tr("How wide the ring is that a slick's contrast compares with."),
            advanced=True,
        )
        self.add(
            QgsProcessingParameterFeatureSink(
                "OUTPUT", self.tr("Slicks"), QgsProcessing.SourceType.TypeVectorPolygon
            ),
            self.tr("One polygon for each slick, the largest first."),
        )

    def _add_sizes(self) -> None:
        for name, title, default, highest, text in (
            (
                "THRESHOLD",
                self.tr("Threshold"),
                0.5,
                1.0,
                self.tr("Pixels of this probability and above belong to slicks."),
            ),
            (
                "SMALLEST",
                self.tr("Smallest area, in square metres"),
                10_000.0,
                1e12,
                self.tr("Smaller areas are left out."),
            ),
            (
                "SIMPLIFY",
                self.tr("Simplify outlines by, in metres (0: not at all)"),
                0.0,
                1e6,
                self.tr("How far a simplified outline may depart from the pixels' edges."),
            ),
        ):
            number = QgsProcessingParameterNumber(
                name,
                title,
                type=QgsProcessingParameterNumber.Type.Double,
                defaultValue=default,
                minValue=0.0,
                maxValue=highest,
            )
            self.add(number, text)

    def prepareAlgorithm(
        self, parameters: dict[str, Any], context: Any, feedback: QgsProcessingFeedback
    ) -> bool:
        """Take paths from the layers, on their own thread."""
        layer = self.parameterAsRasterLayer(parameters, "PROBABILITY", context)
        if layer is None:
            raise QgsProcessingException(self.invalidRasterError(parameters, "PROBABILITY"))
        image = self.parameterAsRasterLayer(parameters, "IMAGE", context)
        self.crs = layer.crs()
        with told_to(feedback):
            self.asked = SlickRequest(
                probability=raster_path(layer),
                threshold=self.parameterAsDouble(parameters, "THRESHOLD", context),
                smallest_area=self.parameterAsDouble(parameters, "SMALLEST", context),
                simplify=self.parameterAsDouble(parameters, "SIMPLIFY", context),
                image=None if image is None else raster_path(image),
                band=self.parameterAsInt(parameters, "BAND", context) or 1,
                unit=self.unit_of(parameters, context),
                surroundings=self.parameterAsInt(parameters, "RING", context),
            )
        return True

    def processAlgorithm(
        self, parameters: dict[str, Any], context: Any, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Find, and write."""
        fields = fields_of(COLUMNS)
        sink, where = self.parameterAsSink(
            parameters, "OUTPUT", context, fields, Qgis.WkbType.MultiPolygon, self.crs
        )
        if sink is None:
            raise QgsProcessingException(self.invalidSinkError(parameters, "OUTPUT"))
        with told_to(feedback):
            try:
                found = find_slicks(
                    self.asked, lambda done: feedback.setProgress(100 * done), feedback.isCanceled
                )
            except Interrupted:
                feedback.pushWarning(self.tr("Cancelled: no slick was written."))
                return {"OUTPUT": where}
        columns = slick_columns(found)
        for index, slick in enumerate(found):
            feature = QgsFeature(fields)
            shape = QgsGeometry()
            shape.fromWkb(to_wkb(slick.outline))
            shape.convertToMultiType()
            feature.setGeometry(shape)
            # What is not known is NaN in numbers and empty in tables.
            values = [column.values[index] for column in columns]
            feature.setAttributes([None if math.isnan(value) else value for value in values])
            if not sink.addFeature(feature, QgsFeatureSink.Flag.FastInsert):
                raise QgsProcessingException(self.writeFeatureError(sink, parameters, "OUTPUT"))
        feedback.pushInfo(self.tr("{} slicks.").format(len(found)))
        return {"OUTPUT": where}
