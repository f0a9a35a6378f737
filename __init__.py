"""SegSHAP: why a segmentation network sees what it sees, place by place."""

from __future__ import annotations

from typing import Any


def classFactory(iface: Any) -> Any:
    """Give QGIS the plugin.

    Parameters
    ----------
    iface : QgisInterface
        The running application.
    """
    from .segshap_qgis.plugin import SegShapPlugin

    return SegShapPlugin(iface)
