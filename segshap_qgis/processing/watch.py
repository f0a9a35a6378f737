"""How an algorithm follows a run: its feedback hears of progress and can cancel."""

from __future__ import annotations

from qgis.core import QgsProcessingFeedback
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..explain import Explanation


class Watch(QObject):
    """One of several runs of an algorithm, on the algorithm's progress bar.

    Parameters
    ----------
    feedback : QgsProcessingFeedback
        Of the algorithm.
    budget : int
        Evaluations at most.
    done, total : int
        Runs that ended before this one, and runs in all.
    """

    located = pyqtSignal(object)

    def __init__(
        self, feedback: QgsProcessingFeedback, budget: int, done: int = 0, total: int = 1
    ) -> None:
        super().__init__()
        self._feedback = feedback
        self._budget = budget
        self._done = done
        self._total = max(1, total)

    def is_cancelled(self) -> bool:
        """Whether the person asked to stop."""
        return bool(self._feedback.isCanceled())

    def on_progress(self, partial: Explanation) -> bool:
        """Move the bar; False stops the run."""
        share = min(1.0, partial.evaluations / self._budget)
        self._feedback.setProgress(100.0 * (self._done + share) / self._total)
        return not self.is_cancelled()
