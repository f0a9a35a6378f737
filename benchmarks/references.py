"""Reference values: two independent unbiased estimators, run until they agree.

Both estimate phi = Shapley(g) + Shapley(v - g) with a surrogate g whose values are known in closed
form, fitted on other coalitions than those that estimate the rest (Witter, Liu & Musco 2025,
"Regression-adjusted Monte Carlo estimators for Shapley values"): whatever g is, the sum is
unbiased, and a good g leaves little to chance. One draws its pairs by leverage, the other by the
Shapley kernel, each with its own seed.

With half differences d = (v(S) - v(S^c))/2, s = |S|, y = d - Delta (s/M - 1/2), a = z - (s/M) 1 and
w = [1/(s (M-s))]/q_s, the unbiased estimate is u = mean_k(w_k y_k a_k)/c, where
E[w a a^T] = c (I - 11^T/M) is known (Covert & Lee 2021, section 3.2).
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segshap_qgis.explain.coalitions import size_distribution
from segshap_qgis.explain.types import Game

from .accuracy import relative_squared_error

Array = NDArray[np.float64]
FOLDS = 5
# Strongest cells whose odd interactions the surrogate knows, and the sizes of those interactions.
STRONG_CELLS, INTERACTION_SIZES = 6, (3, 5)
RIDGE = 0.003
# A target of which the last round would be expected to leave more disagreement is not waited for.
OUT_OF_REACH = 0.02
LAWS = {"leverage": 101, "kernel": 202}  # law of the coalitions' sizes -> seed


@dataclass(frozen=True)
class Reference:
    """What the methods are measured against.

    Attributes
    ----------
    values, standard_errors : (T, M) float64 arrays
        Mean of the two estimators, and its standard error.
    disagreement : (T,) float64 array
        Squared distance of the two over the squared norm of their mean; the mean's own relative
        squared error is about a quarter of it.
    provenance : mapping
        How it was made: coalitions, seeds, model, image; JSON-compatible.
    """

    values: Array
    standard_errors: Array
    disagreement: Array
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Write to a small ``.npz``."""
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(
            path,
            values=self.values,
            standard_errors=self.standard_errors,
            disagreement=self.disagreement,
            provenance=json.dumps(dict(self.provenance)),
        )

    @classmethod
    def read(cls, path: Path) -> Reference:
        """Read what `write` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(
                stored["values"],
                stored["standard_errors"],
                stored["disagreement"],
                json.loads(str(stored["provenance"])),
            )


def make_reference(
    game: Game,
    tolerance: float = 1e-3,
    rounds: Sequence[int] = (500, 1000, 2000, 4000),
    say: Callable[[str], None] = print,
) -> Reference:
    """Run both estimators over more and more pairs until they agree.

    Parameters
    ----------
    game : Game
        The game.
    tolerance : float
        Largest disagreement accepted, see `Reference`.
    rounds : sequence of int
        Pairs of each estimator after each round; the last one ends it, agreed or not. So do targets
        that it would not bring to agree: where an image says nothing for or against, contributions
        are as small as their noise, and there is no agreeing on them.
    say : callable
        Told about each round.
    """
    ends = game(np.array([[False] * game.n_players, [True] * game.n_players]))
    total = ends[1] - ends[0]
    for n_pairs in rounds:
        pair = [_estimate(game, total, n_pairs, law, seed) for law, seed in LAWS.items()]
        values = (pair[0][0] + pair[1][0]) / 2
        standard_errors = np.hypot(pair[0][1], pair[1][1]) / 2
        # Distance of the two, in units of their mean.
        disagreement = relative_squared_error(pair[0][0] - pair[1][0] + values, values)
        say(f"  2 x {2 * n_pairs} evaluations: disagreement {disagreement.max():.1e}")
        # Squared distances fall like one over the pairs.
        within_reach = disagreement * n_pairs / rounds[-1] <= OUT_OF_REACH
        if (disagreement[within_reach] <= tolerance).all():
            break
    provenance = {
        "estimators": [f"regression-adjusted, {law} sampling, seed {s}" for law, s in LAWS.items()],
        "evaluations_each": 2 * n_pairs,
        "agreed_to": tolerance,
        "base": ends[0].tolist(),
        "prediction": ends[1].tolist(),
    }
    return Reference(values, standard_errors, disagreement, provenance)


def _estimate(game: Game, total: Array, n_pairs: int, law: str, seed: int) -> tuple[Array, Array]:
    """Values and standard errors, (T, M) each, from independent pairs."""
    z = draw_coalitions(game.n_players, n_pairs, law, seed)
    d = (game(z) - game(~z)) / 2
    found = [adjusted_estimate(z, d[:, t], float(total[t]), law) for t in range(game.n_targets)]
    return np.stack([phi for phi, _ in found]), np.stack([se for _, se in found])


def draw_coalitions(n_players: int, count: int, law: str, seed: int) -> NDArray[np.bool_]:
    """Independent coalitions (count, M) whose sizes follow a law."""
    rng = np.random.default_rng(seed)
    # Sizes first and one permutation after another: a longer draw begins with the shorter one.
    permutations = np.random.default_rng([seed, 1])
    sizes = rng.choice(np.arange(1, n_players), size=count, p=size_distribution(n_players, law))
    ranks = np.array([permutations.permutation(n_players) for _ in range(count)])
    return ranks < sizes[:, None]


def adjusted_estimate(
    z: NDArray[np.bool_], d: Array, total: float, law: str
) -> tuple[Array, Array]:
    """Unbiased Shapley values from pairs, with a surrogate fitted on the other folds.

    Parameters
    ----------
    z : (K, M) bool array
        One coalition of each pair, drawn independently with sizes from `law`.
    d : (K,) float64 array
        Half difference of the pair's values.
    total : float
        v(all) - v(none).
    law : {"leverage", "kernel"}
        Distribution of the sizes.

    Returns
    -------
    values, standard_errors : (M,) float64 arrays
    """
    K, M = z.shape
    s = z.sum(axis=1)
    weight, c = _weights(M, law)
    w = weight[s - 1]
    a = z - (s / M)[:, None]
    y = d - total * (s / M - 0.5)

    fold = np.arange(K) % FOLDS
    u = np.zeros(M)
    contributions = np.zeros((K, M))
    for k in range(FOLDS):
        here = fold == k
        surrogate = _fit_surrogate(z[~here], a[~here], y[~here], w[~here])
        u += surrogate.shapley() / FOLDS
        left = y[here] - surrogate(z[here], a[here])
        contributions[here] = (w[here] * left)[:, None] * a[here] / c
    u += contributions.mean(axis=0)
    spread = contributions - contributions.mean(axis=1, keepdims=True)
    return total / M + u - u.mean(), spread.std(axis=0, ddof=1) / np.sqrt(K)


def _weights(n_players: int, law: str) -> tuple[Array, float]:
    """Weights w of each size 1..M-1, and the constant c."""
    s = np.arange(1, n_players)
    q = size_distribution(n_players, law)
    w = 1 / (s * (n_players - s)) / q
    c = float(np.sum(q * w * s * (n_players - s)) / (n_players * (n_players - 1)))
    return w, c


@dataclass(frozen=True)
class _Surrogate:
    """g(z) = sum_i u_i z_i + sum_T c_T prod_{i in T} (2 z_i - 1) over some odd sets T."""

    u: Array
    sets: list[tuple[int, ...]]
    factors: Array

    def __call__(self, z: NDArray[np.bool_], a: Array) -> Array:
        """Half differences of the surrogate, (K,)."""
        return a @ self.u + _interactions(z, self.sets) @ self.factors

    def shapley(self) -> Array:
        """Its Shapley values without the constant Delta/M: each set shares 2 c_T."""
        phi = self.u.copy()
        for members, factor in zip(self.sets, self.factors):
            phi[list(members)] += 2 * factor / len(members)
        return phi - phi.mean()


def _fit_surrogate(z: NDArray[np.bool_], a: Array, y: Array, w: Array) -> _Surrogate:
    linear = _ridge_fit(a, y, w, np.zeros(a.shape[1]))
    strong = sorted(np.argsort(-np.abs(linear))[:STRONG_CELLS].tolist())
    sets = [t for size in INTERACTION_SIZES for t in itertools.combinations(strong, size)]
    # Sets that hardly occur would take any factor without a trace of ridge.
    ridge = np.repeat([0.0, RIDGE], [len(linear), len(sets)])
    found = _ridge_fit(np.hstack([a, _interactions(z, sets)]), y, w, ridge)
    return _Surrogate(found[: len(linear)], sets, found[len(linear) :])


def _ridge_fit(columns: Array, y: Array, w: Array, ridge: Array) -> Array:
    """Weighted least squares with a ridge given as a share of each column's squared norm."""
    gram = columns.T @ (w[:, None] * columns)
    scale = np.diag(gram)
    # The columns of `a` sum to zero; the trace of ridge on all picks one of their solutions.
    return np.linalg.solve(gram + np.diag(ridge * scale + 1e-9 * scale.mean()), columns.T @ (w * y))


def _interactions(z: NDArray[np.bool_], sets: Sequence[tuple[int, ...]]) -> Array:
    """Half differences of each product, less the even share of its total: (K, number of sets)."""
    signs = 2.0 * z - 1.0
    share = z.mean(axis=1) - 0.5
    products = [signs[:, list(members)].prod(axis=1) - 2 * share for members in sets]
    return np.stack(products, axis=1) if products else np.zeros((len(z), 0))
