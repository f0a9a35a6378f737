"""Two runs of the same place and cells, one minus the other."""

from __future__ import annotations

import math
from dataclasses import asdict, replace

import numpy as np

from ..errors import SettingsError
from ..explain.combined_games import only_targets
from ..explain.comparison import likeness
from ..explain.types import Explanation
from .records import Record


def difference(first: Record, second: Record, name: str) -> Record:
    """A record whose contributions are those of the first run minus those of the second.

    Parameters
    ----------
    first, second : Record
        Runs of the same super-pixels on the same pixels; model, class, background and seed may
        differ.
    name : str
        Of the new record.

    Returns
    -------
    Record
        One target; ``settings["likeness"]`` of its explanation has the fields of
        `explain.comparison.Likeness`, None where they are not known. Its standard errors are those
        of independent runs, the root of the summed squares; runs of the same seed share their
        coalitions, and are mostly surer than that.

    Raises
    ------
    SettingsError
        The runs differ in place, super-pixels or unit.
    """
    one, two = first.explanation, second.explanation
    if first.window.transform != second.window.transform or not np.array_equal(
        one.superpixels.labels, two.superpixels.labels
    ):
        raise SettingsError(
            "These runs have different super-pixels or lie in different places.",
            "Explain the same place twice with cells of the same shape and size.",
        )
    if one.settings.get("output") != two.settings.get("output"):
        raise SettingsError(
            "These runs explain different outputs of the model.",
            "Explain both times the probability, or both times the score.",
        )
    one, two = only_targets(one, [first.target]), only_targets(two, [second.target])
    found = Explanation(
        values=one.values - two.values,
        standard_errors=np.hypot(one.standard_errors, two.standard_errors),
        base=one.base - two.base,
        prediction=one.prediction - two.prediction,
        superpixels=one.superpixels,
        evaluations=one.evaluations + two.evaluations,
        seed=one.seed,
        settings={
            "targets": [f"{first.target_name} − {second.target_name}"],
            "output": one.settings.get("output", "probability"),
            "compared": [first.name, second.name],
        },
    )
    alike = {
        name: value if math.isfinite(value) else None
        for name, value in asdict(likeness(one, two, found)).items()
    }
    found = replace(found, settings={**found.settings, "likeness": alike})
    settings = {"compared": [dict(first.settings), dict(second.settings)]}
    return Record(name, found, first.window, first.region, settings=settings)
