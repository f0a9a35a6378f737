"""Small rasters on disk, of any type and any grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from osgeo import gdal, gdal_array, osr

DATA = Path(__file__).resolve().parents[1] / "data"

NORTH_UP = (500000.0, 10.0, 0.0, 4000000.0, 0.0, -10.0)
SOUTH_UP = (500000.0, 10.0, 0.0, 4000000.0, 0.0, 10.0)
NOT_SQUARE = (500000.0, 12.5, 0.0, 4000000.0, 0.0, -7.25)
ROTATED = (500000.0, 9.0, 3.0, 4000000.0, 2.5, -8.0)
DEGREES = (2.1, 1 / 3000, 0.0, 43.7, 0.0, -1 / 3600)
GRIDS = {
    "north-up": NORTH_UP,
    "south-up": SOUTH_UP,
    "not square": NOT_SQUARE,
    "rotated": ROTATED,
    "degrees": DEGREES,
}


def write_tiff(
    path: Path,
    pixels: np.ndarray,
    transform=NORTH_UP,
    epsg: int | None = 32631,
    no_data: float | None = None,
    roles: tuple[int, ...] = (),
    options: tuple[str, ...] = (),
) -> Path:
    """A GeoTIFF of (B, H, W) pixels; `roles` are GDAL's colour interpretations."""
    count, height, width = pixels.shape
    kind = gdal_array.NumericTypeCodeToGDALTypeCode(pixels.dtype.type)
    driver = gdal.GetDriverByName("GTiff")
    file = driver.Create(str(path), width, height, count, kind, list(options))
    if transform is not None:
        file.SetGeoTransform(transform)
    if epsg:
        reference = osr.SpatialReference()
        reference.ImportFromEPSG(epsg)
        file.SetProjection(reference.ExportToWkt())
    for index, plane in enumerate(pixels, 1):
        band = file.GetRasterBand(index)
        if roles:
            band.SetColorInterpretation(roles[index - 1])
        if no_data is not None:
            band.SetNoDataValue(no_data)
        band.WriteArray(plane)
    file.FlushCache()
    return path


def numbered(height: int, width: int, kind: str = "float32") -> np.ndarray:
    """One band whose every pixel differs from its neighbours: 1, 2, 3, ..."""
    return (np.arange(height * width).reshape(1, height, width) % 65000 + 1).astype(kind)
