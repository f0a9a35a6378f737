#!/usr/bin/env python3
"""Remake the paper's figures with SegSHAP: each with its caption, settings and numbers.

Works on a window of the bundled scene with a bundled model; with --street CARD PHOTOGRAPH also on a
street scene. Writes one PNG a figure and one JSON file with what stands behind them.

    python tools/paper_figures.py
    python tools/paper_figures.py --only sizes --budget 2000
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.paper import FIGURES, Study  # noqa: E402
from segshap_qgis.models import load_model  # noqa: E402

SCENE = ROOT / "resources" / "sample" / "sample_slick.tif"
TOP, LEFT = 90, 0  # of the window in the scene, so that it holds the slick
# Places in the scene: a bend of the slick, water beside it, open sea; row, column.
PLACES = {"slick": (201, 113), "mixed": (166, 116), "sea": (300, 220)}


def main() -> None:
    """Make the figures that were asked for."""
    options = parse_arguments()
    options.output.mkdir(parents=True, exist_ok=True)
    studies = {"radar": radar_study(options)}
    if options.street:
        studies["street"] = street_study(options)
    record: dict[str, Any] = {}
    for kind, study in studies.items():
        for name, make in FIGURES.items():
            if options.only and name not in options.only:
                continue
            started = time.monotonic()
            made = make(study)
            path = options.output / f"{kind}-{name}.png"
            made.figure.savefig(path, dpi=110)
            record[path.name] = {
                "caption": made.caption,
                "settings": settings_of(study),
                "numbers": made.numbers,
                "seconds": round(time.monotonic() - started, 1),
            }
            print(f"{path}: {made.caption}", flush=True)
            text = json.dumps(record, indent=2)
            (options.output / "figures.json").write_text(text + "\n", encoding="utf-8")


def parse_arguments() -> argparse.Namespace:
    """Model, sizes and files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="oil_fcdensenet56", help="bundled name or card")
    parser.add_argument("--window", type=int, default=256, help="side of the explained window")
    parser.add_argument("--budget", type=int, default=600, help="evaluations of every map")
    parser.add_argument("--only", nargs="+", choices=sorted(FIGURES), help="only these figures")
    parser.add_argument(
        "--street", nargs=2, metavar=("CARD", "PHOTOGRAPH"), help="a street model and an image"
    )
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "paper")
    return parser.parse_args()


def settings_of(study: Study) -> dict[str, Any]:
    """What a figure depends on."""
    return {
        "model": study.model.card.id,
        "image": list(study.image.shape),
        "target": study.target,
        "background": study.background,
        "budget": study.budget,
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
    return Study(load_model(options.model), image, regions, "oil", "sea", "mean", options.budget)


def street_study(options: argparse.Namespace) -> Study:
    """The middle of a photograph; the class that is likeliest there against the next one."""
    from skimage.io import imread

    card, photograph = options.street
    model = load_model(Path(card))
    image = np.moveaxis(imread(photograph)[..., :3], -1, 0).astype(np.float32)
    height, width = (min(length, 512) for length in image.shape[1:])
    image = image[:, -height:, :width]
    row, column = height // 2, width // 2
    regions = {
        "middle": _square(height, width, row, column, 16),
        "middle, one pixel": _square(height, width, row, column, 0),
    }
    means = model.predict(image)[:, regions["middle"]].mean(axis=1)
    first, second = (model.class_names[i] for i in np.argsort(-means)[:2])
    return Study(model, image, regions, first, second, "zero", options.budget)


def _square(height: int, width: int, row: int, column: int, half: int) -> NDArray[np.bool_]:
    mask = np.zeros((height, width), dtype=bool)
    mask[max(0, row - half) : row + half + 1, max(0, column - half) : column + half + 1] = True
    return mask


if __name__ == "__main__":
    main()
