"""A run at a glance: its map of contributions, as small as a line of text allows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from qgis.PyQt.QtGui import QColor, QIcon, QImage, QPixmap

from ..colours import ORANGE_WHITE_PURPLE, POSITIONS, RED_WHITE_GREEN
from ..layers.styles import largest

SIDE = 96
NOTHING = (128, 128, 128)


def thumbnail(record: Any, colour_blind: bool) -> QIcon:
    """The contributions in their colours, the region of interest in blue.

    Parameters
    ----------
    record : Record
        What is shown.
    colour_blind : bool
        Orange to purple instead of red to green.
    """
    pixels = coloured(record, colour_blind)
    height, width = pixels.shape[:2]
    image = QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
    return QIcon(QPixmap.fromImage(image))


def coloured(record: Any, colour_blind: bool) -> NDArray[np.uint8]:
    """Colours of the thumbnail: (h, w, 3) with neither side above `SIDE`."""
    labels = record.explanation.superpixels.labels
    step = -(-max(labels.shape) // SIDE)
    values = record.explanation.to_map(record.target)[::step, ::step].astype(np.float64)
    palette = ORANGE_WHITE_PURPLE if colour_blind else RED_WHITE_GREEN
    stops = np.array([QColor(name).getRgb()[:3] for name in palette], dtype=np.float64)
    places = np.array(POSITIONS) * largest(values)
    known = np.isfinite(values)
    channels = [
        np.where(known, np.interp(np.where(known, values, 0.0), places, stop), grey)
        for stop, grey in zip(stops.T, NOTHING)
    ]
    pixels = np.stack(channels, axis=-1).round().astype(np.uint8)
    region = record.region[::step, ::step]
    pixels[region] = pixels[region] // 2 + np.array([0, 85, 127], dtype=np.uint8)
    return np.ascontiguousarray(pixels)
