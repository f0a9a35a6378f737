"""Whole scenes: segment them, find the slicks, explain every one, here or on a cluster.

Names are resolved on first use, so that GDAL and torch are loaded when they are needed.
"""

from __future__ import annotations

from ..late import late_names

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
    "WholeScene": "whole",
    "Whole": "whole",
    "explain_whole_scene": "whole",
    "plan_whole_scene": "whole",
    "unfinished_job": "whole",
    "Cluster": "cluster",
    "Tls": "cluster",
    "local_cluster": "cluster",
}

__all__ = list(_HOMES)
__getattr__, __dir__ = late_names(__name__, _HOMES)
