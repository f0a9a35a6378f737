"""Every number of a comparison of two models, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from segshap_qgis.errors import SettingsError
from segshap_qgis.explain import Explanation, from_labels
from segshap_qgis.explain.combined_games import ContrastGame
from segshap_qgis.explain.comparison import Comparison, _agreement, compare, likeness
from tests.explain.games import FunctionGame

CELLS = from_labels(np.arange(4)[None])


def explained(values, errors, name="large: oil", base=0.25):
    values, errors = np.array([values], float), np.array([errors], float)
    base = np.array([base])
    settings = {"targets": [name]}
    return Explanation(values, errors, base, base + values.sum(), CELLS, 8, 0, settings)


# Ranks 4 3 2 1 and, with another seed, 3 4 2 1: Spearman's 1 - 6 * 2 / 60 = 0.8.
FIRSTS = [explained([4, 3, 2, 1], [2, 1.5, 1.1, 0.1]), explained([3, 4, 2, 1], [0.1] * 4)]
# Ranks 4 3 1 2 and 4 3 2 1: 0.8.
SECONDS = [
    explained([4, 3, -2, -1], [0.1, 1.51, 1, 0.1], "small: oil", 0.5),
    explained([4, 3, 2, 1], [0.1] * 4, "small: oil", 0.5),
]
DIFFERENCE = explained([0.0, 0.5, 4, 2], [0.0, 0.25, 2.1, 0.5], "difference", -0.25)


def test_an_agreement_by_hand():
    found = _agreement(FIRSTS, SECONDS, DIFFERENCE, 0)
    assert (found.target, found.first, found.second) == ("oil", "large: oil", "small: oil")
    assert (found.prediction_first, found.prediction_second) == (10.25, 4.5)
    assert (found.base_first, found.base_second) == (0.25, 0.5)
    assert found.stability_first == pytest.approx(0.8)
    assert found.stability_second == pytest.approx(0.8)
    assert found.ceiling == pytest.approx(0.8)
    # Different seeds only: 4321 with 4321 is 1, 3421 with 4312 has differences 1 1 1 1: 0.6.
    assert found.rank_correlation == pytest.approx((1.0 + 0.6) / 2)
    # Two standard errors suffice, a little less does not: cells 0 and 3 are sure in both.
    assert found.sure_cells == 2
    assert found.sign_agreement == 0.5
    # Of the difference cells 1 and 3; a zero is never sure.
    assert found.differing_cells == 2
    assert found.largest_difference == 4.0


def test_a_model_that_contradicts_itself_has_a_ceiling_of_zero():
    against = [FIRSTS[0], replace(FIRSTS[0], values=FIRSTS[0].values[:, ::-1])]
    found = _agreement(against, SECONDS, DIFFERENCE, 0)
    assert found.stability_first == pytest.approx(-1.0)
    assert found.ceiling == 0.0


def test_the_report_says_of_how_many_cells():
    agreement = _agreement(FIRSTS, SECONDS, DIFFERENCE, 0)
    unsure = replace(agreement, sure_cells=0, sign_agreement=float("nan"))
    table = Comparison(FIRSTS[0], SECONDS[0], DIFFERENCE, (agreement, unsure)).to_markdown()
    assert table == (
        "| target | first | second | rank correlation | ceiling | same sign | differ |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
        "| oil | 10.250 | 4.500 | 0.80 | 0.80 | 0.50 of 2 | 2 of 4 |\n"
        "| oil | 10.250 | 4.500 | 0.80 | 0.80 | - of 0 | 2 of 4 |\n"
    )


@pytest.mark.parametrize(("sure", "known"), [(2, False), (3, True)])
def test_three_sure_cells_have_a_rank_correlation_and_two_have_none(sure, known):
    errors = [0.1] * sure + [9.0] * (4 - sure)
    one, none = explained([4, 3, 2, 1], errors), explained([1, 2, 3, 4], [9.0] * 4)
    alike = likeness(one, none, explained([3, 1, -1, -3], [1, 1, 1, 1]))
    assert alike.rank_correlation == pytest.approx(-1.0)
    assert np.isfinite(alike.rank_correlation_of_sure) == known
    assert alike.sure_cells == 0
    assert alike.differing_cells == 2


def test_a_game_of_two_models_has_three_targets_for_each_class_in_their_order():
    game = FunctionGame(4, lambda z: np.stack([z @ np.arange(4.0) * k for k in range(4)], 1), 4)
    for pairs in ([(0, 1)], [(0, 3), (1, 2)], [(0, 2)]):
        with pytest.raises(SettingsError, match="make_comparison_game"):
            compare(ContrastGame(game, pairs), CELLS, 20)
    seen = []
    found = compare(
        ContrastGame(game, [(0, 2), (1, 3)]),
        CELLS,
        20,
        seeds=(3, 4, 3),
        on_progress=lambda partial: not seen.append(partial),
    )
    assert len(found.agreements) == 2
    assert found.first.seed == 3
    assert {partial.seed for partial in seen} == {3, 4}
    np.testing.assert_allclose(found.difference.values[1], -2 * np.arange(4.0), atol=1e-9)
