"""Raw pixel values to what a network was trained on, following the recipe on its model card."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ImageError, ModelError, SettingsError

UNITS = ("amplitude", "power", "db")

# Sea and land seldom reach a backscatter of 2 (3 dB) in the median; amplitudes, digital numbers and
# grey values lie far above.
LARGEST_MEDIAN_POWER = 2.0


def normalise(
    bands: NDArray,
    valid: NDArray[np.bool_],
    recipe: Mapping[str, Any],
    unit: str | None = None,
    levels: NDArray[np.floating] | None = None,
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
        dB against the median of each band, clipped, over a fixed scale. Dividing by the window's
        own spread instead would blow the speckle of an empty sea up to the strength of a slick.
        With ``"sea": {"block", "percentile", "land_db"}`` the contrast is against the open sea as
        `_sea_level` finds it, so that a slick that fills most of the window is dark all the same.
        ``{"kind": "mean_std", "mean": [...], "std": [...]}`` or
        ``{"kind": "scale", "factor": ..., "offset": ...}`` for optical images.
    unit : {"amplitude", "power", "db"}, optional
        Unit of radar values; recognised from the data by default.
    levels : (B, H, W) or (B, 1, 1) array, optional
        What radar contrast is measured against, in dB, instead of the window's own levels: one
        scene cut into windows needs levels that do not depend on the cut.

    Returns
    -------
    (B, H, W) float32 array
        Dimensionless; 0 on no-data, which is the median or the open sea for radar.

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
    with _recipe_errors():
        if levels is not None and recipe["kind"] == "log_contrast":
            normalised = _against(bands, valid, recipe, unit, levels)
        else:
            _check(bands, valid)
            normalised = _KINDS[recipe["kind"]](bands, valid, recipe, unit)
    return np.where(valid, normalised, 0).astype(np.float32)


def sea_levels(
    bands: NDArray, valid: NDArray[np.bool_], recipe: Mapping[str, Any], unit: str | None = None
) -> NDArray[np.float64] | None:
    """What the contrast of a window is measured against: (B,) in dB; None where no recipe asks.

    Parameters and errors as `normalise`.
    """
    bands = np.asarray(bands, dtype=np.float32)
    _check(bands, valid)
    with _recipe_errors():
        if recipe["kind"] != "log_contrast":
            return None
        limits = float(recipe["lowest_db"]), float(recipe["highest_db"])
        found = []
        for band in bands:
            level = _median_db(band[valid], unit or recognise_unit(band[valid]))
            if "sea" in recipe:
                contrast = _contrast_db(band, valid, unit, limits[0]).clip(*limits)
                level += _sea_level(contrast, valid, **recipe["sea"])
            found.append(level)
    return np.array(found)


@contextmanager
def _recipe_errors() -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"The model card's normalisation is unknown or incomplete ({error}).",
            f"Known kinds are: {', '.join(_KINDS)}.",
        ) from error


def black(n_bands: int, recipe: Mapping[str, Any]) -> NDArray[np.float32]:
    """What a pixel without any signal becomes, (B,) float32: the lowest contrast for radar.

    Raises
    ------
    ModelError
        The recipe is unknown or incomplete.
    """
    if recipe.get("kind") == "log_contrast":
        lowest = float(recipe["lowest_db"]) / float(recipe["scale_db"])
        return np.full(n_bands, lowest, dtype=np.float32)
    raw = np.zeros((n_bands, 1, 2), dtype=np.float32)
    raw[..., 1] = 1.0  # a second pixel, because a constant image cannot be normalised
    return normalise(raw, np.ones((1, 2), dtype=bool), recipe)[:, 0, 0]


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
    _check_unit(unit)
    limits = float(recipe["lowest_db"]), float(recipe["highest_db"])
    contrast = np.stack([_contrast_db(band, valid, unit, limits[0]) for band in bands])
    if "sea" in recipe:
        levels = [_sea_level(band.clip(*limits), valid, **recipe["sea"]) for band in contrast]
        contrast -= np.reshape(levels, (-1, 1, 1))
    return contrast.clip(*limits) / float(recipe["scale_db"])


def _against(
    bands: NDArray,
    valid: NDArray[np.bool_],
    recipe: Mapping[str, Any],
    unit: str | None,
    levels: NDArray[np.floating],
) -> NDArray:
    """Contrast against given levels; fill and zeros become the lowest contrast."""
    _check_unit(unit)
    limits = float(recipe["lowest_db"]), float(recipe["highest_db"])
    unit = unit or recognise_unit(bands[:, valid])
    if unit == "db":
        decibels = bands
    else:
        factor = 20 if unit == "amplitude" else 10
        decibels = factor * np.log10(np.maximum(np.where(valid, bands, 0), 1e-12))
    return (decibels - levels).clip(*limits) / float(recipe["scale_db"])


def _check_unit(unit: str | None) -> None:
    if unit is not None and unit not in UNITS:
        raise SettingsError(
            f"The unit {unit!r} of the radar image is unknown.",
            f"Choose one of: {', '.join(UNITS)}.",
        )


def _median_db(values: NDArray, unit: str) -> float:
    if unit == "db":
        return float(np.median(values))
    positive = values[values > 0]
    if positive.size == 0:
        raise ImageError("The image has no positive backscatter.", "Choose another unit or band.")
    return float((20 if unit == "amplitude" else 10) * np.log10(np.median(positive)))


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


def _contrast_db(
    band: NDArray, valid: NDArray[np.bool_], unit: str | None, lowest_db: float
) -> NDArray:
    values = band[valid]
    unit = unit or recognise_unit(values)
    if unit == "db":
        return band - np.median(values)
    # Zeros are fill or the bottom of a coarse scale; neither says how bright the sea is.
    positive = values[values > 0]
    if positive.size == 0:
        raise ImageError("The image has no positive backscatter.", "Choose another unit or band.")
    factor = 20 if unit == "amplitude" else 10
    floor = 10 ** (lowest_db / factor)
    ratio = np.where(valid, band, 0) / np.median(positive)
    return factor * np.log10(np.maximum(ratio, floor))


def _mean_std(
    bands: NDArray, _valid: NDArray[np.bool_], recipe: Mapping[str, Any], _unit: str | None
) -> NDArray:
    mean, std = (np.asarray(recipe[key], dtype=np.float32) for key in ("mean", "std"))
    return (bands - mean.reshape(-1, 1, 1)) / std.reshape(-1, 1, 1)


def _scale(
    bands: NDArray, _valid: NDArray[np.bool_], recipe: Mapping[str, Any], _unit: str | None
) -> NDArray:
    return bands * float(recipe["factor"]) + float(recipe.get("offset", 0.0))


_KINDS = {"log_contrast": _log_contrast, "mean_std": _mean_std, "scale": _scale}
