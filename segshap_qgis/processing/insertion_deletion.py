"""Insertion and deletion curves of an explanation: whether the model follows the map."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Optional

from qgis.core import (
    Qgis,
    QgsFeature,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFeatureSink,
)

from ..checks import check, target_game
from ..explain import is_heat, only_targets
from ..explain.faithfulness import (
    CURVES,
    FEWEST_RANDOM_ORDERS,
    DeletionInsertion,
    deletion_insertion,
)
from ..explain.reliability import MEASURES, Checks
from ..geo import Record
from ..job import ExplainJob
from ..workflow import CELL_KINDS
from .algorithm import told_to
from .features import FeatureAlgorithm
from .outputs import REAL, TEXT, WHOLE, feature_of, fields_of
from .watch import Watch

if TYPE_CHECKING:
    from ..models import SegmentationModel

# Shares of the layers that are re-initialised, in percent; those of `models.randomisation`.
RANDOMISED = (10, 25, 50, 100)


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
        "because a number alone tells nothing. Beside them stand infidelity (how well the "
        "contributions foretell what hiding random cells changes), completeness and the rank "
        "correlation with an explanation from another seed; of RISE's maps, whose values do not "
        "add up, there are the curves alone. With M super-pixels it runs the model about 44 M "
        "times for each feature."
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
        self.add(
            QgsProcessingParameterBoolean(
                "RANDOMISE", self.tr("Check with re-initialised layers"), defaultValue=False
            ),
            self.tr(
                "Explains the model again with a tenth, a quarter, half and all of its layers "
                "re-initialised: an explanation that stays the same explains the image, not the "
                "model. Takes four more runs."
            ),
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

    def explain_features(
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
        randomises = self.parameterAsBoolean(parameters, "RANDOMISE", context)
        with told_to(feedback):
            model = self.load(self.asked, feedback)

            def explain_feature(
                feature: QgsFeature, place: QgsGeometry, title: str, done: int, total: int
            ) -> bool:
                watch = Watch(feedback, self.asked.budget, done, total)
                job = ExplainJob(self.snapshot, self.asked, kind, place, title, model, self.layers)
                record = job.carry_out(watch)
                if record is None or feedback.isCanceled():
                    return False
                self.warn_of_background(
                    title, only_targets(record.explanation, [record.target]), feedback
                )
                feedback.pushInfo(self.tr("Feature {}: curves").format(title))
                found, row = self._play(
                    model, record, random_orders, randomises, watch.is_cancelled
                )
                key = {"feature": feature.id(), "name": title}
                self._write(areas, [{**key, "state": "explained", **row}], AREA_FIELDS)
                if curves is not None:
                    self._write(curves, ({**key, **row} for row in found.rows()), CURVE_FIELDS)
                return True

            def fail(feature: QgsFeature, title: str, reason: str) -> None:
                row = {"feature": feature.id(), "name": title, "state": reason}
                self._write(areas, [row], AREA_FIELDS)

            self.each_feature(parameters, context, feedback, explain_feature, fail)
        results = {"OUTPUT": areas_at, "OUTPUT_CURVES": curves_at}
        return {name: where for name, where in results.items() if where}

    def _play(
        self,
        model: SegmentationModel,
        record: Record,
        random_orders: int,
        is_randomised: bool,
        is_cancelled: Callable[[], bool],
    ) -> tuple[DeletionInsertion, dict[str, float]]:
        """Curves, and a row with the areas under them and, of what adds up, the other measures."""
        own = only_targets(record.explanation, [record.target])
        evaluations = (4 + 2 * random_orders) * own.superpixels.n_players
        with model.interruptible(is_cancelled):
            game = target_game(record, model, evaluations)
            found = deletion_insertion(game, own, random_orders=random_orders, seed=self.asked.seed)
        if is_heat(own):
            return found, area_row(found)
        checks = check(record, model, is_randomised, _unheard, is_cancelled, game)
        return found, {**area_row(found), **check_row(checks)}

    def _write(self, sink: Any, rows: Any, fields: Any) -> None:
        if not sink.addFeatures([feature_of(fields, None, row) for row in rows]):
            raise QgsProcessingException(self.tr("A row could not be written."))


def _unheard(_share: float) -> None:
    """The bar counts explanations; what follows each of them is told in words."""


def check_row(found: Checks) -> dict[str, float]:
    """What the checks found; nothing where a correlation has no value."""
    row = {name: getattr(found, name) for name in MEASURES}
    layers = found.randomisation
    if layers is not None:
        shares = (layers.layers / layers.n_layers).tolist()
        nearest = [min(RANDOMISED, key=lambda s: abs(s - 100 * share)) for share in shares]
        row.update(zip((f"randomised_{s}" for s in nearest), layers.correlation.tolist()))
        row["randomised_ceiling"] = layers.ceiling
    return {name: value for name, value in row.items() if math.isfinite(value)}


def area_row(found: DeletionInsertion) -> dict[str, float]:
    """Area under every curve, and the mean over the random orders."""
    row = {f"{name}_auc": getattr(found, name).auc for name in CURVES}
    for name in ("random_deletion", "random_insertion"):
        curves = getattr(found, name)
        row[f"{name}_auc"] = sum(curve.auc for curve in curves) / len(curves)
    row["random_better"] = found.random_better
    return row


_KEY = (("feature", WHOLE), ("name", TEXT))
_AREAS = (*CURVES, "random_deletion", "random_insertion")
_RANDOMISED = ("randomised_ceiling", *(f"randomised_{share}" for share in RANDOMISED))
AREA_FIELDS = fields_of(
    [
        *_KEY,
        ("state", TEXT),
        *((f"{n}_auc", REAL) for n in _AREAS),
        ("random_better", WHOLE),
        *((n, REAL) for n in (*MEASURES, *_RANDOMISED)),
    ]
)
CURVE_FIELDS = fields_of(
    [*_KEY, ("curve", TEXT), ("number", WHOLE), ("step", WHOLE), ("area", REAL), ("value", REAL)]
)
