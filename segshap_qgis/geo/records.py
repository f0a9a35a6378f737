"""What one run leaves behind: the explanation, its pixels, and the region that it explains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

import numpy as np
from numpy.typing import NDArray

from ..explain.faithfulness import DeletionInsertion
from ..explain.reliability import Checks
from ..explain.types import Explanation
from .window import Window


@dataclass(frozen=True)
class Record:
    """An explanation with its place on Earth; layers, files and reports are made from this alone.

    Attributes
    ----------
    name : str
        Short name for people, e.g. ``"oil, region 1"``; unique among the runs of a session.
    explanation : Explanation
        Contributions of every super-pixel; (H, W) of its super-pixels is that of the window.
    window : Window
        The pixels that were explained and where they lie.
    region : (H, W) bool array
        Region of interest.
    target : int
        Target of the explanation that is shown first.
    probability : (H, W) float32 array, optional
        The model's output for the class on the whole window.
    settings : mapping
        Everything needed to repeat the run, JSON-compatible: the request, ``model_id``, versions,
        ``started`` (ISO time, UTC) and ``seconds``.
    curves : mapping of str to DeletionInsertion
        What came of playing the map back to the model, by the name of the target; none where
        nobody asked for it.
    checks : mapping of str to Checks
        How far the map can be relied on, by the name of the target; none where nobody asked.
    """

    name: str
    explanation: Explanation
    window: Window
    region: NDArray[np.bool_]
    target: int = 0
    probability: Optional[NDArray[np.float32]] = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    curves: Mapping[str, DeletionInsertion] = field(default_factory=dict)
    checks: Mapping[str, Checks] = field(default_factory=dict)

    @property
    def target_name(self) -> str:
        """Name of the class that is explained."""
        names = self.explanation.settings.get("targets", [])
        return str(names[self.target]) if self.target < len(names) else str(self.target)


def is_same_run(record: Optional[Record], other: Optional[Record]) -> bool:
    """Whether two records stem from one run: renamed, of another target, with curves or checks."""
    return record is not None and other is not None and record.explanation is other.explanation
