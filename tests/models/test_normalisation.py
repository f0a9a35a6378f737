"""Radar values of any unit, and what becomes of bad ones."""

from __future__ import annotations

import numpy as np
import pytest

from segshap_qgis.errors import ImageError, ModelError, SettingsError
from segshap_qgis.models.normalisation import (
    black,
    flat,
    n_channels,
    normalise,
    recognise_unit,
    sea_statistics,
)

RADAR = {"kind": "log_contrast", "scale_db": 4.0, "lowest_db": -20.0, "highest_db": 12.0}

OPEN_SEA = {**RADAR, "sea": {"block": 16, "percentile": 80, "land_db": 7}}

SMOOTH = {**RADAR, "smooth": 3}

STRETCHED = {**OPEN_SEA, "narrowest_db": 1.0, "largest_stretch": 10}


@pytest.fixture
def power() -> np.ndarray:
    """Linear backscatter of a speckled sea with a patch 8 dB darker, (1, 64, 64)."""
    rng = np.random.default_rng(3)
    sea = np.full((1, 64, 64), 0.02)
    sea[:, 20:30, 20:40] *= 10**-0.8
    return sea * rng.gamma(5, 1 / 5, size=sea.shape)


def everywhere(bands: np.ndarray) -> np.ndarray:
    return np.ones(bands.shape[1:], dtype=bool)


def radar(bands: np.ndarray, unit: str | None = None) -> np.ndarray:
    return normalise(bands, everywhere(bands), RADAR, unit)


def test_contrast_is_decibels_against_the_median_over_the_scale(power: np.ndarray) -> None:
    expected = (10 * np.log10(power / np.median(power))).clip(-20, 12) / 4
    np.testing.assert_allclose(radar(power), expected, atol=1e-5)


def test_every_unit_of_a_scene_gives_the_same_contrast(power: np.ndarray) -> None:
    expected = radar(power)
    np.testing.assert_allclose(radar(10 * np.log10(power)), expected, atol=1e-5)
    np.testing.assert_allclose(radar(1e4 * np.sqrt(power)), expected, atol=1e-5)


def test_whole_digital_numbers_differ_by_no_more_than_their_steps(power: np.ndarray) -> None:
    digital = np.round(3000 * np.sqrt(power))
    # Half a step of the darkest pixels that are not clipped, in units of the scale.
    darkest = np.median(digital) * 10 ** (-20 / 20)
    tolerance = 20 * np.log10(1 + 0.5 / (darkest - 0.5)) / 4
    np.testing.assert_allclose(radar(digital), radar(power), atol=tolerance)


def test_a_slick_that_fills_most_of_the_window_is_dark_all_the_same() -> None:
    rng = np.random.default_rng(4)
    scene = np.full((1, 128, 128), 0.02)
    scene[:, :, :80] *= 10**-0.6
    speckled = scene * rng.gamma(20, 1 / 20, size=scene.shape)
    found = normalise(speckled, everywhere(scene), OPEN_SEA) * 4
    assert np.median(found[..., :80]) == pytest.approx(-6, abs=0.5)
    assert np.median(found[..., 80:]) == pytest.approx(0, abs=0.5)
    assert np.median(radar(speckled)[..., :80]) > -0.2


def test_land_is_not_taken_for_the_open_sea() -> None:
    rng = np.random.default_rng(5)
    scene = np.full((1, 128, 128), 0.02)
    scene[:, :, 80:] *= 10
    speckled = scene * rng.gamma(20, 1 / 20, size=scene.shape)
    found = normalise(speckled, everywhere(scene), OPEN_SEA) * 4
    assert np.median(found[..., :80]) == pytest.approx(0, abs=0.5)


def test_every_unit_of_a_scene_finds_the_same_open_sea(power: np.ndarray) -> None:
    valid = everywhere(power)
    expected = normalise(power, valid, OPEN_SEA)
    np.testing.assert_allclose(
        normalise(10 * np.log10(power), valid, OPEN_SEA), expected, atol=1e-5
    )
    np.testing.assert_allclose(normalise(1e4 * power**0.5, valid, OPEN_SEA), expected, atol=1e-5)


def test_no_data_does_not_move_the_open_sea(power: np.ndarray) -> None:
    beside = np.concatenate([power, np.full_like(power, np.nan)], axis=2)
    found = normalise(beside, np.isfinite(beside[0]), OPEN_SEA)
    alone = normalise(power, everywhere(power), OPEN_SEA)
    np.testing.assert_allclose(found[..., :64], alone, atol=1e-6)


def test_squeezed_grey_values_give_the_same_contrast_however_far_they_were_squeezed(
    power: np.ndarray,
) -> None:
    valid = everywhere(power)
    decibels = 10 * np.log10(power)
    narrow = normalise(0.3 * decibels, valid, STRETCHED)
    assert (4 * narrow).std() == pytest.approx(1, abs=0.05)
    np.testing.assert_allclose(normalise(0.1 * decibels, valid, STRETCHED), narrow, atol=1e-4)


def test_a_sea_with_its_speckle_is_not_stretched(power: np.ndarray) -> None:
    expected = normalise(power, everywhere(power), OPEN_SEA)
    np.testing.assert_array_equal(normalise(power, everywhere(power), STRETCHED), expected)


def test_a_flat_sea_is_not_stretched_into_texture(power: np.ndarray) -> None:
    flat = -20 + 0.02 * np.log(power)
    found = normalise(flat, everywhere(flat), STRETCHED)
    assert (4 * found).std() == pytest.approx(10 * flat.std(), rel=0.01)


def test_land_and_pixels_without_signal_do_not_widen_the_sea(power: np.ndarray) -> None:
    squeezed = 1e4 * power**0.1  # amplitude
    beside = np.concatenate([squeezed, 10 * squeezed, np.zeros_like(squeezed)], axis=1)
    found = normalise(beside, everywhere(beside), STRETCHED)
    alone = normalise(squeezed, everywhere(squeezed), STRETCHED)
    difference = found[:, :64] - alone  # the level moves with the percentile, the stretch does not
    assert np.ptp(difference) < 0.02 * np.ptp(alone)


def test_smoothing_takes_the_mean_of_the_valid_pixels_around() -> None:
    decibels = np.array([[[-10.0, -12, -10, -10], [-10, -16, -10, -10], [-10, -10, -10, -7]]])
    valid = np.ones((3, 4), dtype=bool)
    valid[0, 0] = False
    found = normalise(decibels, valid, SMOOTH, "db")[0] * 4  # against the median, -10 dB
    assert found[1, 1] == pytest.approx((-2 - 6) / 8)  # eight valid pixels around it
    assert found[0, 1] == pytest.approx((-2 - 6) / 5)
    assert found[2, 3] == pytest.approx(3 / 4)  # the corner has four
    assert found[0, 0] == 0


def test_speckle_fades_where_contrast_is_smoothed_and_the_patch_stays(power: np.ndarray) -> None:
    smooth = normalise(power, everywhere(power), {**OPEN_SEA, "smooth": 5}) * 4
    rough = normalise(power, everywhere(power), OPEN_SEA) * 4
    sea = np.s_[:, 40:, :]
    assert smooth[sea].std() < 0.35 * rough[sea].std()
    assert smooth[:, 23:27, 23:37].mean() == pytest.approx(rough[:, 23:27, 23:37].mean(), abs=0.3)


def test_a_pixel_is_smoothed_to_the_same_bits_in_every_window(power: np.ndarray) -> None:
    sea = np.array([-17.0, 1.0, -17.0, 1.0, 1.0]).reshape(5, 1, 1)
    recipe = {**RADAR, "smooth": 5}
    whole = normalise(power, everywhere(power), recipe, "power", sea)
    part = normalise(power[:, 7:40, 11:50], everywhere(power)[7:40, 11:50], recipe, "power", sea)
    np.testing.assert_array_equal(part[:, 2:-2, 2:-2], whole[:, 9:38, 13:48])


@pytest.mark.parametrize("side", [2, -3, 0, 1001])
def test_an_unusable_smoothing_is_refused(power: np.ndarray, side: int) -> None:
    with pytest.raises(ModelError, match="smooth"):
        normalise(power, everywhere(power), {**RADAR, "smooth": side})


def test_gain_changes_nothing(power: np.ndarray) -> None:
    np.testing.assert_allclose(radar(37 * power, "power"), radar(power, "power"), atol=1e-5)


def test_no_data_is_zero_and_does_not_move_the_median(power: np.ndarray) -> None:
    valid = everywhere(power)
    valid[:40] = False
    spoilt = np.where(valid, power, np.nan)
    found = normalise(spoilt, valid, RADAR)
    alone = radar(power[:, 40:])
    np.testing.assert_array_equal(found[:, :40], 0)
    np.testing.assert_allclose(found[:, 40:], alone, atol=1e-6)


def test_black_fill_is_the_lowest_contrast_and_does_not_move_the_median(power: np.ndarray) -> None:
    filled = np.sqrt(power) * 1e4
    filled[:, :40] = 0
    found = radar(filled)
    np.testing.assert_allclose(found[:, :40], -5)
    np.testing.assert_allclose(found[:, 40:], radar(power[:, 40:]), atol=1e-5)


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        (np.array([3.0, 0.0, 22.0]), "amplitude"),
        (np.array([103.2, 87.5, 0.0]), "amplitude"),
        (np.array([0.021, 0.008, 14.0]), "power"),
        (np.array([-21.5, -9.0, 3.0]), "db"),
    ],
)
def test_units_are_recognised_from_the_values(values: np.ndarray, unit: str) -> None:
    assert recognise_unit(values) == unit


def test_a_given_unit_overrules_what_the_values_look_like(power: np.ndarray) -> None:
    amplitude = np.sqrt(power)
    assert recognise_unit(amplitude.ravel()) == "power"
    np.testing.assert_allclose(radar(amplitude, "amplitude"), radar(power), atol=1e-5)


def test_an_optical_recipe_uses_the_mean_and_spread_of_its_card() -> None:
    bands = np.arange(24, dtype=np.float32).reshape(3, 2, 4)
    recipe = {"kind": "mean_std", "mean": [1, 2, 3], "std": [2, 4, 8]}
    found = normalise(bands, everywhere(bands), recipe)
    np.testing.assert_allclose(found[2], (bands[2] - 3) / 8)
    scaled = normalise(bands, everywhere(bands), {"kind": "scale", "factor": 1 / 255})
    np.testing.assert_allclose(scaled, bands / 255, rtol=1e-6)


def test_values_that_are_no_numbers_are_refused(power: np.ndarray) -> None:
    power[0, 5, 5] = np.nan
    with pytest.raises(ImageError, match="not numbers"):
        radar(power)


def test_a_constant_image_is_refused() -> None:
    with pytest.raises(ImageError, match="constant"):
        radar(np.full((1, 8, 8), 7.0))


def test_a_window_of_no_data_alone_is_refused(power: np.ndarray) -> None:
    with pytest.raises(ImageError, match="no valid pixel"):
        normalise(power, np.zeros((64, 64), dtype=bool), RADAR)


def test_an_unknown_unit_is_refused(power: np.ndarray) -> None:
    with pytest.raises(SettingsError, match="volts"):
        radar(power, "volts")


@pytest.mark.parametrize("recipe", [{}, {"kind": "magic"}, {"kind": "log_contrast"}])
def test_an_unusable_recipe_is_refused(power: np.ndarray, recipe: dict) -> None:
    with pytest.raises(ModelError, match="normalisation"):
        normalise(power, everywhere(power), recipe)


SPREAD = {
    **OPEN_SEA,
    "spread": {"narrowest_db": 0.05, "lowest": -10, "highest": 5, "scale": 2.5},
}


SPECKLE = {**SPREAD, "smooth": 3, "speckle": {"middle_db": 0.4, "octaves": 3}}


def test_the_second_channel_counts_standard_deviations_of_the_sea(power: np.ndarray) -> None:
    decibels = 10 * np.log10(power)
    first, second = normalise(decibels, everywhere(power), SPREAD, "db")
    np.testing.assert_array_equal(first, normalise(decibels, everywhere(power), OPEN_SEA, "db")[0])
    expected = (decibels - np.median(decibels)) / decibels.std()
    np.testing.assert_allclose(second, expected[0].clip(-10, 5) / 2.5, atol=1e-5)


def test_the_second_channel_stays_however_the_grey_values_were_squeezed(power: np.ndarray) -> None:
    decibels = 10 * np.log10(power)
    whole = normalise(decibels, everywhere(power), SPREAD, "db")[1]
    squeezed = normalise(0.2 * decibels, everywhere(power), SPREAD, "db")[1]
    np.testing.assert_allclose(squeezed, whole, atol=1e-4)


def test_further_channels_come_after_the_first_ones_of_all_bands(power: np.ndarray) -> None:
    bands = np.concatenate([power, 3 * power**2])
    channels = normalise(bands, everywhere(bands), SPECKLE, "power")
    assert len(channels) == n_channels(2, SPECKLE) == 6
    for i, band in enumerate(bands):
        alone = normalise(band[None], everywhere(power), SPECKLE, "power")
        np.testing.assert_array_equal(channels[i::2], alone)


def test_a_given_sea_gives_the_windows_own_channels(power: np.ndarray) -> None:
    valid = everywhere(power)
    sea = sea_statistics(power, valid, SPECKLE, "power")
    assert sea is not None
    assert sea.shape == (5,)
    given = normalise(power, valid, SPECKLE, "power", sea.reshape(-1, 1, 1))
    np.testing.assert_allclose(given, normalise(power, valid, SPECKLE, "power"), atol=1e-6)


def test_a_flat_value_has_the_channels_of_a_pixel_that_has_it(power: np.ndarray) -> None:
    valid = everywhere(power)
    recipe = {**SPECKLE, "narrowest_db": 3.0, "largest_stretch": 10}
    image = normalise(power, valid, recipe, "power")
    for row, column in ((3, 7), (25, 30)):
        made = flat(float(image[0, row, column]), power, valid, recipe, "power")
        np.testing.assert_allclose(made, image[:, row, column], atol=1e-5)


def test_the_third_channel_counts_doublings_of_the_speckle(power: np.ndarray) -> None:
    rng = np.random.default_rng(6)
    decibels = -17 + rng.normal(0, 1.6, (1, 256, 256))
    decibels[:, :64, :64] += 3  # an edge
    decibels[:, 100, ::7] += 20  # ships
    third = normalise(decibels, everywhere(decibels), SPECKLE, "db")[2]
    assert np.ptp(third) == 0
    # Of white noise, a pixel's difference from the mean over 3 x 3 has 8/9 of the variance.
    assert third[0, 0] == pytest.approx(np.log2(1.6 * np.sqrt(8 / 9) / 0.4), abs=0.05)
    averaged = normalise(0.01 * decibels, everywhere(decibels), SPECKLE, "db")[2]
    assert averaged[0, 0] == -3


def test_no_signal_is_the_lowest_contrast_in_both_channels(power: np.ndarray) -> None:
    power[0, 0, 0] = 0
    found = normalise(power, everywhere(power), SPREAD)
    made = flat(black(1, SPREAD), power, everywhere(power), SPREAD)
    np.testing.assert_allclose(made, found[:, 0, 0], atol=1e-5)
    np.testing.assert_allclose(made, found.min(axis=(1, 2)), atol=1e-5)


@pytest.mark.parametrize(
    "change", [{"narrowest_db": 0}, {"lowest": 5}, {"scale": 0}, {"highest": "much"}]
)
def test_an_unusable_second_channel_is_refused(power: np.ndarray, change: dict) -> None:
    recipe = {**SPREAD, "spread": {**SPREAD["spread"], **change}}
    with pytest.raises(ModelError):
        normalise(power, everywhere(power), recipe)


@pytest.mark.parametrize("change", [{"middle_db": 0}, {"middle_db": -1}, {"octaves": "many"}, {}])
def test_an_unusable_third_channel_is_refused(power: np.ndarray, change: dict) -> None:
    recipe = {**SPECKLE, "speckle": {**SPECKLE["speckle"], **change} if change else {}}
    with pytest.raises(ModelError):
        normalise(power, everywhere(power), recipe)
