from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from osgeo import gdal, gdal_array
from shapely.geometry import Point

from segshap_qgis.errors import ImageError, RegionError
from segshap_qgis.geo import read_window
from segshap_qgis.geo.grid import to_map
from segshap_qgis.geo.window import unit_hint
from tests.geo.raster_files import DATA, GRIDS, NORTH_UP, numbered, write_tiff

KINDS = ["uint8", "uint16", "int16", "uint32", "int32", "float32", "float64"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_type_of_number_is_read_as_it_is(tmp_path, kind):
    pixels = numbered(12, 18, kind) - (50 if kind in {"int16", "int32"} else 0)
    pixels = pixels.astype(kind)
    window = read_window(write_tiff(tmp_path / "a.tif", pixels), (0, 0, 1, 1))
    assert window.bands.dtype == np.float32
    np.testing.assert_array_equal(window.bands, pixels.astype(np.float32))
    assert window.valid.all()


@pytest.mark.parametrize("transform", GRIDS.values(), ids=GRIDS)
def test_the_window_holds_the_pixels_that_lie_there(tmp_path, transform):
    path = write_tiff(tmp_path / "a.tif", numbered(100, 120), transform)
    place = Point(*to_map(transform, 60.5, 80.5))
    window = read_window(path, place, size=32)
    assert window.shape == (32, 32)
    row, column = window.offset
    np.testing.assert_array_equal(
        window.bands[0], numbered(100, 120)[0, row : row + 32, column : column + 32]
    )
    # The pixel under the place is the same one, in the window's own coordinates.
    in_window = to_map(window.transform, 60.5 - row, 80.5 - column)
    np.testing.assert_allclose(in_window, (place.x, place.y), rtol=1e-14)


def test_a_window_at_the_border_is_shifted_and_one_of_a_small_raster_clipped(tmp_path):
    path = write_tiff(tmp_path / "a.tif", numbered(50, 120))
    window = read_window(path, (49, 119, 50, 120), size=64)
    assert window.shape == (50, 64)
    assert window.offset == (0, 56)
    assert window.transform == (500560.0, 10.0, 0.0, 4000000.0, 0.0, -10.0)


@pytest.mark.parametrize("no_data", [-9999.0, 0.0, np.nan, -3.4028234663852886e38])
def test_no_data_is_invalid(tmp_path, no_data):
    pixels = numbered(10, 10)
    pixels[0, 2, 3] = no_data
    window = read_window(write_tiff(tmp_path / "a.tif", pixels, no_data=no_data), (0, 0, 1, 1))
    assert np.argwhere(~window.valid).tolist() == [[2, 3]]


def test_what_is_no_finite_float32_is_invalid(tmp_path):
    pixels = numbered(10, 10, "float64")
    pixels[0, 1, :4] = [np.nan, np.inf, -np.inf, 1e300]
    window = read_window(write_tiff(tmp_path / "a.tif", pixels), (0, 0, 1, 1))
    assert np.argwhere(~window.valid).tolist() == [[1, 0], [1, 1], [1, 2], [1, 3]]


def test_no_data_in_any_band_is_invalid(tmp_path):
    pixels = np.concatenate([numbered(10, 10), numbered(10, 10)])
    pixels[0, 1, 1] = pixels[1, 5, 5] = -1
    path = write_tiff(tmp_path / "a.tif", pixels, no_data=-1)
    assert np.argwhere(~read_window(path, (0, 0, 1, 1)).valid).tolist() == [[1, 1], [5, 5]]
    assert np.argwhere(~read_window(path, (0, 0, 1, 1), bands=[2]).valid).tolist() == [[5, 5]]


def test_an_alpha_band_is_no_image_but_a_mask(tmp_path):
    pixels = np.concatenate([numbered(10, 10, "uint8"), np.full((1, 10, 10), 255, np.uint8)])
    pixels[1, 4, 4] = 0
    roles = (gdal.GCI_GrayIndex, gdal.GCI_AlphaBand)
    window = read_window(write_tiff(tmp_path / "a.tif", pixels, roles=roles), (0, 0, 1, 1))
    assert len(window.bands) == 1
    assert np.argwhere(~window.valid).tolist() == [[4, 4]]


@pytest.mark.parametrize("inside", ["YES", "NO"])
def test_a_mask_is_honoured_in_the_file_or_beside_it(tmp_path, inside):
    path = write_tiff(tmp_path / "a.tif", numbered(10, 10))
    mask = np.full((10, 10), 255, np.uint8)
    mask[7, 2] = 0
    gdal.SetThreadLocalConfigOption("GDAL_TIFF_INTERNAL_MASK", inside)
    try:
        file = gdal.Open(str(path), gdal.GA_Update)
        file.CreateMaskBand(gdal.GMF_PER_DATASET)
        file.GetRasterBand(1).GetMaskBand().WriteArray(mask)
        file = None
    finally:
        gdal.SetThreadLocalConfigOption("GDAL_TIFF_INTERNAL_MASK", None)
    assert (tmp_path / "a.tif.msk").exists() == (inside == "NO")
    assert np.argwhere(~read_window(path, (0, 0, 1, 1)).valid).tolist() == [[7, 2]]


def test_scale_and_offset_are_applied_but_not_to_no_data(tmp_path):
    pixels = numbered(10, 10, "int16")
    pixels[0, 0, 0] = -1
    path = write_tiff(tmp_path / "a.tif", pixels, no_data=-1)
    file = gdal.Open(str(path), gdal.GA_Update)
    file.GetRasterBand(1).SetScale(0.01)
    file.GetRasterBand(1).SetOffset(-30)
    file = None
    window = read_window(path, (0, 0, 1, 1))
    np.testing.assert_allclose(window.bands[0, 5], pixels[0, 5] * 0.01 - 30, rtol=1e-6)
    assert np.argwhere(~window.valid).tolist() == [[0, 0]]


def test_bands_come_in_the_order_asked_for_with_their_names(tmp_path):
    pixels = np.stack([np.full((5, 5), value, np.float32) for value in (1, 2, 3)])
    path = write_tiff(tmp_path / "a.tif", pixels)
    file = gdal.Open(str(path), gdal.GA_Update)
    file.GetRasterBand(3).SetDescription("VH")
    file = None
    window = read_window(path, (0, 0, 1, 1), bands=[3, 1])
    assert window.bands[:, 0, 0].tolist() == [3, 1]
    assert window.band_names == ("VH", "Band 1")


def test_crs_source_and_unit_are_kept(tmp_path):
    path = write_tiff(tmp_path / "a.tif", numbered(5, 5))
    file = gdal.Open(str(path), gdal.GA_Update)
    file.GetRasterBand(1).SetDescription("Sigma0_VV_db")
    file = None
    window = read_window(path, (0, 0, 1, 1))
    assert 'AUTHORITY["EPSG","32631"]' in window.crs_wkt
    assert window.source == str(path)
    assert window.unit == "db"


def test_a_raster_without_crs_is_read(tmp_path):
    window = read_window(write_tiff(tmp_path / "a.tif", numbered(5, 5), epsg=None), (0, 0, 1, 1))
    assert window.crs_wkt == ""


@pytest.mark.parametrize(
    ("texts", "unit"),
    [
        (["Sigma0_VV_db"], "db"),
        (["dB"], "db"),
        (["VV [decibel]", "VH decibels"], "db"),
        (["VV dB", "VH"], None),
        (["adb", "dbz"], None),
        ([], None),
    ],
)
def test_decibel_is_recognised_where_the_raster_says_so(texts, unit):
    assert unit_hint(texts) == unit


# Rasters that cannot be explained -------------------------------------------------------------


def test_complex_numbers_are_refused(tmp_path):
    path = write_tiff(tmp_path / "a.tif", numbered(5, 5, "complex64"))
    with pytest.raises(ImageError, match="complex"):
        read_window(path, (0, 0, 1, 1))


def test_a_colour_table_is_refused(tmp_path):
    path = write_tiff(tmp_path / "a.tif", numbered(5, 5, "uint8"))
    colours = gdal.ColorTable()
    colours.SetColorEntry(1, (255, 0, 0))
    file = gdal.Open(str(path), gdal.GA_Update)
    file.GetRasterBand(1).SetColorTable(colours)
    file = None
    with pytest.raises(ImageError, match="colour table"):
        read_window(path, (0, 0, 1, 1))


@pytest.mark.parametrize("bands", [[0], [3], [1, 3], []])
def test_bands_that_are_not_there_are_refused(tmp_path, bands):
    path = write_tiff(tmp_path / "a.tif", np.concatenate([numbered(5, 5), numbered(5, 5)]))
    with pytest.raises(ImageError, match="has 2 band"):
        read_window(path, (0, 0, 1, 1), bands=bands)


@pytest.mark.parametrize("exceptions", [False, True])
def test_a_file_that_is_no_raster_is_refused(tmp_path, capfd, exceptions):
    path = tmp_path / "a.tif"
    path.write_bytes(b"II*\0 and then nothing of the kind")
    try:
        if exceptions:
            gdal.UseExceptions()
        with pytest.raises(ImageError, match=r"a\.tif.* cannot be read"):
            read_window(path, (0, 0, 1, 1))
        with pytest.raises(ImageError, match=r"missing\.tif.* cannot be read"):
            read_window(tmp_path / "missing.tif", (0, 0, 1, 1))
    finally:
        gdal.DontUseExceptions()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("exceptions", [False, True])
def test_a_file_that_breaks_off_is_refused(tmp_path, exceptions):
    path = write_tiff(tmp_path / "a.tif", numbered(400, 400))
    path.write_bytes(path.read_bytes()[:300000])
    try:
        if exceptions:
            gdal.UseExceptions()
        with pytest.raises(ImageError, match="cannot be read"):
            read_window(path, (0, 0, 1, 1))
    finally:
        gdal.DontUseExceptions()


def test_a_container_without_pixels_of_its_own_is_refused(tmp_path):
    path = tmp_path / "two.gpkg"
    for name in ("one", "two"):
        image = gdal_array.OpenArray(numbered(5, 5, "uint8")[0])
        image.SetGeoTransform(NORTH_UP)
        options = [f"RASTER_TABLE={name}", "APPEND_SUBDATASET=YES"]
        gdal.GetDriverByName("GPKG").CreateCopy(str(path), image, options=options)
    with pytest.raises(ImageError, match="several rasters"):
        read_window(path, (0, 0, 1, 1))


def test_a_picture_from_a_web_service_is_refused(tmp_path):
    path = tmp_path / "tiles.xml"
    path.write_text(
        "<GDAL_WMS><Service name='TMS'><ServerUrl>http://localhost:9/${z}/${x}/${y}.png</ServerUrl>"
        "</Service><DataWindow><UpperLeftX>-20037508</UpperLeftX><UpperLeftY>20037508</UpperLeftY>"
        "<LowerRightX>20037508</LowerRightX><LowerRightY>-20037508</LowerRightY><TileLevel>2"
        "</TileLevel><TileCountX>1</TileCountX><TileCountY>1</TileCountY></DataWindow>"
        "<Projection>EPSG:3857</Projection><BandsCount>3</BandsCount></GDAL_WMS>"
    )
    with pytest.raises(ImageError, match="web service"):
        read_window(path, (0, 0, 1, 1))


def test_a_region_outside_or_too_large_is_refused(tmp_path):
    path = write_tiff(tmp_path / "a.tif", numbered(50, 50))
    with pytest.raises(RegionError, match="outside"):
        read_window(path, Point(0, 0))
    with pytest.raises(RegionError, match="pixels long"):
        read_window(path, (0, 0, 40, 40), size=32)


# Real files -----------------------------------------------------------------------------------


def test_a_decibel_image_is_read():
    window = read_window(DATA / "camargue_vv_db.tif", (100, 100, 101, 101), size=64)
    assert window.valid.all()
    assert -40 < window.bands.min() < window.bands.max() < 15


@pytest.mark.parametrize("name", ["kerala_vv_gcp.tif", "seychelles_vh_gcp.tif"])
def test_an_image_placed_by_control_points_is_read_north_up(name):
    window = read_window(DATA / name, (0, 0, 1, 1), size=2000)
    assert window.transform[1] == -window.transform[5] > 0
    assert "WGS 84" in window.crs_wkt
    # The swath lies obliquely in it, and what is beside it is no zero backscatter.
    assert 0.3 < window.valid.mean() < 0.95
    assert not window.bands[0][~window.valid].any()


MEMORY = """
import resource, sys
from segshap_qgis.geo import read_window
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
window = read_window(sys.argv[1], (8000, 12000, 8001, 12001))
assert window.shape == (512, 512)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_large_scene_costs_no_more_memory_than_its_window(tmp_path):
    """25,000 x 16,000 uint16 pixels are 800 MB; reading a window of them stays within 100 MB."""
    path = tmp_path / "large.tif"
    driver = gdal.GetDriverByName("GTiff")
    file = driver.Create(
        str(path), 25000, 16000, 1, gdal.GDT_UInt16, ["SPARSE_OK=TRUE", "TILED=YES", "BIGTIFF=YES"]
    )
    file.SetGeoTransform(NORTH_UP)
    corner = np.arange(1, 10001, dtype=np.uint16).reshape(100, 100)
    file.GetRasterBand(1).WriteArray(corner, 24900, 15900)
    file = None
    assert path.stat().st_size < 10_000_000
    window = read_window(path, (15999, 24999, 16000, 25000))
    np.testing.assert_array_equal(window.bands[0, -100:, -100:], corner)
    command = [sys.executable, "-c", MEMORY, str(path)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert int(run.stdout) < 100 * 1024
