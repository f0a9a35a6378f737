"""What a reader of a report must know about a run: settings, numbers, the model's card."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import QCoreApplication

from ..errors import SegShapError
from ..geo import Record
from ..models import read_card
from .result import Facts, source_facts, value_facts

translate = QCoreApplication.translate


def facts(record: Record) -> Facts:
    """Rows of the report's table; the model's card is read from its file, if it is still there.

    Parameters
    ----------
    record : Record
        The run.
    """
    found, target = record.explanation, record.target
    settings = {**found.settings, **record.settings}
    cells, n_pixels = found.superpixels, int(record.region.sum())
    share = found.precision_of(target)
    precision = f"{share:.2%}" if math.isfinite(share) else translate("Report", "not known")
    rows = [
        *source_facts(record),
        (translate("Report", "Class"), record.target_name),
        *value_facts(record),
        (
            translate("Report", "Largest standard error, share of the range"),
            precision,
        ),
        (translate("Report", "Evaluations of the model"), str(found.evaluations)),
        (translate("Report", "Super-pixels"), f"{cells.n_players}, {_flat(cells.settings)}"),
        (
            translate("Report", "Region"),
            translate("Report", "{} pixels").format(n_pixels),
        ),
        (translate("Report", "Settings"), _flat(settings)),
    ]
    return rows + _class_rows(record) + _card_rows(settings.get("model"))


def _class_rows(record: Record) -> Facts:
    """What the model says for every class, where the run knows it."""
    found = record.explanation
    name, text = translate("Report", "Class {}"), translate("Report", "{:.4g}; base {:.4g}")
    classes = zip(found.settings.get("targets", ()), found.prediction, found.base)
    rows = [(name.format(each), text.format(output, base)) for each, output, base in classes]
    return rows if len(rows) > 1 else []


def _card_rows(path: Any) -> Facts:
    try:
        card = read_card(Path(str(path))) if path else None
    except SegShapError as error:
        return [
            (
                translate("Report", "Model card"),
                translate("Report", "not available: {}").format(error.message),
            )
        ]
    if card is None:
        return []
    rows = [
        (translate("Report", "Model"), f"{card.title} ({card.id})"),
        (translate("Report", "About the model"), card.description),
        (translate("Report", "Licence"), card.licence),
        (translate("Report", "Classes"), ", ".join(card.class_names)),
    ]
    rows += [(translate("Report", "Trained with"), _flat(entry)) for entry in card.training]
    rows += [
        (translate("Report", "Score: {}").format(name), _flat(score))
        for name, score in card.scores.items()
    ]
    return [(name, text) for name, text in rows if text]


def _flat(value: Any) -> str:
    """A setting for people: `name: value` pairs without brackets and quotes."""
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_flat(entry)}" for name, entry in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_flat(entry) for entry in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
