"""What the workers of a cluster run: they get windows or read them, and load the model once."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from .group_run import Explained, ExplainRequest, explain_group, read_group
from .groups import Group

if TYPE_CHECKING:
    from ..geo import Window


@dataclass(frozen=True)
class ModelFiles:
    """A model's two files, as they are sent; only a TorchScript file is a program.

    Attributes
    ----------
    card_name, weights_name : str
        Names of the files.
    card, weights : bytes
        What is in them.
    trusted : tuple of str
        Checksum of the program, if it is one: the person who sends it trusts it.
    """

    card_name: str
    card: bytes
    weights_name: str
    weights: bytes
    trusted: tuple[str, ...] = ()

    @classmethod
    def of(cls, path_or_name: str) -> ModelFiles:
        """Read them, after they have been checked, and a program for being trusted."""
        from ..models import load_model
        from ..models.model_files import card_path_of

        model = load_model(path_or_name)
        card = card_path_of(path_or_name)
        weights = card.parent / str(model.card.weights["file"])
        content = weights.read_bytes()
        is_program = model.card.architecture.get("name") == "TorchScript"
        trusted = (hashlib.sha256(content).hexdigest(),) if is_program else ()
        return cls(card.name, card.read_bytes(), weights.name, content, trusted)


def as_it_is(model: ModelFiles) -> ModelFiles:
    """The task whose result is the model, for all windows to depend on."""
    return model


_LOADED: dict[ModelFiles, Any] = {}


def _loaded(files: ModelFiles) -> Any:
    """The model of this worker, made once; its checksum is checked like that of any file."""
    from ..models import load_model

    if files not in _LOADED:
        with tempfile.TemporaryDirectory(prefix="segshap-") as folder:
            (Path(folder) / files.card_name).write_bytes(files.card)
            (Path(folder) / files.weights_name).write_bytes(files.weights)
            _LOADED.clear()
            _LOADED[files] = load_model(Path(folder) / files.card_name, trusted=files.trusted)
    return _LOADED[files]


def explain_on_worker(
    request: ExplainRequest,
    model: ModelFiles,
    group: Group,
    outlines: Sequence[bytes],
    window: Optional[Window],
) -> list[Explained]:
    """What a worker does for one window; see `explain_group`."""
    from shapely import wkb

    window = read_group(request, group) if window is None else window
    shapes = [wkb.loads(outline) for outline in outlines]
    return explain_group(request, _loaded(model), window, group, shapes)
