"""The method: super-pixels, coalitions, Shapley values, RISE, faithfulness. numpy only."""

from .combined_games import ContrastGame, classes_in_background, only_targets
from .comparison import Comparison, compare
from .explainer import explain, shapley_values
from .faithfulness import deletion_insertion
from .rise import explain_by_rise, has_signs, is_heat, rise
from .superpixels import from_labels, hexagons, slic, squares
from .types import Explanation, Game, Superpixels

__all__ = [
    "Comparison",
    "ContrastGame",
    "Explanation",
    "Game",
    "Superpixels",
    "classes_in_background",
    "compare",
    "deletion_insertion",
    "explain",
    "explain_by_rise",
    "from_labels",
    "has_signs",
    "hexagons",
    "is_heat",
    "only_targets",
    "rise",
    "shapley_values",
    "slic",
    "squares",
]
