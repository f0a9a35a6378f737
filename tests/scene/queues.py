"""A small scene with slicks, a small model, and what a finished GeoPackage holds."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
from osgeo import gdal
from shapely.geometry import box

from segshap_qgis.scene import ExplainRequest
from segshap_qgis.workflow import Request
from tests.scene.scenes import sea_db, write_scene

SLICKS = [(20, 30, 8, 20), (44, 40, 6, 6), (150, 40, 10, 10), (40, 200, 12, 9), (160, 210, 9, 14)]


def outline(row: int, column: int, height: int, width: int) -> Any:
    """A rectangle of pixels on the grid of `write_scene`."""
    left, top = 500000 + 10 * column, 4000000 - 10 * row
    return box(left, top - 10 * height, left + 10 * width, top)


def scene_with_slicks(path: Path) -> Path:
    pixels = sea_db(200, 260)
    for row, column, height, width in SLICKS:
        pixels[0, row : row + height, column : column + width] -= 8
    return write_scene(path, pixels)


def small_queue(scene: Path, model: Path, **changes: Any) -> ExplainRequest:
    fields: dict[str, Any] = {
        "side": 10,
        "budget": 40,
        "stop_at": None,
        "window": 64,
        "unit": "db",
        **changes,
    }
    return ExplainRequest(str(scene), Request(model=str(model), target="oil", **fields), near=16)


def contents(path: Path) -> dict[str, list]:
    """Every row of every table, and the bytes of every raster; times of writing left out."""
    with sqlite3.connect(path) as file:
        tables = [
            name
            for (name,) in file.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
            )
        ]
        found: dict[str, list] = {}
        for table in tables:
            if table.startswith("rtree"):
                continue
            columns = [row[1] for row in file.execute(f'PRAGMA table_info("{table}")')]
            kept = ", ".join(f'"{name}"' for name in columns if name != "last_change")
            found[table] = file.execute(f'SELECT {kept} FROM "{table}"').fetchall()
    for table in tables:
        if table.endswith("_contribution"):
            raster = gdal.OpenEx(f"GPKG:{path}:{table}", gdal.OF_RASTER)
            found[f"pixels of {table}"] = [np.asarray(raster.ReadAsArray()).tobytes()]
    return found
