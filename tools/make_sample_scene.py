"""Make the sample scene from a Sentinel-1 test tile: same pixels, one band, an invented position.

python tools/make_sample_scene.py --data DIR
"""

from __future__ import annotations

import argparse
from pathlib import Path

from osgeo import gdal, osr

TILE = "scenes/sentinel1_slick_tiles/tile_with_slick_512_512_3band.png"
SCENE = Path(__file__).resolve().parents[1] / "resources" / "sample" / "sample_slick.tif"

# The tile has no position of its own; this one is open sea in the Gulf of Guinea.
EPSG = 32631
EAST, NORTH, PIXEL_M = 400_000.0, 200_000.0, 40.0

DESCRIPTION = (
    "Sentinel-1 VV amplitude with a real oil slick; invented position. Test tile of SkyTruth "
    "Cerulean (Apache-2.0); contains modified Copernicus Sentinel data."
)


def make_sample_scene(tile: Path, scene: Path) -> None:
    """Write the first band of the tile as a GeoTIFF in UTM.

    Parameters
    ----------
    tile, scene : Path
        Image file to read and GeoTIFF to write.
    """
    gdal.UseExceptions()
    source = gdal.Open(str(tile))
    grid = osr.SpatialReference()
    grid.ImportFromEPSG(EPSG)
    target = gdal.GetDriverByName("GTiff").Create(
        str(scene),
        source.RasterXSize,
        source.RasterYSize,
        1,
        gdal.GDT_Byte,
        ["COMPRESS=DEFLATE", "PREDICTOR=2", "TILED=YES"],
    )
    target.SetProjection(grid.ExportToWkt())
    target.SetGeoTransform((EAST, PIXEL_M, 0.0, NORTH, 0.0, -PIXEL_M))
    target.SetMetadataItem("TIFFTAG_IMAGEDESCRIPTION", DESCRIPTION)
    band = target.GetRasterBand(1)
    band.SetDescription("VV amplitude")
    band.WriteArray(source.GetRasterBand(1).ReadAsArray())
    target.FlushCache()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, help="folder that holds the source tile"
    )
    parser.add_argument("--output", type=Path, default=SCENE)
    options = parser.parse_args()
    make_sample_scene(options.data / TILE, options.output)
