"""The priors of the posterior: a mixture of scales, and interactions that are weighed anew."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from segshap_qgis.explain import hexagons
from segshap_qgis.explain.coalitions import coalition_pairs
from segshap_qgis.explain.neighbourhood import Neighbourhood
from segshap_qgis.explain.posterior import _scale_mixture
from segshap_qgis.explain.shapley import PairedValues, posterior

CELLS = hexagons((64, 64), side=8)
WHERE = Neighbourhood(CELLS.n_players, CELLS.neighbours)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_a_mixture_that_needs_one_scale_finds_it(scale):
    inverse, bound = _scale_mixture(np.full(50, scale))
    assert ((scale <= inverse) & (inverse < 1.5 * scale)).all()  # of a grid up to twice as large
    # Of one Gaussian of that scale, less what it costs to have looked for it among others.
    best = -0.5 * (np.log(scale) + 1.0)
    assert best - 0.2 < bound / 50 < best


def test_a_mixture_shrinks_the_small_and_leaves_the_large_alone():
    found, _ = _scale_mixture(np.repeat([1e-4, 1.0], [80, 20]))
    assert np.median(found[:80]) < 1e-3
    assert np.median(found[80:]) > 0.3


def bent(z):
    """Cells count where most of their neighbours are there, too."""
    around = z.astype(float) @ WHERE.averaging.T
    return (1 / (1 + np.exp(-12 * (around - 0.5)))) @ np.linspace(0, 1, CELLS.n_players) ** 4


def pairs_of(n_pairs, game=bent, with_means=True):
    Z = np.array(list(islice(coalition_pairs(CELLS.n_players, 0), n_pairs)))
    base, prediction = game(np.array([Z[0] & False, Z[0] | True]))
    there, gone = game(Z), game(~Z)
    means = ((there + gone) - (base + prediction)) / 2
    total = np.array([prediction - base])
    differences = (there - gone)[:, None] / 2
    return PairedValues(
        Z, differences, total, "leverage", WHERE, means[:, None] if with_means else None
    )


def test_interactions_that_are_weighed_anew_take_over_once_they_have_caught_up():
    memory = {}
    for n_pairs in (96, 128, 160):
        posterior(pairs_of(n_pairs), memory)
    catching_up, before = memory[0].coming, memory[0].white
    assert catching_up.regression.K < 160 == before.regression.K
    posterior(pairs_of(192), memory)
    now = memory[0]
    assert now.coming is None
    assert now.white.regression.K == 192
    np.testing.assert_array_equal(now.white.noise.weights, catching_up.noise.weights)
    assert not np.array_equal(before.noise.weights[:20], catching_up.noise.weights[:20])


def test_means_of_pairs_tell_of_interactions_that_differences_leave_open():
    triples = WHERE.triples
    weights = np.abs(np.random.default_rng(0).normal(size=len(triples)))
    truth = np.zeros(CELLS.n_players)
    for players in triples.T:
        np.add.at(truth, players, weights / 3)

    def products(z):
        return z[:, triples].all(axis=2) @ weights

    errors = {}
    for with_means in (False, True):
        found = posterior(pairs_of(100, products, with_means)).values[0]
        errors[with_means] = np.sqrt(np.mean((found - truth) ** 2))
    assert errors[True] < 0.6 * errors[False]
