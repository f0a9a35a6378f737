#!/usr/bin/env python3
"""Measure SegSHAP beside its peers on this machine: speed, accuracy, honesty of the intervals.

The peers (shap, captum, permutation sampling, plain paired Kernel SHAP) play the same game of the
same model in the same run. Prints the table of what is owed, and with --json keeps everything;
--document turns such a file into docs/benchmark.md and its plots.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from itertools import islice
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

CACHE = ROOT / "build" / "benchmark"
PARTS = (
    *("memory", "speed", "batches", "networks", "growth", "backends"),
    *("real", "coverage", "stopped", "diffuse"),
)
NOT_QUICK = ("batches", "networks", "growth", "backends", "coverage", "diffuse")
BY_IMAGE = ("real", "coverage", "stopped", "plain")
# Evaluations to which errors are followed on real images; with more, it takes hours.
LARGEST = 1000
# Parts that depend on the architecture alone, or on no model at all.
WITHOUT_WEIGHTS = ("batches", "networks", "growth", "backends", "diffuse")


def main() -> None:
    """Run what the arguments ask for."""
    arguments = parse_arguments()
    if arguments.document:
        write_document(json.loads(arguments.document.read_text(encoding="utf-8")))
        return
    started = time.perf_counter()
    results = json.loads(json.dumps(measure(arguments)))
    results["minutes"] = (time.perf_counter() - started) / 60
    if arguments.only is not None and arguments.json and arguments.json.is_file():
        results = joined(json.loads(arguments.json.read_text(encoding="utf-8")), results)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1), encoding="utf-8")
    show(results)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="under four minutes, fewer figures")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep all measurements")
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder with more real images")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=PARTS,
        help="measure these parts only; with --json they are added to the file",
    )
    parser.add_argument(
        "--images", nargs="+", metavar="NAME", help="study the accuracy on these only"
    )
    parser.add_argument("--largest", type=int, help="follow the errors to so many evaluations")
    parser.add_argument("--seeds", type=int, default=1, help="draws of each method")
    parser.add_argument(
        "--remake-references", action="store_true", help="instead of reading the stored ones"
    )
    parser.add_argument(
        "--complete-plain-run",
        action="store_true",
        help="run shap.KernelExplainer plainly to its end (hours at full size; stopped, it goes "
        "on from there the next time), and other parts only where --only names them",
    )
    parser.add_argument("--size", type=int, default=512, help="window of that run, pixels")
    parser.add_argument("--budget", type=int, help="evaluations of that run; its own default")
    parser.add_argument("--threads", type=int, help="of that run; those of the other parts")
    parser.add_argument("--document", type=Path, metavar="FILE", help="write docs from a JSON file")
    arguments = parser.parse_args()
    if arguments.complete_plain_run and arguments.only is None:
        arguments.only = []
    return arguments


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """All measurements, in the order in which they disturb each other least."""
    from benchmarks import chips
    from segshap_qgis.models import load_model

    quick, seeds = arguments.quick, 1 if arguments.quick else arguments.seeds
    model = load_model()
    images = list(islice(chips.chips(model, arguments.data), 1 if quick else None))
    sample = images[0]
    results: dict[str, Any] = {
        "quick": quick,
        "date": time.strftime("%Y-%m-%d"),
        "machine": machine(),
        "versions": versions(),
        "model": {
            "id": model.card.id,
            "title": model.card.title,
            "sha256": str(model.card.weights.get("sha256", "")),
        },
        "cells": sample.superpixels.n_players,
        "images": {image.name: image.title for image in images},
    }

    def wanted(part: str) -> bool:
        if arguments.only is not None:
            return part in arguments.only
        return not (quick and part in NOT_QUICK)

    for part, (title, work) in single_parts(model, sample, quick, seeds).items():
        if wanted(part):
            say(title)
            results[part] = work()
    if wanted("real"):
        measure_accuracy(results, model, images, arguments, wanted)
    if arguments.complete_plain_run:
        import torch

        from benchmarks.plain_run import complete_plain_run

        torch.set_num_threads(arguments.threads or torch.get_num_threads())
        results["complete_plain_run"] = complete_plain_run(
            model, sample, arguments.size, arguments.budget, CACHE, say
        )
    return results


def single_parts(model: Any, sample: Any, quick: bool, seeds: int) -> dict[str, tuple[str, Any]]:
    """Title and work of every part that is one measurement, in their order."""
    from benchmarks import backends, growth, speed, study

    pixel = sample.regions["pixel"]
    regions = {"pixel": pixel, "region of 64 x 64": around(sample, 64)}
    thorough = (3, 4, (1,)) if quick else (5, 12)
    return {
        "memory": ("Peak memory", lambda: speed.peak_extra_memory(sample, pixel)),
        "speed": (
            "Seconds per coalition",
            lambda: speed.measure_regions(model, sample, regions, *thorough),
        ),
        "batches": ("Batch sizes", lambda: growth.measure_batches(model, sample, pixel)),
        "networks": ("Other networks", lambda: growth.measure_networks(model, sample, pixel)),
        "growth": ("Growth", lambda: growth.measure_growth(model, sample, quick)),
        "backends": ("Other engines", lambda: backends.measure_backends(model, sample, pixel)),
        "diffuse": (
            "Diffuse games",
            lambda: study.diffuse_study(quick, range(seeds), say),
        ),
    }


def joined(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Parts measured before and now; those of another model or machine are dropped."""
    if old["machine"] != new["machine"] or old["quick"] != new["quick"]:
        return new
    if old["model"] != new["model"]:
        old = {part: old[part] for part in WITHOUT_WEIGHTS if part in old} | {"minutes": 0.0}
    by_image = {part: {**old.get(part, {}), **new[part]} for part in BY_IMAGE if part in new}
    return {**old, **new, **by_image, "minutes": old["minutes"] + new["minutes"]}


def measure_accuracy(
    results: dict[str, Any], model: Any, images: list[Any], arguments: Any, wanted: Any
) -> None:
    """Error curves, coverage and self-stopped runs on each image."""
    from benchmarks import speed, study
    from benchmarks.verdict import COVERAGE_BUDGETS

    largest = arguments.largest or (150 if arguments.quick else LARGEST)
    budgets = [budget for budget in study.BUDGETS if budget <= largest]
    for part in ("real", "coverage", "stopped"):
        if wanted(part):
            results[part] = {}
    results["plain"] = {}
    for image in images:
        if arguments.images and image.name not in arguments.images:
            continue
        say(f"Accuracy on {image.title}")
        results["plain"][image.name] = {
            "seconds": speed.plain_seconds(model, image),
            "cells": image.superpixels.n_players,
        }
        game = study.remembered(model, image, CACHE)
        reference = study.reference_for(game, model, image, arguments.remake_references, say)
        seeds = range(1 if arguments.quick else arguments.seeds)
        if wanted("coverage"):
            # The first draw is that of the error curves: it costs no evaluation.
            results["coverage"][image.name] = study.interval_coverage(
                game, image.superpixels, reference, range(len(seeds) + 1), COVERAGE_BUDGETS
            )
        results["real"][image.name] = study.real_study(game, image, reference, budgets, seeds)
        if wanted("stopped"):
            results["stopped"][image.name] = {
                kind: study.stopped_run(model, image, kind, truth, seed=0)
                for kind, truth in zip(image.regions, reference.values)
            }


def around(chip: Any, width: int) -> np.ndarray:
    """A square around the centre of the chip's slick."""
    rows, columns = np.nonzero(chip.regions["slick"])
    mask = np.zeros(chip.valid.shape, dtype=bool)
    row, column = (int(axis.mean()) - width // 2 for axis in (rows, columns))
    mask[max(0, row) : row + width, max(0, column) : column + width] = True
    return mask


def machine() -> dict[str, Any]:
    """What was measured on."""
    import torch

    info = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.split(":")[1].strip() for line in info if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else ""
    return {
        "processor": f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores",
        "threads": torch.get_num_threads(),
        "memory_gb": memory,
        "accelerator": f"GPU: {gpu}." if gpu else "No GPU: nothing was measured on one.",
    }


def versions() -> dict[str, str]:
    """Of what was measured."""
    from importlib.metadata import version

    import segshap_qgis

    names = ("torch", "numpy", "shap", "captum")
    return {
        "SegSHAP": segshap_qgis.__version__,
        "Python": platform.python_version(),
        **{name: version(name) for name in names},
    }


def show(results: dict[str, Any]) -> None:
    """Print the table."""
    from benchmarks.report import HOW_TO_READ, VERDICTS, summary
    from benchmarks.verdict import table

    print()
    for row in table(summary(results)):
        columns = (f"{row['owed']:>12s}", f"{row['aim']:>12s}", f"{row['measured']:>12s}")
        print(f"{row['goal']:66s}{''.join(columns)}  {VERDICTS[row['verdict']]}")
    print(f"\n{HOW_TO_READ}\n{results['machine']['accelerator']} {results['minutes']:.1f} minutes.")


def write_document(results: dict[str, Any]) -> None:
    """Write docs/benchmark.md and its plots."""
    from benchmarks import plots, report

    docs = ROOT / "docs"
    plots.draw(results, docs / "images")
    (docs / "benchmark.md").write_text(report.document(results), encoding="utf-8")
    print("Written: docs/benchmark.md")


def say(text: str) -> None:
    """Tell who is waiting what is going on."""
    print(text, flush=True)


if __name__ == "__main__":
    main()
