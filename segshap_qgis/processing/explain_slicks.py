"""Explain every slick of a scene into one GeoPackage, here or on a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from qgis.core import (
    QgsFeatureRequest,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterString,
)

from ..cluster_options import ClusterOptions, cluster_options
from ..errors import Interrupted
from ..provider_window import raster_path
from ..scene import ExplainRequest, explain_slicks, plan_slicks
from .algorithm import SegShapAlgorithm, told_to

if TYPE_CHECKING:
    from ..scene import Cluster


class ExplainSlicks(SegShapAlgorithm):
    """A queue over all polygons of a layer that survives being killed."""

    ID = "explainslicks"
    TITLE = "Explain every slick"
    GROUP = "Whole scenes"
    ICON = "slick"
    SUMMARY = (
        "Explains every polygon of a layer into one GeoPackage: a row for each slick (probability, "
        "base value, where the contributions lie, support, trust, faithfulness, stability), its "
        "cells and its map. Neighbours share one set of passes through the model; slicks too long "
        "for the window are seen in coarser pixels.\n"
        "Cancelled or killed, the same run to the same file goes on where it was and ends the "
        "same. With the address of a Dask scheduler the windows are explained on its workers.\n"
        "Trust is the probability times the support, which is the share of all contributions that "
        "speak for the slick from on it or near it. It puts slicks in an order; it is not the "
        "probability that a slick is oil. Faithfulness and stability say how far the contributions "
        "can be relied on."
    )

    def initAlgorithm(self, _configuration: Optional[dict[str, Any]] = None) -> None:
        """Declare inputs and outputs."""
        self.add_raster()
        self.add(
            QgsProcessingParameterFeatureSource(
                "SLICKS",
                self.tr("Slicks (polygons)"),
                [QgsProcessing.SourceType.TypeVectorPolygon],
            ),
            self.tr("As “Find slicks” writes them, or any polygons in any coordinate system."),
        )
        self.add_model()
        self.add_class()
        self.add_cells()
        self.add_effort()
        self.add_advanced()
        self.add(
            self._number(
                "NEAR", self.tr("Surroundings are near within so many pixels"), 64, 1, 1024
            ),
            self.tr("Divides near surroundings from far context in the shares."),
            advanced=True,
        )
        self._add_cluster()
        self.add(
            QgsProcessingParameterBoolean(
                "PLAN", self.tr("Only estimate time and memory"), defaultValue=False
            ),
            self.tr("Explains a part of the first window, says what all would cost, and stops."),
        )
        self.add(
            QgsProcessingParameterFileDestination(
                "OUTPUT", self.tr("Explained slicks"), "GeoPackage (*.gpkg)"
            ),
            self.tr("A GeoPackage of its own; that of an earlier queue is replaced."),
        )

    def _add_cluster(self) -> None:
        """The cluster of the options, unless another one is given here."""
        kept = cluster_options()
        self.add(
            QgsProcessingParameterString(
                "SCHEDULER", self.tr("Dask scheduler"), defaultValue=kept.address, optional=True
            ),
            self.tr(
                "Address such as tcp://10.0.0.5:8786, as the options of SegSHAP have it; on this "
                "machine if empty."
            ),
            advanced=True,
        )
        self.add(
            QgsProcessingParameterBoolean(
                "SEND_PIXELS", self.tr("Send pixels to the workers"), defaultValue=kept.send_pixels
            ),
            self.tr("Where the workers cannot read the raster under the same path."),
            advanced=True,
        )
        for name, title, path in (
            ("CA_FILE", self.tr("TLS authority"), kept.authority),
            ("CERTIFICATE", self.tr("TLS certificate"), kept.certificate),
            ("KEY", self.tr("TLS key"), kept.key),
        ):
            self.add(
                QgsProcessingParameterFile(name, title, defaultValue=path or None, optional=True),
                self.tr("PEM file; all three for a scheduler at a tls:// address."),
                advanced=True,
            )

    def prepareAlgorithm(
        self, parameters: dict[str, Any], context: Any, feedback: QgsProcessingFeedback
    ) -> bool:
        """Take paths from the layers, on their own thread."""
        with told_to(feedback):
            layer = self.raster(parameters, context)
            near = float(self.parameterAsInt(parameters, "NEAR", context))
            self.asked = ExplainRequest(raster_path(layer), self.request(parameters, context), near)
            self.crs = layer.crs()
            self.cluster = self._cluster(parameters, context, feedback)
        return True

    def _cluster(
        self, parameters: dict[str, Any], context: Any, feedback: QgsProcessingFeedback
    ) -> Optional[Cluster]:
        options = ClusterOptions(
            self.parameterAsString(parameters, "SCHEDULER", context).strip(),
            self.parameterAsBool(parameters, "SEND_PIXELS", context),
            *(
                self.parameterAsFile(parameters, name, context)
                for name in ("CA_FILE", "CERTIFICATE", "KEY")
            ),
        )
        return options.cluster(
            lambda link: feedback.pushInfo(self.tr("Dashboard: {}").format(link))
        )

    def processAlgorithm(
        self, parameters: dict[str, Any], context: Any, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Explain one window after the other, or say what it would cost."""
        outlines = self._outlines(parameters, context)
        output = self.parameterAsFileOutput(parameters, "OUTPUT", context)
        with told_to(feedback):
            try:
                if self.parameterAsBool(parameters, "PLAN", context):
                    plan = plan_slicks(self.asked, outlines, feedback.isCanceled)
                    feedback.pushInfo(plan.in_words())
                    return {}
                done = explain_slicks(
                    self.asked,
                    outlines,
                    Path(output),
                    lambda share: feedback.setProgress(100 * share),
                    feedback.isCanceled,
                    self.cluster,
                )
            except Interrupted:
                feedback.pushWarning(
                    self.tr("Cancelled. The same run to the same file goes on where it was.")
                )
                return {}
        feedback.pushInfo(
            self.tr("{} slicks explained, {} not, in {} windows.").format(
                done.explained, done.failed, done.windows
            )
        )
        return {"OUTPUT": str(done.path)}

    def _outlines(self, parameters: dict[str, Any], context: Any) -> Sequence[Any]:
        """The polygons as shapely geometries in the raster's CRS."""
        from shapely import wkb

        source = self.parameterAsSource(parameters, "SLICKS", context)
        if source is None:
            raise QgsProcessingException(self.invalidSourceError(parameters, "SLICKS"))
        wanted = QgsFeatureRequest().setDestinationCrs(self.crs, context.transformContext())
        geometries = (feature.geometry() for feature in source.getFeatures(wanted))
        return [wkb.loads(bytes(shape.asWkb())) for shape in geometries if not shape.isEmpty()]
