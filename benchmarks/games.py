"""Games around the games: one that remembers, and diffuse ones with known values."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segshap_qgis.explain import Superpixels
from segshap_qgis.explain.types import Game


class RememberedGame:
    """A game that never evaluates a coalition twice, and can be put down and taken up again.

    Peers and budgets share many coalitions. What is counted as an evaluation of a method is what
    the method asked for, not what had to be computed here.

    Parameters
    ----------
    game : Game
        What is evaluated.
    path : Path, optional
        File (``.npz``) that holds the values between runs.
    chunk : int, default 64
        Coalitions evaluated at a time.
    save_every : int, default 1280
        New values after which the file is written.

    Attributes
    ----------
    seconds : float
        What the game took for all these values, in the runs before as well.
    """

    def __init__(
        self, game: Game, path: Path | None = None, chunk: int = 64, save_every: int = 1280
    ) -> None:
        self.game, self.path, self.chunk, self.save_every = game, path, chunk, save_every
        self.seconds = 0.0
        self.n_players, self.n_targets = game.n_players, game.n_targets
        self.batch_size = getattr(game, "batch_size", chunk)
        self._values: dict[bytes, NDArray[np.float64]] = {}
        self._unsaved = 0
        if path is not None and path.is_file():
            with np.load(path, allow_pickle=False) as stored:
                keys, values = stored["coalitions"], stored["values"]
                self.seconds = float(stored["seconds"]) if "seconds" in stored else 0.0
            self._values = {key.tobytes(): value for key, value in zip(keys, values)}

    def __len__(self) -> int:
        return len(self._values)

    def __call__(self, coalitions: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Values of K coalitions: (K, M) bool to (K, T) float64."""
        coalitions = np.asarray(coalitions, dtype=bool)
        keys = [packed.tobytes() for packed in np.packbits(coalitions, axis=1)]
        fresh = {key: row for row, key in enumerate(keys) if key not in self._values}
        for start in range(0, len(fresh), self.chunk):
            some = list(fresh.items())[start : start + self.chunk]
            started = time.perf_counter()
            found = self.game(coalitions[[row for _, row in some]])
            self.seconds += time.perf_counter() - started
            self._values.update({key: value for (key, _), value in zip(some, found)})
            self._unsaved += len(some)
            if self._unsaved >= self.save_every:
                self.save()
        return np.array([self._values[key] for key in keys]).reshape(len(keys), self.n_targets)

    def save(self) -> None:
        """Write what is known aside, then swap it in."""
        if self.path is None or not self._unsaved:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        keys = np.array([np.frombuffer(key, dtype=np.uint8) for key in self._values])
        aside = self.path.with_suffix(".aside.npz")
        values = np.array(list(self._values.values()))
        np.savez(aside, coalitions=keys, values=values, seconds=self.seconds)
        aside.replace(self.path)
        self._unsaved = 0


def fingerprint(*parts: object) -> str:
    """Twelve hexadecimal digits that change with any of the arrays or texts."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.tobytes() if isinstance(part, np.ndarray) else repr(part).encode())
    return digest.hexdigest()[:12]


class InteractionGame:
    """Sum of products over sets of players: v(z) = sum_T c_T prod_{i in T} z_i.

    Its Shapley value is known in closed form: each product shares c_T equally among its members.

    Parameters
    ----------
    n_players : int
        M.
    sets : sequence of tuples of int
        The sets T.
    weights : sequence of float
        The factors c_T.
    """

    n_targets = 1

    def __init__(
        self, n_players: int, sets: Sequence[tuple[int, ...]], weights: Sequence[float]
    ) -> None:
        self.n_players, self.sets, self.weights = n_players, list(sets), np.asarray(weights)
        sizes = np.array([len(members) for members in self.sets])
        self._by_size = {
            size: (np.array([t for t in self.sets if len(t) == size]), self.weights[sizes == size])
            for size in set(sizes.tolist())
        }

    def __call__(self, coalitions: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Values of K coalitions: (K, M) bool to (K, 1) float64."""
        coalitions = np.asarray(coalitions, dtype=bool)
        total = np.zeros(len(coalitions))
        for members, weights in self._by_size.values():
            total += _all_present(coalitions, members) @ weights
        return total[:, None]

    def shapley(self) -> NDArray[np.float64]:
        """The exact values, (1, M)."""
        phi = np.zeros((1, self.n_players))
        for members, weight in zip(self.sets, self.weights):
            phi[0, list(members)] += weight / len(members)
        return phi


def _all_present(coalitions: NDArray[np.bool_], members: NDArray[np.int64]) -> NDArray[np.float64]:
    """Whether all members of each set are present: (K, M) and (N, size) to (K, N) of 0 and 1."""
    present = coalitions[:, members[:, 0]]
    for column in members.T[1:]:
        present &= coalitions[:, column]
    return present.astype(np.float64)


def diffuse_game(superpixels: Superpixels, smoothness: float, seed: int) -> InteractionGame:
    """A game in which every cell matters: a field of weights, and products of neighbours.

    Parameters
    ----------
    superpixels : Superpixels
        Gives the players, their places and who neighbours whom.
    smoothness : float
        Correlation length of the field of weights in pixels; 0: every cell for itself.
    seed : int
        Draws field and products.
    """
    rng = np.random.default_rng(seed)
    m = superpixels.n_players
    field = _field(superpixels.centres(), smoothness, rng)
    pairs = [tuple(int(i) for i in pair) for pair in superpixels.neighbours]
    triples = _chains(pairs, rng)
    # Interactions carry about a third of the variance of what single cells do.
    pair_weights = rng.normal(0.0, 0.3, len(pairs)) * field.std()
    triple_weights = rng.normal(0.0, 0.6, len(triples)) * field.std()
    singles = [(i,) for i in range(m)]
    return InteractionGame(
        m, [*singles, *pairs, *triples], [*field, *pair_weights, *triple_weights]
    )


def _field(
    centres: NDArray[np.float64], smoothness: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Gaussian random field of unit variance at the cells' centres, (M,)."""
    if smoothness == 0:
        return rng.normal(size=len(centres))
    distances = np.linalg.norm(centres[:, None] - centres[None], axis=2)
    covariance = np.exp(-0.5 * (distances / smoothness) ** 2) + 1e-8 * np.eye(len(centres))
    return np.linalg.cholesky(covariance) @ rng.normal(size=len(centres))


def _chains(pairs: Sequence[tuple[int, ...]], rng: np.random.Generator) -> list[tuple[int, ...]]:
    """Three cells in a row, one chain from every pair where a third neighbour is found."""
    chains: list[tuple[int, ...]] = []
    for first, second in pairs:
        thirds = [b for a, b in pairs if a == second and b != first]
        if thirds:
            chains.append((first, second, int(rng.choice(thirds))))
    return chains
