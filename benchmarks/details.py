"""The document's parts about batches, networks, engines and growth."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Results = Mapping[str, Any]


def markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def parts(results: Results) -> Iterable[str]:
    """Those that were measured."""
    if results.get("batches"):
        yield from _batches(results["batches"])
    if results.get("backends"):
        yield from _backends(results["backends"])
    if results.get("networks"):
        yield from _networks(results["networks"])
    if results.get("growth"):
        yield from _growth(results["growth"])


def _batches(rows: Sequence[Mapping[str, float]]) -> Iterable[str]:
    yield "## Batch size"
    yield markdown(
        ["coalitions a call", "float32, s a coalition", "auto, s a coalition", ""],
        [
            [
                f"{row['batch']}",
                f"{row['float32']:.4f}",
                f"{row['auto']:.4f}",
                "our choice" if row["chosen"] else "",
            ]
            for row in rows
        ],
    )
    best = min(rows, key=lambda row: row["auto"])
    ours = next((row for row in rows if row["chosen"]), None)
    if ours is not None:
        loss = ours["auto"] / best["auto"] - 1
        yield f"The fixed choice is {loss:.0%} slower than the best of these."


def _backends(rows: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    yield "## Other engines"
    yield (
        "What is left of a staged evaluation after the tables were looked up, run by engines that "
        "compile: the same layers, the same input, taken in turns. The difference is that of the "
        "logits. SegSHAP uses none of them: each is one more package beside QGIS, and exporting "
        "and compiling for every new window takes time that is not counted here."
    )
    ours = rows[0]["seconds"]
    yield markdown(
        ["engine", "version", "s a coalition", "SegSHAP is faster by", "difference"],
        [
            [
                row["engine"],
                row["version"],
                f"{row['seconds']:.4f}",
                f"{row['seconds'] / ours:.2f}",
                f"{row['difference']:.1e}",
            ]
            for row in rows
        ],
    )


def _networks(rows: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    yield "## Networks"
    yield (
        "One pixel, the same image and cells, random weights: seconds depend on the architecture "
        "alone. The bfloat16 column is what a coalition takes where the error check allows it."
    )
    yield markdown(
        ["network", "plain, s", "float32, s", "ratio", "bfloat16, s", "ratio", "tables, s"],
        [
            [
                row["network"],
                f"{row['plain']:.2f}",
                f"{row['staged']:.3f}",
                f"{row['plain'] / row['staged']:.1f}",
                *_where_measured(row["plain"], row["bfloat16"]),
                f"{row['table']:.1f}",
            ]
            for row in rows
        ],
    )
    yield (
        "All behind HarDNet-MSEG's stem looks at the whole image: only the stem comes from a "
        "table, and the rest gains by folded batch norms and by the precision."
    )


def _where_measured(plain: float, seconds: float) -> tuple[str, str]:
    if math.isnan(seconds):
        return "", ""
    return f"{seconds:.3f}", f"{plain / seconds:.1f}"


def _growth(rows: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    yield "## How cost grows"
    yield markdown(
        ["", "plain, s", "staged, s a coalition", "ratio", "tables, s", "pays after evaluations"],
        [
            [
                f"{row['what']} {row['value']}",
                f"{row['plain']:.2f}",
                f"{row['staged']:.3f}",
                f"{row['plain'] / row['staged']:.1f}",
                f"{row['table']:.1f}",
                _pays_after(row),
            ]
            for row in rows
        ],
    )
    yield (
        "Staged evaluation pays from the number of evaluations in the last column on; below it, "
        "plain evaluation is quicker, which the plan takes into account when it is told how many "
        "evaluations to expect."
    )
    yield (
        "Cost follows what the network sees from the region, not the image: once the image holds "
        "all of that, neither a coalition nor the tables cost more in a larger one. Before, the "
        "tables cost as the pixels, and as the cells where these are many."
    )
    yield "![How cost grows](images/benchmark-growth.png)"


def _pays_after(row: Mapping[str, Any]) -> str:
    saved = row["plain"] - row["staged"]
    return f"{math.ceil(row['table'] / saved)}" if saved > 0 else "never"
