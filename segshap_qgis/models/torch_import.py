"""Importing torch where that may end the whole program, and remembering that it did.

Beside some other libraries torch does not raise an error: the process is gone, and with it the
person's work. A note is left while torch is being imported. A note whose writer no longer lives
tells the next start, which then leaves torch to a process of its own.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO, NamedTuple, Optional

AUTOMATIC, ALWAYS, NEVER = WHEN = ("automatic", "always", "never")
_NOTE = "importing_torch_"


class WorkerChoice(NamedTuple):
    """When models run in a process of their own.

    Attributes
    ----------
    when : {"automatic", "always", "never"}
        Automatically where torch cannot be loaded into this one.
    notes : Path, optional
        Folder for notes about an import; without it an import that ends the process is forgotten.
    """

    when: str = AUTOMATIC
    notes: Optional[Path] = None


# Notes of this process, as long as it imports.
_own: set[Path] = set()

Keeper = Callable[[], WorkerChoice]
_keeper: Keeper = WorkerChoice


def worker_choice_is_kept_by(keeper: Keeper) -> None:
    """Ask here, from now on, what the person at this computer chose.

    Parameters
    ----------
    keeper : callable
        Called from any thread.
    """
    global _keeper  # noqa: PLW0603 (one person at one computer: one choice)
    _keeper = keeper


def worker_choice() -> WorkerChoice:
    """What the person at this computer chose."""
    return _keeper()


def import_ended_a_process(notes: Optional[Path]) -> bool:
    """Whether importing this torch, as it is installed now, has ended a process.

    One that was ended by the person while it imported looks the same: its models run apart then,
    which costs a second at their start, until `NEVER` is chosen once.
    """
    return any(_is_left_behind(note) for note in _notes(notes))


@contextlib.contextmanager
def noted(notes: Optional[Path]) -> Iterator[None]:
    """Leave a note during the import of torch; afterwards all of them are taken away.

    Parameters
    ----------
    notes : Path, optional
        As `WorkerChoice.notes`.
    """
    note = None if notes is None else notes / f"{_NOTE}{os.getpid()}"
    held = None if note is None else _write(note)
    own = set() if note is None else {note}
    _own.update(own)
    try:
        yield
    finally:
        _own.difference_update(own)
        if held is not None:
            held.close()
            for each in _notes(notes):
                if each == note or _is_left_behind(each):
                    each.unlink(missing_ok=True)


def withdraw_notes() -> None:
    """Take away the notes of this process: it ends, whatever torch is doing."""
    for note in list(_own):
        with contextlib.suppress(OSError):
            note.unlink(missing_ok=True)


def _notes(folder: Optional[Path]) -> list[Path]:
    return [] if folder is None else sorted(folder.glob(f"{_NOTE}*"))


def _write(note: Path) -> Optional[BinaryIO]:
    """The note, locked as long as this process lives; None where none can be left."""
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        file = note.open("wb")
    except OSError:
        return None
    try:
        file.write(_installed().encode())
        file.flush()
        _lock(file)
    except OSError:
        file.close()
        note.unlink(missing_ok=True)
        return None
    return file


def _is_left_behind(note: Path) -> bool:
    """Whether its writer is gone, and it is about the torch that is installed now."""
    try:
        with note.open("rb+") as file:
            _lock(file)
            return file.read().decode(errors="replace") == _installed()
    except OSError:
        # It is locked by a process that lives, or was taken away just now.
        return False


def _installed() -> str:
    """Which torch there is; another one may well be loaded."""
    specification = find_spec("torch")
    origin = None if specification is None else specification.origin
    return f"{origin} {Path(origin).stat().st_mtime_ns}" if origin else "none"


if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO) -> None:
        """Lock a byte that nobody reads; raises OSError where another process has it."""
        place = file.tell()
        file.seek(1 << 30)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(place)

else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        """Lock it; raises OSError where another process has it."""
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
