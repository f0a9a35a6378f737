"""The Dask scheduler of this person, kept in QGIS's settings: never in a project."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Optional, Union

from qgis.core import QgsSettings

from .errors import SettingsError

if TYPE_CHECKING:
    from .scene import Cluster

KEY = "segshap/cluster"


class ClusterOptions(NamedTuple):
    """What a person says of a scheduler.

    Attributes
    ----------
    address : str
        Such as tcp://10.0.0.5:8786; empty where slicks are explained on this machine.
    send_pixels : bool
        Whether the workers cannot read the raster under the same path.
    authority, certificate, key : str
        PEM files for TLS; all three or none.
    """

    address: str = ""
    send_pixels: bool = False
    authority: str = ""
    certificate: str = ""
    key: str = ""

    def cluster(self, on_link: Callable[[str], None]) -> Optional[Cluster]:
        """The cluster to send slicks to; None where there is none.

        Parameters
        ----------
        on_link : callable
            Receives the address of the scheduler's dashboard.

        Raises
        ------
        SettingsError
            Some, but not all of the TLS files are named.
        """
        from .scene import Cluster, Tls

        if not self.address:
            return None
        files = (self.authority, self.certificate, self.key)
        if any(files) and not all(files):
            raise SettingsError(
                "TLS needs three files: authority, certificate and key.",
                "Choose all of them, or none.",
            )
        return Cluster(
            self.address,
            tls=Tls(*files) if all(files) else None,
            send_pixels=self.send_pixels,
            on_link=on_link,
        )


def cluster_options() -> ClusterOptions:
    """What is kept; read on the main thread."""
    settings = QgsSettings()
    kept = {
        name: str(settings.value(f"{KEY}/{name}", "")).strip()
        for name in ClusterOptions._fields
        if name != "send_pixels"
    }
    return ClusterOptions(
        **kept, send_pixels=settings.value(f"{KEY}/send_pixels", False, type=bool)
    )


def keep_cluster_option(name: str, value: Union[str, bool]) -> None:
    """Keep one of the `ClusterOptions`."""
    QgsSettings().setValue(f"{KEY}/{name}", value)
