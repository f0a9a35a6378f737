"""Curves of faithfulness and colours of maps on real figures."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgba

from segshap_qgis.colours import HEAT, POSITIONS, RED_WHITE_GREEN
from segshap_qgis.errors import DependencyError, SettingsError
from segshap_qgis.explain import deletion_insertion, explain, from_labels
from segshap_qgis.explain.pixel_curves import pixel_curves
from segshap_qgis.explain.reliability import RandomisationCheck
from segshap_qgis.figures import (
    curves_figure,
    heat_colours,
    new_figure,
    randomisation_figure,
    signed_colours,
)
from tests.explain.games import FunctionGame

CELLS = from_labels(np.arange(9).reshape(3, 3))
WEIGHTS = np.arange(1.0, 10.0)


class Game(FunctionGame):
    def evaluate_masks(self, masks):
        return self(masks.reshape(len(masks), -1) > 0.5)


@pytest.fixture(scope="module")
def game():
    return Game(9, lambda z: z @ WEIGHTS)


def labels(axis):
    return [text.get_text() for text in axis.get_legend().get_texts()]


def test_one_explanation_is_drawn_with_its_reverse_and_random_orders(game, tmp_path):
    found = deletion_insertion(game, explain(game, CELLS, budget=60))
    figure = curves_figure({"SHAP": found})
    deletion, insertion = figure.axes
    assert labels(insertion)[0].startswith("20 random orders")
    assert labels(insertion)[1] == f"SHAP {found.insertion.auc:.2f}"
    assert labels(insertion)[2] == f"reverse order {found.reverse_insertion.auc:.2f}"
    drawn = next(line for line in deletion.lines if line.get_label().startswith("SHAP"))
    np.testing.assert_allclose(drawn.get_ydata(), found.deletion.value)
    path = tmp_path / "curves.png"
    figure.savefig(path)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_several_maps_stand_beside_each_other_without_their_reverses(game):
    good, bad = (pixel_curves(game, heat.reshape(3, 3), steps=9) for heat in (WEIGHTS, -WEIGHTS))
    figure = curves_figure({"good": good, "bad": bad}, random=[good, bad])
    assert [label.split()[0] for label in labels(figure.axes[1])] == ["2", "good", "bad"]
    assert good.insertion.auc > bad.insertion.auc


def test_the_randomisation_curve_begins_at_the_ceiling():
    check = RandomisationCheck(
        np.array([2, 4]), 4, np.array([0.5, 0.1]), np.array([0.6, 0.2]), 0.95
    )
    (axis,) = randomisation_figure({"SHAP": check}).axes
    np.testing.assert_allclose(axis.lines[0].get_xdata(), [0, 50, 100])
    np.testing.assert_allclose(axis.lines[0].get_ydata(), [0.95, 0.5, 0.1])


def test_nothing_to_draw_is_said():
    with pytest.raises(SettingsError, match="no curve"):
        curves_figure({})
    with pytest.raises(SettingsError, match="no curve"):
        randomisation_figure({})


def test_without_matplotlib_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(DependencyError, match="pip install matplotlib"):
        new_figure(4, 3)


def test_signed_maps_have_the_colours_of_the_plugin_and_are_white_at_zero():
    shown = new_figure(2, 2).subplots().imshow([[-2.0, 2.0]], cmap=signed_colours())
    assert to_hex(shown.to_rgba(0.0)) == "#ffffff"
    drawn = [shown.to_rgba(2 * position) for position in POSITIONS]
    wanted = [to_rgba(colour) for colour in RED_WHITE_GREEN]
    # Between two of its shades a colour is as near as a 256th of the scale allows.
    np.testing.assert_allclose(drawn, wanted, atol=0.02)


def test_heat_has_the_colours_of_the_plugin():
    colours = heat_colours()
    assert [to_hex(colours(share)) for share in (0.0, 1.0)] == [HEAT[0], HEAT[-1]]
