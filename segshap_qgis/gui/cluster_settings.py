"""The rows of the options page on the cluster for whole scenes."""

from __future__ import annotations

from typing import Optional

from qgis.gui import QgsFileWidget
from qgis.PyQt.QtWidgets import QCheckBox, QGroupBox, QLineEdit, QWidget

from ..cluster_options import cluster_options, keep_cluster_option
from .fields import add_row, dock_form


class ClusterGroup(QGroupBox):
    """Every change holds at once."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("Cluster for whole scenes (Dask)"))
        form = dock_form(self)
        form.setContentsMargins(6, 6, 6, 6)
        kept = cluster_options()
        self.address_edit = QLineEdit(kept.address)
        self.address_edit.setPlaceholderText("tcp://10.0.0.5:8786")
        self.address_edit.textChanged.connect(
            lambda text: keep_cluster_option("address", text.strip())
        )
        add_row(
            form,
            self.tr("Sc&heduler"),
            self.address_edit,
            self.tr("Slicks of whole scenes are explained on its workers; here if it is empty."),
        )
        self.pixels_box = QCheckBox(self.tr("Send pi&xels to the workers"))
        self.pixels_box.setChecked(kept.send_pixels)
        self.pixels_box.setToolTip(
            self.tr("Where the workers cannot read the raster under the same path.")
        )
        self.pixels_box.toggled.connect(lambda on: keep_cluster_option("send_pixels", on))
        form.addRow(self.pixels_box)
        self.file_boxes = {}
        for name, title in (
            ("authority", self.tr("TLS a&uthority")),
            ("certificate", self.tr("TLS &certificate")),
            ("key", self.tr("TLS &key")),
        ):
            box = self.file_boxes[name] = QgsFileWidget()
            box.setFilePath(getattr(kept, name))
            box.fileChanged.connect(lambda path, name=name: keep_cluster_option(name, path))
            add_row(
                form,
                title,
                box,
                self.tr("PEM file; all three for tls://…, or none."),
            )
