"""What radar contrast is measured against, everywhere in a scene, whatever tile asks.

A model that measures contrast against the open sea finds the sea's level and spread in the window
that it is given. Two tiles find two seas, and their predictions disagree along the seam. Here both
are found as the model finds them, in windows of the model's own size around the nodes of a coarse
grid, and interpolated between them: they depend on the place alone, follow the slow change of the
sea's brightness across the swath, and equal the model's own where a window is centred on a node.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional

import numpy as np
from numpy.typing import NDArray

from ..errors import ImageError
from ..geo.grid import PixelBounds

if TYPE_CHECKING:
    from ..models import SegmentationModel
    from .source import SceneSource

# A window with a smaller share of valid pixels does not tell how bright the sea is.
SMALLEST_SHARE = 0.02


@dataclass(frozen=True)
class SeaSurface:
    """What contrast is measured against on the nodes of a coarse grid.

    Attributes
    ----------
    rows, columns : (R,), (S,) float64 arrays
        Pixel coordinates of the nodes.
    values : (5B, R, S) float64 array
        `segshap_qgis.models.normalisation.SEA_STATISTICS`, each for all bands.
    """

    rows: NDArray[np.float64]
    columns: NDArray[np.float64]
    values: NDArray[np.float64]

    def at(self, bounds: PixelBounds) -> NDArray[np.float32]:
        """The sea at the pixels of a window, (5B, H, W) float32, bilinear between nodes."""
        row0, column0, row1, column1 = bounds
        i, s = _between(self.rows, np.arange(row0, row1) + 0.5)
        j, t = _between(self.columns, np.arange(column0, column1) + 0.5)
        below = np.minimum(i + 1, len(self.rows) - 1)
        right = np.minimum(j + 1, len(self.columns) - 1)
        along_rows = self.values[:, i] * (1 - s)[:, None] + self.values[:, below] * s[:, None]
        return np.asarray(
            along_rows[:, :, j] * (1 - t) + along_rows[:, :, right] * t, dtype=np.float32
        )


def sea_surface(
    model: SegmentationModel,
    source: SceneSource,
    unit: Optional[str],
    window: int,
    on_progress: Callable[[float], None],
) -> Optional[SeaSurface]:
    """Find the sea of a scene; None where the model's recipe does not depend on a window.

    Parameters
    ----------
    model : SegmentationModel
        Whose recipe decides.
    source : SceneSource
        The pixels; land that the user masked does not count.
    unit : str or None
        Unit of the pixel values.
    window : int
        Side of the windows; nodes lie half a window apart.
    on_progress : callable
        Receives the share done.

    Raises
    ------
    ImageError
        No part of the scene has pixels that tell how bright the sea is.
    Interrupted
        The model was told to stop.
    """
    if model.card.normalisation.get("kind") != "log_contrast":
        return None
    from ..models.normalisation import SEA_STATISTICS

    height, width = source.grid.height, source.grid.width
    rows, columns = _nodes(height, window), _nodes(width, window)
    values = np.full((len(SEA_STATISTICS) * source.n_bands, len(rows), len(columns)), np.nan)
    for i, row in enumerate(rows):
        on_progress(i / len(rows))
        for j, column in enumerate(columns):
            model.check_interrupted()
            bounds = (*_around(row, height, window), *_around(column, width, window))
            pixels = source.read((bounds[0], bounds[2], bounds[1], bounds[3]))
            usable = pixels.valid & ~source.land(pixels)
            if usable.mean() >= SMALLEST_SHARE and np.ptp(pixels.bands[:, usable]) > 0:
                values[:, i, j] = model.sea_statistics(pixels.bands, usable, unit)
    return SeaSurface(rows, columns, _filled(values))


def _nodes(length: int, window: int) -> NDArray[np.float64]:
    count = max(1, round(length / (window / 2)) - 1)
    if count == 1:
        return np.array([length / 2])
    return np.linspace(window / 2, length - window / 2, count)


def _around(node: float, length: int, window: int) -> tuple[int, int]:
    start = max(0, min(round(node - window / 2), length - window))
    return start, min(start + window, length)


def _between(
    nodes: NDArray[np.float64], places: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Node before each place, and the share of the way to the next; ends go on as they are."""
    if len(nodes) == 1:
        return np.zeros(len(places), dtype=np.intp), np.zeros(len(places))
    before = np.searchsorted(nodes, places, side="right").clip(1, len(nodes) - 1) - 1
    share = (places - nodes[before]) / (nodes[before + 1] - nodes[before])
    return before, share.clip(0, 1)


def _filled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Nodes that know no sea take that of the nearest one that does."""
    known = np.argwhere(np.isfinite(values[0]))
    if not len(known):
        raise ImageError(
            "The scene holds no part with enough valid pixels.",
            "Check its no-data value and the land mask.",
        )
    for i, j in np.argwhere(~np.isfinite(values[0])):
        nearest: Sequence[int] = known[((known - (i, j)) ** 2).sum(axis=1).argmin()]
        values[:, i, j] = values[:, nearest[0], nearest[1]]
    return values
