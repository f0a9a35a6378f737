"""The process that runs a model for another one: answers on its standard output what it is asked.

It holds one model and any number of games on it. A thread of its own reads what comes in, so that a
cancel is heard while the network computes; once nothing can come in any more, the process ends.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ...errors import Interrupted, ModelError, SegShapError
from ...explain.types import Superpixels
from .frames import Arrays, Message, read_frame, write_frame

# As runs inside QGIS's own process do, so that QGIS stays quick.
NICENESS = 5

Answer = tuple[Message, Arrays]


class Server:
    """Answers requests in their order.

    Parameters
    ----------
    requests, answers : binary file
        The two pipes.
    """

    def __init__(self, requests: BinaryIO, answers: BinaryIO) -> None:
        self._requests = requests
        self._answers = answers
        self._waiting: queue.SimpleQueue[tuple[Message, Arrays]] = queue.SimpleQueue()
        self._cancelled = 0
        self._model: Any = None
        self._games: dict[int, Any] = {}
        self._asks = {
            "start": self._start,
            "load": self._load,
            "predict": self._predict,
            "make_game": self._make_game,
            "play": self._play,
            "play_masks": self._play_masks,
            "sharpen": self._sharpen,
            "rest": self._rest,
        }

    def serve(self) -> None:
        """Answer until the other side is gone, which ends the process."""
        threading.Thread(target=self._listen, daemon=True).start()
        while True:
            message, arrays = self._waiting.get()
            write_frame(self._answers, *self._answer(message, arrays))

    def _listen(self) -> None:
        status = 1
        try:
            while (frame := read_frame(self._requests)) is not None:
                if frame[0].get("ask") == "cancel":
                    self._cancelled = int(frame[0]["number"])
                else:
                    self._waiting.put(frame)
            status = 0
        except (ValueError, OSError):
            traceback.print_exc()
        finally:
            # At once: nobody waits for what is being computed.
            os._exit(status)

    def _answer(self, message: Message, arrays: Arrays) -> Answer:
        number = int(message["number"])
        try:
            for game in message.get("drop", ()):
                self._games.pop(game, None)
            with self._as_asked(message, number):
                facts, found = self._asks[message["ask"]](message, arrays)
        except Interrupted:
            return {"number": number, "interrupted": True}, {}
        except SegShapError as error:
            about = [type(error).__name__, error.message, error.remedy]
            return {"number": number, "error": about}, {}
        except Exception:  # noqa: BLE001 (it is told to the other side, which has to know)
            return {"number": number, "failure": traceback.format_exc()}, {}
        return {"number": number, **facts}, found

    @contextlib.contextmanager
    def _as_asked(self, message: Message, number: int) -> Iterator[None]:
        """Interruptible, and with as many threads as were asked for."""
        with contextlib.ExitStack() as stack:
            if self._model is not None:
                stack.enter_context(self._model.interruptible(lambda: self._cancelled >= number))
                if message.get("threads"):
                    stack.enter_context(self._model.computing_threads(int(message["threads"])))
            yield

    # What can be asked ------------------------------------------------------------------------

    def _start(self, message: Message, _arrays: Arrays) -> Answer:
        # At the end: what this Python brings itself comes first.
        sys.path += [path for path in message["paths"] if path not in sys.path]
        import torch

        return {"torch": str(torch.__version__)}, {}

    def _load(self, message: Message, _arrays: Arrays) -> Answer:
        from ..model_card import ModelCard
        from ..segmentation import load_model, own_model

        self._rest(message, {})
        path, device = message["path"], message["device"]
        if message["card"] is None:
            self._model = load_model(path, device, message["trusted"])
        else:
            card = ModelCard.from_dict(message["card"])
            self._model = own_model(card, Path(path), device, message["trusted"])
        about = {
            "card": self._model.card.to_json(),
            "minimum_size": int(self._model.minimum_size),
            "device": str(self._model.device),
        }
        return about, {}

    def _rest(self, _message: Message, _arrays: Arrays) -> Answer:
        """Free all memory."""
        self._model = None
        self._games.clear()
        return {}, {}

    def _predict(self, message: Message, arrays: Arrays) -> Answer:
        probability = self._loaded().predict(
            arrays["bands"], arrays.get("valid"), message["unit"], arrays.get("sea")
        )
        return {}, {"probability": probability}

    def _make_game(self, message: Message, arrays: Arrays) -> Answer:
        game = self._loaded().make_game(
            arrays["image"],
            Superpixels(arrays["labels"], arrays["neighbours"], arrays["areas"]),
            [arrays[f"region {i}"].astype(bool) for i in range(message["regions"])],
            message["targets"],
            arrays.get("background", message["background"]),
            valid=arrays.get("valid"),
            **message["keywords"],
        )
        number = message["number"]
        self._games[number] = game
        null = getattr(game, "null_players", np.zeros(game.n_players, dtype=bool))
        facts = {
            "game": number,
            "n_players": game.n_players,
            "n_targets": game.n_targets,
            "batch_size": game.batch_size,
            "target_names": game.target_names,
        }
        return facts, {"null_players": null, "differences": _differences(game)}

    def _play(self, message: Message, arrays: Arrays) -> Answer:
        return {}, {"values": self._game(message)(arrays["coalitions"])}

    def _play_masks(self, message: Message, arrays: Arrays) -> Answer:
        return {}, {"values": self._game(message).evaluate_masks(arrays["masks"])}

    def _sharpen(self, message: Message, _arrays: Arrays) -> Answer:
        game = self._game(message)
        if hasattr(game, "sharpen"):
            game.sharpen()
        return {}, {"differences": _differences(game)}

    def _loaded(self) -> Any:
        if self._model is None:
            raise ModelError("No model is loaded.", "Load it again.")
        return self._model

    def _game(self, message: Message) -> Any:
        game = self._games.get(message["game"])
        if game is None:
            raise ModelError("This game is not known any more.", "Start the run again.")
        return game


def _differences(game: Any) -> Any:
    return getattr(game, "differences", np.zeros(game.n_targets))


def main() -> None:
    """Serve on the standard streams."""
    # What libraries print must not come between the frames.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if hasattr(os, "nice"):
        os.nice(max(0, NICENESS - os.nice(0)))
    Server(sys.stdin.buffer, answers).serve()
