"""Games made of games: a mean over backgrounds, models side by side, class against class, a class.

Shapley values are linear in the game. So a mean of games has the mean contributions, and the
difference of two targets the difference of theirs; as a target of its own it also gets a standard
error of its own, which two separate ones cannot give because they come from the same coalitions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import SettingsError
from .types import Explanation, Game

Array = NDArray[np.float64]


class _Combination:
    """What all combinations share: the parts play the same coalitions of the same players."""

    def __init__(self, games: Sequence[Game]) -> None:
        if not games or len({game.n_players for game in games}) != 1:
            raise SettingsError(
                "Games can only be combined on the same super-pixels.",
                "Make all of them with the same super-pixels.",
            )
        self.games = tuple(games)
        self.n_players = games[0].n_players
        self.batch_size = min(getattr(game, "batch_size", 16) for game in games)
        nobody = np.zeros(self.n_players, dtype=bool)
        # A cell without influence on one part may have some on another.
        self.null_players = np.logical_and.reduce(
            [getattr(game, "null_players", nobody) for game in games]
        )

    def __call__(self, coalitions: NDArray[np.bool_]) -> Array:
        """Values v(z): (K, M) bool coalitions to (K, T) float64."""
        return self._joined([np.asarray(game(coalitions), np.float64) for game in self.games])

    def evaluate_masks(self, masks: NDArray[np.float32]) -> Array:
        """Values under soft masks, where every part takes them: (K, H, W) to (K, T)."""
        parts: Sequence[Any] = self.games
        return self._joined([np.asarray(game.evaluate_masks(masks)) for game in parts])

    @property
    def differences(self) -> Array:
        """By how much reduced precision of the parts changes a value at most, (T,)."""
        exact = [np.zeros(game.n_targets) for game in self.games]
        parts = [getattr(game, "differences", none) for game, none in zip(self.games, exact)]
        return self._joined_bounds([np.asarray(part)[None] for part in parts])[0]

    def sharpen(self) -> None:
        """Let the parts compute in full precision from now on."""
        for game in self.games:
            getattr(game, "sharpen", _nothing)()

    def _joined(self, values: Sequence[Array]) -> Array:
        raise NotImplementedError

    def _joined_bounds(self, bounds: Sequence[Array]) -> Array:
        """How far the joined values are off if those of the parts are off by so much."""
        return self._joined(bounds)


def _nothing() -> None:
    """For a game that is as sharp as it can be."""


class MeanGame(_Combination):
    """The mean of several games with the same targets, e.g. of one image on several backgrounds.

    Parameters
    ----------
    games : sequence of Game
        Same players, same targets. One evaluation costs one of each.

    Raises
    ------
    SettingsError
        Other players or another number of targets.
    """

    def __init__(self, games: Sequence[Game]) -> None:
        super().__init__(games)
        if len({game.n_targets for game in games}) != 1:
            raise SettingsError("Only games with the same targets have a mean.")
        self.n_targets = games[0].n_targets
        self.target_names = target_names(games[0])

    def _joined(self, values: Sequence[Array]) -> Array:
        return np.mean(values, axis=0)


class StackedGame(_Combination):
    """Several games on the same coalitions, their targets one after the other.

    Parameters
    ----------
    games : sequence of Game
        Same players.
    names : sequence of str
        One a game, put before the names of its targets.

    Raises
    ------
    SettingsError
        Other players.
    """

    def __init__(self, games: Sequence[Game], names: Sequence[str]) -> None:
        super().__init__(games)
        self.n_targets = sum(game.n_targets for game in games)
        self.target_names = [
            f"{name}: {target}" for name, game in zip(names, games) for target in target_names(game)
        ]

    def _joined(self, values: Sequence[Array]) -> Array:
        return np.concatenate(values, axis=1)


class ContrastGame(_Combination):
    """A game with further targets: "why this target rather than that one", first minus second.

    Parameters
    ----------
    game : Game
        With the targets to contrast.
    pairs : sequence of (int, int)
        Targets, each pair a further target of the value difference, after those of the game.

    Raises
    ------
    SettingsError
        The game has no such target, or a target is set against itself.
    """

    def __init__(self, game: Game, pairs: Sequence[tuple[int, int]]) -> None:
        super().__init__([game])
        for first, second in pairs:
            if first == second or not {first, second} <= set(range(game.n_targets)):
                raise SettingsError(
                    f"Target {first} cannot be set against target {second}.",
                    f"Choose two different targets from 0 to {game.n_targets - 1}.",
                )
        self.pairs = tuple(pairs)
        names = target_names(game)
        self.target_names = names + [f"{names[a]} rather than {names[b]}" for a, b in pairs]
        self.n_targets = len(self.target_names)

    def _joined(self, values: Sequence[Array]) -> Array:
        (known,) = values
        contrasts = [known[:, [a]] - known[:, [b]] for a, b in self.pairs]
        return np.concatenate([known, *contrasts], axis=1)

    def _joined_bounds(self, bounds: Sequence[Array]) -> Array:
        (known,) = bounds
        # Both may be off, and to different sides.
        contrasts = [known[:, [a]] + known[:, [b]] for a, b in self.pairs]
        return np.concatenate([known, *contrasts], axis=1)


class TargetGame(_Combination):
    """One target of a game, for measures of that target alone.

    Parameters
    ----------
    game : Game
        With any number of targets.
    target : int
        Which.

    Raises
    ------
    SettingsError
        The game has no such target.
    """

    n_targets = 1

    def __init__(self, game: Game, target: int) -> None:
        super().__init__([game])
        if not 0 <= target < game.n_targets:
            raise SettingsError(
                f"There is no target {target}.", f"Choose one from 0 to {game.n_targets - 1}."
            )
        self.target = target
        self.target_names = [target_names(game)[target]]

    def _joined(self, values: Sequence[Array]) -> Array:
        return values[0][:, [self.target]]


def target_names(game: Game) -> list[str]:
    """Names of a game's targets; their numbers where it has none."""
    return [str(name) for name in getattr(game, "target_names", range(game.n_targets))]


def only_targets(explanation: Explanation, targets: Sequence[int]) -> Explanation:
    """An explanation of some of the targets, e.g. of a contrast alone, for one layer or chart.

    Parameters
    ----------
    explanation : Explanation
        With T targets.
    targets : sequence of int
        Which, 0..T-1, in the wanted order.

    Raises
    ------
    SettingsError
        There is no such target.
    """
    chosen = list(targets)
    if not chosen or not set(chosen) <= set(range(explanation.n_targets)):
        raise SettingsError(
            f"There are no such targets: {chosen}.",
            f"Choose from 0 to {explanation.n_targets - 1}.",
        )
    settings = dict(explanation.settings)
    if "targets" in settings:
        settings["targets"] = [settings["targets"][target] for target in chosen]
    return replace(
        explanation,
        values=explanation.values[chosen],
        standard_errors=explanation.standard_errors[chosen],
        base=explanation.base[chosen],
        prediction=explanation.prediction[chosen],
        settings=settings,
    )


def classes_in_background(explanation: Explanation, threshold: float = 0.5) -> list[str]:
    """Targets that the background alone already has: v(none) at least `threshold`.

    Such contributions do not tell where the class comes from, since it is there with every
    super-pixel masked: black, for one, *is* oil to a radar model. Meaningful for probabilities and
    decisions, not for logits or contrasts.

    Parameters
    ----------
    explanation : Explanation
        Its ``base`` is v(none), measured.
    threshold : float, default 0.5
        In the unit of the values.

    Returns
    -------
    list of str
        Names of the targets; empty where the background is harmless or the values are logits.
    """
    if explanation.settings.get("output") == "logit":
        return []
    names = explanation.settings.get("targets", range(explanation.n_targets))
    return [str(name) for name, base in zip(names, explanation.base) if base >= threshold]
