from __future__ import annotations

import numpy as np
import pytest

from segshap_qgis.errors import SettingsError
from segshap_qgis.geo import Window
from segshap_qgis.geo.merging import merge_pixels


def window(height: int = 5, width: int = 7) -> Window:
    values = np.arange(2 * height * width, dtype=np.float32).reshape(2, height, width)
    return Window(values, np.ones((height, width), bool), (100.0, 10.0, 1.0, 200.0, 2.0, -10.0))


def test_a_merged_pixel_is_the_mean_of_its_block_and_lies_on_it():
    merged = merge_pixels(window(), 2)
    assert merged.bands.shape == (2, 2, 3)
    assert merged.bands[0, 1, 2] == np.mean([18, 19, 25, 26])
    assert merged.transform == (100.0, 20.0, 2.0, 200.0, 4.0, -20.0)


def test_no_data_does_not_count_and_an_empty_block_stays_empty():
    full = window()
    full.valid[0, 0] = False
    full.valid[2:4, 4:6] = False
    full.bands[:, ~full.valid] = np.nan
    merged = merge_pixels(full, 2)
    assert merged.bands[0, 0, 0] == pytest.approx(np.mean([1, 7, 8]))
    assert not merged.valid[1, 2]
    assert merged.valid.sum() == 5
    assert np.isfinite(merged.bands).all()


def test_one_pixel_with_data_is_enough_for_its_block():
    full = window()
    full.valid[:2, :2] = [[False, False], [True, False]]
    merged = merge_pixels(full, 2)
    assert merged.valid.all()
    assert merged.bands[0, 0, 0] == 7


def test_a_window_begins_where_its_raster_does_unless_it_says_otherwise():
    assert window().offset == (0, 0)


def test_factor_one_changes_nothing():
    assert merge_pixels(full := window(), 1) is full


@pytest.mark.parametrize("factor", [0, -1, 6])
def test_impossible_factors_are_refused(factor):
    with pytest.raises(SettingsError):
        merge_pixels(window(), factor)
