"""Geography: windows of rasters, regions as pixels, and files that keep a result.

Names are resolved on first use, so that GDAL is loaded when it is needed and not before.
"""

from __future__ import annotations

from ..late import late_names

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
__getattr__, __dir__ = late_names(__name__, _HOMES)
