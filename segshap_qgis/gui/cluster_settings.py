"""The Dask scheduler of this person, kept in QGIS's settings: never in a project."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Optional

from qgis.core import QgsSettings
from qgis.gui import QgsFileWidget
from qgis.PyQt.QtWidgets import QCheckBox, QGroupBox, QLineEdit, QWidget

from ..errors import SettingsError
from .fields import add_row, dock_form

if TYPE_CHECKING:
    from ..scene import Cluster

KEY = "segshap/cluster"
CERTIFICATES = ("authority", "certificate", "key")


def scheduler_address() -> str:
    """Address of the scheduler; empty where slicks are explained on this machine."""
    return str(QgsSettings().value(f"{KEY}/address", "")).strip()


def cluster_from_settings(on_link: Callable[[str], None]) -> Optional[Cluster]:
    """The cluster of the options; None where there is none.

    Parameters
    ----------
    on_link : callable
        Receives the address of the scheduler's dashboard.

    Raises
    ------
    SettingsError
        Some, but not all of the TLS files are named.
    """
    from ..scene import Cluster, Tls

    address = scheduler_address()
    if not address:
        return None
    settings = QgsSettings()
    files = [str(settings.value(f"{KEY}/{name}", "")) for name in CERTIFICATES]
    if any(files) and not all(files):
        raise SettingsError(
            "TLS needs three files: authority, certificate and key.",
            "Choose all of them in the options of SegSHAP, or none.",
        )
    return Cluster(
        address,
        tls=Tls(*files) if all(files) else None,
        send_pixels=settings.value(f"{KEY}/send_pixels", False, type=bool),
        on_link=on_link,
    )


class ClusterOptions(QGroupBox):
    """The rows of the options page; every change holds at once."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("Cluster for whole scenes (Dask)"))
        form = dock_form(self)
        form.setContentsMargins(6, 6, 6, 6)
        settings = QgsSettings()
        self.address_edit = QLineEdit(scheduler_address())
        self.address_edit.setPlaceholderText("tcp://10.0.0.5:8786")
        self.address_edit.textChanged.connect(lambda text: self._keep("address", text.strip()))
        add_row(
            form,
            self.tr("Sc&heduler"),
            self.address_edit,
            self.tr("Slicks of whole scenes are explained on its workers; here if it is empty."),
        )
        self.pixels_box = QCheckBox(self.tr("Send pi&xels to the workers"))
        self.pixels_box.setChecked(settings.value(f"{KEY}/send_pixels", False, type=bool))
        self.pixels_box.setToolTip(
            self.tr("Where the workers cannot read the raster under the same path.")
        )
        self.pixels_box.toggled.connect(lambda on: self._keep("send_pixels", on))
        form.addRow(self.pixels_box)
        titles = (self.tr("TLS a&uthority"), self.tr("TLS &certificate"), self.tr("TLS &key"))
        self.file_boxes = {}
        for name, title in zip(CERTIFICATES, titles):
            box = self.file_boxes[name] = QgsFileWidget()
            box.setFilePath(str(settings.value(f"{KEY}/{name}", "")))
            box.fileChanged.connect(lambda path, name=name: self._keep(name, path))
            add_row(
                form,
                title,
                box,
                self.tr("PEM file; all three for tls://…, or none."),
            )

    @staticmethod
    def _keep(name: str, value: object) -> None:
        QgsSettings().setValue(f"{KEY}/{name}", value)
