"""The queue: every slick of a scene is explained, here or on a cluster, into one GeoPackage."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from ..errors import Interrupted, RegionError, SettingsError
from ..geo.aside import target_path
from ..geo.grid import pixel_bounds
from ..geo.wellknown import to_wkb
from ..workflow import GRIDS, Request
from .group_run import EXPLAINED, Explained, ExplainRequest, explain_group, read_group
from .groups import Group, grouped
from .journal import Journal
from .package import refuse_others, write_package
from .source import SceneSource
from .workplace import identity_of, small_cache, workplace

if TYPE_CHECKING:
    from .cluster import Cluster

Results = Iterator[tuple[int, list[Explained]]]


@dataclass(frozen=True)
class Queue:
    """Slicks in their windows, ready to be explained.

    Attributes
    ----------
    request : ExplainRequest
        What is asked; its unit is known.
    outlines : tuple of shapely geometry
        Of every slick, in the raster's CRS.
    groups : tuple of Group
        Windows.
    crs_wkt : str
        The raster's CRS.
    """

    request: ExplainRequest
    outlines: tuple[Any, ...]
    groups: tuple[Group, ...]
    crs_wkt: str

    def outlines_of(self, group: Group) -> list[Any]:
        """Outlines of the members of a group."""
        return [self.outlines[member] for member in group.members]


@dataclass(frozen=True)
class QueueDone:
    """What a queue did.

    Attributes
    ----------
    path : Path
        The GeoPackage.
    explained, failed : int
        Slicks; those that failed say why in their row.
    windows : int
        Sets of passes through the network.
    resumed : int
        Windows that an earlier, interrupted start had done already.
    """

    path: Path
    explained: int
    failed: int
    windows: int
    resumed: int


def queue_of(request: ExplainRequest, outlines: Sequence[Any]) -> Queue:
    """Put slicks into windows.

    Parameters
    ----------
    request : ExplainRequest
        What is asked.
    outlines : sequence of shapely geometry
        In the raster's CRS.

    Raises
    ------
    RegionError
        There is no slick, or one lies off the raster.
    ImageError, SettingsError
        The raster cannot be read; a setting does not fit.
    """
    if not outlines:
        raise RegionError("There is no slick to explain.", "Find slicks first, or draw polygons.")
    refuse_unfit(request.run)
    source = SceneSource(request.raster, request.run.bands)
    height, width = source.grid.height, source.grid.width
    bounds = []
    for number, outline in enumerate(outlines, 1):
        row0, column0, row1, column1 = pixel_bounds(outline, source.grid.transform)
        if row0 >= height or column0 >= width or row1 <= 0 or column1 <= 0:
            raise RegionError(
                f"Slick {number} lies outside the raster.", "Choose the raster of these slicks."
            )
        bounds.append((max(row0, 0), max(column0, 0), min(row1, height), min(column1, width)))
    run = request.run
    if run.unit is None:
        run = replace(run, unit=_unit(source, run.model))
    groups = grouped(bounds, run.window, run.merge)
    return Queue(replace(request, run=run), tuple(outlines), tuple(groups), source.crs_wkt)


def refuse_unfit(run: Request) -> None:
    """Refuse settings that a queue does not carry out, rather than pass over them.

    Raises
    ------
    SettingsError
        The run is one class against another, not Shapley values, or follows a layer.
    """
    if run.against is not None:
        raise SettingsError(
            "A queue explains one class, not one against another.", "Explain such runs one by one."
        )
    if run.method != "shapley" or run.cells not in GRIDS or run.land_layer:
        raise SettingsError(
            "Slicks of a whole scene are explained with Shapley values of cells that need no "
            "layer.",
            f"Choose Shapley values, no land, and super-pixels of one of: {', '.join(GRIDS)}.",
        )


def explain_slicks(
    request: ExplainRequest,
    outlines: Sequence[Any],
    output: Path,
    on_progress: Callable[[float], None],
    is_cancelled: Callable[[], bool],
    cluster: Optional[Cluster] = None,
) -> QueueDone:
    """Explain every slick; interrupted or killed, the same call goes on where it was.

    Parameters
    ----------
    request : ExplainRequest
        What is asked.
    outlines : sequence of shapely geometry
        In the raster's CRS.
    output : Path
        A GeoPackage; one of an earlier queue is replaced, another is refused.
    on_progress : callable
        Receives the share done, 0 to 1.
    is_cancelled : callable
        Asked often; windows that are done are kept.
    cluster : Cluster, optional
        Where the windows are explained; here, one after the other, by default. The result is the
        same.

    Raises
    ------
    SegShapError
        See the messages.
    Interrupted
        It was cancelled.
    """
    target = target_path(output)
    refuse_others(target)
    queue = queue_of(request, outlines)
    work = workplace(target, _identity(queue))
    journal = Journal(work / "journal.sqlite")
    try:
        resumed = journal.done()
        missing = [group for group in queue.groups if group.number not in resumed]
        where = _here if cluster is None else cluster.results
        results = where(queue, missing, is_cancelled)
        on_progress(len(resumed) / len(queue.groups))
        for done, (number, found) in enumerate(results, 1 + len(resumed)):
            journal.add(number, found)
            on_progress(done / len(queue.groups))
        with small_cache():
            write_package(target, journal, queue.outlines, queue.crs_wkt)
        states = [result.row["state"] == EXPLAINED for result in journal.results()]
    finally:
        journal.close()
    shutil.rmtree(work)
    return QueueDone(
        target, sum(states), len(states) - sum(states), len(queue.groups), len(resumed)
    )


def _here(queue: Queue, groups: Sequence[Group], is_cancelled: Callable[[], bool]) -> Results:
    """Explain windows on this machine, one after the other."""
    from ..models import load_model

    model = load_model(queue.request.run.model)
    for group in groups:
        if is_cancelled():
            raise Interrupted
        window = read_group(queue.request, group)
        outlines = queue.outlines_of(group)
        yield (
            group.number,
            explain_group(queue.request, model, window, group, outlines, is_cancelled),
        )


def _unit(source: SceneSource, model: str) -> Optional[str]:
    """Unit of the values, recognised once so that all windows agree."""
    from ..models import load_model
    from ..models.normalisation import recognise_unit

    stated = source.unit()
    if stated or load_model(model).card.normalisation.get("kind") != "log_contrast":
        return stated
    return recognise_unit(source.sample()[0])


def _identity(queue: Queue) -> dict[str, Any]:
    """All that decides the result."""
    from ..models import load_model, model_checksum

    run = queue.request.run
    return {
        **asdict(queue.request),
        "raster": identity_of(queue.request.raster),
        "model": model_checksum(run.model, load_model(run.model).card),
        "outlines": [to_wkb(outline).hex() for outline in queue.outlines],
    }
