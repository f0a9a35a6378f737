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
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFeatureSink,
)

from ..explain import Explanation, explain, only_targets
from ..explain.faithfulness import (
    FEWEST_RANDOM_ORDERS,
    Curve,
    DeletionInsertion,
    completeness,
    deletion_insertion,
    infidelity,
    seed_stability,
)
from ..geo import Record
from ..job import ExplainJob
from ..workflow import CELL_KINDS
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
        "because a number alone tells nothing. Beside them stand infidelity (how well the "
        "contributions foretell what hiding random cells changes), completeness and the rank "
        "correlation with an explanation from another seed. With M super-pixels it runs the model "
        "about 44 M times for each feature."
    )

    def initAlgorithm(self, _configuration: Optional[dict[str, Any]] = None) -> None:
        """Declare inputs and outputs."""
        self.add_raster()
        self.add_regions()
        self.add_place()
        self.add_model()
        self.add_class()
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
                "model. Takes five more runs."
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
                feedback.pushInfo(self.tr("Feature {}: curves").format(title))
                with model.interruptible(watch.is_cancelled):
                    found, row = self._play(model, record, random_orders)
                    if randomises:
                        row.update(self._randomised(model, record))
                key = {"feature": feature.id(), "name": title}
                self._write(areas, [{**key, "state": "explained", **row}], AREA_FIELDS)
                if curves is not None:
                    self._write(curves, ({**key, **row} for row in curve_rows(found)), CURVE_FIELDS)
                return True

            def fail(feature: QgsFeature, title: str, reason: str) -> None:
                row = {"feature": feature.id(), "name": title, "state": reason}
                self._write(areas, [row], AREA_FIELDS)

            self.each_feature(parameters, context, feedback, explain_feature, fail)
        results = {"OUTPUT": areas_at, "OUTPUT_CURVES": curves_at}
        return {name: where for name, where in results.items() if where}

    def _game(self, model: SegmentationModel, record: Record, evaluations: int) -> Any:
        from ..models import make_averaged_game, make_game

        several = isinstance(self.asked.background, tuple)
        make: Any = make_averaged_game if several else make_game
        window = record.window
        return make(
            model,
            window.bands,
            record.explanation.superpixels,
            [record.region],
            [self.asked.target],
            self.asked.background,
            valid=window.valid,
            unit=self.asked.unit or window.unit,
            evaluations=evaluations,
        )

    def _play(
        self, model: SegmentationModel, record: Record, random_orders: int
    ) -> tuple[DeletionInsertion, dict[str, float]]:
        """Curves, and a row with the areas under them and the other measures."""
        own = only_targets(record.explanation, [record.target])
        cells, asked = own.superpixels, self.asked
        game = self._game(model, record, (4 + 2 * random_orders) * cells.n_players + asked.budget)
        found = deletion_insertion(game, own, random_orders=random_orders, seed=asked.seed)
        again = explain(game, cells, asked.budget, asked.seed + 1, stop_at=asked.stop_at)
        mean, error = infidelity(game, own, seed=asked.seed)
        measures = {
            "completeness_gap": float(completeness(own)[0]),
            "infidelity": float(mean[0]),
            "infidelity_error": float(error[0]),
            "stability": seed_stability([own, again]),
        }
        return found, {**area_row(found), **measures}

    def _randomised(self, model: SegmentationModel, record: Record) -> dict[str, float]:
        """Rank correlations with the explanations of ever more re-initialised models."""
        from ..models.randomisation import SHARES, randomisation_check

        asked, cells = self.asked, record.explanation.superpixels

        def explained(other: SegmentationModel, seed: int) -> Explanation:
            game = self._game(other, record, asked.budget)
            return explain(game, cells, asked.budget, asked.seed + seed, stop_at=asked.stop_at)

        check = randomisation_check(model, explained, shares=SHARES)
        shares = (check.layers / check.n_layers).tolist()
        nearest = [min(SHARES, key=lambda s: abs(s - share)) for share in shares]
        known = {_randomised_name(s): float(c) for s, c in zip(nearest, check.correlation)}
        return {**known, "randomised_ceiling": check.ceiling}

    def _write(self, sink: Any, rows: Any, fields: Any) -> None:
        if not sink.addFeatures([feature_of(fields, None, row) for row in rows]):
            raise QgsProcessingException(self.tr("A row could not be written."))


def _randomised_name(share: float) -> str:
    return f"randomised_{round(100 * share)}"


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
_MEASURES = ("completeness_gap", "infidelity", "infidelity_error", "stability")
_RANDOMISED = ("randomised_ceiling", *(f"randomised_{share}" for share in (10, 25, 50, 100)))
AREA_FIELDS = fields_of(
    [
        *_KEY,
        ("state", TEXT),
        *((f"{n}_auc", REAL) for n in _AREAS),
        ("random_better", WHOLE),
        *((n, REAL) for n in (*_MEASURES, *_RANDOMISED)),
    ]
)
CURVE_FIELDS = fields_of(
    [*_KEY, ("curve", TEXT), ("number", WHOLE), ("step", WHOLE), ("area", REAL), ("value", REAL)]
)
