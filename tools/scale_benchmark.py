#!/usr/bin/env python3
"""Measure whole scenes and queues on this machine: memory, time, workers, and being killed.

Every measurement runs in processes of its own, so that one does not warm up the next. Prints what
was measured, and with --json keeps it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

PARTS = ("memory", "workers", "kill", "plan")
# The smallest network that is one: what is measured is the machinery around it.
TINY = {"down_layers": [1], "bottleneck_layers": 1, "growth": 2, "stem_maps": 2}


def main() -> None:
    """Measure what the arguments ask for."""
    arguments = parse_arguments()
    if arguments.child:
        print(json.dumps(CHILDREN[arguments.child](json.loads(arguments.settings))))
        return
    results: dict[str, Any] = {"machine": f"{os.cpu_count()} cores, {platform.machine()}"}
    with tempfile.TemporaryDirectory(prefix="segshap-scale-") as folder:
        for part in arguments.only:
            results[part] = globals()[f"measure_{part}"](Path(folder), arguments)
            print(part, json.dumps(results[part], indent=1), flush=True)
    if arguments.json:
        kept = json.loads(arguments.json.read_text()) if arguments.json.is_file() else {}
        arguments.json.write_text(json.dumps({**kept, **results}, indent=1), encoding="utf-8")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--sides", nargs="+", type=int, default=[2000, 5000, 20000])
    parser.add_argument("--regions", type=int, default=20, help="slicks of the queue")
    parser.add_argument("--budget", type=int, default=200, help="evaluations for each slick")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep all measurements")
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


def in_a_process(child: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Run one of `CHILDREN` in a process of its own."""
    command = [sys.executable, __file__, "--child", child, "--settings", json.dumps(settings)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    run = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if run.returncode:
        raise SystemExit(run.stderr)
    return dict(json.loads(run.stdout.splitlines()[-1]))


# Memory and time of a scene -------------------------------------------------------------------


def measure_memory(folder: Path, arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Peak memory and time of scenes of several sizes, with the tiniest network."""
    model = make_model(folder, TINY)
    found = []
    for side in arguments.sides:
        scene = folder / f"scene_{side}.tif"
        make_scene(scene, side)
        settings = {"scene": str(scene), "model": str(model), "output": str(folder / "p.tif")}
        found.append({"side": side, **in_a_process("segment", settings)})
        scene.unlink()
    return found


def child_segment(settings: dict[str, Any]) -> dict[str, Any]:
    """Segment a scene; seconds and peak memory."""
    import resource

    from segshap_qgis.scene import SceneRequest, segment_scene

    started, cpu = time.perf_counter(), time.process_time()
    request = SceneRequest(settings["scene"], settings["model"], "oil", overlap=64)
    made = segment_scene(request, Path(settings["output"]), lambda _: None, lambda: False)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {
        "tiles": made.tiles,
        "seconds": time.perf_counter() - started,
        "cpu_seconds": time.process_time() - cpu,
        "peak_megabytes": peak / 1e6,
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
        "output": str(folder / "slicks.gpkg"),
        "workers": 0,
    }


def the_queue(settings: dict[str, Any]) -> tuple[Any, list[Any]]:
    """Request and outlines from settings."""
    from shapely.geometry import box

    from segshap_qgis.scene import ExplainRequest
    from segshap_qgis.workflow import Request

    run = Request(
        model=settings["model"],
        target="oil",
        side=16,
        budget=settings["budget"],
        stop_at=None,
        window=128,
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
    heard: list[float] = []

    def hear(_done: float) -> None:
        heard.append(time.perf_counter())

    output = Path(settings["output"])
    if settings["workers"]:
        with local_cluster(settings["workers"]) as cluster:
            started = time.perf_counter()
            explain_slicks(request, outlines, output, hear, lambda: False, cluster)
    else:
        started = time.perf_counter()
        explain_slicks(request, outlines, output, hear, lambda: False)
    # Once every worker has loaded torch and the model: from the second result to the last.
    first = 1 + 2 * max(1, settings["workers"])
    return {
        "seconds": time.perf_counter() - started,
        "windows_per_second": (len(heard) - 1 - first) / (heard[-1] - heard[first]),
    }


def measure_workers(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """One and two single-threaded workers, and the same file from both and from here."""
    from tests.scene.queues import contents

    settings = queue_settings(folder, arguments)
    found: dict[str, Any] = {}
    files = {}
    for workers in (0, 1, 2):
        output = folder / f"workers_{workers}.gpkg"
        found[str(workers)] = in_a_process(
            "queue", {**settings, "workers": workers, "output": str(output)}
        )
        files[workers] = contents(output)
    rate = {name: run["windows_per_second"] for name, run in found.items()}
    found["efficiency"] = rate["2"] / (2 * rate["1"])
    found["identical"] = files[0] == files[1] == files[2]
    return found


def measure_kill(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Kill a local queue at random moments and start it again, until it ends."""
    from tests.scene.queues import contents

    settings = queue_settings(folder, arguments)
    started = time.perf_counter()
    in_a_process("queue", settings)
    undisturbed = contents(Path(settings["output"]))
    whole = time.perf_counter() - started
    settings["output"] = str(folder / "killed.gpkg")
    moments = random.Random(0)  # noqa: S311, for moments
    kills = 0
    command = [sys.executable, __file__, "--child", "queue", "--settings", json.dumps(settings)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    while kills < arguments.kills:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        try:
            process.wait(timeout=moments.uniform(0.1, 0.5) * whole)
            break
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
    if not Path(settings["output"]).exists():
        in_a_process("queue", settings)
    return {
        "kills": kills,
        "identical": contents(Path(settings["output"])) == undisturbed,
        "undisturbed_seconds": whole,
    }


def measure_plan(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """What the dry run says beside what the queue really takes."""
    settings = queue_settings(folder, arguments)
    planned = in_a_process("plan", settings)
    real = in_a_process("queue", settings)
    return {"planned_seconds": planned["seconds"], "real_seconds": real["seconds"]}


def child_plan(settings: dict[str, Any]) -> dict[str, Any]:
    """The dry run of a queue."""
    from segshap_qgis.scene import plan_slicks

    plan = plan_slicks(*the_queue(settings), lambda: False)
    return {"seconds": plan.seconds(), "words": plan.in_words()}


CHILDREN = {"segment": child_segment, "queue": child_queue, "plan": child_plan}

if __name__ == "__main__":
    main()
