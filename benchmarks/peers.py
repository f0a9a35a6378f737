"""The methods that are compared: each turns a game and some budgets into values.

A budget counts the coalitions beside the whole image and the empty one, which everybody needs.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segshap_qgis.explain import Explanation, Superpixels, explain
from segshap_qgis.explain.explainer import DEFAULT_ESTIMATOR
from segshap_qgis.explain.types import Game

Values = NDArray[np.float64]
# Whole image and empty image.
ENDS = 2


@dataclass(frozen=True)
class Method:
    """A method with the budgets that make sense for it.

    Attributes
    ----------
    title : str
        Name in tables and plots.
    estimate : callable
        ``estimate(game, superpixels, budgets, seed)``: the (T, M) values after each budget.
    smallest : callable
        Least budget for M players.
    is_peer : bool
        Whether it competes with us; what is part of SegSHAP is only shown beside it.
    goes_on : bool
        Whether a larger budget takes up the evaluations of a smaller one.
    """

    title: str
    estimate: Callable[[Game, Superpixels, Sequence[int], int], dict[int, Values]]
    smallest: Callable[[int], int]
    is_peer: bool = True
    goes_on: bool = False

    def budgets(self, budgets: Sequence[int], n_players: int) -> list[int]:
        """Those of the budgets that the method can do anything with."""
        return [budget for budget in budgets if budget >= self.smallest(n_players)]


def _anew(
    run: Callable[[Game, int, int], Values],
) -> Callable[[Game, Superpixels, Sequence[int], int], dict[int, Values]]:
    """A method that starts again for every budget."""

    def estimate(
        game: Game, _: Superpixels, budgets: Sequence[int], seed: int
    ) -> dict[int, Values]:
        return {budget: run(game, budget, seed) for budget in budgets}

    return estimate


def _anytime(
    estimator: str = DEFAULT_ESTIMATOR,
) -> Callable[[Game, Superpixels, Sequence[int], int], dict[int, Values]]:
    """`explain`, read off at each budget while it runs."""

    def estimate(
        game: Game, superpixels: Superpixels, budgets: Sequence[int], seed: int
    ) -> dict[int, Values]:
        found = explanations_at(game, superpixels, budgets, seed, estimator)
        return {budget: explanation.values for budget, explanation in found.items()}

    return estimate


def explanations_at(
    game: Game,
    superpixels: Superpixels,
    budgets: Sequence[int],
    seed: int,
    estimator: str = DEFAULT_ESTIMATOR,
) -> dict[int, Explanation]:
    """`explain`, read off at each budget while it runs."""
    found: dict[int, Explanation] = {}

    def read_off(partial: Explanation) -> bool:
        found.update({b: partial for b in budgets if partial.evaluations <= b + ENDS})
        return True

    explain(game, superpixels, max(budgets) + ENDS, seed, estimator, read_off)
    return found


def as_users_run_it(n_players: int) -> int:
    """Evaluations of `shap_values` without `nsamples`."""
    return 2 * n_players + 2048


def shap_kernel(game: Game, budget: int, seed: int, **settings: object) -> NDArray[np.float64]:
    """`shap.KernelExplainer` as it comes, or with other settings of `shap_values`."""
    import shap

    def model(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return game(rows > 0.5)

    # shap draws from numpy's global generator and offers no other way to fix the seed.
    np.random.seed(seed)  # noqa: NPY002
    everyone, nobody = np.ones((1, game.n_players)), np.zeros((1, game.n_players))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a singular system below M evaluations is its own verdict
        explainer = shap.KernelExplainer(model, nobody)
        values = explainer.shap_values(everyone, nsamples=budget, silent=True, **settings)
    return np.asarray(values)[0].reshape(game.n_players, game.n_targets).T


def shap_without_l1(game: Game, budget: int, seed: int) -> NDArray[np.float64]:
    """`shap.KernelExplainer` with its selection of 10 features switched off."""
    return shap_kernel(game, budget, seed, l1_reg=False)


def captum_kernel(game: Game, budget: int, seed: int) -> NDArray[np.float64]:
    """`captum.attr.KernelShap`."""
    import torch
    from captum.attr import KernelShap

    def of_target(target: int) -> NDArray[np.float64]:
        def model(rows: torch.Tensor) -> torch.Tensor:
            return torch.from_numpy(game(rows.numpy() > 0.5)[:, target])

        # Same seed, same coalitions: the targets share their evaluations.
        torch.manual_seed(seed)
        everyone = torch.ones(1, game.n_players)
        found = KernelShap(model).attribute(
            everyone,
            baselines=torch.zeros_like(everyone),
            n_samples=budget + ENDS,
            perturbations_per_eval=64,
        )
        return found[0].double().numpy()

    return np.stack([of_target(t) for t in range(game.n_targets)])


def permutation(game: Game, budget: int, seed: int) -> NDArray[np.float64]:
    """Permutation sampling with each permutation also walked backwards (Mitchell et al. 2022)."""
    rng, m = np.random.default_rng(seed), game.n_players
    total, walks = np.zeros((game.n_targets, m)), 0
    ends = game(np.array([np.zeros(m, dtype=bool), np.ones(m, dtype=bool)]))
    for _ in range(budget // (2 * (m - 1))):
        order = rng.permutation(m)
        for walk in (order, order[::-1]):
            between = np.tri(m - 1, m, dtype=bool)[:, np.argsort(walk)]
            steps = np.diff(np.vstack([ends[:1], game(between), ends[1:]]), axis=0)
            total[:, walk] += steps.T
            walks += 1
    return total / walks


OURS = "segshap"
METHODS: Mapping[str, Method] = {
    OURS: Method("SegSHAP (default)", _anytime(), lambda _: 20, False, True),
    "shap_default": Method("shap.KernelExplainer, default", _anew(shap_kernel), lambda _: 50),
    "shap_l1_off": Method("shap.KernelExplainer, l1_reg off", _anew(shap_without_l1), lambda m: m),
    "captum": Method("captum KernelShap", _anew(captum_kernel), lambda m: m),
    "permutation": Method(
        "permutation sampling", _anew(permutation), lambda m: 2 * (m - 1), goes_on=True
    ),
    # Covert & Lee 2021: kernel sampling, unshrunk least squares.
    "paired_kernel": Method(
        "plain paired Kernel SHAP", _anytime("kernel"), lambda m: m, goes_on=True
    ),
    # Musco & Witter 2025, our second estimator: leverage sampling, unshrunk least squares.
    "paired_leverage": Method(
        "least squares on the same pairs", _anytime("leverage"), lambda m: m, False, True
    ),
}
