"""The table of super-pixels: what a person reads off one cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..explain import is_heat
from .records import Record


class Column(NamedTuple):
    """One attribute: its name, and the value of every row as a plain Python number or text."""

    name: str
    values: Sequence[Any]

    def field_type(self) -> int:
        """GDAL's type of field for the values."""
        from osgeo import ogr

        if isinstance(self.values[0], str):
            return int(ogr.OFTString)
        return int(ogr.OFTInteger64 if isinstance(self.values[0], int) else ogr.OFTReal)


def cell_columns(record: Record) -> list[Column]:
    """Attributes of every super-pixel for the target that is shown.

    Returns
    -------
    list of Column, each with M values
        - ``cell``: number of the super-pixel, from 0;
        - ``contribution``, ``standard_error``: in the unit of the model's output (NaN: not known);
        - ``rank``: 1 for the largest absolute contribution;
        - ``share``: contribution over prediction minus base value (NaN where that is 0, or where
          the values are heat, which does not add up to it);
        - ``area_pixels`` and ``area_map``: area, the latter in square units of the CRS;
        - ``mean_backscatter``: mean raw value; ``mean_band_1`` ... where there are several bands.
    """
    found, target = record.explanation, record.target
    contributions = found.values[target]
    cells = np.arange(len(contributions))
    rank = np.empty_like(cells)
    rank[np.argsort(-np.abs(contributions), kind="stable")] = cells + 1
    difference = found.prediction[target] - found.base[target]
    areas = found.superpixels.areas
    _, x_column, x_row, _, y_column, y_row = record.window.transform
    columns = {
        "cell": cells,
        "contribution": contributions,
        "standard_error": found.standard_errors[target],
        "rank": rank,
        "share": contributions / (np.nan if is_heat(found) or not difference else difference),
        "area_pixels": areas,
        "area_map": areas * abs(x_column * y_row - x_row * y_column),
        **dict(_means(record)),
    }
    return [Column(name, values.tolist()) for name, values in columns.items()]


def _means(record: Record) -> Iterator[tuple[str, Any]]:
    superpixels, bands = record.explanation.superpixels, record.window.bands
    of_a_cell = superpixels.labels >= 0
    players = superpixels.labels[of_a_cell]
    for number, band in enumerate(bands, 1):
        total = np.bincount(players, weights=band[of_a_cell], minlength=superpixels.n_players)
        name = "mean_backscatter" if len(bands) == 1 else f"mean_band_{number}"
        yield name, total / superpixels.areas
