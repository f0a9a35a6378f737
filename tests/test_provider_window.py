from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsPointXY,
    QgsRasterLayer,
    QgsRasterRange,
    QgsVectorLayer,
)
from shapely.geometry import Point

from segshap_qgis.errors import ImageError, RegionError
from segshap_qgis.geo import Window, read_window
from segshap_qgis.geo.grid import to_map, to_pixel
from segshap_qgis.provider_window import Snapshot
from tests.geo.raster_files import DATA, GRIDS, NORTH_UP, NOT_SQUARE, numbered, write_tiff

ROOT = Path(__file__).resolve().parents[1]
KINDS = ["uint8", "uint16", "int16", "uint32", "int32", "float32", "float64"]

pytestmark = pytest.mark.usefixtures("qgis_app")


def layer_of(path: Path) -> QgsRasterLayer:
    layer = QgsRasterLayer(str(path), "scene", "gdal")
    assert layer.isValid()
    return layer


def assert_same(found: Window, expected: Window) -> None:
    """Equal pixels, bit for bit; the same place to a billionth of a pixel."""
    assert found.bands.tobytes() == expected.bands.tobytes()
    np.testing.assert_array_equal(found.valid, expected.valid)
    np.testing.assert_allclose(found.transform, expected.transform, rtol=1e-12, atol=0)
    assert found.offset == expected.offset
    reference = QgsCoordinateReferenceSystem.fromWkt(expected.crs_wkt)
    assert QgsCoordinateReferenceSystem.fromWkt(found.crs_wkt) == reference


@pytest.mark.parametrize(
    "name", ["camargue_vv_db.tif", "kerala_vv_gcp.tif", "seychelles_vh_gcp.tif"]
)
@pytest.mark.parametrize("region", [(0, 0, 1, 1), (130, 90, 150, 120), (216, 259, 217, 260)])
@pytest.mark.parametrize("size", [64, 4000])
def test_real_images_match_gdal_bit_for_bit_from_another_thread(tmp_path, name, region, size):
    path = shutil.copy(DATA / name, tmp_path)  # QGIS leaves its statistics beside a file
    snapshot = Snapshot(layer_of(path), bands=(1,))
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(snapshot.read, region, size).result(timeout=60)
    assert_same(found, read_window(path, region, size))


@pytest.mark.parametrize("kind", KINDS)
def test_every_type_of_number_matches_gdal(tmp_path, kind):
    pixels = numbered(30, 40, kind)
    path = write_tiff(tmp_path / "a.tif", pixels, no_data=7)
    found = Snapshot(layer_of(path)).read((9, 9, 10, 10), 16)
    assert_same(found, read_window(path, (9, 9, 10, 10), 16))
    np.testing.assert_array_equal(Snapshot(layer_of(path)).read((0, 0, 1, 1)).valid, pixels[0] != 7)


@pytest.mark.parametrize("no_data", [-9999.0, 0.0, 0.1, np.nan, -3.4028234663852886e38])
def test_no_data_matches_gdal(tmp_path, no_data):
    pixels = numbered(10, 10)
    pixels[0, 2, 3] = no_data
    path = write_tiff(tmp_path / "a.tif", pixels, no_data=no_data)
    found = Snapshot(layer_of(path)).read((0, 0, 1, 1))
    assert np.argwhere(~found.valid).tolist() == [[2, 3]]
    np.testing.assert_array_equal(found.valid, read_window(path, (0, 0, 1, 1)).valid)


def test_what_is_no_finite_float32_is_invalid(tmp_path):
    pixels = numbered(10, 10, "float64")
    pixels[0, 1, :4] = [np.nan, np.inf, -np.inf, 1e300]
    found = Snapshot(layer_of(write_tiff(tmp_path / "a.tif", pixels))).read((0, 0, 1, 1))
    assert np.argwhere(~found.valid).tolist() == [[1, 0], [1, 1], [1, 2], [1, 3]]


def test_additional_no_data_set_in_the_layer_is_honoured(tmp_path):
    layer = layer_of(write_tiff(tmp_path / "a.tif", numbered(10, 10), no_data=-1))
    closed, open_ = QgsRasterRange.BoundsType.IncludeMinAndMax, QgsRasterRange.BoundsType.Exclusive
    ranges = [QgsRasterRange(3, 5, closed), QgsRasterRange(97, np.nan, open_)]
    layer.dataProvider().setUserNoDataValue(1, ranges)
    window = Snapshot(layer).read((0, 0, 1, 1))
    assert window.bands[0][~window.valid].tolist() == [3, 4, 5, 98, 99, 100]


def test_no_data_that_the_user_switched_off_counts_as_data(tmp_path):
    layer = layer_of(write_tiff(tmp_path / "a.tif", numbered(10, 10), no_data=7))
    layer.dataProvider().setUseSourceNoDataValue(1, False)
    assert Snapshot(layer).read((0, 0, 1, 1)).valid.all()


def test_scale_and_offset_match_gdal(tmp_path):
    path = write_tiff(tmp_path / "a.tif", numbered(10, 10, "int16"), no_data=3)
    file = gdal.Open(str(path), gdal.GA_Update)
    file.GetRasterBand(1).SetScale(0.01)
    file.GetRasterBand(1).SetOffset(-30)
    file = None
    found, expected = Snapshot(layer_of(path)).read((0, 0, 1, 1)), read_window(path, (0, 0, 1, 1))
    np.testing.assert_array_equal(found.valid, expected.valid)
    np.testing.assert_array_equal(found.bands[0][found.valid], expected.bands[0][found.valid])
    assert found.bands[0, 5, 0] == np.float32(51 * 0.01 - 30)


def test_an_alpha_band_and_a_mask_are_no_images(tmp_path):
    pixels = np.concatenate([numbered(10, 10, "uint8"), np.full((1, 10, 10), 255, np.uint8)])
    pixels[1, 4, 4] = 0
    roles = (gdal.GCI_GrayIndex, gdal.GCI_AlphaBand)
    path = write_tiff(tmp_path / "alpha.tif", pixels, roles=roles)
    assert_same(Snapshot(layer_of(path)).read((0, 0, 1, 1)), read_window(path, (0, 0, 1, 1)))

    path = write_tiff(tmp_path / "mask.tif", numbered(10, 10))
    file = gdal.Open(str(path), gdal.GA_Update)
    file.CreateMaskBand(gdal.GMF_PER_DATASET)
    file.GetRasterBand(1).GetMaskBand().WriteArray(np.eye(10, dtype=np.uint8) * 255)
    file = None
    found = Snapshot(layer_of(path)).read((0, 0, 1, 1))
    np.testing.assert_array_equal(found.valid, np.eye(10, dtype=bool))
    assert_same(found, read_window(path, (0, 0, 1, 1)))


@pytest.mark.parametrize("transform", GRIDS.values(), ids=GRIDS)
def test_what_is_read_is_what_identify_says(tmp_path, transform):
    """QGIS turns rotated and south-up rasters; the window is on the grid that is on the screen."""
    layer = layer_of(write_tiff(tmp_path / "a.tif", numbered(50, 60), transform))
    place = to_map(transform, 25.5, 30.5)
    window = Snapshot(layer).read(Point(*place), 20)
    assert window.shape == (20, 20)
    for row, column in [(0, 0), (3, 17), (10, 10), (19, 19)]:
        x, y = to_map(window.transform, row + 0.5, column + 0.5)
        value, found = layer.dataProvider().sample(QgsPointXY(float(x), float(y)), 1)
        assert found
        assert value == window.bands[0, row, column]
    row, column = (int(axis) for axis in to_pixel(window.transform, *place))
    original = numbered(50, 60)[0, 25, 30]
    assert window.bands[0, row, column] == original or transform == GRIDS["rotated"]


def test_beside_a_rotated_raster_there_is_no_data(tmp_path):
    transform = GRIDS["rotated"]
    layer = layer_of(write_tiff(tmp_path / "a.tif", numbered(50, 60), transform))
    window = Snapshot(layer).read((0, 0, 1, 1), 4000)
    rows, columns = np.indices(window.shape) + 0.5
    rows, columns = to_pixel(transform, *to_map(window.transform, rows, columns))
    inside = (rows > 0.5) & (rows < 49.5) & (columns > 0.5) & (columns < 59.5)
    outside = (rows < -0.5) | (rows > 50.5) | (columns < -0.5) | (columns > 60.5)
    assert inside.sum() > 1000
    assert outside.sum() > 1000
    assert window.valid[inside].all()
    assert not window.valid[outside].any()


def test_a_raster_without_crs_keeps_its_pixels(tmp_path):
    path = write_tiff(tmp_path / "a.tif", numbered(20, 20), NOT_SQUARE, epsg=None)
    window = Snapshot(layer_of(path)).read((0, 0, 1, 1))
    assert window.crs_wkt == ""
    assert_same(window, read_window(path, (0, 0, 1, 1)))


def test_a_picture_without_a_place_is_read_where_qgis_puts_it(tmp_path):
    path = write_tiff(tmp_path / "a.tif", numbered(20, 30), transform=None, epsg=None)
    layer = layer_of(path)
    window = Snapshot(layer).read(Point(12.5, layer.extent().yMaximum() - 3.5), 1)
    assert window.bands.tolist() == [[[numbered(20, 30)[0, 3, 12]]]]


def test_the_layers_crs_counts_even_where_the_user_corrected_it(tmp_path):
    layer = layer_of(write_tiff(tmp_path / "a.tif", numbered(20, 20)))
    layer.setCrs(QgsCoordinateReferenceSystem("EPSG:32632"))
    window = Snapshot(layer).read((0, 0, 1, 1))
    assert QgsCoordinateReferenceSystem.fromWkt(window.crs_wkt).authid() == "EPSG:32632"


def test_windows_all_over_a_wide_raster_are_never_off_by_a_pixel(tmp_path):
    """Pixel sizes and corners that no binary fraction can hold."""
    transform = (2.123456789, 1 / 3701, 0.0, 43.7654321, 0.0, -1 / 2903)
    pixels = numbered(40, 25000)
    path = write_tiff(tmp_path / "wide.tif", pixels, transform, epsg=4326)
    snapshot = Snapshot(layer_of(path))
    for column in np.random.default_rng(1).integers(0, 25000, 60):
        window = snapshot.read((20, column, 21, column + 1), 16)
        row, first = window.offset
        np.testing.assert_array_equal(
            window.bands[0], pixels[0, row : row + 16, first : first + 16]
        )


def test_a_layer_that_goes_or_changes_meanwhile_makes_no_difference(tmp_path):
    path = write_tiff(tmp_path / "a.tif", numbered(20, 20))
    layer = layer_of(path)
    snapshot = Snapshot(layer)
    expected = read_window(path, (0, 0, 1, 1))
    layer.setCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    layer.dataProvider().setUserNoDataValue(1, [QgsRasterRange(1, 50)])
    del layer
    assert_same(snapshot.read((0, 0, 1, 1)), expected)


def test_a_virtual_raster_is_read(tmp_path):
    path = write_tiff(tmp_path / "a.tif", numbered(20, 30))
    uri = (
        "?crs=EPSG:32631&extent=500000,3999800,500300,4000000&width=30&height=20"
        f'&formula="scene@1" * 2&scene:uri={path}&scene:provider=gdal'
    )
    layer = QgsRasterLayer(uri, "twice", "virtualraster")
    assert layer.isValid()
    window = Snapshot(layer).read((5, 6, 7, 8), 10)
    expected = read_window(path, (5, 6, 7, 8), 10)
    np.testing.assert_array_equal(window.bands, expected.bands * 2)
    assert window.transform == expected.transform


def test_bands_come_in_the_order_asked_for(tmp_path):
    pixels = np.stack([np.full((5, 5), value, np.float32) for value in (1, 2, 3)])
    layer = layer_of(write_tiff(tmp_path / "a.tif", pixels))
    assert Snapshot(layer, (3, 1)).read((0, 0, 1, 1)).bands[:, 0, 0].tolist() == [3, 1]


# Layers that cannot be explained --------------------------------------------------------------


def test_a_vector_layer_is_refused():
    with pytest.raises(ImageError, match="no raster layer"):
        Snapshot(QgsVectorLayer("Point", "points", "memory"))


def test_a_layer_whose_file_is_missing_is_refused(tmp_path):
    with pytest.raises(ImageError, match="cannot be read"):
        Snapshot(QgsRasterLayer(str(tmp_path / "none.tif"), "gone", "gdal"))


def test_web_tiles_are_refused():
    uri = "type=xyz&url=http://localhost:9/%7Bz%7D/%7Bx%7D/%7By%7D.png&zmax=5&zmin=0"
    with pytest.raises(ImageError, match="web service"):
        Snapshot(QgsRasterLayer(uri, "tiles", "wms"))


@pytest.mark.parametrize("bands", [(2,), (1, 2), (0,)])
def test_bands_that_are_not_there_are_refused(tmp_path, bands):
    with pytest.raises(ImageError, match="has 1 band"):
        Snapshot(layer_of(write_tiff(tmp_path / "a.tif", numbered(5, 5))), bands)


def test_complex_numbers_and_colour_tables_are_refused(tmp_path):
    with pytest.raises(ImageError, match="complex"):
        Snapshot(layer_of(write_tiff(tmp_path / "a.tif", numbered(5, 5, "complex64"))))
    path = write_tiff(tmp_path / "b.tif", numbered(5, 5, "uint8"))
    colours = gdal.ColorTable()
    colours.SetColorEntry(1, (255, 0, 0))
    file = gdal.Open(str(path), gdal.GA_Update)
    file.GetRasterBand(1).SetColorTable(colours)
    file = None
    with pytest.raises(ImageError, match="colour table"):
        Snapshot(layer_of(path))


def test_a_file_that_breaks_off_gives_a_message_instead_of_zeros(tmp_path):
    path = write_tiff(tmp_path / "a.tif", numbered(600, 600))
    snapshot = Snapshot(layer_of(path))
    with path.open("r+b") as file:
        file.truncate(300000)
    with pytest.raises(ImageError, match="could not be read"):
        snapshot.read((0, 0, 1, 1))


def test_a_region_outside_is_refused(tmp_path):
    with pytest.raises(RegionError, match="outside"):
        Snapshot(layer_of(write_tiff(tmp_path / "a.tif", numbered(5, 5)))).read(Point(0, 0))


MEMORY = """
import resource, sys, time
from qgis.core import QgsApplication, QgsRasterLayer
app = QgsApplication([], False)
app.initQgis()
from segshap_qgis.provider_window import Snapshot
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
started = time.perf_counter()
window = Snapshot(QgsRasterLayer(sys.argv[1], "scene")).read((50, 50, 51, 51))
assert window.shape == (512, 512)
seconds = time.perf_counter() - started
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, seconds)
"""


def test_a_large_scene_costs_no_more_memory_than_a_small_one(tmp_path):
    """25,000 x 16,000 uint16 pixels are 800 MB; QGIS reads a window of them within 100 MB."""
    used = {}
    for name, width, height in [("small", 600, 600), ("large", 25000, 16000)]:
        path = tmp_path / f"{name}.tif"
        options = ["SPARSE_OK=TRUE", "TILED=YES", "BIGTIFF=YES"]
        driver = gdal.GetDriverByName("GTiff")
        file = driver.Create(str(path), width, height, 1, gdal.GDT_UInt16, options)
        file.SetGeoTransform(NORTH_UP)
        file = None
        command = [sys.executable, "-c", MEMORY, str(path)]
        run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100)
        kilobytes, seconds = run.stdout.split()[-2:]
        used[name] = int(kilobytes)
        assert float(seconds) < 5
    assert used["large"] < used["small"] + 100 * 1024


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs a list of open files")
def test_snapshots_keep_no_file_open_once_they_are_gone(tmp_path):
    layer = layer_of(write_tiff(tmp_path / "scene.tif", numbered(40, 40)))

    def open_files() -> int:
        files = [entry for entry in Path("/proc/self/fd").iterdir() if entry.exists()]
        return sum(entry.resolve().name == "scene.tif" for entry in files)

    Snapshot(layer).read((0, 0, 1, 1), 32)
    before = open_files()
    for _ in range(20):
        Snapshot(layer).read((0, 0, 1, 1), 32)
    # QGIS itself keeps the file open once or twice to use it again.
    assert open_files() <= before + 1
    kept = [Snapshot(layer) for _ in range(40)]
    for snapshot in kept:
        snapshot.read((0, 0, 1, 1), 32)
        snapshot.close()
        snapshot.close()
    # Of what was open at one time, QGIS keeps about ten to use them again.
    still_open = open_files() - before
    del kept
    assert still_open <= 10, "also of those that somebody keeps"


SNAPSHOT_THAT_OUTLIVES_QGIS = """
import gc, sys
from qgis.core import QgsApplication, QgsProject, QgsRasterLayer
application = QgsApplication([], True)
QgsApplication.initQgis()
from segshap_qgis.provider_window import Snapshot
circle = []
circle.append(circle)
if "collected" in sys.argv:
    circle.append(QgsProject.instance())
layer = QgsRasterLayer(sys.argv[1], "scene")
kept = [Snapshot(layer), Snapshot(layer)]
for snapshot in kept:
    snapshot.read((0, 0, 1, 1), 32)
del layer, snapshot, circle
gc.collect()
QgsApplication.exitQgis()
kept.pop()
"""


@pytest.mark.parametrize("wrapper_of_the_project", ["kept", "collected"])
def test_a_snapshot_that_outlives_qgis_harms_nothing(tmp_path, wrapper_of_the_project):
    path = write_tiff(tmp_path / "scene.tif", numbered(40, 40))
    command = [sys.executable, "-c", SNAPSHOT_THAT_OUTLIVES_QGIS, str(path), wrapper_of_the_project]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
