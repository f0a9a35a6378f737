"""One run of `shap.KernelExplainer` on plain evaluation, complete: what the others are told beside.

It takes hours at full size, so it can be stopped at any time and goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from segshap_qgis.models import SegmentationModel

from .accuracy import relative_squared_error
from .chips import Chip, cropped
from .games import RememberedGame, fingerprint
from .peers import as_users_run_it, shap_kernel
from .speed import interleaved, plain_game, staged_game, timed


def complete_plain_run(
    model: SegmentationModel,
    sample: Chip,
    size: int,
    budget: int | None,
    cache: Path,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """`shap.KernelExplainer` as it comes, every evaluation a plain one, beside its prediction.

    Parameters
    ----------
    model : SegmentationModel
        The shipped model.
    sample : Chip
        What is explained: the value of the pixel in its slick.
    size : int
        Window of it in pixels, with as many cells.
    budget : int, optional
        Evaluations; shap's own default, 2 M + 2048.
    cache : Path
        Folder that keeps values and seconds between runs.
    say : callable
        Told what is to come.

    Returns
    -------
    dict
        ``threads``: of torch; ``seconds``: of all evaluations and of shap's own work;
        ``predicted_seconds``: evaluations times the plain seconds measured now; ``difference``:
        distance of the values from those of the same method through staged evaluation, over their
        norm.
    """
    chip = cropped(sample, size)
    region = [chip.regions["pixel"]]
    plain = plain_game(model, chip, region)
    z = np.ones((plain.batch_size, plain.n_players), dtype=bool)
    seconds_each = interleaved({"plain": lambda: plain(z)}, 5)["plain"] / len(z)
    evaluations = budget or as_users_run_it(plain.n_players)

    made_for = fingerprint(model.card.weights.get("sha256"), chip.image, chip.superpixels.labels)
    path = cache / f"plain-{size}-{torch.get_num_threads()}-{made_for}.npz"
    game = RememberedGame(plain, path, chunk=plain.batch_size, save_every=8)
    left = max(0, evaluations - len(game))
    say(f"Complete plain run: {left} evaluations, about {left * seconds_each:.0f} s")
    known = game.seconds
    total, values = timed(lambda: shap_kernel(game, evaluations, seed=0))
    game.save()
    staged = shap_kernel(staged_game(model, chip, region), evaluations, seed=0)
    return {
        "size": size,
        "threads": torch.get_num_threads(),
        "cells": plain.n_players,
        "evaluations": evaluations,
        "seconds": known + total,
        "predicted_seconds": evaluations * seconds_each,
        "difference": float(np.sqrt(relative_squared_error(staged, values)[0])),
    }
