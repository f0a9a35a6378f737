"""Small file systems of their own, to be filled."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Path]:
    """An empty file system of so many kilobytes, mounted on a folder.

    Raises
    ------
    PermissionError
        Only root can mount one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        raise PermissionError("only root can mount a small disk")
    try:
        yield folder
    finally:
        # Lazily: a program may still have a file open.
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def filled(disk: Path, kilobytes_left: int) -> Iterator[None]:
    """Only so much room is left, within this context."""
    filler = disk / "filler"
    filler.write_bytes(b"x" * max(0, shutil.disk_usage(disk).free - 1024 * kilobytes_left))
    try:
        yield
    finally:
        filler.unlink()


def contents(disk: Path) -> dict[str, bytes]:
    """Every file but the filler."""
    return {path.name: path.read_bytes() for path in disk.iterdir() if path.name != "filler"}
