"""The game on an image: what is painted, what is read out, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from segshap_qgis.errors import ImageError, RegionError, SettingsError
from segshap_qgis.explain import squares
from segshap_qgis.explain.types import Superpixels
from segshap_qgis.models import MaskedGame, load_model
from tests.small_model import THREE_CHANNELS, write_small_model

SHAPE = (48, 40)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return load_model(write_small_model(tmp_path_factory.mktemp("model"), n_classes=3))


@pytest.fixture
def image():
    return np.random.default_rng(1).uniform(0, 255, (1, *SHAPE)).astype(np.float32)


@pytest.fixture
def superpixels():
    return squares(SHAPE, side=8)


def region_of(*pixels):
    region = np.zeros(SHAPE, dtype=bool)
    region[tuple(np.transpose(pixels))] = True
    return region


REGION = region_of((10, 10), (10, 11), (30, 22))


def coalitions_of(superpixels, count=6, seed=2):
    return np.random.default_rng(seed).random((count, superpixels.n_players)) < 0.5


def test_values_are_region_means_of_the_prediction_on_the_painted_image(model, image, superpixels):
    game = MaskedGame(model, image, superpixels, [REGION], ["oil"])
    coalitions = coalitions_of(superpixels)
    normalised = model.normalise(image)
    for coalition, value in zip(coalitions, game(coalitions)):
        painted = np.where(coalition[superpixels.labels], normalised, normalised.mean())
        logits = model.network(torch.from_numpy(painted.astype(np.float32))[None])
        expected = logits.softmax(1)[0, 1].numpy()[REGION].mean(dtype=np.float64)
        assert value[0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("background", ["mean", "zero", "local_mean", "blur", -1.5])
def test_all_channels_of_a_band_are_painted(tmp_path, image, superpixels, background):
    model = load_model(write_small_model(tmp_path, normalisation=THREE_CHANNELS))
    game = MaskedGame(model, image, superpixels, [REGION], ["oil"], background)
    found = game.background.numpy()
    assert found.shape == (3, *SHAPE)
    if background == "mean":
        expected = model.normalise(image).mean(axis=(1, 2))
    elif background == "zero":
        expected = model.flat(-5, image, np.ones(SHAPE, dtype=bool))
    elif background == -1.5:
        expected = model.flat(-1.5, image, np.ones(SHAPE, dtype=bool))
    else:  # the first two channels are one picture on two scales
        inside = (found[0] > -4) & (found[1] < 1.9)
        np.testing.assert_allclose(np.corrcoef(found[:2, inside])[0, 1], 1, atol=0.02)
        return
    np.testing.assert_allclose(found, np.broadcast_to(expected[:, None, None], found.shape), 1e-5)


def test_all_super_pixels_give_the_prediction_itself(model, image, superpixels):
    game = MaskedGame(model, image, superpixels, [REGION], ["oil"])
    everything = np.ones((1, superpixels.n_players), dtype=bool)
    assert game(everything)[0, 0] == pytest.approx(model.predict(image)[1][REGION].mean(), abs=1e-6)


def test_a_pixel_is_a_region_of_one_pixel_bit_for_bit(model, image, superpixels):
    coalitions = coalitions_of(superpixels)
    pixel = region_of((10, 10))
    alone = MaskedGame(model, image, superpixels, [pixel], ["oil"])(coalitions)
    among = MaskedGame(model, image, superpixels, [REGION, pixel], ["sea", "oil"])(coalitions)
    assert np.array_equal(alone[:, 0], among[:, 3])


def test_the_batch_size_changes_nothing_but_rounding(model, image, superpixels):
    coalitions = coalitions_of(superpixels, count=7)
    one, five = (
        MaskedGame(model, image, superpixels, [REGION], ["oil"], batch_size=size)(coalitions)
        for size in (1, 5)
    )
    np.testing.assert_allclose(one, five, atol=1e-6)


def test_probabilities_of_all_classes_sum_to_one_in_every_coalition(model, image, superpixels):
    game = MaskedGame(model, image, superpixels, [REGION], ["sea", "oil", "ship"])
    np.testing.assert_allclose(game(coalitions_of(superpixels)).sum(axis=1), 1, atol=1e-6)


def test_decision_is_the_share_of_the_region_that_the_class_wins(model, image, superpixels):
    coalitions = coalitions_of(superpixels)
    decisions = MaskedGame(model, image, superpixels, [REGION], [0, 1, 2], output="decision")
    shares = decisions(coalitions)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    np.testing.assert_allclose(shares * REGION.sum(), np.round(shares * REGION.sum()), atol=1e-12)


def test_logits_turn_into_probabilities_on_one_pixel(model, image, superpixels):
    coalitions = coalitions_of(superpixels)
    pixel = [region_of((30, 22))]
    logits, probabilities = (
        MaskedGame(model, image, superpixels, pixel, [0, 1, 2], output=output)(coalitions)
        for output in ("logit", "probability")
    )
    exponentials = np.exp(logits)
    expected = exponentials / exponentials.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probabilities, expected, atol=1e-6)


def test_pixels_of_no_super_pixel_are_never_painted(model, image):
    labels = squares(SHAPE, side=8).labels.copy()
    labels[:24] = -1
    labels[labels >= 0] -= labels[labels >= 0].min()
    areas = np.bincount(labels[labels >= 0])
    superpixels = Superpixels(labels, np.empty((0, 2), np.int32), areas)
    game = MaskedGame(model, image, superpixels, [REGION], ["oil"], background=9.0)
    nothing = game.background.numpy().copy()
    nothing[:, :24] = game.image.numpy()[:, :24]
    expected = model.logits(torch.from_numpy(nothing)[None]).softmax(1)[0, 1].numpy()[REGION].mean()
    nobody = np.zeros((1, superpixels.n_players), dtype=bool)
    assert game(nobody)[0, 0] == pytest.approx(expected, abs=1e-6)


def test_soft_masks_of_zeros_and_ones_agree_with_coalitions(model, image, superpixels):
    game = MaskedGame(model, image, superpixels, [REGION], ["oil"])
    coalitions = coalitions_of(superpixels)
    masks = coalitions[:, superpixels.labels].astype(np.float32)
    np.testing.assert_allclose(game.evaluate_masks(masks), game(coalitions), atol=1e-6)


def test_pixels_of_no_super_pixel_are_shown_under_soft_masks(model, image):
    land = np.zeros(SHAPE, dtype=bool)
    land[:, 24:] = True
    superpixels = squares(SHAPE, side=8, valid=~land)
    game = MaskedGame(model, image, superpixels, [REGION], ["oil"], background=9.0)
    nothing = np.zeros((1, *SHAPE), dtype=np.float32)
    nobody = np.zeros((1, superpixels.n_players), dtype=bool)
    np.testing.assert_allclose(game.evaluate_masks(nothing), game(nobody), atol=1e-6)


def test_no_data_enters_neither_the_background_nor_the_region(model, image, superpixels):
    valid = np.ones(SHAPE, dtype=bool)
    valid[:, 20:] = False
    spoilt = image.copy()
    spoilt[:, :, 20:] = np.nan
    game = MaskedGame(model, spoilt, superpixels, [REGION], ["oil"], valid=valid)
    expected = model.normalise(image)[:, :, :20].mean()
    np.testing.assert_allclose(game.background.numpy(), expected, rtol=1e-5)
    assert len(game.region_pixels[0]) == 2


class TestBackgrounds:
    def background(self, model, image, superpixels, kind):
        game = MaskedGame(model, image, superpixels, [REGION], ["oil"], background=kind)
        return game.background.numpy(), game.image.numpy()

    def test_zero_is_black_as_the_model_sees_it(self, model, image, superpixels):
        painted, _ = self.background(model, image, superpixels, "zero")
        np.testing.assert_allclose(painted, -2.0)  # the recipe's offset

    def test_a_number_is_taken_as_it_is(self, model, image, superpixels):
        painted, _ = self.background(model, image, superpixels, 0.25)
        assert (painted == 0.25).all()

    def test_local_mean_keeps_the_mean_of_every_cell(self, model, image, superpixels):
        painted, shown = self.background(model, image, superpixels, "local_mean")
        for player in range(superpixels.n_players):
            cell = superpixels.labels == player
            mean = shown[0][cell].mean()
            np.testing.assert_allclose(painted[0][cell], mean, rtol=1e-4, atol=1e-6)

    def test_blur_keeps_a_flat_image_flat_up_to_the_border_and_no_data(self, superpixels):
        from segshap_qgis.models.backgrounds import background_image

        valid = np.ones(SHAPE, dtype=bool)
        valid[:5] = False
        flat = np.where(valid, 3.0, 99.0).astype(np.float32)[None]
        painted = background_image("blur", flat, valid, superpixels)
        np.testing.assert_allclose(painted[0][valid], 3.0, rtol=1e-5)

    def test_blur_agrees_with_scipy_away_from_the_border(self, superpixels):
        from scipy.ndimage import gaussian_filter

        from segshap_qgis.models.backgrounds import background_image

        noise = np.random.default_rng(0).normal(size=(1, 96, 96)).astype(np.float32)
        cells = squares((96, 96), side=8)
        valid = np.ones((96, 96), dtype=bool)
        painted = background_image("blur", noise, valid, cells)
        expected = gaussian_filter(noise[0].astype(np.float64), sigma=4.0, truncate=3.0)
        np.testing.assert_allclose(painted[0, 20:-20, 20:-20], expected[20:-20, 20:-20], atol=1e-6)

    @pytest.mark.parametrize("kind", ["purple", np.zeros((1, 2, 2)), float("nan")])
    def test_anything_else_is_refused(self, model, image, superpixels, kind):
        with pytest.raises(SettingsError, match="ackground"):
            self.background(model, image, superpixels, kind)


class TestRefusals:
    @pytest.mark.parametrize(
        ("regions", "complaint"),
        [
            ([], "no region"),
            ([np.zeros(SHAPE, dtype=bool)], "no pixel"),
            ([np.ones((5, 5), dtype=bool)], "outside the image"),
        ],
    )
    def test_regions(self, model, image, superpixels, regions, complaint):
        with pytest.raises(RegionError, match=complaint):
            MaskedGame(model, image, superpixels, regions, ["oil"])

    def test_a_region_on_no_data(self, model, image, superpixels):
        with pytest.raises(RegionError, match="no-data"):
            MaskedGame(model, image, superpixels, [REGION], ["oil"], valid=~REGION)

    def test_a_class_that_the_model_does_not_have(self, model, image, superpixels):
        with pytest.raises(SettingsError, match="no class 'gold'"):
            MaskedGame(model, image, superpixels, [REGION], ["gold"])

    def test_no_class(self, model, image, superpixels):
        with pytest.raises(SettingsError, match="No class"):
            MaskedGame(model, image, superpixels, [REGION], [])

    def test_an_unknown_output(self, model, image, superpixels):
        with pytest.raises(SettingsError, match="output"):
            MaskedGame(model, image, superpixels, [REGION], ["oil"], output="uint8")

    def test_super_pixels_of_another_image(self, model, image):
        with pytest.raises(SettingsError, match="another size"):
            MaskedGame(model, image, squares((32, 32), side=8), [REGION], ["oil"])

    def test_coalitions_of_another_game(self, model, image, superpixels):
        game = MaskedGame(model, image, superpixels, [REGION], ["oil"])
        with pytest.raises(SettingsError, match="columns"):
            game(np.ones((1, 3), dtype=bool))

    def test_nan_in_the_image(self, model, image, superpixels):
        image[0, 3, 3] = np.nan
        with pytest.raises(ImageError):
            MaskedGame(model, image, superpixels, [REGION], ["oil"])

    def test_a_constant_image(self, model, superpixels):
        with pytest.raises(ImageError):
            MaskedGame(model, np.full((1, *SHAPE), 7.0), superpixels, [REGION], ["oil"])
