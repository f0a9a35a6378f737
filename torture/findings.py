"""What a row of the campaign returns."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Union

Figure = Union[int, float, str]


@dataclass
class Finding:
    """Figures of one row, and what went wrong.

    Attributes
    ----------
    figures : dict
        What was measured, by a name for people; seconds and megabytes say so in their name.
    faults : list of str
        What must not happen and did: crashes, exceptions, things left behind, harmed files.
    left_out : str
        Why the row could not be measured here; empty where it was.
    """

    figures: dict[str, Figure] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    left_out: str = ""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def spread(seconds: Sequence[float]) -> str:
    """Median and longest of some durations."""
    if not seconds:
        return "none"
    return f"median {statistics.median(seconds):.2f} s, longest {max(seconds):.2f} s"
