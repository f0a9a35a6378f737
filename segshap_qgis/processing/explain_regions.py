"""Explain every feature of a layer: one summary row each, its cells, and whole runs on request."""

from __future__ import annotations

from typing import Any, Optional

from qgis.core import (
    Qgis,
    QgsFeature,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingFeedback,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFileDestination,
)

from ..explain import only_targets
from ..geo import Record
from ..geo.aside import target_path
from ..job import ExplainJob
from ..workflow import CELL_KINDS
from .algorithm import told_to
from .features import FeatureAlgorithm
from .outputs import Outputs, cell_fields, class_fields, summary_fields
from .watch import Watch


class ExplainRegions(FeatureAlgorithm):
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
        self.add_regions()
        self.add_place()
        self.add_model()
        self.add_class()
        self.add_method()
        self.add_cells(CELL_KINDS)
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
            QgsProcessingParameterFeatureSink(
                "OUTPUT_CLASSES",
                self.tr("Classes"),
                QgsProcessing.SourceType.TypeVector,
                optional=True,
                createByDefault=False,
            ),
            self.tr(
                "Every class of the model for every feature, from the same evaluations. Use a file "
                "of its own."
            ),
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

    def explain_features(
        self, parameters: dict[str, Any], context: Any, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Explain one feature after the other."""
        kind = self.parameterAsEnumString(parameters, "PLACE", context)
        with told_to(feedback):
            outputs = self._outputs(parameters, context)
            model = self.load(self.asked, feedback)

            def explain(
                feature: QgsFeature, place: QgsGeometry, title: str, done: int, total: int
            ) -> bool:
                watch = Watch(feedback, self.asked.budget, done, total)
                job = ExplainJob(self.snapshot, self.asked, kind, place, title, model, self.layers)
                record = job.carry_out(watch)
                if record is None or feedback.isCanceled():
                    return False
                outputs.add(feature, record)
                feedback.pushInfo(self._told(record))
                shown = only_targets(record.explanation, [record.target])
                self.warn_of_background(record.name, shown, feedback)
                return True

            self.each_feature(parameters, context, feedback, explain, outputs.add_failure)
        return outputs.results

    def _outputs(self, parameters: dict[str, Any], context: Any) -> Outputs:
        """Open what is written to, before the first feature costs any time."""
        outputs = Outputs(self.asked.target)
        runs = self.parameterAsFileOutput(parameters, "OUTPUT_RUNS", context)
        if runs:
            outputs.runs = target_path(runs)
            outputs.results["OUTPUT_RUNS"] = runs
        areas, none = Qgis.WkbType.MultiPolygon, Qgis.WkbType.NoGeometry
        for name, fields, kind in (
            ("OUTPUT", summary_fields(), areas),
            ("OUTPUT_CELLS", cell_fields(len(self.asked.bands)), areas),
            ("OUTPUT_CLASSES", class_fields(), none),
        ):
            sink, where = self.sink(parameters, context, name, fields, kind)
            if sink is not None:
                outputs.sinks[name], outputs.results[name] = sink, where
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
            precision=found.precision_of(record.target),
        )
