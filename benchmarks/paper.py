"""The paper's figures, remade: each with its caption and the numbers behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Optional

import numpy as np
from numpy.typing import NDArray

from segshap_qgis.explain import (
    ContrastGame,
    Explanation,
    Superpixels,
    classes_in_background,
    compare,
    explain,
    rise,
)
from segshap_qgis.explain.faithfulness import (
    completeness,
    infidelity,
    rank_correlation,
)
from segshap_qgis.explain.pixel_curves import pixel_curves, random_pixel_curves
from segshap_qgis.explain.rise import PixelImportance, rise_cells
from segshap_qgis.explain.superpixels import cell_means
from segshap_qgis.figures import curves_figure, new_figure, randomisation_figure
from segshap_qgis.models import (
    SegmentationModel,
    make_averaged_game,
    make_comparison_game,
    make_game,
)
from segshap_qgis.models.randomisation import randomisation_check

from .grids import KINDS, SIZES, make_cells
from .panels import outline, row, show_cells, show_heat, show_image, show_signed

BACKGROUNDS = ("mean", "zero", "local_mean", "blur")
RANDOM_MAPS = 10


@dataclass(frozen=True)
class Made:
    """A figure with its caption and the numbers behind it."""

    figure: Any
    caption: str
    numbers: dict[str, Any]


@dataclass
class Study:
    """An image, a model, and what is asked of both.

    Attributes
    ----------
    image : (B, H, W) float32 array
        Raw bands.
    regions : mapping of str to (H, W) bool arrays
        The first is the one that most figures explain.
    target, rival : str
        Class explained, and class set against it.
    background : str
        Of the explanations, where a figure does not vary it.
    budget : int
        Evaluations of an explanation, masks of RISE.
    steps : int
        Of a curve.
    second : SegmentationModel, optional
        Another model of the same bands and class, to compare with.
    """

    model: SegmentationModel
    image: NDArray[np.float32]
    regions: dict[str, NDArray[np.bool_]]
    target: str
    rival: str
    background: str
    budget: int
    steps: int = 10
    second: Optional[SegmentationModel] = None
    known: dict[Any, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.shape = self.image.shape[1], self.image.shape[2]
        self.valid = np.ones(self.shape, dtype=bool)
        self.probabilities = self.model.predict(self.image)

    @property
    def main_region(self) -> str:
        """Name of the region that most figures explain."""
        return next(iter(self.regions))

    def cells(self, kind: str = "hexagons", size: str = "medium") -> Superpixels:
        """Super-pixels of a kind and size."""
        classes = self.probabilities.argmax(axis=0)
        return make_cells(kind, size, self.image, classes, self.valid)

    def game(self, cells: Superpixels, region: str, background: Any, classes: list[str]) -> Any:
        """The game on one background or, for a tuple, on several."""
        make: Any = make_averaged_game if isinstance(background, tuple) else make_game
        regions = [self.regions[region]]
        budget = self.budget
        return make(self.model, self.image, cells, regions, classes, background, evaluations=budget)

    def explained(
        self,
        kind: str = "hexagons",
        size: str = "medium",
        region: str = "",
        background: Any = "",
        seed: int = 0,
    ) -> Explanation:
        """Contributions to the target; each combination is computed once."""
        key = (kind, size, region or self.main_region, background or self.background, seed)
        if key not in self.known:
            cells = self.cells(kind, size)
            game = self.game(cells, key[2], key[3], [self.target])
            self.known[key] = explain(game, cells, self.budget, seed)
        found: Explanation = self.known[key]
        return found

    def heat(self) -> PixelImportance:
        """RISE on the main region, computed once."""
        if "heat" not in self.known:
            cells = rise_cells(self.shape, self.valid)
            make: Any = make_game
            game = make(
                self.model,
                self.image,
                cells,
                [self.regions[self.main_region]],
                [self.target],
                self.background,
                evaluations=0,
                precision="float32",
            )
            self.known["heat"] = rise(game, self.shape, n_masks=self.budget)
        found: PixelImportance = self.known["heat"]
        return found

    def facts(self, found: Explanation, region: str = "") -> dict[str, Any]:
        """Numbers of one explanation that the claims speak of."""
        return facts(found, self.regions[region or self.main_region])


def figure_input_output_map(study: Study) -> Made:
    """Figure 1 of the paper."""
    found = study.explained()
    probability = study.probabilities[study.model.class_index(study.target)]
    figure, axes = row(3)
    show_image(axes[0], study.image, study.regions[study.main_region])
    axes[0].set_title("input and region")
    figure.colorbar(axes[1].imshow(probability, cmap="magma", vmin=0, vmax=1), ax=axes[1])
    axes[1].set_title(f"p({study.target})")
    show_signed(figure, axes[2], found.to_map(), "contributions")
    numbers = study.facts(found) | {"gap": float(completeness(found)[0])}
    caption = (
        f"p({study.target}) {numbers['prediction']:.3f} on the region, {numbers['base']:.3f} on the"
        f" background; the three strongest of {numbers['cells']} cells hold"
        f" {100 * numbers['share_of_three']:.0f}% of the squared contributions."
    )
    return Made(figure, caption, numbers)


def figure_kinds(study: Study) -> Made:
    """Figure 4: kinds of super-pixels, with their contributions below."""
    figure = new_figure(3.2 * len(KINDS), 6.2)
    axes = figure.subplots(2, len(KINDS))
    numbers = {}
    for kind, (above, below) in zip(KINDS, axes.T):
        found = study.explained(kind)
        show_cells(above, study.image, found.superpixels)
        above.set_title(f"{kind}: {found.superpixels.n_players}")
        show_signed(figure, below, found.to_map(), "")
        numbers[kind] = study.facts(found)
    return Made(figure, "Kinds of super-pixels of one mean area and their contributions.", numbers)


def figure_sizes(study: Study) -> Made:
    """Figure 6: three sizes of hexagons."""
    figure, axes = row(len(SIZES))
    numbers = {}
    for size, axis in zip(SIZES, axes):
        found = study.explained(size=size)
        show_signed(figure, axis, found.to_map(), f"{size}: {found.superpixels.n_players}")
        numbers[size] = study.facts(found)
    return Made(figure, "The same region with hexagons of three sizes.", numbers)


def figure_rise(study: Study) -> Made:
    """Figure 5: contributions against RISE and its signed variant."""
    found, heat = study.explained(), study.heat()
    figure, axes = row(3)
    show_signed(figure, axes[0], found.to_map(), "Shapley values")
    show_heat(figure, axes[1], heat.heat[0], "RISE")
    show_signed(figure, axes[2], heat.signed[0], "signed RISE")
    means = cell_means(heat.heat[0], found.superpixels)
    numbers = {
        "lowest_heat": float(heat.heat.min()),
        "negative_share_of_cells": float((found.values[0] < 0).mean()),
        "rank_correlation": rank_correlation(found.values[0], means),
        "half_area_shap": area_of_half(np.abs(found.to_map())),
        "half_area_rise": area_of_half(heat.heat[0] - heat.heat[0].min()),
    }
    caption = (
        f"RISE is nowhere negative (lowest {numbers['lowest_heat']:.3g}); half of its heat above"
        f" the minimum takes {100 * numbers['half_area_rise']:.0f}% of the area, half of the"
        f" absolute contributions {100 * numbers['half_area_shap']:.1f}%."
    )
    return Made(figure, caption, numbers)


def figure_regions(study: Study) -> Made:
    """Figure 7: different regions, and one pixel against the region around it."""
    figure, axes = row(len(study.regions))
    numbers: dict[str, Any] = {}
    for name, axis in zip(study.regions, axes):
        found = study.explained(region=name)
        show_signed(figure, axis, found.to_map(), f"{name}: {found.prediction[0]:.3f}")
        outline(axis, study.regions[name])
        numbers[name] = study.facts(found, name)
    pixel = next(name for name in study.regions if name.endswith("one pixel"))
    # Different seeds, as for the ceiling: shared coalitions would share their errors.
    own = study.explained().values[0]
    others = (study.explained(region=pixel, seed=1), study.explained(seed=1))
    for name, other in zip(("pixel_against_region", "ceiling"), others):
        numbers[name] = rank_correlation(own, other.values[0])
        # Most cells contribute next to nothing, and their ranks are chance.
        numbers[f"{name}_linear"] = linear_correlation(own, other.values[0])
    caption = (
        "Regions; the pixel's contributions correlate with those of the region around it at"
        f" {numbers['pixel_against_region_linear']:.2f}, the region's with themselves under another"
        f" seed at {numbers['ceiling_linear']:.2f}."
    )
    return Made(figure, caption, numbers)


def figure_backgrounds(study: Study) -> Made:
    """What the background does, alone and averaged, and whether it is the class itself."""
    choices: list[Any] = [*BACKGROUNDS, BACKGROUNDS]
    figure, axes = row(len(choices))
    numbers: dict[str, Any] = {}
    for background, axis in zip(choices, axes):
        found = study.explained(background=background)
        name = "averaged" if isinstance(background, tuple) else background
        show_signed(figure, axis, found.to_map(), f"{name}: base {found.base[0]:.3f}")
        numbers[name] = {**study.facts(found), "is_the_class": bool(classes_in_background(found))}
    trapped = [name for name, facts in numbers.items() if facts["is_the_class"]]
    caption = (
        f"Backgrounds that the model takes for {study.target}: {', '.join(trapped) or 'none'}."
    )
    return Made(figure, caption, numbers)


def figure_classes(study: Study) -> Made:
    """Figures 9 to 11: why this class rather than that one, from one game."""
    cells = study.cells()
    names = [study.target, study.rival]
    game = study.game(cells, study.main_region, study.background, names)
    found = explain(ContrastGame(game, [(0, 1)]), cells, study.budget)
    figure, axes = row(4)
    show_image(axes[0], study.image, study.regions[study.main_region])
    axes[0].set_title("input and region")
    for target, axis in enumerate(axes[1:]):
        title = f"{found.settings['targets'][target]}: {found.prediction[target]:.3f}"
        show_signed(figure, axis, found.to_map(target), title)
    sure = np.abs(found.values[2]) > 2 * found.standard_errors[2]
    numbers = {
        "targets": found.settings["targets"],
        "predictions": found.prediction.tolist(),
        "sure_cells": int(sure.sum()),
        "cells": cells.n_players,
        "evaluations": found.evaluations,
        "correlation": rank_correlation(found.values[0], found.values[1]),
    }
    caption = f"{names[0]} rather than {names[1]}: {sure.sum()} cells differ beyond two errors."
    return Made(figure, caption, numbers)


def figure_models(study: Study) -> Made:
    """Two models on the same coalitions: future work in the paper."""
    if study.second is None:
        raise ValueError("a comparison needs a second model")
    cells = study.cells()
    game = make_comparison_game(
        [study.model, study.second],
        study.image,
        cells,
        [study.regions[study.main_region]],
        [study.target],
        study.background,
        evaluations=2 * study.budget,
    )
    found = compare(game, cells, study.budget)
    figure, axes = row(3)
    parts = (found.first, found.second, found.difference)
    titles = (study.model.card.id, study.second.card.id, "difference")
    for part, title, axis in zip(parts, titles, axes):
        show_signed(figure, axis, part.to_map(), f"{title}: {part.prediction[0]:.3f}")
    (agreement,) = found.agreements
    caption = (
        f"Two models agree at rank {agreement.rank_correlation:.2f} of at most"
        f" {agreement.ceiling:.2f}; {agreement.differing_cells} of {cells.n_players} cells differ."
    )
    return Made(figure, caption, _known(asdict(agreement)))


def figure_sanity(study: Study) -> Made:
    """Layer randomisation, and the other measures of faithfulness as numbers."""
    cells = study.cells()
    found = study.explained()
    regions = [study.regions[study.main_region]]

    def explained(model: Any, seed: int) -> Explanation:
        make: Any = make_game
        game = make(
            model,
            study.image,
            cells,
            regions,
            [study.target],
            study.background,
            evaluations=study.budget,
        )
        return explain(game, cells, study.budget, seed)

    check = randomisation_check(study.model, explained)
    game = study.game(cells, study.main_region, study.background, [study.target])
    mean, error = infidelity(game, found)
    change = float(found.prediction[0] - found.base[0])
    numbers = {
        "shares_randomised": (check.layers / check.n_layers).tolist(),
        "correlation": check.correlation.tolist(),
        "ceiling": check.ceiling,
        "infidelity": float(mean[0]),
        "infidelity_error": float(error[0]),
        "relative_infidelity": float(np.sqrt(mean[0]) / abs(change)) if change else None,
        "completeness_gap": float(completeness(found)[0]),
    }
    caption = (
        f"With all layers re-initialised the rank correlation is {check.correlation[-1]:.2f}, that"
        f" of two seeds {check.ceiling:.2f}; contributions foretell what hiding random cells"
        f" changes to {100 * (numbers['relative_infidelity'] or 0):.0f}% of the whole change."
    )
    return Made(randomisation_figure({"Shapley values": check}), caption, _known(numbers))


def figure_curves(study: Study) -> Made:
    """Insertion and deletion of every method, with random orders."""
    default = study.explained()
    game = study.game(default.superpixels, study.main_region, study.background, [study.target])
    maps = {f"hexagons, {size}": study.explained(size=size).to_map() for size in SIZES}
    maps |= {kind: study.explained(kind).to_map() for kind in KINDS[1:]}
    maps["RISE"] = study.heat().heat[0]
    steps = study.steps
    curves = {name: pixel_curves(game, heat, steps=steps) for name, heat in maps.items()}
    random = random_pixel_curves(game, default.superpixels, steps=steps, n_orders=RANDOM_MAPS)
    numbers: dict[str, Any] = {
        name: {"insertion": found.insertion.auc, "deletion": found.deletion.auc}
        for name, found in curves.items()
    }
    numbers["random"] = {
        kind: float(np.mean([getattr(found, kind).auc for found in random]))
        for kind in ("insertion", "deletion")
    }
    best = max(curves, key=lambda name: curves[name].insertion.auc)
    return Made(curves_figure(curves, random), f"Highest insertion: {best}.", numbers)


FIGURES: dict[str, Callable[[Study], Made]] = {
    "input-output-map": figure_input_output_map,
    "kinds": figure_kinds,
    "rise": figure_rise,
    "sizes": figure_sizes,
    "regions": figure_regions,
    "backgrounds": figure_backgrounds,
    "classes": figure_classes,
    "curves": figure_curves,
    "sanity": figure_sanity,
    "models": figure_models,
}
# Of a photograph; HarDNet-MSEG looks everywhere, so its maps cost many times those of the slick.
STREET_FIGURES = ("classes",)


def facts(found: Explanation, region: NDArray[np.bool_]) -> dict[str, Any]:
    """Numbers of an explanation: how strong, how few, how near.

    Parameters
    ----------
    found : Explanation
        Its first target counts.
    region : (H, W) bool array
        What was explained.
    """
    strength = np.abs(found.values[0])
    squares = np.sort(strength**2)[::-1]
    rows, columns = np.nonzero(region)
    away = np.hypot(*(found.superpixels.centres() - [rows.mean(), columns.mean()]).T)
    is_any = bool(strength.any())
    return {
        "prediction": float(found.prediction[0]),
        "base": float(found.base[0]),
        "cells": found.superpixels.n_players,
        "evaluations": found.evaluations,
        "precision": found.precision if np.isfinite(found.precision) else None,
        "largest": float(strength.max()),
        "share_of_three": float(squares[:3].sum() / squares.sum()) if is_any else None,
        "half_area": area_of_half(np.abs(found.to_map())) if is_any else None,
        "mean_distance": float(strength @ away / strength.sum()) if is_any else None,
    }


def linear_correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Pearson's correlation of two maps; 0 where one of them is the same everywhere."""
    a, b = first - first.mean(), second - second.mean()
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / lengths if lengths > 0 else 0.0


def _known(tree: Any) -> Any:
    """None in place of what is not a number: JSON has no word for it."""
    if isinstance(tree, dict):
        return {name: _known(branch) for name, branch in tree.items()}
    if isinstance(tree, list):
        return [_known(branch) for branch in tree]
    return None if isinstance(tree, float) and not np.isfinite(tree) else tree


def area_of_half(heat: NDArray[np.floating]) -> float:
    """Smallest share of the pixels that holds half of a map's total."""
    falling = np.sort(heat[np.isfinite(heat)].ravel())[::-1].cumsum(dtype=np.float64)
    return float(np.searchsorted(falling, falling[-1] / 2) + 1) / len(falling)
