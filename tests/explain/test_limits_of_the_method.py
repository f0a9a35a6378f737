"""What lies exactly on a limit, and what is done where nothing was said."""

from __future__ import annotations

import inspect
from dataclasses import replace

import numpy as np
import pytest

from segshap_qgis.errors import ImageError, SettingsError
from segshap_qgis.explain import (
    Explanation,
    Superpixels,
    classes_in_background,
    from_labels,
    hexagons,
    only_targets,
    slic,
    squares,
)
from segshap_qgis.explain.class_cells import cut_along_classes
from segshap_qgis.explain.combined_games import (
    ContrastGame,
    MeanGame,
    StackedGame,
    TargetGame,
    target_names,
)
from segshap_qgis.explain.faithfulness import (
    Curve,
    DeletionInsertion,
    _counts,
    deletion_insertion,
    infidelity,
    seed_stability,
)
from segshap_qgis.explain.pixel_curves import pixel_curves, random_pixel_curves
from tests.explain.games import FunctionGame

CELLS = from_labels([[0, 1], [1, 2]])


def explained(values, base=0.0):
    values = np.array([values], dtype=float)
    base = np.array([base])
    return Explanation(values, 0 * values, base, base + values.sum(), CELLS, 8, 0)


# Games of games -------------------------------------------------------------------------------


def test_a_combination_plays_as_many_coalitions_at_once_as_its_most_modest_part():
    plain, large, small = (FunctionGame(3, lambda z: z[:, 0]) for _ in range(3))
    large.batch_size, small.batch_size = 32, 4
    assert MeanGame([plain, large]).batch_size == 16
    assert MeanGame([plain, large, small]).batch_size == 4
    assert StackedGame([large], ["a"]).batch_size == 32


def test_nothing_is_no_game():
    with pytest.raises(SettingsError, match="same super-pixels"):
        MeanGame([])


def test_targets_at_the_ends_of_the_list_are_targets():
    game = FunctionGame(3, lambda z: z, 3)
    assert target_names(game) == ["0", "1", "2"]
    assert TargetGame(game, 0).target_names == ["0"]
    assert TargetGame(game, 2).n_targets == 1
    np.testing.assert_array_equal(TargetGame(game, 2)(np.eye(3, dtype=bool)), [[0], [0], [1]])
    for target in (-1, 3):
        with pytest.raises(SettingsError, match="from 0 to 2"):
            TargetGame(game, target)
    with pytest.raises(SettingsError, match="two different targets from 0 to 2"):
        ContrastGame(game, [(0, 2), (1, 3)])


def test_some_targets_come_in_the_order_that_is_asked_for():
    found = replace(
        explained([1, 2, 3]),
        values=np.arange(9.0).reshape(3, 3),
        standard_errors=np.arange(9.0, 18).reshape(3, 3),
        base=np.arange(3.0),
        prediction=np.arange(3.0, 6),
    )
    some = only_targets(found, [2, 0])
    assert some.values[:, 0].tolist() == [6, 0]
    assert some.standard_errors[:, 0].tolist() == [15, 9]
    assert (some.base.tolist(), some.prediction.tolist()) == ([2, 0], [5, 3])
    assert "targets" not in some.settings
    for wrong in ([], [-1], [0, 3]):
        with pytest.raises(SettingsError, match="from 0 to 2"):
            only_targets(found, wrong)


def test_a_background_that_is_the_class_by_exactly_half_is_named():
    assert classes_in_background(explained([0, 0, 0], base=0.5)) == ["0"]
    assert classes_in_background(explained([0, 0, 0], base=0.4999)) == []


# Curves ---------------------------------------------------------------------------------------


def test_steps_grow_with_the_square_and_never_come_twice():
    # 64 (k / 16)^2: 0.25, 1, 2.25, 4, 6.25, 9, ...
    squared = [1, 2, 4, 6, 9, 12, 16, 20, 25, 30, 36, 42, 49, 56]
    assert _counts(64, 16).tolist() == squared
    assert _counts(5, 2).tolist() == [1]  # 5 / 4
    assert _counts(5, 5).tolist() == _counts(5, None).tolist() == [1, 2, 3, 4]
    assert _counts(5, 4).tolist() == [1, 3]  # 0.31, 1.25 and 2.8
    assert _counts(1, None).tolist() == []


def curve(deleted):
    return Curve(np.array([0.0, 1.0]), np.array([deleted, deleted]))


def test_a_random_order_is_better_if_it_is_as_good_in_one_of_both():
    good = [curve(0.2), curve(0.8), curve(0.9), curve(0.1)]
    at_random = [(0.3, 0.7), (0.2, 0.7), (0.3, 0.8), (0.1, 0.9)]
    found = DeletionInsertion(
        *good, tuple(curve(d) for d, _ in at_random), tuple(curve(i) for _, i in at_random)
    )
    assert found.random_better == 3
    first, *_, last = found.rows()
    assert first == {"curve": "deletion", "number": 0, "step": 0, "area": 0.0, "value": 0.2}
    assert last == {"curve": "random_insertion", "number": 4, "step": 1, "area": 1.0, "value": 0.9}


def test_the_area_under_a_curve_counts_uneven_steps():
    assert Curve(np.array([0, 0.25, 1]), np.array([0, 1, 0.5])).auc == 0.125 + 0.75 * 0.75


def test_progress_of_curves_is_told_after_each_order():
    shares = []
    game = FunctionGame(3, lambda z: z @ [3.0, 1.0, -1.0])
    deletion_insertion(game, explained([3, 1, -1]), on_progress=shares.append)
    assert shares == pytest.approx(np.arange(1, 23) / 22)


def test_cells_that_contribute_alike_come_in_their_own_order():
    game = FunctionGame(3, lambda z: z @ [1.0, 1.0, 1.0])
    found = deletion_insertion(game, explained([1, 1, 1]))
    assert found.insertion.area.tolist() == [0, 0.25, 0.75, 1]
    assert found.reverse_insertion.area.tolist() == [0, 0.25, 0.75, 1]


@pytest.mark.parametrize(("n_sets", "parts"), [(4, 4), (25, 10)])
def test_infidelity_is_the_mean_square_of_what_the_sets_change(n_sets, parts):
    game = FunctionGame(3, lambda z: z[:, 0] * z[:, 1] + z[:, 2])
    found = explained([0.4, 0.7, 0.9])
    found = replace(found, prediction=np.array([2.0]))
    shares = []
    value, error = infidelity(game, found, n_sets, seed=1, on_progress=shares.append)
    kept = np.concatenate(game.calls)
    assert (len(kept), len(game.calls)) == (n_sets, parts)
    assert shares == pytest.approx(np.arange(1, parts + 1) / parts)
    off = [
        (found.values[0, ~left].sum() - (2.0 - game.function(left[None].astype(float))[0])) ** 2
        for left in kept
    ]
    assert value[0] == pytest.approx(np.mean(off))
    assert error[0] == pytest.approx(np.std(off, ddof=1) / np.sqrt(n_sets))


def test_random_sets_are_of_every_size_from_one_to_all():
    game = FunctionGame(3, lambda z: z[:, 0])
    infidelity(game, explained([1, 0, 0]), 600)
    deleted = 3 - np.concatenate(game.calls).sum(axis=1)
    assert np.bincount(deleted, minlength=4)[0] == 0
    assert (np.abs(np.bincount(deleted)[1:] - 200) < 50).all()


def test_the_mean_of_all_pairs_of_seeds_is_their_stability():
    runs = [explained(values) for values in ([1, 2, 3], [1, 3, 2], [3, 2, 1])]
    # 123 with 132: 0.5, with 321: -1; 132 with 321: differences 2 1 1: 1 - 6 * 6 / 24 = -0.5.
    assert seed_stability(runs) == pytest.approx((0.5 - 1 - 0.5) / 3)
    assert seed_stability(runs[:2]) == pytest.approx(0.5)


def defaults_of(function):
    return {
        name: known.default
        for name, known in inspect.signature(function).parameters.items()
        if known.default not in {inspect.Parameter.empty, None}
    }


def test_defaults_of_measures_are_those_of_their_descriptions():
    assert defaults_of(infidelity) == {"n_sets": 200, "seed": 0}
    assert defaults_of(seed_stability) == {"target": 0}
    assert defaults_of(pixel_curves) == {"target": 0, "steps": 16}
    assert defaults_of(random_pixel_curves) == {
        "target": 0,
        "steps": 16,
        "n_orders": 20,
        "seed": 0,
    }
    assert defaults_of(cut_along_classes) == {"smallest": 0.1}
    assert defaults_of(classes_in_background) == {"threshold": 0.5}
    assert defaults_of(Explanation.to_map) == defaults_of(Explanation.error_map) == {"target": 0}


# Pixels ---------------------------------------------------------------------------------------


class PixelGame:
    n_targets = 2

    def __init__(self):
        self.masks = []

    def evaluate_masks(self, masks):
        assert masks.dtype == np.float32
        self.masks += list(masks.reshape(len(masks), -1))
        flat = masks.reshape(len(masks), -1).sum(axis=1)
        return np.stack([flat, flat**2], axis=1)


def test_steps_of_pixels_are_as_even_as_can_be():
    game = PixelGame()
    found = pixel_curves(game, np.arange(11.0)[None], steps=4)
    # 2.75, 5.5 and 8.25 of eleven pixels, rounded.
    np.testing.assert_allclose(found.insertion.area, [0, 3 / 11, 6 / 11, 8 / 11, 1])
    np.testing.assert_allclose(found.reverse_deletion.area, [0, 3 / 11, 5 / 11, 8 / 11, 1])
    assert len(game.masks) == 2 * 4
    second = pixel_curves(game, np.arange(11.0)[None], target=1, steps=4)
    np.testing.assert_allclose(second.insertion.value, np.array([0, 9, 36, 64, 121]) / 121)


def test_pixels_of_equal_value_follow_each_other_row_by_row():
    game = PixelGame()
    pixel_curves(game, np.array([[1.0, 1.0], [2.0, 1.0]]), steps=4)
    assert [mask.tolist() for mask in game.masks[2:5]] == [
        [0, 0, 1, 0],
        [1, 0, 1, 0],
        [1, 1, 1, 0],
    ]


def test_too_few_steps_or_pixels_say_what_would_do():
    two = np.array([[1.0, 2.0]])
    assert pixel_curves(PixelGame(), two, steps=2).insertion.value.tolist() == [0, 0.5, 1]
    with pytest.raises(SettingsError, match=r"1 steps do not suit a map of 2 pixels. Use 2 to 2"):
        pixel_curves(PixelGame(), two, steps=1)
    with pytest.raises(SettingsError, match="Use 2 to 2 steps"):
        pixel_curves(PixelGame(), two, steps=3)
    with pytest.raises(SettingsError, match="Choose another map"):
        pixel_curves(PixelGame(), np.array([[1.0, np.nan]]), steps=2)


# Partitions -----------------------------------------------------------------------------------


@pytest.mark.parametrize("grid", [hexagons, squares])
def test_a_side_may_be_two_pixels_and_as_long_as_the_image(grid):
    assert grid((4, 6), 2).n_players >= 6
    assert grid((4, 6), 6).settings == {"kind": grid.__name__, "side": 6.0}
    assert grid((1, 1), 2).n_players == 1  # no side is shorter, whatever the image
    for side in (1.99, 6.01):
        with pytest.raises(SettingsError, match="Choose from 2 to 6 pixels"):
            grid((4, 6), side)


def test_without_a_side_hexagons_and_squares_have_about_the_area_of_the_papers():
    assert hexagons((512, 512)).n_players == 224
    assert squares((512, 512)).n_players == 16 * 16
    assert slic(np.random.default_rng(0).normal(size=(40, 40))).settings == {
        "kind": "slic",
        "n_segments": 224,
        "compactness": 0.1,
    }


@pytest.mark.parametrize("shape", [(40, 90), (90, 40), (61, 61)])
def test_hexagons_are_numbered_row_by_row_of_the_lattice(shape):
    side = 5.0
    cells = hexagons(shape, side)
    # Whole cells have their centre of mass near that of their hexagon.
    whole = cells.areas >= 0.98 * 1.5 * np.sqrt(3) * side**2
    y, x = (cells.centres()[whole] + 0.5).T
    column = np.rint((x - side / 2) / (1.5 * side))
    row = np.rint((y - np.where(column % 2, np.sqrt(3) * side / 2, 0)) / (np.sqrt(3) * side))
    assert whole.sum() > 20
    assert (np.diff(1000 * row + column) > 0).all()


def test_squares_that_do_not_fill_the_image_are_cut_at_the_right_and_below():
    cells = squares((5, 7), side=3)
    assert cells.areas.tolist() == [9, 9, 3, 6, 6, 2]
    assert (
        squares((4, 5), side=2.5).labels.tolist() == [[0, 0, 1, 1, 1]] * 2 + [[2, 2, 3, 3, 3]] * 2
    )


def test_slic_may_have_as_many_cells_as_pixels_and_not_one_more():
    image = np.arange(12.0).reshape(3, 4)
    assert slic(image, 12, 1.0).settings == {"kind": "slic", "n_segments": 12, "compactness": 1.0}
    with pytest.raises(
        SettingsError, match=r"13 super-pixels are out of range. Choose from 1 to 12"
    ):
        slic(image, 13)
    with pytest.raises(SettingsError, match="from 1 to 4000"):
        slic(np.zeros((80, 80)), 4001)
    for compactness in (-1.0, np.inf, np.nan):
        with pytest.raises(SettingsError, match="compactness"):
            slic(image, 2, compactness)


def test_slic_takes_bands_and_means_the_same_for_every_unit():
    rng = np.random.default_rng(0)
    bands = np.stack([rng.normal(size=(24, 24)), rng.normal(size=(24, 24))])
    cells = slic(bands, 9, 0.5)
    units = np.array([1e-3, 500.0])[:, None, None]
    np.testing.assert_array_equal(slic(units * bands + 40, 9, 0.5).labels, cells.labels)
    np.testing.assert_array_equal(slic(bands[0], 9).labels, slic(bands[:1], 9).labels)
    with pytest.raises(ImageError, match="bands x height x width"):
        slic(np.zeros(4), 1)
    with pytest.raises(ImageError, match="at least one pixel"):
        slic(np.zeros((1, 0, 4)), 1)


def test_slic_is_not_drawn_to_single_bright_pixels():
    rng = np.random.default_rng(1)
    image = rng.normal(scale=0.01, size=(40, 40))
    image[:, 20:] += 1.0
    spoilt = image.copy()
    spoilt.flat[rng.permutation(1600)[:8]] = 1e6  # half a percent
    edge = [np.mean(slic(each, 16, 0.1).labels[:, 19] != slic(each, 16, 0.1).labels[:, 20])
            for each in (image, spoilt)]  # fmt: skip
    assert edge[0] == 1.0
    assert edge[1] > 0.9


def test_class_cells_say_how_they_were_made_and_keep_parts_of_just_the_share():
    grid = from_labels([[0] * 5 + [1] * 5] * 2)  # two cells of ten pixels
    classes = np.zeros((2, 10), dtype=int)
    classes[0, 5] = classes[0, 4] = 3  # a part of one pixel in each
    kept = cut_along_classes(grid, classes, smallest=0.1)  # one pixel is a tenth
    assert kept.areas.tolist() == [9, 1, 9, 1]
    assert kept.settings == {
        "kind": "class cells",
        "grid": {"kind": "labels"},
        "smallest": 0.1,
        "n_classes": 2,
    }
    # The part in the first cell joins the one in the second.
    assert cut_along_classes(grid, classes, smallest=0.11).areas.tolist() == [9, 9, 2]
    for smallest in (0, 1):
        assert cut_along_classes(grid, classes, smallest).areas.sum() == 20
    for smallest in (-0.01, 1.01):
        with pytest.raises(SettingsError, match=r"Try 0\.1"):
            cut_along_classes(grid, classes, smallest)


def test_of_small_parts_the_smallest_joins_first_and_edges_add_up():
    # A row of parts of 1, 2 and 8 pixels, all of one class: 1 joins 2, and both join 8.
    grid = from_labels([[0, 1, 1] + [2] * 8])
    classes = np.zeros((1, 11), dtype=int)
    assert cut_along_classes(grid, classes, smallest=0.7).areas.tolist() == [3, 8]  # below 2.57
    assert cut_along_classes(grid, classes, smallest=0.9).areas.tolist() == [11]  # below 3.3
    # The middle part of two pixels touches 0 by one edge, and 2 and 3 by two each: the first.
    grid = from_labels([[0, 0, 0, 0], [2, 2, 1, 3], [2, 2, 1, 3], [2, 2, 2, 3]])
    joined = cut_along_classes(grid, np.zeros((4, 4), dtype=int), smallest=0.6)
    assert joined.labels[1, 2] == joined.labels[3, 0]


# Types ----------------------------------------------------------------------------------------


def test_the_centre_of_a_cell_is_the_mean_of_its_pixels():
    assert CELLS.centres().tolist() == [[0, 0], [0.5, 0.5], [1, 1]]
    assert (CELLS.n_players, CELLS.shape) == (3, (2, 2))
    beside = Superpixels(
        np.array([[-1, 0, 0]], np.int32), np.zeros((0, 2), np.int32), np.array([2])
    )
    assert beside.centres().tolist() == [[0, 1.5]]


def test_precision_is_that_of_the_worst_target_and_infinite_where_unknown():
    found = replace(
        explained([0, 1, 2]),
        values=np.array([[0.0, 1, 4], [0, 0, 0], [1, 1, 1], [0, 0, 1]]),
        standard_errors=np.array([[1.0, 0, 2], [0, 0, 0], [0, 1, 0], [0, np.nan, 0]]),
    )
    assert [found.precision_of(target) for target in range(4)] == [0.5, 0.0, np.inf, np.inf]
    assert found.precision == np.inf
    known = replace(found, values=found.values[:2], standard_errors=found.standard_errors[:2])
    assert known.precision == 0.5
    assert found.error_map(0).tolist() == [[1, 0], [0, 2]]
    assert found.to_map().dtype == found.error_map().dtype == np.float32
