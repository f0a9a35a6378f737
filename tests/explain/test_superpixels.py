from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from segshap_qgis.errors import ImageError, SettingsError
from segshap_qgis.explain import from_labels, hexagons, slic, squares


def test_the_papers_grid_has_224_cells_of_1170_pixels():
    cells = hexagons((512, 512), side=22)
    assert cells.n_players == 224
    assert cells.areas.mean() == pytest.approx(1170, abs=1)
    whole = np.bincount(np.minimum(cells.areas, 1400)).nonzero()[0][-1]
    assert whole == pytest.approx(1.5 * np.sqrt(3) * 22**2, rel=0.02)
    # 16 columns of 14, the first column's centres at x = 11.
    labels = cells.labels.reshape(512, 512)
    assert labels[0, 0] == 0
    assert len(np.unique(labels[:, 11])) == 14
    assert len(np.unique(labels[0])) == 16


def test_a_pixel_belongs_to_the_nearest_centre_of_the_lattice():
    side, shape = 7.0, (40, 50)
    centres = np.array(
        [
            (
                row * np.sqrt(3) * side + (column % 2) * np.sqrt(3) * side / 2,
                side / 2 + column * 1.5 * side,
            )
            for row in range(-1, 6)
            for column in range(-1, 7)
        ]
    )
    y, x = np.mgrid[:40, :50] + 0.5
    distance = (y[..., None] - centres[:, 0]) ** 2 + (x[..., None] - centres[:, 1]) ** 2
    nearest = distance.argmin(axis=2)
    labels = hexagons(shape, side).labels
    pairs = np.unique(np.stack([labels.ravel(), nearest.ravel()], axis=1), axis=0)
    assert len(pairs) == len(np.unique(labels)) == len(np.unique(nearest))


def check_partition(cells, valid):
    labels = cells.labels
    assert labels.dtype == np.int32
    assert np.array_equal(labels >= 0, valid)
    np.testing.assert_array_equal(np.unique(labels[valid]), np.arange(cells.n_players))
    np.testing.assert_array_equal(np.bincount(labels[valid]), cells.areas)
    expected = set()
    for a, b in ((labels[:, :-1], labels[:, 1:]), (labels[:-1], labels[1:])):
        for i, j in zip(a.ravel(), b.ravel()):
            if i != j and min(i, j) >= 0:
                expected.add((min(i, j), max(i, j)))
    assert {tuple(edge) for edge in cells.neighbours} == expected


shapes = st.tuples(st.integers(1, 24), st.integers(1, 24))


@settings(max_examples=60, deadline=None)
@given(
    data=st.data(), shape=shapes, side=st.floats(2, 12), grid=st.sampled_from([hexagons, squares])
)
def test_grids_with_holes_are_partitions(data, shape, side, grid):
    valid = data.draw(hnp.arrays(bool, shape))
    if side > max(*shape, 2):
        with pytest.raises(SettingsError):
            grid(shape, side, valid)
    elif not valid.any():
        with pytest.raises(ImageError):
            grid(shape, side, valid)
    else:
        check_partition(grid(shape, side, valid), valid)


@settings(max_examples=60, deadline=None)
@given(labels=hnp.arrays(st.sampled_from([np.int16, np.int64, np.uint8]), shapes))
def test_any_labels_are_a_partition(labels):
    valid = labels.astype(np.int64) >= 0
    if valid.any():
        check_partition(from_labels(labels), valid)
    else:
        with pytest.raises(ImageError):
            from_labels(labels)


def test_labels_keep_their_order_and_single_pixels():
    cells = from_labels([[7, 7, -1], [9, 2, 2]])
    np.testing.assert_array_equal(cells.labels, [[1, 1, -1], [2, 0, 0]])
    np.testing.assert_array_equal(cells.areas, [2, 2, 1])


@pytest.mark.parametrize("side", [0, 1.9, -3, 65, np.nan, np.inf])
@pytest.mark.parametrize("grid", [hexagons, squares])
def test_a_side_out_of_range_is_refused(grid, side):
    with pytest.raises(SettingsError, match="out of range"):
        grid((64, 64), side)


def test_too_many_cells_are_refused():
    with pytest.raises(SettingsError, match="too many"):
        squares((400, 400), side=2)
    with pytest.raises(SettingsError, match="too many"):
        from_labels(np.arange(90_000).reshape(300, 300))


def test_fractions_are_no_labels():
    with pytest.raises(SettingsError):
        from_labels([[0.5, 1.0]])


def test_a_mask_of_another_size_is_refused():
    with pytest.raises(ImageError):
        hexagons((32, 32), 8, np.ones((32, 31), dtype=bool))


def test_squares_are_numbered_row_by_row():
    labels = squares((20, 30), side=10).labels
    assert labels[5::10, 5::10].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_slic_may_be_asked_for_a_single_cell():
    assert slic(np.ones((8, 9)), n_segments=1).n_players == 1


def test_slic_follows_edges_and_leaves_no_data_out():
    image = np.random.default_rng(0).normal(scale=0.02, size=(60, 60))
    image[:, 25:] += 1.0
    valid = np.ones((60, 60), dtype=bool)
    valid[:10, :10] = False
    image[~valid] = np.nan
    cells = slic(image, 20, 0.3, valid)
    check_partition(cells, valid)
    across = sum(
        len(np.unique(image[cells.labels == i] > 0.5)) == 2 for i in range(cells.n_players)
    )
    assert cells.n_players > 5
    assert across <= 1


def test_slic_refuses_what_it_cannot_cut():
    with pytest.raises(ImageError):
        slic(np.full((8, 8), np.nan), 4)
    with pytest.raises(SettingsError):
        slic(np.zeros((8, 8)), 0)
    with pytest.raises(SettingsError):
        slic(np.zeros((8, 8)), 4, compactness=0)
