"""Parts of geography that the larger tests pass by: checks that fail, errors, edges."""

from __future__ import annotations

import contextlib
import zlib
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from osgeo import gdal
from shapely.geometry import box

from segshap_qgis.errors import ExportError, ImageError, SettingsError
from segshap_qgis.geo import Window, read_window, run_document
from segshap_qgis.geo.aside import gdal_errors, whole_file
from segshap_qgis.geo.cells import Column
from segshap_qgis.geo.difference import difference
from segshap_qgis.geo.geopackage import undefined_system
from segshap_qgis.geo.polygons import _holds, write_polygons
from segshap_qgis.geo.rasters import Map, north_up
from segshap_qgis.geo.run_document import pack, unpack
from tests.geo.raster_files import numbered, write_tiff
from tests.small_record import small_record

OUTLINES = [box(0, 0, 2, 1), box(2, 0, 3, 5)]


@pytest.fixture
def polygons(tmp_path):
    file = tmp_path / "a.gpkg"
    columns = [Column("name", ["a", "b"]), Column("size", [1.5, float("nan")])]
    write_polygons(file_with_a_layer(file), "cells", OUTLINES, columns, undefined_system())
    return file, columns


def file_with_a_layer(file):
    gdal.GetDriverByName("GPKG").Create(str(file), 0, 0, 0, gdal.GDT_Unknown)
    return file


def test_polygons_that_were_written_are_found_whole(polygons):
    file, columns = polygons
    assert _holds(file, "cells", OUTLINES, columns) is True


def test_every_polygon_is_written_as_the_kind_that_its_layer_announces(polygons):
    package = gdal.OpenEx(str(polygons[0]), gdal.OF_VECTOR)
    layer = package.GetLayerByName("cells")
    kinds = [feature.GetGeometryRef().GetGeometryType() for feature in layer]
    assert kinds == [layer.GetGeomType()] * 2


@pytest.mark.parametrize(
    ("table", "outlines", "names"),
    [
        ("others", OUTLINES, ["a", "b"]),
        ("cells", OUTLINES[:1], ["a", "b"]),
        ("cells", OUTLINES[::-1], ["a", "b"]),
        ("cells", [OUTLINES[0], box(2, 0, 3, 5 + 1e-12)], ["a", "b"]),
        ("cells", OUTLINES, ["a", "c"]),
        ("cells", OUTLINES, ["a", None]),
    ],
    ids=["no table", "fewer", "another order", "moved a little", "another name", "no name"],
)
def test_polygons_that_differ_from_what_was_written_are_noticed(polygons, table, outlines, names):
    file, _ = polygons
    assert _holds(file, table, outlines, [Column("name", names)]) is False


@pytest.mark.parametrize(
    ("said", "told"),
    [("No space left on device", "disk is full"), ("database or disk is full", "disk is full"),
     ("something else", "could not be written: something else")],
)  # fmt: skip
@pytest.mark.parametrize("raises", [False, True])
def test_what_gdal_reports_is_told_in_words(tmp_path, said, told, raises):
    def fail():
        gdal.Error(gdal.CE_Failure, 1, said)
        if raises:
            raise RuntimeError(said)

    with pytest.raises(ExportError, match=told), gdal_errors(tmp_path / "a.gpkg"):
        fail()


@pytest.mark.parametrize("exceptions", [gdal.DontUseExceptions, gdal.UseExceptions])
def test_a_check_that_fails_on_a_full_disk_says_that_it_is_full(tmp_path, exceptions, request):
    restore = gdal.UseExceptions if gdal.GetUseExceptions() else gdal.DontUseExceptions
    request.addfinalizer(restore)
    exceptions()

    def fail(said):
        with contextlib.suppress(RuntimeError):
            gdal.Error(gdal.CE_Failure, 1, said)
        raise ExportError("The table could not be written.")

    with pytest.raises(ExportError, match="disk is full"), gdal_errors(tmp_path / "a.gpkg"):
        fail("No space left on device")
    with pytest.raises(ExportError, match="The table could not"), gdal_errors(tmp_path / "a.gpkg"):
        fail("something else")


def test_a_warning_of_gdal_is_no_error(tmp_path):
    with gdal_errors(tmp_path / "a.gpkg"):
        gdal.Error(gdal.CE_Warning, 1, "a detail")


def test_gdal_speaks_to_whom_it_spoke_before(tmp_path):
    heard = []
    gdal.PushErrorHandler(lambda *what: heard.append(what[2]))
    try:
        with pytest.raises(ImageError):
            read_window(tmp_path / "missing.tif", (0, 0, 1, 1))
        gdal.Error(gdal.CE_Warning, 1, "afterwards")
    finally:
        gdal.PopErrorHandler()
    assert heard == ["afterwards"]


def test_a_difference_is_the_first_run_less_the_second():
    first, second = small_record(seed=1), small_record(seed=2)
    one, two = first.explanation, second.explanation
    second = replace(second, explanation=replace(two, superpixels=one.superpixels))
    found = difference(first, second, "d").explanation
    np.testing.assert_array_equal(found.values, one.values[:1] - two.values[:1])
    np.testing.assert_array_equal(found.base, one.base[:1] - two.base[:1])
    np.testing.assert_array_equal(found.prediction, one.prediction[:1] - two.prediction[:1])
    np.testing.assert_allclose(
        found.standard_errors**2, one.standard_errors[:1] ** 2 + two.standard_errors[:1] ** 2
    )


@pytest.mark.parametrize("change", ["place", "cells", "output"])
def test_a_difference_of_runs_that_do_not_compare_is_refused(change):
    first = second = small_record()
    if change == "place":
        moved = (1.0, *first.window.transform[1:])
        second = replace(first, window=replace(first.window, transform=moved))
    elif change == "cells":
        second = small_record(shape=(40, 61))
    else:
        settings = {**first.explanation.settings, "output": "logit"}
        second = replace(first, explanation=replace(first.explanation, settings=settings))
    with pytest.raises(SettingsError):
        difference(first, second, "d")


def test_any_mapping_among_the_settings_is_kept():
    record = small_record(settings={"read only": MappingProxyType({"a": np.float64(0.5)})})
    assert unpack(*pack(record)).settings == {"read only": {"a": 0.5}}


def test_the_largest_window_is_read_back_and_one_that_is_larger_is_not():
    text, block = pack(small_record(shape=(20, 8192), n_targets=1))
    assert unpack(text, block).window.shape == (20, 8192)
    larger = text.replace('"W": 8192', '"W": 8193')
    assert larger != text
    with pytest.raises(ExportError, match="too large"):
        unpack(larger, block)


@pytest.mark.parametrize("limit", ["LARGEST_RUN", "LARGEST_DOCUMENT"])
def test_what_could_not_be_read_back_is_not_written(monkeypatch, limit):
    record = small_record()
    text, block = pack(record)
    size = {"LARGEST_RUN": len(zlib.decompress(block)), "LARGEST_DOCUMENT": len(text)}[limit]
    monkeypatch.setattr(run_document, limit, size)
    assert pack(record) == (text, block)
    assert unpack(text, block).name == record.name
    monkeypatch.setattr(run_document, limit, size - 1)
    with pytest.raises(ExportError, match="too large"):
        pack(record)


def test_arrays_that_are_read_back_may_be_changed():
    record = unpack(*pack(small_record()))
    record.window.bands[0, 0, 0] = 7
    record.explanation.values[0, 0] = 7
    assert record.window.bands[0, 0, 0] == record.explanation.values[0, 0] == 7


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_raster_whose_pixels_are_nowhere_is_refused(tmp_path, number):
    path = write_tiff(tmp_path / "a.tif", numbered(4, 4), (0.0, number, 0.0, 0.0, 0.0, -1.0))
    with pytest.raises(ImageError, match="georeferencing"):
        read_window(path, (0, 0, 1, 1))


def test_a_file_whose_writing_stopped_leaves_nothing_behind(tmp_path):
    target = tmp_path / "table.csv"
    target.write_text("old")

    def write():
        with whole_file(target) as written:
            written.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()
    assert list(tmp_path.iterdir()) == [target]
    assert target.read_text() == "old"


def test_a_turned_map_is_covered_to_its_four_corners():
    # Every corner is the outermost one in one direction.
    transform = (100.0, 2.0, 1.0, 50.0, 1.0, -2.0)
    turned = Map("contribution", np.ones((4, 6), dtype=np.float32), transform, "")
    drawn, note = north_up(turned)
    assert "rotated" in note
    x = [100, 100 + 6 * 2, 100 + 4 * 1, 100 + 6 * 2 + 4 * 1]
    y = [50, 50 + 6 * 1, 50 - 4 * 2, 50 + 6 * 1 - 4 * 2]
    step = 5**0.5
    assert drawn.transform == pytest.approx((min(x), step, 0, max(y), 0, -step))
    rows, columns = drawn.values.shape
    assert (columns - 1) * step < max(x) - min(x) <= columns * step
    assert (rows - 1) * step < max(y) - min(y) <= rows * step


def test_a_window_of_its_own_begins_at_the_first_pixel():
    bands, valid = np.zeros((1, 2, 3), dtype=np.float32), np.ones((2, 3), dtype=bool)
    assert Window(bands, valid, (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)).offset == (0, 0)
