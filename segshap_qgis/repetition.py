"""Repeating a run from what its file carries, and telling how far the repetition agrees."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Optional

import numpy as np

from . import __version__
from .errors import Interrupted, ModelError, SettingsError
from .explain import Explanation
from .geo import Record, Window
from .workflow import Request, explain_window

if TYPE_CHECKING:
    from .models import SegmentationModel


@dataclass(frozen=True)
class Repetition:
    """A run and the same run once more.

    Attributes
    ----------
    record : Record
        The new run.
    largest_difference : float
        Of a contribution, base value or prediction, in their unit.
    same_bits : bool
        Whether contributions, standard errors, base value and prediction are the same to the last
        bit.
    notes : tuple of str
        What could not be checked, or is not as it was.
    """

    record: Record
    largest_difference: float
    same_bits: bool
    notes: tuple[str, ...]


def request_of(record: Record) -> Request:
    """The settings that a run was made with.

    Raises
    ------
    SettingsError
        They are incomplete, or contradict the result that they lie beside.
    """
    request = Request.from_settings(record.settings)
    found = record.explanation
    kept = found.settings.get("budget", request.budget), found.seed
    if kept != (request.budget, request.seed):
        raise SettingsError(
            f"The settings of “{record.name}” contradict its result: budget and seed are "
            f"{request.budget} and {request.seed}, but it was made with {kept[0]} and {kept[1]}.",
            "Export the run again from the session that made it.",
        )
    return request


def repeat(
    record: Record,
    model: SegmentationModel,
    path: str,
    on_progress: Callable[[Explanation], bool],
    is_cancelled: Callable[[], bool],
) -> Repetition:
    """Run a record's explanation once more, on its own pixels, cells and region.

    A run that was cancelled is repeated as far as it went.

    Parameters
    ----------
    record : Record
        As `geo.read_geopackage` reads it.
    model : SegmentationModel
        The model that made it.
    path : str
        Where that lies now.
    on_progress : callable
        Receives every partial explanation; False stops.
    is_cancelled : callable
        Asked often; True stops in the middle of an evaluation.

    Raises
    ------
    Interrupted
        It was cancelled.
    ModelError
        The model is another one.
    SettingsError
        The record's settings are incomplete or contradict themselves.
    """
    from .models import model_checksum

    request = replace(request_of(record), model=path)
    notes = _notes(record, model_checksum(path, model.card), path)
    started, begun = datetime.now(timezone.utc), time.perf_counter()
    window = record.window
    with model.interruptible(is_cancelled):
        probabilities = model.predict(window.bands, window.valid, request.unit or window.unit)
    as_far = _AsFarAs(record.explanation, on_progress)
    found = explain_window(
        request,
        model,
        window,
        record.region,
        as_far,
        is_cancelled,
        superpixels=record.explanation.superpixels,
    )
    if found is None or is_cancelled() or as_far.stopped:
        raise Interrupted
    found = as_far.passed or found
    facts = {
        **record.settings,
        **request.settings(),
        "model_checksum": model_checksum(path, model.card),
        "version": __version__,
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(time.perf_counter() - begun, 1),
        "repeats": {"name": record.name, "started": record.settings.get("started")},
    }
    again = replace(
        record,
        explanation=found,
        probability=probabilities[model.class_index(request.target)],
        settings=facts,
        # They were found out about the first one's contributions.
        curves={},
        checks={},
    )
    return Repetition(again, *_compared(record.explanation, found), tuple(notes))


class _AsFarAs:
    """Follows a repetition and stops it where the first run was stopped by hand.

    Parameters
    ----------
    first : Explanation
        Of the first run.
    on_progress : callable
        Who else follows.

    Attributes
    ----------
    passed : Explanation or None
        What the repetition had where the first run was left to itself, if it went beyond that.
    stopped : bool
        Whether the other follower stopped it.
    """

    def __init__(self, first: Explanation, on_progress: Callable[[Explanation], bool]) -> None:
        self._first = first
        self._on_progress = on_progress
        self.passed: Optional[Explanation] = None
        self.stopped = False
        self._as_far: Optional[Explanation] = None

    def __call__(self, partial: Explanation) -> bool:
        """Receive a partial explanation; False stops."""
        if not self._on_progress(partial):
            self.stopped = True
            return False
        if partial.evaluations < self._first.evaluations:
            return True
        if partial.evaluations == self._first.evaluations:
            self._as_far = partial
            # A run that is stopped gives one more estimate, from all that it knows by then.
            return len(partial.history) >= len(self._first.history)
        self.passed = self._as_far
        return False


def _notes(record: Record, checksum: str, path: str) -> list[str]:
    """What to say about model and version.

    Raises
    ------
    ModelError
        The model is another one.
    """
    notes = []
    kept = record.settings.get("model_checksum")
    if kept and kept != checksum:
        raise ModelError(
            f"{path} is not the model that made “{record.name}”: its checksum differs.",
            "Choose the file of the model as it was then.",
        )
    if not kept:
        notes.append("The run carries no checksum of its model: it may have been another one.")
    version = record.settings.get("version")
    if version != __version__:
        notes.append(f"The run was made by SegSHAP {version}, this is {__version__}.")
    return notes


def _compared(first: Explanation, again: Explanation) -> tuple[float, bool]:
    """Largest difference, and whether all bits are the same."""
    names = ("values", "base", "prediction", "standard_errors")
    pairs = [(getattr(first, name), getattr(again, name)) for name in names]
    if any(one.shape != other.shape for one, other in pairs):
        raise SettingsError("The run has other targets than its settings ask for.")
    largest = max(float(np.max(np.abs(a - b), initial=0.0)) for a, b in pairs[:3])
    return largest, all(a.tobytes() == b.tobytes() for a, b in pairs)


def pixels_differ(record: Record, now: Window) -> int:
    """Pixels of a run's window that are not as they were; all, where the grid is another one."""
    then = record.window
    if then.bands.shape != now.bands.shape or then.transform != now.transform:
        return then.valid.size
    differ: Any = (then.valid != now.valid) | (then.valid & (then.bands != now.bands).any(axis=0))
    return int(np.count_nonzero(differ))
