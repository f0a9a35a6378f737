"""The curves behind the tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from .accuracy import is_judged
from .peers import METHODS, OURS
from .report import TIMED

STYLES: dict[str, dict[str, Any]] = {
    OURS: {"color": "#c0392b", "linewidth": 2.6, "marker": "o"},
    "shap_default": {"color": "#2471a3", "marker": "s"},
    "shap_l1_off": {"color": "#7fb3d5", "marker": "s"},
    "captum": {"color": "#b9770e", "marker": "^"},
    "permutation": {"color": "#7d3c98", "marker": "v"},
    "paired_kernel": {"color": "#1e8449", "marker": "d"},
    "paired_leverage": {"color": "#82e0aa", "marker": "d"},
}


def draw(results: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write the plots that the results have data for; returns their paths."""
    import matplotlib as mpl

    mpl.use("Agg")
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    if results.get("real"):
        drawn.append(_curves(results, folder / "benchmark-evaluations.png", in_seconds=False))
        if TIMED in results.get("stopped", {}):
            drawn.append(_curves(results, folder / "benchmark-seconds.png", in_seconds=True))
    if results.get("diffuse"):
        drawn.append(_diffuse(results, folder / "benchmark-diffuse.png"))
    if results.get("growth"):
        drawn.append(_growth(results["growth"], folder / "benchmark-growth.png"))
    return drawn


def _growth(rows: list[Mapping[str, Any]], path: Path) -> Path:
    """Seconds against each thing that was varied, one panel a thing."""
    import matplotlib.pyplot as plt

    whats = list(dict.fromkeys(row["what"] for row in rows))
    figure, axes = plt.subplots(1, len(whats), figsize=(3.4 * len(whats), 3.6), sharey=True)
    lines = {"plain": "plain evaluation", "table": "tables, once", "staged": "staged evaluation"}
    for axis, what in zip(np.atleast_1d(axes), whats):
        some = sorted((row for row in rows if row["what"] == what), key=lambda row: row["value"])
        values = [row["value"] for row in some]
        for (key, title), marker in zip(lines.items(), "sd^"):
            axis.plot(values, [row[key] for row in some], marker=marker, label=title)
        axis.set(xscale="log", yscale="log", title=what)
        axis.set_xticks(values, [f"{value:g}" for value in values])
        axis.set_xticks([], minor=True)
        axis.grid(visible=True, which="major", alpha=0.25)
    figure.axes[0].set_ylabel("seconds")
    figure.axes[0].legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    return path


def _curves(results: Mapping[str, Any], path: Path, in_seconds: bool) -> Path:
    """Median over the images of each kind of region, one panel a kind."""
    import matplotlib.pyplot as plt

    real = results["real"]
    kinds = list(dict.fromkeys(kind for regions in real.values() for kind in regions))
    figure, axes = plt.subplots(1, len(kinds), figsize=(3.4 * len(kinds), 3.8), sharey=True)
    for axis, kind in zip(np.atleast_1d(axes), kinds):
        some = [regions[kind] for regions in real.values() if kind in regions]
        regions = [region["curves"] for region in some if is_judged(region)]
        for name in METHODS:
            curve = _median_over(regions, name)
            if curve:
                x = np.array(list(curve))
                x = _seconds(name, x, results, kind) if in_seconds else x
                axis.plot(x, list(curve.values()), markersize=3, **STYLES[name])
        _dress(axis, kind, "seconds, 512 x 512 pixels" if in_seconds else "evaluations")
    return _finish(figure, path)


def _median_over(regions: list[Mapping[str, Any]], name: str) -> dict[int, float]:
    budgets = [set(curves.get(name, {})) for curves in regions]
    common = set.intersection(*budgets) if budgets else set()
    return {int(b): median(curves[name][b] for curves in regions) for b in sorted(common, key=int)}


def _seconds(
    name: str, evaluations: np.ndarray, results: Mapping[str, Any], kind: str
) -> np.ndarray:
    if METHODS[name].is_peer:
        return evaluations * results["plain"][TIMED]["seconds"]
    run = results["stopped"][TIMED][kind]  # solving included
    return run["table"] + evaluations * (run["seconds"] - run["table"]) / run["evaluations"]


def _diffuse(results: Mapping[str, Any], path: Path) -> Path:
    import matplotlib.pyplot as plt

    families = results["diffuse"]
    figure, axes = plt.subplots(1, len(families), figsize=(4 * len(families), 3.8), sharey=True)
    for axis, (title, family) in zip(np.atleast_1d(axes), families.items()):
        for name in METHODS:
            curve = family["curves"].get(name, {})
            if curve:
                x = [int(budget) for budget in curve]
                axis.plot(x, list(curve.values()), markersize=3, **STYLES[name])
        _dress(axis, title, "evaluations")
    return _finish(figure, path)


def _dress(axis: Any, title: str, unit: str) -> None:
    axis.set(xscale="log", yscale="log", title=title, xlabel=unit, ylim=(1e-5, 3))
    for threshold in (0.1, 0.01):
        axis.axhline(threshold, color="#999999", linewidth=0.7, linestyle=":")
    axis.grid(visible=True, which="major", alpha=0.25)


def _finish(figure: Any, path: Path) -> Path:
    from matplotlib.lines import Line2D

    figure.axes[0].set_ylabel("relative squared error")
    handles = [Line2D([], [], markersize=4, **STYLES[name]) for name in METHODS]
    titles = [method.title for method in METHODS.values()]
    figure.legend(handles, titles, loc="lower center", ncol=4, frameon=False, fontsize=8)
    figure.tight_layout(rect=(0, 0.13, 1, 1))
    figure.savefig(path, dpi=110)
    return path
