#!/usr/bin/env python3
"""Which super-pixels explain best: kinds and sizes compared over many real radar chips.

For every chip the surest oil is explained with hexagons, squares, SLIC and class cells of three
sizes and with RISE, all with the same number of evaluations and two seeds. Each map is judged by
deleting and inserting pixels in its order (insertion minus deletion AUC: 0 tells nothing, 1 is
best), by its rank correlation from seed to seed, and, where it adds up, by how far it foretells
what hiding the other seed's sets of cells changes. Chips that are done are kept in a JSON file, so
that a stopped study goes on; the report and its figure are written from it.

    python tools/superpixel_study.py --data DIR
    python tools/superpixel_study.py --report
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "tools"))

from benchmarks.chips import find_regions  # noqa: E402
from benchmarks.grids import KINDS, SIZES, make_cells  # noqa: E402
from segshap_qgis.explain import Explanation, Game, Superpixels, explain, rise  # noqa: E402
from segshap_qgis.explain.faithfulness import rank_correlation, seed_stability  # noqa: E402
from segshap_qgis.explain.pixel_curves import (  # noqa: E402
    PixelCurves,
    pixel_curves,
    random_pixel_curves,
)
from segshap_qgis.explain.superpixels import cell_means  # noqa: E402
from segshap_qgis.figures import new_figure  # noqa: E402
from segshap_qgis.models import (  # noqa: E402
    MaskedGame,
    SegmentationModel,
    load_model,
    make_game,
    model_checksum,
)

RESULTS = ROOT / "build" / "superpixel_study.json"
REPORT = ROOT / "docs" / "superpixel_study.md"
FIGURE = Path("images") / "superpixel_study.png"  # beside the report
SMALLEST_SHARE, LARGEST_SHARE = 0.02, 0.6
REFERENCE = "hexagons, medium"
SEEDS = (0, 1)
RESAMPLES = 2000
RANDOM_MAPS = 10
NOTABLE = 0.01  # difference of AUCs that a curve shows
Columns = Mapping[str, Mapping[str, NDArray[np.float64]]]


def main() -> None:
    """Run what is missing, then write the report."""
    options = parse_arguments()
    model = None if options.report else load_model(options.model)
    results = read_results(options, model)
    if model is not None:
        for name, image in find_chips(model, options.data, options.window, options.chips):
            if name in results["chips"]:
                continue
            started = time.monotonic()
            results["chips"][name] = study_chip(model, image, options.budget, options.steps)
            results["seconds"] += time.monotonic() - started
            write_results(options.results, results)
            print(f"{name}: {time.monotonic() - started:.0f} s", flush=True)
    (options.output.parent / FIGURE).parent.mkdir(parents=True, exist_ok=True)
    figure(results).savefig(options.output.parent / FIGURE, dpi=110)
    options.output.write_text(report(results), encoding="utf-8")
    print(f"Report: {options.output}")


def parse_arguments() -> argparse.Namespace:
    """Data, sizes and files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of the data, with sar_oil_sos in it")
    parser.add_argument("--model", default="oil_fcdensenet56", help="bundled name or card")
    parser.add_argument("--chips", type=int, default=20)
    parser.add_argument("--window", type=int, default=128, help="side of the explained window")
    parser.add_argument("--budget", type=int, default=200, help="evaluations of every map")
    parser.add_argument("--steps", type=int, default=8, help="steps of the curves")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--output", type=Path, default=REPORT)
    parser.add_argument("--report", action="store_true", help="only write the report again")
    options = parser.parse_args()
    if not (options.report or options.data):
        parser.error("--data is needed, or --report for the results that are there")
    return options


def settings_of(options: argparse.Namespace, model: SegmentationModel) -> dict[str, Any]:
    """What a result depends on; the same name may have other weights one day."""
    asked = {key: getattr(options, key) for key in ("model", "window", "budget", "steps")}
    return {**asked, "checksum": model_checksum(options.model, model.card)}


def read_results(options: argparse.Namespace, model: Optional[SegmentationModel]) -> dict[str, Any]:
    """Results so far; those of other settings are refused rather than mixed in."""
    if not options.results.is_file():
        if model is None:
            sys.exit(f"There are no results in {options.results}.")
        return {"settings": settings_of(options, model), "seconds": 0.0, "chips": {}}
    results: dict[str, Any] = json.loads(options.results.read_text(encoding="utf-8"))
    if model is not None and results["settings"] != settings_of(options, model):
        sys.exit(f"{options.results} holds results of other settings; name another --results.")
    return results


def write_results(path: Path, results: Mapping[str, Any]) -> None:
    """Write the results, never a half-written file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(results, indent=1), encoding="utf-8")
    draft.replace(path)


def find_chips(
    model: SegmentationModel, data: Path, window: int, n_chips: int
) -> list[tuple[str, NDArray[np.float32]]]:
    """Validation chips where mask and model agree that there is oil, cut around the surest oil.

    Drawn at random with a fixed seed, so that both sensors have their part.
    """
    from train_oil import read_grey, read_mask, sos_rows

    rows = [
        row
        for row in sos_rows(data, "val")
        if SMALLEST_SHARE <= float(row["oil_fraction"]) <= LARGEST_SHARE
    ]
    order = np.random.default_rng(0).permutation(len(rows))
    found: list[tuple[str, NDArray[np.float32]]] = []
    for row in (rows[i] for i in order):
        if len(found) == n_chips:
            break
        grey, mask = read_grey(row["image"]).astype(np.float32)[None], read_mask(row["mask"])
        oil = model.predict(grey)[model.class_index("oil")] * mask
        if oil.max() > 0.8:
            found.append((f"{row['sensor']}-{row['id']}", _cut(grey, oil, window)))
    return found


def _cut(image: NDArray[np.float32], oil: NDArray[np.floating], window: int) -> NDArray[np.float32]:
    """A square window with the surest oil in its middle, as far as the image goes."""
    peak = np.unravel_index(int(np.argmax(oil)), oil.shape)
    top, left = (
        int(np.clip(place - window // 2, 0, length - window))
        for place, length in zip(peak, oil.shape)
    )
    return image[:, top : top + window, left : left + window]


def study_chip(
    model: SegmentationModel, image: NDArray[np.float32], budget: int, steps: int
) -> dict[str, dict[str, float]]:
    """Every method on one chip: scores by name of the method."""
    shape = (image.shape[1], image.shape[2])
    valid = np.ones(shape, dtype=bool)
    probabilities = model.predict(image)
    oil = model.class_index("oil")
    region = find_regions(image[0], probabilities[oil], size=shape[0] // 16)["slick"]
    classes = probabilities.argmax(axis=0)
    grids = {
        f"{kind}, {size}": make_cells(kind, size, image, classes, valid)
        for kind in KINDS
        for size in SIZES
    }
    found: dict[str, dict[str, float]] = {}
    for name, cells in grids.items():
        game = _game(model, image, cells, region, len(SEEDS) * budget)
        first, other = (Remembered(game) for _ in SEEDS)
        runs = [explain(each, cells, budget, seed) for each, seed in zip((first, other), SEEDS)]
        curves = pixel_curves(game, runs[0].to_map(), steps=steps)
        found[name] = {
            **_scores(curves, seed_stability(runs), cells.n_players),
            "foretelling": _foretelling(runs[0], other),
        }
    cells = grids[REFERENCE]
    # Soft masks know no cells, and are no use to tables of what cells show.
    game = _game(model, image, cells, region, evaluations=0)
    heats = [rise(game, shape, n_masks=budget, seed=seed).heat[0] for seed in SEEDS]
    stability = rank_correlation(*(cell_means(heat, cells) for heat in heats))
    found["RISE"] = _scores(pixel_curves(game, heats[0], steps=steps), stability, 0)
    random = random_pixel_curves(game, cells, steps=steps, n_orders=RANDOM_MAPS)
    found["random"] = {
        name: float(np.mean([_scores(curves, 0.0, 0)[name] for curves in random]))
        for name in ("insertion", "deletion", "score")
    }
    return found


def _game(
    model: SegmentationModel,
    image: NDArray[np.float32],
    cells: Superpixels,
    region: NDArray[np.bool_],
    evaluations: int,
) -> MaskedGame:
    """In full precision from the beginning: maps as sure as these would ask for it at their end."""
    return make_game(
        model, image, cells, [region], ["oil"], evaluations=evaluations, precision="float32"
    )


class Remembered:
    """A game that keeps what it was asked, with its answers.

    The coalitions of one seed have sizes from one cell to all but one, equally often, as infidelity
    wants its sets, and a map of another seed has not seen them: they test it at no cost.

    Parameters
    ----------
    game : Game
        Who answers.
    """

    def __init__(self, game: Game) -> None:
        self._game = game
        self.coalitions = np.zeros((0, game.n_players), dtype=bool)
        self.values = np.zeros((0, game.n_targets))

    def __getattr__(self, name: str) -> Any:
        """Whatever else the game has."""
        return getattr(self._game, name)

    def __call__(self, coalitions: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Ask, and keep both."""
        values = self._game(coalitions)
        self.coalitions = np.concatenate([self.coalitions, coalitions])
        self.values = np.concatenate([self.values, values])
        return values


def _foretelling(found: Explanation, asked: Remembered) -> float:
    """Root mean square error in foretelling what hiding cells changes, of the whole change.

    NaN where hiding everything changes nothing.
    """
    whole = abs(float(found.prediction[0] - found.base[0]))
    if not whole:
        return math.nan
    # Nobody and everyone are foretold exactly: contributions add up.
    sets = asked.coalitions.any(axis=1) & ~asked.coalitions.all(axis=1)
    foretold = ~asked.coalitions[sets] @ found.values[0]
    changes = found.prediction[0] - asked.values[sets, 0]
    return float(np.sqrt(np.mean((foretold - changes) ** 2))) / whole


def _scores(curves: PixelCurves, stability: float, cells: int) -> dict[str, float]:
    return {
        "insertion": curves.insertion.auc,
        "deletion": curves.deletion.auc,
        "score": curves.score,
        "stability": stability,
        "cells": cells,
    }


def interval(values: NDArray[np.float64], seed: int = 0) -> tuple[float, float, float]:
    """Mean over the chips and its 95% bootstrap interval: mean, low, high."""
    rng = np.random.default_rng(seed)
    draws = values[rng.integers(len(values), size=(RESAMPLES, len(values)))].mean(axis=1)
    low, high = np.percentile(draws, [2.5, 97.5])
    return float(values.mean()), float(low), float(high)


def report(results: Mapping[str, Any]) -> str:
    """The study as a page: settings, a table with intervals, and what it says."""
    chips, settings = results["chips"], results["settings"]
    methods = list(next(iter(chips.values())))
    columns = {
        method: {
            name: np.array([chip[method][name] for chip in chips.values()])
            for name in chips[next(iter(chips))][method]
        }
        for method in methods
    }
    lines = [
        "# Which super-pixels explain best?",
        "",
        f"Written by `tools/superpixel_study.py` from {len(chips)} real radar chips (PALSAR and"
        f" Sentinel-1), windows of {settings['window']} x {settings['window']} pixels around the"
        f" surest oil, model `{settings['model']}`, {settings['budget']} evaluations a map,"
        f" {settings['steps']} steps a curve. It took {results['seconds'] / 60:.0f} minutes.",
        "",
        "Pixels are inserted and deleted in the order of each map; AUCs of normalised curves, means"
        " over the chips, 95% bootstrap intervals in brackets. *Score* is insertion minus"
        f" deletion; *against the default* is the difference to {REFERENCE} on the same chips;"
        " *stability* is the rank correlation between two seeds (RISE: of means over hexagons);"
        " *foretelling* is the error with which the contributions foretell what hiding the other"
        " seed's sets of cells changes, as a share of the change when all are hidden: other cells"
        " make other sets, so compare it among cells of one size.",
        "",
        "| super-pixels | cells | insertion | deletion | score | against the default | stability"
        " | foretelling |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *(_row(method, columns) for method in methods),
        "",
        f"![Scores of all kinds and sizes with their intervals]({FIGURE.as_posix()})",
        "",
        *_findings(columns, list(chips)),
    ]
    return "\n".join(lines) + "\n"


def _row(method: str, columns: Mapping[str, Mapping[str, NDArray[np.float64]]]) -> str:
    own = columns[method]
    cells = f"{own['cells'].mean():.0f}" if "cells" in own and own["cells"].any() else "-"
    difference = "-"
    if method != REFERENCE:
        difference = _spread(own["score"] - columns[REFERENCE]["score"], "+.2f")
    last = [_spread(own[name]) if name in own else "-" for name in ("stability", "foretelling")]
    parts = [_spread(own[name]) for name in ("insertion", "deletion", "score")]
    return f"| {' | '.join([method, cells, *parts, difference, *last])} |"


def _spread(values: NDArray[np.float64], form: str = ".2f") -> str:
    known = values[np.isfinite(values)]
    if not len(known):
        return "-"
    mean, low, high = interval(known)
    return f"{mean:{form}} [{low:{form}}, {high:{form}}]"


def figure(results: Mapping[str, Any]) -> Any:
    """Mean score of every method, and its interval: a matplotlib Figure."""
    chips = list(results["chips"].values())
    methods = list(chips[0])
    spreads = [interval(np.array([chip[method]["score"] for chip in chips])) for method in methods]
    drawn = new_figure(7.0, 0.3 * len(methods) + 1.0)
    axis = drawn.subplots()
    for place, (mean, low, high) in enumerate(spreads):
        axis.errorbar(mean, place, xerr=[[mean - low], [high - mean]], fmt="o", color="#4a8fd9")
    axis.set_yticks(range(len(methods)), methods)
    axis.invert_yaxis()
    axis.axvline(0, color="black", linewidth=0.5)
    axis.set_xlabel(f"insertion minus deletion AUC: mean of {len(chips)} chips, 95% interval")
    return drawn


def _findings(columns: Columns, chips: Sequence[str]) -> list[str]:
    """What the intervals allow to say, and no more."""
    scores = {method: own["score"] for method, own in columns.items()}
    best = max(scores, key=lambda method: float(scores[method].mean()))
    lines = [f"* The highest mean score has **{best}** ({scores[best].mean():.2f})."]
    worse: list[str] = []
    better: list[str] = []
    for method, values in scores.items():
        if method == REFERENCE:
            continue
        _, low, high = interval(values - scores[REFERENCE])
        (worse if high < 0 else better if low > 0 else []).append(method)
    lines.append(f"* Better than {REFERENCE}, interval off zero: {', '.join(better) or 'none'}.")
    lines.append(f"* Worse than {REFERENCE}, interval off zero: {', '.join(worse) or 'none'}.")
    cells = [method for method in columns if method not in ("RISE", "random")]
    rise = columns["RISE"]["insertion"]
    often = max(cells, key=lambda method: float((columns[method]["insertion"] > rise).mean()))
    for rival, ours in (("RISE", REFERENCE), ("RISE", often), ("random", REFERENCE)):
        lines.append(_contest(columns, chips, ours, rival))
    return list(dict.fromkeys(lines))


def _contest(columns: Columns, chips: Sequence[str], ours: str, rival: str) -> str:
    """On how many chips a map is inserted better than another, where not, and by how much."""
    ahead = columns[ours]["insertion"] - columns[rival]["insertion"]
    line = f"* {ours} beats {rival} on insertion on {(ahead > 0).mean():.0%} of the chips"
    others = [chip for chip, by in zip(chips, ahead) if by <= 0]
    if others:
        line += f"; not on {', '.join(others)}, where it is behind by {-ahead.min():.3f} at most"
    more, less = (ahead > NOTABLE).mean(), (ahead < -NOTABLE).mean()
    return (
        f"{line}. It is ahead by more than {NOTABLE} on {more:.0%}, behind by more on {less:.0%}."
    )


if __name__ == "__main__":
    main()
