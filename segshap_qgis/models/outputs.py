"""What a network of the user's own gives: scores, or probabilities that are made scores again."""

from __future__ import annotations

import numpy as np

from ..errors import ModelError

OUTPUTS = ("logits", "probabilities")
# Rounding of a softmax over many classes in half precision, at most.
SUM_TOLERANCE = 1e-2


def recognise_output(scores: np.ndarray, name: str) -> str:
    """Tell probabilities from logits on one example: (N, C, H, W) to a name of `OUTPUTS`.

    One map of values in [0, 1] is a probability (a sigmoid was applied); several are probabilities
    where they lie in [0, 1], whether or not they sum to 1.

    Raises
    ------
    ModelError
        Not of that shape, or not finite.
    """
    if scores.ndim != 4 or scores.size == 0 or scores.dtype.kind != "f":
        raise ModelError(
            f"{name} gives {scores.dtype} of shape {scores.shape}; scores of shape (batch, "
            "classes, rows, columns) are needed.",
            "Export the network without what picks the winning class.",
        )
    if not np.isfinite(scores).all():
        raise ModelError(f"{name} gives values that are no numbers.", "Export the network again.")
    within = scores.min() >= 0 and scores.max() <= 1 + SUM_TOLERANCE
    return "probabilities" if within else "logits"
