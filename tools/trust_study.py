"""Measure how well trust and its parts tell true detections from false ones.

Detections are connected areas of p(oil) > 0.5 on chips that the model was not trained on. On chips
with masks one is true if the mask covers a part of it, else false; on seas without oil every one
is false. Each is explained as the queue of a scene explains slicks. The table gives areas under the
ROC curve, with 95% intervals from resampling chips: detections of one chip are not independent.

What trust is was chosen on every eighth chip of either kind. Half of the chips of `--every 4` are
these; the others judge it, and the table gives both.

    python tools/trust_study.py --data DIR --every 4 --json FILE
    python tools/trust_study.py --document FILE
"""

from __future__ import annotations

import argparse
import itertools
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
    from segshap_qgis.scene.group_run import Explained

ROOT = Path(__file__).resolve().parents[1]
# Smaller areas are no slicks that a person would look at, and the largest of a chip are enough.
SMALLEST, MOST = 100, 4
# A detection is true if a mask covers this share of it: masks and models draw edges differently.
COVERED = 0.1
SEA = "sea without oil"
# Every n-th chip was looked at when the definition of trust was chosen.
LOOKED_AT = 8
# What may tell true from false, and how the document names it; probability is what needs no
# explanation to be known.
PREDICTORS = {
    "trust": "**trust** = probability x support",
    "probability": "probability alone",
    "support": "support",
    "agreement": "agreement: \\|sum of contributions\\| / sum of \\|contributions\\|",
    "probability_agreement": "probability x agreement",
    "focus": "share on the slick and near it",
    "probability_focus": "probability x that share",
    "share_slick": "share on the slick",
    "gain": "probability - base value",
    "faithfulness": "faithfulness",
    "stability": "stability",
    "between_curves": "area between the curves and their reverse",
    "region_pixels": "size alone",
}
RESAMPLES = 2000


class Chip(NamedTuple):
    """An image, where it is from, its truth (empty on seas without oil), and whether it judges.

    A chip judges what trust is if it was not looked at when that was chosen.
    """

    name: str
    sensor: str
    grey: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    judges: bool


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
        results["chips"][chip.name] = {
            "sensor": chip.sensor,
            "judges": chip.judges,
            "detections": rows,
        }
        print(f"{chip.name}: {len(rows)} in {time.perf_counter() - started:.1f} s", flush=True)
        if options.json:
            options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")
    return results


def chips(data: Path, every: int) -> Iterable[Chip]:
    """Each n-th chip that the model was not trained on, those with masks first."""
    from evaluate_oil import read_small
    from train_oil import csiro_files, read_grey, read_mask, sos_rows

    for number, row in itertools.islice(enumerate(sos_rows(data, "val")), 0, None, every):
        grey, mask = read_grey(row["image"]), read_mask(row["mask"])
        name = f"{row['sensor']} {row['id']}"
        yield Chip(name, row["sensor"], grey, mask, judges(number))
    seas = csiro_files(data, holds_oil=False, kept_out=True)
    for number, path in itertools.islice(enumerate(seas), 0, None, every):
        grey = read_small(path)
        empty = np.zeros(grey.shape, bool)
        yield Chip(path.stem, SEA, grey, empty, judges(number))


def judges(number: int) -> bool:
    """Whether the chip of this number among those of its kind judges what trust is."""
    return number % LOOKED_AT != 0


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
        {**as_kept(explained), "covered": float(chip.mask[region].mean())}
        for explained, region in zip(found, regions)
        if explained.row["state"] == EXPLAINED
    ]


def as_kept(explained: Explained) -> dict[str, float]:
    """The numbers of a slick that may predict; JSON has no NaN, and trust counts one as 0."""
    from segshap_qgis.geo.run_document import unpack

    row = explained.row
    values = unpack(explained.document, explained.arrays).explanation.values[0]
    focus = row["share_slick"] + row["share_near"]
    agreement = abs(values.sum()) / np.abs(values).sum() if values.any() else math.nan
    gap = row["insertion"] - row["reverse_insertion"] + row["reverse_deletion"] - row["deletion"]
    numbers = {
        **{name: row[name] for name in PREDICTORS if name in row},
        "agreement": agreement,
        "probability_agreement": row["probability"] * agreement,
        "focus": focus,
        "probability_focus": row["probability"] * focus,
        "gain": row["probability"] - row["base_value"],
        "between_curves": gap / 2,
    }
    return {name: 0.0 if math.isnan(value) else float(value) for name, value in numbers.items()}


# The table --------------------------------------------------------------------------------------


def paragraphs(results: Mapping[str, Any]) -> Iterable[str]:
    """What was measured, for the document."""
    asked, all_chips = results["asked"], list(results["chips"].values())
    masked = [chip for chip in all_chips if chip["sensor"] != SEA]
    judges = [chip for chip in all_chips if chip["judges"]]
    true, false = (len(kind) for kind in split(all_chips, "trust"))
    yield (
        f"**Against verified detections.** `tools/trust_study.py`, {asked['model']}, up to "
        f"{asked['budget']:,} evaluations a chip: {len(all_chips):,} chips that the model was not "
        f"trained on ({len(masked):,} with masks, {len(all_chips) - len(masked):,} of seas without "
        f"oil), with {true} true and {false} false detections of {SMALLEST} pixels and more. A "
        f"detection is true if a mask covers {COVERED:.0%} of it. What trust is was chosen on "
        f"{len(all_chips) - len(judges)} of the chips; the other {len(judges)} judge it. Chance "
        "that a true one scores above a false one (area under the ROC curve; 0.5 tells nothing), "
        "with its 95% interval from resampling chips:"
    )
    groups = {
        "chips that judge": judges,
        "chips on which it was chosen": [chip for chip in all_chips if not chip["judges"]],
        "chips with masks alone": masked,
    }
    yield markdown(
        ["", *(f"{title} ({counted(some)})" for title, some in groups.items())],
        [
            [title, *(words(interval(some, [name])) for some in groups.values())]
            for name, title in PREDICTORS.items()
        ],
    )
    yield verdict(interval(judges, ["trust"]), interval(judges, ["trust", "probability"]))
    yield between_curves(all_chips)


def between_curves(some: Sequence[Mapping[str, Any]]) -> str:
    """What the area between the curves goes with."""
    from segshap_qgis.explain.faithfulness import rank_correlation

    rows = [row for chip in some for row in chip["detections"]]
    gap, *others = (
        np.array([row[name] for row in rows])
        for name in ("between_curves", "region_pixels", "agreement", "faithfulness")
    )
    size, agreement, faithfulness = (rank_correlation(gap, other) for other in others)
    return (
        "The area between the curves and their reverse goes with the size of the slick (rank "
        f"correlation {size:+.2f}) and with the agreement ({agreement:+.2f}); with faithfulness "
        f"{faithfulness:+.2f}."
    )


def counted(some: Sequence[Mapping[str, Any]]) -> str:
    """How many detections of chips are true and how many false."""
    true, false = (len(kind) for kind in split(some, "trust"))
    return f"{true} true, {false} false"


def verdict(trust: Sequence[float], gained: Sequence[float]) -> str:
    """What the chips that judge say of trust, and of what it gains over the probability."""
    if not np.isfinite([*trust, *gained]).all():
        return "There are too few detections of one kind to tell."
    _, low, high = trust
    if low > 0.5:
        said = "**Trust tells true detections from false ones** better than chance"
    elif high < 0.5:
        said = "**Higher trust went with false detections**: it must not be read as a sign of oil"
    else:
        said = "**Trust does not tell true detections from false ones** on these chips"
    _, low, high = gained
    if low > 0:
        beside = "better than the probability alone"
    elif high < 0:
        beside = "**worse than the probability alone**, which needs no explanation"
    else:
        beside = "no better and no worse than the probability alone, as far as these chips can tell"
    return f"{said}; it does {beside}: the area is {gained[0]:+.2f} ({low:+.2f} to {high:+.2f})."


def split(some: Sequence[Mapping[str, Any]], name: str) -> tuple[list[float], list[float]]:
    """Values of a predictor for the true and for the false detections of chips."""
    rows = [row for chip in some for row in chip["detections"]]
    true = [row[name] for row in rows if row["covered"] >= COVERED]
    return true, [row[name] for row in rows if row["covered"] < COVERED]


def interval(some: Sequence[Mapping[str, Any]], names: Sequence[str]) -> tuple[float, float, float]:
    """Area under the ROC curve of a predictor, or by how much it exceeds that of a second.

    With its 95% interval; NaN where one kind is missing.
    """

    def found(drawn: Sequence[Mapping[str, Any]]) -> float:
        areas = [area(*split(drawn, name)) for name in names]
        return areas[0] - sum(areas[1:])

    draws = np.random.default_rng(0)
    resampled = [
        found([some[i] for i in draws.integers(len(some), size=len(some))] if some else [])
        for _ in range(RESAMPLES)
    ]
    known = [value for value in resampled if not math.isnan(value)]
    if not known:
        return found(some), math.nan, math.nan
    low, high = np.percentile(known, [2.5, 97.5])
    return found(some), float(low), float(high)


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
