"""A whole scene in the background: what it will cost, and the job itself with its time left."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

from qgis.PyQt.QtCore import pyqtSignal

from ..cluster_options import cluster_options
from ..scene import WholeScene, explain_whole_scene, plan_whole_scene
from ..tasks import BackgroundTask

if TYPE_CHECKING:
    from ..scene import Cluster
    from ..scene.planning import Plan


class SceneAdvance(NamedTuple):
    """How far a step of the job is: its name, the share done, and seconds left (inf: unknown)."""

    step: str
    share: float
    seconds_left: float


class Estimate(NamedTuple):
    """What the steps of a job cost, and workers of the cluster (0: explained on this machine)."""

    plans: list[Plan]
    workers: int


def estimate(
    job: WholeScene, folder: Path, cluster: Optional[Cluster], is_cancelled: Callable[[], bool]
) -> Estimate:
    """The dry run of a job; a scheduler that does not answer is told before anything is done."""
    workers = 0 if cluster is None else cluster.n_workers()
    return Estimate(plan_whole_scene(job, folder, is_cancelled), workers)


class SceneEstimate(BackgroundTask):
    """The dry run of a scene; its result is an `Estimate`.

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
        # Settings are read on the main thread.
        self._cluster = cluster_options().cluster(_unheard)

    def carry_out(self) -> Any:
        """Do a part of the work and estimate the whole."""
        return estimate(self.job, self.folder, self._cluster, self.is_cancelled)


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
        self._cluster = cluster_options().cluster(self.linked.emit)
        self._step = ""
        self._began = (0.0, 0.0)

    def carry_out(self) -> Any:
        """Carry the job out, or go on with it."""
        if not self._is_estimated:
            found = estimate(self.job, self.folder, self._cluster, self.is_cancelled)
            self.estimated.emit(found)
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


def _unheard(_link: str) -> None:
    """An estimate sends nothing that a dashboard could show."""
