"""Explaining the slicks of one window: what a worker does, on this machine or on another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Optional

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from ..errors import SegShapError
from ..explain import Explanation, explain
from ..explain.combined_games import only_targets
from ..explain.types import Game, Superpixels
from ..geo import RasterReader, Record, Window, region_from_geometry
from ..geo.grid import place_window
from ..geo.merging import merge_pixels
from ..geo.run_document import pack
from ..workflow import Request, superpixels_for
from .groups import Group
from .trust import scores_of, shares_of, stability_of, trust_of

if TYPE_CHECKING:
    from ..models import SegmentationModel

# More threads sum in another order and change last bits; more cores are used by more workers.
THREADS = 1
TOP_CELLS = 5
EXPLAINED = "explained"


@dataclass(frozen=True)
class ExplainRequest:
    """What is asked for every slick.

    Attributes
    ----------
    raster : str
        Path of the scene.
    run : Request
        Settings of every explanation.
    near : float
        Pixels of the window within which surroundings are near; see `trust`.
    """

    raster: str
    run: Request
    near: float = 64.0


@dataclass(frozen=True)
class Explained:
    """What became of one slick.

    Attributes
    ----------
    slick : int
        Its number, from 0.
    row : mapping
        Its attributes; JSON-compatible. ``row["state"]`` is "explained", or says why it is not.
    document, arrays : str, bytes
        The whole run as `geo.run_document` packs it; empty where there is none.
    """

    slick: int
    row: dict[str, Any] = field(default_factory=dict)
    document: str = ""
    arrays: bytes = b""


def read_group(
    request: ExplainRequest, group: Group, reader: Optional[RasterReader] = None
) -> Window:
    """The window of a group, its pixels merged as far as the group needs."""
    reader = reader or RasterReader(request.raster, request.run.bands)
    shape = reader.grid.height, reader.grid.width
    bounds = place_window(group.bounds, shape, request.run.window * group.merge)
    return merge_pixels(reader.read(bounds), group.merge)


def explain_group(
    request: ExplainRequest,
    model: SegmentationModel,
    window: Window,
    group: Group,
    outlines: Sequence[Any],
    is_cancelled: Callable[[], bool] = bool,
) -> list[Explained]:
    """Explain all slicks of a window with one set of passes through the network.

    Parameters
    ----------
    request : ExplainRequest
        What is asked.
    model : SegmentationModel
        The black box.
    window : Window
        As `read_group` reads it.
    group : Group
        Which slicks.
    outlines : sequence of shapely geometry
        Outlines of the group's members, in the raster's CRS.
    is_cancelled : callable
        Asked between two layers of the network.

    Returns
    -------
    list of Explained
        One for each member, in order. A slick that cannot be explained says why.

    Raises
    ------
    Interrupted
        It was cancelled; nothing of the group is kept.
    """
    regions, failed = _regions(group, window, outlines)
    if not regions:
        return [failed[member] for member in group.members]
    try:
        with model.computing_threads(THREADS), model.interruptible(is_cancelled):
            found = _explained(request, model, window, group, regions)
    except SegShapError as error:
        found = {member: Explained(member, _facts(group, str(error))) for member in regions}
    return [{**found, **failed}[member] for member in group.members]


def _regions(
    group: Group, window: Window, outlines: Sequence[Any]
) -> tuple[dict[int, NDArray[np.bool_]], dict[int, Explained]]:
    """Pixels of every member, and what became of those that have none."""
    regions, failed = {}, {}
    for member, outline in zip(group.members, outlines):
        try:
            regions[member] = region_from_geometry(outline, window)
        except SegShapError as error:  # noqa: PERF203, the others go on
            failed[member] = Explained(member, _facts(group, str(error)))
    return regions, failed


def _explained(
    request: ExplainRequest,
    model: SegmentationModel,
    window: Window,
    group: Group,
    regions: dict[int, NDArray[np.bool_]],
) -> dict[int, Explained]:
    run = request.run
    cells = superpixels_for(run, window)
    probability = probability_of(run, model, window)
    game = game_of(run, model, window, cells, list(regions.values()))
    settings = {**run.settings(), "model_id": model.card.id}
    joint = explain(
        game, cells, budget=run.budget, seed=run.seed, stop_at=run.stop_at, settings=settings
    )
    results = {}
    for target, (member, region) in enumerate(regions.items()):
        own = only_targets(joint, [target])
        own = replace(own, settings={**own.settings, "targets": [run.target]})
        likely = float(probability[region & window.valid].mean(dtype=np.float64))
        row = _facts(group, EXPLAINED) | _row(request, game, own, target, region, likely)
        record = Record(
            name=f"slick {member + 1}",
            explanation=own,
            window=window,
            region=region,
            probability=probability,
            # No times: the same job gives the same bits.
            settings={**settings, "merge": group.merge, "kind": "region", "version": __version__},
        )
        results[member] = Explained(member, row, *pack(record))
    return results


def probability_of(run: Request, model: SegmentationModel, window: Window) -> NDArray[np.float32]:
    """What the model makes of the whole window, (H, W).

    One pass takes as much memory as a game does with its tables: it is done before there is one.
    """
    unit = run.unit or window.unit
    return model.predict(window.bands, window.valid, unit)[model.class_index(run.target)]


def game_of(
    run: Request,
    model: SegmentationModel,
    window: Window,
    cells: Superpixels,
    regions: Sequence[NDArray[np.bool_]],
) -> Game:
    """The game of all slicks of a window."""
    from ..models import make_averaged_game, make_game

    make: Any = make_averaged_game if isinstance(run.background, tuple) else make_game
    game: Game = make(
        model,
        window.bands,
        cells,
        regions,
        [run.target],
        run.background,
        output=run.output,
        valid=window.valid,
        unit=run.unit or window.unit,
        evaluations=run.budget,
        precision="float32",  # what is faster on one machine only would make results differ
    )
    return game


def _facts(group: Group, state: str) -> dict[str, Any]:
    return {"state": state, "window": group.number + 1, "merge": group.merge}


def _row(
    request: ExplainRequest,
    game: Any,
    own: Explanation,
    target: int,
    region: NDArray[np.bool_],
    likely: float,
) -> dict[str, Any]:
    """Everything about one slick that a person sorts and filters by.

    How `likely` it is, is what was explained, unless that was a score or a decision.
    """
    shares = shares_of(own, region, request.near)
    scores = scores_of(game, own, target)
    values = own.values[0]
    top = np.argsort(-np.abs(values), kind="stable")[:TOP_CELLS]
    return {
        "probability": float(own.prediction[0]),
        "base_value": float(own.base[0]),
        "sum_of_contributions": float(values.sum()),
        "share_slick": shares.slick,
        "share_near": shares.near,
        "share_far": shares.far,
        "support": shares.support,
        "trust": trust_of(likely, shares),
        "insertion": scores.insertion,
        "deletion": scores.deletion,
        "reverse_insertion": scores.reverse_insertion,
        "reverse_deletion": scores.reverse_deletion,
        "faithfulness": scores.faithfulness,
        "stability": stability_of(own),
        "top_cells": ", ".join(f"{cell}: {values[cell]:+.4f}" for cell in top),
        "evaluations": int(own.evaluations),
        "precision": float(own.precision) if np.isfinite(own.precision) else float("nan"),
        "region_pixels": int(np.count_nonzero(region)),
    }
