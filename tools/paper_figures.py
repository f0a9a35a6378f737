#!/usr/bin/env python3
"""Remake the paper's figures with SegSHAP: each with its caption, settings and numbers.

Works on a window of the bundled scene with a bundled model; with --street CARD PHOTOGRAPH... also
on street scenes. Writes one PNG a figure and one JSON file with what stands behind them, figure by
figure: the same command goes on where it was stopped. With --document what was measured goes into
docs/paper.md.

    python tools/paper_figures.py --quick
    python tools/paper_figures.py --only sizes --budget 2000
    python tools/paper_figures.py --street CARD PHOTOGRAPH PHOTOGRAPH --document
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.paper import FIGURES, STREET_FIGURES, Study  # noqa: E402
from benchmarks.paper_claims import in_page, table  # noqa: E402
from segshap_qgis.models import load_model, model_checksum  # noqa: E402

SCENE = ROOT / "resources" / "sample" / "sample_slick.tif"
TOP, LEFT = 90, 0  # of the window in the scene, so that it holds the slick
# Rows that a photograph is reduced to, about as many as those of the training set.
PHOTOGRAPH_HEIGHT = 360
# HarDNet-MSEG has no tables to speed it up: fewer evaluations of it.
STREET_SHARE = 2
PAGE = ROOT / "docs" / "paper.md"
STUDY = ROOT / "build" / "superpixel_study.json"
# Places in the scene: a bend of the slick, water beside it, open sea; row, column.
PLACES = {"slick": (201, 113), "mixed": (166, 116), "sea": (300, 220)}


def main() -> None:
    """Make the figures that were asked for."""
    options = parse_arguments()
    options.output.mkdir(parents=True, exist_ok=True)
    beside = options.output / "figures.json"
    kept: dict[str, Any] = json.loads(beside.read_text("utf-8")) if beside.is_file() else {}
    record: dict[str, Any] = {}
    for kind, source, study in studies_of(options):
        for name in FIGURES if kind == "radar" else STREET_FIGURES:
            path = options.output / f"{kind}-{name}.png"
            settings = settings_of(name, study, source)
            # Figures made one by one belong together, those of other settings do not.
            if kept.get(path.name, {}).get("settings") == settings and path.is_file():
                record[path.name] = kept[path.name]
            elif is_asked(name, study, options):
                record[path.name] = draw(name, study, path) | {"settings": settings}
                written = json.dumps({**kept, **record}, indent=2) + "\n"
                beside.write_text(written, encoding="utf-8")
    if options.document:
        document(record, study_of_chips(options.model))


def draw(name: str, study: Study, path: Path) -> dict[str, Any]:
    """Draw a figure; what it says, and how long it took."""
    started = time.monotonic()
    made = FIGURES[name](study)
    made.figure.savefig(path, dpi=110)
    print(f"{path}: {made.caption}", flush=True)
    seconds = round(time.monotonic() - started, 1)
    return {"caption": made.caption, "numbers": made.numbers, "seconds": seconds}


def studies_of(options: argparse.Namespace) -> Iterator[tuple[str, str, Study]]:
    """The radar scene, then every photograph: kind, name of the image, study."""
    yield "radar", SCENE.name, radar_study(options)
    if options.street:
        card, *photographs = options.street
        model = load_model(Path(card))
        for number, photograph in enumerate(photographs, 1):
            study = street_study(model, photograph, options)
            yield f"street{number}", Path(photograph).name, study


def is_asked(name: str, study: Study, options: argparse.Namespace) -> bool:
    """Whether to make a figure; two models are compared where there are two."""
    if name == "models" and study.second is None:
        return False
    return not options.only or name in options.only


def study_of_chips(name: str) -> Optional[dict[str, Any]]:
    """Results of `tools/superpixel_study.py` with a model, where it was run."""
    if not STUDY.is_file():
        return None
    found: dict[str, Any] = json.loads(STUDY.read_text("utf-8"))
    own = model_checksum(name, load_model(name).card)
    return found if found["settings"].get("checksum") == own else None


def document(record: dict[str, Any], study: Optional[dict[str, Any]]) -> None:
    """Write what was measured, and by what, into the page on the paper."""
    radar = next(iter(record.values()))["settings"]
    seconds = sum(made["seconds"] for made in record.values())
    height, width = radar["image"][1:]
    measured = (
        f"Written by `tools/paper_figures.py --document`: model `{radar['model']}` (weights"
        f" {radar['weights'][:12]}), window of {height} x {width} pixels, at most"
        f" {radar['budget']} evaluations a map; {seconds / 60:.0f} minutes in all.\n\n"
        f"{table(record, study)}"
    )
    PAGE.write_text(in_page(PAGE.read_text("utf-8"), measured), encoding="utf-8")
    print(f"Written into {PAGE}")


def parse_arguments() -> argparse.Namespace:
    """Model, sizes and files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="oil_fcdensenet56", help="bundled name or card")
    parser.add_argument("--second", help="another model to compare with, bundled name or card")
    parser.add_argument("--window", type=int, default=256, help="side of the explained window")
    parser.add_argument("--budget", type=int, default=600, help="evaluations of every map")
    parser.add_argument("--steps", type=int, default=10, help="steps of every curve")
    parser.add_argument("--only", nargs="+", choices=sorted(FIGURES), help="only these figures")
    parser.add_argument(
        "--street", nargs="+", metavar="FILE", help="card of a street model, then photographs"
    )
    parser.add_argument("--quick", action="store_true", help="small and rough, in a minute or two")
    parser.add_argument("--document", action="store_true", help="write the numbers into the page")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "paper")
    options = parser.parse_args()
    if options.street and len(options.street) < 2:
        parser.error("--street needs a card and at least one photograph")
    if options.quick and options.document:
        parser.error("rough numbers do not belong into the page")
    if options.quick:
        options.window, options.budget, options.steps = 128, 60, 4
    return options


def settings_of(name: str, study: Study, source: str) -> dict[str, Any]:
    """What a figure depends on; a model's name may have other weights one day."""
    second = study.second if name == "models" else None
    return {
        "model": study.model.card.id,
        "weights": study.model.card.weights.get("sha256"),
        "second": None if second is None else second.card.weights.get("sha256"),
        "source": source,
        "image": list(study.image.shape),
        "target": study.target,
        "background": study.background,
        "budget": study.budget,
        "steps": study.steps,
    }


def radar_study(options: argparse.Namespace) -> Study:
    """A window of the bundled scene: slick, mixed water and open sea."""
    from segshap_qgis.geo import read_window

    scene = read_window(SCENE, (0, 0, 512, 512), size=512).bands
    side = options.window
    image = scene[:, TOP : TOP + side, LEFT : LEFT + side]
    half = max(2, side // 32)
    regions = {}
    for name, (row, column) in PLACES.items():
        if row - TOP + half < side and column - LEFT + half < side:
            regions[name] = _square(side, side, row - TOP, column - LEFT, half)
    row, column = PLACES["slick"]
    regions["slick, one pixel"] = _square(side, side, row - TOP, column - LEFT, 0)
    second = load_model(options.second) if options.second else None
    model = load_model(options.model)
    return Study(model, image, regions, "oil", "sea", "mean", options.budget, options.steps, second)


def street_study(model: Any, photograph: str, options: argparse.Namespace) -> Study:
    """The middle of a photograph; the class that is likeliest there against the next one."""
    from skimage.io import imread

    image = np.moveaxis(imread(photograph)[..., :3], -1, 0).astype(np.float32)
    # Photographs are larger than those that the model learnt from.
    step = max(1, round(image.shape[1] / PHOTOGRAPH_HEIGHT))
    image = image[:, ::step, ::step]
    height, width = (min(length, options.window) for length in image.shape[1:])
    top, left = (image.shape[1] - height) // 2, (image.shape[2] - width) // 2
    image = np.ascontiguousarray(image[:, top : top + height, left : left + width])
    row, column = height // 2, width // 2
    regions = {
        "middle": _square(height, width, row, column, 16),
        "middle, one pixel": _square(height, width, row, column, 0),
    }
    means = model.predict(image)[:, regions["middle"]].mean(axis=1)
    first, second = (model.class_names[i] for i in np.argsort(-means)[:2])
    budget = max(60, options.budget // STREET_SHARE)
    return Study(model, image, regions, first, second, "zero", budget, options.steps)


def _square(height: int, width: int, row: int, column: int, half: int) -> NDArray[np.bool_]:
    mask = np.zeros((height, width), dtype=bool)
    mask[max(0, row - half) : row + half + 1, max(0, column - half) : column + half + 1] = True
    return mask


if __name__ == "__main__":
    main()
