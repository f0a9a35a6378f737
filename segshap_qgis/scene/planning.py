"""What a scene or a queue would cost, from a part of it that is really done."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import ImageError
from ..explain import Explanation, explain
from ..geo import region_from_geometry
from ..workflow import superpixels_for
from .group_run import THREADS, ExplainRequest, read_group
from .queueing import queue_of
from .segment import SceneRequest
from .source import SceneSource
from .tiles import spans
from .trust import STEPS

# Evaluations that are timed, after those that build the game's tables.
TIMED = 24


@dataclass(frozen=True)
class Plan:
    """An estimate.

    Attributes
    ----------
    what : str
        "tiles" or "windows".
    count : int
        How many there are.
    seconds_each : float
        Seconds of one, as timed on this machine with one thread.
    memory : float
        Bytes of one process at its largest: what this one, with all else that it holds, has
        needed for the part that was timed. NaN on Windows, which does not tell.
    scratch, result : float
        Bytes on disk, while it runs and in the end; before compression, so at most.
    """

    what: str
    count: int
    seconds_each: float
    memory: float
    scratch: float
    result: float

    def seconds(self, workers: int = 1) -> float:
        """Seconds on so many workers like this machine; they share tiles or windows evenly."""
        return math.ceil(self.count / workers) * self.seconds_each

    def in_words(self) -> str:
        """One sentence for the log."""
        # A scene is segmented by one process; windows go to as many workers as there are.
        counts = (1,) if self.what == "tiles" else (1, 4, 16, 64)
        times = ", ".join(f"{n} worker(s): {_duration(self.seconds(n))}" for n in counts)
        known = math.isfinite(self.memory)
        memory = f"{self.memory / 1e9:.1f} GB of memory for each worker, " if known else ""
        return (
            f"{self.count} {self.what} of {self.seconds_each:.2f} s; {times}. {memory}"
            f"At most {self.scratch / 1e9:.2f} GB of disk while it runs, "
            f"{self.result / 1e9:.2f} GB after."
        )


def plan_scene(request: SceneRequest, is_cancelled: Callable[[], bool]) -> Plan:
    """Time one tile in the middle of a scene and estimate them all.

    A scene is segmented by one process: its time does not depend on the number of workers.

    Raises
    ------
    ImageError, ModelError, SettingsError
        As `segment_scene`.
    Interrupted
        It was cancelled.
    """
    from ..models import load_model

    model = load_model(request.model)
    source = SceneSource(request.raster, request.bands, request.land)
    height, width = source.grid.height, source.grid.width
    rows = spans(height, request.window, request.overlap)
    columns = spans(width, request.window, request.overlap)
    row, column = rows[len(rows) // 2], columns[len(columns) // 2]
    window = source.read((row[0], column[0], row[1], column[1]))
    if not window.valid.any():
        raise ImageError("The middle of the scene is no-data.", "Estimate with another scene.")
    with model.computing_threads(THREADS), model.interruptible(is_cancelled):
        started = time.perf_counter()
        model.predict(window.bands, window.valid, request.unit or window.unit)
        seconds = time.perf_counter() - started
    n_classes = len(model.class_names)
    bytes_each = 1 if request.kind == "uint8" else 4
    # What one row of tiles leaves for the next, twice.
    carried = 2 * 4 * n_classes * request.overlap * width
    return Plan(
        what="tiles",
        count=len(rows) * len(columns),
        seconds_each=seconds,
        memory=_peak() + carried,
        scratch=height * width * (bytes_each + 1) + carried / 2,
        result=height * width * (bytes_each + 1) * 4 / 3,
    )


def plan_slicks(
    request: ExplainRequest, outlines: Sequence[Any], is_cancelled: Callable[[], bool]
) -> Plan:
    """Begin to explain the first window and estimate the whole queue.

    Every window is taken to run to its budget; windows that settle early make the estimate an
    upper bound.

    Raises
    ------
    SegShapError
        As `explain_slicks`.
    Interrupted
        It was cancelled.
    """
    from ..models import load_model, make_game

    queue = queue_of(request, outlines)
    run = queue.request.run
    model = load_model(run.model)
    group = queue.groups[0]
    window = read_group(queue.request, group)
    regions = [region_from_geometry(outline, window) for outline in queue.outlines_of(group)]
    times: list[tuple[int, float]] = []

    def note(partial: Explanation) -> bool:
        times.append((partial.evaluations, time.perf_counter()))
        return partial.evaluations < times[0][0] + TIMED

    with model.computing_threads(THREADS), model.interruptible(is_cancelled):
        started = time.perf_counter()
        cells = superpixels_for(run, window)
        background = run.background[0] if isinstance(run.background, tuple) else run.background
        game = make_game(
            model,
            window.bands,
            cells,
            regions,
            [run.target],
            background,
            output=run.output,
            valid=window.valid,
            unit=run.unit,
            evaluations=run.budget,
            precision="float32",
        )
        explain(game, cells, budget=run.budget, seed=run.seed, on_progress=note)
    (first, begun), (last, ended) = times[0], times[-1]
    each = (ended - begun) / max(1, last - first)
    backgrounds = len(run.background) if isinstance(run.background, tuple) else 1
    scoring = 4 * (STEPS - 1) * len(regions)
    pixels = window.valid.size
    # Labels, probability, masks and bands of every slick; its map is the rest.
    kept = len(queue.outlines) * pixels * (10.0 + 4 * len(window.bands))
    return Plan(
        what="windows",
        count=len(queue.groups),
        seconds_each=backgrounds * ((begun - started) + each * (run.budget - first + scoring)),
        memory=_peak(),
        scratch=kept,
        result=kept + len(queue.outlines) * pixels * 4,
    )


def _peak() -> float:
    """Bytes that this process has held at most; NaN where the system does not tell."""
    try:
        import resource
    except ImportError:
        return math.nan
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(most if sys.platform == "darwin" else most * 1024)


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
