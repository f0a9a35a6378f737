"""What a reader should be warned of before believing a map."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from qgis.PyQt.QtCore import QCoreApplication

from ..explain import classes_in_background, is_heat, only_targets

translate = QCoreApplication.translate
# Shares of the range of the contributions: a larger error than that of a quick run...
COARSE = 0.15
# ... and a cell at the window's edge that is no small one.
STRONG = 0.1
# Standard errors that a contribution must lie off zero to count.
SURE = 2.0
# So near to 1 a probability hardly moves any more.
SATURATED = 0.01
# Share of the output that the base value may take before it is told.
IN_BACKGROUND = 0.5


def cautions(record: Any) -> list[str]:
    """Warnings about one run, each a sentence or two; empty where nothing is suspicious.

    Parameters
    ----------
    record : Record
        The run, and the target of it that is shown.
    """
    found = only_targets(record.explanation, [record.target])
    if "compared" in found.settings:
        return []
    checks = (_coarse, _in_background, _saturated, _cut_off)
    return [text for text in (check(record.settings, found) for check in checks) if text]


def _coarse(_settings: Any, found: Any) -> str:
    share = found.precision
    if share <= COARSE or not found.values.any():
        return ""
    if not math.isfinite(share):
        return translate(
            "Cautions", "The standard errors are not known yet: let the run evaluate more."
        )
    return translate(
        "Cautions",
        "The largest standard error is {:.0%} of the map's range: only the strongest colours mean "
        "something. Choose a higher effort.",
    ).format(share)


def _in_background(settings: Any, found: Any) -> str:
    contrast = settings.get("against") is not None
    if contrast or not classes_in_background(found, IN_BACKGROUND):
        return ""
    return translate(
        "Cautions",
        "The background alone is “{}” to the model (base {:.2f}): the map cannot tell where the "
        "class comes from. Choose another background.",
    ).format(found.settings["targets"][0], found.base[0])


def _saturated(settings: Any, found: Any) -> str:
    is_probability = found.settings.get("output", "probability") == "probability"
    value = float(found.prediction[0])
    if settings.get("against") is not None or not is_probability:
        return ""
    if value < 1 - SATURATED:
        return ""
    return translate(
        "Cautions",
        "The probability is saturated ({:.3f}): hiding one cell hardly changes it where others "
        "suffice. Explain the score before softmax to see more.",
    ).format(value)


def _cut_off(settings: Any, found: Any) -> str:
    """Strong cells at the edge of the window: what the model looks at is cut off there.

    Cells beyond the receptive field contribute exactly nothing, and those in its faint outskirts,
    which the window of nearly every network cuts, nothing to speak of.
    """
    if is_heat(found):
        return ""
    labels = found.superpixels.labels
    sides = {"top": labels[0], "bottom": labels[-1], "left": labels[:, 0], "right": labels[:, -1]}
    # Slicks of a whole scene, and runs of before, do not know where the raster goes on.
    beyond = settings.get("beyond")
    cut = [cells for side, cells in sides.items() if beyond is None or side in beyond]
    if not cut:
        return ""
    edge = np.concatenate(cut)
    cells = np.unique(edge[edge >= 0])
    values, errors = np.abs(found.values[0, cells]), found.standard_errors[0, cells]
    strong = (values >= STRONG * np.ptp(found.values[0])) & (values >= SURE * errors)
    if not (strong & (values > 0)).any():
        return ""
    numbers = ", ".join(str(cell) for cell in cells[strong].tolist())
    if beyond is None:
        text = translate(
            "Cautions",
            "Strong cells touch the edge of the window ({} px): the model may look further than it "
            "was shown. Choose a larger window, unless the raster ends there. Cells: {}.",
        )
    else:
        text = translate(
            "Cautions",
            "Strong cells touch the edge of the window ({} px), and the raster goes on there: what "
            "the model looks at is cut off. Choose a larger window. Cells: {}.",
        )
    return text.format(max(labels.shape), numbers)
