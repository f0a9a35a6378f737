"""What an algorithm writes for its runs: summary rows, cells, and whole runs in a GeoPackage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Optional

import numpy as np
from qgis.core import Qgis, QgsFeature, QgsFeatureSink, QgsField, QgsFields, QgsGeometry
from qgis.PyQt.QtCore import QMetaType, QVariant

from ..errors import ExportError
from ..geo import Record, write_geopackage
from ..geo.cells import cell_columns
from ..geo.regions import cell_outlines, mask_outline
from ..geo.wellknown import to_wkb
from ..layers import style_documents

# QGIS 3.38 took Qt 6's names of types up and deprecated the others.
if Qgis.versionInt() >= 33800:
    TEXT, WHOLE, REAL = QMetaType.Type.QString, QMetaType.Type.LongLong, QMetaType.Type.Double
else:
    TEXT, WHOLE, REAL = QVariant.Type.String, QVariant.Type.LongLong, QVariant.Type.Double

SUMMARY = (
    ("feature", WHOLE),
    ("name", TEXT),
    ("state", TEXT),
    ("class", TEXT),
    ("prediction", REAL),
    ("base_value", REAL),
    ("sum_of_contributions", REAL),
    ("evaluations", WHOLE),
    ("precision", REAL),
    ("seconds", REAL),
    ("area_pixels", WHOLE),
    ("super_pixels", WHOLE),
    ("cells_for_80_percent", WHOLE),
    ("strongest_cell", WHOLE),
    ("strongest_contribution", REAL),
    ("strongest_standard_error", REAL),
    ("model", TEXT),
    ("seed", WHOLE),
)


CLASSES = (
    ("feature", WHOLE),
    ("name", TEXT),
    ("class", TEXT),
    ("prediction", REAL),
    ("base_value", REAL),
    ("sum_of_contributions", REAL),
    ("strongest_cell", WHOLE),
    ("strongest_contribution", REAL),
    ("strongest_standard_error", REAL),
)


def class_fields() -> QgsFields:
    """Fields of the classes: one row for each class of each feature, from the same evaluations."""
    return fields_of(CLASSES)


def summary_fields() -> QgsFields:
    """Fields of the summary: one row for each feature."""
    return fields_of(SUMMARY)


def cell_fields(n_bands: int) -> QgsFields:
    """Fields of the super-pixels: those of `geo.cells.cell_columns`, and whose they are."""
    means = ["mean_backscatter"] if n_bands == 1 else [f"mean_band_{i + 1}" for i in range(n_bands)]
    whole = {"cell", "rank", "area_pixels"}
    names = ["cell", "contribution", "standard_error", "rank", "share", "area_pixels", "area_map"]
    kinds = [(name, WHOLE if name in whole else REAL) for name in [*names, *means]]
    return fields_of([("feature", WHOLE), ("name", TEXT), *kinds])


@dataclass
class Outputs:
    """Where the rows go.

    Attributes
    ----------
    target : str
        Class that is explained.
    sinks : dict of str to QgsFeatureSink
        ``OUTPUT``, ``OUTPUT_CELLS`` and ``OUTPUT_CLASSES``, as far as they are wanted.
    runs : Path, optional
        GeoPackage of whole runs.
    results : dict
        What the algorithm returns.
    """

    target: str
    sinks: dict[str, QgsFeatureSink] = field(default_factory=dict)
    runs: Optional[Path] = None
    results: dict[str, Any] = field(default_factory=dict)

    def add(self, source: QgsFeature, record: Record) -> None:
        """Write what came out for a feature."""
        # The file first: a row in the summary says that all of the run is kept.
        if self.runs is not None:
            write_geopackage(self.runs, [record], [style_documents(record)])
        if "OUTPUT_CELLS" in self.sinks:
            self._write("OUTPUT_CELLS", _cell_features(source, record))
        if "OUTPUT_CLASSES" in self.sinks:
            self._write("OUTPUT_CLASSES", _class_features(source, record))
        outline = mask_outline(record.region, record.window.transform)
        values = {"feature": source.id(), "name": record.name, "state": "explained"}
        values.update(_summary(record))
        self._write("OUTPUT", [feature_of(summary_fields(), to_wkb(outline), values)])

    def add_failure(self, source: QgsFeature, name: str, reason: str) -> None:
        """Write a row that says why a feature could not be explained; it has no geometry."""
        values = {"feature": source.id(), "name": name, "state": reason, "class": self.target}
        self._write("OUTPUT", [feature_of(summary_fields(), None, values)])

    def _write(self, name: str, features: Sequence[QgsFeature]) -> None:
        sink = self.sinks.get(name)
        if sink is not None and not sink.addFeatures(
            list(features), QgsFeatureSink.Flag.FastInsert
        ):
            raise ExportError(
                f"A row could not be written: {sink.lastError()}.",
                "Free some space, or choose another file; every output needs a file of its own.",
            )


def _summary(record: Record) -> dict[str, Any]:
    found, target = record.explanation, record.target
    return {
        **_of_target(record, target),
        "evaluations": int(found.evaluations),
        "precision": found.precision_of(target),
        "seconds": record.settings["seconds"],
        "area_pixels": int(np.count_nonzero(record.region)),
        "super_pixels": found.superpixels.n_players,
        "cells_for_80_percent": cells_for_share(found.values[target], 0.8),
        "model": record.settings["model_id"],
        "seed": int(found.seed),
    }


def _of_target(record: Record, target: int) -> dict[str, Any]:
    """What is told of each class."""
    found = record.explanation
    contributions = found.values[target]
    strongest = int(np.argmax(np.abs(contributions)))
    return {
        "class": replace(record, target=target).target_name,
        "prediction": float(found.prediction[target]),
        "base_value": float(found.base[target]),
        "sum_of_contributions": float(contributions.sum()),
        "strongest_cell": strongest,
        "strongest_contribution": float(contributions[strongest]),
        "strongest_standard_error": float(found.standard_errors[target, strongest]),
    }


def cells_for_share(contributions: Any, share: float) -> int:
    """How few cells carry this share of the sum of absolute contributions."""
    strengths = np.sort(np.abs(contributions))[::-1]
    reached = np.cumsum(strengths) >= share * strengths.sum()
    return int(np.argmax(reached)) + 1


def _cell_features(source: QgsFeature, record: Record) -> list[QgsFeature]:
    fields = cell_fields(len(record.window.bands))
    outlines = cell_outlines(record.explanation.superpixels.labels, record.window.transform)
    columns = cell_columns(record)
    features = []
    for row, outline in enumerate(outlines):
        values = {column.name: column.values[row] for column in columns}
        values.update(feature=source.id(), name=record.name)
        features.append(feature_of(fields, to_wkb(outline), values))
    return features


def _class_features(source: QgsFeature, record: Record) -> list[QgsFeature]:
    key = {"feature": source.id(), "name": record.name}
    targets = range(record.explanation.n_targets)
    rows = ({**key, **_of_target(record, target)} for target in targets)
    return [feature_of(class_fields(), None, row) for row in rows]


def feature_of(fields: QgsFields, wkb: Optional[bytes], values: dict[str, Any]) -> QgsFeature:
    """A row from WKB of a polygon, or None, and values by name; what is not finite is null."""
    feature = QgsFeature(fields)
    for name, value in values.items():
        is_known = not isinstance(value, float) or np.isfinite(value)
        feature.setAttribute(name, value if is_known else None)
    if wkb is not None:
        geometry = QgsGeometry()
        geometry.fromWkb(wkb)
        geometry.convertToMultiType()
        feature.setGeometry(geometry)
    return feature


def fields_of(kinds: Sequence[tuple[str, Any]]) -> QgsFields:
    """Fields from names and types (`TEXT`, `WHOLE` or `REAL`)."""
    fields = QgsFields()
    for name, kind in kinds:
        fields.append(QgsField(name, kind))
    return fields
