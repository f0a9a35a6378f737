"""One game of several backgrounds or several models, each part the fastest game that applies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import SettingsError
from ..explain.combined_games import ContrastGame, MeanGame, StackedGame
from ..explain.types import Superpixels
from .backgrounds import Background
from .loading import make_game
from .model import Model


def make_averaged_game(
    model: Model,
    image: NDArray,
    superpixels: Superpixels,
    regions: Sequence[NDArray[np.bool_]],
    targets: Sequence[str | int],
    backgrounds: Sequence[Background],
    **keywords: Any,
) -> MeanGame:
    """The mean of the games on several backgrounds, so that no single one decides.

    Parameters
    ----------
    model, image, superpixels, regions, targets, **keywords
        As `make_game`.
    backgrounds : sequence of str, float or (B, H, W) array
        Each as `segshap_qgis.models.MaskedGame` takes it. An evaluation runs the
        model once for each.

    Raises
    ------
    SettingsError
        No background.
    """
    if not backgrounds:
        raise SettingsError("No background was chosen.", "Choose at least one background.")
    games = [
        make_game(model, image, superpixels, regions, targets, background, **keywords)
        for background in backgrounds
    ]
    return MeanGame(games)


def make_comparison_game(
    models: Sequence[Model],
    image: NDArray,
    superpixels: Superpixels,
    regions: Sequence[NDArray[np.bool_]],
    targets: Sequence[str],
    background: Background | tuple[Background, ...] = "mean",
    **keywords: Any,
) -> ContrastGame:
    """Two models on the same regions and coalitions, and "first rather than second" as targets.

    Parameters
    ----------
    models : sequence of two SegmentationModel
        What is compared; their bands must be the image's.
    targets : sequence of str
        Names of classes that both models have.
    background : str, float, (B, H, W) array or tuple of them
        As `make_game`; over several of a tuple the values are averaged.
    image, superpixels, regions, **keywords
        As `make_game`.

    Returns
    -------
    ContrastGame
        With T targets of the first model, T of the second, and their T differences;
        `segshap_qgis.explain.comparison.compare` reads it.

    Raises
    ------
    SettingsError
        Not two models, or a class that one of them lacks.
    """
    if len(models) != 2:
        raise SettingsError("A comparison needs two models.", "Choose two models.")
    make: Any = make_averaged_game if isinstance(background, tuple) else make_game
    games = [
        make(model, image, superpixels, regions, targets, background, **keywords)
        for model in models
    ]
    n_targets = games[0].n_targets
    names = [model.card.id for model in models]
    if names[0] == names[1]:
        names = [f"{name} ({place})" for name, place in zip(names, ("first", "second"))]
    pairs = [(target, n_targets + target) for target in range(n_targets)]
    return ContrastGame(StackedGame(games, names), pairs)
