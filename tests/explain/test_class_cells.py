from __future__ import annotations

import numpy as np
import pytest

from segshap_qgis.errors import ImageError, SettingsError
from segshap_qgis.explain import from_labels, hexagons, squares
from segshap_qgis.explain.class_cells import cut_along_classes


def test_no_cell_mixes_classes_and_every_pixel_stays():
    rows, columns = np.mgrid[:60, :80]
    classes = (np.hypot(rows - 30, columns - 40) < 17).astype(int)
    cells = cut_along_classes(hexagons((60, 80), side=8), classes)
    assert (cells.labels >= 0).all()
    mixed = [len(np.unique(classes[cells.labels == c])) for c in range(cells.n_players)]
    assert set(mixed) == {1}
    assert cells.areas.sum() == 60 * 80


def test_parts_are_cut_and_small_ones_joined_by_hand():
    grid = from_labels(np.repeat([[0, 1]], 4, axis=0).repeat(4, axis=1))  # two squares of 4 x 4
    classes = np.zeros((4, 8), dtype=int)
    classes[:, 5:] = 1  # the right square: one column of class 0, three of class 1
    every = cut_along_classes(grid, classes, smallest=0)
    assert every.areas.tolist() == [16, 4, 12]
    joined = cut_along_classes(grid, classes, smallest=0.3)  # below 4.8 pixels
    assert joined.areas.tolist() == [20, 12]
    np.testing.assert_array_equal(joined.labels == 1, classes == 1)


def test_a_small_part_joins_the_neighbour_with_the_longest_common_edge():
    grid = from_labels([[0, 0, 0, 2, 2], [0, 1, 1, 2, 2], [0, 0, 0, 2, 2], [0, 0, 0, 2, 2]])
    cells = cut_along_classes(grid, np.zeros((4, 5), dtype=int), smallest=0.5)
    assert cells.n_players == 2
    assert cells.labels[1, 1] == cells.labels[0, 0]


def test_a_small_island_of_its_own_class_is_kept():
    classes = np.zeros((12, 12), dtype=bool)
    classes[5, 5] = True
    cells = cut_along_classes(squares((12, 12), side=6), classes, smallest=1.0)
    assert 1 in cells.areas


def test_pixels_without_a_class_or_a_cell_belong_to_no_player():
    classes = np.zeros((8, 8), dtype=int)
    classes[0] = -1
    valid = np.ones((8, 8), dtype=bool)
    valid[:, 0] = False
    cells = cut_along_classes(squares((8, 8), side=4, valid=valid), classes)
    np.testing.assert_array_equal(cells.labels < 0, ~valid | (classes < 0))


def test_one_class_leaves_the_grid_as_it_is():
    grid = hexagons((64, 64), side=8)
    cells = cut_along_classes(grid, np.full((64, 64), 7), smallest=0)
    np.testing.assert_array_equal(cells.labels, grid.labels)
    assert cells.settings["grid"]["kind"] == "hexagons"


def test_chains_of_small_parts_end_in_a_cell():
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 3, size=(40, 40))  # salt and pepper: many tiny parts
    cells = cut_along_classes(squares((40, 40), side=4), classes, smallest=1.0)
    assert cells.n_players < cut_along_classes(squares((40, 40), side=4), classes, 0).n_players
    mixed = [len(np.unique(classes[cells.labels == c])) for c in range(cells.n_players)]
    assert set(mixed) == {1}
    assert cells.areas.sum() == 1600


def test_maps_that_do_not_fit_are_refused():
    grid = squares((8, 8), side=4)
    with pytest.raises(ImageError, match="another size"):
        cut_along_classes(grid, np.zeros((8, 9), dtype=int))
    with pytest.raises(ImageError, match="No pixel has a class"):
        cut_along_classes(grid, np.full((8, 8), -1))
    with pytest.raises(SettingsError, match="whole numbers"):
        cut_along_classes(grid, np.full((8, 8), 0.5))
    with pytest.raises(SettingsError, match="from 0 to 1"):
        cut_along_classes(grid, np.zeros((8, 8), dtype=int), smallest=2)
