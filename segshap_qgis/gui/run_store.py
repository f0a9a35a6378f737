"""Runs kept in the project file itself, as attachments that QGIS saves and opens with it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Optional

from qgis.core import QgsApplication, QgsProject
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..errors import ExportError
from ..geo.aside import whole_file
from ..geo.run_document import LARGEST_DOCUMENT, LARGEST_RUN, pack, unpack
from .work import Work

PREFIX = "segshap_run_"
DOCUMENT, ARRAYS = "run.json", "arrays.bin"


class RunStore(QObject):
    """Writes runs beside the project and reads them when a project is opened, in the background.

    QGIS puts attachments into the ``.qgz`` file, or a zip beside a ``.qgs`` file, when the project
    is saved; an unsaved project forgets them.

    Signals
    -------
    restored(list of Record)
        The runs of the project that was opened, the oldest first.
    failed(Exception, str)
        A run could not be kept or read.
    """

    restored = pyqtSignal(list)
    failed = pyqtSignal(object, str)

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._files: dict[str, Path] = {}
        # QGIS keeps no reference to a Python task.
        self._running: set[Work] = set()
        self._closed = False
        self._project = QgsProject.instance()
        self._project.readProject.connect(self._project_read)

    def close(self) -> None:
        """Stop listening to the project; what is being written is finished in silence."""
        self._closed = True
        self._project.readProject.disconnect(self._project_read)

    def clear(self) -> None:
        """Forget what belonged to a project that was closed."""
        self._files = {}

    def keep(self, record: Any) -> None:
        """Attach a run to the project."""
        self._write(record, None)

    def replace(self, name: str, record: Any) -> None:
        """Attach a run in place of one of this name, which stays until the new one is whole."""
        self._write(record, self._files.pop(name, None))

    def _write(self, record: Any, before: Optional[Path]) -> None:
        # QGIS puts drawn letters before the name; after them runs sort by when they were made.
        started = str(record.settings.get("started", ""))
        stamp = "".join(c for c in started if c.isalnum()) or "0"
        path = Path(self._project.createAttachedFile(f"{PREFIX}{stamp}.zip"))
        self._files[record.name] = path

        def give_up() -> None:
            self._remove(path)
            if before is not None:
                self._files[record.name] = before

        self._start(
            self.tr("Keeping {}").format(record.name),
            lambda: write_run(path, record),
            lambda _: self._remove(before),
            give_up,
        )

    def forget(self, name: str) -> None:
        """Take a run out of the project."""
        self._remove(self._files.pop(name, None))

    def _remove(self, path: Optional[Path]) -> None:
        if path is not None:
            self._project.removeAttachedFile(str(path))
        self._project.setDirty(True)

    def _project_read(self, *_document: Any) -> None:
        attached = (Path(name) for name in self._project.attachedFiles())
        ours = (path for path in attached if PREFIX in path.name)
        paths = sorted(ours, key=lambda path: path.name.partition(PREFIX)[2])
        if paths:
            self._start(
                self.tr("Reading the runs of the project"), lambda: read_runs(paths), self._read
            )

    def _read(self, found: Any) -> None:
        runs, faults = found
        self._files.update({record.name: path for path, record in runs})
        for error in faults:
            self.failed.emit(error, "")
        self.restored.emit([record for _, record in runs])

    def _start(
        self,
        title: str,
        work: Callable[[], Any],
        use: Callable[[Any], None],
        give_up: Callable[[], None] = lambda: None,
    ) -> None:
        project = self._project.fileName()

        def ended(task: Work) -> None:
            self._running.discard(task)
            if self._closed or self._project.fileName() != project:
                return
            if task.error is not None:
                give_up()
                self.failed.emit(task.error, task.details)
            else:
                use(task.result)

        task = Work(title, work, ended)
        self._running.add(task)
        QgsApplication.taskManager().addTask(task)


def write_run(path: Path, record: Any) -> None:
    """Write a run into one file, completely or not at all.

    Raises
    ------
    ExportError
        It cannot be packed, or the file cannot be written.
    """
    text, block = pack(record)
    with whole_file(path) as unfinished, zipfile.ZipFile(unfinished, "w") as archive:
        archive.writestr(DOCUMENT, text, zipfile.ZIP_DEFLATED)
        archive.writestr(ARRAYS, block, zipfile.ZIP_STORED)


def read_run(path: Path) -> Any:
    """Read a run back; nothing in the file is trusted.

    Raises
    ------
    ExportError
        The file is damaged, or too large.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            document, arrays = archive.getinfo(DOCUMENT), archive.getinfo(ARRAYS)
            if document.file_size > LARGEST_DOCUMENT or arrays.file_size > LARGEST_RUN:
                raise ExportError(f"{path.name} is too large to be a run of SegSHAP.")
            return unpack(archive.read(document).decode("utf-8"), archive.read(arrays))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, NotImplementedError) as error:
        raise ExportError(f"A run kept in the project cannot be read: {error}.") from error


def read_runs(paths: list[Path]) -> tuple[list[tuple[Path, Any]], list[ExportError]]:
    """All runs that can be read, and why the others cannot."""
    runs, faults = [], []
    for path in paths:
        try:
            runs.append((path, read_run(path)))
        except ExportError as error:  # noqa: PERF203 (one damaged run must not hide the others)
            faults.append(error)
    return runs, faults
