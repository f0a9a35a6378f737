"""The measurements in their order; each returns plain numbers for the report."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segshap_qgis.explain import Superpixels, explain, hexagons
from segshap_qgis.explain.types import Game
from segshap_qgis.models import SegmentationModel

from .accuracy import coverage, evaluations_to, median_curve, relative_squared_error
from .chips import Chip
from .games import RememberedGame, diffuse_game, fingerprint
from .peers import METHODS, explanations_at
from .references import Reference, make_reference
from .speed import staged_game

BUDGETS = (50, 75, 100, 150, 250, 350, 500, 700, 1000, 1400, 2000, 2496)
# Of methods that start again for every budget, some are enough.
ANEW = (50, 100, 250, 500, 1000, 2496, 5000, 10000)
# Relative squared errors: a first useful map, and a settled one.
USEFUL, SETTLED = 0.1, 0.01
# Share of the range at which our own run stops itself.
STOP_AT = 0.03
REFERENCES = Path(__file__).resolve().parent / "references"

Curves = dict[str, dict[int, list[list[float]]]]  # method -> budget -> draws -> targets
Say = Callable[[str], None]


def remembered(model: SegmentationModel, chip: Chip, cache: Path | None) -> RememberedGame:
    """The regions of a chip as one game that remembers its values, float32."""
    game = staged_game(model, chip, list(chip.regions.values()))
    return RememberedGame(game, cache and cache / f"{chip.name}-{identity(model, chip)}.npz")


def identity(model: SegmentationModel, chip: Chip) -> str:
    """Changes with the weights, the image, the cells and the regions."""
    masks = np.stack(list(chip.regions.values()))
    weights = model.card.weights.get("sha256")
    return fingerprint(weights, chip.image, chip.superpixels.labels, masks)


def reference_for(
    game: RememberedGame, model: SegmentationModel, chip: Chip, remake: bool, say: Say
) -> Reference:
    """The stored reference where it was made for this very game, else a new one, stored."""
    path = REFERENCES / f"{chip.name}.npz"
    made_for = {
        "image": chip.title,
        "regions": list(chip.regions),
        "cells": game.n_players,
        "game": identity(model, chip),
    }
    if path.is_file() and not remake:
        stored = Reference.read(path)
        if made_for.items() <= stored.provenance.items():
            return stored
        say(f"  the stored reference of {chip.name} belongs to another model or image")
    found = make_reference(game, say=say)
    provenance = {**found.provenance, **made_for}
    found = replace(found, provenance=provenance)
    found.write(path)
    game.save()
    return found


def error_curves(
    game: Game,
    superpixels: Superpixels,
    reference: NDArray[np.float64],
    methods: Sequence[str],
    budgets: Sequence[int],
    seeds: Sequence[int],
) -> Curves:
    """Relative squared error of each method after each budget, for every seed and target."""
    curves: Curves = {}
    for name in methods:
        method = METHODS[name]
        wanted = budgets if method.goes_on else [b for b in budgets if b in ANEW]
        able = method.budgets(wanted, game.n_players)
        curves[name] = {budget: [] for budget in able}
        for seed in seeds if able else ():
            for budget, values in method.estimate(game, superpixels, able, seed).items():
                errors = relative_squared_error(values, reference)
                curves[name][budget].append(errors.tolist())
    return curves


def medians(curves: Curves, target: int) -> dict[str, dict[int, float]]:
    """Median curve of each method for one target."""
    return {
        name: median_curve({b: [draw[target] for draw in draws] for b, draws in curve.items()})
        for name, curve in curves.items()
    }


def costs(curves: Mapping[str, Mapping[int, float]], threshold: float) -> dict[str, float]:
    """Evaluations that each method needs to come to an error and stay there."""
    return {
        name: evaluations_to(curve, threshold) if curve else float("inf")
        for name, curve in curves.items()
    }


def interval_coverage(
    game: Game,
    superpixels: Superpixels,
    reference: Reference,
    seeds: Sequence[int],
    budgets: Sequence[int],
) -> dict[int, list[float]]:
    """Coverage of our 95% intervals at each budget, one figure for every target."""
    shares: dict[int, list[list[float]]] = {budget: [] for budget in budgets}
    for seed in seeds:
        for budget, run in explanations_at(game, superpixels, budgets, seed).items():
            of_targets = zip(
                run.values, run.standard_errors, reference.values, reference.standard_errors
            )
            shares[budget].append([coverage(*arrays) for arrays in of_targets])
    return {budget: np.mean(draws, axis=0).tolist() for budget, draws in shares.items()}


def stopped_run(
    model: SegmentationModel, chip: Chip, kind: str, reference: NDArray[np.float64], seed: int
) -> dict[str, float]:
    """One explanation as a user runs it, timed from nothing to where it stops itself."""
    started = time.perf_counter()
    game = staged_game(model, chip, [chip.regions[kind]], "auto")
    table = time.perf_counter() - started
    found = explain(game, chip.superpixels, 2500, seed, stop_at=STOP_AT)
    seconds = time.perf_counter() - started
    error = relative_squared_error(found.values, reference[None])[0]
    return {
        "seconds": seconds,
        "table": table,
        "evaluations": found.evaluations,
        "precision": found.precision,
        "error": float(error),
    }


def diffuse_study(quick: bool, seeds: Sequence[int], say: Say) -> dict[str, dict[str, Any]]:
    """Error curves on games in which every cell matters; their values are known exactly."""
    superpixels = hexagons((512, 512), side=22)
    families = {"rough field": 0.0, "patches of 60 px": 60.0, "swells of 150 px": 150.0}
    found = {}
    for title, smoothness in list(families.items())[:: 2 if quick else 1]:
        say(f"  diffuse game: {title}")
        game = diffuse_game(superpixels, smoothness, seed=11)
        curves: Curves = {}
        for name, method in METHODS.items():
            # Peers are followed until they arrive; ours has arrived by then.
            budgets = BUDGETS if quick or not method.is_peer else (*BUDGETS, 5000, 10000)
            curves |= error_curves(game, superpixels, game.shapley(), [name], budgets, seeds)
        median = medians(curves, 0)
        found[title] = {"curves": median, "to_1_percent": costs(median, SETTLED)}
    return found


def real_study(
    game: RememberedGame,
    chip: Chip,
    reference: Reference,
    budgets: Sequence[int],
    seeds: Sequence[int],
) -> dict[str, dict[str, Any]]:
    """Error curves on one image, by kind of region."""
    curves = error_curves(game, chip.superpixels, reference.values, list(METHODS), budgets, seeds)
    game.save()
    found = {}
    for target, kind in enumerate(chip.regions):
        median = medians(curves, target)
        found[kind] = {
            "curves": median,
            "to_10_percent": costs(median, USEFUL),
            "to_1_percent": costs(median, SETTLED),
            "reference_disagreement": float(reference.disagreement[target]),
        }
    return found
