"""Panels of figures: images, super-pixels, signed maps."""

from __future__ import annotations

from typing import Any, Optional

import numpy as np
from numpy.typing import NDArray

from segshap_qgis.explain import Superpixels
from segshap_qgis.figures import heat_colours, new_figure, signed_colours


def row(n_panels: int) -> tuple[Any, Any]:
    """A figure with panels beside each other, and their axes."""
    figure = new_figure(3.6 * n_panels, 3.4)
    return figure, np.atleast_1d(figure.subplots(1, n_panels))


def show_image(
    axis: Any, image: NDArray[np.floating], region: Optional[NDArray[np.bool_]] = None
) -> None:
    """An image (B, H, W), stretched; of three bands in colour, else the first in grey."""
    low, high = np.percentile(image, [1, 99])
    shown = np.clip((image - low) / max(high - low, 1e-9), 0, 1)
    axis.imshow(np.moveaxis(shown, 0, -1) if len(shown) == 3 else shown[0], cmap="gray")
    if region is not None:
        outline(axis, region)
    axis.set_axis_off()


def show_cells(axis: Any, image: NDArray[np.floating], cells: Superpixels) -> None:
    """Edges of super-pixels on the image."""
    show_image(axis, image)
    labels = cells.labels
    edges = np.zeros(labels.shape, dtype=bool)
    edges[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    edges[1:] |= labels[1:] != labels[:-1]
    axis.imshow(np.where(edges, 1.0, np.nan), cmap="autumn", interpolation="nearest")


def show_signed(figure: Any, axis: Any, values: NDArray[np.floating], title: str) -> None:
    """Signed values (H, W) in the colours of the map in QGIS: symmetric about zero, white."""
    limit = float(np.nanmax(np.abs(values))) or 1.0
    shown = axis.imshow(
        values, cmap=signed_colours(), vmin=-limit, vmax=limit, interpolation="nearest"
    )
    figure.colorbar(shown, ax=axis)
    axis.set_title(title)
    axis.set_axis_off()


def show_heat(figure: Any, axis: Any, values: NDArray[np.floating], title: str) -> None:
    """Values without a sign (H, W) in the colours of the map in QGIS."""
    figure.colorbar(axis.imshow(values, cmap=heat_colours()), ax=axis)
    axis.set_title(title)
    axis.set_axis_off()


def outline(axis: Any, region: NDArray[np.bool_]) -> None:
    """Edge of a region (H, W)."""
    axis.contour(region.astype(float), levels=[0.5], colors="#2166ac", linewidths=1.2)
