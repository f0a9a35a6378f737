"""The models to choose from: those that come with the plugin, and those that a person added.

What was added is remembered in QGIS's settings: where the file lies, and its card as it was read,
so that listing needs neither torch nor onnxruntime. The files themselves are never touched.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple, Optional, Union

from qgis.core import QgsSettings

from .errors import ModelError, SegShapError
from .models import ModelCard, read_card
from .models.trust import checksum, trust_is_kept_by

FOLDER = Path(__file__).resolve().parents[1] / "resources" / "models"
ADDED = "segshap/models"
TRUSTED = "segshap/trusted"


class ListedModel(NamedTuple):
    """A model that can be chosen.

    Attributes
    ----------
    path : Path
        Its card, or its file where it has no card.
    card : ModelCard
        What it is.
    """

    path: Path
    card: ModelCard


def bundled_models(folder: Path = FOLDER) -> list[ListedModel]:
    """Every model that comes with the plugin; a damaged card is passed over."""
    listed = (_listed(path) for path in sorted(folder.glob("*.json")))
    return [model for model in listed if model is not None]


def _listed(path: Path) -> Optional[ListedModel]:
    try:
        return ListedModel(path, ModelCard.read(path))
    except ModelError:
        return None


def added_models() -> list[ListedModel]:
    """Models that a person added, in their order; those whose file is gone are listed, too."""
    listed = (_remembered(entry) for entry in _entries())
    return [model for model in listed if model is not None]


def _remembered(entry: dict) -> Optional[ListedModel]:
    """As its card says now, or said when the model was added."""
    path = Path(entry["path"])
    if path.suffix == ".json" and path.is_file():
        return _listed(path)
    try:
        return ListedModel(path, ModelCard.from_dict(entry.get("card")))
    except ModelError:
        return None


def listed_models() -> list[ListedModel]:
    """All models to choose from, the bundled ones first."""
    return [*bundled_models(), *added_models()]


def find_model(id_or_path: str) -> ListedModel:
    """The listed model of an id or a path; of several with the id, the first.

    Raises
    ------
    ModelError
        There is none.
    """
    for listed in listed_models():
        if id_or_path in {listed.card.id, str(listed.path)}:
            return listed
    known = ", ".join(listed.card.id for listed in listed_models())
    raise ModelError(f"There is no model “{id_or_path}”.", f"Choose one of: {known}.")


def add_model(path: Union[str, Path]) -> ListedModel:
    """Remember a model; one that is there already is read again.

    Raises
    ------
    DependencyError, ModelError
        See `read_card`; nothing is remembered then.
    """
    path = Path(path).expanduser().resolve()
    beside = path.with_suffix(".json")
    path = beside if beside.is_file() else path
    card = read_card(path)
    entry = {"path": str(path), "card": json.loads(card.to_json())}
    _write([*(e for e in _entries() if e["path"] != str(path)), entry])
    return ListedModel(path, card)


def remove_model(path: Union[str, Path]) -> None:
    """Forget an added model, and that it was trusted; its files stay where they are."""
    for listed in added_models():
        if listed.path == Path(path):
            _write([e for e in _entries() if e["path"] != str(listed.path)])
            distrust(weights_path(listed))


def weights_path(listed: ListedModel) -> Path:
    """The file that holds the network."""
    return listed.path.with_name(Path(str(listed.card.weights.get("file", ""))).name)


def is_script(listed: ListedModel) -> bool:
    """Whether the model is a program, which needs to be trusted."""
    return bool(listed.card.architecture.get("name") == "TorchScript")


def trusted() -> frozenset[str]:
    """Checksums of the TorchScript files that a person trusts on this computer."""
    kept = _stored(TRUSTED)
    return frozenset(value for value in kept.values() if isinstance(value, str))


def trust(path: Union[str, Path]) -> None:
    """Trust a TorchScript file as it is now.

    Raises
    ------
    ModelError
        It cannot be read, or is no TorchScript.
    """
    _store(TRUSTED, {**_stored(TRUSTED), str(path): checksum(path)})


def is_trusted(path: Union[str, Path]) -> bool:
    """Whether a TorchScript file is trusted, as it is now."""
    try:
        return checksum(path) in trusted()
    except SegShapError:
        return False


def distrust(path: Union[str, Path]) -> None:
    """Trust a file no longer."""
    _store(TRUSTED, {key: value for key, value in _stored(TRUSTED).items() if key != str(path)})


def _entries() -> list[dict]:
    kept = _stored(ADDED).get("models", [])
    return [e for e in kept if isinstance(e, dict) and isinstance(e.get("path"), str)]


def _write(entries: list[dict]) -> None:
    _store(ADDED, {"models": entries})


def _stored(key: str) -> dict:
    """A table kept in QGIS's settings as JSON; empty where there is none or it is damaged."""
    try:
        kept = json.loads(QgsSettings().value(key, "") or "{}")
    except (TypeError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _store(key: str, table: dict) -> None:
    QgsSettings().setValue(key, json.dumps(table))


# Whoever loads a model in QGIS has this list asked, without having to think of it.
trust_is_kept_by(trusted)
