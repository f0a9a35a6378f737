"""The loop that asks a game for values and refreshes an explanation."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Callable, Optional

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError, SettingsError
from .coalitions import coalition_pairs
from .combined_games import target_names
from .neighbourhood import Neighbourhood
from .shapley import ESTIMATORS, Array, Estimate, Memory, PairedValues, least_squares
from .types import Explanation, Game, Superpixels

DEFAULT_ESTIMATOR = "posterior"
SMALLEST_BUDGET = 10
# Coalitions per call of a game that does not say what it prefers.
BATCH_SIZE = 16
# Estimates are refreshed, and stopping is considered, whenever the pairs have grown by a share, or
# by as many as a refresh takes in at once. These points depend on nothing but the budget, so
# neither batches nor clocks change a result.
REFRESH_PAIRS = 8
REFRESH_GROWTH = 1.08
MOST_NEW_PAIRS = 64
WHOLE_MAP = 2.5
# A game that computes in reduced precision may be wrong by this share of a standard error.
COARSENESS = 0.1
# Targets beside the one that is asked for, whose values move less than this share of its own, are
# not worth the slow estimator: most of many classes hardly occur in a region.
HARDLY = 0.01

OnProgress = Callable[[Explanation], bool]


def explain(
    game: Game,
    superpixels: Superpixels,
    budget: int = 2500,
    seed: int = 0,
    estimator: str = DEFAULT_ESTIMATOR,
    on_progress: Optional[OnProgress] = None,
    stop_at: Optional[float] = None,
    settings: Optional[Mapping[str, Any]] = None,
    batch_size: Optional[int] = None,
    lead: Optional[int] = None,
) -> Explanation:
    """Shapley values of the super-pixels for every target of a game, refined as values arrive.

    Parameters
    ----------
    game : Game
        Coalitions in, values out. Its optional attributes are honoured: ``batch_size`` (coalitions
        per call), ``target_names`` (T str), ``null_players`` ((M,) bool: cells that cannot
        influence any target; they get contribution 0 with standard error 0 and cost nothing), and
        ``differences`` ((T,) float64: by how much reduced precision changes its values). Once these
        exceed a tenth of the standard error that is asked for or reached, the game's ``sharpen()``
        is called and everything is evaluated again. They are asked for at the first refresh, after
        it was told.
    superpixels : Superpixels
        The players.
    budget : int, default 2500
        Most evaluations. An evaluation is one coalition run through the model: everyone and nobody
        count as one each, a pair of coalitions as two (so an odd budget leaves one over). The run
        ends earlier when all 2^M coalitions are known, and the values are then exact.
    seed : int, default 0
        Same seed and settings: same coalitions, same bits.
    estimator : {"posterior", "leverage", "kernel"}
        See `segshap_qgis.explain.shapley`.
    on_progress : callable, optional
        Called with the explanation so far after every call of the game; returns whether to go on.
        After False, what was learnt so far is returned.
    stop_at : float, optional
        Stop once the largest standard error is below this share of the range of the contributions
        (`Explanation.precision`) and the map as a whole is as sure (`is_settled`), for every
        target and at two refreshes running; 0.03 is sensible. Never by default.
    settings : mapping, optional
        Facts to keep with the result; JSON-compatible.
    batch_size : int, optional
        Coalitions per call of the game; the game's own preference by default.
    lead : int, optional
        The target that is asked for: it alone is refreshed, told and decides when to stop. The
        others are solved once, when the run has come to its end, from the same coalitions, those
        that hardly move by least squares; what reduced precision costs them is not checked. By
        default all lead.

    Returns
    -------
    Explanation
        ``values.sum(1) == prediction - base`` to rounding. With a `lead` that comes first, and
        after it the others in their order; after a stop by `on_progress` it is alone.

    Raises
    ------
    SettingsError
        Unknown estimator, budget too small, or a game of another number of players.
    ModelError
        The game returned values of the wrong shape or not finite.

    References
    ----------
    Dardouillet et al. 2022, section 3; Musco & Witter 2025.
    """
    if superpixels.n_players != game.n_players:
        raise SettingsError(
            f"The game has {game.n_players} players, but there are"
            f" {superpixels.n_players} super-pixels.",
            "Make the game with the same super-pixels.",
        )
    inquiry = _Inquiry(game, seed, estimator, batch_size, superpixels.neighbours, lead)
    facts = {
        **(settings or {}),
        "budget": int(budget),
        "estimator": estimator,
        "stop_at": stop_at,
    }
    schedule = _schedule(_affordable_pairs(budget, inquiry.n_players))
    latest, was_settled = inquiry.explanation(superpixels, facts), False
    if on_progress is not None and not on_progress(latest):
        return latest
    for n_pairs in schedule:
        for _ in itertools.chain(inquiry.ask(n_pairs), inquiry.ask_again_sharply(stop_at)):
            if inquiry.n_pairs == n_pairs:
                latest = inquiry.explanation(superpixels, facts, latest.history)
            else:
                latest = replace(latest, evaluations=inquiry.evaluations)
            if on_progress is not None and not on_progress(latest):
                return inquiry.explanation(superpixels, facts, latest.history)
        # One refresh may be lucky: the next one has to say so too.
        now_settled = stop_at is not None and is_settled(latest, stop_at)
        if now_settled and was_settled:
            break
        was_settled = now_settled
    return latest if lead is None else inquiry.with_the_others(latest)


def shapley_values(
    game: Game,
    budget: int,
    seed: int = 0,
    estimator: str = DEFAULT_ESTIMATOR,
    neighbours: Optional[NDArray[np.integer]] = None,
) -> tuple[Array, Array]:
    """Shapley values of any game, without super-pixels, progress or stopping.

    Parameters
    ----------
    game, budget, seed, estimator
        As `explain`.
    neighbours : (E, 2) integer array, optional
        Players that touch, as in `Superpixels`; helps where there are few evaluations.

    Returns
    -------
    values, standard_errors : (T, M) float64 arrays
        In the unit of the game's values; NaN standard errors where they cannot be known.

    Raises
    ------
    SettingsError, ModelError
        As `explain`.
    """
    inquiry = _Inquiry(game, seed, estimator, neighbours=neighbours)
    estimate = inquiry.estimate()
    for n_pairs in _schedule(_affordable_pairs(budget, inquiry.n_players)):
        for _ in inquiry.ask(n_pairs):
            pass
        estimate = inquiry.estimate()
    return estimate


def is_settled(explanation: Explanation, stop_at: float) -> bool:
    """Whether the map as a whole, not only its peaks, is as sure as `stop_at` asks.

    The largest standard error must be below `stop_at` of the range of the contributions, and the
    expected error of the whole map, sqrt(sum se^2 / sum phi^2), below 2.5 `stop_at`: at 0.03 a
    relative squared error of 0.6%. The first alone would stop early where a few strong cells stand
    on a diffuse ground that holds much of the total.
    """
    if explanation.precision >= stop_at:
        return False
    errors = (explanation.standard_errors**2).sum(axis=1)
    contributions = (explanation.values**2).sum(axis=1)
    return bool((errors <= (WHOLE_MAP * stop_at) ** 2 * contributions).all())


class _Inquiry:
    """What has been asked of a game so far; null players are left out."""

    def __init__(
        self,
        game: Game,
        seed: int,
        estimator: str,
        batch_size: Optional[int] = None,
        neighbours: Optional[NDArray[np.integer]] = None,
        lead: Optional[int] = None,
    ) -> None:
        if estimator not in ESTIMATORS:
            raise SettingsError(
                f"Unknown estimator {estimator!r}.", f"Choose one of: {', '.join(ESTIMATORS)}."
            )
        self.game = game
        self.seed = seed
        everything = list(range(game.n_targets))
        self.leading = everything if lead is None else [everything[lead]]
        self.others = [target for target in everything if target not in self.leading]
        self.method = ESTIMATORS[estimator]
        preferred = getattr(game, "batch_size", BATCH_SIZE) if batch_size is None else batch_size
        self.batch_size = max(1, int(preferred))
        null = getattr(game, "null_players", None)
        self.active = np.ones(game.n_players, bool) if null is None else ~np.asarray(null, bool)
        self.n_players = int(self.active.sum())
        self.where = _among(self.active, neighbours)
        if estimator == DEFAULT_ESTIMATOR:
            _ = self.where.smooth_basis  # takes its time once, with many players: not at a refresh
        self.memory: Memory = {}
        self.source = coalition_pairs(self.n_players, seed, self.method.sampling)
        self.coalitions = np.zeros((0, self.n_players), dtype=bool)
        self.values = np.zeros((0, game.n_targets))
        self.latest: Optional[Explanation] = None
        self._play_ends()

    @property
    def n_pairs(self) -> int:
        """Pairs of which both values are known."""
        return len(self.values) // 2

    def ask(self, n_pairs: int) -> Iterator[None]:
        """Evaluate until so many pairs are known; pause after every call of the game."""
        drawn = list(itertools.islice(self.source, max(0, n_pairs - len(self.coalitions))))
        new = np.array(drawn, dtype=bool).reshape(-1, self.n_players)
        self.coalitions = np.concatenate([self.coalitions, new])
        rows = np.zeros((2 * n_pairs, len(self.active)), dtype=bool)
        rows[0::2, self.active] = self.coalitions[:n_pairs]
        rows[1::2, self.active] = ~self.coalitions[:n_pairs]
        while len(self.values) < len(rows):
            batch = rows[len(self.values) :][: self.batch_size]
            self.values = np.concatenate([self.values, self._play(batch)])
            self.evaluations += len(batch)
            yield

    def ask_again_sharply(self, stop_at: Optional[float]) -> Iterator[None]:
        """Evaluate everything again in full precision where the last explanation needs it."""
        game: Any = self.game  # not every game knows reduced precision
        if getattr(game, "differences", None) is None or not self.latest:
            return
        coarse = game.differences[self.leading]
        if not coarse.any():
            return
        reached = self.latest.standard_errors.max(axis=1)
        asked = (stop_at or 0.0) * np.ptp(self.latest.values, axis=1)
        # Unknown standard errors, NaN, ask for nothing yet, unless the values are of no use at all.
        if (np.isinf(coarse) | (coarse > COARSENESS * np.maximum(reached, asked))).any():
            n_pairs = self.n_pairs
            game.sharpen()
            self.values, self.memory = self.values[:0], {}
            self._play_ends()
            *before, n_pairs = _schedule(n_pairs)
            for n_before in before:  # an estimate goes on from those before it
                yield from self.ask(n_before)
                self.estimate()
            yield from self.ask(n_pairs)

    def estimate(self) -> Estimate:
        """Contributions of all players to the leading targets, from the pairs that are known."""
        return self._solved(self.leading, self.memory, self.method.solve)

    def _solved(
        self,
        targets: list[int],
        memory: Memory,
        solve: Callable[[PairedValues, Optional[Memory]], Estimate],
    ) -> Estimate:
        known = self.values[: 2 * self.n_pairs, targets]
        ends = self.base[targets], self.prediction[targets]
        pairs = PairedValues(
            self.coalitions[: self.n_pairs],
            (known[0::2] - known[1::2]) / 2,
            ends[1] - ends[0],
            self.method.sampling,
            self.where,
            (known[0::2] + known[1::2]) / 2 - (ends[1] + ends[0]) / 2,
        )
        found = solve(pairs, memory) if self.n_pairs else _equal_shares(pairs)
        values, standard_errors = np.zeros((2, len(targets), len(self.active)))
        values[:, self.active], standard_errors[:, self.active] = found
        return Estimate(values, standard_errors)

    def explanation(
        self,
        superpixels: Superpixels,
        facts: Mapping[str, Any],
        history: tuple[tuple[int, float], ...] = (),
    ) -> Explanation:
        """The estimate with all that belongs to it."""
        explanation = Explanation(
            *self.estimate(),
            self.base[self.leading],
            self.prediction[self.leading],
            superpixels,
            self.evaluations,
            self.seed,
            {"targets": self._names(self.leading), **facts},
        )
        now = (self.evaluations, explanation.precision)
        self.latest = replace(explanation, history=(*history, now))
        return self.latest

    def with_the_others(self, found: Explanation) -> Explanation:
        """An explanation of the leading targets, and after them all others."""
        spreads = np.ptp(self.values, axis=0) if self.n_pairs else np.zeros(self.game.n_targets)
        moves = spreads[self.others] >= HARDLY * spreads[self.leading].max()
        values, standard_errors = np.zeros((2, len(self.others), len(self.active)))
        for chosen, method in ((moves, self.method.solve), (~moves, least_squares)):
            if chosen.any():
                found_so = self._solved(np.compress(chosen, self.others).tolist(), {}, method)
                values[chosen], standard_errors[chosen] = found_so
        targets = self.leading + self.others
        return replace(
            found,
            values=np.concatenate([found.values, values]),
            standard_errors=np.concatenate([found.standard_errors, standard_errors]),
            base=self.base[targets],
            prediction=self.prediction[targets],
            settings={**found.settings, "targets": self._names(targets)},
        )

    def _names(self, targets: list[int]) -> list[str]:
        names = target_names(self.game)
        return [names[target] for target in targets]

    def _play_ends(self) -> None:
        everyone = np.ones((1, self.game.n_players), dtype=bool)
        self.base, self.prediction = self._play(np.concatenate([~everyone, everyone]))
        self.evaluations = 2

    def _play(self, coalitions: NDArray[np.bool_]) -> Array:
        values = np.asarray(self.game(coalitions), dtype=np.float64)
        if values.shape != (len(coalitions), self.game.n_targets):
            raise ModelError(
                f"The model returned values of shape {values.shape} for {len(coalitions)}"
                f" coalitions of {self.game.n_targets} targets."
            )
        if not np.isfinite(values).all():
            raise ModelError(
                "The model returned a value that is not a number.",
                "Check the image for no-data, and the model on the unmasked image.",
            )
        return values


def _among(active: NDArray[np.bool_], edges: Optional[NDArray[np.integer]]) -> Neighbourhood:
    """The neighbourhood of the active players, numbered among themselves."""
    n_players = int(active.sum())
    if edges is None:
        return Neighbourhood(n_players, np.zeros((0, 2), dtype=np.int64))
    number = np.cumsum(active) - 1
    return Neighbourhood(n_players, number[edges[active[edges].all(axis=1)]])


def _equal_shares(pairs: PairedValues) -> Estimate:
    """Before the first pair: everyone may have done it, and only a single player is certain."""
    phi = np.repeat(pairs.total[:, None] / max(pairs.n_players, 1), pairs.n_players, axis=1)
    return Estimate(phi, np.full(phi.shape, 0.0 if pairs.n_players <= 1 else np.nan))


def _affordable_pairs(budget: int, n_players: int) -> int:
    """Pairs that a budget pays for after everyone and nobody; at most all there are."""
    all_pairs = 2 ** (n_players - 1) - 1 if n_players else 0
    smallest = min(2 + 2 * all_pairs, SMALLEST_BUDGET)
    if budget < smallest:
        raise SettingsError(
            f"A budget of {budget} evaluations is too small.", f"Use at least {smallest}."
        )
    return min((int(budget) - 2) // 2, all_pairs)


def _schedule(n_pairs: int) -> Iterator[int]:
    """Numbers of pairs at which the estimate is refreshed, ending with all."""
    known = 0
    while known < n_pairs:
        grown = REFRESH_PAIRS * math.ceil(known * REFRESH_GROWTH / REFRESH_PAIRS)
        known = min(n_pairs, max(known + REFRESH_PAIRS, min(grown, known + MOST_NEW_PAIRS)))
        yield known
