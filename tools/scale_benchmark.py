#!/usr/bin/env python3
"""Measure whole scenes and queues on this machine: memory, time, workers, and being killed.

Every measurement runs in processes of its own, so that one does not warm up the next. Prints what
was measured, and with --json keeps it at once: the same command goes on where it was stopped, and
measures anew only what was asked differently. --document turns such a file into the measured part
of docs/scale.md and its plot.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Optional

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

PARTS = ("memory", "workers", "kill", "cost")
# The smallest network that is one: what is measured is the machinery around it.
TINY = {"down_layers": [1], "bottleneck_layers": 1, "growth": 2, "stem_maps": 2}
BUNDLED = "oil_fcdensenet56"


def main() -> None:
    """Measure what the arguments ask for."""
    arguments = parse_arguments()
    if arguments.child:
        print(json.dumps(CHILDREN[arguments.child](json.loads(arguments.settings))))
        return
    if arguments.document:
        from benchmarks.scale_report import write_document

        write_document(json.loads(arguments.document.read_text(encoding="utf-8")), ROOT / "docs")
        return
    with workplace(arguments.json) as folder:
        for part in arguments.only:
            steps = Steps(arguments.json, part, ASKED[part](arguments))
            measured = MEASURES[part](folder, arguments, steps)
            print(part, json.dumps(steps.finish(measured), indent=1), flush=True)


@contextmanager
def workplace(kept: Optional[Path]) -> Iterator[Path]:
    """An empty folder, of the same name whenever a benchmark goes on: results name their scene."""
    if kept is None:
        with tempfile.TemporaryDirectory(prefix="segshap-scale-") as folder:
            yield Path(folder)
        return
    folder_beside = kept.resolve().with_name(f".{kept.name}.segshap-work")
    shutil.rmtree(folder_beside, ignore_errors=True)
    folder_beside.mkdir()
    try:
        yield folder_beside
    finally:
        shutil.rmtree(folder_beside, ignore_errors=True)


class Steps:
    """The measurements of a part, kept one by one, so that a stopped benchmark goes on.

    Parameters
    ----------
    path : Path, optional
        JSON file; None keeps nothing.
    part : str
        One of `PARTS`.
    asked : dict
        What all measurements of the part depend on; those of another request are made anew.
    """

    def __init__(self, path: Optional[Path], part: str, asked: dict[str, Any]) -> None:
        self._path, self._part = path, part
        kept = read_kept(path).get(part, {})
        is_same = kept.get("asked") == asked and "steps" in kept
        # Parts may be measured on different days, and one part on several.
        load = kept["machine"]["load_before"] if is_same else 0.0
        here = machine()
        self._found = {
            "asked": asked,
            "machine": {**here, "load_before": max(load, here["load_before"])},
            "steps": kept["steps"] if is_same else {},
        }

    def __call__(self, name: str, measure: Callable[[], Any]) -> Any:
        """What a measurement found: now, or when it was kept."""
        steps = self._found["steps"]
        if name not in steps:
            steps[name] = measure()
            print(json.dumps({name: steps[name]}), flush=True)
            self._keep()
        return steps[name]

    def finish(self, measured: Any) -> dict[str, Any]:
        """Keep what all measurements together say."""
        self._found["measured"] = measured
        self._keep()
        return {name: self._found[name] for name in ("machine", "measured")}

    def _keep(self) -> None:
        if self._path is not None:
            draft = self._path.with_suffix(".draft")
            kept = {**read_kept(self._path), self._part: self._found}
            draft.write_text(json.dumps(kept, indent=1), encoding="utf-8")
            draft.replace(self._path)


def read_kept(path: Optional[Path]) -> dict[str, Any]:
    """Measurements by part, as they were kept."""
    if path is None or not path.is_file():
        return {}
    return dict(json.loads(path.read_text(encoding="utf-8")))


def machine() -> dict[str, Any]:
    """What a measurement was taken on, and how busy that was before it began."""
    load = os.getloadavg()[0]
    usable = len(os.sched_getaffinity(0))
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "usable_cores": usable,
        "load_before": round(load, 2),
    }


def _processor() -> str:
    """The processor's name; Linux tells it in a file."""
    about = Path("/proc/cpuinfo")
    lines = about.read_text(encoding="utf-8").splitlines() if about.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--sides", nargs="+", type=int, default=[2000, 5000, 10000, 20000])
    parser.add_argument("--regions", type=int, default=20, help="slicks of the queue")
    parser.add_argument("--budget", type=int, default=1000, help="evaluations for each slick")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--cost-side", type=int, default=2000, help="scene of the bundled model")
    parser.add_argument("--cost-slicks", type=int, default=4, help="its slicks, a window each")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep all measurements")
    parser.add_argument("--document", type=Path, metavar="FILE", help="write docs from a JSON file")
    parser.add_argument("--child", choices=sorted(CHILDREN), help=argparse.SUPPRESS)
    parser.add_argument("--settings", default="{}", help=argparse.SUPPRESS)
    return parser.parse_args()


# Scenes and models ----------------------------------------------------------------------------


def make_scene(path: Path, side: int, slicks: int = 0) -> list[tuple[int, int]]:
    """Write a scene of speckle in strips, with dark squares on a grid; their first pixels."""
    import numpy as np
    from osgeo import gdal

    rng = np.random.default_rng(0)
    options = ["TILED=YES", "BIGTIFF=IF_SAFER"]
    raster = gdal.GetDriverByName("GTiff").Create(str(path), side, side, 1, gdal.GDT_Byte, options)
    raster.SetGeoTransform((500000.0, 10.0, 0.0, 5000000.0, 0.0, -10.0))
    per_row = max(1, int(np.ceil(slicks**0.5)))
    step = side // per_row
    places = [
        (step // 2 + step * (i // per_row), step // 2 + step * (i % per_row)) for i in range(slicks)
    ]
    for row in range(0, side, 512):
        height = min(512, side - row)
        strip = rng.integers(90, 130, (height, side), dtype=np.uint8)
        for top, left in places:
            if row <= top < row + height:
                strip[top - row : top - row + 24, left : left + 40] -= 60
        raster.GetRasterBand(1).WriteArray(strip, 0, row)
    raster.FlushCache()
    return places


def make_model(folder: Path, architecture: dict[str, Any]) -> Path:
    """Write a random network with the recipe of the bundled model."""
    from tests.scene.scenes import RADAR
    from tests.small_model import write_small_model

    return write_small_model(folder, architecture=architecture, normalisation=RADAR)


def command_of(child: str, settings: dict[str, Any]) -> tuple[list[str], dict[str, str]]:
    """Command and environment of one of `CHILDREN`."""
    command = [sys.executable, __file__, "--child", child, "--settings", json.dumps(settings)]
    return command, {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def in_a_process(child: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Run one of `CHILDREN` in a process of its own."""
    command, environment = command_of(child, settings)
    run = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if run.returncode:
        raise SystemExit(run.stderr)
    return dict(json.loads(run.stdout.splitlines()[-1]))


def peak_megabytes() -> float:
    """Megabytes that this process has held at most."""
    from segshap_qgis.scene.planning import peak_memory

    return peak_memory() / 1e6


def bytes_in(folder: Path) -> int:
    """Bytes of all files under a folder; those that vanish meanwhile do not count."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:  # noqa: PERF203, the others count
            continue
    return total


class Watch:
    """Listens to the progress of a job, and to the disk that it takes meanwhile."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.heard: list[float] = []
        self.disk = 0
        self._looked = -1.0

    def __call__(self, share: float) -> None:
        """A share of the job is done."""
        self.heard.append(time.perf_counter())
        if share - self._looked >= 0.02 or share >= 1:
            self._looked = share
            self.disk = max(self.disk, bytes_in(self.folder))


# Memory and time of a scene -------------------------------------------------------------------


def measure_memory(
    folder: Path, arguments: argparse.Namespace, steps: Steps
) -> list[dict[str, Any]]:
    """Peak memory and time of scenes of several sizes, with the tiniest network."""
    model = make_model(folder, TINY)

    def measure(side: int) -> dict[str, Any]:
        scene = folder / f"scene_{side}.tif"
        make_scene(scene, side)
        settings = {"scene": str(scene), "model": str(model), "overlap": 64}
        found = {"side": side, **measured_scene(folder / str(side), settings)}
        scene.unlink()
        return found

    return [steps(f"side {side}", partial(measure, side)) for side in arguments.sides]


def measured_scene(folder: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """The dry run of a scene, and the scene itself, each in a process."""
    folder.mkdir()
    planned = in_a_process("plan_scene", settings)
    real = in_a_process("segment", {**settings, "output": str(folder / "p.tif")})
    for path in folder.iterdir():
        path.unlink()
    return {"planned": planned, **real}


def scene_request(settings: dict[str, Any]) -> Any:
    """The segmentation that settings ask for."""
    from segshap_qgis.scene import SceneRequest

    return SceneRequest(
        settings["scene"], settings["model"], "oil", unit="amplitude", overlap=settings["overlap"]
    )


def child_segment(settings: dict[str, Any]) -> dict[str, Any]:
    """Segment a scene; seconds, peak memory, and bytes on disk."""
    from segshap_qgis.models.threads import computing_threads
    from segshap_qgis.scene import segment_scene

    output = Path(settings["output"])
    watch = Watch(output.parent)
    started, cpu = time.perf_counter(), time.process_time()
    with computing_threads(1):
        made = segment_scene(scene_request(settings), output, watch, lambda: False)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    return {
        "tiles": made.tiles,
        "seconds": seconds,
        "cpu_seconds": cpu,
        "peak_megabytes": peak_megabytes(),
        "disk_bytes": watch.disk,
        "result_bytes": bytes_in(output.parent),
    }


def child_plan_scene(settings: dict[str, Any]) -> dict[str, Any]:
    """The dry run of a scene."""
    from segshap_qgis.scene import plan_scene

    return planned(plan_scene(scene_request(settings), lambda: False))


def planned(plan: Any) -> dict[str, Any]:
    """An estimate as it is kept."""
    return {
        "count": plan.count,
        "seconds": plan.seconds(),
        "seconds_with_two": plan.seconds(2),
        "peak_megabytes": plan.memory / 1e6,
        "disk_bytes": plan.scratch,
        "result_bytes": plan.result,
    }


# Queues ---------------------------------------------------------------------------------------


def queue_settings(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """A scene with slicks far from each other, and a small model: one window for each slick."""
    from tests.small_model import SMALL

    scene = folder / "queue.tif"
    places = make_scene(scene, 3000, arguments.regions)
    model = make_model(folder, SMALL)
    return {
        "scene": str(scene),
        "model": str(model),
        "places": places,
        "budget": arguments.budget,
        "window": 128,
        "cells": 16,
        "output": str(folder / "queue" / "slicks.gpkg"),
        "workers": 0,
        "kill_one": False,
    }


def the_queue(settings: dict[str, Any]) -> tuple[Any, list[Any]]:
    """Request and outlines from settings."""
    from shapely.geometry import box

    from segshap_qgis.scene import ExplainRequest
    from segshap_qgis.workflow import Request

    run = Request(
        model=settings["model"],
        target="oil",
        side=settings["cells"],
        budget=settings["budget"],
        stop_at=None,
        window=settings["window"],
        unit="amplitude",
    )
    outlines = [
        box(
            500000 + 10 * left,
            5000000 - 10 * (top + 24),
            500000 + 10 * (left + 40),
            5000000 - 10 * top,
        )
        for top, left in settings["places"]
    ]
    return ExplainRequest(settings["scene"], run), outlines


def child_queue(settings: dict[str, Any]) -> dict[str, Any]:
    """Explain a queue here or on local workers; seconds once the workers are there."""
    from segshap_qgis.scene import explain_slicks, local_cluster

    request, outlines = the_queue(settings)
    output = Path(settings["output"])
    output.parent.mkdir(exist_ok=True)
    watch = Watch(output.parent)
    if settings["workers"]:
        with local_cluster(settings["workers"]) as cluster:
            hear = killing_one(watch, cluster.address) if settings["kill_one"] else watch
            started = time.perf_counter()
            done = explain_slicks(request, outlines, output, hear, lambda: False, cluster)
    else:
        started = time.perf_counter()
        done = explain_slicks(request, outlines, output, watch, lambda: False)
    seconds = time.perf_counter() - started
    # Once every worker has loaded torch and the model: from the second result of each to the last.
    first = min(2 * max(1, settings["workers"]), len(watch.heard) - 2)
    return {
        "seconds": seconds,
        "windows": done.windows,
        "explained": done.explained,
        "windows_per_second": (len(watch.heard) - 1 - first)
        / (watch.heard[-1] - watch.heard[first]),
        "peak_megabytes": peak_megabytes(),
        "disk_bytes": watch.disk,
        "result_bytes": output.stat().st_size,
    }


def killing_one(watch: Watch, address: str) -> Any:
    """Listen, and when half is done, kill one worker the hard way."""
    import distributed

    def hear(share: float) -> None:
        if watch.heard and share >= 0.5 > hear.last:  # type: ignore[attr-defined]
            with distributed.Client(address, set_as_default=False) as client:
                os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)
        hear.last = share  # type: ignore[attr-defined]
        watch(share)

    hear.last = 0.0  # type: ignore[attr-defined]
    return hear


def child_plan_queue(settings: dict[str, Any]) -> dict[str, Any]:
    """The dry run of a queue."""
    from segshap_qgis.scene import plan_slicks

    return planned(plan_slicks(*the_queue(settings), lambda: False))


def digest_of(output: Path) -> str:
    """A checksum of all rows and raster bytes of a finished queue."""
    from tests.scene.queues import contents

    return hashlib.sha256(repr(contents(output)).encode()).hexdigest()


def measure_workers(folder: Path, arguments: argparse.Namespace, steps: Steps) -> dict[str, Any]:
    """One and two single-threaded workers, one of two killed, and the same file from all."""
    settings = queue_settings(folder, arguments)

    def measure(name: str, workers: int, kill_one: bool) -> dict[str, Any]:
        output = folder / name / "slicks.gpkg"
        changes = {"workers": workers, "kill_one": kill_one, "output": str(output)}
        found = in_a_process("queue", {**settings, **changes})
        return {**found, "digest": digest_of(output)}

    runs = {"here": (0, False), "one": (1, False), "two": (2, False), "one_killed": (2, True)}
    found = {name: steps(name, partial(measure, name, *run)) for name, run in runs.items()}
    rates = [found[name]["windows_per_second"] for name in ("one", "two")]
    return {
        "planned": steps("planned", lambda: in_a_process("plan_queue", settings)),
        **found,
        "efficiency": rates[1] / (2 * rates[0]),
        "identical": {name: found[name]["digest"] == found["here"]["digest"] for name in runs},
    }


def measure_kill(folder: Path, arguments: argparse.Namespace, steps: Steps) -> dict[str, Any]:
    """Kill local queues at random moments and start them again, until all kills have hit."""
    settings = queue_settings(folder, arguments)

    def undisturbed() -> dict[str, Any]:
        started = time.perf_counter()
        in_a_process("queue", settings)
        seconds = time.perf_counter() - started
        return {"seconds": seconds, "digest": digest_of(Path(settings["output"]))}

    whole = steps("undisturbed", undisturbed)

    def killed(number: int, left: int) -> dict[str, Any]:
        output = folder / f"killed_{number}" / "slicks.gpkg"
        moments = random.Random(number)  # noqa: S311, for moments
        kills = []
        for moment in killed_moments(output, settings, moments, whole["seconds"], left):
            kills.append({"after": moment, "windows_done": windows_done(output)})
            print(json.dumps(kills[-1]), flush=True)
        return {"kills": kills, "digest": digest_of(output)}

    queues: list[dict[str, Any]] = []
    while (left := arguments.kills - sum(len(queue["kills"]) for queue in queues)) > 0:
        number = len(queues)
        queues.append(steps(f"queue {number}", partial(killed, number, left)))
    return {
        "kills": [kill for queue in queues for kill in queue["kills"]],
        "queues": len(queues),
        "identical": all(queue["digest"] == whole["digest"] for queue in queues),
        "undisturbed_seconds": whole["seconds"],
    }


def killed_moments(
    output: Path, settings: dict[str, Any], moments: random.Random, whole: float, most: int
) -> Iterator[float]:
    """Start a queue until it ends by itself, killed so often at most; the second of each kill."""
    command, environment = command_of("queue", {**settings, "output": str(output)})
    kills = 0
    while True:
        moment = moments.uniform(0, whole)
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        try:
            if process.wait(timeout=moment if kills < most else None):
                raise SystemExit(f"The queue ended with {process.returncode}.")
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
            yield moment
        else:
            return


def windows_done(output: Path) -> int:
    """Windows in the journal of an unfinished queue."""
    journal = output.with_name(f".{output.name}.segshap-work") / "journal.sqlite"
    if not journal.is_file():
        return 0
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as file:
        try:
            return int(file.execute("SELECT count(*) FROM groups").fetchone()[0])
        except sqlite3.OperationalError:  # killed before it had a table
            return 0


# What the bundled model costs -----------------------------------------------------------------


def measure_cost(folder: Path, arguments: argparse.Namespace, steps: Steps) -> dict[str, Any]:
    """A scene and its queue with the bundled model, each beside what its dry run said."""
    scene = folder / "scene.tif"
    places = make_scene(scene, arguments.cost_side, arguments.cost_slicks)
    common = {"scene": str(scene), "model": BUNDLED}
    settings = {
        **common,
        "places": places,
        "budget": arguments.budget,
        "window": 512,
        "cells": 22,
        "output": str(folder / "queue" / "slicks.gpkg"),
        "workers": 0,
    }
    maps = {**common, "overlap": 128}
    planned_queue = steps("dry run of the queue", lambda: in_a_process("plan_queue", settings))
    return {
        "side": arguments.cost_side,
        "budget": arguments.budget,
        "scene": steps("scene", lambda: measured_scene(folder / "maps", maps)),
        "queue": {
            "planned": planned_queue,
            **steps("queue", lambda: in_a_process("queue", settings)),
        },
    }


def asked_of_queue(arguments: argparse.Namespace) -> dict[str, Any]:
    """What the measurements of queues depend on."""
    where = None if arguments.json is None else str(arguments.json.resolve())
    return {"regions": arguments.regions, "budget": arguments.budget, "beside": where}


def asked_of_cost(arguments: argparse.Namespace) -> dict[str, Any]:
    """What the bundled model costs depends on the model too."""
    from segshap_qgis.models import model_checksum, read_card
    from segshap_qgis.models.model_files import MODELS_FOLDER

    card = MODELS_FOLDER / f"{BUNDLED}.json"
    return {
        "side": arguments.cost_side,
        "slicks": arguments.cost_slicks,
        "budget": arguments.budget,
        "model": model_checksum(str(card), read_card(card)),
    }


# What the measurements of a part depend on, beside what their names say.
ASKED: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "memory": lambda _: {},
    "workers": asked_of_queue,
    "kill": asked_of_queue,
    "cost": asked_of_cost,
}
MEASURES = {
    "memory": measure_memory,
    "workers": measure_workers,
    "kill": measure_kill,
    "cost": measure_cost,
}
CHILDREN = {
    "segment": child_segment,
    "plan_scene": child_plan_scene,
    "queue": child_queue,
    "plan_queue": child_plan_queue,
}

if __name__ == "__main__":
    main()
