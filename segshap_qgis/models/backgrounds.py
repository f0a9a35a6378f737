"""What absent super-pixels are painted with."""

from __future__ import annotations

from typing import Any, Union

import numpy as np
from numpy.typing import NDArray

from ..errors import SettingsError
from ..explain.types import Superpixels

Background = Union[str, float, NDArray]
KINDS = ("mean", "zero", "local_mean", "blur")


def background_image(
    kind: Background,
    image: NDArray[np.float32],
    valid: NDArray[np.bool_],
    superpixels: Superpixels,
) -> NDArray[np.float32]:
    """The image that a coalition without any super-pixel shows.

    Parameters
    ----------
    kind : str, (C,) or (C, H, W) array
        ``"mean"``: mean of the valid pixels of each channel. ``"local_mean"``: mean of each
        cell. ``"blur"``: the image blurred over about a cell. An array: these values of the
        channels, everywhere or pixel by pixel, in normalised units.
    image : (C, H, W) float32 array
        Normalised image.
    valid : (H, W) bool array
        False on no-data, which enters no mean.
    superpixels : Superpixels
        Cells, for ``"local_mean"`` and for the width of ``"blur"``.

    Raises
    ------
    SettingsError
        The kind is unknown, or the array has another shape than the image.
    """
    if isinstance(kind, str):
        if kind == "mean":
            return _fill(image[:, valid].mean(axis=1, dtype=np.float64), image.shape)
        if kind == "local_mean":
            return _cell_means(image, superpixels)
        if kind == "blur":
            return _blur(image, valid, sigma=np.sqrt(superpixels.areas.mean()) / 2)
        raise SettingsError(f"Unknown background {kind!r}.", f"Choose one of: {', '.join(KINDS)}.")
    values = np.asarray(kind, dtype=np.float32)
    if values.shape == image.shape[:1] and np.isfinite(values).all():
        return _fill(values, image.shape)
    if values.shape != image.shape or not np.isfinite(values).all():
        raise SettingsError("A background image needs the image's own shape and finite values.")
    return values


def _fill(values: Any, shape: tuple[int, ...]) -> NDArray[np.float32]:
    column = np.asarray(values, dtype=np.float32)[:, None, None]
    return np.broadcast_to(column, shape).copy()


def _cell_means(image: NDArray[np.float32], superpixels: Superpixels) -> NDArray[np.float32]:
    background = image.copy()
    players = superpixels.labels >= 0
    labels = superpixels.labels[players]
    for band, painted in zip(image, background):
        sums = np.bincount(labels, weights=band[players], minlength=superpixels.n_players)
        painted[players] = (sums / superpixels.areas)[labels]
    return background


def _blur(
    image: NDArray[np.float32], valid: NDArray[np.bool_], sigma: float
) -> NDArray[np.float32]:
    """Gaussian blur that neither reads no-data nor darkens towards it or the border."""
    weight = _smooth(valid.astype(np.float64), sigma)
    blurred = [_smooth(np.where(valid, band, 0.0), sigma) for band in image]
    return np.stack([b / np.maximum(weight, 1e-12) for b in blurred]).astype(np.float32)


def _smooth(plane: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    radius = max(1, int(np.ceil(3 * sigma)))
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    for axis in (0, 1):
        length = plane.shape[axis] + 2 * radius
        spectrum = np.fft.rfft(plane, n=length, axis=axis)
        transfer = np.fft.rfft(kernel / kernel.sum(), n=length)
        shape = [-1 if a == axis else 1 for a in (0, 1)]
        smooth = np.fft.irfft(spectrum * transfer.reshape(shape), n=length, axis=axis)
        plane = np.take(smooth, np.arange(radius, radius + plane.shape[axis]), axis=axis)
    return plane
