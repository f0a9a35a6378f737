"""The model card: what a model is, what it was trained on, and how to feed it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Union

from ..errors import ModelError
from .normalisation import n_channels

MAX_CARD_BYTES = 1_000_000
MAX_CLASSES = 256
MAX_BANDS = 64
MAX_WINDOW = 8192
MAX_NAME = 200
MAX_VALUE = 1e30


@dataclass(frozen=True)
class ModelCard:
    """Description of a segmentation model, stored as JSON beside its weights.

    Attributes
    ----------
    id : str
        Short name that identifies the model in results, e.g. ``oil_fcdensenet56``.
    title, description : str
        For people; plain text.
    architecture : mapping
        ``{"name": "FCDenseNet", "arguments": {...}}``.
    bands : list of mapping
        One ``{"name": ..., "unit": ...}`` for each band that the network reads, in order.
    normalisation : mapping
        Recipe of `segshap_qgis.models.normalisation.normalise`.
    classes : list of mapping
        One ``{"name": ..., "color": "#rrggbb", "description": ...}`` for each class, in order.
    weights : mapping
        ``{"file": ..., "sha256": ..., "bytes": ...}``; the file lies in the card's own folder.
    background : str or float
        What absent super-pixels are painted with unless the user chooses otherwise.
    default_class : str
        Class that is explained unless the user chooses otherwise; the last class if empty.
    window : int
        Side, in pixels, of the square window that is explained by default.
    training : list of mapping
        Data sets with their terms and attribution, and the schedule.
    scores : mapping
        Measured quality.
    licence : str
        Terms of the weights.
    """

    id: str
    title: str
    architecture: Mapping[str, Any]
    bands: list[Mapping[str, Any]]
    normalisation: Mapping[str, Any]
    classes: list[Mapping[str, Any]]
    weights: Mapping[str, Any]
    description: str = ""
    background: Union[str, float] = "mean"
    default_class: str = ""
    window: int = 512
    training: list[Mapping[str, Any]] = field(default_factory=list)
    scores: Mapping[str, Any] = field(default_factory=dict)
    licence: str = ""

    def __post_init__(self) -> None:
        _check(
            _is_name(self.id), f"its 'id' is empty, not printable or above {MAX_NAME} characters"
        )
        for name in ("title", "description", "licence", "default_class"):
            _check(isinstance(getattr(self, name), str), f"its '{name}' is not text")
        for name in ("architecture", "normalisation", "weights", "scores"):
            _check(isinstance(getattr(self, name), Mapping), f"its '{name}' is not an object")
        named = isinstance(self.architecture.get("name"), str)
        _check(named, "its 'architecture' has no name")
        _check(_is_background(self.background), "its 'background' is neither a name nor a number")
        is_list = isinstance(self.training, list)
        _check(is_list, "its 'training' is not a list")
        _check_named_list("bands", self.bands, MAX_BANDS)
        _check_named_list("classes", self.classes, MAX_CLASSES)
        names = self.class_names
        _check(len(set(names)) == len(names), "two of its classes have the same name")
        _check(self.default_class in ("", *names), "its 'default_class' is not one of its classes")
        is_number = isinstance(self.window, int) and not isinstance(self.window, bool)
        window_is_sane = is_number and 1 <= self.window <= MAX_WINDOW
        _check(window_is_sane, f"its 'window' is not a whole number from 1 to {MAX_WINDOW}")

    @property
    def class_names(self) -> list[str]:
        """Names of the classes in the order of the network's outputs."""
        return [entry["name"] for entry in self.classes]

    @property
    def n_channels(self) -> int:
        """How many channels the network reads: those that normalisation makes of the bands."""
        return n_channels(len(self.bands), self.normalisation)

    @classmethod
    def read(cls, path: str | Path) -> ModelCard:
        """Read a card from a JSON file.

        Raises
        ------
        ModelError
            The file is missing, too large, not JSON, or lacks or misuses a field.
        """
        path = Path(path)
        try:
            if path.stat().st_size > MAX_CARD_BYTES or not path.is_file():
                raise ModelError(
                    f"The model card {path.name} is no file, or larger than one can be."
                )
            content = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ModelError(
                f"The model card {path.name} cannot be read: {error.strerror}.",
                "Choose the model's .json file.",
            ) from error
        except (ValueError, RecursionError) as error:
            raise ModelError(f"The model card {path.name} is not a JSON text.") from error
        return cls.from_dict(content)

    @classmethod
    def from_dict(cls, content: Any) -> ModelCard:
        """Build a card from parsed JSON; fields that are not known are ignored."""
        _check(isinstance(content, dict), "it is not an object")
        known = {f.name for f in fields(cls)}
        try:
            return cls(**{name: value for name, value in content.items() if name in known})
        except TypeError as error:
            missing = [name for name in _REQUIRED if name not in content]
            raise ModelError(f"The model card lacks: {', '.join(missing)}.") from error

    def to_json(self) -> str:
        """The card as JSON text."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"


_REQUIRED = ("id", "title", "architecture", "bands", "normalisation", "classes", "weights")


def _check(holds: bool, complaint: str) -> None:
    if not holds:
        raise ModelError(f"The model card is not usable: {complaint}.")


def _check_named_list(name: str, entries: Any, longest: int) -> None:
    is_list = isinstance(entries, list) and 1 <= len(entries) <= longest
    _check(is_list, f"its '{name}' is not a list of 1 to {longest} entries")
    named = all(isinstance(e, Mapping) and _is_name(e.get("name")) for e in entries)
    _check(named, f"an entry of its '{name}' has no name of up to {MAX_NAME} printable characters")
    texts = ("color", "description", "unit")
    _check(
        all(isinstance(e.get(text, ""), str) for e in entries for text in texts),
        f"an entry of its '{name}' has a {', '.join(texts)} that is not text",
    )


def _is_name(value: Any) -> bool:
    """Names stand in lists, files and layers: one line, nothing invisible."""
    return isinstance(value, str) and value.isprintable() and 0 < len(value) <= MAX_NAME


def _is_background(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < MAX_VALUE
    )
