"""From the measurements of whole scenes (JSON) to the cost model in docs/scale.md and its plot."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .details import markdown
from .marked import put_between

Part = Mapping[str, Any]
# What is owed: memory from a scene of the first side to one of the second, and two workers.
MEMORY_MEGABYTES = 200.0
MEMORY_SIDES = (2_000, 20_000)
EFFICIENCY = 0.85
KILLS = 10
# Above this load the processor was not ours alone.
QUIET = 0.5
# The archive that is projected to: its assumptions are written with it.
SCENES = 100_000
HEIGHT, WIDTH = 16_000, 25_000
WINDOWS = 10
WORKERS = (1, 64, 256)
STEP = 512 - 128


def write_document(results: Mapping[str, Part], docs: Path) -> None:
    """Write the measured part of ``scale.md`` in a folder, and its plot into ``images``."""
    put_between(docs / "scale.md", "measured", "\n\n".join(parts(results)))
    if "measured" in results.get("memory", {}):
        draw(results["memory"]["measured"], docs / "images" / "scale.png")


def parts(results: Mapping[str, Part]) -> Iterable[str]:
    """What was measured, paragraph by paragraph; what was not is named."""
    writers: dict[str, Callable[[Any], Iterable[str]]] = {
        "memory": _memory,
        "workers": _workers,
        "kill": _kill,
        "cost": _cost,
    }
    # A part that was stopped has measurements, but says nothing yet.
    measured = {name for name, part in results.items() if "measured" in part}
    for name, write in writers.items():
        if name in measured:
            yield from write(results[name]["measured"])
            yield _where(results[name]["machine"])
    missing = [name for name in writers if name not in measured]
    if missing:
        yield f"**Not measured yet**: {', '.join(f'`--only {name}`' for name in missing)}."


def _where(machine: Part) -> str:
    busy = machine["load_before"] > QUIET
    words = (
        f"*{machine['processor']}, {machine['usable_cores']} of {machine['cores']} cores, one "
        f"thread for each process; load average before it began: {machine['load_before']:.1f}"
    )
    if busy:
        words += (
            ". **Other programs were computing**: wall-clock times and what is made of them are "
            "too long by what those took, memory, disk and contents are not affected"
        )
    return words + ".*"


def straight_line(rows: Sequence[Part]) -> tuple[float, float, float]:
    """Processor seconds as ``a + b x megapixels``: a, b, and the largest relative departure.

    The least squares are weighted by the inverse of the measured time, so that each scene counts
    alike.
    """
    area = np.array([row["side"] ** 2 / 1e6 for row in rows])
    seconds = np.array([row["cpu_seconds"] for row in rows])
    terms = np.stack([np.ones_like(area), area], axis=1) / seconds[:, None]
    (a, b), *_ = np.linalg.lstsq(terms, np.ones_like(area), rcond=None)
    return float(a), float(b), float(np.abs((a + b * area) / seconds - 1).max())


def _memory(rows: Sequence[Part]) -> Iterable[str]:
    yield "### Memory and time by size of the scene"
    yield (
        "The tiniest network that is one, tiles of 512 pixels with 64 shared, one uint8 band: what "
        "is measured is the machinery."
    )
    yield markdown(
        [
            "side, pixels",
            "tiles",
            "peak memory, MB",
            "processor time, s",
            "µs a pixel",
            "wall clock, s",
            "disk while it runs, MB",
            "result, MB",
        ],
        [
            [
                f"{row['side']:,}",
                f"{row['tiles']:,}",
                f"{row['peak_megabytes']:.0f}",
                f"{row['cpu_seconds']:.1f}",
                f"{1e6 * row['cpu_seconds'] / row['side'] ** 2:.2f}",
                f"{row['seconds']:.0f}",
                f"{row['disk_bytes'] / 1e6:.0f}",
                f"{row['result_bytes'] / 1e6:.0f}",
            ]
            for row in rows
        ],
    )
    peaks = [row["peak_megabytes"] for row in rows]
    growth = peaks[-1] - peaks[0]
    first, last = rows[0]["side"], rows[-1]["side"]
    met = "met" if growth <= MEMORY_MEGABYTES else "**not met**"
    if met == "met" and (first > MEMORY_SIDES[0] or last < MEMORY_SIDES[1]):
        met = "not measured that far yet"
    yield (
        f"Memory grew by {growth:.0f} MB from {first:,} to {last:,} pixels a side (owed: within "
        f"{MEMORY_MEGABYTES:.0f} MB from {MEMORY_SIDES[0]:,} to {MEMORY_SIDES[1]:,}; {met})."
    )
    if len(rows) > 2:
        _, each, departure = straight_line(rows)
        yield (
            f"Processor time follows a straight line in the area, {each:.2f} s a megapixel, with "
            f"departures of at most {departure:.0%}."
        )
    yield "![Peak memory and processor time against the area of the scene](images/scale.png)"
    beside = [(f"{row['side']:,} pixels a side", row) for row in rows if "planned" in row]
    if beside:
        yield "The dry run beside it:"
        yield _estimates(beside)


def _estimates(rows: Sequence[tuple[str, Part]]) -> str:
    """Estimate and reality of jobs, side by side."""

    def both(row: Part, name: str, unit: float, digits: int) -> str:
        said, real = row["planned"][name] / unit, row[name] / unit
        return f"{said:.{digits}f} / {real:.{digits}f}"

    return markdown(
        [
            "estimated / real",
            "seconds",
            "peak memory, MB",
            "disk while it runs, MB",
            "result, MB",
        ],
        [
            [
                title,
                both(row, "seconds", 1, 0),
                both(row, "peak_megabytes", 1, 0),
                both(row, "disk_bytes", 1e6, 1),
                both(row, "result_bytes", 1e6, 1),
            ]
            for title, row in rows
        ],
    )


def _workers(found: Part) -> Iterable[str]:
    yield "### Dask workers"
    titles = {
        "here": "this process, no Dask",
        "one": "one worker",
        "two": "two workers",
        "one_killed": "two workers, one killed -9 midway",
    }
    yield markdown(
        ["explained by", "windows", "seconds", "windows a second", "same GeoPackage"],
        [
            [
                title,
                f"{found[name]['windows']}",
                f"{found[name]['seconds']:.0f}",
                f"{found[name]['windows_per_second']:.2f}",
                "yes" if found["identical"][name] else "**no**",
            ]
            for name, title in titles.items()
        ],
    )
    reached = found["efficiency"]
    planned = found["planned"]
    yield (
        f"Two single-threaded workers against one: efficiency {reached:.2f} (owed: "
        f"{EFFICIENCY}; {'met' if reached >= EFFICIENCY else '**not met**'}), counted once every "
        f"worker has loaded the model. The dry run said {planned['seconds']:.0f} s for one and "
        f"{planned['seconds_with_two']:.0f} s for two."
    )


def _kill(found: Part) -> Iterable[str]:
    yield "### Killed"
    done = sorted(kill["windows_done"] for kill in found["kills"])
    yield (
        f"Local queues were killed with `kill -9` at {len(done)} random moments (owed: {KILLS}; "
        f"with {', '.join(map(str, done))} windows in the journal) and started again, until all "
        f"kills had hit; ended queues: {found['queues']}. Their GeoPackages hold "
        f"{'the same' if found['identical'] else '**not the same**'} rows and raster bytes as an "
        "undisturbed one."
    )


def _cost(found: Part) -> Iterable[str]:
    scene, queue = found["scene"], found["queue"]
    tile = scene["seconds"] / scene["tiles"]
    window = queue["seconds"] / queue["windows"]
    pixel = scene["result_bytes"] / found["side"] ** 2
    slick = queue["result_bytes"] / queue["explained"]
    yield "### The bundled model"
    yield (
        f"A scene of {found['side']:,} pixels a side and {queue['windows']} windows of 512 pixels "
        f"around a slick each, every one with all {found['budget']:,} evaluations."
    )
    yield markdown(
        ["", "seconds", "result"],
        [
            ["a tile of 512 pixels, 128 shared, all else included", f"{tile:.2f}", "-"],
            ["a pixel of the maps", "-", f"{pixel:.2f} bytes"],
            ["a window with one slick", f"{window:.1f}", f"{slick / 1e6:.2f} MB"],
        ],
    )
    yield "The dry run beside it:"
    yield _estimates([("scene", scene), ("queue", queue)])
    yield from _archive(tile, window, pixel, slick)


def _archive(tile: float, window: float, pixel: float, slick: float) -> Iterable[str]:
    tiles = math.prod(math.ceil((length - 512) / STEP) + 1 for length in (HEIGHT, WIDTH))
    of_a_scene = tiles * tile + WINDOWS * window
    total = SCENES * of_a_scene
    size = SCENES * (HEIGHT * WIDTH * pixel + WINDOWS * slick)
    yield f"### An archive of {SCENES:,} scenes"
    yield (
        f"**Assumed**: scenes of {WIDTH:,} x {HEIGHT:,} pixels ({tiles:,} tiles) with {WINDOWS} "
        "windows of one slick each, every window run to its budget; workers with one core like "
        "the one above, scenes spread evenly, and a store that gives all of them pixels as fast "
        "as the disk here gave them to one. Each figure above, times how often it is needed:"
    )
    yield markdown(
        ["cores", "segmentation, days", "explanations, days", "all, days"],
        [
            [
                f"{workers}",
                *(
                    f"{SCENES * seconds / workers / 86_400:,.0f}"
                    for seconds in (tiles * tile, WINDOWS * window, of_a_scene)
                ),
            ]
            for workers in WORKERS
        ],
    )
    yield (
        f"That is {of_a_scene / 3600:.1f} core-hours a scene and {total / 3600 / 1e6:.2f} million "
        f"core-hours in all; maps and explanations take {size / 1e12:.1f} TB."
    )


def draw(rows: Sequence[Part], path: Path) -> None:
    """Peak memory and processor time against the area."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    area = [row["side"] ** 2 / 1e6 for row in rows]
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.4))
    left.plot(area, [row["peak_megabytes"] for row in rows], "o-", color="#2471a3")
    first = rows[0]["peak_megabytes"]
    left.axhspan(first, first + MEMORY_MEGABYTES, color="#2471a3", alpha=0.1, linewidth=0)
    left.set(xlabel="megapixels", ylabel="peak memory, MB", ylim=(0, None))
    right.plot(area, [row["cpu_seconds"] for row in rows], "o", color="#c0392b", label="measured")
    if len(rows) > 2:
        a, b, _ = straight_line(rows)
        ends = [0, max(area)]
        right.plot(ends, [a + b * end for end in ends], color="#c0392b", label="straight line")
    right.set(xlabel="megapixels", ylabel="processor time, s", ylim=(0, None))
    right.legend(frameon=False)
    for axis in (left, right):
        axis.grid(visible=True, alpha=0.25)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)
