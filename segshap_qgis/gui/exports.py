"""Results to files, chosen in a file dialog and written in the background."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Optional

from qgis.core import QgsApplication, QgsProject
from qgis.PyQt.QtCore import QObject, QSettings
from qgis.PyQt.QtWidgets import QFileDialog, QWidget

from ..layers import style_documents
from .messages import Messages
from .work import Work

LAST_FOLDER = "segshap/last_export_folder"


class Exports(QObject):
    """The two export actions of the dock.

    Parameters
    ----------
    parent : QWidget
        Parent of the file dialogs.
    messages : Messages
        Where outcomes are told.
    colour_blind : callable
        Whether the styles that go with the files are the colour-blind safe ones.
    """

    def __init__(
        self, parent: QWidget, messages: Messages, colour_blind: Callable[[], bool]
    ) -> None:
        super().__init__(parent)
        self._parent = parent
        self._messages = messages
        self._colour_blind = colour_blind
        self._closed = False
        # QGIS keeps no reference to a Python task.
        self._running: set[Work] = set()

    def to_geopackage(self, records: Sequence[Any]) -> None:
        """Ask for a GeoPackage and write the runs into it, beside what it holds already."""
        title = self.tr("Export to GeoPackage")
        path = self._ask(title, self.tr("GeoPackage (*.gpkg)"), "segshap.gpkg", ".gpkg")
        if path is not None:
            self.write_geopackage(records, path)

    def to_geotiff(self, record: Any) -> None:
        """Ask for a GeoTIFF and write the contribution map on the raster's own grid."""
        title = self.tr("Export GeoTIFF")
        path = self._ask(title, self.tr("GeoTIFF (*.tif)"), "segshap.tif", ".tif")
        if path is not None:
            self.write_geotiff(record, path)

    def write_geopackage(self, records: Sequence[Any], path: Path) -> None:
        """Write without asking."""
        from ..geo import write_geopackage

        kept = list(records)
        styles = [style_documents(record, self._colour_blind()) for record in kept]
        self._start(path, lambda: write_geopackage(path, kept, styles))

    def write_geotiff(self, record: Any, path: Path) -> None:
        """Write without asking."""
        from ..geo import write_geotiff

        styles = style_documents(record, self._colour_blind())
        self._start(path, lambda: write_geotiff(path, record, styles))

    def close(self) -> None:
        """Files still being written are finished in silence."""
        self._closed = True

    def _ask(self, title: str, kinds: str, name: str, suffix: str) -> Optional[Path]:
        # An existing GeoPackage is added to, so there is nothing to warn of.
        options = (
            QFileDialog.Option.DontConfirmOverwrite if suffix == ".gpkg" else QFileDialog.Option(0)
        )
        folder = QSettings().value(LAST_FOLDER, "") or QgsProject.instance().homePath()
        start = str(Path(folder) / name)
        chosen, _ = QFileDialog.getSaveFileName(self._parent, title, start, kinds, "", options)
        if not chosen:
            return None
        path = Path(chosen)
        QSettings().setValue(LAST_FOLDER, str(path.parent))
        return path if path.suffix.lower() == suffix else path.with_name(path.name + suffix)

    def _start(self, path: Path, write: Callable[[], object]) -> None:
        task = Work(
            self.tr("Writing {}").format(path.name),
            write,
            lambda t: self._ended(t, path),
            is_asked_for=True,
        )
        self._running.add(task)
        QgsApplication.taskManager().addTask(task)

    def _ended(self, task: Work, path: Path) -> None:
        self._running.discard(task)
        if self._closed:
            return
        if task.error is not None:
            self._messages.error(task.error, task.details)
            return
        reload_layers_of(path)
        notes = " ".join(getattr(task.result, "notes", ()))
        self._messages.success(self.tr("Written: {}").format(path) + (f" {notes}" if notes else ""))


def reload_layers_of(path: Path) -> None:
    """Let layers of the project that show this file see its new contents."""
    for layer in QgsProject.instance().mapLayers().values():
        if str(path) in layer.source():
            layer.dataProvider().reloadData()
            layer.triggerRepaint()
