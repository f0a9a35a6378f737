"""SegSHAP's page in QGIS's Options dialog."""

from __future__ import annotations

from typing import Optional

from qgis.gui import QgsOptionsPageWidget, QgsOptionsWidgetFactory
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtWidgets import QLabel, QVBoxLayout, QWidget

from ..icons import icon


class OptionsFactory(QgsOptionsWidgetFactory):
    """Makes the page each time the dialog opens."""

    def __init__(self) -> None:
        super().__init__("SegSHAP", icon("segshap"), "segshap")
        self.page: Optional[OptionsPage] = None

    def createWidget(self, parent: Optional[QWidget] = None) -> QgsOptionsPageWidget:
        """The page."""
        self.page = OptionsPage(parent)
        return self.page


class OptionsPage(QgsOptionsPageWidget):
    """The model manager, under a line that says what it is for; where models run; the cluster."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        # Late, so that QGIS starts as fast with the plugin as without.
        from .cluster_settings import ClusterGroup
        from .model_manager import ModelManager
        from .worker_settings import WorkerGroup

        super().__init__(parent)
        layout = QVBoxLayout(self)
        text = QLabel(
            QCoreApplication.translate(
                "OptionsPage",
                "Models that the dock and the toolbox offer. Changes hold at once; your files are "
                "never changed or deleted.",
            )
        )
        text.setWordWrap(True)
        layout.addWidget(text)
        self.manager = ModelManager()
        layout.addWidget(self.manager, 1)
        self.worker = WorkerGroup()
        layout.addWidget(self.worker)
        self.cluster = ClusterGroup()
        layout.addWidget(self.cluster)

    def apply(self) -> None:
        """Nothing waits for OK."""
