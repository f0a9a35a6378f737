#!/usr/bin/env python3
"""Explain the sample scene from Python, without QGIS, and draw the paper's first figure for it.

Prints, for a slick, open sea, a region between them and a single pixel: probability, base value,
sum of contributions, evaluations and seconds. Writes input with region, model output and signed
map.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from segshap_qgis.explain import Explanation, explain, hexagons  # noqa: E402
from segshap_qgis.figures import signed_colours  # noqa: E402
from segshap_qgis.geo import Window, read_window  # noqa: E402
from segshap_qgis.models import SegmentationModel, load_model, make_game  # noqa: E402

SCENE = ROOT / "resources" / "sample" / "sample_slick.tif"
# Rows and columns of the sample scene; its README says what lies there.
REGIONS = {
    "slick": (slice(185, 217), slice(100, 132)),
    "sea": (slice(380, 412), slice(380, 412)),
    "in between": (slice(150, 182), slice(100, 132)),
    "slick, one pixel": (slice(200, 201), slice(112, 113)),
}


def main() -> None:
    """Run the demonstration."""
    arguments = parse_arguments()
    window = read_window(SCENE, whole_scene(), size=512)
    model = load_model()
    target = model.class_index(model.card.default_class or -1)
    probability = model.predict(window.bands, window.valid)[target]
    explanations = {}
    print(f"{'region':18s}{'p(oil)':>9s}{'base':>9s}{'sum':>9s}{'evaluations':>13s}{'seconds':>9s}")
    for name in REGIONS:
        started = time.perf_counter()
        explanations[name] = explain_region(model, window, name, target, arguments.budget)
        report(name, explanations[name], time.perf_counter() - started)
    arguments.output.mkdir(parents=True, exist_ok=True)
    path = arguments.output / "explained_regions.png"
    draw(window, probability, explanations, path)
    print(f"Figure: {path}")


def parse_arguments() -> argparse.Namespace:
    """Budget and output folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--budget", type=int, default=1000, help="evaluations at most, each region")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "demo")
    return parser.parse_args()


def whole_scene() -> tuple[int, int, int, int]:
    """Pixel bounds of the sample scene."""
    return (0, 0, 512, 512)


def mask_of(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Pixels of a named region."""
    mask = np.zeros(shape, dtype=bool)
    mask[REGIONS[name]] = True
    return mask


def explain_region(
    model: SegmentationModel, window: Window, name: str, target: int, budget: int
) -> Explanation:
    """Explain one class on one region of the window."""
    superpixels = hexagons(window.valid.shape, side=22, valid=window.valid)
    region = mask_of(name, window.valid.shape)
    game = make_game(model, window.bands, superpixels, [region], [target], valid=window.valid)
    return explain(game, superpixels, budget=budget, seed=0, stop_at=0.03)


def report(name: str, found: Explanation, seconds: float) -> None:
    """Print one row of the table."""
    print(
        f"{name:18s}{found.prediction[0]:9.3f}{found.base[0]:9.3f}{found.values[0].sum():+9.3f}"
        f"{found.evaluations:13d}{seconds:9.1f}",
        flush=True,
    )


def draw(window: Window, probability: np.ndarray, explanations: dict, path: Path) -> None:
    """One row a region: input with its outline, model output, signed contributions."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    grey = window.bands[0]
    low, high = np.percentile(grey[window.valid], [1, 99])
    rows = len(explanations)
    figure, axes = plt.subplots(rows, 3, figsize=(12, 3.5 * rows), layout="constrained")
    for row, (name, found) in zip(axes, explanations.items()):
        region = mask_of(name, grey.shape)
        row[0].imshow(grey, cmap="gray", vmin=low, vmax=high)
        shown = row[1].imshow(probability, cmap="magma", vmin=0, vmax=1)
        figure.colorbar(shown, ax=row[1], label="p(oil)")
        limit = np.abs(found.values).max()
        shown = row[2].imshow(found.to_map(), cmap=signed_colours(), vmin=-limit, vmax=limit)
        figure.colorbar(shown, ax=row[2], label="contribution (probability)")
        for axis in row:
            outline(axis, region)
            axis.set(xticks=[], yticks=[])
        row[0].set_title(f"input, region: {name}")
        row[1].set_title(f"model output, {found.prediction[0]:.3f} on region")
        row[2].set_title(f"base {found.base[0]:.3f}, sum {found.values[0].sum():+.3f}")
    figure.savefig(path, dpi=110)


def outline(axis: Any, region: np.ndarray) -> None:
    """Edge of the region, widened so that a single pixel can be seen."""
    from matplotlib.patches import Rectangle

    rows, columns = np.nonzero(region)
    margin = 0.5 if region.sum() > 1 else 4
    corner = (columns.min() - margin, rows.min() - margin)
    size = (np.ptp(columns) + 2 * margin, np.ptp(rows) + 2 * margin)
    axis.add_patch(Rectangle(corner, *size, fill=False, edgecolor="#2166ac", linewidth=1.6))


if __name__ == "__main__":
    main()
