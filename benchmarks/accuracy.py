"""How far an estimate is from the reference, and what it costs to come near."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Half-width of a 95% interval in standard errors.
Z95 = 1.959964
# Largest disagreement of the two halves of a reference by which errors of 1% can be told: its own
# error is about a quarter of it.
JUDGES = 0.01


def relative_squared_error(
    estimate: NDArray[np.float64], reference: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Squared distance over the reference's squared norm, (T, M) and (T, M) to (T,)."""
    estimate, reference = np.atleast_2d(estimate), np.atleast_2d(reference)
    return ((estimate - reference) ** 2).sum(axis=1) / (reference**2).sum(axis=1)


def evaluations_to(curve: Mapping[int, float], threshold: float) -> float:
    """Evaluations after which an error curve stays at or below a threshold.

    Between two budgets the error is taken as a power of the evaluations (a straight line on
    logarithmic axes). An error that is there at the smallest budget costs that budget, and one that
    is never reached costs infinity.

    Parameters
    ----------
    curve : mapping of int to float
        Error at each budget.
    threshold : float
        Relative squared error wanted.
    """
    budgets = sorted(curve)
    above = [i for i, budget in enumerate(budgets) if not curve[budget] <= threshold]
    if not above:
        return float(budgets[0])
    last = above[-1]
    if last == len(budgets) - 1:
        return float("inf")
    x0, x1 = np.log(budgets[last]), np.log(budgets[last + 1])
    # An error that blew up, or one of zero, has no logarithm to interpolate with.
    y0 = np.log(curve[budgets[last]]) if np.isfinite(curve[budgets[last]]) else np.inf
    y1 = np.log(max(curve[budgets[last + 1]], 1e-300))
    if not np.isfinite(y0):
        return float(budgets[last + 1])
    share = (y0 - np.log(threshold)) / (y0 - y1)
    return float(np.exp(x0 + share * (x1 - x0)))


def coverage(
    values: NDArray[np.float64],
    standard_errors: NDArray[np.float64],
    reference: NDArray[np.float64],
    reference_errors: NDArray[np.float64],
) -> float:
    """Share of 95% intervals that hold the reference, all arrays of one shape.

    The reference is itself an estimate: its standard error widens the interval. Intervals that are
    not known yet (NaN) count as misses.
    """
    half = Z95 * np.hypot(standard_errors, reference_errors)
    return float((np.abs(values - reference) <= half).mean())


def median_curve(errors: Mapping[int, list[float]]) -> dict[int, float]:
    """Median over the draws at each budget; a failed draw is NaN and counts as infinite."""
    return {
        budget: float(np.median(np.where(np.isnan(draws), np.inf, draws)))
        for budget, draws in errors.items()
    }


def ratio(peer: float, ours: float) -> float:
    """How many times more a peer needs: 0 where we never arrive, infinite where only it fails."""
    if np.isinf(ours):
        return 0.0
    return float(peer / ours)


def is_judged(region: Mapping[str, Any]) -> bool:
    """Whether the reference of a studied region is sharp enough to tell errors by."""
    return bool(region["reference_disagreement"] <= JUDGES)
