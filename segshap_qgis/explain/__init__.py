"""The method: super-pixels, coalitions, Shapley values, RISE, faithfulness. numpy only."""

from .explainer import explain, shapley_values
from .faithfulness import deletion_insertion
from .rise import rise
from .superpixels import from_labels, hexagons, slic, squares
from .types import Explanation, Game, Superpixels

__all__ = [
    "Explanation",
    "Game",
    "Superpixels",
    "deletion_insertion",
    "explain",
    "from_labels",
    "hexagons",
    "rise",
    "shapley_values",
    "slic",
    "squares",
]
