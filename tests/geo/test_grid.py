from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from segshap_qgis.errors import ImageError, RegionError, SettingsError
from segshap_qgis.geo.grid import (
    LARGEST_WINDOW,
    Grid,
    pixel_bounds,
    place_window,
    shifted,
    sides_beyond,
    to_map,
    to_pixel,
    window_bounds,
)
from tests.geo.raster_files import GRIDS, NORTH_UP, ROTATED


@pytest.mark.parametrize("transform", GRIDS.values(), ids=GRIDS)
def test_map_coordinates_lead_back_to_the_pixel(transform):
    rows, columns = np.random.default_rng(0).uniform(0, 20000, (2, 100))
    x, y = to_map(transform, rows, columns)
    back_rows, back_columns = to_pixel(transform, x, y)
    np.testing.assert_allclose(back_rows, rows, atol=1e-6)
    np.testing.assert_allclose(back_columns, columns, atol=1e-6)


def test_pixel_coordinates_begin_at_the_outer_corner_of_the_first_pixel():
    assert to_map(NORTH_UP, 0, 0) == (500000, 4000000)
    assert to_map(NORTH_UP, 2, 3) == (500030, 3999980)
    # 3 columns and 2 rows of the rotated grid, by hand.
    assert to_map(ROTATED, 2, 3) == (500000 + 27 + 6, 4000000 + 7.5 - 16)


@pytest.mark.parametrize(
    "transform", [(0, 0, 0, 0, 0, 0), (0, 1, 2, 0, 2, 4), (0, 1, 0, 0, 0, np.nan)]
)
def test_a_grid_without_area_is_refused(transform):
    with pytest.raises(ImageError, match="georeferencing is damaged"):
        to_pixel(transform, 1, 1)


@pytest.mark.parametrize("transform", GRIDS.values(), ids=GRIDS)
def test_a_part_of_a_raster_lies_where_it_lay(transform):
    part = shifted(transform, 30, 50)
    np.testing.assert_allclose(to_map(part, 3, 4), to_map(transform, 33, 54), rtol=1e-12)


@pytest.mark.parametrize("transform", GRIDS.values(), ids=GRIDS)
def test_the_bounds_of_a_block_of_pixels_are_that_block(transform):
    x, y = to_map(transform, [12, 12, 20, 20], [30, 47, 47, 30])
    assert pixel_bounds(Polygon(zip(x, y)), transform) == (12, 30, 20, 47)


def test_the_bounds_of_a_point_are_its_pixel():
    assert pixel_bounds(Point(500025, 3999985), NORTH_UP) == (1, 2, 2, 3)
    # On a corner where four pixels meet: the one to the right and below.
    assert pixel_bounds(Point(500020, 3999990), NORTH_UP) == (1, 2, 2, 3)


def test_the_bounds_of_several_parts_hold_all_of_them():
    parts = MultiPolygon(
        [box(500000, 3999990, 500010, 4000000), box(500101, 3999801, 500109, 3999809)]
    )
    assert pixel_bounds(parts, NORTH_UP) == (0, 0, 20, 11)
    assert pixel_bounds(LineString([(500005, 3999995), (500055, 3999975)]), NORTH_UP) == (
        0,
        0,
        3,
        6,
    )


@pytest.mark.parametrize("geometry", [Polygon(), MultiPolygon(), Point(np.inf, 0)])
def test_an_empty_region_is_refused(geometry):
    with pytest.raises(RegionError, match="empty"):
        pixel_bounds(geometry, NORTH_UP)


@pytest.mark.parametrize(
    ("bounds", "window"),
    [
        ((500, 700, 510, 720), (249, 454, 761, 966)),  # centred
        ((0, 0, 1, 1), (0, 0, 512, 512)),  # shifted at the first corner
        ((999, 1999, 1000, 2000), (488, 1488, 1000, 2000)),  # and at the last
        ((-40, 1000, 10, 1100), (0, 794, 512, 1306)),  # a region across the edge is cut
        ((100, 100, 612, 612), (100, 100, 612, 612)),  # as large as the window
    ],
)
def test_the_window_is_centred_on_the_region_and_stays_inside(bounds, window):
    assert place_window(bounds, (1000, 2000), 512) == window


def test_a_window_is_clipped_where_the_raster_is_smaller():
    assert place_window((5, 5, 6, 6), (100, 2000), 512) == (0, 0, 100, 512)


lengths = st.integers(1, 700)


@given(lengths, lengths, st.integers(1, 700), st.tuples(lengths, lengths, lengths, lengths))
def test_a_window_always_holds_its_region_and_stays_on_the_raster(height, width, size, place):
    row, column = place[0] % height, place[1] % width
    bounds = (row, column, row + min(place[2], size), column + min(place[3], size))
    row0, column0, row1, column1 = place_window(bounds, (height, width), size)
    assert (row1 - row0, column1 - column0) == (min(size, height), min(size, width))
    assert 0 <= row0 <= row < min(bounds[2], height) <= row1 <= height
    assert 0 <= column0 <= column < min(bounds[3], width) <= column1 <= width


@pytest.mark.parametrize("bounds", [(-5, 0, 0, 5), (0, 2000, 5, 2005), (1000, 5, 1010, 9)])
def test_a_region_outside_is_refused(bounds):
    with pytest.raises(RegionError, match="outside the raster"):
        place_window(bounds, (1000, 2000), 512)


def test_a_region_larger_than_the_window_is_refused():
    with pytest.raises(RegionError, match="513 pixels long, but the window only 512"):
        place_window((0, 0, 513, 5), (1000, 2000), 512)
    # Only what lies on the raster counts.
    assert place_window((-100, 0, 500, 5), (1000, 2000), 512)[:2] == (0, 0)


@pytest.mark.parametrize("size", [0, -3, LARGEST_WINDOW + 1])
def test_a_window_of_impossible_size_is_refused(size):
    with pytest.raises(SettingsError, match=str(size)):
        place_window((0, 0, 1, 1), (100, 100), size)


def test_a_region_may_be_a_geometry_or_pixels():
    grid = Grid(1000, 2000, NORTH_UP)
    by_pixels = window_bounds((500, 700, 510, 720), grid, 64)
    assert window_bounds(box(507000, 3994900, 507200, 3995000), grid, 64) == by_pixels


@pytest.mark.parametrize(
    ("window", "step", "sides"),
    [
        ((0, 0, 50, 80), 1, ()),
        ((1, 0, 50, 79), 1, ("top", "right")),
        ((0, 3, 48, 80), 1, ("left", "bottom")),
        ((0, 3, 48, 80), 3, ("left",)),
        ((0, 3, 48, 80), 4, ()),
    ],
)
def test_it_is_known_where_the_raster_goes_on_beyond_a_window(window, step, sides):
    assert sides_beyond(window, Grid(50, 80, NORTH_UP), step) == sides
