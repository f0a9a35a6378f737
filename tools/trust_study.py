#!/usr/bin/env python3
"""Measure how well trust and its parts tell true detections from false ones.

Detections are connected areas of p(oil) > 0.5 on chips that the model was not trained on. On chips
with masks one is true if the mask covers a part of it, else false; on seas without oil every one
is false. Each is explained as the queue of a scene explains slicks. The table gives areas under the
ROC curve, with 95% intervals from resampling chips: detections of one chip are not independent.

    python tools/trust_study.py --data DIR --json FILE
    python tools/trust_study.py --document FILE
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from benchmarks.details import markdown
from benchmarks.marked import put_between

if TYPE_CHECKING:
    from segshap_qgis.models import SegmentationModel

ROOT = Path(__file__).resolve().parents[1]
# Smaller areas are no slicks that a person would look at, and the largest of a chip are enough.
SMALLEST, MOST = 100, 4
# A detection is true if a mask covers this share of it: masks and models draw edges differently.
COVERED = 0.1
# What may tell true from false, and how the document names it; probability is what needs no
# explanation to be known.
PREDICTORS = {
    "trust": "**trust**",
    "focus": "focus",
    "faithfulness": "faithfulness",
    "stability": "stability",
    "share_slick": "share on the slick",
    "share_near": "share near it",
    "gain": "probability - base value",
    "probability": "probability alone",
    "region_pixels": "size alone",
}
RESAMPLES = 2000


class Chip(NamedTuple):
    """An image, where it is from, and its truth: empty on seas without oil."""

    name: str
    sensor: str
    grey: NDArray[np.uint8]
    mask: NDArray[np.bool_]


def main() -> None:
    """Measure what the arguments ask for, or write the document from what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of the data")
    parser.add_argument("--model", default="oil_fcdensenet56", help="bundled name or a card")
    parser.add_argument("--every", type=int, default=1, help="only each n-th chip")
    parser.add_argument("--budget", type=int, default=1000, help="evaluations for a chip at most")
    parser.add_argument(
        "--json", type=Path, help="keeps what was measured after every chip, and is taken up"
    )
    parser.add_argument("--document", type=Path, metavar="FILE", help="write docs from a JSON file")
    options = parser.parse_args()
    if options.document:
        results = json.loads(options.document.read_text(encoding="utf-8"))
        put_between(ROOT / "docs" / "scale.md", "trust", "\n\n".join(paragraphs(results)))
        return
    if options.data is None:
        parser.error("--data is needed")
    print("\n\n".join(paragraphs(measure(options))))


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Explain the detections of every chip; a file of the same settings is gone on with."""
    from segshap_qgis.models import load_model, model_checksum

    model = load_model(options.model)
    asked = {
        "model": model.card.id,
        "checksum": model_checksum(options.model, model.card),
        "budget": options.budget,
        "every": options.every,
    }
    results: dict[str, Any] = {"asked": asked, "chips": {}}
    if options.json and options.json.is_file():
        kept = json.loads(options.json.read_text(encoding="utf-8"))
        if kept["asked"] != asked:
            raise SystemExit(f"{options.json} was measured with other settings: {kept['asked']}")
        results = kept
    for chip in chips(options.data, options.every):
        if chip.name in results["chips"]:
            continue
        started = time.perf_counter()
        rows = detections(model, options.model, chip, options.budget)
        results["chips"][chip.name] = {"sensor": chip.sensor, "detections": rows}
        print(f"{chip.name}: {len(rows)} in {time.perf_counter() - started:.1f} s", flush=True)
        if options.json:
            options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")
    return results


def chips(data: Path, every: int) -> Iterable[Chip]:
    """Each n-th chip that the model was not trained on, those with masks first."""
    from evaluate_oil import read_small
    from train_oil import csiro_files, read_grey, read_mask, sos_rows

    for row in sos_rows(data, "val")[::every]:
        mask = read_mask(row["mask"])
        yield Chip(f"{row['sensor']} {row['id']}", row["sensor"], read_grey(row["image"]), mask)
    for path in csiro_files(data, holds_oil=False, kept_out=True)[::every]:
        grey = read_small(path)
        yield Chip(path.stem, "sea without oil", grey, np.zeros(grey.shape, bool))


def detections(
    model: SegmentationModel, name: str, chip: Chip, budget: int
) -> list[dict[str, Any]]:
    """Rows of a chip's largest detections, as the queue writes them, and whether they are true."""
    from evaluate_oil import oil_probability
    from scipy import ndimage

    from segshap_qgis.geo import Window
    from segshap_qgis.geo.regions import mask_outline
    from segshap_qgis.scene.group_run import EXPLAINED, ExplainRequest, explain_group
    from segshap_qgis.scene.groups import Group
    from segshap_qgis.workflow import Request

    labels, count = ndimage.label(oil_probability(model, chip.grey) > 0.5, np.ones((3, 3)))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    largest = [i + 1 for i in np.argsort(-sizes, kind="stable")[:MOST] if sizes[i] >= SMALLEST]
    if not largest:
        return []
    run = Request(name, "oil", budget=budget, window=max(chip.grey.shape), unit="amplitude")
    window = Window(
        chip.grey[None].astype(np.float32),
        np.ones(chip.grey.shape, bool),
        (0.0, 1.0, 0.0, 0.0, 0.0, -1.0),
        unit="amplitude",
    )
    regions = [labels == label for label in largest]
    height, width = chip.grey.shape
    group = Group(0, tuple(range(len(regions))), (0, 0, height, width), 1)
    outlines = [mask_outline(region, window.transform) for region in regions]
    found = explain_group(ExplainRequest(chip.name, run), model, window, group, outlines)
    return [
        {**as_kept(explained.row), "covered": float(chip.mask[region].mean())}
        for explained, region in zip(found, regions)
        if explained.row["state"] == EXPLAINED
    ]


def as_kept(row: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a row that may predict; JSON has no NaN, and trust counts one as 0."""
    numbers = {
        **{name: row[name] for name in PREDICTORS if name in row},
        "focus": row["share_slick"] + row["share_near"],
        "gain": row["probability"] - row["base_value"],
    }
    return {name: 0.0 if math.isnan(value) else float(value) for name, value in numbers.items()}


# The table --------------------------------------------------------------------------------------


def paragraphs(results: Mapping[str, Any]) -> Iterable[str]:
    """What was measured, for the document."""
    asked, all_chips = results["asked"], list(results["chips"].values())
    masked = [chip for chip in all_chips if chip["sensor"] != "sea without oil"]
    true, false = (len(kind) for kind in split(all_chips, "trust"))
    inside = [len(kind) for kind in split(masked, "trust")]
    yield (
        f"**Against verified detections.** `tools/trust_study.py`, {asked['model']}, up to "
        f"{asked['budget']:,} evaluations a chip: {len(all_chips):,} chips that the model was not "
        f"trained on ({len(masked):,} with masks, {len(all_chips) - len(masked):,} of seas without "
        f"oil), with {true} true and {false} false detections of {SMALLEST} pixels and more. A "
        f"detection is true if a mask covers {COVERED:.0%} of it. Chance that a true one scores "
        "above a false one (area under the ROC curve; 0.5 tells nothing), with its 95% interval "
        "from resampling chips:"
    )
    yield markdown(
        [
            "",
            f"all chips ({true} true, {false} false)",
            f"chips with masks alone ({inside[0]} true, {inside[1]} false)",
        ],
        [
            [title, words(interval(all_chips, name)), words(interval(masked, name))]
            for name, title in PREDICTORS.items()
        ],
    )
    yield verdict(interval(all_chips, "trust"), interval(all_chips, "probability"))


def verdict(trust: Sequence[float], probability: Sequence[float]) -> str:
    """What the table says about trust."""
    if not np.isfinite([*trust, *probability]).all():
        return "There are too few detections of one kind to tell."
    auc, low, high = trust
    if low > 0.5:
        said = "**Trust tells true detections from false ones** better than chance"
    elif high < 0.5:
        said = "**Higher trust went with false detections**: it must not be read as a sign of oil"
    else:
        said = "**Trust does not tell true detections from false ones** on these chips"
    better = "more" if auc > probability[0] else "not more"
    return f"{said}, and {better} than the probability alone, which needs no explanation."


def split(some: Sequence[Mapping[str, Any]], name: str) -> tuple[list[float], list[float]]:
    """Values of a predictor for the true and for the false detections of chips."""
    rows = [row for chip in some for row in chip["detections"]]
    true = [row[name] for row in rows if row["covered"] >= COVERED]
    return true, [row[name] for row in rows if row["covered"] < COVERED]


def interval(some: Sequence[Mapping[str, Any]], name: str) -> tuple[float, float, float]:
    """Area under the ROC curve and its 95% interval; NaN where one kind is missing."""
    draws = np.random.default_rng(0)
    found = area(*split(some, name))
    resampled = [
        area(*split([some[i] for i in draws.integers(len(some), size=len(some))], name))
        for _ in range(RESAMPLES)
    ]
    known = [value for value in resampled if not math.isnan(value)]
    if not known:
        return found, math.nan, math.nan
    low, high = np.percentile(known, [2.5, 97.5])
    return found, float(low), float(high)


def area(true: Sequence[float], false: Sequence[float]) -> float:
    """Chance that a true one scores above a false one, ties counting half."""
    from evaluate_oil import roc_auc

    return roc_auc(np.array(true), np.array(false)) if true and false else math.nan


def words(found: Sequence[float]) -> str:
    """An area with its interval."""
    auc, low, high = found
    return "-" if math.isnan(auc) else f"{auc:.2f} ({low:.2f} to {high:.2f})"


if __name__ == "__main__":
    main()
