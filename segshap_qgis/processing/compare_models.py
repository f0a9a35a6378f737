"""Do two models decide for the same reasons? Both explained on the same coalitions."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any, Optional

import numpy as np
from numpy.typing import NDArray
from qgis.core import (
    Qgis,
    QgsFeature,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterFeatureSink,
)

from ..explain.comparison import Agreement, Comparison, compare
from ..geo import Window, region_from_geometry
from ..geo.merging import merge_pixels
from ..geo.regions import cell_outlines, mask_outline
from ..geo.wellknown import to_wkb
from ..workflow import CELL_KINDS, superpixels_for
from .algorithm import told_to
from .features import FeatureAlgorithm
from .outputs import REAL, TEXT, WHOLE, feature_of, fields_of
from .watch import Watch

if TYPE_CHECKING:
    from ..models import SegmentationModel

SECOND = "_2"


class CompareModels(FeatureAlgorithm):
    """Explains every feature twice and tells how far the explanations agree."""

    ID = "comparemodels"
    TITLE = "Compare models"
    GROUP = "Quality"
    ICON = "features"
    SUMMARY = (
        "Explains two models on every feature with the same super-pixels and coalitions, so that "
        "the difference of their contributions has a standard error of its own.\n"
        "The rank correlation between the models comes with its ceiling: what two models with the "
        "same contributions would reach, from how well each agrees with itself from seed to seed. "
        "Both models must read the same bands and know the class."
    )

    def initAlgorithm(self, _configuration: Optional[dict[str, Any]] = None) -> None:
        """Declare inputs and outputs."""
        self.add_raster()
        self.add_regions()
        self.add_model()
        self.add_model(SECOND)
        self.add_class()
        self.add_cells(CELL_KINDS)
        self.add_effort()
        self.add_advanced()
        polygons = QgsProcessing.SourceType.TypeVectorPolygon
        self.add(
            QgsProcessingParameterFeatureSink("OUTPUT", self.tr("Agreement"), polygons),
            self.tr("One row for each feature."),
        )
        self.add(
            QgsProcessingParameterFeatureSink(
                "OUTPUT_CELLS",
                self.tr("Super-pixels"),
                polygons,
                optional=True,
                createByDefault=False,
            ),
            self.tr("Contributions to both models and their difference. Use a file of its own."),
        )

    def explain_features(
        self, parameters: dict[str, Any], context: Any, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Explain and compare, feature after feature."""
        kind = Qgis.WkbType.MultiPolygon
        rows, rows_at = self.sink(parameters, context, "OUTPUT", ROW_FIELDS, kind)
        cells, cells_at = self.sink(parameters, context, "OUTPUT_CELLS", CELL_FIELDS, kind)
        with told_to(feedback):
            second = replace(self.asked, model=self.model_path(parameters, context, SECOND))
            models = [self.load(asked, feedback) for asked in (self.asked, second)]

            def explain(
                feature: QgsFeature, place: QgsGeometry, title: str, done: int, total: int
            ) -> bool:
                # Two seeds each, for the ceiling.
                watch = Watch(feedback, self.asked.budget, done, total)
                window, region = self._read(place)
                found = self._compare(models, window, region, watch)
                if feedback.isCanceled():
                    return False
                for shown in (found.first, found.second):
                    self.warn_of_background(title, shown, feedback)
                key = {"feature": feature.id(), "name": title}
                outline = to_wkb(mask_outline(region, window.transform))
                (agreement,) = found.agreements
                values = {**key, "state": "explained", **asdict(agreement)}
                self._write(rows, [feature_of(ROW_FIELDS, outline, values)])
                if cells is not None:
                    self._write(cells, _cells(key, found, window))
                return True

            def fail(feature: QgsFeature, title: str, reason: str) -> None:
                values = {"feature": feature.id(), "name": title, "state": reason}
                self._write(rows, [feature_of(ROW_FIELDS, None, values)])

            self.each_feature(parameters, context, feedback, explain, fail)
        results = {"OUTPUT": rows_at, "OUTPUT_CELLS": cells_at}
        return {name: where for name, where in results.items() if where}

    def _read(self, place: QgsGeometry) -> tuple[Window, NDArray[np.bool_]]:
        """The window around a place, and the pixels of the place in it."""
        from shapely import wkb

        geometry, merge = wkb.loads(bytes(place.asWkb())), self.asked.merge
        window = merge_pixels(self.snapshot.read(geometry, self.asked.window * merge), merge)
        return window, region_from_geometry(geometry, window)

    def _compare(
        self,
        models: list[SegmentationModel],
        window: Window,
        region: NDArray[np.bool_],
        watch: Watch,
    ) -> Comparison:
        from ..models import make_comparison_game

        first, second = models
        unit = self.asked.unit or window.unit
        # The first model's classes, where cells are cut along them.
        probabilities = first.predict(window.bands, window.valid, unit)
        superpixels = superpixels_for(self.asked, window, self.layers.guide(window, probabilities))
        with first.interruptible(watch.is_cancelled), second.interruptible(watch.is_cancelled):
            game = make_comparison_game(
                models,
                window.bands,
                superpixels,
                [region],
                [self.asked.target],
                self.asked.background,
                valid=window.valid,
                unit=unit,
                evaluations=self.asked.budget,
            )
            seeds = (self.asked.seed, self.asked.seed + 1)
            return compare(
                game, superpixels, self.asked.budget, seeds, on_progress=watch.on_progress
            )

    def _write(self, sink: Any, features: list[QgsFeature]) -> None:
        if not sink.addFeatures(features):
            raise QgsProcessingException(self.tr("A row could not be written."))


def _cells(key: dict[str, Any], found: Comparison, window: Window) -> list[QgsFeature]:
    outlines = cell_outlines(found.first.superpixels.labels, window.transform)
    parts = (("first", found.first), ("second", found.second), ("difference", found.difference))
    features = []
    for cell, outline in enumerate(outlines):
        values: dict[str, Any] = {**key, "cell": cell}
        for name, part in parts:
            values[name] = float(part.values[0, cell])
            values[f"{name}_error"] = float(part.standard_errors[0, cell])
        features.append(feature_of(CELL_FIELDS, to_wkb(outline), values))
    return features


_KEY = (("feature", WHOLE), ("name", TEXT))
_TYPES = {"str": TEXT, "int": WHOLE, "float": REAL}
ROW_FIELDS = fields_of(
    [*_KEY, ("state", TEXT), *((f.name, _TYPES[str(f.type)]) for f in fields(Agreement))]
)
CELL_FIELDS = fields_of(
    [
        *_KEY,
        ("cell", WHOLE),
        *((n + e, REAL) for n in ("first", "second", "difference") for e in ("", "_error")),
    ]
)
