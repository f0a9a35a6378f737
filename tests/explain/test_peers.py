"""Other people's implementations, on the same game, within joint standard errors."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from segshap_qgis.explain import shapley_values
from tests.explain.games import FunctionGame

PLAYERS = 20


def value(z):
    z = np.asarray(z, dtype=float)
    inner = z @ np.linspace(-1.5, 2.0, PLAYERS)
    return 1 / (1 + np.exp(-inner)) + 0.3 * z[:, 2] * z[:, 3] * z[:, 4]


@pytest.fixture(scope="module")
def ours():
    runs = [
        shapley_values(FunctionGame(PLAYERS, value), 1500, seed, "leverage") for seed in range(4)
    ]
    values = np.array([run[0][0] for run in runs])
    return values.mean(axis=0), np.array([run[1][0] for run in runs]).mean(axis=0) / 2


def agree(theirs, ours):
    """All players within four joint standard errors, from several independent runs of theirs."""
    mean, error = ours
    theirs = np.array(theirs)
    spread = theirs.std(axis=0, ddof=1) / np.sqrt(len(theirs))
    # A few runs estimate a spread poorly: pool it over the players.
    joint = np.sqrt(error**2 + np.mean(spread**2))
    assert joint.max() < 0.02 * np.ptp(mean)
    np.testing.assert_array_less(np.abs(theirs.mean(axis=0) - mean), 4 * joint)


def test_shap_kernel_explainer_without_regularisation_agrees(ours):
    shap = pytest.importorskip("shap")
    logging.getLogger("shap").setLevel(logging.ERROR)
    explainer = shap.KernelExplainer(value, np.zeros((1, PLAYERS)))
    runs = []
    for seed in range(4):
        np.random.seed(seed)  # noqa: NPY002 - shap draws from the global generator
        found = explainer.shap_values(
            np.ones((1, PLAYERS)), nsamples=3000, l1_reg=False, silent=True
        )
        runs.append(np.ravel(found))
    agree(runs, ours)


def test_captum_permutation_sampling_agrees(ours):
    torch = pytest.importorskip("torch")
    attr = pytest.importorskip("captum.attr")
    sampler = attr.ShapleyValueSampling(lambda z: torch.from_numpy(value(z.numpy())))
    runs = []
    for seed in range(4):
        torch.manual_seed(seed)
        found = sampler.attribute(
            torch.ones(1, PLAYERS),
            baselines=torch.zeros(1, PLAYERS),
            n_samples=400,
            perturbations_per_eval=20,
        )
        runs.append(found.numpy().ravel())
    agree(runs, ours)


def test_the_default_estimator_agrees_with_least_squares(ours):
    runs = [shapley_values(FunctionGame(PLAYERS, value), 1500, seed)[0][0] for seed in (10, 11)]
    agree(runs, ours)
