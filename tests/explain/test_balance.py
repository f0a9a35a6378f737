"""Coalitions that differ from those before: every exchange is the best one by the definition."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from segshap_qgis.explain import coalitions
from segshap_qgis.explain.balance import Balance
from segshap_qgis.explain.coalitions import _pairs_of_size, coalition_pairs, pair_weights


def row(coalition):
    """The row of the regression in whole numbers, from the formula: sqrt(w) (z - s/M)."""
    M, s = len(coalition), coalition.sum()
    return np.rint(4096 / np.sqrt(s * (M - s) / M) * (coalition - s / M))


def potential(coalition, before):
    return sum(int(row(coalition) @ row(other)) ** 2 for other in before)


def exchanged(coalition, leaves, joins):
    other = coalition.copy()
    other[leaves], other[joins] = False, True
    return other


def without(coalition, player, before):
    """What speaks for a player to leave: the potential's change when it becomes absent."""
    present, absent = row(coalition).max(), row(coalition).min()
    q = np.where(coalition, present, absent)
    gone = q.copy()
    gone[player] = absent
    return sum(int(gone @ row(other)) ** 2 - int(q @ row(other)) ** 2 for other in before)


@pytest.mark.parametrize("seed", range(8))
def test_players_are_exchanged_as_long_as_the_best_exchange_lowers_the_potential(seed):
    rng = np.random.default_rng(seed)
    before = [rng.permutation(9) < rng.integers(2, 8) for _ in range(14)]
    balance = Balance(9)
    for coalition in before:
        balance.add(coalition)
    begun = rng.permutation(9) < 4
    now = begun
    while True:
        leaves = min(np.flatnonzero(now), key=lambda player: without(now, player, before))
        others = [exchanged(now, leaves, joins) for joins in np.flatnonzero(~now)]
        best = min(others, key=lambda other: potential(other, before))
        if potential(best, before) >= potential(now, before):
            break
        now = best
    found = balance.improved(begun)
    assert found.dtype == bool
    assert potential(found, before) == potential(now, before) <= potential(begun, before)


def test_no_draw_is_improved_by_more_than_thirty_exchanges():
    balance, half = Balance(200), np.arange(200) < 100
    for _ in range(200):  # enough that none is left to chance
        balance.add(half)
    assert (balance.improved(half) ^ half).sum() == 2 * 30 < 2 * 50


def test_what_is_handed_in_stays_as_it_was():
    balance, half = Balance(8), np.arange(8) < 4
    for _ in range(8):
        balance.add(half)
    assert not np.array_equal(balance.improved(half), half)
    assert half.sum() == half[:4].sum() == 4


@pytest.mark.parametrize("size", [1, 7, 20, 39])
def test_rows_of_every_size_are_as_long_and_sum_to_zero(size):
    present, absent = Balance(40)._entries(size)
    assert present > 0 > absent
    assert np.hypot(present * np.sqrt(size), absent * np.sqrt(40 - size)) == pytest.approx(
        4096, rel=1e-3
    )
    assert abs(present * size + absent * (40 - size)) <= 40 / 2  # rounding alone


def test_a_coalition_and_its_complement_count_alike():
    one, other, half = Balance(6), Balance(6), np.arange(6) < 2
    one.add(half)
    other.add(~half)
    np.testing.assert_array_equal(one.G, other.G)
    assert one.G[0, 0] > 0 > one.G[0, 5]


class AskedForError(Exception):
    """Somebody wants balanced coalitions."""


@pytest.mark.parametrize(
    ("players", "sampling", "balanced"),
    [(2000, "leverage", True), (2001, "leverage", False), (50, "kernel", False)],
)
def test_only_leverage_sampling_of_not_too_many_players_is_balanced(
    players, sampling, balanced, monkeypatch
):
    def refuse(_):
        raise AskedForError

    monkeypatch.setattr(coalitions, "Balance", refuse)
    if balanced:
        with pytest.raises(AskedForError):
            next(coalition_pairs(players, 0, sampling))
    else:
        assert next(coalition_pairs(players, 0, sampling)).shape == (players,)


@pytest.mark.parametrize("seed", range(3))
def test_every_size_has_its_share_of_every_beginning_to_within_two(seed):
    sizes = np.array([z.sum() for z in islice(coalition_pairs(26, seed), 25 * 12)])
    for n in (25, 75, 150, 300):
        counts = np.bincount(sizes[:n], minlength=26)[1:]
        assert np.abs(counts - n / 25).max() <= 2


def test_pairs_of_many_players_are_counted_up_to_a_number_that_is_finite():
    counts = _pairs_of_size(3000)
    assert counts[:2].tolist() == [3000, 3000 * 2999 / 2]
    assert np.isfinite(counts).all()
    # Far more than can ever be drawn: no size counts as enumerated.
    assert np.isfinite(pair_weights(np.array([1, 1500]), 3000)).all()


def test_a_size_that_was_never_drawn_changes_no_weight():
    # Both sizes of four players have been enumerated: each pair weighs what its size has, shared.
    weights = pair_weights(np.array([1, 3, 1, 1, 2, 2, 2]), 4)
    assert weights[:4] == pytest.approx(7 * 2 / 3 / 4)
    assert weights[4:] == pytest.approx(7 * 1 / 4 / 3)
