"""Loaded by pytest before pytest-qgis starts QGIS: the tests need no display.

A person who wants to watch sets QT_QPA_PLATFORM, and that is respected.
"""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
