"""From the measurements (JSON) to the printed table, the document and the plots."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any, Optional

from . import details
from .accuracy import is_judged, ratio
from .details import markdown
from .peers import METHODS, OURS, as_users_run_it
from .verdict import COVERAGE_BUDGETS, table

Results = Mapping[str, Any]
# What the table's verdicts mean.
VERDICTS = {
    "aim": "aim met",
    "owed": "owed met",
    "short": "**not met**",
    "not measured": "not measured",
}
# What is owed in seconds is owed for 512 x 512 pixels.
TIMED = "sample"


def summary(results: Results) -> dict[str, Optional[float]]:
    """The measured value of each goal; None where it was not measured."""
    found: dict[str, Optional[float]] = {}
    speed = results.get("speed", {})
    if "pixel" in speed:
        pixel = speed["pixel"]
        found["pixel_float32"] = pixel["plain"] / pixel["staged"]
        found["pixel_auto"] = pixel["plain"] / pixel["staged_auto"]
        found["table"] = pixel["table_auto"] / pixel["plain"]
        found["rate_share"] = pixel["rate_share"]
        found["difference"] = max(region["difference"] for region in speed.values())
    if "region of 64 x 64" in speed:
        region = speed["region of 64 x 64"]
        found["region64_auto"] = region["plain"] / region["staged_auto"]
    if "memory" in results:
        found["memory"] = results["memory"] / 1e9
    found |= _accuracy_summary(results)
    found |= _diffuse_summary(results)
    for budget in COVERAGE_BUDGETS:
        shares = [
            share
            for chip, found_there in results.get("coverage", {}).items()
            for share, region in zip(found_there[str(budget)], results["real"][chip].values())
            if is_judged(region)
        ]
        if shares:
            found[f"coverage_{budget}"] = sum(shares) / len(shares)
    return found


def _accuracy_summary(results: Results) -> dict[str, Optional[float]]:
    regions = list(filter(is_judged, _regions(results.get("real", {}))))
    found: dict[str, Optional[float]] = {}
    if regions:
        found["evaluations_real"] = median(
            ratio(_best_peer(region["to_1_percent"]), region["to_1_percent"][OURS])
            for region in regions
        )
    runs = [run for chip in results.get("stopped", {}) for run in _judged_runs(results, chip)]
    if runs:
        found["stopped_error"] = median(clock.run["error"] for _, clock in runs)
    clocks = list(_judged_runs(results, TIMED))
    if clocks:
        found["first_map"] = median(
            clock.ours(region["to_10_percent"][OURS]) / clock.plain for region, clock in clocks
        )
        found["oracle"] = median(
            ratio(
                _best_peer(region["to_1_percent"]) * clock.plain,
                clock.ours(region["to_1_percent"][OURS]),
            )
            for region, clock in clocks
        )
        found["shap_as_used"] = median(clock.gain for _, clock in clocks)
    return found


@dataclass(frozen=True)
class _Clock:
    """Seconds on one image: of a plain evaluation, and of our own run on one of its regions."""

    plain: float
    cells: int
    run: Mapping[str, float]

    def ours(self, evaluations: float) -> float:
        """Seconds of so many staged evaluations, tables and solving included."""
        each = (self.run["seconds"] - self.run["table"]) / self.run["evaluations"]
        return self.run["table"] + evaluations * each

    @property
    def gain(self) -> float:
        """Seconds of `shap.KernelExplainer` as users run it over ours."""
        return as_users_run_it(self.cells) * self.plain / self.run["seconds"]


def _clock(results: Results, chip: str, kind: str) -> _Clock:
    plain = results["plain"][chip]
    return _Clock(plain["seconds"], plain["cells"], results["stopped"][chip][kind])


def _judged_runs(results: Results, chip: str) -> Iterable[tuple[Mapping[str, Any], _Clock]]:
    """Error curves and clock of every judged region of an image that stopped itself."""
    for kind in results.get("stopped", {}).get(chip, {}):
        region = results["real"][chip][kind]
        if is_judged(region):
            yield region, _clock(results, chip, kind)


def _diffuse_summary(results: Results) -> dict[str, Optional[float]]:
    families = [family["to_1_percent"] for family in results.get("diffuse", {}).values()]
    if not families:
        return {}
    return {
        f"evaluations_diffuse_{short}": median(ratio(to[peer], to[OURS]) for to in families)
        for short, peer in (("default", "shap_default"), ("off", "shap_l1_off"))
    }


def _best_peer(to: Mapping[str, float]) -> float:
    return min(cost for name, cost in to.items() if METHODS[name].is_peer)


def document(results: Results) -> str:
    """Everything measured as Markdown, for people."""
    return "\n\n".join(part for part in _parts(results) if part) + "\n"


def _parts(results: Results) -> Iterable[str]:
    yield "# Benchmark"
    yield _setting(results)
    yield "## What is owed and what was measured"
    rows = [[*list(row.values())[:-1], VERDICTS[row["verdict"]]] for row in table(summary(results))]
    yield markdown(["", "owed", "aim", "measured", "verdict"], rows)
    yield HOW_TO_READ
    yield from _speed_part(results)
    yield from details.parts(results)
    yield from _real_part(results)
    yield from _diffuse_part(results)
    yield from _coverage_part(results)
    yield from _complete_part(results)


HOW_TO_READ = """\
Errors are relative squared errors against reference values: squared distance over squared norm. The
reference is the mean of two independent unbiased estimators that agree (benchmarks/references.py).
The error curves of all methods are computed through staged evaluation, which gives the plain values
to the difference in the table; **the seconds of a peer are its evaluations times the plain seconds
per coalition measured in the same run** on the same image, not a full plain run; ours are the
seconds of a whole run, tables and solving included. Plain evaluation is the best of several batch
sizes, channels-last, on the same model in the same process, taken in turns with staged evaluation.
The rows about one pixel, about 64 x 64 pixels and about seconds are of the 512 x 512 sample, for
which they are owed; errors and evaluations are of all images. Where a figure is over several
regions it is their median; coverage is the mean."""


def _setting(results: Results) -> str:
    machine, model = results["machine"], results["model"]
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    images = "; ".join(
        f"{title} (`{name}`)"
        for name, title in results["images"].items()
        if name in {"sample", *results.get("real", {})}
    )
    return (
        f"Written by `make benchmark` from its own measurements; nothing here is typed by hand.\n\n"
        f"- Machine: {machine['processor']}, {machine['threads']} threads, "
        f"{machine['memory_gb']:.0f} GB. {machine['accelerator']}\n"
        f"- Software: {versions}.\n"
        f"- Model: {model['title']} (`{model['id']}`, weights {model['sha256'][:12]}), "
        f"{results['cells']} cells.\n- Images: {images}.\n"
        f"- Mode: {'quick' if results['quick'] else 'full'}; "
        f"{results['minutes']:.0f} minutes on {results['date']}."
    )


def _speed_part(results: Results) -> Iterable[str]:
    speed = results.get("speed", {})
    if not speed:
        return
    yield "## Seconds per coalition"
    rows = [
        [
            name,
            f"{found['plain']:.2f}",
            f"{found['staged']:.3f}",
            f"{found['staged_auto']:.3f}",
            f"{found['table_auto']:.1f}",
            f"{found['difference']:.1e}",
            f"{found['difference_auto']:.1e}",
            f"{found['operations'] / 1e9:.1f}",
            f"{found['rate_share']:.0%}",
        ]
        for name, found in speed.items()
    ]
    heads = [
        "region",
        "plain, s",
        "staged float32, s",
        "staged auto, s",
        "tables, s",
        "difference float32",
        "difference auto",
        "GFLOP a coalition",
        "of matrix rate",
    ]
    yield markdown(heads, rows)
    rate = next(iter(speed.values()))["matrix_rate"]
    yield f"The machine multiplies float32 matrices at {rate / 1e9:.0f} GFLOP/s."


def _real_part(results: Results) -> Iterable[str]:
    real = results.get("real", {})
    if not real:
        return
    yield "## Real images: evaluations to 1% error"
    names = [name for name in METHODS if any(name in r["to_1_percent"] for r in _regions(real))]
    rows = [
        [_named(real, chip, kind)]
        + [_count(region["to_1_percent"].get(name)) for name in names]
        + [f"{region['reference_disagreement']:.0e}"]
        for chip, regions in real.items()
        for kind, region in regions.items()
    ]
    yield markdown(["", *(METHODS[name].title for name in names), "references differ by"], rows)
    if not all(map(is_judged, _regions(real))):
        yield TOO_FAINT
    yield "![Error against evaluations](images/benchmark-evaluations.png)"
    yield "![Error against seconds](images/benchmark-seconds.png)"
    if "stopped" in results:
        yield "### Our own run, stopped by itself"
        rows = [
            [
                _named(real, chip, kind),
                f"{run['evaluations']}",
                f"{run['seconds']:.1f}",
                f"{run['table']:.1f}",
                f"{run['error']:.2%}",
                f"{_clock(results, chip, kind).gain:.0f}",
            ]
            for chip, runs in results["stopped"].items()
            for kind, run in runs.items()
        ]
        heads = ["", "evaluations", "seconds", "of these tables", "error", "shap as used / ours"]
        yield markdown(heads, rows)


def _regions(real: Mapping[str, Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [region for regions in real.values() for region in regions.values()]


TOO_FAINT = """\
\\* Too faint to judge: the model's answer there hardly depends on the image, contributions are as
small as their noise, and the two halves of the reference do not agree to 1%. Such regions are shown
and count in no figure of the table above."""


def _named(real: Mapping[str, Mapping[str, Any]], chip: str, kind: str) -> str:
    return f"{chip}, {kind}" + ("" if is_judged(real[chip][kind]) else " \\*")


def _diffuse_part(results: Results) -> Iterable[str]:
    diffuse = results.get("diffuse", {})
    if not diffuse:
        return
    yield "## Diffuse games: evaluations to 1% error"
    yield (
        "Games in which every cell counts: a random field of weights with products of two and "
        "three neighbours, so that the exact values are known."
    )
    rows = [
        [METHODS[name].title]
        + [_count(family["to_1_percent"][name]) for family in diffuse.values()]
        for name in METHODS
    ]
    yield markdown(["", *diffuse], rows)
    yield "![Error on diffuse games](images/benchmark-diffuse.png)"


def _coverage_part(results: Results) -> Iterable[str]:
    chips = results.get("coverage", {})
    if not chips:
        return
    yield "## Coverage of 95% intervals"
    kinds = {chip: list(results["real"][chip]) for chip in chips}
    rows = [
        [_named(results["real"], chip, kind)]
        + [f"{found[str(b)][i]:.1%}" for b in COVERAGE_BUDGETS]
        for chip, found in chips.items()
        for i, kind in enumerate(kinds[chip])
    ]
    yield markdown(["", *(f"{b} evaluations" for b in COVERAGE_BUDGETS)], rows)


def _complete_part(results: Results) -> Iterable[str]:
    run = results.get("complete_plain_run")
    if not run:
        return
    yield "## One complete plain run of shap.KernelExplainer"
    yield (
        f"{run['evaluations']} evaluations of a {run['size']} x {run['size']} window "
        f"({run['cells']} cells) took {run['seconds']:.0f} s in {run['threads']} thread(s); "
        f"evaluations x plain seconds per coalition predicts {run['predicted_seconds']:.0f} s. Its "
        f"values differ from those of the same method through staged evaluation by "
        f"{run['difference']:.1e} of their norm."
    )


def _count(value: Optional[float]) -> str:
    if value is None:
        return ""
    return "never" if math.isinf(value) else f"{value:.0f}"
