"""The plugin's icons, drawn to be read on light and on dark themes."""

from __future__ import annotations

from pathlib import Path

from qgis.PyQt.QtGui import QIcon

FOLDER = Path(__file__).resolve().parents[1] / "resources" / "icons"


def icon(name: str) -> QIcon:
    """The icon of that name in the plugin's own folder."""
    return QIcon(str(FOLDER / f"{name}.svg"))
