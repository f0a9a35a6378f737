"""What a scene or a queue would cost, from a part of it that is really done."""

from __future__ import annotations

import math
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from osgeo import gdal

from ..errors import ImageError
from ..explain import Explanation, explain
from ..geo import region_from_geometry
from ..geo.aside import gdal_errors
from ..geo.grid import PixelBounds
from ..workflow import superpixels_for
from .group_run import THREADS, ExplainRequest, game_of, probability_of, read_group
from .groups import Group
from .queueing import Queue, queue_of
from .segment import SceneRequest, segment_scene
from .source import SceneSource
from .tiles import Span, spans
from .trust import STEPS
from .workplace import CACHE

if TYPE_CHECKING:
    from ..models import SegmentationModel

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
        Seconds of one, as timed on this machine with the threads that the job itself uses.
    memory : float
        Bytes of one process at its largest: what this one, with all else that it holds, has
        needed for the part that was done, and what is known to come on top. NaN on Windows, which
        does not tell.
    scratch, result : float
        Bytes on disk, while it runs and in the end. Of a scene as compressed as the timed part;
        of a queue before compression, so at most.
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
            f"Up to {self.scratch / 1e9:.2f} GB of disk while it runs, "
            f"{self.result / 1e9:.2f} GB after."
        )


def plan_scene(request: SceneRequest, is_cancelled: Callable[[], bool]) -> Plan:
    """Segment two by two tiles in the middle of a scene, files and all, and estimate the whole.

    A scene is segmented by one process: its time does not depend on the number of workers.

    Raises
    ------
    ImageError, ModelError, SettingsError, ExportError
        As `segment_scene`.
    Interrupted
        It was cancelled.
    """
    from ..models import load_model

    # Now, so that the time of loading is not taken for that of tiles.
    n_classes = len(load_model(request.model).class_names)
    source = SceneSource(request.raster, request.bands, request.land)
    height, width = source.grid.height, source.grid.width
    rows = spans(height, request.window, request.overlap)
    columns = spans(width, request.window, request.overlap)
    top, bottom = _middle(rows)
    left, right = _middle(columns)
    if not source.read((top, left, bottom, right)).valid.any():
        raise ImageError("The middle of the scene is no-data.", "Estimate with another scene.")
    with tempfile.TemporaryDirectory(prefix="segshap-") as folder:
        part = _cut(request.raster, (top, left, bottom, right), Path(folder) / "part.vrt")
        started = time.perf_counter()
        done = segment_scene(
            replace(request, raster=str(part)), Path(folder) / "p.tif", _unheard, is_cancelled
        )
        seconds = time.perf_counter() - started
        written = sum(path.stat().st_size for path in (done.probability, done.classes))
    share = height * width / ((bottom - top) * (right - left))
    # What one row of tiles leaves for the next one to blend with.
    carried = 4.0 * n_classes * request.overlap * width
    maps = height * width * (1.0 if request.kind == "uint8" else 4.0) + height * width
    result = written * share
    return Plan(
        what="tiles",
        count=len(rows) * len(columns),
        seconds_each=seconds / done.tiles,
        # GDAL keeps pixels of the scene and of both maps, as far as its cache goes.
        memory=peak_memory() + 2 * carried + min(CACHE, maps + height * width),
        scratch=maps + carried + result,
        result=result,
    )


def _middle(cut: list[Span]) -> Span:
    """Two neighbouring tiles in the middle of an axis, from end to end."""
    first = max(0, len(cut) // 2 - 1)
    return cut[first][0], cut[min(first + 1, len(cut) - 1)][1]


def _cut(raster: str, bounds: PixelBounds, path: Path) -> Path:
    """A part of a raster as a file that refers to it; no pixel is copied."""
    top, left, bottom, right = bounds
    with gdal_errors(path):
        gdal.Translate(
            str(path), raster, format="VRT", srcWin=[left, top, right - left, bottom - top]
        )
    return path


def _unheard(_done: float) -> None:
    """Progress that nobody listens to."""


def plan_slicks(
    request: ExplainRequest, outlines: Sequence[Any], is_cancelled: Callable[[], bool]
) -> Plan:
    """Begin to explain the first window and the one with the widest slicks; estimate the queue.

    Every window is taken to run to its budget; windows that settle early make the estimate an
    upper bound. Time is that of the first window. Memory is what the two have needed, and what the
    estimator will hold at the end of the budget.

    Raises
    ------
    SegShapError
        As `explain_slicks`.
    Interrupted
        It was cancelled.
    """
    from ..models import load_model

    queue = queue_of(request, outlines)
    run = queue.request.run
    model = load_model(run.model)
    first, widest = queue.groups[0], max(queue.groups, key=_span)
    with model.computing_threads(THREADS), model.interruptible(is_cancelled):
        begun = _begin(queue, first, model)
        if _span(widest) > _span(first):
            _begin(queue, widest, model)
    scoring = 4 * (STEPS - 1) * len(first.members)
    rest = run.budget - begun.evaluations + scoring
    most = max(len(group.members) for group in queue.groups)
    # Labels, probability, masks and bands of every slick; its map is the rest.
    kept = len(queue.outlines) * begun.pixels * (10.0 + 4 * begun.bands)
    return Plan(
        what="windows",
        count=len(queue.groups),
        seconds_each=begun.seconds + begun.seconds_each * rest,
        memory=peak_memory() + _solving(run.budget, begun.cells, most),
        scratch=kept,
        result=kept + len(queue.outlines) * begun.pixels * 4,
    )


class _Begun(NamedTuple):
    """A window that was begun: how large it is, how long it took, and how long an evaluation does.

    `seconds` are those of the first so many `evaluations`, with all that comes before them.
    """

    pixels: int
    bands: int
    cells: int
    evaluations: int
    seconds: float
    seconds_each: float


def _begin(queue: Queue, group: Group, model: SegmentationModel) -> _Begun:
    """Do for a window what the queue does for it, up to some evaluations."""
    run = queue.request.run
    window = read_group(queue.request, group)
    regions = [region_from_geometry(outline, window) for outline in queue.outlines_of(group)]
    times: list[tuple[int, float]] = []

    def note(partial: Explanation) -> bool:
        times.append((partial.evaluations, time.perf_counter()))
        return partial.evaluations < times[0][0] + TIMED

    started = time.perf_counter()
    cells = superpixels_for(run, window)
    probability_of(run, model, window)
    game = game_of(run, model, window, cells, regions)
    explain(game, cells, budget=run.budget, seed=run.seed, on_progress=note)
    (known, begun), (last, ended) = times[0], times[-1]
    each = (ended - begun) / max(1, last - known)
    shape = window.valid.size, len(window.bands), cells.n_players
    return _Begun(*shape, known, begun - started, each)


def _span(group: Group) -> float:
    """Pixels of the window that its slicks span together: what a game computes grows with it."""
    top, left, bottom, right = group.bounds
    return (bottom - top) * (right - left) / group.merge**2


def _solving(budget: int, cells: int, slicks: int) -> float:
    """Bytes that the estimator holds at most, at the end of a budget.

    The noise of K pairs has a triangular factor of K x K numbers for each slick of a window, to
    which pairs add rows. Once every cell has been shown alone (K > M^2 / 2: each of M / 2 sizes has
    its share of the pairs) old pairs weigh less with every new one, and the factors are made anew,
    which takes half a dozen such matrices.
    """
    pairs = min(budget / 2, 2.0 ** min(cells - 1, 64))  # as many as there are
    matrices = slicks / 2 + (6 if pairs > cells**2 / 2 else 0)
    return 8.0 * pairs**2 * matrices


def peak_memory() -> float:
    """Bytes that this process has held at most; NaN where the system does not tell."""
    status = Path("/proc/self/status")
    if status.is_file():
        # What getrusage tells of a new process begins with the size of the one it came from.
        lines = status.read_text(encoding="utf-8").splitlines()
        found = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
        if found:
            return float(found[0]) * 1024
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
