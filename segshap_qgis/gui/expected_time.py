"""How long a run may take on this machine, from what the last one measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from qgis.PyQt.QtCore import QSettings

KEY = "segshap/seconds_per_evaluation"


def remember(record: Any) -> None:
    """Keep the seconds that an evaluation took, for runs of the same model and window.

    Parameters
    ----------
    record : Record
        A run that has ended.
    """
    seconds = float(record.settings.get("seconds", 0.0))
    if seconds > 0 and record.explanation.evaluations > 0:
        QSettings().setValue(_key(record.settings), seconds / record.explanation.evaluations)


def expected_seconds(request: Mapping[str, Any]) -> Optional[float]:
    """Seconds until the budget is spent; a run that settles ends earlier.

    Parameters
    ----------
    request : mapping
        ``model``, ``window``, ``budget`` of `workflow.Request`.

    Returns
    -------
    float or None
        None where this model was never run on such a window here.
    """
    try:
        each = float(QSettings().value(_key(request), 0.0))
    except (TypeError, ValueError):
        return None
    return each * int(request["budget"]) if each > 0 else None


def _key(settings: Mapping[str, Any]) -> str:
    # A path has slashes, which would be groups of settings.
    model = str(settings.get("model", "")).replace("/", "|").replace("\\", "|")
    return f"{KEY}/{model}/{settings.get('window')}"


def duration(seconds: float) -> str:
    """Seconds as people say them: "40 s", "3 min", "1 h 10 min"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
