"""The pixels of a scene, window by window, with the land that the user wants left out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional, Union

import numpy as np
from numpy.typing import NDArray
from osgeo import gdal

from ..errors import ImageError
from ..geo import RasterReader, Window
from ..geo.grid import Grid, PixelBounds
from ..geo.rasters import reference_system
from .burning import burnt_layer, vectors_in_memory

# Pixels from which the unit of the values is recognised, in windows spread over the scene.
SAMPLE_WINDOW = 256
SAMPLES_PER_AXIS = 5


class SceneSource:
    """A scene that is read window by window.

    Parameters
    ----------
    path : str or Path
        The raster.
    bands : sequence of int
        Bands counted from 1.
    land : str or Path, optional
        A vector file of polygons, in any CRS, where nothing is predicted.

    Raises
    ------
    ImageError
        The raster or the land cannot be read.
    """

    def __init__(
        self, path: Union[str, Path], bands: Sequence[int], land: Union[str, Path, None] = None
    ) -> None:
        self._reader = RasterReader(path, bands)
        self.n_bands = len(bands)
        self.crs_wkt = self._reader.crs_wkt
        self._land = None if land is None else _land_in_memory(str(land), self.crs_wkt)

    @property
    def grid(self) -> Grid:
        """Size and geotransform of the scene."""
        return self._reader.grid

    def read(self, bounds: PixelBounds) -> Window:
        """Pixels and their validity; land is still there, because networks look at it."""
        return self._reader.read(bounds)

    def land(self, window: Window) -> NDArray[np.bool_]:
        """Pixels of a window whose centre lies on land, (H, W) bool."""
        if self._land is None:
            return np.zeros(window.shape, dtype=bool)
        return burnt_layer(self._land.GetLayer(0), window)

    def unit(self) -> Optional[str]:
        """Unit that the raster's bands state; None where the values must tell."""
        return self.read((0, 0, 1, 1)).unit

    def sample(self) -> NDArray[np.float32]:
        """Valid pixels of windows spread over the scene, (B, n)."""
        height, width = self.grid.height, self.grid.width
        found = []
        for row in _spread(height):
            for column in _spread(width):
                stop = min(row + SAMPLE_WINDOW, height), min(column + SAMPLE_WINDOW, width)
                window = self.read((row, column, *stop))
                found.append(window.bands[:, window.valid])
        pixels = np.concatenate(found, axis=1)
        if not pixels.size:
            raise ImageError(
                "The scene holds hardly any valid pixel.", "Check the raster's no-data value."
            )
        return pixels


def _spread(length: int) -> list[int]:
    last = max(0, length - SAMPLE_WINDOW)
    return sorted({last * i // (SAMPLES_PER_AXIS - 1) for i in range(SAMPLES_PER_AXIS)})


def _land_in_memory(path: str, crs_wkt: str) -> Any:
    """The polygons in the CRS of the scene; where either has none, they are taken to share it."""
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    try:
        source = gdal.OpenEx(path, gdal.OF_VECTOR | gdal.OF_READONLY)
        if source is None or source.GetLayerCount() == 0:
            raise RuntimeError(gdal.GetLastErrorMsg())
        both = source.GetLayer(0).GetSpatialRef() is not None and reference_system(crs_wkt)
        layer = source.GetLayer(0).GetName()
        options = gdal.VectorTranslateOptions(
            format=vectors_in_memory().ShortName,
            layers=[layer],
            **({"dstSRS": crs_wkt, "reproject": True} if both else {}),
        )
        copy = gdal.VectorTranslate("land", source, options=options)
        if copy is None:
            raise RuntimeError(gdal.GetLastErrorMsg())
    except RuntimeError as error:
        raise ImageError(
            f"The land mask {Path(path).name} cannot be read: {error}",
            "Choose a vector file of polygons.",
        ) from error
    finally:
        gdal.PopErrorHandler()
    return copy
