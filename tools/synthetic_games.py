"""Games on hexagons whose Shapley values are known, from sparse to diffuse, for trying estimators.

Each is a sum of functions of a few neighbouring cells, solved exactly by enumeration (the Shapley
value is linear), unless its family says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import Callable

import numpy as np
from numpy.typing import NDArray

from segshap_qgis.explain import Superpixels, hexagons

Array = NDArray[np.float64]
# Side of the hexagons of a 256 x 256 image that gives about so many players.
SIDES = {60: 22.5, 246: 11.0}


@dataclass(frozen=True)
class Local:
    """height * sigmoid(weights . z + bias) of a few cells."""

    cells: NDArray[np.int64]
    weights: Array
    bias: float
    height: float

    def __call__(self, z: Array) -> Array:
        """Values of (K, len(cells)) states."""
        value: Array = self.height / (1.0 + np.exp(-(z @ self.weights + self.bias)))
        return value


class SyntheticGame:
    """A sum of local functions, linear terms and products of three cells.

    Attributes
    ----------
    superpixels : Superpixels
    truth : (M,) float64 array
        Shapley values.
    """

    n_targets = 1

    def __init__(
        self,
        superpixels: Superpixels,
        local: list[Local],
        linear: Array | None = None,
        pairwise: Array | None = None,
        products: tuple[NDArray[np.int64], Array] | None = None,
    ) -> None:
        self.superpixels = superpixels
        self.n_players = superpixels.n_players
        self.local = local
        self.linear = np.zeros(self.n_players) if linear is None else linear
        self.pairwise = pairwise
        self.products = products
        self.truth = self._truth()

    def __call__(self, coalitions: NDArray[np.bool_]) -> Array:
        """(K, M) bool to (K, 1) float64."""
        z = coalitions.astype(np.float64)
        value: Array = z @ self.linear
        for function in self.local:
            value = value + function(z[:, function.cells])
        if self.pairwise is not None:
            value = value + ((z @ self.pairwise) * z).sum(axis=1) / 2
        if self.products is not None:
            triples, heights = self.products
            value = value + z[:, triples].prod(axis=2) @ heights
        return value[:, None]

    def _truth(self) -> Array:
        phi = self.linear.copy()
        for function in self.local:
            phi[function.cells] += enumerated(function, len(function.cells))
        if self.pairwise is not None:
            phi += self.pairwise.sum(axis=1) / 2
        if self.products is not None:
            triples, heights = self.products
            np.add.at(phi, triples.ravel(), np.repeat(heights / 3, 3))
        return phi


def enumerated(value: Callable[[Array], Array], n: int) -> Array:
    """Shapley values of n players from all 2^n coalitions."""
    states = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    v = value(states.astype(np.float64))
    sizes = states.sum(axis=1)
    weight = np.array([1.0 / (n * comb(n - 1, s)) for s in range(n)])
    phi = np.empty(n)
    for i in range(n):
        without = np.flatnonzero(states[:, i] == 0)
        phi[i] = weight[sizes[without]] @ (v[without | (1 << i)] - v[without])
    return phi


def _surroundings(superpixels: Superpixels) -> tuple[NDArray[np.int64], Array, float]:
    """Cells by distance from each cell (M, M), squared distances, and the lattice's spacing."""
    centres = superpixels.centres()
    squared = ((centres[:, None] - centres[None]) ** 2).sum(axis=2)
    order = np.argsort(squared, axis=1, kind="stable")
    return order, squared, float(np.median(np.sqrt(np.sort(squared, axis=1)[:, 1])))


def sparse(superpixels: Superpixels, rng: np.random.Generator) -> SyntheticGame:
    """A few strong cells that interact, as around a slick's pixel, and a weak tail."""
    near, _, _ = _surroundings(superpixels)
    M, local = superpixels.n_players, []
    for centre in near[rng.integers(M)][:2]:
        weights = rng.normal(size=7) * 3 * np.exp(-np.arange(7))
        weights[0] = abs(weights[0]) + 3
        local.append(Local(near[centre][:7], weights, rng.normal() - weights.sum() / 2, 1.0))
    for centre in rng.choice(M, 40, replace=False):
        weights = 2 * rng.normal(size=6)
        local.append(Local(near[centre][:6], weights, rng.normal(), 0.02 * rng.normal()))
    return SyntheticGame(superpixels, local)


def unanimous(superpixels: Superpixels, rng: np.random.Generator) -> SyntheticGame:
    """Two conjunctions, of four and of six cells: the hardest interactions there are."""
    near, _, _ = _surroundings(superpixels)
    M = superpixels.n_players
    local = [
        Local(near[rng.integers(M)][:n], np.full(n, 40.0), -40 * (n - 0.5), height)
        for n, height in ((4, 1.0), (6, -0.7))
    ]
    return SyntheticGame(superpixels, local, linear=0.003 * rng.normal(size=M))


def mixed(superpixels: Superpixels, rng: np.random.Generator) -> SyntheticGame:
    """Three strong places over a diffuse ground of every cell."""
    near, _, _ = _surroundings(superpixels)
    M, local = superpixels.n_players, []
    places = [(c, 6.0) for c in rng.choice(M, 3, replace=False)] + [(c, 0.5) for c in range(M)]
    for centre, height in places:
        weights = 2 * rng.normal(size=6)
        local.append(Local(near[centre][:6], weights, rng.normal(), height * rng.normal()))
    return SyntheticGame(superpixels, local)


def diffuse_smooth(superpixels: Superpixels, rng: np.random.Generator) -> SyntheticGame:
    """A region as large as the image: every cell counts, neighbours alike, signs in patches."""
    near, squared, spacing = _surroundings(superpixels)
    field = np.exp(-squared / (3 * spacing) ** 2) @ rng.normal(size=len(near))
    local = []
    for centre, height in enumerate(field / field.std()):
        weights = 1.5 * np.abs(rng.normal(size=8))
        bias = rng.normal() - weights.sum() / 2
        local.append(Local(near[centre][:8], weights, bias, height))
    return SyntheticGame(superpixels, local)


def diffuse_rough(superpixels: Superpixels, rng: np.random.Generator) -> SyntheticGame:
    """Every cell counts, neighbours interact but are not alike."""
    near, _, _ = _surroundings(superpixels)
    local = [
        Local(near[centre][:8], 2 * rng.normal(size=8), rng.normal(), rng.normal())
        for centre in range(superpixels.n_players)
    ]
    return SyntheticGame(superpixels, local)


def diffuse_random(superpixels: Superpixels, rng: np.random.Generator) -> SyntheticGame:
    """Dense weights, dense pairwise terms, products of three cells anywhere: nothing to learn."""
    M = superpixels.n_players
    pairwise = 2 * rng.normal(size=(M, M)) / np.sqrt(M)
    pairwise = pairwise + pairwise.T
    np.fill_diagonal(pairwise, 0.0)
    triples = np.stack([rng.choice(M, 3, replace=False) for _ in range(3 * M)])
    products = (triples, 3 * rng.normal(size=len(triples)))
    return SyntheticGame(superpixels, [], rng.normal(size=M), pairwise, products)


def front(superpixels: Superpixels, rng: np.random.Generator) -> SyntheticGame:
    """Cells along a straight line through the image count and saturate with their neighbours."""
    near, _, spacing = _surroundings(superpixels)
    centres = superpixels.centres()
    angle = rng.uniform(0.0, np.pi)
    normal = np.array([np.cos(angle), np.sin(angle)])
    through = centres[rng.integers(len(centres))]
    local = []
    for cell in np.flatnonzero(np.abs((centres - through) @ normal) < 0.6 * spacing):
        weights = np.abs(rng.normal(size=5)) + 1.0
        local.append(Local(near[cell][:5], weights, -1.5, rng.normal(1.0, 0.5)))
    return SyntheticGame(superpixels, local)


def patch(superpixels: Superpixels, rng: np.random.Generator) -> SyntheticGame:
    """A patch of forty cells that count alike, in products of neighbours; the rest hardly."""
    near, _, _ = _surroundings(superpixels)
    M = superpixels.n_players
    members = near[rng.integers(M)][:40]
    linear = 0.01 * rng.normal(size=M)
    linear[members] += rng.normal(1.0, 0.3, len(members))
    triples = np.array([near[cell][:3] for cell in members])
    return SyntheticGame(superpixels, [], linear, products=(triples, rng.normal(size=len(triples))))


def alternatives(superpixels: Superpixels, rng: np.random.Generator) -> SyntheticGame:
    """Sixty places where any of five cells is enough, of very different heights."""
    near, _, _ = _surroundings(superpixels)
    local = [
        Local(near[cell][:5], np.full(5, 6.0), -3.0, rng.normal() * np.exp(rng.normal()))
        for cell in rng.integers(superpixels.n_players, size=60)
    ]
    return SyntheticGame(superpixels, local)


# Families that the estimator's constants were tuned on, and families that they never saw.
TUNED_ON = {
    "sparse": sparse,
    "unanimous": unanimous,
    "mixed": mixed,
    "diffuse smooth": diffuse_smooth,
    "diffuse rough": diffuse_rough,
    "diffuse random": diffuse_random,
}
HELD_OUT = {"front": front, "patch": patch, "alternatives": alternatives}
FAMILIES = TUNED_ON | HELD_OUT


def synthetic_game(family: str, n_players: int, seed: int) -> SyntheticGame:
    """A game of a family on about so many hexagons (60 or 246)."""
    superpixels = hexagons((256, 256), side=SIDES[n_players])
    return FAMILIES[family](superpixels, np.random.default_rng([len(family), seed]))
