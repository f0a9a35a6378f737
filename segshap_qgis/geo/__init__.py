"""Geography: windows of rasters, regions as pixels, and files that keep a result.

Names are resolved on first use, so that GDAL is loaded when it is needed and not before.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "Window": "window",
    "Record": "records",
    "read_window": "window",
    "RasterReader": "window",
    "region_from_geometry": "regions",
    "predicted_segment": "regions",
    "write_geopackage": "geopackage",
    "read_geopackage": "geopackage",
    "write_geotiff": "geotiff",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return __all__
