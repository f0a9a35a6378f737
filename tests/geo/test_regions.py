from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from shapely.geometry import LineString, MultiPoint, MultiPolygon, Point, Polygon, box
from shapely.geometry.polygon import orient
from shapely.ops import unary_union

from segshap_qgis.errors import RegionError
from segshap_qgis.explain import hexagons
from segshap_qgis.geo import Window, region_from_geometry
from segshap_qgis.geo.grid import to_map
from segshap_qgis.geo.regions import (
    cell_outlines,
    mask_outline,
    pixel_region,
    predicted_segment,
    share_outside,
    window_outline,
)
from tests.geo.raster_files import GRIDS, NORTH_UP

grids = pytest.mark.parametrize("transform", GRIDS.values(), ids=GRIDS)


def window_of(transform=NORTH_UP, shape=(40, 60), valid=None) -> Window:
    valid = np.ones(shape, dtype=bool) if valid is None else valid
    return Window(np.zeros((1, *valid.shape), np.float32), valid, transform)


def polygon(transform, corners) -> Polygon:
    """A polygon from (row, column) corners."""
    return Polygon(np.stack(to_map(transform, *np.transpose(corners)), axis=1))


def pixel_area(transform) -> float:
    return abs(transform[1] * transform[5] - transform[2] * transform[4])


# Geometry to pixels ---------------------------------------------------------------------------


@grids
def test_a_polygon_selects_the_pixels_whose_centre_it_holds(transform):
    window = window_of(transform)
    shape = polygon(transform, [(3.2, 4.1), (7.7, 50.3), (35.4, 30.2), (20.1, 10.6)])
    expected = np.zeros(window.shape, dtype=bool)
    for row, column in np.ndindex(*window.shape):
        expected[row, column] = shape.contains(Point(*to_map(transform, row + 0.5, column + 0.5)))
    assert expected.sum() > 500
    np.testing.assert_array_equal(region_from_geometry(shape, window), expected)


def depth_of_centres(corners: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Distance in pixels of each centre from the nearest side, positive inside a convex polygon."""
    centres = np.moveaxis(np.indices(shape) + 0.5, 0, -1)
    sides = np.diff(np.vstack([corners, corners[:1]]), axis=0)
    normals = np.stack([-sides[:, 1], sides[:, 0]], axis=1) / np.linalg.norm(sides, axis=1)[:, None]
    depths = [((centres - corner) @ normal) for corner, normal in zip(corners, normals)]
    return np.min(depths, axis=0)


places = st.lists(st.tuples(st.floats(-5, 45), st.floats(-5, 65)), min_size=3, max_size=8)


@settings(deadline=None)
@given(places, st.sampled_from(list(GRIDS.values())))
def test_any_convex_polygon_selects_the_centres_in_it(points, transform):
    hull = MultiPoint(points).convex_hull
    assume(hull.geom_type == "Polygon")
    corners = np.array(orient(hull).exterior.coords[:-1])
    assume(np.linalg.norm(np.diff(corners, axis=0), axis=1).min() > 1e-3)
    window = window_of(transform)
    depth = depth_of_centres(corners, window.shape)
    assume((depth > 1e-6).any())
    region = region_from_geometry(polygon(transform, corners), window)
    assert region[depth > 1e-6].all()
    assert not region[depth < -1e-6].any()


@grids
def test_a_hole_is_not_selected(transform):
    outer = polygon(transform, [(5, 5), (5, 25), (25, 25), (25, 5)])
    inner = polygon(transform, [(10, 10), (10, 15), (15, 15), (15, 10)])
    region = region_from_geometry(outer.difference(inner), window_of(transform))
    assert region.sum() == 20 * 20 - 5 * 5
    assert not region[10:15, 10:15].any()


@grids
def test_a_point_selects_the_pixel_under_it(transform):
    region = region_from_geometry(Point(*to_map(transform, 7.9, 8.1)), window_of(transform))
    assert np.argwhere(region).tolist() == [[7, 8]]


@grids
def test_a_polygon_smaller_than_a_pixel_selects_the_pixel_under_it(transform):
    tiny = polygon(transform, [(7.1, 8.1), (7.1, 8.3), (7.3, 8.3)])
    region = region_from_geometry(tiny, window_of(transform))
    assert np.argwhere(region).tolist() == [[7, 8]]


def test_every_part_selects_at_least_one_pixel():
    tiny = polygon(NORTH_UP, [(30.1, 8.1), (30.1, 8.3), (30.3, 8.3)])
    large = polygon(NORTH_UP, [(5, 5), (5, 9), (9, 9), (9, 5)])
    region = region_from_geometry(MultiPolygon([tiny, large]), window_of())
    assert region[30, 8]
    assert region.sum() == 17


def test_a_line_selects_the_pixels_that_it_crosses():
    line = LineString(np.stack(to_map(NORTH_UP, [4.5, 4.5], [3.5, 9.5]), axis=1))
    assert np.argwhere(region_from_geometry(line, window_of())).tolist() == [
        [4, column] for column in range(3, 10)
    ]


def test_several_points_select_several_pixels():
    points = MultiPoint(np.stack(to_map(NORTH_UP, [4.5, 8.5], [3.5, 9.5]), axis=1))
    assert np.argwhere(region_from_geometry(points, window_of())).tolist() == [[4, 3], [8, 9]]


@pytest.mark.parametrize(
    "corners", [[(5, 5), (25, 25), (5, 25), (25, 5)], [(5, 5), (5, 5), (5, 5)]]
)
def test_a_polygon_that_crosses_itself_or_has_collapsed_still_selects_something(corners):
    region = region_from_geometry(polygon(NORTH_UP, corners), window_of())
    assert region.any()
    assert region[5:25, 5:25].sum() == region.sum()


def test_what_lies_outside_is_left_out_and_counted():
    window = window_of()
    across = polygon(NORTH_UP, [(-10, 10), (-10, 20), (10, 20), (10, 10)])
    region = region_from_geometry(across, window)
    assert region.sum() == 100
    assert share_outside(across, window) == pytest.approx(0.5)
    assert share_outside(window_outline(window), window) == pytest.approx(0, abs=1e-12)
    assert share_outside(Point(0, 0), window) == 0


@pytest.mark.parametrize("region", [Polygon(), Point(), Point(np.nan, 0)])
def test_nothing_has_no_share_outside(region):
    with pytest.raises(RegionError, match="empty"):
        share_outside(region, window_of())


@pytest.mark.parametrize("place", [(-3, 5), (5, 60.5), (41, 5)])
def test_a_region_outside_is_refused(place):
    with pytest.raises(RegionError, match="outside"):
        region_from_geometry(Point(*to_map(NORTH_UP, *place)), window_of())
    with pytest.raises(RegionError, match="outside"):
        pixel_region(window_of(), int(place[0]), int(np.floor(place[1])))


def test_no_data_is_left_out_and_refused_alone():
    valid = np.ones((40, 60), dtype=bool)
    valid[:, :30] = False
    window = window_of(valid=valid)
    half = polygon(NORTH_UP, [(0, 28), (0, 32), (4, 32), (4, 28)])
    assert np.argwhere(region_from_geometry(half, window))[:, 1].min() == 30
    with pytest.raises(RegionError, match="no-data"):
        region_from_geometry(Point(*to_map(NORTH_UP, 3, 3)), window)
    with pytest.raises(RegionError, match="no data"):
        pixel_region(window, 3, 3)
    assert np.argwhere(pixel_region(window, 3, 30)).tolist() == [[3, 30]]


def test_an_empty_region_is_refused():
    with pytest.raises(RegionError, match="empty"):
        region_from_geometry(Polygon(), window_of())


# Predicted segments ---------------------------------------------------------------------------


def test_a_predicted_segment_is_the_piece_under_the_pixel():
    predicted = np.zeros((10, 12), dtype=bool)
    predicted[1:4, 1:4] = True
    predicted[2, 2] = False  # a hole
    predicted[4, 4] = True  # touches at a corner
    predicted[7:9, 7:12] = True  # another piece, at the edge
    piece = predicted_segment(predicted, (1, 1))
    assert piece.sum() == 9
    np.testing.assert_array_equal(piece[:5, :5], predicted[:5, :5])
    assert predicted_segment(predicted, (8, 11)).sum() == 10


def test_nothing_predicted_under_the_pixel_is_refused():
    with pytest.raises(RegionError, match="predicts nothing"):
        predicted_segment(np.zeros((4, 4), dtype=bool), (1, 1))
    with pytest.raises(RegionError, match="outside"):
        predicted_segment(np.ones((4, 4), dtype=bool), (4, 1))


def flood(mask: np.ndarray, start: tuple[int, int]) -> np.ndarray:
    """Connected piece by eight neighbours, the slow and obvious way."""
    found, waiting = np.zeros_like(mask), [start]
    while waiting:
        row, column = waiting.pop()
        inside = 0 <= row < mask.shape[0] and 0 <= column < mask.shape[1]
        if inside and mask[row, column] and not found[row, column]:
            found[row, column] = True
            waiting += [(row + i, column + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    return found


masks = arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12)))


@settings(max_examples=60, deadline=None)
@given(masks)
def test_predicted_segments_equal_a_flood_fill(mask):
    for pixel in np.argwhere(mask)[:3]:
        piece = predicted_segment(mask, tuple(pixel))
        np.testing.assert_array_equal(piece, flood(mask, tuple(pixel)))


# Pixels to outlines ---------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(masks.filter(lambda mask: mask.any()), st.sampled_from(list(GRIDS.values())))
def test_an_outline_selects_the_very_pixels_it_was_made_of(mask, transform):
    outline = mask_outline(mask, transform)
    assert outline.is_valid
    assert outline.area == pytest.approx(mask.sum() * pixel_area(transform), rel=1e-9)
    region = region_from_geometry(outline, window_of(transform, mask.shape))
    np.testing.assert_array_equal(region, mask)


@grids
def test_the_outlines_of_cells_are_their_very_pixels(transform):
    labels = hexagons((40, 60), side=7).labels
    outlines = cell_outlines(labels, transform)
    assert len(outlines) == labels.max() + 1
    for cell, outline in enumerate(outlines):
        region = region_from_geometry(outline, window_of(transform))
        np.testing.assert_array_equal(region, labels == cell)
    whole = unary_union(outlines)
    assert whole.area == pytest.approx(window_outline(window_of(transform)).area, rel=1e-9)


@grids
def test_the_corners_of_an_outline_are_the_corners_of_pixels_to_the_last_bit(transform):
    labels = hexagons((40, 60), side=7).labels
    x, y = to_map(transform, *np.indices((41, 61)))
    corners = set(zip(x.ravel().tolist(), y.ravel().tolist()))
    for outline in cell_outlines(labels, transform):
        assert set(outline.exterior.coords) <= corners


def test_cells_in_pieces_with_holes_and_none_keep_their_outlines():
    labels = np.array([[0, 0, 0, -1], [0, 1, 0, 2], [0, 0, 0, -1], [2, -1, -1, -1]], dtype=np.int32)
    zero, one, two = cell_outlines(labels, NORTH_UP)
    assert (zero.area, one.area, two.area) == (800, 100, 200)
    assert len(zero.interiors) == 1
    assert two.geom_type == "MultiPolygon"
    assert zero.interiors[0].equals(one.exterior)


def test_a_mask_without_pixels_has_an_empty_outline():
    assert mask_outline(np.zeros((3, 3), dtype=bool), NORTH_UP).is_empty


def test_the_outline_of_a_window_is_its_extent():
    assert window_outline(window_of()).equals(box(500000, 3999600, 500600, 4000000))
