"""Trust and the shares beside it, on games that are small enough to be worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from segshap_qgis.explain import Explanation, from_labels
from segshap_qgis.scene.trust import scores_of, shares_of, stability_of, trust_of

# Four cells of 10 x 10 pixels side by side; the slick lies in the first.
LABELS = np.repeat(np.arange(4), 10)[None].repeat(10, axis=0)
SLICK = (np.arange(40) < 6)[None].repeat(10, axis=0)
NEAR = 12  # pixels: from the slick to the centre of the second cell, 9.5, and not of the third


def explained(values, base=0.1, errors=0.0):
    values = np.array([values], dtype=np.float64)
    return Explanation(
        values=values,
        standard_errors=np.full(values.shape, errors),
        base=np.array([base]),
        prediction=base + values.sum(axis=1),
        superpixels=from_labels(LABELS),
        evaluations=16,
        seed=0,
        settings={"targets": ["oil"]},
    )


class Table:
    """A game that adds up the cells' values, and `together` where all of some cells are shown."""

    n_players, n_targets = 4, 1

    def __init__(self, base, values, cells=(), together=0.0):
        self.base, self.values = base, np.array(values)
        self.cells, self.together = list(cells), together

    def __call__(self, coalitions):
        joined = coalitions[:, self.cells].all(axis=1) if self.cells else 0.0
        return (self.base + coalitions @ self.values + self.together * joined)[:, None]


def test_shares_are_those_of_the_absolute_contributions():
    shares = shares_of(explained([0.4, 0.2, -0.1, 0.3]), SLICK, NEAR)
    assert shares == pytest.approx((0.4, 0.2, 0.4, 0.6))


def test_only_what_speaks_for_the_slick_from_near_it_is_support():
    assert shares_of(explained([0.4, -0.2, 0.1, 0.3]), SLICK, NEAR).support == pytest.approx(0.4)
    assert shares_of(explained([-0.4, -0.2, 0.1, 0.3]), SLICK, NEAR).support == 0
    assert shares_of(explained([0.4, 0.2, 0.0, 0.0]), SLICK, NEAR).support == pytest.approx(1)


def test_trust_is_the_probability_times_the_support():
    shares = shares_of(explained([0.4, -0.2, 0.1, 0.3]), SLICK, NEAR)
    assert trust_of(0.7, shares) == pytest.approx(0.28)


def test_contributions_that_are_all_nothing_give_no_trust():
    shares = shares_of(explained([0.0] * 4), SLICK, NEAR)
    assert all(math.isnan(share) for share in shares)
    assert trust_of(0.9, shares) == 0


@pytest.mark.parametrize(
    ("more", "less"),
    [
        pytest.param((0.9, [0.5, 0.3, 0.0, 0.0]), (0.6, [0.5, 0.3, 0.0, 0.0]), id="probability"),
        pytest.param((0.8, [0.5, 0.2, 0.0, 0.0]), (0.8, [0.1, 0.1, 0.2, 0.3]), id="far away"),
        pytest.param((0.8, [0.6, 0.1, 0.0, 0.0]), (0.8, [0.9, 0.3, -0.3, -0.2]), id="balance"),
    ],
)
def test_trust_falls_with_the_probability_with_the_distance_and_with_what_speaks_against(
    more, less
):
    high, low = (
        trust_of(probability, shares_of(explained(values), SLICK, NEAR))
        for probability, values in (more, less)
    )
    assert 0 <= low < high <= 1


def test_contributions_of_a_game_that_adds_up_foretell_all_of_it():
    """Whether few cells decide or many, and where contributions oppose each other."""
    for values in ([0.8, 0.0, 0.0, 0.0], [0.2, 0.2, 0.2, 0.2], [0.9, 0.4, -0.3, -0.2]):
        scores = scores_of(Table(0.1, values), explained(values), 0)
        assert scores.faithfulness == pytest.approx(1)


def test_areas_of_a_game_that_adds_up():
    # Inserted by contribution it holds 0, 1/2, 3/4, 1 and 1; in reverse 0, 0, 1/4, 1/2 and 1.
    values = [0.4, 0.2, 0.0, 0.2]
    scores = scores_of(Table(0.1, values), explained(values), 0)
    assert scores[:4] == pytest.approx((2.75 / 4, 1.25 / 4, 1.25 / 4, 2.75 / 4))


def test_faithfulness_is_the_share_of_the_differences_that_is_foretold():
    """Two cells that do nothing but together share what they do: one of them shown alone is off."""
    game = Table(0.1, [0.0] * 4, cells=(0, 1), together=0.8)
    scores = scores_of(game, explained([0.4, 0.4, 0.0, 0.0]), 0)
    # Nobody and everyone; inserted .1 .9 .9, deleted .1 .1 .1; in reverse .1 .1 .1 and .9 .9 .1.
    found = np.array([0.1, 0.9, 0.1, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.9, 0.9, 0.1])
    missed = 4 * 0.4**2 / 14
    assert scores.faithfulness == pytest.approx(1 - missed / found.var())


def test_a_game_that_masking_does_not_change_has_no_scores():
    scores = scores_of(Table(0.1, [0.0] * 4), explained([0.0] * 4), 0)
    assert all(math.isnan(score) for score in scores)


def test_stability_is_what_is_left_of_the_variance_without_the_noise():
    # Variance 0.05, mean squared error 0.01.
    values = [0.1, 0.3, 0.5, 0.7]
    assert stability_of(explained(values, errors=0.1)) == pytest.approx(0.8)
    assert stability_of(explained(values, errors=1.0)) == 0
    assert stability_of(explained(values, errors=math.nan)) == 0
