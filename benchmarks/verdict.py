"""What is owed, what is aimed at, and what was measured."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional


@dataclass(frozen=True)
class Goal:
    """One line of the table.

    Attributes
    ----------
    key : str
        Where its measured value stands.
    title : str
        What is measured.
    owed, aim : float or (float, float), optional
        Bounds: at least, at most or (a pair) between, see `at_most`.
    at_most : bool
        Whether small is good.
    """

    key: str
    title: str
    owed: Any
    aim: Any = None
    at_most: bool = False

    def verdict(self, measured: Optional[float]) -> str:
        """In a word: "aim", "owed", "short" or "not measured"."""
        if measured is None or math.isnan(measured):
            return "not measured"
        if self.aim is not None and self._meets(measured, self.aim):
            return "aim"
        return "owed" if self._meets(measured, self.owed) else "short"

    def _meets(self, measured: float, bound: Any) -> bool:
        if isinstance(bound, tuple):
            return bool(bound[0] <= measured <= bound[1])
        return bool(measured <= bound if self.at_most else measured >= bound)

    def written(self, bound: Any) -> str:
        """A bound as people write it."""
        if bound is None:
            return ""
        if isinstance(bound, tuple):
            return f"{bound[0]:.0%} to {bound[1]:.0%}"
        return f"{'≤' if self.at_most else '≥'} {bound:g}"


COVERAGE_BUDGETS = (100, 250, 500, 1000)
COVERAGE = ((0.90, 0.99), (0.93, 0.97))

GOALS = (
    Goal("pixel_float32", "plain / staged seconds per coalition, one pixel, float32", 15, 30),
    Goal("pixel_auto", "the same with the precision that the error check allows", 25, 60),
    Goal("region64_auto", "the same, region of 64 x 64 pixels", 18, 45),
    Goal("difference", "largest difference staged - plain, float32", 1e-5, at_most=True),
    Goal("table", "building the tables, in plain evaluations", 12, 6, at_most=True),
    Goal("rate_share", "staged rate / the machine's matrix-product rate, float32", 0.35, 0.6),
    Goal("evaluations_real", "evaluations to 1% error, best peer / ours, real images", 1, 2),
    Goal("evaluations_diffuse_default", "the same, diffuse games, shap default / ours", 4, 10),
    Goal("evaluations_diffuse_off", "the same, diffuse games, shap l1_reg off / ours", 4, 10),
    Goal("shap_as_used", "seconds of shap as users run it / ours until it stops itself", 120, 500),
    Goal("stopped_error", "error when ours stops itself", 0.01, at_most=True),
    Goal("oracle", "seconds to 1% error, best peer stopped by an oracle / ours", 8, 30),
    *(
        Goal(f"coverage_{n}", f"coverage of 95% intervals, {n} evaluations", *COVERAGE)
        for n in COVERAGE_BUDGETS
    ),
    Goal("first_map", "seconds to 10% error, in plain evaluations", 6, 3, at_most=True),
    Goal("memory", "peak extra memory, GB", 2.5, 1, at_most=True),
)


def table(measured: Mapping[str, Optional[float]]) -> list[dict[str, str]]:
    """Lines for print and document: goal, owed, aim, measured, verdict."""
    return [
        {
            "goal": goal.title,
            "owed": goal.written(goal.owed),
            "aim": goal.written(goal.aim),
            "measured": _number(goal, measured.get(goal.key)),
            "verdict": goal.verdict(measured.get(goal.key)),
        }
        for goal in GOALS
    ]


def _number(goal: Goal, value: Optional[float]) -> str:
    if value is None or math.isnan(value):
        return ""
    if isinstance(goal.owed, tuple):
        return f"{value:.1%}"
    if math.isinf(value):
        return "never reached by the peer"
    return f"{value:.2g}" if abs(value) < 10 else f"{value:.0f}"
