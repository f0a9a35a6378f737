"""From a scene to explained slicks in one job, kept in a folder so that it can be taken up."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

from osgeo import gdal, ogr

from ..errors import ExportError, SettingsError
from ..geo.aside import aside, discard, file_errors, gdal_errors, make_last, put_in_place
from ..geo.geopackage import undefined_system
from ..geo.polygons import write_polygons
from ..geo.rasters import reference_system
from ..workflow import Request
from .group_run import ExplainRequest
from .maps import class_path
from .planning import Plan, plan_scene, plan_slicks
from .queueing import explain_slicks, refuse_unfit
from .segment import SceneRequest, segment_scene
from .slicks import Slick, SlickRequest, find_slicks, slick_columns

if TYPE_CHECKING:
    from .cluster import Cluster

JOB_FILE = "segshap_job.json"
# Larger than any job; a file that is larger is none of ours.
LARGEST_JOB = 1_000_000
STEPS = ("segment", "find", "explain")


@dataclass(frozen=True)
class WholeScene:
    """What is asked of a scene, from its pixels to its explained slicks.

    Attributes
    ----------
    scene : SceneRequest
        The segmentation.
    run : Request
        Settings of every explanation; raster, model, class and bands are those of the segmentation.
    threshold : float
        Pixels of this probability and above belong to slicks.
    smallest_area : float
        Slicks smaller than so many square metres are left out.
    simplify : float
        Distance in metres by which outlines may depart from the pixels' edges; what is explained
        is inside the simplified outline.
    """

    scene: SceneRequest
    run: Request
    threshold: float = 0.5
    smallest_area: float = 10_000.0
    simplify: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """The job as it is kept; JSON-compatible."""
        scene = {**asdict(self.scene), "bands": list(self.scene.bands)}
        return {**asdict(self), "scene": scene, "run": self.run.settings()}

    @classmethod
    def from_dict(cls, kept: Any) -> WholeScene:
        """The job that was kept.

        Raises
        ------
        SettingsError
            It is damaged, or of another version.
        """
        try:
            known = {field.name for field in fields(SceneRequest)}
            scene = {name: kept["scene"][name] for name in known & set(kept["scene"])}
            scene["bands"] = tuple(scene["bands"])
            return cls(
                SceneRequest(**scene),
                Request.from_settings(kept["run"]),
                float(kept["threshold"]),
                float(kept["smallest_area"]),
                float(kept.get("simplify", 0.0)),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise SettingsError(
                "The job in this folder cannot be read.", "Choose another folder."
            ) from error


class Files(NamedTuple):
    """Where the results of a job lie.

    Attributes
    ----------
    probability, classes : Path
        GeoTIFFs on the grid of the scene.
    slicks : Path
        GeoPackage of the slicks that were found.
    explained : Path
        GeoPackage of the queue; it is there if there is any slick.
    """

    probability: Path
    classes: Path
    slicks: Path
    explained: Path


class Whole(NamedTuple):
    """What a job did: its files, and how many slicks were found, explained, and not explained."""

    files: Files
    found: int
    explained: int
    failed: int


def files_in(folder: Path) -> Files:
    """Where the results of a job in a folder lie, whether they are there yet or not."""
    probability = folder / "probability.tif"
    return Files(
        probability,
        class_path(probability),
        folder / "slicks.gpkg",
        folder / "explained_slicks.gpkg",
    )


def unfinished_job(folder: Path) -> Optional[WholeScene]:
    """The job that waits in a folder to be taken up; None where there is none.

    Raises
    ------
    SettingsError
        The file that describes it is damaged.
    """
    kept = _kept(folder)
    return None if kept is None or STEPS[-1] in kept[1] else kept[0]


def plan_whole_scene(job: WholeScene, folder: Path, is_cancelled: Callable[[], bool]) -> list[Plan]:
    """What the steps cost that are still to be done.

    Parameters
    ----------
    job : WholeScene
        What is asked.
    folder : Path
        Of its results. How many slicks there are, and so what explaining them costs, is known only
        once they were found in there.
    is_cancelled : callable
        Asked often.

    Returns
    -------
    list of Plan
        Of the segmentation, of the explanations, or of both.

    Raises
    ------
    SegShapError
        As the job itself.
    Interrupted
        It was cancelled.
    """
    kept = _kept(folder)
    done = kept[1] if kept is not None and kept[0] == job else []
    plans = [] if "segment" in done else [plan_scene(job.scene, is_cancelled)]
    outlines = _outlines(files_in(folder).slicks) if "find" in done else []
    if outlines:
        plans.append(plan_slicks(_queue_request(job), outlines, is_cancelled))
    return plans


def explain_whole_scene(
    job: WholeScene,
    folder: Path,
    on_progress: Callable[[str, float], None],
    is_cancelled: Callable[[], bool],
    cluster: Optional[Cluster] = None,
) -> Whole:
    """Segment a scene, find its slicks and explain every one of them.

    Cancelled or killed, the same call goes on where it was: steps that are done are passed over,
    and the one that was interrupted is taken up in its midst.

    Parameters
    ----------
    job : WholeScene
        What is asked.
    folder : Path
        Where the results go; it is made if it is absent, and belongs to one job.
    on_progress : callable
        Receives the step, one of `STEPS`, and the share of it that is done, 0 to 1.
    is_cancelled : callable
        Asked often.
    cluster : Cluster, optional
        Where the slicks are explained; on this machine by default.

    Raises
    ------
    SegShapError
        See the messages; a folder that holds another job is refused.
    Interrupted
        It was cancelled; what was done is kept.
    """
    refuse_unfit(job.run)
    done = _taken_up(job, folder)
    files = files_in(folder)

    def heard(step: str) -> Callable[[float], None]:
        return lambda share: on_progress(step, share)

    if "segment" not in done:
        segment_scene(job.scene, files.probability, heard("segment"), is_cancelled)
        done = _keep(job, folder, [*done, "segment"])
    if "find" not in done:
        asked = SlickRequest(
            str(files.probability),
            job.threshold,
            job.smallest_area,
            job.simplify,
            image=job.scene.raster,
            band=job.scene.bands[0],
            unit=job.scene.unit,
        )
        _write_slicks(files.slicks, find_slicks(asked, heard("find"), is_cancelled), files)
        done = _keep(job, folder, [*done, "find"])
    outlines = _outlines(files.slicks)
    explained = failed = 0
    if outlines:
        queue = explain_slicks(
            _queue_request(job), outlines, files.explained, heard("explain"), is_cancelled, cluster
        )
        explained, failed = queue.explained, queue.failed
    _keep(job, folder, [*done, "explain"])
    return Whole(files, len(outlines), explained, failed)


def _queue_request(job: WholeScene) -> ExplainRequest:
    return ExplainRequest(job.scene.raster, job.run)


def _taken_up(job: WholeScene, folder: Path) -> list[str]:
    """The steps that are done already; the folder is made the job's own."""
    with file_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    kept = _kept(folder)
    if kept is None:
        if any(path.exists() for path in files_in(folder)):
            raise ExportError(
                f"{folder} holds files of these names already.", "Choose another folder."
            )
        return _keep(job, folder, [])
    if kept[0] != job:
        raise SettingsError(
            f"{folder} holds the results of another job.",
            "Go on with that one, or choose another folder.",
        )
    if STEPS[-1] in kept[1]:
        raise SettingsError(f"{folder} holds the results of this job.", "Choose another folder.")
    return kept[1]


def _kept(folder: Path) -> Optional[tuple[WholeScene, list[str]]]:
    """The job of a folder and its steps that are done."""
    file = folder / JOB_FILE
    try:
        if not file.exists():
            return None
        with file.open(encoding="utf-8") as opened:
            kept = json.loads(opened.read(LARGEST_JOB))
        done = [step for step in STEPS if step in kept["done"]]
        return WholeScene.from_dict(kept["job"]), done
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise SettingsError(
            f"The job in {folder} cannot be read.", "Choose another folder."
        ) from error


def _keep(job: WholeScene, folder: Path, done: list[str]) -> list[str]:
    written = folder / f"{JOB_FILE}.new"
    with file_errors(folder):
        written.write_text(json.dumps({"job": job.to_dict(), "done": done}), encoding="utf-8")
        written.replace(folder / JOB_FILE)
    return done


def _write_slicks(target: Path, slicks: list[Slick], files: Files) -> None:
    """Write what was found; an earlier, interrupted start may have left a file."""
    raster = gdal.Open(str(files.probability))
    system = reference_system(raster.GetProjection()) or undefined_system()
    raster = None
    written = aside(target)
    try:
        with gdal_errors(target):
            ogr.GetDriverByName("GPKG").CreateDataSource(str(written))
            columns = slick_columns(slicks) if slicks else []
            outlines = [slick.outline for slick in slicks]
            write_polygons(written, "slicks", outlines, columns, system)
        make_last(written, target)
        put_in_place(written, target)
    finally:
        discard(written)


def _outlines(file: Path) -> list[Any]:
    """The slicks of a file in their order, as shapely geometries."""
    from shapely import wkb

    with gdal_errors(file):
        package = gdal.OpenEx(str(file), gdal.OF_VECTOR | gdal.OF_READONLY)
        layer = package.GetLayerByName("slicks")
        found = [wkb.loads(bytes(f.GetGeometryRef().ExportToIsoWkb())) for f in layer]
        layer = package = None
    return found
