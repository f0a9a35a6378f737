"""Which TorchScript files may run: those whose checksum is on a person's list.

A TorchScript file is a program. `load_model` asks the keeper of the list by itself, so that nobody
who loads a model has to think of it. Where nobody keeps a list, no program runs.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Optional, Union

from ..errors import ModelError

MAX_SCRIPT_BYTES = 1_000_000_000

Keeper = Callable[[], Collection[str]]
_keeper: Keeper = frozenset


def trust_is_kept_by(keeper: Keeper) -> None:
    """Ask here, from now on, which programs a person trusts.

    Parameters
    ----------
    keeper : callable
        Gives the SHA-256 checksums of trusted files; called from any thread.
    """
    global _keeper  # noqa: PLW0603 (one person at one computer: one list)
    _keeper = keeper


def trusted_programs(trusted: Optional[Collection[str]] = None) -> Collection[str]:
    """These checksums, or those on the list of the person at this computer."""
    return _keeper() if trusted is None else trusted


def checksum(path: Union[str, Path]) -> str:
    """SHA-256 of a model file, by which it is trusted.

    Raises
    ------
    ModelError
        It is missing, too large, or no TorchScript archive.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MAX_SCRIPT_BYTES:
            raise ModelError(f"{path.name} is larger than {MAX_SCRIPT_BYTES / 1e9:.0f} GB.")
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
        if sum(entry.file_size for entry in entries) > MAX_SCRIPT_BYTES:
            raise ModelError(
                f"{path.name} unpacks to more than {MAX_SCRIPT_BYTES / 1e9:.0f} GB.",
                "Get the model again from a source that you know.",
            )
        if not any("/code/" in entry.filename for entry in entries):
            raise unreadable(path)
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(
            f"The model file {path.name} cannot be read: {error.strerror}.", "Choose another file."
        ) from error
    except zipfile.BadZipFile as error:
        raise unreadable(path) from error


def unreadable(path: Path) -> ModelError:
    """The error for a file that is no TorchScript archive."""
    return ModelError(
        f"{path.name} is not a TorchScript file that can be read.",
        "Save the network with torch.jit.trace(network, example).save(FILE), or as ONNX.",
    )
