"""What the paper observed, and what the remade figures measured of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Optional

import numpy as np

# Rank correlation as a share of its ceiling from which two maps are said to agree.
AGREE = 0.8
# Below this correlation of two seeds, maps are too noisy for a word on whether they agree.
LOWEST_CEILING = 0.5
# Share of chips on which ours should be inserted better than a rival.
MOST_CHIPS = 0.8
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
Numbers = Mapping[str, Any]


class Claim(NamedTuple):
    """One observation.

    Attributes
    ----------
    text : str
        What the paper says.
    figures : tuple of str
        Names of the remade figures that it is measured on.
    measure : callable
        Numbers of these figures in; what was measured, and whether the claim holds, out.
    """

    text: str
    figures: tuple[str, ...]
    measure: Callable[..., tuple[str, Optional[bool]]]


def _adds_up(one: Numbers) -> tuple[str, Optional[bool]]:
    text = f"p {one['prediction']:.3f}, base {one['base']:.3f}, gap {one['gap']:.1e}"
    return text, one["gap"] < 1e-9


def _no_sign(heat: Numbers) -> tuple[str, Optional[bool]]:
    text = (
        f"lowest heat of RISE {heat['lowest_heat']:.3g}; negative contributions in"
        f" {100 * heat['negative_share_of_cells']:.0f}% of the cells"
    )
    return text, heat["lowest_heat"] >= 0 and heat["negative_share_of_cells"] > 0


def _blurrier(heat: Numbers) -> tuple[str, Optional[bool]]:
    rise, ours = heat["half_area_rise"], heat["half_area_shap"]
    text = f"half of the map on {100 * rise:.1f}% of the area (RISE) and {100 * ours:.1f}% (ours)"
    return text, rise > ours


def _sizes(sizes: Numbers) -> tuple[str, Optional[bool]]:
    areas = [sizes[name]["half_area"] for name in ("large", "medium", "small")]
    if None in areas:
        return "some map is zero everywhere", None
    text = ", ".join(f"{100 * area:.1f}%" for area in areas)
    return f"half of the map on {text} of the area", areas[0] > areas[1] > areas[2]


def _few_near(regions: Numbers) -> tuple[str, Optional[bool]]:
    slick = regions["slick"]
    text = (
        f"three of {slick['cells']} cells hold {_percent(slick['share_of_three'])} of the squared"
        f" contributions, on average {_pixels(slick['mean_distance'])} from the region"
    )
    share = slick["share_of_three"]
    return text, None if share is None else share > 0.5


def _diffuse(regions: Numbers) -> tuple[str, Optional[bool]]:
    slick, sea = regions["slick"], regions.get("sea")
    if sea is None or sea["share_of_three"] is None:
        return "no sea in the window", None
    text = (
        f"sea: three cells hold {_percent(sea['share_of_three'])}, largest"
        f" {sea['largest']:.4f}, {_pixels(sea['mean_distance'])} away; slick: largest"
        f" {slick['largest']:.4f}, {_pixels(slick['mean_distance'])} away"
    )
    weaker = sea["largest"] < slick["largest"]
    return text, weaker and sea["share_of_three"] < 0.5


def _pixel_and_region(regions: Numbers) -> tuple[str, Optional[bool]]:
    linear, ceiling = regions["pixel_against_region_linear"], regions["ceiling_linear"]
    text = (
        f"linear correlation {linear:.2f}, of the region with itself under another seed"
        f" {ceiling:.2f}; of the ranks, which are chance among weak cells,"
        f" {regions['pixel_against_region']:.2f} and {regions['ceiling']:.2f}"
    )
    return _judged(text, linear, ceiling, agree=True)


def _black_is_oil(backgrounds: Numbers) -> tuple[str, Optional[bool]]:
    bases = {name: facts["base"] for name, facts in backgrounds.items()}
    text = "v(none): " + ", ".join(f"{name} {base:.3f}" for name, base in bases.items())
    return text, bool(backgrounds["zero"]["is_the_class"])


def _competition(classes: Numbers) -> tuple[str, Optional[bool]]:
    first, second, _ = classes["targets"]
    text = (
        f"{first} and {second}: rank correlation of their contributions"
        f" {classes['correlation']:.2f}; {classes['sure_cells']} of {classes['cells']} cells"
        " speak for one rather than the other beyond two standard errors"
    )
    return text, classes["correlation"] < 0


def _insertion(curves: Numbers) -> tuple[str, Optional[bool]]:
    names = ("hexagons, medium", "RISE", "random")
    values = [curves[name]["insertion"] for name in names]
    text = ", ".join(f"{name} {value:.2f}" for name, value in zip(names, values))
    return f"insertion AUC: {text}", values[0] > max(values[1:])


def _randomised(sanity: Numbers) -> tuple[str, Optional[bool]]:
    last, ceiling = sanity["correlation"][-1], sanity["ceiling"]
    if last is None or ceiling is None:
        return "some map is the same everywhere", None
    text = f"rank correlation {last:.2f} with all layers re-initialised, {ceiling:.2f} with none"
    return _judged(text, last, ceiling, agree=False)


def _judged(
    text: str, correlation: float, ceiling: float, agree: bool
) -> tuple[str, Optional[bool]]:
    """Whether two maps agree, or do not, as two seeds of one do; no word where those hardly do."""
    if ceiling < LOWEST_CEILING:
        return f"{text}; two seeds agree too little to tell", None
    return text, (correlation >= AGREE * ceiling) == agree


def _models(models: Numbers) -> tuple[str, Optional[bool]]:
    if models["rank_correlation"] is None:
        return "a model contributes nothing", None
    text = (
        f"rank correlation {models['rank_correlation']:.2f} of at most {models['ceiling']:.2f};"
        f" {models['differing_cells']} cells differ, same sign in"
        f" {_percent(models['sign_agreement'])} of the sure ones"
    )
    return text, None


RADAR = (
    Claim("The contributions of a region add up", ("input-output-map",), _adds_up),
    Claim("RISE tells no sign", ("rise",), _no_sign),
    Claim("RISE is blurrier", ("rise",), _blurrier),
    Claim("Smaller super-pixels give sharper maps", ("sizes",), _sizes),
    Claim("A slick's decision rests on few near cells", ("regions",), _few_near),
    Claim("The sea's decision rests on diffuse small contributions", ("regions",), _diffuse),
    Claim("A region is explained as a pixel in it", ("regions",), _pixel_and_region),
    Claim("Black as a background is itself oil to a radar model", ("backgrounds",), _black_is_oil),
    Claim("Faithfulness (future work)", ("curves",), _insertion),
    Claim("The map depends on what was learnt (future work)", ("sanity",), _randomised),
    Claim("Two models (future work)", ("models",), _models),
)
STREET = (Claim("Classes compete for a region", ("classes",), _competition),)


def table(record: Mapping[str, Any], study: Optional[Mapping[str, Any]] = None) -> str:
    """The claims with what was measured, as a Markdown table.

    Parameters
    ----------
    record : mapping
        What `tools/paper_figures.py` writes beside the figures.
    study : mapping, optional
        Results of `tools/superpixel_study.py`.
    """
    lines = ["| observation | measured here | holds |", "| --- | --- | --- |"]
    streets = sorted({name.split("-", 1)[0] for name in record if name.startswith("street")})
    lines += [_line(claim, "radar", record) for claim in RADAR]
    for street in streets or ["street1"]:
        lines += [_line(claim, street, record) for claim in STREET]
    lines.append(_study_line(study))
    return "\n".join(lines)


def _line(claim: Claim, kind: str, record: Mapping[str, Any]) -> str:
    names = [f"{kind}-{figure}.png" for figure in claim.figures]
    if not set(names) <= set(record):
        return f"| {claim.text} | not measured | |"
    text, holds = claim.measure(*(record[name]["numbers"] for name in names))
    return f"| {claim.text} | {text} | {_verdict(holds)} |"


def _study_line(study: Optional[Mapping[str, Any]]) -> str:
    claim = f"Inserted better than RISE and random on at least {MOST_CHIPS:.0%} of the chips"
    if not study or not study.get("chips"):
        return f"| {claim} | not measured | |"
    chips = list(study["chips"].values())
    told, shares = [], []
    for rival in ("RISE", "random"):
        ahead = np.array(
            [c["hexagons, medium"]["insertion"] - c[rival]["insertion"] for c in chips]
        )
        shares.append(float((ahead > 0).mean()))
        behind = f", elsewhere behind by {-ahead.min():.3f} at most" if shares[-1] < 1 else ""
        told.append(f"{rival} {100 * shares[-1]:.0f}%{behind}")
    text = f"{'; '.join(told)}; {len(chips)} chips"
    return f"| {claim} | {text} | {_verdict(min(shares) >= MOST_CHIPS)} |"


def in_page(page: str, measured: str) -> str:
    """A page with what was measured put between its two marks.

    Raises
    ------
    ValueError
        The page lacks the marks.
    """
    before, mark, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (mark and end):
        raise ValueError(f"the page needs the marks {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{measured}\n{END}{after}"


def _verdict(holds: Optional[bool]) -> str:
    return "" if holds is None else ("yes" if holds else "**no**")


def _percent(share: Optional[float]) -> str:
    return "-" if share is None else f"{100 * share:.0f}%"


def _pixels(distance: Optional[float]) -> str:
    return "-" if distance is None else f"{distance:.0f} px"
