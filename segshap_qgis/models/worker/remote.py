"""A model and its games in another process, behind the interfaces of those in this one."""

from __future__ import annotations

import json
import weakref
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Optional, Union

import numpy as np
from numpy.typing import NDArray

from ...explain.types import Superpixels
from ..model import Model
from ..model_card import ModelCard
from ..trust import trusted_programs
from .client import Worker, hire, release
from .frames import Arrays, Message


class RemoteModel(Model):
    """A model whose network runs in a process of its own.

    The process is started anew, and the model loaded again, if it has ended since.

    Parameters
    ----------
    path_or_name : str or Path
        As `segshap_qgis.models.load_model`.
    device : str, optional
        Where it runs; a CUDA device when there is one, else the CPU.
    trusted : collection of str, optional
        SHA-256 checksums of the TorchScript files that may run; by default those that the person
        at this computer trusts.
    card : ModelCard, optional
        Where it need not lie beside the file yet.

    Raises
    ------
    DependencyError, ModelError
        As `segshap_qgis.models.load_model`, or because the process cannot be started.
    """

    def __init__(
        self,
        path_or_name: Union[str, Path],
        device: Optional[str] = None,
        trusted: Optional[Collection[str]] = None,
        card: Optional[ModelCard] = None,
    ) -> None:
        self._request: Message = {
            "path": str(path_or_name),
            "device": device,
            "trusted": sorted(trusted_programs(trusted)),
            "card": None if card is None else asdict(card),
        }
        self._threads: Optional[int] = None
        facts = self._load()
        super().__init__(ModelCard.from_dict(json.loads(facts["card"])))
        self.minimum_size = int(facts["minimum_size"])
        self.device = str(facts["device"])

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._worker.pid

    def predict(
        self,
        bands: NDArray,
        valid: Optional[NDArray[np.bool_]] = None,
        unit: Optional[str] = None,
        sea: Optional[NDArray[np.floating]] = None,
    ) -> NDArray[np.float32]:
        """Probability of every class at every pixel: raw (B, H, W) to (C, H, W) float32."""
        arrays = {"bands": bands, "valid": valid, "sea": sea}
        _, found = self.ask(self._running(), "predict", {"unit": unit}, arrays)
        return found["probability"]

    def make_game(
        self,
        image: NDArray,
        superpixels: Superpixels,
        regions: Sequence[NDArray[np.bool_]],
        targets: Sequence[Union[str, int]],
        background: Union[str, float, NDArray] = "mean",
        output: str = "probability",
        *,
        valid: Optional[NDArray[np.bool_]] = None,
        **keywords: Any,
    ) -> RemoteGame:
        """The fastest game that applies; see `segshap_qgis.models.staged_game.make_game`."""
        message = {
            "targets": [target if isinstance(target, str) else int(target) for target in targets],
            "background": None if isinstance(background, np.ndarray) else background,
            "regions": len(regions),
            "keywords": {**keywords, "output": output},
        }
        arrays = {
            "image": image,
            "labels": superpixels.labels,
            "neighbours": superpixels.neighbours,
            "areas": superpixels.areas,
            "background": background if isinstance(background, np.ndarray) else None,
            "valid": valid,
            **{f"region {i}": region for i, region in enumerate(regions)},
        }
        worker = self._running()
        facts, found = self.ask(worker, "make_game", message, arrays)
        return RemoteGame(self, worker, superpixels, facts, found)

    @contextmanager
    def computing_threads(self, count: int) -> Iterator[None]:
        """Within this context the network computes with so many threads."""
        before, self._threads = self._threads, count
        try:
            yield
        finally:
            self._threads = before

    def ask(
        self, worker: Worker, what: str, message: Message, arrays: dict[str, Any]
    ) -> tuple[Message, Arrays]:
        """Ask a worker in the name of this model: interruptible, and with its threads."""
        self.check_interrupted()
        given = {name: _plain(array) for name, array in arrays.items() if array is not None}
        return worker.ask(what, {**message, "threads": self._threads}, given, self.is_cancelled)

    def _running(self) -> Worker:
        """The worker, with the model in it."""
        if not self._worker.is_alive:
            self._load()
        return self._worker

    def _load(self) -> Message:
        self._worker = hire()
        # The worker outlives its model and serves the next one.
        weakref.finalize(self, release, self._worker).atexit = False
        facts, _ = self._worker.ask("load", self._request)
        return facts


class RemoteGame:
    """A game of a `RemoteModel`: coalitions in, values out, with the attributes of a `StagedGame`.

    Parameters
    ----------
    model : RemoteModel
        Whose network it is played with.
    worker : Worker
        The process that knows the game.
    superpixels : Superpixels
        The players.
    facts, arrays : mapping
        What the process told about it.
    """

    def __init__(
        self,
        model: RemoteModel,
        worker: Worker,
        superpixels: Superpixels,
        facts: Message,
        arrays: Arrays,
    ) -> None:
        self.model = model
        self.superpixels = superpixels
        self.n_players = int(facts["n_players"])
        self.n_targets = int(facts["n_targets"])
        self.batch_size = int(facts["batch_size"])
        self.target_names = [str(name) for name in facts["target_names"]]
        self.null_players = arrays["null_players"]
        self.differences = arrays["differences"]
        self._worker = worker
        self._number = int(facts["game"])
        weakref.finalize(self, worker.dropped.append, self._number).atexit = False

    def __call__(self, coalitions: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Values v(z): (K, M) bool coalitions to (K, T) float64."""
        asked = {"coalitions": np.asarray(coalitions, dtype=bool)}
        return self._ask("play", asked)["values"]

    def evaluate_masks(self, masks: NDArray[np.floating]) -> NDArray[np.float64]:
        """Values under soft masks: (K, H, W) in [0, 1], 1 shows the image, to (K, T) float64."""
        return self._ask("play_masks", {"masks": np.asarray(masks, dtype=np.float32)})["values"]

    def sharpen(self) -> None:
        """Compute in float32 from now on."""
        self.differences = self._ask("sharpen", {})["differences"]

    def _ask(self, what: str, arrays: dict[str, Any]) -> Arrays:
        return self.model.ask(self._worker, what, {"game": self._number}, arrays)[1]


def _plain(array: Any) -> NDArray[Any]:
    """An array of a type that goes through a pipe and holds the same numbers."""
    found = np.asarray(array)
    if found.dtype.name in {"bool", "uint8", "int32", "int64", "float32", "float64"}:
        return found
    return found.astype(np.int64 if found.dtype.kind in "iu" else np.float64)
