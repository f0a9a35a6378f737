"""Raw pixel values to what a network was trained on, following the recipe on its model card."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ImageError, ModelError, SettingsError

UNITS = ("amplitude", "power", "db")
# What the logarithm of a value is multiplied with to give dB.
_FACTORS = {"amplitude": 20, "power": 10}

# Sea and land seldom reach a backscatter of 2 (3 dB) in the median; amplitudes, digital numbers and
# grey values lie far above.
LARGEST_MEDIAN_POWER = 2.0
LARGEST_SMOOTHING = 31  # pixels; more would wash out slicks too
# What is known of the sea in each band: its level in dB, the stretch of the contrast against it,
# its median in dB, its standard deviation in dB, and that of its speckle in dB.
SEA_STATISTICS = ("level", "stretch", "middle", "spread", "speckle")
NO_SIGNAL = 1e-12  # stands in for zero, which has no logarithm


def normalise(
    bands: NDArray,
    valid: NDArray[np.bool_],
    recipe: Mapping[str, Any],
    unit: str | None = None,
    sea: NDArray[np.floating] | None = None,
) -> NDArray[np.float32]:
    """Normalise a window by a model card's recipe.

    Parameters
    ----------
    bands : (B, H, W) array
        Raw values, in the unit of the raster.
    valid : (H, W) bool array
        False on no-data.
    recipe : mapping
        ``{"kind": "log_contrast", "scale_db", "lowest_db", "highest_db"}`` for radar: contrast in
        dB against the median of each band, clipped, over a fixed scale. With ``"sea": {"block",
        "percentile", "land_db"}`` the contrast is against the open sea as `_sea_level` finds it, so
        that a slick that fills most of the window is dark all the same. With ``"smooth"``, an odd
        number of pixels, the contrast is averaged over squares of that side before anything else is
        done with it: speckle differs from product to product, slicks do not. With
        ``"narrowest_db"`` and ``"largest_stretch"``, too, a sea whose standard deviation is
        narrower is stretched to that: speckle alone is wider in every product that is not averaged
        beyond use, so somebody has squeezed the grey values.
        With ``"spread": {"narrowest_db", "lowest", "highest", "scale"}`` each band gives a further
        channel: how many standard deviations of the sea the contrast lies from the sea's median,
        clipped, over a fixed scale. Oil is dark against what else varies on the sea; where the wind
        leaves dark areas, much does.
        With ``"speckle": {"middle_db", "octaves"}`` each gives yet another, the same at all pixels:
        how often the standard deviation of the speckle doubles a middle one, clipped to so many
        octaves. It tells full-resolution products from averaged ones, in which slicks look
        otherwise.
        ``{"kind": "mean_std", "mean": [...], "std": [...]}`` or
        ``{"kind": "scale", "factor": ..., "offset": ...}`` for optical images.
    unit : {"amplitude", "power", "db"}, optional
        Unit of radar values; recognised from the data by default.
    sea : (5B, H, W) or (5B, 1, 1) array, optional
        What radar contrast is measured against instead of the window's own `sea_statistics`: one
        scene cut into windows needs a sea that does not depend on the cut.

    Returns
    -------
    (C, H, W) float32 array
        Dimensionless; 0 on no-data, which is the median or the open sea for radar. There are
        `n_channels` of the bands, the first ones of all bands before any of the others.

    Raises
    ------
    ImageError
        No valid pixel, values in valid pixels that are no numbers, or a constant image.
    ModelError
        The recipe is unknown or incomplete.
    SettingsError
        The unit is unknown.
    """
    bands = np.asarray(bands, dtype=np.float32)
    # What becomes infinite or NaN is found below, and told in words.
    with _recipe_errors(), np.errstate(all="ignore"):
        if sea is not None and recipe["kind"] == "log_contrast":
            normalised = _Radar(bands, valid, recipe, unit).against(np.asarray(sea))
        else:
            _check(bands, valid)
            normalised = _KINDS[recipe["kind"]](bands, valid, recipe, unit)
        made = np.where(valid, normalised, 0).astype(np.float32)
        expected = (n_channels(len(bands), recipe), *bands.shape[1:])
    if made.shape != expected or not np.isfinite(made).all():
        raise ModelError(
            "The model card's normalisation turns the image into values that are no numbers.",
            "Compare its numbers with those of a bundled model's card.",
        )
    return made


def sea_statistics(
    bands: NDArray, valid: NDArray[np.bool_], recipe: Mapping[str, Any], unit: str | None = None
) -> NDArray[np.float64] | None:
    """What the contrast of a window is measured against; None where no recipe asks.

    Parameters and errors as `normalise`.

    Returns
    -------
    (5B,) float64 array or None
        `SEA_STATISTICS`, one after the other, each for all bands.
    """
    bands = np.asarray(bands, dtype=np.float32)
    _check(bands, valid)
    with _recipe_errors():
        if recipe["kind"] != "log_contrast":
            return None
        return _Radar(bands, valid, recipe, unit).sea()


def n_channels(n_bands: int, recipe: Mapping[str, Any]) -> int:
    """How many channels a network is fed with that many bands."""
    return n_bands * (1 + ("spread" in recipe) + ("speckle" in recipe))


@contextmanager
def _recipe_errors() -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise ModelError(
            f"The model card's normalisation is unknown or incomplete ({error}).",
            f"Known kinds are: {', '.join(_KINDS)}.",
        ) from error


def black(n_bands: int, recipe: Mapping[str, Any]) -> NDArray[np.float32]:
    """What a pixel without any signal becomes, (B,) float32: the lowest contrast for radar.

    Further channels follow by `flat`.

    Raises
    ------
    ModelError
        The recipe is unknown or incomplete.
    """
    if recipe.get("kind") == "log_contrast":
        with _recipe_errors():
            lowest = float(recipe["lowest_db"]) / float(recipe["scale_db"])
        return np.full(n_bands, lowest, dtype=np.float32)
    raw = np.zeros((n_bands, 1, 2), dtype=np.float32)
    raw[..., 1] = 1.0  # a second pixel, because a constant image cannot be normalised
    return normalise(raw, np.ones((1, 2), dtype=bool), recipe)[:, 0, 0]


def flat(
    value: float | NDArray[np.float32],
    bands: NDArray,
    valid: NDArray[np.bool_],
    recipe: Mapping[str, Any],
    unit: str | None = None,
) -> NDArray[np.float32]:
    """All channels, (C,), of a pixel whose first ones have a value, or (B,) values, in a window.

    The further channels of such a pixel follow from the sea of the window. Parameters and errors as
    `normalise`.
    """
    firsts = np.broadcast_to(np.asarray(value, dtype=np.float32), len(bands))
    if n_channels(len(bands), recipe) == len(bands):
        return firsts
    with _recipe_errors():
        radar = _Radar(np.asarray(bands, dtype=np.float32), valid, recipe, unit)
        level, stretch, *others = np.split(radar.sea(), len(SEA_STATISTICS))
        decibels = level + firsts * float(recipe["scale_db"]) / stretch
        channels = [firsts, *_further_channels(decibels, others, recipe)]
    return np.concatenate(channels).astype(np.float32)


def recognise_unit(values: NDArray) -> str:
    """Unit of radar values, (n,) valid pixels of one band: "amplitude", "power" or "db".

    Backscatter in dB over the sea is negative; digital numbers are whole; linear backscatter is
    small.
    """
    if values.min() < 0:
        return "db"
    is_whole = bool((values == np.round(values)).all())
    is_large = values.max() > 0 and np.median(values[values > 0]) > LARGEST_MEDIAN_POWER
    return "amplitude" if is_whole or is_large else "power"


def _check(bands: NDArray[np.float32], valid: NDArray[np.bool_]) -> None:
    if not valid.any():
        raise ImageError(
            "The window holds no valid pixel, only no-data.", "Choose a place inside the image."
        )
    pixels = bands[:, valid]
    if not np.isfinite(pixels).all():
        raise ImageError(
            "The image holds values that are not numbers (NaN or infinite) outside its no-data.",
            "Set the raster's no-data value so that these pixels are left out.",
        )
    if (pixels == pixels[:, :1]).all():
        raise ImageError("The image is constant: every pixel has the same value.")


def _log_contrast(
    bands: NDArray, valid: NDArray[np.bool_], recipe: Mapping[str, Any], unit: str | None
) -> NDArray:
    radar = _Radar(bands, valid, recipe, unit)
    return radar.against(radar.sea().reshape(-1, 1, 1))


class _Radar:
    """Bands in decibels; what both the sea and the contrast against it need is computed once.

    Parameters
    ----------
    bands, valid, recipe, unit
        As `normalise`.
    """

    def __init__(
        self, bands: NDArray, valid: NDArray[np.bool_], recipe: Mapping[str, Any], unit: str | None
    ) -> None:
        _check_unit(unit)
        self._bands, self._valid, self._recipe = bands, valid, recipe
        self._limits = _limits(recipe)
        self._units = [unit or recognise_unit(band[valid]) for band in bands]
        self._decibels = [_decibels(band, valid, u) for band, u in zip(bands, self._units)]
        self._side = _smoothing(recipe)
        # The same for all bands; 16 bits hold the pixels of the largest square.
        counts = valid.astype(np.uint16)
        self._counts = None if self._side == 1 else _square_sums(counts, self._side).clip(1)

    def sea(self) -> NDArray[np.float64]:
        """One statistic of the sea after the other, each for all bands; see `sea_statistics`."""
        bands = zip(self._bands, self._units, self._decibels)
        return np.array([self._sea_of(*band) for band in bands]).T.ravel()

    def against(self, sea: NDArray[np.floating]) -> NDArray:
        """Channels against a sea, (5B, H, W) or (5B, 1, 1); fill becomes the lowest contrast."""
        recipe = self._recipe
        level, stretch, *others = np.split(sea, len(SEA_STATISTICS))
        contrast = np.stack(self._decibels) - level
        contrast = np.stack([self._smoothed(band.clip(*self._limits)) for band in contrast])
        first = (contrast * stretch).clip(*self._limits) / float(recipe["scale_db"])
        further = _further_channels(contrast + level, others, recipe)
        return np.concatenate([first, *further])

    def _sea_of(self, band: NDArray, unit: str, decibels: NDArray) -> list[float]:
        """The statistics of the sea in one band, as `SEA_STATISTICS` names them."""
        valid, recipe, lowest = self._valid, self._recipe, self._limits[0]
        level = _median_db(band[valid], unit)
        contrast = (decibels - level).clip(*self._limits)
        has_signal = valid & (contrast > lowest)
        contrast = self._smoothed(contrast)
        if "sea" in recipe:
            above = _sea_level(contrast, valid, **recipe["sea"])
            level, contrast = level + above, contrast - above
        if not {"narrowest_db", "spread", "speckle"} & set(recipe):
            return [level, 1.0, level, 1.0, 1.0]
        # Land, ships and pixels without any signal are no sea.
        is_sea = has_signal & (contrast < float(recipe["sea"]["land_db"]))
        sea = contrast[is_sea]
        spread, middle = (float(sea.std()), float(np.median(sea))) if sea.size else (np.inf, 0.0)
        narrowest, largest = _stretching(recipe)
        stretch = float(np.clip(narrowest / max(spread, 1e-9), 1.0, largest))
        smallest = float(recipe["spread"]["narrowest_db"]) if "spread" in recipe else 1e-9
        speckle = _speckle((decibels - level)[is_sea] - sea) if "speckle" in recipe else 1.0
        return [level, stretch, level + middle, max(spread, smallest), speckle]

    def _smoothed(self, contrast: NDArray) -> NDArray:
        """Mean over the valid pixels of a square around each, where the recipe asks for it."""
        if self._counts is None:
            return contrast
        shown = np.where(self._valid, contrast, 0).astype(np.float64)
        return _square_sums(shown, self._side) / self._counts


def _further_channels(
    decibels: NDArray, statistics: Sequence[NDArray], recipe: Mapping[str, Any]
) -> list[NDArray]:
    """Channels after the first ones, of smoothed decibels amid a sea of a middle and a spread."""
    middle, spread, speckle = statistics
    channels = []
    if "spread" in recipe:
        channels.append(_over_scale((decibels - middle) / spread, recipe["spread"]))
    if "speckle" in recipe:
        octaves, middle_db = (float(recipe["speckle"][key]) for key in ("octaves", "middle_db"))
        if not (octaves > 0 and middle_db > 0):
            raise ValueError("speckle: octaves and middle_db must be positive")
        doubled = np.log2(speckle / middle_db).clip(-octaves, octaves)
        channels.append(np.broadcast_to(doubled, decibels.shape))
    return channels


def _speckle(differences: NDArray) -> float:
    """Standard deviation, in dB, of the speckle that smoothing takes away; ships and edges apart.

    1.4826 median absolute deviations are a normal distribution's standard deviation.
    """
    return 1.4826 * float(np.median(np.abs(differences))) if differences.size else NO_SIGNAL


def _over_scale(spreads: NDArray, recipe: Mapping[str, Any]) -> NDArray:
    """Standard deviations of the sea as a recipe clips and scales them."""
    lowest, highest = float(recipe["lowest"]), float(recipe["highest"])
    if not (lowest < highest and float(recipe["narrowest_db"]) > 0):
        raise ValueError("spread: lowest is not below highest, or narrowest_db is not positive")
    return spreads.clip(lowest, highest) / float(recipe["scale"])


def _stretching(recipe: Mapping[str, Any]) -> tuple[float, float]:
    """Which standard deviation a recipe stretches a sea to, and by how much at most."""
    if "narrowest_db" not in recipe:
        return 0.0, 1.0
    return float(recipe["narrowest_db"]), float(recipe["largest_stretch"])


def _limits(recipe: Mapping[str, Any]) -> tuple[float, float]:
    """Between which contrasts, in dB, a recipe clips."""
    lowest, highest = float(recipe["lowest_db"]), float(recipe["highest_db"])
    if not lowest < highest:
        raise ValueError("lowest_db is not below highest_db")
    return lowest, highest


def _decibels(band: NDArray, valid: NDArray[np.bool_], unit: str) -> NDArray:
    if unit == "db":
        return band
    return _FACTORS[unit] * np.log10(np.maximum(np.where(valid, band, 0), NO_SIGNAL))


def _smoothing(recipe: Mapping[str, Any]) -> int:
    """Side, in pixels, of the squares over which a recipe averages; 1 where it does not."""
    side = int(recipe.get("smooth", 1))
    if side != 1 and (side % 2 == 0 or not 1 < side <= LARGEST_SMOOTHING):
        raise ValueError(f"smooth: {side}")
    return side


def _square_sums(image: NDArray, side: int) -> NDArray:
    """Sums over squares around the pixels, cut at the edges; of the image's own type.

    Shifted copies are added, always in the same order: a pixel's sum has the same bits in whatever
    window it is read, which running totals would not give.
    """
    rows, columns = image.shape
    padded = np.pad(image, side // 2)
    across = np.zeros((len(padded), columns), image.dtype)
    for shift in range(side):
        across += padded[:, shift : shift + columns]
    sums = np.zeros((rows, columns), image.dtype)
    for shift in range(side):
        sums += across[shift : shift + rows]
    return sums


def _check_unit(unit: str | None) -> None:
    if unit is not None and unit not in UNITS:
        raise SettingsError(
            f"The unit {unit!r} of the radar image is unknown.",
            f"Choose one of: {', '.join(UNITS)}.",
        )


def _median_db(values: NDArray, unit: str) -> float:
    if unit == "db":
        return float(np.median(values))
    # Zeros are fill or the bottom of a coarse scale; neither says how bright the sea is.
    positive = values[values > 0]
    if positive.size == 0:
        raise ImageError("The image has no positive backscatter.", "Choose another unit or band.")
    return float(_FACTORS[unit] * np.log10(np.median(positive)))


def _sea_level(
    contrast: NDArray, valid: NDArray[np.bool_], block: int, percentile: float, land_db: float
) -> float:
    """How far the open sea lies above the median, in dB.

    Blocks average the speckle away; the sea is a high percentile of them, since oil is darker than
    the sea; blocks far brighter than the median are land or ships and do not count.
    """
    side = max(1, min(block, *(length // 4 for length in contrast.shape)))
    levels = _block_means(np.where(valid, contrast, 0), side)
    shares = _block_means(valid.astype(np.float64), side)
    levels = levels[shares > 0.5] / shares[shares > 0.5]
    levels = levels[levels <= land_db]
    return float(np.percentile(levels, percentile)) if levels.size else 0.0


def _block_means(image: NDArray, side: int) -> NDArray:
    rows, columns = (length // side for length in image.shape)
    blocks = image[: rows * side, : columns * side].reshape(rows, side, columns, side)
    return blocks.mean(axis=(1, 3))


def _mean_std(
    bands: NDArray, _valid: NDArray[np.bool_], recipe: Mapping[str, Any], _unit: str | None
) -> NDArray:
    mean, std = (np.asarray(recipe[key], dtype=np.float32) for key in ("mean", "std"))
    if {mean.size, std.size} - {1, len(bands)}:
        raise ValueError("mean and std need one number for each band")
    return (bands - mean.reshape(-1, 1, 1)) / std.reshape(-1, 1, 1)


def _scale(
    bands: NDArray, _valid: NDArray[np.bool_], recipe: Mapping[str, Any], _unit: str | None
) -> NDArray:
    return bands * float(recipe["factor"]) + float(recipe.get("offset", 0.0))


_KINDS = {"log_contrast": _log_contrast, "mean_std": _mean_std, "scale": _scale}
