"""The result in one plain sentence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from qgis.PyQt.QtCore import QCoreApplication

from ..explain import Explanation, is_heat

CARRIED_SHARE = 0.8
# Below this difference there is nothing to carry.
SMALLEST_DIFFERENCE = 0.02


def cells_that_carry(contributions: NDArray[np.float64], share: float = CARRIED_SHARE) -> int:
    """Fewest cells whose contributions reach a share of the difference between prediction and base.

    Parameters
    ----------
    contributions : (M,) float64 array
        Of every cell; their sum is the difference.
    share : float
        Between 0 and 1.
    """
    difference = contributions.sum()
    strongest_first = np.sort(contributions * np.sign(difference))[::-1]
    return int(np.searchsorted(np.cumsum(strongest_first), share * abs(difference)) + 1)


def headline(found: Explanation, target: int = 0) -> str:
    """Prediction, base value, and how many cells carry the difference; or how two runs differ."""
    if "compared" in found.settings:
        return _difference(found, target)
    name = list(found.settings.get("targets", ["?"]))[target]
    kind = "p" if found.settings.get("output", "probability") == "probability" else "v"
    prediction, base = found.prediction[target], found.base[target]
    start = f"{kind}({name}) = {prediction:.2f}; "
    start += QCoreApplication.translate("Headline", "base {:.2f}; ").format(base)
    if is_heat(found):
        return start + QCoreApplication.translate(
            "Headline", "RISE shows where it matters, in values that do not add up"
        )
    if abs(prediction - base) < SMALLEST_DIFFERENCE:
        return start + QCoreApplication.translate(
            "Headline", "hiding everything hardly changes it, so there is little to explain"
        )
    count = cells_that_carry(found.values[target])
    if count == 1:
        return start + QCoreApplication.translate(
            "Headline", "1 cell carries 80% of the difference"
        )
    carried = QCoreApplication.translate("Headline", "{} cells carry 80% of the difference")
    return start + carried.format(count)


def _difference(found: Explanation, target: int) -> str:
    alike = found.settings.get("likeness") or {}
    text = QCoreApplication.translate(
        "Headline",
        "Difference of two runs: prediction {:+.2f}, base {:+.2f}; {} of {} cells differ",
    )
    return text.format(
        found.prediction[target],
        found.base[target],
        alike.get("differing_cells", "?"),
        found.superpixels.n_players,
    )
