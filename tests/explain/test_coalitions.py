from __future__ import annotations

from itertools import islice
from math import comb

import numpy as np
import pytest

from segshap_qgis.explain import coalitions
from segshap_qgis.explain.balance import Balance
from segshap_qgis.explain.coalitions import coalition_pairs, pair_weights, size_distribution


def draw(players, n, seed=0, sampling="leverage"):
    return np.array(list(islice(coalition_pairs(players, seed, sampling), n)))


@pytest.mark.parametrize("sampling", ["leverage", "kernel"])
@pytest.mark.parametrize("players", [2, 3, 6, 9])
def test_every_pair_comes_exactly_once(players, sampling):
    Z = draw(players, 10_000, sampling=sampling)
    assert len(Z) == 2 ** (players - 1) - 1
    both = np.concatenate([Z, ~Z])
    assert len(np.unique(both, axis=0)) == 2**players - 2


def test_the_same_seed_gives_the_same_sequence_and_a_longer_one_begins_alike():
    np.testing.assert_array_equal(draw(50, 300, 4), draw(50, 300, 4))
    np.testing.assert_array_equal(draw(50, 100, 4), draw(50, 300, 4)[:100])
    assert not np.array_equal(draw(50, 100, 4), draw(50, 100, 5))


@pytest.mark.parametrize("n", [40, 80, 400, 1000])
def test_sizes_of_every_beginning_are_spread_evenly(n):
    sizes = draw(224, n).sum(axis=1)
    counts = np.histogram(sizes, bins=10, range=(1, 224))[0]
    assert np.abs(counts - n / 10).max() <= 3


def test_kernel_sizes_follow_the_shapley_kernel():
    smaller = np.minimum(sizes := draw(200, 4000, sampling="kernel").sum(axis=1), 200 - sizes)
    expected = size_distribution(200, "kernel")[:20] * 2 * 4000
    # Size one runs out after its 200 pairs; the next ones are free.
    np.testing.assert_allclose(np.bincount(smaller)[2:20], expected[1:19], rtol=0.35)
    assert (smaller == 1).sum() == 200


def test_every_player_is_present_half_of_the_time():
    assert np.abs(draw(60, 4000).mean(axis=0) - 0.5).max() < 0.05


def test_weights_are_those_of_the_paper_while_no_size_has_run_out():
    sizes = draw(101, 200).sum(axis=1)
    sizes = sizes[(sizes > 3) & (sizes < 98)]
    weights = pair_weights(sizes, 101)
    np.testing.assert_allclose(weights, 100 / (sizes * (101 - sizes)))


def test_enumerated_pairs_weigh_as_the_shapley_kernel():
    players = 7
    sizes = draw(players, 10_000).sum(axis=1)
    kernel = np.array([(players - 1) / (comb(players, s) * s * (players - s)) for s in sizes])
    weights = pair_weights(sizes, players)
    np.testing.assert_allclose(weights / weights.sum(), kernel / kernel.sum())


def noise_let_in(Z):
    """By how much the noise of each pair's value reaches the contributions, summed over players."""
    sizes, M = Z.sum(axis=1), Z.shape[1]
    X = np.sqrt(pair_weights(sizes, M))[:, None] * (Z - (sizes / M)[:, None])
    return (1 / np.linalg.svd(X, compute_uv=False)[: M - 1] ** 2).sum()


@pytest.mark.parametrize(("n", "gain"), [(100, 2.5), (150, 1.4), (240, 1.15)])
def test_balanced_coalitions_let_in_less_noise_than_chance(n, gain, monkeypatch):
    balanced = [noise_let_in(draw(80, n, seed)) for seed in range(3)]
    monkeypatch.setattr(Balance, "improved", lambda _, coalition: coalition)
    plain = [noise_let_in(draw(80, n, seed)) for seed in range(3)]
    assert np.median(plain) > gain * np.median(balanced)


def test_every_fourth_of_the_first_draws_is_left_to_chance_and_none_later():
    balance, repeated = Balance(13), np.arange(13) < 5
    left = []
    for n_rows in range(30):
        if (balance.improved(repeated) == repeated).all():
            left.append(n_rows)
        balance.add(repeated)
    assert left == [0, 1, 5, 9]  # the first one has nothing to differ from


def test_balance_makes_no_coalition_of_a_size_likelier_than_another(monkeypatch):
    monkeypatch.setattr(coalitions, "LONGEST_LIST", 0)  # so few are listed otherwise
    later = np.array([draw(8, 12, seed)[-1] for seed in range(1500)])
    sizes = later.sum(axis=1)
    expected = sizes.mean() / 8
    assert np.abs(later.mean(axis=0) - expected).max() < 4 * 0.5 / np.sqrt(len(later))
    together = (later.T.astype(float) @ later / len(later))[np.triu_indices(8, 1)]
    assert np.abs(together - together.mean()).max() < 4.5 * 0.5 / np.sqrt(len(later))


def test_balanced_draws_still_come_to_all_pairs_once(monkeypatch):
    monkeypatch.setattr(coalitions, "LONGEST_LIST", 0)
    Z = draw(9, 10_000)
    assert len(Z) == 2**8 - 1
    assert len(np.unique(np.concatenate([Z, ~Z]), axis=0)) == 2**9 - 2


def test_balance_adds_whole_numbers_so_that_no_machine_rounds_them():
    balance = Balance(300)
    for coalition in draw(300, 200):
        balance.add(balance.improved(coalition))
    np.testing.assert_array_equal(balance.G, np.rint(balance.G))
    # 500 times as many pairs as that still add up exactly.
    assert 500 * np.abs(balance.G).sum(axis=1).max() * 4096 < 2**53
