"""Loaded by pytest before pytest-qgis starts QGIS: no display, and one thread a process.

A person who wants to watch sets QT_QPA_PLATFORM, and that is respected.
"""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# The tests' networks are small: on a busy machine threads wait for each other longer than they
# compute. Read when numpy and torch are loaded, so it has to be set here.
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")
# A run that was killed while it imported torch left a note, which tells programs to run models
# apart from then on; see `segshap_qgis.models.torch_import`.
for note in (Path(__file__).resolve().parents[1] / ".qgis-settings").rglob("importing_torch_*"):
    note.unlink(missing_ok=True)
