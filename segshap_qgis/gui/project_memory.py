"""The dock's choices, saved in the project file and taken up when the project is opened."""

from __future__ import annotations

import json
from typing import Any, Optional

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QObject

from ..errors import SegShapError
from ..workflow import Request
from .dock import Dock

SCOPE, KEY = "SegSHAP", "/dock"
LARGEST = 100_000


class ProjectMemory(QObject):
    """Writes what is chosen whenever the project is saved; nothing before that changes it.

    Parameters
    ----------
    dock : Dock
        Whose choices are remembered.
    """

    def __init__(self, dock: Dock, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._dock = dock
        self._project = QgsProject.instance()
        self._project.writeProject.connect(self._write)
        self._project.readProject.connect(self._read)
        dock.reset_button.clicked.connect(self.reset)

    def close(self) -> None:
        """Stop listening to the project."""
        self._project.writeProject.disconnect(self._write)
        self._project.readProject.disconnect(self._read)

    def reset(self) -> None:
        """Every setting as the plugin and the model's card propose; the project forgets them."""
        self._project.removeEntry(SCOPE, KEY)
        self._dock.reset()

    def _write(self, *_document: Any) -> None:
        try:
            request = self._dock.request().settings()
        except SegShapError:
            # Nothing to explain is chosen yet, so there is nothing to remember.
            return
        layer = self._dock.source.layer()
        state = {
            "request": request,
            "layer": layer.id() if layer is not None else "",
            "colour_blind": self._dock.method.colours_box.isChecked(),
        }
        self._project.writeEntry(SCOPE, KEY, json.dumps(state))

    def _read(self, *_document: Any) -> None:
        text, _ = self._project.readEntry(SCOPE, KEY, "")
        if not text or len(text) > LARGEST:
            return
        try:
            self._take_up(json.loads(text))
        except (SegShapError, ValueError, TypeError, KeyError, AttributeError):
            # A model that is gone, or an entry of another version: the defaults stand.
            self._dock.reset()

    def _take_up(self, state: dict[str, Any]) -> None:
        layer = self._project.mapLayer(str(state["layer"]))
        if layer is not None:
            self._dock.source.layer_box.setLayer(layer)
        self._dock.take_over(Request.from_settings(state["request"]))
        self._dock.method.colours_box.setChecked(bool(state["colour_blind"]))
