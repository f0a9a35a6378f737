"""Which pixels of a window have their centre inside some outlines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from osgeo import gdal, ogr, osr

from ..geo import Window
from ..geo.grid import to_map
from ..geo.wellknown import to_wkb


def vectors_in_memory() -> Any:
    """The driver for vectors in memory; GDAL 3.11 moved them to the one of rasters."""
    driver = gdal.GetDriverByName("MEM")
    return driver if driver.GetMetadataItem(gdal.DCAP_VECTOR) else gdal.GetDriverByName("Memory")


def burnt_layer(layer: Any, window: Window) -> NDArray[np.bool_]:
    """Pixels of a window inside the polygons of an OGR layer in the window's CRS, (H, W)."""
    height, width = window.shape
    x, y = to_map(window.transform, [0, 0, height, height], [0, width, 0, width])
    layer.SetSpatialFilterRect(x.min(), y.min(), x.max(), y.max())
    target = gdal.GetDriverByName("MEM").Create("", width, height, 1, gdal.GDT_Byte)
    target.SetGeoTransform(window.transform)
    if layer.GetSpatialRef() is not None:
        target.SetSpatialRef(layer.GetSpatialRef())
    gdal.RasterizeLayer(target, [1], layer, burn_values=[1])
    return np.asarray(target.ReadAsArray(), dtype=bool)


def burnt(outlines: Sequence[Any], window: Window) -> NDArray[np.bool_]:
    """Pixels of a window inside shapely polygons in the window's CRS, (H, W)."""
    # Any reference system that is the same on both sides keeps GDAL from looking for one.
    plane = osr.SpatialReference()
    plane.SetLocalCS("map")
    store = vectors_in_memory().Create("", 0, 0, 0, gdal.GDT_Unknown)
    layer = store.CreateLayer("outlines", plane, ogr.wkbUnknown)
    for outline in outlines:
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetGeometryDirectly(ogr.CreateGeometryFromWkb(to_wkb(outline)))
        layer.CreateFeature(feature)
    return burnt_layer(layer, window)
