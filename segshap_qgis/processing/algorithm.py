"""What all algorithms share: the parameters of a run, the model, and words for failures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Optional

from qgis.core import (
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterBand,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterMapLayer,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorLayer,
    QgsRasterLayer,
)
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtGui import QIcon

from ..dependencies import torch_is_here
from ..errors import SegShapError, SettingsError
from ..icons import icon
from ..model_library import find_model, listed_models
from ..models import read_card
from ..workflow import COMPACTNESS, GRIDS, LAYER_KINDS, METHODS, Request

if TYPE_CHECKING:
    from ..models import SegmentationModel

BACKGROUNDS = ("mean", "local_mean", "blur", "zero")
UNITS = ("recognise", "amplitude", "power", "db")


class SegShapAlgorithm(QgsProcessingAlgorithm):
    """One algorithm of the toolbox; subclasses set the texts and do the work.

    Attributes
    ----------
    ID, TITLE, GROUP, SUMMARY, ICON : str
        Id, title, title of the group, one sentence of help, and the icon's name. Texts are
        translated when they are shown.
    NEEDS_TORCH : bool
        Whether it runs a model.
    """

    ID = ""
    TITLE = ""
    GROUP = "Explanation"
    SUMMARY = ""
    ICON = "segshap"
    NEEDS_TORCH = True

    def createInstance(self) -> SegShapAlgorithm:
        """A fresh copy, as QGIS wants one for each run."""
        return type(self)()

    def name(self) -> str:
        """Short name, as in ``segshap:explainregions``."""
        return self.ID

    def displayName(self) -> str:
        """Name for people."""
        return self.tr(self.TITLE)

    def group(self) -> str:
        """Heading in the toolbox."""
        return self.tr(self.GROUP)

    def groupId(self) -> str:
        """Short name of the heading."""
        return self.GROUP.lower().replace(" ", "")

    def icon(self) -> QIcon:
        """Icon in the toolbox."""
        return icon(self.ICON)

    def shortHelpString(self) -> str:
        """What it does, beside its dialog."""
        return self.tr(self.SUMMARY)

    def shortDescription(self) -> str:
        """What it does, as a tooltip."""
        return self.tr(self.SUMMARY).split("\n", 1)[0]

    def canExecute(self) -> tuple[bool, str]:
        """Whether what it needs is installed."""
        if self.NEEDS_TORCH and not torch_is_here():
            return False, self.tr("PyTorch is missing. Open SegSHAP's dock: it says how to get it.")
        return True, ""

    def tr(self, text: str) -> str:
        """Translate a text of this class or of one that it stands on."""
        for kind in type(self).__mro__:
            translated = QCoreApplication.translate(kind.__name__, text)
            if translated != text:
                return translated
        return text

    # Parameters -------------------------------------------------------------------------------

    def add(
        self, parameter: QgsProcessingParameterDefinition, help_text: str, advanced: bool = False
    ) -> None:
        """Add a parameter with its help, folded away if it is an advanced one."""
        parameter.setHelp(help_text)
        if advanced:
            parameter.setFlags(
                parameter.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced
            )
        self.addParameter(parameter)

    def add_raster(self) -> None:
        """The raster and its bands."""
        self.add(
            QgsProcessingParameterRasterLayer("INPUT", self.tr("Raster")),
            self.tr("Image with pixel values of its own, e.g. radar amplitude, sigma0 or decibel."),
        )
        self.add(
            QgsProcessingParameterBand(
                "BANDS",
                self.tr("Bands, in the order of the model's bands"),
                parentLayerParameterName="INPUT",
                allowMultiple=True,
                optional=True,
            ),
            self.tr("The first bands of the raster if none are chosen."),
        )

    def add_model(self, suffix: str = "") -> None:
        """A model of the list or a file; `suffix` tells several models apart."""
        names = [listed.card.id for listed in listed_models()]
        self.add(
            QgsProcessingParameterEnum(
                f"MODEL{suffix}",
                self.tr("Model"),
                options=names,
                defaultValue=names[0],
                usesStaticStrings=True,
            ),
            self.tr("A model that comes with the plugin or was added in the options."),
        )
        self.add(
            QgsProcessingParameterFile(
                f"MODEL_FILE{suffix}",
                self.tr("Model file instead of the model above"),
                optional=True,
            ),
            self.tr(
                "A model's card (.json), an ONNX file, or another file with its card beside it."
            ),
            advanced=True,
        )

    def add_class(self) -> None:
        """The class of the model that is explained."""
        self.add(
            QgsProcessingParameterString("CLASS", self.tr("Class to explain"), optional=True),
            self.tr("Name of one of the model's classes; the model's own choice if empty."),
        )

    def add_method(self) -> None:
        """Shapley values or RISE, and the class that the explained one is set against."""
        self.add(
            QgsProcessingParameterEnum(
                "METHOD",
                self.tr("Method"),
                options=list(METHODS),
                defaultValue=METHODS[0],
                usesStaticStrings=True,
            ),
            self.tr("RISE is there to compare with: a smooth map whose values do not add up."),
            advanced=True,
        )
        self.add(
            QgsProcessingParameterString("AGAINST", self.tr("Rather than"), optional=True),
            self.tr("Another class: explains why the model prefers the class to explain to it."),
            advanced=True,
        )

    def add_cells(self, kinds: Sequence[str] = GRIDS) -> None:
        """Kind and size of the super-pixels, and for kinds that follow one, the layer."""
        self.add(
            QgsProcessingParameterEnum(
                "CELLS",
                self.tr("Shape of the super-pixels"),
                options=list(kinds),
                defaultValue=kinds[0],
                usesStaticStrings=True,
            ),
            self._help_on(kinds),
        )
        self.add(
            self._number("SIDE", self.tr("Size of the super-pixels, in pixels"), 22, 4, 256),
            self.tr(
                "Side of a hexagon or square: 36 is large, 22 medium and 15 small in a window of "
                "512 pixels. Compare maps only at equal size."
            ),
        )
        self.add(
            self._number(
                "SEGMENTS",
                self.tr("Cells that SLIC is asked for (0: as the size says)"),
                0,
                0,
                4000,
            ),
            self.tr("About so many come out."),
            advanced=True,
        )
        self.add(
            QgsProcessingParameterNumber(
                "COMPACTNESS",
                self.tr("Compactness of SLIC"),
                type=QgsProcessingParameterNumber.Type.Double,
                defaultValue=COMPACTNESS,
                minValue=0.001,
                maxValue=1000.0,
            ),
            self.tr("Larger: rounder cells of like size. Smaller: cells follow the image closer."),
            advanced=True,
        )
        if set(LAYER_KINDS) <= set(kinds):
            self._add_cell_layers()

    def _help_on(self, kinds: Sequence[str]) -> str:
        if kinds == GRIDS:
            return self.tr("Hexagons, squares, or SLIC, which follows the image.")
        if "classes" not in kinds:
            return self.tr(
                "Hexagons, squares, or SLIC, which follows the image; hexagons cut along a layer; "
                "or the polygons of a layer."
            )
        return self.tr(
            "Hexagons, squares, or SLIC, which follows the image; hexagons cut along the "
            "model's classes or along a layer; or the polygons of a layer."
        )

    def _add_cell_layers(self) -> None:
        """What the super-pixels follow, and what belongs to none."""
        polygons = QgsProcessing.SourceType.TypeVectorPolygon
        self.add(
            QgsProcessingParameterMapLayer(
                "CELLS_LAYER",
                self.tr("Layer that the super-pixels follow"),
                optional=True,
                types=[polygons, QgsProcessing.SourceType.TypeRaster],
            ),
            self.tr(
                "A raster of classes or a polygon layer, for the shapes “layer” and “polygons”."
            ),
            advanced=True,
        )
        self.add(
            QgsProcessingParameterVectorLayer(
                "LEAVE_OUT", self.tr("Leave out (for instance land)"), [polygons], optional=True
            ),
            self.tr("Polygons that belong to no super-pixel: the model always sees them."),
            advanced=True,
        )

    def add_effort(self) -> None:
        """How long to go on."""
        self.add(
            self._number("BUDGET", self.tr("Evaluations of the model at most"), 1000, 10, 100_000),
            self.tr("How often the model is run for each feature, at most."),
        )
        self.add(
            QgsProcessingParameterNumber(
                "STOP_AT",
                self.tr("Stop at this precision, in percent (0: never)"),
                type=QgsProcessingParameterNumber.Type.Double,
                defaultValue=3.0,
                minValue=0.0,
                maxValue=50.0,
            ),
            self.tr(
                "Stops early once the largest standard error is this share of the map's range."
            ),
        )

    def add_unit(self, title: str, help_text: str) -> None:
        """Unit of radar values; `unit_of` reads it."""
        self.add(
            QgsProcessingParameterEnum(
                "UNIT",
                title,
                options=list(UNITS),
                defaultValue=UNITS[0],
                usesStaticStrings=True,
            ),
            help_text,
            advanced=True,
        )

    def unit_of(self, parameters: dict[str, Any], context: Any) -> Optional[str]:
        """Unit that was chosen; None where it is to be recognised from the values."""
        unit: str = self.parameterAsEnumString(parameters, "UNIT", context)
        return None if unit == UNITS[0] else unit

    def add_advanced(self) -> None:
        """Settings that seldom need a change."""
        self.add(
            self._number(
                "WINDOW", self.tr("Side of the window, in pixels (0: the model's)"), 0, 0, 2048
            ),
            self.tr("The square around the region that the model sees."),
            advanced=True,
        )
        self.add(
            self._number("MERGE", self.tr("Merge so many pixels along each side"), 1, 1, 16),
            self.tr("Only where the model was trained on coarser pixels than the raster has."),
            advanced=True,
        )
        self.add(
            QgsProcessingParameterEnum(
                "BACKGROUND",
                self.tr("Background"),
                options=list(BACKGROUNDS),
                allowMultiple=True,
                defaultValue=["mean"],
                usesStaticStrings=True,
            ),
            self.tr(
                "What hidden cells are painted with; black would itself look like oil. With "
                "several the values are averaged, and an evaluation runs the model for each."
            ),
            advanced=True,
        )
        self.add(
            QgsProcessingParameterNumber(
                "BACKGROUND_VALUE",
                self.tr("Background value instead of the backgrounds above"),
                type=QgsProcessingParameterNumber.Type.Double,
                optional=True,
            ),
            self.tr("In the normalised units that the model reads, the same for all bands."),
            advanced=True,
        )
        self.add_unit(
            self.tr("Unit of the pixel values"),
            self.tr("Recognised from the values unless it is set."),
        )
        self.add(
            self._number("SEED", self.tr("Seed"), 0, 0, 2**31 - 1),
            self.tr("Same seed and settings: same result."),
            advanced=True,
        )

    @staticmethod
    def _number(name: str, title: str, default: int, low: int, high: int) -> Any:
        return QgsProcessingParameterNumber(
            name,
            title,
            type=QgsProcessingParameterNumber.Type.Integer,
            defaultValue=default,
            minValue=low,
            maxValue=high,
        )

    # Values -----------------------------------------------------------------------------------

    def model_path(self, parameters: dict[str, Any], context: Any, suffix: str = "") -> str:
        """Path of the chosen model's card or file."""
        path = self.parameterAsFile(parameters, f"MODEL_FILE{suffix}", context)
        if path:
            return path
        name = self.parameterAsEnumString(parameters, f"MODEL{suffix}", context)
        return str(find_model(name).path)

    def raster(self, parameters: dict[str, Any], context: Any) -> QgsRasterLayer:
        """The raster layer.

        Raises
        ------
        QgsProcessingException
            It cannot be opened.
        """
        layer = self.parameterAsRasterLayer(parameters, "INPUT", context)
        if layer is None:
            raise QgsProcessingException(self.invalidRasterError(parameters, "INPUT"))
        return layer

    def load(self, request: Request, feedback: QgsProcessingFeedback) -> SegmentationModel:
        """The request's model; its name goes into the log."""
        from ..models import load_model

        model = load_model(request.model)
        feedback.pushInfo(self.tr("Model: {}").format(model.card.title))
        return model

    def request(self, parameters: dict[str, Any], context: Any) -> Request:
        """The settings of one run."""
        path = self.model_path(parameters, context)
        card = read_card(path)
        bands = self.parameterAsInts(parameters, "BANDS", context)
        target = self.parameterAsString(parameters, "CLASS", context).strip()
        return Request(
            model=path,
            target=target or card.default_class or card.class_names[-1],
            bands=tuple(bands) or tuple(range(1, len(card.bands) + 1)),
            budget=self.parameterAsInt(parameters, "BUDGET", context),
            stop_at=self.parameterAsDouble(parameters, "STOP_AT", context) / 100 or None,
            method=self._text(parameters, "METHOD", context) or METHODS[0],
            against=self._against(parameters, context, card),
            background=self._background(parameters, context),
            unit=self.unit_of(parameters, context),
            seed=self.parameterAsInt(parameters, "SEED", context),
            window=self.parameterAsInt(parameters, "WINDOW", context) or card.window,
            merge=self.parameterAsInt(parameters, "MERGE", context),
            **self.cells_asked(parameters, context),
        )

    def cells_asked(self, parameters: dict[str, Any], context: Any) -> dict[str, Any]:
        """The settings of a run that speak of its super-pixels, as `Request` names them."""
        return {
            "cells": self.parameterAsEnumString(parameters, "CELLS", context),
            "side": self.parameterAsInt(parameters, "SIDE", context),
            "n_segments": self.parameterAsInt(parameters, "SEGMENTS", context),
            "compactness": self.parameterAsDouble(parameters, "COMPACTNESS", context),
            "cells_layer": self._layer_id(parameters, "CELLS_LAYER", context),
            "land_layer": self._layer_id(parameters, "LEAVE_OUT", context),
        }

    def _text(self, parameters: dict[str, Any], name: str, context: Any) -> str:
        """A choice or text; empty where the algorithm does not ask for it."""
        definition = self.parameterDefinition(name)
        if isinstance(definition, QgsProcessingParameterEnum):
            return str(self.parameterAsEnumString(parameters, name, context))
        return "" if definition is None else self.parameterAsString(parameters, name, context)

    def _against(self, parameters: dict[str, Any], context: Any, card: Any) -> Optional[str]:
        rival = self._text(parameters, "AGAINST", context).strip()
        if rival and rival not in card.class_names:
            raise SettingsError(
                f"The model knows no class {rival!r}.",
                f"Choose one of: {', '.join(card.class_names)}.",
            )
        return rival or None

    def _layer_id(self, parameters: dict[str, Any], name: str, context: Any) -> str:
        if self.parameterDefinition(name) is None:
            return ""
        layer = self.parameterAsLayer(parameters, name, context)
        return "" if layer is None else layer.id()

    def _background(self, parameters: dict[str, Any], context: Any) -> Any:
        """As `Request.background` has it."""
        if parameters.get("BACKGROUND_VALUE") is not None:
            return self.parameterAsDouble(parameters, "BACKGROUND_VALUE", context)
        chosen = self.parameterAsEnumStrings(parameters, "BACKGROUND", context)
        return chosen[0] if len(chosen) == 1 else tuple(chosen) or "mean"


@contextmanager
def told_to(feedback: QgsProcessingFeedback) -> Iterator[None]:
    """Our errors end the algorithm in the analyst's words; what to do goes into the log, too.

    Raises
    ------
    QgsProcessingException
        In place of a `SegShapError`; `qgis_process` ends with exit code 1.
    """
    try:
        yield
    except SegShapError as error:
        if error.remedy:
            feedback.pushInfo(error.remedy)
        raise QgsProcessingException(str(error)) from error
