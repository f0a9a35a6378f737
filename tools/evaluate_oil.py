"""Measure the oil model: pixels on chips with masks, chips on seas that it was not trained on.

Oil IoU and F1 pool the pixels of all validation chips of a sensor, oil being p(oil) > 0.5. "This
chip holds oil" is judged on chips kept out of training, by the share of it where p(oil) > 0.5.

    python tools/evaluate_oil.py --data DIR --model oil_fcdensenet56 --montage FILE --write
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from train_oil import csiro_files, read_grey, read_mask, sos_rows

from segshap_qgis.models.model_files import MODELS_FOLDER
from segshap_qgis.models.segmentation import SegmentationModel, load_model

SENSORS = {"sentinel": "Sentinel-1", "palsar": "ALOS PALSAR"}
MONTAGE_CHIPS = 12


def oil_probability(model: SegmentationModel, grey: NDArray) -> NDArray[np.float32]:
    """Probability of oil, (H, W), of grey values (H, W); none on a chip of nothing but fill."""
    if grey.min() == grey.max():
        return np.zeros(grey.shape, dtype=np.float32)
    return model.predict(grey[None].astype(np.float32), unit="amplitude")[1]


def pixel_scores(model: SegmentationModel, rows: list[dict[str, str]]) -> dict[str, float]:
    """Oil IoU, F1, precision and recall over the pooled pixels of chips with masks."""
    hits = alarms = misses = 0
    for row in rows:
        found = oil_probability(model, read_grey(row["image"])) > 0.5
        truth = read_mask(row["mask"])
        hits += int((found & truth).sum())
        alarms += int((found & ~truth).sum())
        misses += int((~found & truth).sum())
    return {
        "chips": len(rows),
        "iou": round(hits / (hits + alarms + misses), 4),
        "f1": round(2 * hits / (2 * hits + alarms + misses), 4),
        "precision": round(hits / max(1, hits + alarms), 4),
        "recall": round(hits / max(1, hits + misses), 4),
    }


def chip_scores(
    model: SegmentationModel, oily: list[Path], clean: list[Path]
) -> dict[str, float | str]:
    """Areas under the ROC curve of "this chip holds oil", and how much oil either kind shows."""
    shares, means = {}, {}
    for name, files in (("oily", oily), ("clean", clean)):
        maps = [oil_probability(model, read_small(file)) for file in files]
        shares[name] = np.array([(oil > 0.5).mean() for oil in maps])
        means[name] = np.array([oil.mean() for oil in maps])
    return {
        "oily_chips": len(oily),
        "clean_chips": len(clean),
        "statistic": "share of the chip with p(oil) > 0.5, scaled to 256 pixels; ties count half",
        "roc_auc": round(roc_auc(shares["oily"], shares["clean"]), 4),
        "roc_auc_mean_probability": round(roc_auc(means["oily"], means["clean"]), 4),
        "median_share_oily": round(float(np.median(shares["oily"])), 5),
        "median_share_clean": round(float(np.median(shares["clean"])), 5),
        "mean_share_oily": round(float(shares["oily"].mean()), 5),
        "mean_share_clean": round(float(shares["clean"].mean()), 5),
    }


def read_small(path: Path) -> NDArray[np.uint8]:
    """Grey values of a chip scaled to the size of the training chips."""
    with Image.open(path) as image:
        return np.asarray(image.convert("L").resize((256, 256), Image.Resampling.BILINEAR))


def roc_auc(positive: NDArray, negative: NDArray) -> float:
    """Chance that a positive scores above a negative, ties counting half."""
    difference = positive[:, None] - negative[None]
    return float((difference > 0).mean() + 0.5 * (difference == 0).mean())


def montage(model: SegmentationModel, rows: list[dict[str, str]], path: Path) -> None:
    """Picture of chips: image, truth and p(oil) side by side, three chips a line."""
    strips = []
    for row in rows:
        grey = read_grey(row["image"])
        oil = np.round(255 * oil_probability(model, grey)).astype(np.uint8)
        strips.append(np.hstack([grey, np.uint8(255) * read_mask(row["mask"]), oil]))
    lines = [np.hstack(strips[i : i + 3]) for i in range(0, len(strips), 3)]
    Image.fromarray(np.vstack(lines)).save(path)


def predictions(model: SegmentationModel, rows: list[dict[str, str]], path: Path) -> None:
    """Picture of p(oil) alone, four chips a line: the chips themselves are not handed on."""
    maps = [oil_probability(model, read_grey(row["image"])) for row in rows]
    lines = [np.hstack(maps[i : i + 4]) for i in range(0, len(maps), 4)]
    Image.fromarray(np.round(255 * np.vstack(lines)).astype(np.uint8)).save(path, optimize=True)


def montage_rows(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Validation chips evenly spaced through the index, so that none is picked for its looks."""
    return [rows[i] for i in np.linspace(0, len(rows) - 1, MONTAGE_CHIPS).astype(int)]


def write_scores(
    model: SegmentationModel, scores: dict[str, object], rows: list[dict[str, str]]
) -> None:
    """Put the scores on the card of a bundled model, and a picture of predictions beside it."""
    path = MODELS_FOLDER / f"{model.card.id}.json"
    predictions(model, rows, path.with_suffix(".png"))
    card = json.loads(path.read_text(encoding="utf-8"))
    card["scores"] = scores
    card["predictions"] = {
        "picture": path.with_suffix(".png").name,
        "shows": "p(oil) on validation chips, black 0, white 1, line by line",
        "chips": [f"{row['sensor']} {row['id']}" for row in rows],
    }
    path.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data")
    parser.add_argument(
        "--model", default="oil_fcdensenet56", help="bundled name or path of a card"
    )
    parser.add_argument("--montage", type=Path, help="picture of 12 validation chips to write")
    parser.add_argument(
        "--write", action="store_true", help="put scores and predictions on the card"
    )
    parser.add_argument("--bfloat16", action="store_true", help="half the time, rounded products")
    parser.add_argument("--every", type=int, default=1, help="only each n-th kept-out chip")
    options = parser.parse_args()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.bfloat16):
        evaluate(options)


def evaluate(options: argparse.Namespace) -> None:
    """Measure, print and, if asked for, draw and write."""
    model = load_model(options.model)
    rows = sos_rows(options.data, "val")
    if options.montage:
        montage(model, montage_rows(rows), options.montage)
    scores: dict[str, object] = {
        f"validation, {title}": pixel_scores(model, [r for r in rows if r["sensor"] == sensor])
        for sensor, title in SENSORS.items()
    }
    print(json.dumps(scores, indent=2), flush=True)
    scores["chips kept out of training, other seas"] = chip_scores(
        model,
        csiro_files(options.data, holds_oil=True, kept_out=True)[:: options.every],
        csiro_files(options.data, holds_oil=False, kept_out=True)[:: options.every],
    )
    scores["precision"] = "bfloat16 products" if options.bfloat16 else "float32"
    print(json.dumps(scores, indent=2))
    if options.write:
        write_scores(model, scores, montage_rows(rows))


if __name__ == "__main__":
    main()
