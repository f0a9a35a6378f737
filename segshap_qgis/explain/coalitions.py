"""Which coalitions are evaluated: complementary pairs, in an order whose every prefix is useful.

With M players and s = |S|, *leverage* sampling draws the size uniformly, q_s = 1/(M-1) on 1..M-1
(Musco & Witter 2025, "Provably accurate Shapley value estimation via leverage score sampling"), and
makes what is drawn differ from what was drawn before (`balance`); *kernel* sampling draws it from
q_s ~ 1/(s (M-s)) (Lundberg & Lee 2017). Both draw S uniformly among the coalitions of that size and
evaluate its complement with it (Covert & Lee 2021). No pair comes twice, so a size that runs out
has been enumerated.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Optional

import numpy as np
from numpy.typing import NDArray

from .balance import LARGEST, Balance

GOLDEN_RATIO = (math.sqrt(5.0) - 1.0) / 2.0
# Sizes of fewer coalitions are listed and shuffled; those of more are drawn and remembered.
LONGEST_LIST = 20_000


def coalition_pairs(
    n_players: int, seed: int, sampling: str = "leverage"
) -> Iterator[NDArray[np.bool_]]:
    """Yield one coalition of each pair {S, complement of S}, until all pairs were drawn.

    Sizes follow a golden-ratio sequence through the quantiles of q_s from a random start, so in any
    beginning of the sequence each size has its share to within about one pair.

    Parameters
    ----------
    n_players : int
        M, at least 2.
    seed : int
        Same seed, same sequence.
    sampling : {"leverage", "kernel"}
        Distribution of the size.

    Yields
    ------
    (M,) bool array
        S: neither empty nor everyone, nor a coalition or complement that came before.
    """
    rng = np.random.default_rng(seed)
    thresholds = np.cumsum(size_distribution(n_players, sampling))
    start = rng.random()
    is_balanced = sampling == "leverage" and n_players <= LARGEST
    balance = Balance(n_players) if is_balanced else None
    # Ties between players are broken by number: it must mean nothing.
    number = rng.permutation(n_players) if is_balanced else np.arange(n_players)
    sources = {s: _coalitions(n_players, s, rng, balance) for s in range(1, n_players // 2 + 1)}
    for position in itertools.count():
        quantile = (start + position * GOLDEN_RATIO) % 1.0
        size = 1 + min(int(np.searchsorted(thresholds, quantile, side="right")), n_players - 2)
        smaller = min(size, n_players - size)
        if smaller not in sources:
            continue
        coalition = next(sources[smaller], None)
        if coalition is not None:
            if balance is not None:
                balance.add(coalition)
            yield (coalition if size == smaller else ~coalition)[number]
            continue
        del sources[smaller]
        if not sources:
            return


def size_distribution(n_players: int, sampling: str) -> NDArray[np.float64]:
    """Probability q_s of each size s = 1..M-1, shape (M-1,)."""
    if sampling == "leverage":
        return np.full(n_players - 1, 1.0 / (n_players - 1))
    kernel = kernel_of_size(n_players)
    return kernel / kernel.sum()


def kernel_of_size(n_players: int) -> NDArray[np.float64]:
    """Shapley kernel summed over the coalitions of each size s = 1..M-1: 1/(s (M-s)), (M-1,)."""
    s = np.arange(1, n_players)
    return 1.0 / (s * (n_players - s))


def pair_weights(
    sizes: NDArray[np.integer], n_players: int, sampling: str = "leverage"
) -> NDArray[np.float64]:
    """Weight of each drawn pair in the Shapley regression: w = [1/(s (M-s))] / q_s.

    A size that has been enumerated is no longer sampled: its pairs share the kernel's weight of
    that size exactly, so that with every pair drawn the regression is the Shapley value itself.

    Parameters
    ----------
    sizes : (K,) integer array
        |S| of each drawn pair; S or its complement makes no difference.
    n_players : int
        M.
    sampling : {"leverage", "kernel"}
        Where the pairs were drawn from.

    Returns
    -------
    (K,) float64 array
        Weights.
    """
    smaller = np.minimum(sizes, n_players - sizes)
    s = np.arange(1, n_players // 2 + 1)
    both = np.where(2 * s == n_players, 1.0, 2.0)  # sizes s and M-s come together
    share = both * size_distribution(n_players, sampling)[s - 1]
    mass = both * kernel_of_size(n_players)[s - 1]

    drawn = np.bincount(smaller, minlength=len(s) + 1)[1:]
    exhausted = drawn >= _pairs_of_size(n_players)
    expected = np.where(exhausted, drawn, 1.0)
    if not exhausted.all():
        rate = drawn[~exhausted].sum() / share[~exhausted].sum()
        expected = np.where(exhausted, drawn, rate * share)
    per_size = np.divide(len(sizes) * mass, expected, out=np.zeros_like(mass), where=expected > 0)
    return per_size[smaller - 1]


def _pairs_of_size(n_players: int) -> NDArray[np.float64]:
    """Number of pairs of each smaller size 1..M//2."""
    count, counts = 1.0, []
    for s in range(1, n_players // 2 + 1):
        count = min(count * (n_players - s + 1) / s, 1e300)
        counts.append(count / 2 if 2 * s == n_players else count)
    return np.rint(counts)


def _coalitions(
    n_players: int, size: int, rng: np.random.Generator, balance: Optional[Balance]
) -> Iterator[NDArray[np.bool_]]:
    """All coalitions of a size in random order; of size M/2 only those that hold player 0."""
    half = 2 * size == n_players
    if _pairs_of_size(n_players)[size - 1] <= LONGEST_LIST:
        members = np.array(list(itertools.combinations(range(n_players), size)))
        members = members[members[:, 0] == 0] if half else members
        for chosen in rng.permutation(members):
            yield _indicator(n_players, chosen)
        return
    seen: set[bytes] = set()
    while len(seen) < _pairs_of_size(n_players)[size - 1]:
        plain = _indicator(n_players, rng.permutation(n_players)[:size])
        # The plain draw where the better one has come before: so each comes in the end.
        for coalition in (plain,) if balance is None else (balance.improved(plain), plain):
            one = ~coalition if half and not coalition[0] else coalition
            key = np.packbits(one).tobytes()
            if key not in seen:
                seen.add(key)
                yield one
                break


def _indicator(n_players: int, members: NDArray[np.integer]) -> NDArray[np.bool_]:
    coalition = np.zeros(n_players, dtype=bool)
    coalition[members] = True
    return coalition
