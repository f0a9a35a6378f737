"""The folder beside a result in which it is made, so that a killed job goes on where it was."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from osgeo import gdal

from ..geo.aside import file_errors

KEY = "job.json"
# Bytes of GDAL's cache while a scene is worked on; its default is a share of the machine's memory.
CACHE = 64 * 1024**2


def workplace(target: Path, job: Mapping[str, Any]) -> Path:
    """The folder of unfinished work for a result, empty unless it was made by the very same job.

    Parameters
    ----------
    target : Path
        The result.
    job : mapping
        All that decides the result; JSON-compatible.

    Raises
    ------
    ExportError
        The folder cannot be made.
    """
    folder = target.with_name(f".{target.name}.segshap-work")
    key = json.dumps(job, sort_keys=True)
    with file_errors(target):
        if folder.is_dir() and _text(folder / KEY) != key:
            shutil.rmtree(folder)
        folder.mkdir(exist_ok=True)
        if not (folder / KEY).is_file():
            written = folder / f"{KEY}.new"
            written.write_text(key, encoding="utf-8")
            written.replace(folder / KEY)
    return folder


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def identity_of(path: str) -> dict[str, Any]:
    """What changes when a raster file is replaced: its name, size and time of change."""
    file = Path(path)
    if not file.is_file():
        return {"path": path}
    status = file.stat()
    return {
        "path": str(file.resolve()),
        "bytes": status.st_size,
        "changed": status.st_mtime_ns,
    }


@contextmanager
def small_cache() -> Iterator[None]:
    """Keep GDAL's cache small for a while."""
    before = gdal.GetCacheMax()
    gdal.SetCacheMax(CACHE)
    try:
        yield
    finally:
        gdal.SetCacheMax(before)
