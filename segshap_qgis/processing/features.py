"""What the algorithms share that explain the features of a layer, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.core import (
    QgsFeature,
    QgsFeatureRequest,
    QgsFeatureSink,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
)
from qgis.PyQt import sip

from ..cell_layers import cell_layers
from ..errors import Interrupted, RegionError, SegShapError
from ..explain import Explanation, classes_in_background
from ..garbage import older_objects_passed_by
from ..provider_window import Snapshot
from .algorithm import SegShapAlgorithm, told_to

PLACES = ("region", "slick")


class FeatureAlgorithm(SegShapAlgorithm):
    """An algorithm over a raster and the features of a polygon or point layer."""

    def add_regions(self) -> None:
        """The features, and the field with their names."""
        sources = QgsProcessing.SourceType
        self.add(
            QgsProcessingParameterFeatureSource(
                "REGIONS",
                self.tr("Regions (polygons or points)"),
                [sources.TypeVectorPolygon, sources.TypeVectorPoint],
            ),
            self.tr("Each feature is explained on its own; any coordinate system will do."),
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

    def add_place(self) -> None:
        """Whether a feature is the region itself, or a point in a predicted slick."""
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

    def prepareAlgorithm(
        self, parameters: dict[str, Any], context: Any, feedback: QgsProcessingFeedback
    ) -> bool:
        """Take from the layers, on their own thread, all that the run needs."""
        with told_to(feedback):
            layer = self.raster(parameters, context)
            self.asked = self.request(parameters, context)
            self.snapshot = Snapshot(layer, self.asked.bands)
            self._sinks: list[QgsFeatureSink] = []
            self.raster_crs = layer.crs()
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
        """Explain, write out the layers and give the raster back, however it ends.

        Python may keep this algorithm, and whatever it held, for as long as it likes, and clean up
        in any thread; the last rows of a layer are written as its sink ends.
        """
        try:
            with older_objects_passed_by():
                return self.explain_features(parameters, context, feedback)
        finally:
            for sink in self._sinks:
                sip.delete(sink)
            self._sinks.clear()
            self.snapshot.close()

    def explain_features(
        self, parameters: dict[str, Any], context: Any, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Do the work; what `processAlgorithm` returns."""
        raise NotImplementedError

    def each_feature(
        self,
        parameters: dict[str, Any],
        context: Any,
        feedback: QgsProcessingFeedback,
        explain: Callable[[QgsFeature, QgsGeometry, str, int, int], bool],
        fail: Callable[[QgsFeature, str, str], None],
    ) -> None:
        """Explain the features, in the raster's coordinates, and say how it went.

        Parameters
        ----------
        explain : callable
            Given a feature, its geometry, its name, its place in the row and the number of all;
            False stops because the person cancelled.
        fail : callable
            Given a feature, its name and why it could not be explained; the others go on.

        Raises
        ------
        QgsProcessingException
            The layer cannot be read, or not one feature could be explained.
        """
        source = self.parameterAsSource(parameters, "REGIONS", context)
        if source is None:
            raise QgsProcessingException(self.invalidSourceError(parameters, "REGIONS"))
        to_raster = QgsFeatureRequest().setDestinationCrs(
            self.raster_crs, context.transformContext()
        )
        named = self.parameterAsString(parameters, "NAME_FIELD", context)
        explained, failed, total = 0, 0, source.featureCount()
        for feature in source.getFeatures(to_raster):
            title = str(feature[named]) if named else str(feature.id())
            try:
                if feedback.isCanceled() or not explain(
                    feature, _place(feature), title, explained + failed, total
                ):
                    break
                explained += 1
            except Interrupted:
                break
            except SegShapError as error:
                feedback.reportError(self.tr("Feature {}: {}").format(title, error))
                fail(feature, title, str(error))
                failed += 1
        self._judge(explained, failed, feedback)

    def _judge(self, explained: int, failed: int, feedback: QgsProcessingFeedback) -> None:
        """Say how it went; nothing at all is a failure."""
        if feedback.isCanceled():
            feedback.pushWarning(
                self.tr("Cancelled: {} features are in the output.").format(explained)
            )
        elif not explained:
            raise QgsProcessingException(
                self.tr("None of the {} features could be explained.").format(failed)
            )
        else:
            feedback.pushInfo(self.tr("{} features explained, {} not.").format(explained, failed))

    def warn_of_background(
        self, name: str, shown: Explanation, feedback: QgsProcessingFeedback
    ) -> None:
        """Say where the background is the class itself; `shown` is of that class alone."""
        if self.asked.against is None and classes_in_background(shown):
            feedback.pushWarning(
                self.tr(
                    "Feature {}: the background alone is “{}” to the model. Choose another one."
                ).format(name, self.asked.target)
            )

    def sink(
        self, parameters: dict[str, Any], context: Any, name: str, fields: Any, kind: Any
    ) -> tuple[Any, Any]:
        """An output of features in the raster's coordinates; (None, None) where it is not wanted.

        It ends with `processAlgorithm`.

        Raises
        ------
        QgsProcessingException
            It cannot be written.
        """
        sink, where = self.parameterAsSink(parameters, name, context, fields, kind, self.raster_crs)
        if sink is None and _is_named(parameters.get(name), context):
            raise QgsProcessingException(self.invalidSinkError(parameters, name))
        if sink is not None:
            self._sinks.append(sink)
        return sink, where


def _is_named(output: Any, context: Any) -> bool:
    """Whether a person asked for an output; a batch hands over a definition without a name."""
    if isinstance(output, QgsProcessingOutputLayerDefinition):
        output, _ = output.sink.valueAsString(context.expressionContext())
    return bool(output)


def _place(feature: QgsFeature) -> QgsGeometry:
    geometry = feature.geometry()
    if geometry.isNull() or geometry.isEmpty():
        raise RegionError("The feature has no geometry.", "Remove it, or draw it again.")
    return geometry
