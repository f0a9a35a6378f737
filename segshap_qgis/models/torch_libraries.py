"""Torch is loaded without keeping every other Python thread waiting.

An import holds Python's lock while the system loads a library; torch's take a quarter of a second
and more, in which QGIS's window would stand still whenever it runs any plugin's Python. Python's
garbage collector holds it, too, while it walks over all objects there are: with torch's a tenth of
a second, again and again while they grow in number and whenever it thinks that it is time later.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from ..garbage import pass_by_newer_objects

# As torch loads them itself: the first for everybody, the second with all that it needs.
LIBRARIES = (
    (("libtorch_global_deps.so", os.RTLD_GLOBAL), ("libtorch_python.so", 0))
    if hasattr(os, "RTLD_GLOBAL")
    else ()
)


def load_torch_libraries() -> None:
    """Load them if they are not; where that cannot be done this way, the import does it."""
    specification = find_spec("torch") if sys.platform.startswith("linux") else None
    if specification is None or specification.origin is None:
        return
    # A function called through ctypes runs without Python's lock; opening a library does not.
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.restype, dlopen.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_int]
    for name, scope in LIBRARIES:
        library = Path(specification.origin).parent / "lib" / name
        if library.is_file():
            dlopen(os.fsencode(library), os.RTLD_NOW | scope)


@contextmanager
def without_collection() -> Iterator[None]:
    """Collect no garbage meanwhile: loading torch makes much that lives, and little garbage.

    What is there at the end is passed by until the run that needs torch ends, but no longer: what
    others made and dropped before would never end, and a file that is written as its writer ends
    would stay unwritten.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        pass_by_newer_objects()
        if was_enabled:
            gc.enable()
