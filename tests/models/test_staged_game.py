"""Staged evaluation gives the values of plain evaluation, whatever network, cells and regions."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from segshap_qgis.errors import Interrupted
from segshap_qgis.explain import from_labels, hexagons, slic, squares
from segshap_qgis.models import FCDenseNet, MaskedGame, StagedGame, load_model, make_game, planning
from segshap_qgis.models import staged_game as staged_game_module
from tests.small_model import THREE_CHANNELS, write_small_model

# What rounding may do: sums of float32 in another order.
CLOSE = 2e-6


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return load_model(write_small_model(tmp_path_factory.mktemp("model"), n_classes=3), "cpu")


def image_of(shape, n_bands=1):
    return np.random.default_rng(1).uniform(0, 255, (n_bands, *shape)).astype(np.float32)


def block(shape, row, column, size=1):
    region = np.zeros(shape, dtype=bool)
    region[row : row + size, column : column + size] = True
    return region


def ragged(shape, n_cells=24, seed=3):
    """Cells of irregular outline and size, as SLIC makes them."""
    rng = np.random.default_rng(seed)
    seeds = rng.uniform(0, shape, (n_cells, 2))
    rows, columns = np.indices(shape)
    wobble = rng.normal(0, 2, shape)
    distance = np.hypot(rows[..., None] - seeds[:, 0], columns[..., None] - seeds[:, 1])
    return from_labels((distance + wobble[..., None] * rng.random(n_cells)).argmin(axis=2))


def both(model, superpixels, regions, depth, targets=(0, 1), count=7, **settings):
    """Plain values, staged values with tables at `depth` cuts, and the staged game."""
    image = image_of(superpixels.shape, len(model.card.bands))
    common = (model, image, superpixels, regions, list(targets))
    z = np.random.default_rng(2).random((count, superpixels.n_players)) < 0.5
    z[0], z[1] = True, False
    plain = MaskedGame(*common, **settings)
    staged = StagedGame(*common, **settings, evaluations=0)
    staged.follow(staged.plans[depth])
    return plain(z), staged(z), staged


SHAPES = [(64, 64), (72, 52), (57, 83)]
DEPTHS = [0, 1, 2]


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(
    ("cut", "side"), [(hexagons, 17), (hexagons, 24), (squares, 26), (squares, 33)]
)
def test_values_equal_plain_evaluation(model, cut, side, shape, depth):
    centre = block(shape, shape[0] // 2, shape[1] // 3)
    plain, staged, game = both(model, cut(shape, side=side), [centre], depth)
    assert len(game.plan.levels) == depth
    np.testing.assert_allclose(staged, plain, atol=CLOSE)
    assert np.ptp(plain, axis=0).min() > 1e-3  # else equality would say nothing


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("corner", [(0, 0), (0, 51), (70, 0), (71, 51)])
def test_regions_at_corners(model, corner, depth):
    shape = (72, 52)
    plain, staged, _ = both(model, hexagons(shape, side=19), [block(shape, *corner)], depth)
    np.testing.assert_allclose(staged, plain, atol=CLOSE)


@pytest.mark.parametrize("depth", DEPTHS)
def test_several_regions_far_and_near_one_of_them_ragged(model, depth):
    shape = (96, 128)
    scattered = block(shape, 4, 100, 3) | block(shape, 13, 110, 2)
    regions = [block(shape, 5, 7, 6), block(shape, 9, 12, 6), scattered, block(shape, 95, 64)]
    plain, staged, _ = both(model, hexagons(shape, side=21), regions, depth)
    np.testing.assert_allclose(staged, plain, atol=CLOSE)


@pytest.mark.parametrize("output", ["probability", "logit", "decision"])
def test_every_output(model, output):
    shape = (64, 80)
    plain, staged, _ = both(
        model, hexagons(shape, side=20), [block(shape, 20, 30, 9)], 2, (0, 1, 2), output=output
    )
    np.testing.assert_allclose(staged, plain, atol=1e-5 if output == "logit" else CLOSE)


@pytest.mark.parametrize("background", ["local_mean", "zero", "blur"])
def test_every_background(model, background):
    shape = (64, 64)
    plain, staged, _ = both(
        model, squares(shape, side=27), [block(shape, 30, 30)], 2, background=background
    )
    np.testing.assert_allclose(staged, plain, atol=CLOSE)


@pytest.mark.parametrize("depth", [0, 1])
def test_ragged_cells(model, depth):
    shape = (72, 80)
    plain, staged, _ = both(model, ragged(shape), [block(shape, 40, 40, 2)], depth)
    np.testing.assert_allclose(staged, plain, atol=CLOSE)


@pytest.mark.parametrize("depth", [0, 1])
def test_cells_of_slic(model, depth):
    pytest.importorskip("skimage")
    shape = (72, 80)
    superpixels = slic(image_of(shape), n_segments=12, compactness=1.0)
    plain, staged, _ = both(model, superpixels, [block(shape, 40, 40, 2)], depth)
    np.testing.assert_allclose(staged, plain, atol=CLOSE)


@pytest.mark.parametrize("depth", DEPTHS)
def test_pixels_of_no_super_pixel_and_no_data(model, depth):
    shape = (64, 72)
    valid = np.ones(shape, dtype=bool)
    valid[:9] = valid[:, 60:] = False
    superpixels = hexagons(shape, side=20, valid=valid)
    plain, staged, _ = both(
        model, superpixels, [block(shape, 6, 40, 8)], depth, valid=valid, background=-1.5
    )
    np.testing.assert_allclose(staged, plain, atol=CLOSE)


@pytest.mark.parametrize("depth", DEPTHS)
def test_bands_of_three_channels(tmp_path, depth):
    model = load_model(write_small_model(tmp_path, normalisation=THREE_CHANNELS))
    shape = (72, 52)
    for background in ("mean", "blur", 0.5):
        plain, staged, _ = both(
            model, hexagons(shape, side=17), [block(shape, 30, 20)], depth, background=background
        )
        np.testing.assert_allclose(staged, plain, atol=CLOSE)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_networks_of_other_shapes(tmp_path, depth):
    architecture = {
        "down_layers": [1, 3, 1],
        "bottleneck_layers": 2,
        "growth": 5,
        "stem_maps": 7,
    }
    model = load_model(write_small_model(tmp_path, 4, 2, seed=4, architecture=architecture), "cpu")
    shape = (75, 90)
    plain, staged, game = both(model, squares(shape, side=52), [block(shape, 30, 61, 4)], depth)
    assert len(game.plan.levels) == depth
    np.testing.assert_allclose(staged, plain, atol=CLOSE)


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_network_with_an_offset(tmp_path, depth):
    architecture = {"down_layers": [1, 2], "bottleneck_layers": 2, "growth": 4, "stem_maps": 6}
    architecture["offset_maps"] = 2
    model = load_model(write_small_model(tmp_path, 4, 2, seed=5, architecture=architecture), "cpu")
    shape = (70, 81)
    regions = [block(shape, 30, 61, 4), block(shape, 0, 0)]
    plain, staged, game = both(model, hexagons(shape, side=20), regions, depth)
    assert len(game.plan.levels) == depth
    np.testing.assert_allclose(staged, plain, atol=CLOSE)


@pytest.mark.parametrize("offset_maps", [0, 1])
def test_fc_densenet56_as_it_is_used(tmp_path, offset_maps):
    shape = (160, 144)
    architecture = {"down_layers": [4] * 5, "bottleneck_layers": 4, "growth": 12, "stem_maps": 48}
    architecture["offset_maps"] = offset_maps
    model = load_model(write_small_model(tmp_path, architecture=architecture), "cpu")
    regions = [block(shape, 80, 70), block(shape, 10, 100, 20)]
    plain, staged, game = both(model, hexagons(shape, side=22), regions, 2, count=3)
    assert len(game.plan.levels) == 2
    np.testing.assert_allclose(staged, plain, atol=1e-5)


def test_one_coalition_at_a_time_gives_the_same_values_as_many(model):
    shape = (64, 64)
    _, staged, game = both(model, hexagons(shape, side=20), [block(shape, 30, 30)], 2)
    game.batch_size = 1
    z = np.random.default_rng(2).random((7, game.n_players)) < 0.5
    z[0], z[1] = True, False
    np.testing.assert_allclose(game(z), staged, atol=CLOSE)


def test_the_same_game_made_twice_gives_the_same_bits(model):
    shape = (64, 64)
    superpixels, regions = hexagons(shape, side=20), [block(shape, 30, 30)]
    _, first, _ = both(model, superpixels, regions, 2)
    _, second, _ = both(model, superpixels, regions, 2)
    assert np.array_equal(first, second)


class TestColouring:
    """A feature that sees two cells of one colour never shows one of them without the other."""

    @pytest.fixture
    def _wrong_colouring(self, monkeypatch):
        colouring = planning.colouring

        def two_neighbours_alike(together, **settings):
            colours = colouring(together, **settings)
            some, other = np.argwhere(together)[0]
            colours[some] = colours[other]
            return colours

        monkeypatch.setattr(planning, "colouring", two_neighbours_alike)

    @pytest.mark.usefixtures("_wrong_colouring")
    def test_a_wrong_colouring_is_noticed(self, model):
        with pytest.raises(RuntimeError, match="every choice"):
            both(model, hexagons((64, 64), side=11), [block((64, 64), 9, 9)], 1)

    @pytest.mark.usefixtures("_wrong_colouring")
    def test_unnoticed_it_would_give_wrong_values(self, model, monkeypatch):
        monkeypatch.setattr(staged_game_module.Table, "is_complete", lambda _: True)
        superpixels = hexagons((64, 64), side=11)
        plain, staged, _ = both(model, superpixels, [block((64, 64), 9, 9)], 1, count=40)
        assert not np.allclose(staged, plain, atol=1e-3)


class TestNullPlayers:
    shape = (96, 128)

    def game(self, model):
        _, _, game = both(model, hexagons(self.shape, side=9), [block(self.shape, 20, 30)], 1)
        return game

    def test_cells_that_no_region_sees_change_no_value(self, model):
        game = self.game(model)
        assert 0 < game.null_players.sum() < game.n_players
        z = np.random.default_rng(5).random((6, game.n_players)) < 0.5
        other = z ^ (game.null_players & (np.random.default_rng(6).random(z.shape) < 0.5))
        plain = MaskedGame(
            model, image_of(self.shape), game.superpixels, [block(self.shape, 20, 30)], [0]
        )
        assert np.array_equal(plain(z), plain(other))

    def test_cells_next_to_the_region_are_players(self, model):
        game = self.game(model)
        near = np.unique(game.superpixels.labels[12:28, 22:38])
        assert not game.null_players[near].any()


class TestPlanning:
    def test_few_evaluations_build_no_tables(self, model):
        shape = (64, 64)
        common = (model, image_of(shape), hexagons(shape, side=20), [block(shape, 30, 30)], [0])
        assert not StagedGame(*common, evaluations=1).plan.levels
        assert StagedGame(*common, evaluations=10**6).plan.levels

    def test_tables_keep_within_the_memory(self, model):
        shape = (64, 64)
        common = (model, image_of(shape), hexagons(shape, side=20), [block(shape, 30, 30)], [0])
        game = StagedGame(*common, evaluations=10**6, memory_limit=3e5)
        assert 0 < game.table_bytes <= 3e5
        assert not StagedGame(*common, evaluations=10**6, memory_limit=10).plan.levels

    def test_cells_too_small_for_any_table_still_work(self, model):
        shape = (48, 48)
        plain, staged, game = both(model, squares(shape, side=2), [block(shape, 20, 20)], 0)
        assert len(game.plans) == 1
        np.testing.assert_allclose(staged, plain, atol=CLOSE)

    def test_cells_too_small_for_later_maps_have_tables_of_the_first_ones(self, model):
        shape = (60, 72)
        regions = [block(shape, 30, 40, 3), block(shape, 0, 71)]
        # What the stem contributes sees four of them at most, a pooled map nine.
        common = (model, image_of(shape), squares(shape, side=4), regions, [0, 1])
        game = StagedGame(*common, evaluations=300)
        (level,) = game.plan.levels
        assert {lift.inputs for lift in level.program.lift_goals} == {("stem",)}
        z = np.random.default_rng(2).random((9, game.n_players)) < 0.5
        np.testing.assert_allclose(game(z), MaskedGame(*common)(z), atol=CLOSE)
        assert game.plan.work(300) < game.plans[0].work(300)

    def test_make_game_takes_the_plain_path_for_a_network_without_stages(self, model):
        class Bare(torch.nn.Module):
            minimum_size = 1

            def __init__(self, network):
                super().__init__()
                self.inside = network

            def forward(self, image):
                return self.inside(image)

        shape = (64, 64)
        black_box = type(model)(model.card, Bare(model.network), "cpu")
        common = (image_of(shape), hexagons(shape, side=20), [block(shape, 30, 30)], [0])
        plain, staged = make_game(black_box, *common), make_game(model, *common)
        assert type(plain) is MaskedGame
        assert type(staged) is StagedGame
        z = np.random.default_rng(0).random((3, plain.n_players)) < 0.5
        np.testing.assert_allclose(staged(z), plain(z), atol=5e-3)


class TestPrecision:
    shape = (64, 64)

    @pytest.fixture(autouse=True)
    def _bfloat16_everywhere(self, monkeypatch):
        """Slow without the hardware, but the same numbers."""
        monkeypatch.setattr(staged_game_module, "_has_fast_bfloat16", lambda _: True)

    def games(self, model, **settings):
        """The game in float32 and with automatic precision."""
        shape = self.shape
        region = block(shape, 30, 30, 5)
        common = (model, image_of(shape), hexagons(shape, side=20), [region], [0])
        return StagedGame(*common), StagedGame(*common, precision="auto", **settings)

    def test_bfloat16_is_taken_where_it_stays_within_the_tolerance(self, model):
        exact, game = self.games(model, tolerance=0.05)
        z = np.random.default_rng(9).random((16, game.n_players)) < 0.5
        assert game.dtype == torch.bfloat16
        assert 0 < np.abs(game(z) - exact(z)).max() < 0.1
        assert 0 < game.differences.max() <= 0.05

    def test_beyond_the_tolerance_it_keeps_to_float32(self, model):
        exact, game = self.games(model, tolerance=1e-9)
        z = np.random.default_rng(9).random((16, game.n_players)) < 0.5
        assert game.dtype == torch.float32
        assert not game.differences.any()
        assert np.array_equal(game(z), exact(z))

    def test_a_network_that_needs_more_digits_is_noticed(self, tmp_path):
        model = load_model(write_small_model(tmp_path, n_classes=3), "cpu")
        # Equal for all classes, so no value changes; but of 300.7 bfloat16 keeps 300.
        model.network.head.bias += 300
        exact, game = self.games(model)
        assert game.dtype == torch.float32
        z = np.random.default_rng(9).random((16, game.n_players)) < 0.5
        assert np.array_equal(game(z), exact(z))

    def test_sharpened_it_gives_the_values_of_float32(self, model):
        exact, game = self.games(model, tolerance=0.05)
        game.sharpen()
        z = np.random.default_rng(9).random((16, game.n_players)) < 0.5
        assert game.dtype == torch.float32
        assert not game.differences.any()
        assert np.array_equal(game(z), exact(z))

    def provisional_and_all(self, model, tolerance):
        """A provisional game, and the largest differences of a few of the sample and of all."""
        region = block(self.shape, 30, 30, 5)
        common = (model, image_of(self.shape), hexagons(self.shape, side=20), [region], [0])
        exact, coarse = StagedGame(*common), StagedGame(*common, precision="auto", tolerance=1.0)
        sample = staged_game_module._sample(exact.n_players)
        differences = np.abs(coarse(sample) - exact(sample))
        few = differences[: staged_game_module.FIRST_LOOK].max()
        assert few < differences.max(), "else this test shows nothing"
        tolerance = tolerance(few, differences.max())
        return exact, StagedGame(*common, precision="provisional", tolerance=tolerance)

    def test_a_provisional_game_looks_at_the_whole_sample_when_it_is_asked(self, model):
        exact, game = self.provisional_and_all(model, lambda _few, most: most)
        z = np.random.default_rng(9).random((16, game.n_players)) < 0.5
        first = game(z)
        assert game.dtype == torch.bfloat16
        asked = staged_game_module._sample(game.n_players)
        np.testing.assert_array_equal(
            game.differences, np.abs(game(asked) - exact(asked)).max(axis=0)
        )
        assert np.array_equal(game(z), first)

    def test_a_provisional_game_that_was_no_good_says_so_and_is_sharpened(self, model):
        exact, game = self.provisional_and_all(model, lambda few, most: (few + most) / 2)
        z = np.random.default_rng(9).random((16, game.n_players)) < 0.5
        game(z)
        assert np.isinf(game.differences).all()
        game.sharpen()
        assert game.dtype == torch.float32
        assert not game.differences.any()
        assert np.array_equal(game(z), exact(z))

    def test_a_provisional_game_that_is_no_good_at_once_is_no_such_game(self, model):
        exact, game = self.provisional_and_all(model, lambda few, _most: few / 2)
        z = np.random.default_rng(9).random((16, game.n_players)) < 0.5
        assert game.dtype == torch.float32
        assert not game.differences.any()
        assert np.array_equal(game(z), exact(z))


def test_a_cancel_stops_between_two_layers(model):
    shape = (64, 64)
    _, _, game = both(model, hexagons(shape, side=20), [block(shape, 30, 30)], 1)
    answers = iter([False, False, True])
    z = np.ones((1, game.n_players), dtype=bool)
    with model.interruptible(lambda: next(answers)), pytest.raises(Interrupted):
        game(z)
    assert np.isfinite(game(z)).all()


def test_stages_do_not_show_in_the_weights_of_a_network():
    network = FCDenseNet(1, 2, (1, 1), 1, growth=2, stem_maps=3)
    assert not [name for name in network.state_dict() if "stage" in name]


@pytest.mark.parametrize("depth", DEPTHS)
def test_soft_masks_have_the_values_of_plain_evaluation(model, depth):
    shape = (72, 52)
    cells = hexagons(shape, side=9)
    common = (model, image_of(shape), cells, [block(shape, 20, 30, 5)], [0, 1])
    masks = np.random.default_rng(0).random((5, *shape)).astype(np.float32)
    staged = StagedGame(*common, evaluations=0)
    staged.follow(staged.plans[depth])
    plain = MaskedGame(*common)
    np.testing.assert_allclose(
        staged.evaluate_masks(masks), plain.evaluate_masks(masks), atol=CLOSE
    )
