"""Whole scenes: segment them, find the slicks, explain every one, here or on a cluster.

Names are resolved on first use, so that GDAL and torch are loaded when they are needed.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "SceneRequest": "segment",
    "Segmented": "segment",
    "segment_scene": "segment",
    "Slick": "slicks",
    "SlickRequest": "slicks",
    "find_slicks": "slicks",
    "ExplainRequest": "group_run",
    "QueueDone": "queueing",
    "explain_slicks": "queueing",
    "Plan": "planning",
    "plan_scene": "planning",
    "plan_slicks": "planning",
    "Cluster": "cluster",
    "Tls": "cluster",
    "local_cluster": "cluster",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return __all__
