"""Models and games by one name, in this process or, where torch cannot be loaded here, beside it.

On Windows the libraries that QGIS has loaded can keep torch from loading its own, or end QGIS when
it does; the same torch works in a plain Python. Callers need not know: a model from there gives the
same values.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional, Union

import numpy as np
from numpy.typing import NDArray

from ..errors import DependencyError
from ..explain.types import Game, Superpixels
from .model import Model
from .model_card import ModelCard
from .model_files import DEFAULT_MODEL
from .torch_import import ALWAYS, AUTOMATIC, NEVER, import_ended_a_process, noted, worker_choice
from .torch_libraries import load_torch_libraries, without_collection

if TYPE_CHECKING:
    import torch


def load_model(
    path_or_name: Union[str, Path] = DEFAULT_MODEL,
    device: Union[str, torch.device, None] = None,
    trusted: Optional[Collection[str]] = None,
) -> Model:
    """Load a model from its card, or a bundled model by its name.

    Parameters
    ----------
    path_or_name : str or Path
        Path of a card (``.json``), of a weight file beside its card (``.pt``), of an ONNX file
        (``.onnx``, with or without a card), or a bundled name.
    device : str or torch.device, optional
        Where it runs; a CUDA device when there is one, else the CPU.
    trusted : collection of str, optional
        SHA-256 checksums of the TorchScript files that may run; by default those that the person
        at this computer trusts.

    Returns
    -------
    Model
        A `SegmentationModel`, or a `RemoteModel` where torch cannot be loaded into this process.

    Raises
    ------
    DependencyError
        PyTorch is missing, or onnxruntime, which an ONNX file needs.
    ModelError
        Card or weights are missing, damaged, unsafe, or do not fit each other.
    """
    if torch_loads_here():
        from .segmentation import load_model as load_here

        return load_here(path_or_name, device, trusted)
    from .worker.remote import RemoteModel

    return RemoteModel(path_or_name, None if device is None else str(device), trusted)


def own_model(card: ModelCard, path: Path, trusted: Optional[Collection[str]] = None) -> Model:
    """The model of an ONNX or TorchScript file with a card that need not lie beside it yet.

    Raises
    ------
    DependencyError, ModelError
        As `load_model`.
    """
    if torch_loads_here():
        from .segmentation import own_model as load_here

        return load_here(card, path, trusted=trusted)
    from .worker.remote import RemoteModel

    return RemoteModel(path, trusted=trusted, card=card)


def make_game(
    model: Model,
    image: NDArray,
    superpixels: Superpixels,
    regions: Sequence[NDArray[np.bool_]],
    targets: Sequence[Union[str, int]],
    *arguments: Any,
    **keywords: Any,
) -> Game:
    """The fastest game of a model that applies; see `segshap_qgis.models.staged_game.make_game`."""
    return model.make_game(image, superpixels, regions, targets, *arguments, **keywords)


def torch_loads_here() -> bool:
    """Whether models run in this process; torch is loaded by asking, unless it has to run apart.

    Raises
    ------
    DependencyError
        It is not installed; or it cannot be loaded, and the person wants no other process.
    """
    if find_spec("torch") is None:
        raise DependencyError("PyTorch is missing.", "Open SegSHAP's dock: it says how to get it.")
    choice = worker_choice()
    if choice.when == ALWAYS:
        return False
    if choice.when == AUTOMATIC and not _loaded and import_ended_a_process(choice.notes):
        return False
    loads = _loads(choice.notes)
    if choice.when == NEVER and not loads:
        raise DependencyError(
            "PyTorch cannot be loaded into this program.",
            "Let models run in a worker process: SegSHAP's page in the options has the choice.",
        )
    return loads


# Whether it could be loaded, once that was tried; one tries at a time.
_turn = threading.Lock()
_loaded: list[bool] = []


def _loads(notes: Optional[Path]) -> bool:
    """Tried once: what failed has left libraries behind that would fail again, or worse."""
    with _turn:
        if not _loaded:
            _loaded.append(_imports(notes))
        return _loaded[0]


def _imports(notes: Optional[Path]) -> bool:
    with noted(notes):
        load_torch_libraries()
        try:
            with without_collection():
                import torch  # noqa: F401
        except (ImportError, OSError):
            return False
    return True
