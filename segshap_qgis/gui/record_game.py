"""The game of a finished run, to be asked again: by hand, or for curves."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..model_library import trusted
from ..workflow import Request, game_for


class RecordGame:
    """The game of a record, made at the first question and kept for the next ones.

    Parameters
    ----------
    record : Record
        Whose model, pixels, cells and region are played with.
    """

    def __init__(self, record: Any) -> None:
        self._record = record
        self._trusted = trusted()
        self._game: Any = None
        self._model: Any = None
        # One model cannot tell apart who of two threads wants to interrupt it.
        self._turn = threading.Lock()

    def values(
        self,
        coalitions: NDArray[np.bool_],
        target: str,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> NDArray[np.float64]:
        """Values of one target; called off the main thread, from any number of threads.

        Parameters
        ----------
        coalitions : (K, M) bool array
            Which cells are shown.
        target : str
            Its name, one of the record's targets.
        is_cancelled : callable
            Asked often; True stops between two layers of the network.

        Returns
        -------
        (K,) float64 array

        Raises
        ------
        SegShapError
            The model is gone, or does not fit any more.
        Interrupted
            It was cancelled.
        """
        with self._turn:
            self._load()
            with self._model.interruptible(is_cancelled):
                if self._game is None:
                    self._game = self._make()
                column = self._game.target_names.index(target)
                values: NDArray[np.float64] = self._game(coalitions)[:, column]
                return values

    def _load(self) -> None:
        from ..models import load_model

        if self._model is None:
            request = Request.from_settings(self._record.settings)
            self._model = load_model(request.model, trusted=self._trusted)

    def _make(self) -> Any:
        request = Request.from_settings(self._record.settings)
        window, region = self._record.window, self._record.region
        superpixels = self._record.explanation.superpixels
        return game_for(request, self._model, window, superpixels, region)


class OneTarget:
    """One target of a record's game, as a Game for the measures of faithfulness.

    Parameters
    ----------
    game : RecordGame
        The game.
    n_players : int
        Its super-pixels.
    target : str
        Name of the target.
    is_cancelled : callable
        Asked often; True stops.
    """

    n_targets = 1

    def __init__(
        self, game: RecordGame, n_players: int, target: str, is_cancelled: Callable[[], bool]
    ) -> None:
        self.n_players = n_players
        self._game, self._target, self._is_cancelled = game, target, is_cancelled

    def __call__(self, coalitions: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Values of K coalitions, (K, 1)."""
        return self._game.values(coalitions, self._target, self._is_cancelled)[:, None]
