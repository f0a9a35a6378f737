"""Files that live in GDAL's memory for as long as a layer shows them."""

from __future__ import annotations


def forget_file(path: str) -> None:
    """Delete a file, and the statistics that QGIS leaves beside it; both may be gone already."""
    from osgeo import gdal

    # QGIS switches GDAL's exceptions on: then even a file that is not there raises.
    for name in (path, f"{path}.aux.xml"):
        if gdal.VSIStatL(name) is not None:
            gdal.Unlink(name)


def forget_folder(folder: str) -> None:
    """Delete all files directly in a folder, which itself is only a part of their names."""
    from osgeo import gdal

    for name in gdal.ReadDir(folder) or []:
        forget_file(f"{folder}/{name}")
