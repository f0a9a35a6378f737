"""The model's files are replaced under a run: it gives the right values or says what is wrong."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from qgis.PyQt.QtTest import QTest

from .findings import Finding
from .ground import Ground
from .qgis_process import in_qgis
from .stage import Stage


def replaced(ground: Ground, quick: bool) -> Finding:
    """Model file replaced meanwhile."""
    return in_qgis("replacing:act", ground, 600, quick=quick, budget=60, side=14)


def _renamed_over(file: Path, content: bytes) -> None:
    """As careful programs do: a new file takes the name."""
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as other:
        other.write(content)
    Path(other.name).replace(file)


def _other_weights(card: Path, weights: Path) -> None:
    """The same shapes, other numbers, and a card that goes with them."""
    _renamed_over(weights, (card.parent / "other" / "small.pt").read_bytes())
    _renamed_over(card, (card.parent / "other" / "small.json").read_bytes())


def _other_weights_only(card: Path, weights: Path) -> None:
    _renamed_over(weights, (card.parent / "other" / "small.pt").read_bytes())


def _cut_in_place(card: Path, weights: Path) -> None:
    with weights.open("rb+") as file:
        file.truncate(weights.stat().st_size // 2)


def _overwritten_in_place(card: Path, weights: Path) -> None:
    with weights.open("rb+") as file:
        file.write(b"x" * weights.stat().st_size)


def _deleted(card: Path, weights: Path) -> None:
    weights.unlink()


def _card_deleted(card: Path, weights: Path) -> None:
    card.unlink()


def _card_spoilt(card: Path, weights: Path) -> None:
    card.write_text(json.dumps({"id": [1], "classes": "none"}), encoding="utf-8")


WAYS: dict[str, Callable[[Path, Path], None]] = {
    "other model": _other_weights,
    "other weights": _other_weights_only,
    "cut": _cut_in_place,
    "overwritten": _overwritten_in_place,
    "deleted": _deleted,
    "card deleted": _card_deleted,
    "card spoilt": _card_spoilt,
}
# Seconds after the pick.
MOMENTS = {"at once": 0.0, "while it is read": 0.02, "while it runs": 0.25}


def act(stage: Stage) -> Finding:
    """Every way at every moment; a result has the values of one model or the other, whole."""
    finding = Finding()
    card = Path(stage.orders["model"])
    kept = stage.folder / "kept"
    _make_other(card)
    shutil.copytree(card.parent, kept)
    expected = [stage.explain().explanation.values]
    _other_weights(card, card.with_suffix(".pt"))
    expected.append(stage.explain().explanation.values)
    _restore(kept, card.parent)
    outcomes = {"the right values": 0, "a clear message": 0}
    for way, replace in WAYS.items():
        for moment, seconds in list(MOMENTS.items())[: 1 if stage.orders["quick"] else 3]:
            task = stage.pick()
            QTest.qWait(round(1000 * seconds))
            replace(card, card.with_suffix(".pt"))
            stage.wait_until_quiet()
            outcome = _outcome(stage, task, expected)
            if outcome in outcomes:
                outcomes[outcome] += 1
            else:
                finding.faults.append(f"{way} {moment}: {outcome}")
            _restore(kept, card.parent)
            stage.iface.messageBar().clearWidgets()
    if not np.array_equal(stage.explain().explanation.values, expected[0]):
        finding.faults.append("the first model, put back, gave other values")
    finding.figures = {"times": len(WAYS) * (1 if stage.orders["quick"] else 3), **outcomes}
    return finding


def _make_other(card: Path) -> None:
    """A second model of the same form beside the first, with other weights."""
    import hashlib

    import torch

    other = card.parent / "other"
    other.mkdir()
    state = torch.load(card.with_suffix(".pt"), weights_only=True)
    for name, tensor in state.items():
        if name.endswith("weight") and tensor.ndim == 4:
            state[name] = -tensor
    torch.save(state, other / "small.pt")
    document = json.loads(card.read_text(encoding="utf-8"))
    document["weights"]["sha256"] = hashlib.sha256((other / "small.pt").read_bytes()).hexdigest()
    (other / "small.json").write_text(json.dumps(document), encoding="utf-8")


def _restore(kept: Path, folder: Path) -> None:
    for path in kept.iterdir():
        if path.is_file():
            _renamed_over(folder / path.name, path.read_bytes())


def _outcome(stage: Stage, task: Any, expected: list[Any]) -> str:
    if task.error is not None:
        kind = type(task.error).__name__
        return "a clear message" if kind == "ModelError" else f"{task.error!r}\n{task.details}"
    if task.record is None:
        return f"no result and no error; {stage.messages()}"
    found = task.record.explanation.values
    right = any(np.array_equal(found, values) for values in expected)
    return "the right values" if right else "values of neither model"
