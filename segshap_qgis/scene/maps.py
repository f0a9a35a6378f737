"""The maps of a scene while they are made, and the cloud-optimised GeoTIFFs that they become."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Optional

import numpy as np
from numpy.typing import NDArray
from osgeo import gdal

from ..errors import ExportError, Interrupted
from ..geo.aside import (
    aside,
    discard,
    file_errors,
    gdal_errors,
    make_last,
    put_in_place,
    target_path,
)
from ..geo.geotiff import MADE_BY
from ..geo.rasters import NO_DATA, reference_system
from .source import SceneSource

# Probability in a byte: steps of 1/254, and 255 where nothing is known.
STEPS = 254
NOTHING = 255
PROBABILITY, CLASSES = "probability.tif", "classes.tif"


def class_path(probability: Path) -> Path:
    """Where the classes go that belong to a map of probability."""
    return probability.with_name(f"{probability.stem}_class{probability.suffix}")


class MapPair:
    """Probability and class of a scene, written a row of tiles at a time.

    They lie uncompressed in the folder of unfinished work. What a row of tiles leaves for the next
    one to blend with is kept after the row's pixels, so that a kill at any moment costs one row.

    Parameters
    ----------
    work : Path
        Folder of unfinished work.
    source : SceneSource
        Size and place.
    kind : str
        "uint8" or "float32" for the probability.
    """

    def __init__(self, work: Path, source: SceneSource, kind: str) -> None:
        self.work = work
        self.is_byte = kind == "uint8"
        no_data = NOTHING if self.is_byte else NO_DATA
        pixels = gdal.GDT_Byte if self.is_byte else gdal.GDT_Float32
        with gdal_errors(work / PROBABILITY):
            self._maps = [
                _open_or_create(work / name, source, kind, value)
                for name, kind, value in (
                    (PROBABILITY, pixels, no_data),
                    (CLASSES, gdal.GDT_Byte, NOTHING),
                )
            ]

    def resume(self) -> tuple[int, Optional[NDArray[np.float32]]]:
        """Rows of tiles that are done, and what the last of them left: (C, overlap, W)."""
        found = {_row_of(path): path for path in self.work.glob("row_*.npy")}
        if not found:
            return 0, None
        row = max(found)
        return row, np.load(found[row], allow_pickle=False)

    def keep(self, row: int, below: NDArray[np.float32]) -> None:
        """All rows of tiles before `row` are done; keep what they left for it."""
        for raster in self._maps:
            raster.FlushCache()
        written = self.work / "row.new.npy"
        with file_errors(self.work):
            np.save(written, below)
            written.replace(self.work / f"row_{row}.npy")
            for path in self.work.glob("row_*.npy"):
                if _row_of(path) < row:
                    path.unlink()

    def write(
        self,
        place: tuple[int, int],
        probabilities: NDArray[np.float32],
        shown: NDArray[np.bool_],
        index: int,
    ) -> None:
        """Write finished pixels: (C, H, W) probabilities, and where they are shown."""
        chosen = probabilities[index].clip(0, 1)
        values = np.rint(chosen * STEPS).astype(np.uint8) if self.is_byte else chosen
        nothing = NOTHING if self.is_byte else NO_DATA
        winners = probabilities.argmax(axis=0).astype(np.uint8)
        for raster, pixels, empty in zip(self._maps, (values, winners), (nothing, NOTHING)):
            raster.GetRasterBand(1).WriteArray(
                np.where(shown, pixels, pixels.dtype.type(empty)), place[1], place[0]
            )

    def finish(
        self,
        target: Path,
        facts: Mapping[str, str],
        on_progress: Callable[[float], None],
        is_cancelled: Callable[[], bool],
    ) -> None:
        """Turn both maps into cloud-optimised GeoTIFFs, written aside and put in place."""
        self._maps.clear()  # closes the files
        classes = target_path(class_path(target))
        if classes.exists() and not _is_ours(classes):
            raise ExportError(
                f"{classes.name} exists already and was not written by SegSHAP.",
                "Choose another name.",
            )
        pairs = [(aside(path), path) for path in (target, classes)]
        try:
            for number, ((written, path), name) in enumerate(zip(pairs, (PROBABILITY, CLASSES))):
                is_class = name == CLASSES
                extra = {} if is_class or not self.is_byte else {"scale": 1 / STEPS}
                _write_cog(
                    self.work / name,
                    written,
                    path,
                    {**facts, MADE_BY: path.stem},
                    "MODE" if is_class else "AVERAGE",
                    extra,
                    lambda done, n=number: on_progress((n + done) / 2),  # type: ignore[misc]
                    is_cancelled,
                )
                make_last(written, path)
            for written, path in pairs:
                put_in_place(written, path)
        finally:
            for written, _ in pairs:
                discard(written)


def _row_of(path: Path) -> int:
    return int(re.sub(r"\D", "", path.stem))


def _open_or_create(path: Path, source: SceneSource, kind: int, no_data: float) -> Any:
    if not path.is_file():
        grid = source.grid
        # Every block gets its place in the file at once; later writes change nothing but pixels.
        options = ["TILED=YES", "SPARSE_OK=FALSE", "BIGTIFF=IF_SAFER"]
        new = path.with_name(f"{path.stem}.new.tif")
        raster = gdal.GetDriverByName("GTiff").Create(
            str(new), grid.width, grid.height, 1, kind, options
        )
        if raster is None:  # where GDAL's exceptions are switched off
            raise RuntimeError(gdal.GetLastErrorMsg())
        raster.SetGeoTransform(grid.transform)
        system = reference_system(source.crs_wkt)
        if system is not None:
            raster.SetSpatialRef(system)
        raster.GetRasterBand(1).SetNoDataValue(no_data)
        raster = None
        new.replace(path)
    return gdal.OpenEx(str(path), gdal.OF_RASTER | gdal.OF_UPDATE)


def _is_ours(path: Path) -> bool:
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    try:
        raster = gdal.Open(str(path))
    except RuntimeError:
        raster = None
    finally:
        gdal.PopErrorHandler()
    return raster is not None and raster.GetMetadataItem(MADE_BY) is not None


def _write_cog(
    source: Path,
    written: Path,
    target: Path,
    facts: Mapping[str, str],
    resampling: str,
    band_facts: Mapping[str, float],
    on_progress: Callable[[float], None],
    is_cancelled: Callable[[], bool],
) -> None:
    """Copy a map into a cloud-optimised GeoTIFF with overviews; GDAL asks whether to go on."""

    def go_on(done: float, _text: str, _data: Any) -> int:
        on_progress(done)
        return 0 if is_cancelled() else 1

    options = [
        "COMPRESS=DEFLATE",
        "PREDICTOR=YES",
        "BIGTIFF=IF_SAFER",
        f"OVERVIEW_RESAMPLING={resampling}",
    ]
    try:
        with gdal_errors(target):
            view = gdal.Translate("", str(source), format="VRT")
            view.SetMetadata(dict(facts))
            if "scale" in band_facts:
                view.GetRasterBand(1).SetScale(band_facts["scale"])
                view.GetRasterBand(1).SetOffset(0.0)
            gdal.GetDriverByName("COG").CreateCopy(
                str(written), view, options=options, callback=go_on
            )
    except ExportError:
        if is_cancelled():
            raise Interrupted from None
        raise
