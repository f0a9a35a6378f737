"""Real SAR images, and five kinds of regions on each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segshap_qgis.explain import Superpixels, hexagons
from segshap_qgis.models import SegmentationModel

ROOT = Path(__file__).resolve().parents[1]
SAMPLE_SCENE = ROOT / "resources" / "sample" / "sample_slick.tif"
# Side of a hexagon in pixels for an image of 512 x 512; smaller images get proportionate ones.
SIDE_AT_512 = 22
WINDOW = 256
# Of the validation images of the training set; only read where a data folder is given.
DATA_CHIPS = (("palsar", "10023"), ("sentinel", "20117"))


@dataclass(frozen=True)
class Chip:
    """An image with the regions that are explained on it.

    Attributes
    ----------
    name, title : str
        For files, and for people: what it is and where it comes from.
    image : (B, H, W) float32 array
        Raw bands.
    valid : (H, W) bool array
        False on no-data.
    superpixels : Superpixels
        The players.
    regions : mapping of str to (H, W) bool arrays
        By kind.
    """

    name: str
    title: str
    image: NDArray[np.float32]
    valid: NDArray[np.bool_]
    superpixels: Superpixels
    regions: dict[str, NDArray[np.bool_]]


def chips(model: SegmentationModel, data: Path | None) -> Iterator[Chip]:
    """The sample scene, a window of it, and with a data folder chips of two sensors.

    All have about as many cells; those beside the sample are smaller images.
    """
    scene = _read(SAMPLE_SCENE)
    whole = _chip("sample", "sample scene, Sentinel-1 VV", scene, model)
    yield whole
    yield _window(whole, model)
    if data is None:
        return
    for sensor, identifier in DATA_CHIPS:
        path = data / "sar_oil_sos" / "val" / sensor / "images" / f"{identifier}.jpg"
        title = f"{sensor} chip {identifier} (Zhu et al. 2021, CC BY 4.0)"
        yield _chip(f"{sensor}-{identifier}", title, _read(path), model)


def explained_class(model: SegmentationModel) -> int:
    """The class that the card proposes, else the last one."""
    default = model.card.default_class
    return model.class_index(default) if default else len(model.class_names) - 1


def _read(path: Path) -> NDArray[np.float32]:
    """First band of a raster, (1, H, W)."""
    from osgeo import gdal

    gdal.UseExceptions()
    bands = gdal.Open(str(path)).ReadAsArray()
    return np.atleast_3d(bands.T).T[:1].astype(np.float32)


def _chip(name: str, title: str, image: NDArray[np.float32], model: SegmentationModel) -> Chip:
    valid = np.ones(image.shape[1:], dtype=bool)
    side = SIDE_AT_512 * image.shape[1] / 512
    probability = model.predict(image, valid)[explained_class(model)]
    regions = find_regions(image[0], probability, size=image.shape[1] // 16)
    cells = hexagons((valid.shape[0], valid.shape[1]), side=side, valid=valid)
    return Chip(name, title, image, valid, cells, regions)


def _window(chip: Chip, model: SegmentationModel) -> Chip:
    """A small image of its own, cut around the oil."""
    part = cropped(chip, WINDOW)
    title = f"{WINDOW} x {WINDOW} window of {chip.title}"
    return _chip(part.name, title, part.image, model)


def find_regions(
    backscatter: NDArray[np.float32], probability: NDArray[np.float32], size: int
) -> dict[str, NDArray[np.bool_]]:
    """Five kinds of regions, found by what the model says; squares of `size` pixels and one pixel.

    Parameters
    ----------
    backscatter : (H, W) array
        What the sensor saw; dark is smooth sea.
    probability : (H, W) array
        Of oil, in [0, 1].
    size : int
        Side of the squares.

    Returns
    -------
    dict
        "slick": where the model is surest of oil; "pixel": its centre; "edge": half in, half out;
        "look-alike": the darkest place that the model does not take for oil, away from all that it
        does; "sea": the place it is surest of being none, as far away.
    """
    from scipy.ndimage import distance_transform_edt, uniform_filter

    mean = uniform_filter(probability.astype(np.float64), size)
    spread = uniform_filter(probability.astype(np.float64) ** 2, size) - mean**2
    brightness = uniform_filter(backscatter.astype(np.float64), size)
    away = distance_transform_edt(probability < 0.5) > 1.5 * size

    slick = _best(mean, size)
    places = {
        "slick": slick,
        "edge": _best(spread, size),
        "look-alike": _best(np.where(away & (mean < 0.25), -brightness, -np.inf), size),
        "sea": _best(np.where(away, -mean, -np.inf), size),
    }
    regions = {kind: _square(place, size, probability.shape) for kind, place in places.items()}
    return {**regions, "pixel": _square(slick, 1, probability.shape)}


def _best(score: NDArray[np.float64], size: int) -> tuple[int, int]:
    """Place of the highest score at least one square away from the image's border."""
    inside = score[size:-size, size:-size]
    row, column = np.unravel_index(int(np.argmax(inside)), inside.shape)
    return int(row) + size, int(column) + size


def _square(place: tuple[int, int], size: int, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    mask = np.zeros(shape, dtype=bool)
    row, column = (p - size // 2 for p in place)
    mask[row : row + size, column : column + size] = True
    return mask


def resized(chip: Chip, side: int) -> Chip:
    """The chip cropped or mirrored to another size, with cells of the same size and no regions."""
    extra = max(0, side - chip.image.shape[1])
    pad = ((0, 0), (0, extra), (0, extra))
    image = np.pad(chip.image, pad, mode="symmetric")[:, :side, :side]
    valid = np.ones((side, side), dtype=bool)
    cells = hexagons((side, side), side=int(chip.superpixels.settings["side"]))
    return Chip(f"{chip.name}-{side}", chip.title, image, valid, cells, {})


def cropped(chip: Chip, side: int) -> Chip:
    """A window around the chip's surest pixel of oil, with as many cells as the whole chip has."""
    if side >= chip.image.shape[1]:
        return chip
    (row,), (column,) = np.nonzero(chip.regions["pixel"])
    top, left = (_start(int(place), side, chip.image.shape[1]) for place in (row, column))
    window = (slice(top, top + side), slice(left, left + side))
    regions = {kind: mask[window] for kind, mask in chip.regions.items() if mask[window].any()}
    valid = chip.valid[window]
    cells = hexagons((side, side), side=SIDE_AT_512 * side / 512, valid=valid)
    image = chip.image[(slice(None), *window)]
    return Chip(f"{chip.name}-{side}", chip.title, image, valid, cells, regions)


def _start(place: int, side: int, size: int) -> int:
    # Off centre, so that the window holds what lies beside the oil as well.
    return min(max(0, place - side // 4), size - side)
