"""Defaults and small formulas that the documentation states and results depend on."""

from __future__ import annotations

import inspect
from itertools import combinations
from math import comb

import numpy as np
import pytest

from segshap_qgis import explain as public
from segshap_qgis.errors import SettingsError
from segshap_qgis.explain.coalitions import _pairs_of_size, pair_weights
from segshap_qgis.explain.comparison import compare
from segshap_qgis.explain.neighbourhood import Neighbourhood
from segshap_qgis.explain.regression import Regression
from segshap_qgis.explain.rise import explain_by_rise
from segshap_qgis.explain.shapley import PairedValues, least_squares


@pytest.mark.parametrize(
    ("function", "defaults"),
    [
        (public.hexagons, {"side": 22.0}),
        (public.squares, {"side": 34.0}),
        (public.slic, {"n_segments": 224, "compactness": 0.1}),
        (public.explain, {"budget": 2500, "seed": 0, "stop_at": None}),
        (public.rise, {"n_masks": 2000, "cells": 8, "keep": 0.5, "seed": 0}),
        (public.deletion_insertion, {"target": 0, "random_orders": 20, "seed": 0}),
        (compare, {"budget": 1000, "seeds": (0, 1)}),
        (explain_by_rise, {"budget": 2002, "seed": 0, "signed": False}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_defaults_are_those_of_the_documentation(function, defaults):
    known = inspect.signature(function).parameters
    assert {name: known[name].default for name in defaults} == defaults


@pytest.mark.parametrize("n_players", range(2, 9))
def test_pairs_of_a_size_are_counted_once(n_players):
    counts = [
        comb(n_players, s) / (2 if 2 * s == n_players else 1) for s in range(1, n_players // 2 + 1)
    ]
    np.testing.assert_array_equal(_pairs_of_size(n_players), counts)
    assert sum(counts) == 2 ** (n_players - 1) - 1


@pytest.mark.parametrize("n_players", [9, 10])
def test_sizes_that_are_sampled_share_what_was_drawn_of_them(n_players):
    # All pairs of size 1, and a few of each other size.
    sizes = np.array([1] * n_players + [2] * 3 + [3] * 5 + [4] * 4)
    weights = pair_weights(sizes, n_players)
    mass = {s: 2 / (s * (n_players - s)) for s in (1, 2, 3, 4)}
    # Leverage draws every size as often: sizes s and M - s come together, M / 2 alone.
    share = dict.fromkeys((2, 3, 4), 2 / (n_players - 1))
    left = sum(share.values()) + (1 / (n_players - 1) if n_players == 10 else 0)
    for s in (2, 3, 4):
        expected = len(sizes) * mass[s] / (12 / left * share[s])
        np.testing.assert_allclose(weights[sizes == s], expected, rtol=1e-12)
    np.testing.assert_allclose(weights[sizes == 1], len(sizes) * mass[1] / n_players, rtol=1e-12)


def pairs_of(coalitions, rng):
    coalitions = np.asarray(coalitions, dtype=bool)
    n_players = coalitions.shape[1]
    return PairedValues(
        coalitions,
        rng.normal(size=(len(coalitions), 1)),
        np.ones(1),
        "leverage",
        Neighbourhood(n_players, np.zeros((0, 2), dtype=np.int64)),
    )


@pytest.mark.parametrize("unit", [1e-8, 1.0, 1e8])
def test_players_that_always_act_together_have_no_known_error(unit):
    rng = np.random.default_rng(0)
    coalitions = rng.random((400, 12)) < 0.5
    coalitions[:, 4] = coalitions[:, 3]
    kept = coalitions[(coalitions.sum(axis=1) > 0) & (coalitions.sum(axis=1) < 12)]
    pairs = pairs_of(kept, rng)
    # The unit of the rows is a common factor of all pivots, and changes nothing.
    pairs.__dict__["root_weights"] = unit * pairs.root_weights
    found = least_squares(pairs, {})
    assert np.isnan(found.standard_errors).all()
    np.testing.assert_allclose(found.values.sum(axis=1), 1.0, rtol=1e-9)


def test_every_pair_known_gives_a_known_error():
    rng = np.random.default_rng(0)
    sets = [c for s in (1, 2) for c in combinations(range(5), s)]
    coalitions = np.array([[i in c for i in range(5)] for c in sets])
    assert np.isfinite(least_squares(pairs_of(coalitions, rng), {}).standard_errors).all()


def test_the_scale_of_coefficients_would_explain_the_values():
    rng = np.random.default_rng(0)
    X = rng.normal(scale=3.0, size=(4000, 5))
    t = rng.normal(scale=6.0, size=4000)
    # E |X c|^2 over coefficients of that variance is |t|^2.
    scale = Regression(X, t).scale(4)
    c = rng.normal(scale=np.sqrt(scale), size=(4, 4000))
    assert ((X[:, :4] @ c[:, :200]) ** 2).mean() == pytest.approx((t**2).mean(), rel=0.1)


def test_four_thousand_players_are_the_most():
    assert public.from_labels(np.arange(4000)[None]).n_players == 4000
    with pytest.raises(SettingsError, match="at most 4000"):
        public.from_labels(np.arange(4001)[None])
