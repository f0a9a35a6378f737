"""Slicks are the connected areas of a map, measured on the ground."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest

from segshap_qgis.errors import Interrupted, SettingsError
from segshap_qgis.geo.regions import mask_outline
from segshap_qgis.scene import SlickRequest, find_slicks
from segshap_qgis.scene import slicks as module
from tests.geo.raster_files import DEGREES, ROTATED, write_tiff
from tests.scene.scenes import unheard


def found_in(path, **settings):
    return find_slicks(SlickRequest(str(path), **settings), unheard, lambda: False)


@pytest.fixture
def probability(tmp_path):
    """A slick of 20 x 50 pixels, one of 4 x 4, and two pixels that touch at a corner."""
    pixels = np.full((1, 300, 400), 0.1, np.float32)
    pixels[0, 240:260, 100:150] = 0.9
    pixels[0, 245:247, 100:150] = 0.6
    pixels[0, 50:54, 300:304] = 0.7
    pixels[0, 10, 10] = pixels[0, 11, 11] = 0.8
    pixels[0, 200:230, 300:330] = -1
    return write_tiff(tmp_path / "probability.tif", pixels, no_data=-1)


def test_slicks_are_measured_in_metres_the_largest_first(probability):
    large, small, corner = found_in(probability)
    assert (large.area, large.length, large.pixels) == (100_000, 500, 1000)
    assert large.mean_probability == pytest.approx((0.9 * 900 + 0.6 * 100) / 1000)
    assert large.highest_probability == pytest.approx(0.9)
    assert (small.area, small.length) == (1600, 40)
    assert corner.pixels == 2
    assert corner.area == 200


def test_outlines_are_exactly_the_edges_of_the_pixels(probability):
    large = found_in(probability)[0]
    mask = np.zeros((300, 400), bool)
    mask[240:260, 100:150] = True
    exact = mask_outline(mask, (500000.0, 10.0, 0.0, 4000000.0, 0.0, -10.0))
    assert large.outline.symmetric_difference(exact).area == 0
    assert all(slick.outline.is_valid for slick in found_in(probability))


def test_what_is_too_small_or_too_unlikely_is_left_out(probability):
    assert len(found_in(probability, smallest_area=1600)) == 2
    assert len(found_in(probability, smallest_area=1601)) == 1
    assert [slick.pixels for slick in found_in(probability, threshold=0.75)] == [650, 250, 2]


def test_strips_and_squares_of_any_size_find_the_same(probability, monkeypatch):
    whole = found_in(probability)
    monkeypatch.setattr(module, "STRIP", 7)
    monkeypatch.setattr(module, "SQUARE", 13)
    parts = found_in(probability)
    for one, other in zip(whole, parts):
        assert one.outline.equals(other.outline)
        assert one.mean_probability == pytest.approx(other.mean_probability, abs=1e-12)
        assert one.pixels == other.pixels


def test_simplified_outlines_have_fewer_corners_and_keep_their_measures(tmp_path):
    rows, columns = np.indices((200, 200))
    disc = ((rows - 100) ** 2 + (columns - 100) ** 2 < 60**2).astype(np.float32)[None]
    path = write_tiff(tmp_path / "disc.tif", disc)
    exact, simple = found_in(path)[0], found_in(path, simplify=20)[0]
    assert len(simple.outline.exterior.coords) < len(exact.outline.exterior.coords) / 3
    assert simple.outline.hausdorff_distance(exact.outline) <= 20.001
    assert simple.area == exact.area


def test_degrees_are_measured_on_the_ground(tmp_path):
    pixels = np.zeros((1, 300, 300), np.float32)
    pixels[0, 100:136, 150:180] = 1
    path = write_tiff(tmp_path / "degrees.tif", pixels, DEGREES, epsg=4326)
    slick = found_in(path)[0]
    # 36 rows of 1/3600 and 30 columns of 1/3000 degree: 0.01 x 0.01 degrees at 43.67 north.
    latitude = math.radians(43.7 - 118 / 3600)
    north = 1111.32 - 5.6 * math.cos(2 * latitude)  # metres in 0.01 degrees of latitude
    east = 1114.1 * math.cos(latitude) - 0.9 * math.cos(3 * latitude)
    assert slick.area == pytest.approx(north * east, rel=2e-3)
    assert slick.length == pytest.approx(max(north, east), rel=5e-3)


def test_a_rotated_grid_is_measured_as_it_lies(tmp_path):
    pixels = np.zeros((1, 100, 100), np.float32)
    pixels[0, 20:30, 40:80] = 1
    slick = found_in(write_tiff(tmp_path / "rotated.tif", pixels, ROTATED))[0]
    assert slick.area == pytest.approx(400 * (9.0 * 8.0 + 3.0 * 2.5))


@pytest.mark.parametrize("unit", ["db", "power", "amplitude"])
def test_contrast_is_that_of_the_backscatter_inside_and_around(tmp_path, probability, unit):
    level = np.full((1, 300, 400), -15.0)
    level[0, 240:260, 100:150] = -22.0
    level[0, 50:54, 300:304] = -18.0
    image = {"db": level, "power": 10 ** (level / 10), "amplitude": 1000 * 10 ** (level / 20)}[unit]
    path = write_tiff(tmp_path / "image.tif", image.astype(np.float32))
    large, small, _ = found_in(probability, image=str(path), unit=unit)
    assert large.contrast_db == pytest.approx(-7, abs=1e-3)
    assert small.contrast_db == pytest.approx(-3, abs=1e-3)
    assert math.isnan(found_in(probability)[0].contrast_db)


def test_a_neighbouring_slick_does_not_count_as_surroundings(tmp_path):
    probability = np.zeros((1, 100, 100), np.float32)
    probability[0, 40:60, 30:45] = probability[0, 40:60, 48:63] = 1
    level = np.where(probability > 0.5, -25.0, -15.0).astype(np.float32)
    path = write_tiff(tmp_path / "p.tif", probability)
    image = write_tiff(tmp_path / "i.tif", level)
    for slick in found_in(path, image=str(image), unit="db"):
        assert slick.contrast_db == pytest.approx(-10, abs=1e-3)


def test_a_map_without_slicks_has_none_and_a_bad_threshold_is_refused(probability):
    assert found_in(probability, threshold=0.95) == []
    with pytest.raises(SettingsError, match="threshold"):
        found_in(probability, threshold=0.0)


def test_finding_stops_when_it_is_cancelled(probability):
    with pytest.raises(Interrupted):
        find_slicks(SlickRequest(str(probability)), unheard, lambda: True)


def test_memory_does_not_grow_with_the_height_of_the_map(tmp_path):
    peaks = []
    for height in (1000, 4000):
        path = tmp_path / f"tall_{height}.tif"
        write_tiff(path, np.zeros((1, height, 500), np.float32))
        tracemalloc.start()
        found_in(path)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]
