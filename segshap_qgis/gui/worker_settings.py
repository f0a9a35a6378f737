"""Whether models run in QGIS's own process or in one beside it: rows of the options page."""

from __future__ import annotations

from typing import Optional

from qgis.core import QgsSettings
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QComboBox, QGroupBox, QLabel, QWidget

from ..dependencies import WORKER, worker_choice
from ..models.torch_import import ALWAYS, AUTOMATIC, NEVER, import_ended_a_process
from .fields import add_row, dock_form


class WorkerGroup(QGroupBox):
    """The choice, which holds for every model that is loaded from then on."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("Where models run"))
        form = dock_form(self)
        form.setContentsMargins(6, 6, 6, 6)
        self.when_box = QComboBox()
        for when, title in (
            (AUTOMATIC, self.tr("Automatically")),
            (ALWAYS, self.tr("Always")),
            (NEVER, self.tr("Never")),
        ):
            self.when_box.addItem(title, when)
        self.when_box.setCurrentIndex(self.when_box.findData(worker_choice().when))
        self.when_box.currentIndexChanged.connect(self._keep)
        add_row(
            form,
            self.tr("Evaluate in a &worker process"),
            self.when_box,
            self.tr(
                "In a process of their own models cannot take QGIS down with them; the values are "
                "the same. Automatically: only where PyTorch cannot be loaded into QGIS, or has "
                "ended it when it was."
            ),
        )
        self.state = QLabel(
            self.tr(
                "QGIS ended while PyTorch was being loaded into it, so models run in a worker "
                "process. If that had another reason, choose “Never” for one run, then "
                "“Automatically” again."
            )
        )
        self.state.setWordWrap(True)
        self.state.setTextFormat(Qt.TextFormat.PlainText)
        self.state.setVisible(import_ended_a_process(worker_choice().notes))
        form.addRow(self.state)

    def _keep(self, _index: int) -> None:
        QgsSettings().setValue(WORKER, self.when_box.currentData())
