"""The method: super-pixels, coalitions, Shapley values. numpy only."""

from .explainer import explain, shapley_values
from .superpixels import from_labels, hexagons, slic, squares
from .types import Explanation, Game, Superpixels

__all__ = [
    "Explanation",
    "Game",
    "Superpixels",
    "explain",
    "from_labels",
    "hexagons",
    "shapley_values",
    "slic",
    "squares",
]
