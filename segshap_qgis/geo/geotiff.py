"""The maps of a run as GeoTIFFs on the raster's own grid, with QML beside them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Optional, Union

from osgeo import gdal

from ..errors import ExportError
from .aside import (
    aside,
    discard,
    file_errors,
    gdal_errors,
    make_last,
    put_in_place,
    remove_leftovers,
    target_path,
)
from .rasters import Map, holds, maps, reference_system, write_map
from .records import Record

OPTIONS = ("COMPRESS=DEFLATE", "PREDICTOR=3", "TILED=YES")
MADE_BY = "SEGSHAP_RUN"


def write_geotiff(
    path: Union[str, Path], record: Record, styles: Optional[Mapping[str, str]] = None
) -> list[Path]:
    """Write the maps of a run as float32 GeoTIFFs on the grid of its window, rotated or not.

    Parameters
    ----------
    path : str or Path
        A file, ``NAME.tif``: it becomes the contributions, and ``NAME_standard_error.tif`` and
        ``NAME_probability.tif`` go beside it. Or a folder: the files are named after the run.
    record : Record
        The run.
    styles : mapping of str to str, optional
        QML documents by kind of map; they are written beside the GeoTIFFs, where QGIS finds them.

    Returns
    -------
    list of Path
        The GeoTIFFs, contributions first.

    Raises
    ------
    ExportError
        A file or folder is read-only, missing or full, or a file that SegSHAP did not write is in
        the way; whatever was there is as it was.
    """
    drawn = list(maps(record))
    targets = _targets(Path(path).expanduser(), record, drawn)
    written: list[tuple[Path, Path]] = []
    try:
        for map_, target in zip(drawn, targets):
            with file_errors(target):
                remove_leftovers(target)
            written.append((aside(target), target))
            _write(written[-1][0], target, map_, record)
            if styles is not None and map_.kind in styles:
                qml = target.with_suffix(".qml")
                written.append((aside(qml), qml))
                with file_errors(qml):
                    written[-1][0].write_text(styles[map_.kind], encoding="utf-8")
        _swap_all(written)
    finally:
        for file, _ in written:
            discard(file)
    return targets


def _targets(path: Path, record: Record, drawn: list[Map]) -> list[Path]:
    """The files that will be written; those beside the one that was asked for must be ours."""
    if path.is_dir():
        stem = re.sub(r"\W+", "_", record.name).strip("_") or "run"
        wanted = [path / f"{stem}_{map_.kind}.tif" for map_ in drawn]
        own = 0
    else:
        known = path.suffix.lower() in {".tif", ".tiff"}
        first = path if known else path.with_name(f"{path.name}.tif")
        beside = [f"{first.stem}_{map_.kind}{first.suffix}" for map_ in drawn[1:]]
        wanted = [first, *(first.with_name(name) for name in beside)]
        own = 1
    targets = [target_path(target) for target in wanted]
    for target in targets[own:]:
        if target.exists() and not _is_ours(target):
            raise ExportError(
                f"{target.name} exists already and was not written by SegSHAP.",
                "Choose another name.",
            )
    return targets


def _is_ours(path: Path) -> bool:
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    try:
        raster = gdal.Open(str(path))
    except RuntimeError:
        raster = None
    finally:
        gdal.PopErrorHandler()
    return raster is not None and raster.GetMetadataItem(MADE_BY) is not None


def _write(file: Path, target: Path, drawn: Map, record: Record) -> None:
    with gdal_errors(target):
        system = reference_system(record.window.crs_wkt)
        write_map("GTiff", str(file), drawn, system, OPTIONS, _metadata(record, drawn))
        if not file.exists() or not holds(str(file), drawn):
            raise ExportError(
                f"{target.name} could not be written without loss.", "Try another folder or disk."
            )


def _metadata(record: Record, drawn: Map) -> dict[str, str]:
    explanation, target = record.explanation, record.target
    return {
        MADE_BY: record.name,
        "SEGSHAP_MAP": drawn.kind,
        "SEGSHAP_TARGET": record.target_name,
        "SEGSHAP_MODEL": str(record.settings.get("model_id", "")),
        "SEGSHAP_SOURCE": record.window.source,
        "SEGSHAP_EVALUATIONS": str(explanation.evaluations),
        "SEGSHAP_SEED": str(explanation.seed),
        "SEGSHAP_PREDICTION": repr(float(explanation.prediction[target])),
        "SEGSHAP_BASE_VALUE": repr(float(explanation.base[target])),
    }


def _swap_all(written: list[tuple[Path, Path]]) -> None:
    for file, target in written:
        make_last(file, target)
    for file, target in written:
        put_in_place(file, target)
        # Statistics of the file that was there before would colour the new one.
        with contextlib.suppress(OSError):
            target.with_name(f"{target.name}.aux.xml").unlink()
