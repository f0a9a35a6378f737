"""How alike two finished explanations are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from segshap_qgis.explain import Explanation, from_labels
from segshap_qgis.explain.comparison import likeness

CELLS = from_labels(np.arange(6).reshape(2, 3))


def explained(values, error=0.1):
    values = np.array([values], dtype=float)
    errors = np.full_like(values, error)
    return Explanation(values, errors, np.zeros(1), values.sum(axis=1), CELLS, 8, 0)


def minus(first, second):
    errors = np.hypot(first.standard_errors, second.standard_errors)
    return replace(first, values=first.values - second.values, standard_errors=errors)


def test_an_explanation_is_as_alike_to_itself_as_can_be():
    one = explained([5.0, 4.0, -3.0, 0.02, 0.01, 0.0])
    alike = likeness(one, one, minus(one, one))
    assert alike.rank_correlation == pytest.approx(1.0)
    assert alike.rank_correlation_of_sure == pytest.approx(1.0)
    assert (alike.sign_agreement, alike.sure_cells) == (1.0, 3)
    assert (alike.differing_cells, alike.largest_difference) == (0, 0.0)


def test_signs_and_differences_are_counted_where_they_are_sure():
    one = explained([5.0, 4.0, -3.0, 0.02, 0.01, 0.0])
    two = explained([5.0, -4.0, -3.0, -0.02, 0.0, 0.01])
    alike = likeness(one, two, minus(one, two))
    assert alike.sign_agreement == pytest.approx(2 / 3)
    assert alike.differing_cells == 1
    assert alike.largest_difference == pytest.approx(8.0)
    # Of the three cells that count, ranks 3 2 1 and 3 1 2.
    assert alike.rank_correlation_of_sure == pytest.approx(0.5)


def test_what_is_not_known_is_no_number():
    one = replace(explained([1.0] * 6), standard_errors=np.full((1, 6), np.nan))
    alike = likeness(one, one, minus(one, one))
    assert np.isnan([alike.rank_correlation_of_sure, alike.sign_agreement]).all()
    assert alike.sure_cells == 0
