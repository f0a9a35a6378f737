"""A whole scene in the background: what it will cost, and the job itself with its time left."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, NamedTuple

from qgis.PyQt.QtCore import pyqtSignal

from ..scene import WholeScene, explain_whole_scene, plan_whole_scene
from ..tasks import BackgroundTask
from .cluster_settings import cluster_from_settings


class SceneAdvance(NamedTuple):
    """How far a step of the job is: its name, the share done, and seconds left (inf: unknown)."""

    step: str
    share: float
    seconds_left: float


class SceneEstimate(BackgroundTask):
    """The dry run of a scene; its result is a list of `scene.Plan`.

    Parameters
    ----------
    job : WholeScene
        What is asked.
    folder : Path
        Where its results would go; slicks that were found there already are estimated, too.
    title : str
        How people see it.
    """

    def __init__(self, job: WholeScene, folder: Path, title: str) -> None:
        super().__init__(title)
        self.job = job
        self.folder = folder

    def carry_out(self) -> Any:
        """Do a part of the work and estimate the whole."""
        return plan_whole_scene(self.job, self.folder, self.is_cancelled)


class SceneTask(BackgroundTask):
    """Segments a scene, finds its slicks and explains them; its result is a `scene.Whole`.

    Parameters
    ----------
    job : WholeScene
        What is asked.
    folder : Path
        Where the results go.
    title : str
        How people see it.
    is_estimated : bool
        Whether the person knows already what it costs; if not, a dry run comes first.
    """

    estimated = pyqtSignal(object)
    advanced = pyqtSignal(object)
    linked = pyqtSignal(str)

    def __init__(self, job: WholeScene, folder: Path, title: str, is_estimated: bool) -> None:
        super().__init__(title)
        self.job = job
        self.folder = folder
        self._is_estimated = is_estimated
        # Settings are read on the main thread.
        self._cluster = cluster_from_settings(self.linked.emit)
        self._step = ""
        self._began = (0.0, 0.0)

    def carry_out(self) -> Any:
        """Carry the job out, or go on with it."""
        if not self._is_estimated:
            self.estimated.emit(plan_whole_scene(self.job, self.folder, self.is_cancelled))
        return explain_whole_scene(
            self.job, self.folder, self._hear, self.is_cancelled, self._cluster
        )

    def _hear(self, step: str, share: float) -> None:
        now = time.monotonic()
        if step != self._step:
            self._step, self._began = step, (now, share)
        began, first = self._began
        known = share > first
        left = (now - began) * (1 - share) / (share - first) if known else float("inf")
        self.setProgress(100 * share)
        self.advanced.emit(SceneAdvance(step, share, left))
