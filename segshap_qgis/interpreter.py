"""The Python that QGIS embeds, as a program of its own: for pip, and for models that run apart."""

from __future__ import annotations

import os
import subprocess  # nosec B404
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Optional


def python_executable() -> Path:
    """The Python that QGIS embeds; `sys.executable` is QGIS itself on Windows and macOS."""
    here = Path(sys.executable)
    if here.name.lower().startswith("python"):
        return here
    candidates = [
        Path(sys.exec_prefix) / "python.exe",
        Path(sys.exec_prefix) / "bin" / "python3",
        here.parent / "python3",
        here.parent / "bin" / "python3",
    ]
    return next((path for path in candidates if path.is_file()), Path("python3"))


def environment() -> dict[str, str]:
    """Environment of a plain Python beside QGIS."""
    variables = dict(os.environ)
    # Set by QGIS for itself on some systems; a plain Python must find its own.
    variables.pop("PYTHONHOME", None)
    return variables


def start(
    arguments: Sequence[str], variables: Optional[Mapping[str, str]] = None, **streams: Any
) -> subprocess.Popen[Any]:
    """Start that Python, without a shell and without a window.

    Parameters
    ----------
    arguments : sequence of str
        After the name of the program.
    variables : mapping, optional
        Its environment; `environment` by default.
    **streams
        As `subprocess.Popen`.

    Raises
    ------
    OSError
        There is no such program.
    """
    # A list of our own arguments, and no shell.
    return subprocess.Popen(  # noqa: S603  # nosec B603
        [str(python_executable()), *arguments],
        env=dict(variables or environment()),
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        **streams,
    )
