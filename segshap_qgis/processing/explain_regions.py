"""Explain every feature of a layer: one summary row each, its cells, and whole runs on request."""

from __future__ import annotations

from typing import Any, Optional

from qgis.core import (
    Qgis,
    QgsFeature,
    QgsFeatureRequest,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFileDestination,
)

from ..errors import Interrupted, RegionError, SegShapError
from ..geo import Record
from ..geo.aside import target_path
from ..job import ExplainJob
from ..provider_window import Snapshot
from .algorithm import SegShapAlgorithm, told_to
from .outputs import Outputs, cell_fields, summary_fields
from .watch import Watch

PLACES = ("region", "slick")


class ExplainRegions(SegShapAlgorithm):
    """Runs one explanation for each feature, in the layer's order."""

    ID = "explainregions"
    TITLE = "Explain regions"
    ICON = "features"
    SUMMARY = (
        "Explains the model's output on every feature of a polygon or point layer: which "
        "super-pixels speak for the class, and which against it.\n"
        "Every feature gives one row of the summary (prediction, base value, precision, strongest "
        "cell) and its super-pixels with their contributions and standard errors. A feature that "
        "cannot be explained gives a row that says why, and the others go on. With a GeoPackage of "
        "runs, maps and settings are kept, too, and the dock can open them again.\n"
        "Compare a contribution with its standard error. An explanation shows what the model used, "
        "not what is true."
    )

    def initAlgorithm(self, _configuration: Optional[dict[str, Any]] = None) -> None:
        """Declare inputs and outputs."""
        self.add_raster()
        self.add(
            QgsProcessingParameterFeatureSource(
                "REGIONS",
                self.tr("Regions (polygons or points)"),
                [
                    QgsProcessing.SourceType.TypeVectorPolygon,
                    QgsProcessing.SourceType.TypeVectorPoint,
                ],
            ),
            self.tr("Each feature is explained on its own; any coordinate system will do."),
        )
        self.add(
            QgsProcessingParameterEnum(
                "PLACE",
                self.tr("What a feature stands for"),
                options=list(PLACES),
                defaultValue=PLACES[0],
                usesStaticStrings=True,
            ),
            self.tr(
                "region: the pixels in a polygon or under a point. slick: the connected area "
                "around a point where the model sees the class."
            ),
        )
        self.add(
            QgsProcessingParameterField(
                "NAME_FIELD",
                self.tr("Field with the features' names"),
                parentLayerParameterName="REGIONS",
                optional=True,
            ),
            self.tr("The features' numbers are used if it is empty."),
        )
        self.add_model()
        self.add_class()
        self.add_cells()
        self.add_effort()
        self.add_advanced()
        self._add_outputs()

    def _add_outputs(self) -> None:
        polygons = QgsProcessing.SourceType.TypeVectorPolygon
        self.add(
            QgsProcessingParameterFeatureSink("OUTPUT", self.tr("Summary"), polygons),
            self.tr("One row for each feature, with the region as the model's pixels show it."),
        )
        self.add(
            QgsProcessingParameterFeatureSink(
                "OUTPUT_CELLS",
                self.tr("Super-pixels"),
                polygons,
                optional=True,
                createByDefault=False,
            ),
            self.tr("Every super-pixel of every run with its contribution. Use a file of its own."),
        )
        self.add(
            QgsProcessingParameterFileDestination(
                "OUTPUT_RUNS",
                self.tr("Whole runs, with rasters and settings"),
                "GeoPackage (*.gpkg)",
                optional=True,
                createByDefault=False,
            ),
            self.tr("An existing GeoPackage is added to. Use a file of its own."),
        )

    def prepareAlgorithm(
        self, parameters: dict[str, Any], context: Any, feedback: QgsProcessingFeedback
    ) -> bool:
        """Take from the layers, on their own thread, all that the run needs."""
        with told_to(feedback):
            layer = self.raster(parameters, context)
            self.asked = self.request(parameters, context)
            self.snapshot = Snapshot(layer, self.asked.bands)
            self.raster_crs = layer.crs()
        return True

    def processAlgorithm(
        self, parameters: dict[str, Any], context: Any, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Explain one feature after the other."""
        source = self.parameterAsSource(parameters, "REGIONS", context)
        if source is None:
            raise QgsProcessingException(self.invalidSourceError(parameters, "REGIONS"))
        to_raster = QgsFeatureRequest().setDestinationCrs(
            self.raster_crs, context.transformContext()
        )
        kind = self.parameterAsEnumString(parameters, "PLACE", context)
        named = self.parameterAsString(parameters, "NAME_FIELD", context)
        total = source.featureCount()
        with told_to(feedback):
            outputs = self._outputs(parameters, context)
            model = self.load(self.asked, feedback)
            for count, feature in enumerate(source.getFeatures(to_raster)):
                if feedback.isCanceled():
                    break
                title = str(feature[named]) if named else str(feature.id())
                watch = Watch(feedback, self.asked.budget, count, total)
                try:
                    place = _place(feature)
                    job = ExplainJob(self.snapshot, self.asked, kind, place, title, model)
                    record = job.carry_out(watch)
                except Interrupted:
                    break
                except SegShapError as error:
                    feedback.reportError(self.tr("Feature {}: {}").format(title, error))
                    outputs.add_failure(feature, title, str(error))
                    continue
                if record is None or feedback.isCanceled():
                    break
                outputs.add(feature, record)
                feedback.pushInfo(self._told(record))
        self._judge(outputs, feedback)
        return outputs.results

    def _outputs(self, parameters: dict[str, Any], context: Any) -> Outputs:
        """Open what is written to, before the first feature costs any time."""
        outputs = Outputs(self.asked.target)
        runs = self.parameterAsFileOutput(parameters, "OUTPUT_RUNS", context)
        if runs:
            outputs.runs = target_path(runs)
            outputs.results["OUTPUT_RUNS"] = runs
        for name, fields in (
            ("OUTPUT", summary_fields()),
            ("OUTPUT_CELLS", cell_fields(len(self.asked.bands))),
        ):
            sink, where = self.parameterAsSink(
                parameters, name, context, fields, Qgis.WkbType.MultiPolygon, self.raster_crs
            )
            if sink is not None:
                outputs.sinks[name], outputs.results[name] = sink, where
            elif parameters.get(name) is not None:
                raise QgsProcessingException(self.invalidSinkError(parameters, name))
        return outputs

    def _told(self, record: Record) -> str:
        """One line of the log."""
        found = record.explanation
        return self.tr(
            "Feature {name}: p({target}) = {p:.3f}, base value {base:.3f}, "
            "{evaluations} evaluations, precision {precision:.1%}"
        ).format(
            name=record.name,
            target=record.target_name,
            p=found.prediction[0],
            base=found.base[0],
            evaluations=found.evaluations,
            precision=found.precision,
        )

    def _judge(self, outputs: Outputs, feedback: QgsProcessingFeedback) -> None:
        """Say how it went; nothing at all is a failure."""
        if feedback.isCanceled():
            feedback.pushWarning(
                self.tr("Cancelled: {} features are in the output.").format(outputs.explained)
            )
            return
        if not outputs.explained:
            raise QgsProcessingException(
                self.tr("None of the {} features could be explained.").format(outputs.failed)
            )
        feedback.pushInfo(
            self.tr("{} features explained, {} not.").format(outputs.explained, outputs.failed)
        )


def _place(feature: QgsFeature) -> QgsGeometry:
    geometry = feature.geometry()
    if geometry.isNull() or geometry.isEmpty():
        raise RegionError("The feature has no geometry.", "Remove it, or draw it again.")
    return geometry
