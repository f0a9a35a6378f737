"""Tables, names, maps and grids by hand: what a person reads off them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from osgeo import gdal, ogr
from shapely.geometry import GeometryCollection, LineString, Point, Polygon, box

from segshap_qgis.errors import ExportError, ImageError, RegionError, SettingsError
from segshap_qgis.explain import Explanation, from_labels
from segshap_qgis.geo import Record, Window, read_window, region_from_geometry, write_geotiff
from segshap_qgis.geo.cells import Column, cell_columns
from segshap_qgis.geo.difference import difference
from segshap_qgis.geo.grid import (
    Grid,
    determinant_of,
    pixel_bounds,
    place_window,
    shifted,
    window_bounds,
)
from segshap_qgis.geo.merging import merge_pixels
from segshap_qgis.geo.rasters import (
    FLIPPED,
    Map,
    holds,
    map_title,
    maps,
    north_up,
    reference_system,
    write_map,
)
from segshap_qgis.geo.records import is_same_run
from segshap_qgis.geo.regions import (
    pixel_region,
    polygon_labels,
    predicted_segment,
    share_outside,
)
from segshap_qgis.geo.window import RasterReader, check_bands, check_measurement, web_tiles_error
from tests.geo.raster_files import NORTH_UP, ROTATED, numbered, write_tiff
from tests.small_record import crs_wkt, small_record

CELLS = from_labels([[0, 0, 1], [2, 2, -1]])


def record_of(values, base=0.5, prediction=None, bands=1, settings=None, **changes):
    values = np.array([values], dtype=float)
    prediction = base + values.sum() if prediction is None else prediction
    explanation = Explanation(
        values,
        np.array([[0.25, np.nan, 0.5]]),
        np.array([base]),
        np.array([prediction]),
        CELLS,
        8,
        3,
        {"targets": ["oil"]} if settings is None else settings,
    )
    pixels = np.arange(6.0 * bands, dtype=np.float32).reshape(bands, 2, 3)
    window = Window(pixels, CELLS.labels >= 0, (0.0, 3.0, 1.0, 0.0, 0.5, -2.0))
    return Record("a run", explanation, window, CELLS.labels == 0, **changes)


# Tables ---------------------------------------------------------------------------------------


def table(record):
    return {column.name: column.values for column in cell_columns(record)}


def test_the_table_of_cells_by_hand():
    found = table(record_of([0.25, -1.0, 0.25]))
    assert list(found) == [
        "cell",
        "contribution",
        "standard_error",
        "rank",
        "share",
        "area_pixels",
        "area_map",
        "mean_backscatter",
    ]
    assert found["cell"] == [0, 1, 2]
    assert found["contribution"] == [0.25, -1.0, 0.25]
    assert found["standard_error"][::2] == [0.25, 0.5]
    assert math.isnan(found["standard_error"][1])
    assert found["rank"] == [2, 1, 3]  # of equal ones the first
    assert found["share"] == [-0.5, 2.0, -0.5]
    assert found["area_pixels"] == [2, 1, 2]
    assert found["area_map"] == [13.0, 6.5, 13.0]  # |3 * -2 - 1 * 0.5| for each pixel
    assert found["mean_backscatter"] == [0.5, 2.0, 3.5]
    kinds = {column.name: column.field_type() for column in cell_columns(record_of([1, 2, 3]))}
    assert kinds["cell"] == kinds["rank"] == kinds["area_pixels"] == ogr.OFTInteger64
    assert kinds["contribution"] == kinds["area_map"] == ogr.OFTReal
    assert Column("name", ["a"]).field_type() == ogr.OFTString


def test_bands_are_numbered_from_one_where_there_are_several():
    found = table(record_of([1, 2, 3], bands=2))
    assert found["mean_band_1"] == [0.5, 2.0, 3.5]
    assert found["mean_band_2"] == [6.5, 8.0, 9.5]
    assert "mean_backscatter" not in found


@pytest.mark.parametrize(
    "record",
    [
        record_of([1, -2, 1], prediction=0.5),
        record_of([1, 2, 3], settings={"method": "rise"}),
        record_of([1, 2, 3], settings={"method": "signed_rise"}),
    ],
    ids=["no difference", "heat", "signed heat"],
)
def test_there_is_no_share_where_nothing_adds_up(record):
    assert all(math.isnan(share) for share in table(record)["share"])


def test_a_target_is_named_by_its_number_where_it_has_no_name():
    assert record_of([1, 2, 3]).target_name == "oil"
    assert record_of([1, 2, 3], settings={}).target_name == "0"
    assert record_of([1, 2, 3], settings={}, target=1).target_name == "1"
    assert record_of([1, 2, 3], target=0).target == 0
    assert map_title(record_of([1, 2, 3]).explanation) == "Contribution to oil"
    assert map_title(record_of([1, 2, 3]).explanation, 1) == "Contribution to 1"
    heat = {"method": "rise", "targets": ["sea", "oil"]}
    assert map_title(record_of([1, 2, 3], settings=heat).explanation, 1) == "RISE heat for oil"


def test_a_run_is_the_same_though_it_was_renamed():
    record = small_record()
    assert is_same_run(record, replace(record, name="other", target=1, curves={}))
    assert not is_same_run(record, small_record())
    assert not is_same_run(record, None)
    assert not is_same_run(None, record)
    assert not is_same_run(None, None)


def test_a_difference_says_what_was_compared_and_how_alike():
    first, second = record_of([3, 1, 2]), record_of([3, -1, 2], base=0.25)
    found = difference(first, replace(second, name="another"), "d")
    assert found.name == "d"
    assert found.target == 0
    assert found.explanation.evaluations == 16
    assert found.explanation.seed == 3
    assert found.explanation.settings["targets"] == ["oil − oil"]
    assert found.explanation.settings["output"] == "probability"
    assert found.explanation.settings["compared"] == ["a run", "another"]
    alike = found.explanation.settings["likeness"]
    assert alike["largest_difference"] == 2.0
    assert alike["sure_cells"] == 2
    assert alike["rank_correlation_of_sure"] is None  # fewer than three
    assert alike["sign_agreement"] == 1.0
    assert found.settings == {"compared": [{}, {}]}
    assert found.window is first.window
    logit = {"targets": ["oil"], "output": "logit"}
    both = [record_of([1, 2, 3], settings=logit) for _ in range(2)]
    assert difference(*both, "d").explanation.settings["output"] == "logit"


# Maps -----------------------------------------------------------------------------------------


def test_maps_of_a_run_are_named_filled_and_titled():
    record = record_of([1, 2, 3], probability=np.full((2, 3), 0.75, np.float32))
    contribution, error, probability = maps(record)
    assert [each.kind for each in (contribution, error, probability)] == [
        "contribution",
        "standard_error",
        "probability",
    ]
    assert contribution.values.tolist() == [[1, 1, 2], [3, 3, -9999]]
    assert error.values.tolist() == [[0.25, 0.25, -9999], [0.5, 0.5, -9999]]
    assert probability.values.tolist() == [[0.75] * 3, [0.75, 0.75, -9999]]
    assert {each.values.dtype for each in maps(record)} == {np.dtype(np.float32)}
    assert error.title == "Standard error of oil"
    assert probability.title == "Model output for oil"


@pytest.mark.parametrize("unit", [1, 2.0**-12])  # metres, degrees
@pytest.mark.parametrize(("dx", "dy"), [(10, -5), (-10, -5), (10, 5), (-10, 5)])
def test_a_map_that_is_mirrored_is_turned_and_each_pixel_stays_where_it_is(dx, dy, unit):
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    drawn = Map("contribution", values, (100.0, unit * dx, 0.0, 50.0, 0.0, unit * dy), "")
    upright, note = north_up(drawn)
    assert note == ("" if (dx, dy) == (10, -5) else FLIPPED)
    assert upright.transform[1:3] + upright.transform[4:] == (unit * 10, 0, 0, unit * -5)
    for row, column in np.ndindex(2, 3):
        x, y = 100 + unit * dx * (column + 0.5), 50 + unit * dy * (row + 0.5)
        below, beside = upright.transform[3] - y, x - upright.transform[0]
        there = int(below // (unit * 5)), int(beside // (unit * 10))
        assert upright.values[there] == values[row, column]
    assert upright.values.flags.c_contiguous


def test_a_map_turned_by_a_right_angle_keeps_all_of_its_pixels():
    values = np.arange(1, 7, dtype=np.float32).reshape(2, 3)
    # Rows to the east and columns to the north.
    upright, note = north_up(Map("contribution", values, (0.0, 0.0, 10.0, 0.0, 10.0, 0.0), ""))
    assert "nearest neighbour" in note
    assert upright.transform == pytest.approx((0, 10, 0, 30, 0, -10))
    assert upright.values.tolist() == values.T[::-1].tolist()
    # Sheared: the shorter side of a pixel decides, here that of the rows.
    sheared, _ = north_up(Map("contribution", values, (0.0, 8.0, 3.0, 0.0, 0.0, -4.0), ""))
    assert sheared.transform[1] == 5.0
    assert sheared.values.shape == (math.ceil(8 / 5), math.ceil((3 * 8 + 2 * 3) / 5))


@pytest.mark.parametrize("exceptions", [False, True])
def test_a_reference_system_is_read_or_it_is_none(exceptions, capfd):
    try:
        if exceptions:
            gdal.UseExceptions()
        assert reference_system("") is None
        assert reference_system("PROJCS[nonsense") is None
        system = reference_system(crs_wkt(4326))
    finally:
        gdal.DontUseExceptions()
    assert system.GetAuthorityCode(None) == "4326"
    assert list(system.GetDataAxisToSRSAxisMapping()) == [2, 1]  # longitude first
    assert capfd.readouterr().err == ""


def test_a_written_map_is_compared_bit_by_bit(tmp_path):
    drawn = next(maps(record_of([1, 2, 3])))
    path = str(tmp_path / "a.tif")
    assert not holds(path, drawn)
    write_map("GTiff", path, drawn, reference_system(crs_wkt()), (), {"A": "b"})
    assert holds(path, drawn)
    raster = gdal.Open(path)
    assert raster.GetMetadataItem("A") == "b"
    assert raster.GetRasterBand(1).GetDescription() == "Contribution to oil"
    assert raster.GetSpatialRef().GetAuthorityCode(None) == "32631"
    raster = None
    values = drawn.values.copy()
    values[0, 0] = np.nextafter(values[0, 0], np.float32(9))
    assert not holds(path, drawn._replace(values=values))
    x0, *others = drawn.transform
    assert not holds(path, drawn._replace(transform=(x0 + 1e-6, *others)))
    file = gdal.Open(path, gdal.GA_Update)
    file.GetRasterBand(1).SetNoDataValue(-1)
    file = None
    assert not holds(path, drawn)
    write_map("GTiff", path, drawn._replace(values=drawn.values.astype(float)), None, (), {})
    assert gdal.Open(path).GetRasterBand(1).DataType == gdal.GDT_Float32


# GeoTIFFs -------------------------------------------------------------------------------------


def test_a_geotiff_carries_what_made_it(tmp_path):
    record = small_record()
    paths = write_geotiff(tmp_path / "a.tif", record)
    about = gdal.Open(str(paths[1])).GetMetadata()
    assert about["SEGSHAP_RUN"] == "oil, region 1"
    assert about["SEGSHAP_MAP"] == "standard_error"
    assert about["SEGSHAP_MODEL"] == "oil_fcdensenet56"
    assert about["SEGSHAP_SOURCE"] == "scene.tif"
    assert about["SEGSHAP_EVALUATIONS"] == "321"
    assert about["SEGSHAP_SEED"] == str(2**40)
    assert float(about["SEGSHAP_PREDICTION"]) == record.explanation.prediction[0]
    structure = gdal.Open(str(paths[1])).GetMetadata("IMAGE_STRUCTURE")
    assert structure["COMPRESSION"] == "DEFLATE"
    nameless = replace(record, settings={})
    (path, *_) = write_geotiff(tmp_path / "b.tif", nameless)
    assert gdal.Open(str(path)).GetMetadataItem("SEGSHAP_MODEL") in {None, ""}


def test_the_file_that_is_asked_for_is_replaced_and_in_a_folder_only_ours(tmp_path):
    (tmp_path / "a.tif").write_bytes(b"of somebody else")
    path, *_ = write_geotiff(tmp_path / "a.tif", small_record(probability=None))
    assert gdal.Open(str(path)) is not None
    folder = tmp_path / "folder"
    folder.mkdir()
    other = folder / "run_contribution.tif"
    other.write_bytes(b"of somebody else")
    with pytest.raises(ExportError, match=r"run_contribution\.tif exists already"):
        write_geotiff(folder, small_record("!", probability=None))
    assert other.read_bytes() == b"of somebody else"
    other.unlink()
    for _ in range(2):  # the second time over its own
        paths = write_geotiff(folder, small_record("!", probability=None))
    assert [each.name for each in paths] == ["run_contribution.tif", "run_standard_error.tif"]


def test_styles_are_written_beside_the_maps_that_have_one(tmp_path):
    styles = {"standard_error": "<qgis>é</qgis>", "region": "<qgis/>"}
    write_geotiff(tmp_path / "a.tif", small_record(), styles)
    assert (tmp_path / "a_standard_error.qml").read_text("utf-8") == "<qgis>é</qgis>"
    assert [entry.name for entry in tmp_path.glob("*.qml")] == ["a_standard_error.qml"]


# Grids ----------------------------------------------------------------------------------------


def test_the_determinant_is_the_area_of_a_pixel_with_the_sign_of_its_orientation():
    assert determinant_of(NORTH_UP) == -100
    assert determinant_of(ROTATED) == 9 * -8 - 3 * 2.5
    for wrong in ((np.inf, *NORTH_UP[1:]), (*NORTH_UP[:3], np.nan, *NORTH_UP[4:])):
        with pytest.raises(ImageError, match="no area"):
            determinant_of(wrong)
    assert shifted(ROTATED, 2, 1) == (500000 + 9 + 6, 9.0, 3.0, 4000000 + 2.5 - 16, 2.5, -8.0)


@pytest.mark.parametrize(("off", "bounds"), [(1e-7, (2, 3, 5, 7)), (1e-5, (1, 2, 6, 8))])
def test_an_edge_on_the_edge_of_a_pixel_does_not_reach_beyond_it_by_rounding(off, bounds):
    # Pixels of one unit, rows downwards.
    grid = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
    assert pixel_bounds(box(3 - off, -5 - off, 7 + off, -2 + off), grid) == bounds


def test_bounds_are_those_of_every_vertex_of_every_part():
    grid = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
    parts = GeometryCollection(
        [Point(9.5, -0.5), LineString([(1.5, -1.5), (2.5, -7.5)]), Polygon()]
    )
    assert pixel_bounds(parts, grid) == (0, 1, 8, 10)
    ring = Polygon(box(0, -10, 10, 0).exterior, [box(4, -6, 6, -4).exterior])
    assert pixel_bounds(ring, grid) == (0, 0, 10, 10)


@pytest.mark.parametrize(
    ("bounds", "size", "window"),
    [
        ((4, 4, 5, 5), 1, (4, 4, 5, 5)),
        ((4, 4, 5, 5), 2, (3, 3, 5, 5)),  # (4 + 5 - 2) // 2
        ((4, 4, 5, 5), 3, (3, 3, 6, 6)),
        ((4, 4, 6, 6), 3, (3, 3, 6, 6)),
        ((9, 9, 10, 10), 3, (7, 7, 10, 10)),
        ((0, 9, 1, 10), 8192, (0, 0, 10, 10)),
    ],
)
def test_a_small_window_is_placed_to_the_pixel(bounds, size, window):
    assert place_window(bounds, (10, 10), size) == window


def test_the_largest_window_is_8192_pixels_wide():
    assert place_window((0, 0, 8192, 1), (9000, 9000), 8192) == (0, 0, 8192, 8192)
    with pytest.raises(SettingsError, match="between 1 and 8192 pixels"):
        place_window((0, 0, 1, 1), (9000, 9000), 8193)
    whole = window_bounds([0.0, 1.0, 2.0, 3.0], Grid(9, 9, NORTH_UP), 2)
    assert whole == (0, 1, 2, 3)
    assert {type(edge) for edge in whole} == {int}


def test_blocks_that_fill_the_window_exactly_are_all_there():
    bands = np.arange(12, dtype=np.float32).reshape(1, 2, 6)
    window = Window(bands, np.ones((2, 6), bool), NORTH_UP, "wkt", "a.tif", ("VV",), (5, 6), "db")
    merged = merge_pixels(window, 2)
    assert merged.bands.tolist() == [[[3.5, 5.5, 7.5]]]
    assert merged.bands.dtype == np.float32
    assert (merged.offset, merged.band_names, merged.unit) == ((5, 6), ("VV",), "db")
    with pytest.raises(SettingsError, match="merged 3 by 3"):
        merge_pixels(window, 3)


# Regions --------------------------------------------------------------------------------------


def pixels(height=4, width=6):
    """One unit a pixel, rows downwards from zero."""
    bands = np.zeros((1, height, width), np.float32)
    return Window(bands, np.ones((height, width), bool), (0.0, 1.0, 0.0, 0.0, 0.0, -1.0))


def test_points_on_the_edge_select_the_pixel_inside_and_none_beyond():
    assert np.argwhere(region_from_geometry(Point(0, 0), pixels())).tolist() == [[0, 0]]
    assert np.argwhere(region_from_geometry(Point(5.99, -3.99), pixels())).tolist() == [[3, 5]]
    for place in [(6.5, -2), (2, -4.5), (-0.5, -2), (2, 0.5)]:
        with pytest.raises(RegionError, match="outside the raster"):
            region_from_geometry(Point(place), pixels())


@pytest.mark.parametrize(("row", "column"), [(0, 0), (0, 5), (3, 0), (3, 5), (0, 3), (2, 0)])
def test_a_part_smaller_than_a_pixel_selects_it_at_the_edge_too(row, column):
    tiny = box(column + 0.1, -row - 0.2, column + 0.2, -row - 0.1)
    assert np.argwhere(region_from_geometry(tiny, pixels())).tolist() == [[row, column]]


@pytest.mark.parametrize(("row", "column"), [(-1, 3), (4, 3), (2, -1), (2, 6)])
def test_a_part_smaller_than_a_pixel_beyond_the_edge_selects_none(row, column):
    tiny = box(column + 0.1, -row - 0.2, column + 0.2, -row - 0.1)
    region = region_from_geometry(GeometryCollection([tiny, box(1, -2, 3, -1)]), pixels())
    assert np.argwhere(region).tolist() == [[1, 1], [1, 2]]


def test_polygons_are_numbered_from_zero_and_the_last_one_wins():
    shapes = [box(0, -2, 3, 0), box(2, -1, 5, 0).union(box(5, -4, 6, -3))]
    assert polygon_labels(shapes, pixels()).tolist() == [
        [0, 0, 1, 1, 1, -1],
        [0, 0, 0, -1, -1, -1],
        [-1] * 6,
        [-1, -1, -1, -1, -1, 1],
    ]
    assert polygon_labels(shapes, pixels()).dtype == np.int32
    assert polygon_labels([], pixels()).tolist() == [[-1] * 6] * 4
    tiny = box(0.1, -0.2, 0.2, -0.1)  # holds no centre
    assert (polygon_labels([tiny], pixels()) == -1).all()


def test_the_share_outside_is_that_of_the_area():
    assert share_outside(box(-2, -4, 6, 0), pixels()) == pytest.approx(0.25)
    assert share_outside(box(7, -4, 9, 0), pixels()) == 1.0
    assert share_outside(box(1, -2, 3, -1), pixels()) == 0.0
    assert share_outside(LineString([(0, 0), (9, 9)]), pixels()) == 0.0
    # Bow ties of which both halves have the same area, one of them outside.
    for tie in ([(4, 0), (8, -2), (8, 0), (4, -2)], [(4, -2), (8, 0), (8, -2), (4, 0)]):
        assert share_outside(Polygon(tie), pixels()) == pytest.approx(0.5)
    # Parts that overlap count once, lines beside them not at all.
    several = GeometryCollection([box(4, -2, 8, 0), box(5, -2, 8, 0), LineString([(0, 0), (9, 9)])])
    assert share_outside(several, pixels()) == pytest.approx(0.5)


@pytest.mark.parametrize("pixel", [(-1, 0), (0, -1), (4, 0), (0, 6)])
def test_a_pixel_beyond_the_edge_is_refused(pixel):
    with pytest.raises(RegionError, match="outside"):
        pixel_region(pixels(), *pixel)
    with pytest.raises(RegionError, match="outside"):
        predicted_segment(np.ones((4, 6), dtype=bool), pixel)


@pytest.mark.parametrize("pixel", [(0, 0), (3, 5)])
def test_the_pixels_at_the_corners_are_pixels(pixel):
    assert np.argwhere(pixel_region(pixels(), *pixel)).tolist() == [list(pixel)]
    assert predicted_segment(np.ones((4, 6), dtype=bool), pixel).all()


# Rasters --------------------------------------------------------------------------------------


def test_a_raster_that_is_kept_open_reads_windows_of_any_shape(tmp_path):
    path = write_tiff(tmp_path / "a.tif", np.concatenate([numbered(6, 9), 2 * numbered(6, 9)]))
    reader = RasterReader(path, bands=[2])
    assert (reader.grid.height, reader.grid.width, reader.grid.transform) == (6, 9, NORTH_UP)
    assert "32631" in reader.crs_wkt
    window = reader.read((1, 2, 3, 7))
    np.testing.assert_array_equal(window.bands, 2 * numbered(6, 9)[:, 1:3, 2:7])
    assert window.offset == (1, 2)
    assert window.transform == (500020.0, 10.0, 0.0, 3999990.0, 0.0, -10.0)
    assert window.source == str(path)
    with pytest.raises(ImageError, match="the bands asked for are: 3"):
        RasterReader(path, bands=[3])


def test_what_is_no_band_or_no_measurement_is_told():
    check_bands([1, 2], 2, "a")
    for bands, told in (([], "none"), ([0], "0"), ([3, 1], "3, 1")):
        with pytest.raises(
            ImageError, match=rf"“a” has 2 band\(s\), but .* asked for are: {told}\."
        ):
            check_bands(bands, 2, "a")
    check_measurement(is_complex=False, is_palette=False, name="a")
    with pytest.raises(ImageError, match="complex numbers"):
        check_measurement(is_complex=True, is_palette=True, name="a")
    with pytest.raises(ImageError, match="colour table"):
        check_measurement(is_complex=False, is_palette=True, name="a")
    assert "Save the area as a GeoTIFF" in str(web_tiles_error("a"))


@pytest.mark.parametrize(
    ("scale", "offset", "value"),
    [(2.0, None, 14.0), (None, 5.0, 12.0), (2.0, 5.0, 19.0), (1.0, 0.0, 7.0), (0.0, 1.0, 1.0)],
)
def test_a_scale_or_an_offset_alone_is_applied(tmp_path, scale, offset, value):
    path = write_tiff(tmp_path / "a.tif", np.full((1, 2, 2), 7, np.uint8))
    file = gdal.Open(str(path), gdal.GA_Update)
    if scale is not None:
        file.GetRasterBand(1).SetScale(scale)
    if offset is not None:
        file.GetRasterBand(1).SetOffset(offset)
    file = None
    assert (read_window(path, (0, 0, 1, 1)).bands == value).all()


def test_a_window_is_512_pixels_wide_by_default(tmp_path):
    path = write_tiff(tmp_path / "a.tif", numbered(520, 600))
    assert read_window(path, (0, 0, 1, 1)).shape == (512, 512)
