"""The game that a segmentation model plays on an image: the plain, batched path.

`v(z)` is the mean over the region of interest of the model's output for one class, on the image
with the absent super-pixels painted with the background (Dardouillet et al. 2022, section 3). One
pass over the coalitions serves every region and every class.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import RegionError, SettingsError
from ..explain.types import Superpixels
from .backgrounds import Background, background_image
from .normalisation import black
from .segmentation import SegmentationModel

OUTPUTS = ("probability", "logit", "decision")
# Pixels that one call of the network sees at most: bounds its memory, and keeps a cancel prompt.
PIXELS_PER_BATCH = 2**20


class MaskedGame:
    """Coalitions of super-pixels in, region means of a model's outputs out.

    Super-pixels that are absent are painted with the background; pixels of no super-pixel
    (label -1: no-data, masked land) are never painted.

    Parameters
    ----------
    model : SegmentationModel
        The black box.
    image : (B, H, W) array
        Raw bands.
    superpixels : Superpixels
        The players; same (H, W).
    regions : sequence of (H, W) bool arrays
        Regions of interest; their no-data pixels do not count. A pixel is a region of one pixel.
    targets : sequence of str or int
        Classes, by name or index.
    background : str, float or (B, H, W) array, default "mean"
        ``"zero"``: raw values of zero; beware that black *is* oil to a SAR model. A number: that
        value, in normalised units, in all bands. Else as
        `segshap_qgis.models.backgrounds.background_image` takes it.
    output : {"probability", "logit", "decision"}, default "probability"
        What is averaged over the region: softmax, the raw score, or 1 where the class wins, else 0.
    valid : (H, W) bool array, optional
        False on no-data.
    unit : str, optional
        Unit of the raw values, where the model's normalisation cares; recognised by default.
    batch_size : int, optional
        Coalitions that the network sees at once; bounded by memory by default.

    Attributes
    ----------
    n_players, n_targets : int
        M, and number of regions times number of classes.
    target_names : list of str
        Region-major: all classes of the first region, then of the second...

    Raises
    ------
    ImageError, RegionError, SettingsError
        See the messages: each names what does not fit and what to do.
    """

    def __init__(
        self,
        model: SegmentationModel,
        image: NDArray,
        superpixels: Superpixels,
        regions: Sequence[NDArray[np.bool_]],
        targets: Sequence[str | int],
        background: Background = "mean",
        output: str = "probability",
        *,
        valid: NDArray[np.bool_] | None = None,
        unit: str | None = None,
        batch_size: int | None = None,
    ) -> None:
        if output not in OUTPUTS:
            raise SettingsError(
                f"Unknown output {output!r}.", f"Choose one of: {', '.join(OUTPUTS)}."
            )
        if not targets:
            raise SettingsError("No class was chosen.", "Choose at least one class.")
        if superpixels.n_players == 0:
            raise SettingsError(
                "There is no super-pixel to explain.", "Choose smaller super-pixels."
            )
        normalised = model.normalise(image, valid, unit)
        shape = normalised.shape[1:]
        if superpixels.shape != shape:
            raise SettingsError("The super-pixels were made for an image of another size.")
        valid = np.ones(shape, dtype=bool) if valid is None else np.asarray(valid, dtype=bool)

        self.model = model
        self.superpixels = superpixels
        self.output = output
        self.classes = [model.class_index(target) for target in targets]
        self.region_pixels = [
            torch.from_numpy(_pixels_of(region, valid)).to(model.device)
            for region in _checked_regions(regions, shape)
        ]
        self.target_names = _target_names(model, self.classes, len(self.region_pixels))
        self.n_players = superpixels.n_players
        self.n_targets = len(self.target_names)
        self.batch_size = batch_size or max(1, PIXELS_PER_BATCH // (shape[0] * shape[1]))
        self.mask_batch_size = self.batch_size

        value = _flat_value(background, model)
        kind = background if value is None else model.flat(value, image, valid, unit)
        painted = background_image(kind, normalised, valid, superpixels)
        self.image = torch.from_numpy(normalised).to(model.device)
        self.background = torch.from_numpy(painted).to(model.device)
        # Pixels of no super-pixel read one more player that is always present.
        labels = np.where(superpixels.labels < 0, superpixels.n_players, superpixels.labels)
        self.labels = torch.from_numpy(labels.astype(np.int64)).to(model.device)

    def __call__(self, coalitions: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Values v(z): (K, M) bool coalitions to (K, T) float64."""
        coalitions = np.asarray(coalitions, dtype=bool)
        if coalitions.ndim != 2 or coalitions.shape[1] != self.n_players:
            raise SettingsError(f"Coalitions need {self.n_players} columns, one a super-pixel.")
        starts = range(0, len(coalitions), self.batch_size)
        batches = [self._values(coalitions[i : i + self.batch_size]) for i in starts]
        return np.concatenate(batches) if batches else np.empty((0, self.n_targets))

    def evaluate_masks(self, masks: NDArray[np.floating]) -> NDArray[np.float64]:
        """Values under soft masks: (K, H, W) in [0, 1], 1 shows the image, to (K, T) float64.

        Pixels of no super-pixel are shown whatever a mask says.
        """
        masks = np.asarray(masks, dtype=np.float32)
        starts = range(0, len(masks), self.mask_batch_size)
        batches = [
            self._soft_values(self._shown(masks[i : i + self.mask_batch_size])) for i in starts
        ]
        return np.concatenate(batches) if batches else np.empty((0, self.n_targets))

    def _values(self, coalitions: NDArray[np.bool_]) -> NDArray[np.float64]:
        present = torch.from_numpy(coalitions).to(self.model.device)
        always = torch.ones(len(present), 1, dtype=torch.bool, device=present.device)
        shown = torch.cat([present, always], dim=1)[:, self.labels]
        images = torch.where(shown[:, None], self.image, self.background)
        return self.read_out(self.model.logits(images))

    def _shown(self, masks: NDArray[np.float32]) -> Tensor:
        """Masks as (K, H, W) tensors that leave the pixels of no super-pixel as they are."""
        shown = torch.from_numpy(masks).to(self.model.device)
        return shown.masked_fill(self.labels == self.n_players, 1.0)

    def _soft_values(self, shown: Tensor) -> NDArray[np.float64]:
        images = self.background + shown[:, None] * (self.image - self.background)
        return self.read_out(self.model.logits(images))

    def read_out(
        self, logits: Tensor, region_pixels: Sequence[Tensor] | None = None
    ) -> NDArray[np.float64]:
        """Region means of the chosen output: (N, C, h, w) logits to (N, T) float64.

        Parameters
        ----------
        logits : (N, C, h, w) tensor
            Scores on the image, or on any window that holds the regions.
        region_pixels : sequence of 1-d integer tensors, optional
            Flat indices of each region in (h, w); those of the whole image by default.
        """
        flat = logits.flatten(start_dim=2)
        pixels_of_regions = self.region_pixels if region_pixels is None else region_pixels
        means = [self._class_means(flat[:, :, pixels]) for pixels in pixels_of_regions]
        return torch.cat(means, dim=1).cpu().numpy()

    def _class_means(self, scores: Tensor) -> Tensor:
        """(N, C, P) scores of a region's P pixels to (N, number of targets) float64 means."""
        if self.output == "decision":
            winners = scores.argmax(dim=1)
            chosen = torch.stack([winners == c for c in self.classes], dim=1)
        elif self.output == "probability":
            chosen = scores.softmax(dim=1)[:, self.classes]
        else:
            chosen = scores[:, self.classes]
        return chosen.double().mean(dim=2)


def _flat_value(
    background: Background, model: SegmentationModel
) -> float | NDArray[np.float32] | None:
    """The normalised value of the bands, one or each its own, that a background is all over."""
    if isinstance(background, str):
        is_black = background == "zero"
        return black(len(model.card.bands), model.card.normalisation) if is_black else None
    return float(background) if np.ndim(background) == 0 else None


def _checked_regions(
    regions: Sequence[NDArray[np.bool_]], shape: tuple[int, ...]
) -> list[NDArray[np.bool_]]:
    checked = [np.asarray(region, dtype=bool) for region in regions]
    if not checked:
        raise RegionError("There is no region to explain.", "Click a pixel or draw a region.")
    if any(region.shape != shape for region in checked):
        raise RegionError("A region lies outside the image.", "Draw it inside the raster.")
    return checked


def _pixels_of(region: NDArray[np.bool_], valid: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Flat indices of a region's valid pixels."""
    if not region.any():
        raise RegionError("The region holds no pixel.", "Draw a larger region, or click a pixel.")
    pixels = np.flatnonzero(region & valid)
    if not len(pixels):
        raise RegionError(
            "The region lies on no-data.", "Choose a place where the raster has data."
        )
    return pixels.astype(np.int64)


def _target_names(model: SegmentationModel, classes: Sequence[int], n_regions: int) -> list[str]:
    names = [model.class_names[c] for c in classes]
    if n_regions == 1:
        return names
    return [f"region {r + 1}: {name}" for r in range(n_regions) for name in names]
