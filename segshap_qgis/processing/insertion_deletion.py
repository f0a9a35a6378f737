"""Insertion and deletion curves of an explanation: whether the model follows the map."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Optional

from qgis.core import (
    Qgis,
    QgsFeature,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterFeatureSink,
)

from ..explain.faithfulness import (
    FEWEST_RANDOM_ORDERS,
    Curve,
    DeletionInsertion,
    deletion_insertion,
)
from ..geo import Record
from ..job import ExplainJob
from .algorithm import told_to
from .features import FeatureAlgorithm
from .outputs import REAL, TEXT, WHOLE, feature_of, fields_of
from .watch import Watch

if TYPE_CHECKING:
    from ..models import SegmentationModel

CURVES = ("deletion", "insertion", "reverse_deletion", "reverse_insertion")


class InsertionDeletion(FeatureAlgorithm):
    """Explains every feature, then plays the explanation back to the model."""

    ID = "insertiondeletion"
    TITLE = "Insertion and deletion"
    GROUP = "Quality"
    ICON = "pixel"
    SUMMARY = (
        "Explains every feature, then hides (deletion) or shows (insertion) its super-pixels one "
        "by one in the order of their contributions, and records the model's output.\n"
        "A good explanation gives a small area under the deletion curve and a large one under the "
        "insertion curve; the reverse order and at least 20 random orders are given beside it, "
        "because a number alone tells nothing. With M super-pixels it runs the model about 44 M "
        "times for each feature."
    )

    def initAlgorithm(self, _configuration: Optional[dict[str, Any]] = None) -> None:
        """Declare inputs and outputs."""
        self.add_raster()
        self.add_regions()
        self.add_place()
        self.add_model()
        self.add_class()
        self.add_cells()
        self.add_effort()
        self.add(
            self._number(
                "RANDOM_ORDERS",
                self.tr("Random orders to compare with"),
                FEWEST_RANDOM_ORDERS,
                FEWEST_RANDOM_ORDERS,
                1000,
            ),
            self.tr("More of them make the comparison surer, and the run longer."),
            advanced=True,
        )
        self.add_advanced()
        tables = QgsProcessing.SourceType.TypeVector
        self.add(
            QgsProcessingParameterFeatureSink("OUTPUT", self.tr("Areas under the curves"), tables),
            self.tr("A table with one row for each feature."),
        )
        self.add(
            QgsProcessingParameterFeatureSink(
                "OUTPUT_CURVES", self.tr("Curves"), tables, optional=True, createByDefault=False
            ),
            self.tr("A table with one row for each step of each curve. Use a file of its own."),
        )

    def processAlgorithm(
        self, parameters: dict[str, Any], context: Any, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Explain, delete and insert, feature after feature."""
        no_geometry = Qgis.WkbType.NoGeometry
        areas, areas_at = self.sink(parameters, context, "OUTPUT", AREA_FIELDS, no_geometry)
        curves, curves_at = self.sink(
            parameters, context, "OUTPUT_CURVES", CURVE_FIELDS, no_geometry
        )
        kind = self.parameterAsEnumString(parameters, "PLACE", context)
        random_orders = self.parameterAsInt(parameters, "RANDOM_ORDERS", context)
        with told_to(feedback):
            model = self.load(self.asked, feedback)

            def explain(
                feature: QgsFeature, place: QgsGeometry, title: str, done: int, total: int
            ) -> bool:
                watch = Watch(feedback, self.asked.budget, done, total)
                record = ExplainJob(self.snapshot, self.asked, kind, place, title, model).carry_out(
                    watch
                )
                if record is None or feedback.isCanceled():
                    return False
                feedback.pushInfo(self.tr("Feature {}: curves").format(title))
                with model.interruptible(watch.is_cancelled):
                    found = self._play(model, record, random_orders)
                key = {"feature": feature.id(), "name": title}
                self._write(areas, [{**key, "state": "explained", **area_row(found)}], AREA_FIELDS)
                if curves is not None:
                    self._write(curves, ({**key, **row} for row in curve_rows(found)), CURVE_FIELDS)
                return True

            def fail(feature: QgsFeature, title: str, reason: str) -> None:
                row = {"feature": feature.id(), "name": title, "state": reason}
                self._write(areas, [row], AREA_FIELDS)

            self.each_feature(parameters, context, feedback, explain, fail)
        results = {"OUTPUT": areas_at, "OUTPUT_CURVES": curves_at}
        return {name: where for name, where in results.items() if where}

    def _play(
        self, model: SegmentationModel, record: Record, random_orders: int
    ) -> DeletionInsertion:
        from ..models import make_game

        window, superpixels = record.window, record.explanation.superpixels
        game = make_game(
            model,
            window.bands,
            superpixels,
            [record.region],
            [self.asked.target],
            self.asked.background,
            valid=window.valid,
            unit=self.asked.unit or window.unit,
            evaluations=(4 + 2 * random_orders) * superpixels.n_players,
        )
        return deletion_insertion(
            game, record.explanation, random_orders=random_orders, seed=self.asked.seed
        )

    def _write(self, sink: Any, rows: Any, fields: Any) -> None:
        if not sink.addFeatures([feature_of(fields, None, row) for row in rows]):
            raise QgsProcessingException(self.tr("A row could not be written."))


def area_row(found: DeletionInsertion) -> dict[str, float]:
    """Area under every curve, and the mean over the random orders."""
    row = {f"{name}_auc": getattr(found, name).auc for name in CURVES}
    for name in ("random_deletion", "random_insertion"):
        curves = getattr(found, name)
        row[f"{name}_auc"] = sum(curve.auc for curve in curves) / len(curves)
    # Random orders that do better than the explanation: none of a good one.
    row["random_better"] = sum(
        deletion.auc <= found.deletion.auc or insertion.auc >= found.insertion.auc
        for deletion, insertion in zip(found.random_deletion, found.random_insertion)
    )
    return row


def curve_rows(found: DeletionInsertion) -> Iterator[dict[str, Any]]:
    """Every step of every curve."""
    for name in CURVES:
        yield from _steps(name, 0, getattr(found, name))
    for name in ("random_deletion", "random_insertion"):
        for number, curve in enumerate(getattr(found, name), 1):
            yield from _steps(name, number, curve)


def _steps(name: str, number: int, curve: Curve) -> Iterator[dict[str, Any]]:
    for step, (area, value) in enumerate(zip(curve.area.tolist(), curve.value.tolist())):
        yield {"curve": name, "number": number, "step": step, "area": area, "value": value}


_KEY = (("feature", WHOLE), ("name", TEXT))
_AREAS = (*CURVES, "random_deletion", "random_insertion")
AREA_FIELDS = fields_of(
    [*_KEY, ("state", TEXT), *((f"{n}_auc", REAL) for n in _AREAS), ("random_better", WHOLE)]
)
CURVE_FIELDS = fields_of(
    [*_KEY, ("curve", TEXT), ("number", WHOLE), ("step", WHOLE), ("area", REAL), ("value", REAL)]
)
