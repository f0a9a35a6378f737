#!/usr/bin/env python3
"""Which estimator is best at equal budget? Error and coverage on real and synthetic games.

For each family of games and each budget: the median relative squared error over the draws,
|phi - truth|^2 / |truth|^2, and the share of cells whose 95% interval holds the truth, of all and
of the five that count most. Evaluations are counted alike for all: v(everyone), v(nobody) and every
coalition. Real games are replayed from recorded evaluations; the truth is then estimated from
recorded evaluations that were not used, and its own standard error is allowed for. Then: the
smallest budget of the table from which on the median error stays within 1%. Families that no
constant of the estimator was tuned on are marked.
"""

from __future__ import annotations

import argparse
import logging
import sys
import warnings
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Callable

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from segshap_qgis.explain import shapley_values  # noqa: E402
from segshap_qgis.explain.neighbourhood import Neighbourhood  # noqa: E402
from segshap_qgis.explain.shapley import (  # noqa: E402
    ESTIMATORS,
    Estimate,
    Memory,
    PairedValues,
    least_squares,
    posterior,
)
from tools.synthetic_games import (  # noqa: E402
    FAMILIES,
    HELD_OUT,
    SIDES,
    SyntheticGame,
    synthetic_game,
)

Array = NDArray[np.float64]
RECORDED = ROOT / "tests" / "data" / "real_game"
TARGETS = ("slick pixel", "sea pixel", "edge pixel", "slick region")
BUDGETS = (50, 100, 250, 500, 1000, 2500)
# The cells whose intervals matter most: with hundreds of others the share of all hardly shows them.
TOP = 5
METHODS = ("posterior", "smoothed ARD", "leverage", "kernel", "shap default", "shap l1 off")


class RecordedGame:
    """Pairs of a real network's values, replayed in random order."""

    def __init__(self, folder: Path) -> None:
        self.files = {
            sampling: np.load(folder / f"paired_{sampling}.npz")
            for sampling in ("leverage", "kernel")
        }
        file = self.files["leverage"]
        centres = np.stack([file["cy"], file["cx"]], axis=1)
        distance = np.sqrt(((centres[:, None] - centres[None]) ** 2).sum(axis=2))
        spacing = np.median(np.sort(distance, axis=1)[:, 1])
        touching = np.triu((distance > 0) & (distance < 1.3 * spacing))
        self.where = Neighbourhood(len(centres), np.argwhere(touching))

    def pairs(self, sampling: str, rows: NDArray[np.integer], target: int) -> PairedValues:
        """The recorded pairs of these rows for one target."""
        file = self.files[sampling]
        differences = (file["V"] - file["Vc"])[rows][:, [target]] / 2
        total = (file["v1"] - file["v0"])[[target]]
        ends = (file["v1"] + file["v0"])[[target]] / 2
        means = (file["V"] + file["Vc"])[rows][:, [target]] / 2 - ends
        return PairedValues(file["Z"][rows], differences, total, sampling, self.where, means)

    def draw(
        self, target: int, n_pairs: int, seed: int
    ) -> tuple[dict[str, PairedValues], Array, Array]:
        """Pairs by sampling, and truth with its standard error from all other recorded pairs."""
        shuffled = np.random.default_rng(seed).permutation(1500)
        used, others = shuffled[:n_pairs], shuffled[n_pairs:]
        drawn = {sampling: self.pairs(sampling, used, target) for sampling in self.files}
        unused = [self.pairs(sampling, others, target) for sampling in self.files]
        return drawn, *reference(*unused)


def reference(first: PairedValues, second: PairedValues) -> tuple[Array, Array]:
    """Contributions of one target and their standard errors, from two independent sets of pairs.

    Each set corrects by least squares what the posterior learnt from the other one, so no prior
    biases the result, and the noise is what neither interactions nor contributions explain. Plain
    least squares on the same pairs has 1.4 to 6 times that error on the recorded games: more than
    the errors that are to be judged by it. Of the strongest cells the standard error is somewhat
    too small: two references from halves of the pairs differ there by 1.4 times theirs.
    """
    found = [_corrected(first, second), _corrected(second, first)]
    weights = [1.0 / error**2 for _, error in found]
    total = np.sum(weights, axis=0)
    truth = sum(weight * values for weight, (values, _) in zip(weights, found)) / total
    return truth, 1.0 / np.sqrt(total)


def _corrected(learnt_from: PairedValues, judged_by: PairedValues) -> tuple[Array, Array]:
    memory: Memory = {}
    model = posterior(learnt_from, memory)
    if len(judged_by.coalitions) < 2 * judged_by.n_players:
        return model.values[0], model.standard_errors[0]  # least squares would be of no use
    u = model.values[0]
    noise = memory[0].white.noise if memory[0] else None
    left = judged_by.t[:, 0] - judged_by.X @ u
    if noise is not None:
        rho = noise.rho
        F = noise.rows(learnt_from.coalitions, learnt_from.root_weights).astype(float)
        kernel = rho * (F @ F.T) + np.eye(len(F))
        strengths = F.T @ np.linalg.solve(kernel, learnt_from.t[:, 0] - learnt_from.X @ u)
        rows = noise.rows(judged_by.coalitions, judged_by.root_weights).astype(float)
        left -= rho * (rows @ strengths)  # interactions whose Shapley values are zero
    differences = (left / judged_by.root_weights)[:, None]
    error = least_squares(replace(judged_by, differences=differences, total=np.zeros(1)))
    return model.values[0] + error.values[0], error.standard_errors[0]


def smoothed_ard(pairs: PairedValues) -> Estimate:
    """The baseline: one free prior variance a player, averaged over neighbours (dual form)."""
    X, t = pairs.X, pairs.t[:, 0]
    K, M = X.shape
    power = float(t @ t) / K
    sigma2, g = 0.1 * power, np.full(M, power)
    for step in range(31):
        XG = X * g
        B = XG @ X.T + sigma2 * np.eye(K)
        solved = np.linalg.solve(B, XG)
        m, c = solved.T @ t, g - (XG * solved).sum(axis=0)
        if step == 30:
            break
        gamma = (1.0 - c / g).sum()
        g = np.maximum(pairs.where.averaging @ (m**2 + c), 1e-9 * power)
        sigma2 = max(((t - X @ m) ** 2).sum() / max(K - gamma, 0.1 * K), 1e-5 * power)
    C = np.diag(g) - XG.T @ solved
    centred = C - C.mean(axis=0) - C.mean(axis=1)[:, None] + C.mean()
    errors = np.sqrt(np.maximum(np.diag(centred), 0.0))
    return Estimate(pairs.contributions(m[:, None]), errors[None])


def shap_of(game: SyntheticGame, budget: int, seed: int, l1: str | bool) -> Estimate:
    """`shap.KernelExplainer`, the whole image being one row of ones, the background of zeros."""
    import shap

    logging.getLogger("shap").setLevel(logging.ERROR)
    np.random.seed(seed)  # noqa: NPY002 - shap draws from the global generator
    players = game.n_players
    explainer = shap.KernelExplainer(lambda z: game(z > 0.5)[:, 0], np.zeros((1, players)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        phi = explainer.shap_values(
            np.ones((1, players)), nsamples=budget - 2, l1_reg=l1, silent=True
        )
    return Estimate(np.reshape(phi, (1, players)), np.full((1, players), np.nan))


def shap_default_replayed(pairs: PairedValues) -> Estimate:
    """The solve of `shap.KernelExplainer` with its default l1_reg, on recorded kernel pairs.

    Ten players by least-angle regression on the weighted, centred values of all coalitions, then
    constrained least squares on those.
    """
    from sklearn.linear_model import lars_path  # type: ignore[import-untyped]

    kept = lars_path(pairs.X, pairs.t[:, 0], max_iter=10)[1]
    u = np.zeros((pairs.n_players, 1))
    a = pairs.coalitions[:, kept].astype(float)
    total = pairs.total[0]
    # The players kept share Delta exactly: the last is what the others leave.
    last, rest = a[:, -1], a[:, :-1]
    y = pairs.differences[:, 0] - total * (last - 0.5)
    design = rest - last[:, None]
    w = pairs.root_weights[:, None]
    head = np.linalg.lstsq(w * design, w[:, 0] * y, rcond=None)[0]
    u[kept, 0] = np.append(head, total - head.sum())
    return Estimate(u.T, np.full((1, pairs.n_players), np.nan))


def real_estimates(drawn: dict[str, PairedValues]) -> dict[str, Callable[[], Estimate]]:
    """Every method that can be replayed."""
    return {
        "posterior": lambda: posterior(drawn["leverage"]),
        "smoothed ARD": lambda: smoothed_ard(drawn["leverage"]),
        "leverage": lambda: least_squares(drawn["leverage"]),
        "kernel": lambda: least_squares(drawn["kernel"]),
        "shap default": lambda: shap_default_replayed(drawn["kernel"]),
        "shap l1 off": lambda: least_squares(drawn["kernel"]),
    }


def synthetic_estimates(
    game: SyntheticGame, budget: int, seed: int
) -> dict[str, Callable[[], Estimate]]:
    """Every method, each asking the game itself."""
    neighbours = game.superpixels.neighbours
    ours = {
        name: (lambda name=name: Estimate(*shapley_values(game, budget, seed, name, neighbours)))
        for name in ESTIMATORS
    }
    return {
        **ours,
        "smoothed ARD": lambda: smoothed_ard(_pairs_of(game, budget, seed)),
        "shap default": lambda: shap_of(game, budget, seed, "num_features(10)"),
        "shap l1 off": lambda: shap_of(game, budget, seed, False),
    }


def _pairs_of(game: SyntheticGame, budget: int, seed: int) -> PairedValues:
    from itertools import islice

    from segshap_qgis.explain.coalitions import coalition_pairs

    M = game.n_players
    Z = np.array(list(islice(coalition_pairs(M, seed), (budget - 2) // 2)))
    ends = game(np.array([[False] * M, [True] * M]))
    where = Neighbourhood(M, game.superpixels.neighbours)
    return PairedValues(Z, (game(Z) - game(~Z)) / 2, ends[1] - ends[0], "leverage", where)


def relative_error(estimate: Estimate, truth: Array) -> float:
    """|phi - truth|^2 / |truth|^2."""
    return float(((estimate.values[0] - truth) ** 2).sum() / (truth**2).sum())


def coverage(
    estimate: Estimate, truth: Array, truth_error: Array | float, top: int | None = None
) -> float:
    """Share of cells whose 95% interval holds the truth; NaN without standard errors.

    With `top`, of so many cells that truly contribute most, in size.
    """
    errors = estimate.standard_errors[0]
    if np.isnan(errors).any():
        return float("nan")
    half = 1.96 * np.sqrt(errors**2 + np.square(truth_error)) + 1e-12
    held = np.abs(estimate.values[0] - truth) <= half
    return float(held[np.argsort(-np.abs(truth), kind="stable")[:top]].mean())


def study(families: list[str], budgets: list[int], draws: int, players: int, folder: Path) -> None:
    """Print error / coverage for every family and budget, then evaluations to 1%."""
    recorded = RecordedGame(folder)
    errors: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
    print(f"{'error / coverage/top %':24s}{'budget':>7s}" + "".join(f"{m:>17s}" for m in METHODS))
    for family in families:
        for budget in budgets:
            found: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
            for draw in range(draws):
                if family in TARGETS:
                    drawn, truth, truth_error = recorded.draw(
                        TARGETS.index(family), (budget - 2) // 2, draw
                    )
                    methods = real_estimates(drawn)
                else:
                    game = synthetic_game(family, players, draw)
                    truth, truth_error = game.truth, np.zeros(game.n_players)
                    methods = synthetic_estimates(game, budget, draw)
                for name, solve in methods.items():
                    estimate = solve()
                    error = relative_error(estimate, truth)
                    held = [coverage(estimate, truth, truth_error, top) for top in (None, TOP)]
                    found[name].append((error, held[0], held[1]))
            cells = []
            for name in METHODS:
                all_errors, *held_shares = zip(*found[name])
                error = float(np.median(all_errors))
                errors[family, name][budget] = error
                shares = "/".join(_percent(float(np.mean(share))) for share in held_shares)
                cells.append(f"{error:>9.2g} /{shares:>7s}")
            mark = " (held out)" if family in HELD_OUT else ""
            print(f"{family + mark:24s}{budget:7d}" + "".join(cells), flush=True)
    print("\nevaluations to 1% error (of the budgets above; - where never)")
    print(f"{'':31s}" + "".join(f"{m:>17s}" for m in METHODS))
    for family in families:
        reached = [_first_within(errors[family, name]) for name in METHODS]
        print(f"{family:31s}" + "".join(f"{r or '-':>17}" for r in reached))


def _percent(share: float) -> str:
    return "-" if np.isnan(share) else f"{100 * share:.0f}"


def _first_within(errors: dict[int, float], limit: float = 0.01) -> int | None:
    good = None
    for budget in sorted(errors, reverse=True):
        if errors[budget] > limit:
            break
        good = budget
    return good


def main() -> None:
    """Read the arguments and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=5, help="games and seeds of each family")
    parser.add_argument("--budgets", type=int, nargs="+", default=list(BUDGETS))
    parser.add_argument("--families", nargs="+", default=[*TARGETS, *FAMILIES])
    parser.add_argument("--players", type=int, default=246, choices=SIDES, help="about so many")
    parser.add_argument("--recorded", type=Path, default=RECORDED, help="folder of recorded pairs")
    arguments = parser.parse_args()
    study(
        arguments.families,
        arguments.budgets,
        arguments.draws,
        arguments.players,
        arguments.recorded,
    )


if __name__ == "__main__":
    main()
