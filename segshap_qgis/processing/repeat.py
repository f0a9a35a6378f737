"""Repeat an exported explanation from its file, and tell how far it is what the model says now."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

from qgis.core import (
    QgsProcessingOutputBoolean,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
    QgsRasterLayer,
)

from ..errors import Interrupted, ModelError, SegShapError
from ..geo import Record, read_geopackage, write_geopackage
from ..geo.aside import target_path
from ..geo.merging import merge_pixels
from ..layers import style_documents
from ..model_library import find_model
from ..provider_window import Snapshot
from ..repetition import pixels_differ, repeat, request_of
from ..workflow import Request
from .algorithm import SegShapAlgorithm, told_to
from .watch import Watch

SAME, CHANGED, NOT_FOUND = "same", "changed", "not found"


class Repeat(SegShapAlgorithm):
    """Reads a run, runs it once more, writes that and tells the largest difference."""

    ID = "repeat"
    TITLE = "Repeat an explanation"
    GROUP = "Quality"
    ICON = "features"
    SUMMARY = (
        "Repeats an exported explanation from what its GeoPackage carries: pixels, super-pixels, "
        "region, settings and seed. The model must be the one that made it, by its checksum; the "
        "raster is compared with the pixels in the file, if it is still there.\n"
        "Writes the repetition into a GeoPackage and tells the largest difference to the old "
        "values. On the same machine, with the same versions, it is 0: the bits are the same. A "
        "run that was cancelled is repeated as far as it went. A slick of a queue was explained "
        "together with its neighbours, and is repeated alone, which need not give the same bits."
    )

    def initAlgorithm(self, _configuration: Optional[dict[str, Any]] = None) -> None:
        """Declare inputs and outputs."""
        self.add(
            QgsProcessingParameterFile(
                "INPUT", self.tr("GeoPackage with the explanation"), extension="gpkg"
            ),
            self.tr("Written by the dock, or by one of the algorithms as whole runs."),
        )
        self.add(
            QgsProcessingParameterString("RUN", self.tr("Name of the run"), optional=True),
            self.tr("The last one in the file if it is empty."),
        )
        self.add(
            QgsProcessingParameterFile(
                "MODEL_FILE", self.tr("Model file, if it lies elsewhere now"), optional=True
            ),
            self.tr("A model's card (.json), an ONNX file, or another file with its card beside."),
            advanced=True,
        )
        self.add(
            QgsProcessingParameterRasterLayer(
                "RASTER", self.tr("Raster, if it lies elsewhere now"), optional=True
            ),
            self.tr("Only compared with the pixels in the file, which are what is explained."),
            advanced=True,
        )
        self.add(
            QgsProcessingParameterFileDestination(
                "OUTPUT", self.tr("Repetition"), "GeoPackage (*.gpkg)"
            ),
            self.tr("An existing GeoPackage is added to."),
        )
        self.addOutput(
            QgsProcessingOutputNumber("LARGEST_DIFFERENCE", self.tr("Largest difference"))
        )
        self.addOutput(QgsProcessingOutputBoolean("SAME_BITS", self.tr("All bits are the same")))
        self.addOutput(QgsProcessingOutputString("RASTER_STATE", self.tr("State of the raster")))

    def prepareAlgorithm(self, parameters: dict[str, Any], context: Any, feedback: Any) -> bool:
        """Read the run, and compare its pixels with the raster's, on the layers' own thread."""
        with told_to(feedback):
            name = self.parameterAsString(parameters, "RUN", context).strip()
            file = self.parameterAsFile(parameters, "INPUT", context)
            self.record: Record = read_geopackage(file, name or None)
            self.asked: Request = request_of(self.record)
            layer = self.parameterAsRasterLayer(parameters, "RASTER", context)
            source = self.record.window.source
            # An address of a server is only opened where the person names it.
            if layer is None and Path(source).is_file():
                layer = QgsRasterLayer(source, "raster")
            self.state = self._state_of_raster(layer, feedback)
        return True

    def processAlgorithm(
        self, parameters: dict[str, Any], context: Any, feedback: Any
    ) -> dict[str, Any]:
        """Run it once more."""
        with told_to(feedback):
            target = target_path(self.parameterAsFileOutput(parameters, "OUTPUT", context))
            path = self._model_path(self.parameterAsFile(parameters, "MODEL_FILE", context))
            model = self.load(Request(path, self.asked.target), feedback)
            watch = Watch(feedback, self.record.explanation.evaluations)
            try:
                done = repeat(self.record, model, path, watch.on_progress, watch.is_cancelled)
            except Interrupted:
                feedback.pushWarning(self.tr("Cancelled: nothing was written."))
                return {}
            for note in done.notes:
                feedback.pushWarning(note)
            write_geopackage(target, [done.record], [style_documents(done.record)])
        feedback.pushInfo(
            self.tr("The repetition is the same to the last bit.")
            if done.same_bits
            else self.tr("Largest difference: {:.3g}").format(done.largest_difference)
        )
        return {
            "OUTPUT": str(target),
            "LARGEST_DIFFERENCE": done.largest_difference,
            "SAME_BITS": done.same_bits,
            "RASTER_STATE": self.state,
        }

    def _model_path(self, chosen: str) -> str:
        """The model that was chosen, that of the run where it still is, or one of its name.

        Raises
        ------
        ModelError
            There is none.
        """
        if chosen or Path(self.asked.model).is_file():
            return chosen or self.asked.model
        try:
            return str(find_model(str(self.record.settings.get("model_id", ""))).path)
        except ModelError as error:
            raise ModelError(
                f"The model {self.asked.model} that made this run is not there.",
                "Choose its file.",
            ) from error

    def _state_of_raster(self, layer: Optional[QgsRasterLayer], feedback: Any) -> str:
        """Whether the raster still has the pixels that were explained."""
        window = self.record.window
        if layer is None or not layer.isValid():
            feedback.pushWarning(
                self.tr("The raster {} is not there; the pixels in the file are explained.").format(
                    window.source
                )
            )
            return NOT_FOUND
        factor, (row, column) = self.asked.merge, window.offset
        height, width = (length * factor for length in window.shape)
        bounds = (row, column, row + height, column + width)
        try:
            now = Snapshot(layer, self.asked.bands).read(bounds, max(height, width))
            differ = pixels_differ(self.record, merge_pixels(now, factor))
        except SegShapError as error:
            feedback.pushWarning(str(error))
            differ = window.valid.size
        if differ:
            feedback.pushWarning(
                self.tr(
                    "{} of {} pixels of the raster are not as they were; those in the file are "
                    "explained."
                ).format(differ, window.valid.size)
            )
        return CHANGED if differ else SAME
