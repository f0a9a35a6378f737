"""What is left of a map as the model's layers are re-initialised, from its output backwards."""

from __future__ import annotations

from typing import Any, Optional

import numpy as np
from qgis.PyQt.QtCore import QPointF, QRectF, Qt
from qgis.PyQt.QtGui import QFontMetricsF, QPainter, QPalette, QPen
from qgis.PyQt.QtWidgets import QWidget

from .charts import FoundChart, draw_share_axes, line_in, row_height
from .charts_curves import OWN, REVERSE
from .charts_key import draw_key


class LayersChart(FoundChart):
    """Rank correlation with the map against the share of the layers that are re-initialised."""

    wanted_rows = 12

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Likeness to the map of re-initialised models"))
        self.setToolTip(
            self.tr(
                "Blue: rank correlation of the map with that of the model after a share of its "
                "layers, counted from its output, has lost what it learnt. Orange, without the "
                "signs. The dotted line is what another seed reaches. A map that shows what the "
                "model has learnt falls towards 0."
            )
        )

    def spoken(self) -> str:
        """Shares of the layers and what is left."""
        shares, correlations = self.found.layers / self.found.n_layers, self.found.correlation
        return "; ".join(f"{share:.0%}: {value:.2f}" for share, value in zip(shares, correlations))

    def draw_found(self, painter: QPainter, area: QRectF, palette: QPalette) -> None:
        """Axes, the ceiling, both curves from it on."""
        ceiling = QPen(palette.color(QPalette.ColorRole.WindowText), 1, Qt.PenStyle.DotLine)
        names = (self.tr("rank correlation"), self.tr("without signs"), self.tr("another seed"))
        area = draw_key(painter, area, palette, list(zip((OWN, REVERSE, ceiling), names)))
        height = row_height(self.font())
        left = QFontMetricsF(self.font()).horizontalAdvance("-0.00") + height / 3
        plot = area.adjusted(left, height / 2, -height / 2, -2 * height)
        limits = self._limits()
        marks = {f"{value:g}": value for value in {limits[0], 0.0, 1.0}}
        draw_share_axes(painter, plot, palette, limits, marks, self.tr("layers re-initialised"))
        shares = np.append(0.0, self.found.layers / self.found.n_layers)
        self._draw_line(painter, plot, [0.0, 1.0], [self.found.ceiling] * 2, ceiling)
        for values, pen in (
            (self.found.absolute_correlation, REVERSE),
            (self.found.correlation, OWN),
        ):
            points = np.append(self.found.ceiling, values)
            known = np.isfinite(points)
            self._draw_line(painter, plot, shares[known], points[known], pen)
        self._draw_numbers(painter, plot, shares[1:], self.found.correlation, palette)

    def _draw_line(self, painter: QPainter, plot: QRectF, xs: Any, ys: Any, pen: QPen) -> None:
        painter.setPen(pen)
        line = line_in(plot, self._limits(), xs, ys)
        painter.drawPolyline(line)
        for point in line:
            painter.drawEllipse(QPointF(point), 1.5, 1.5)

    def _draw_numbers(
        self, painter: QPainter, plot: QRectF, xs: Any, ys: Any, palette: QPalette
    ) -> None:
        """The signed correlations below their points, where they hide neither line."""
        painter.setPen(palette.color(QPalette.ColorRole.WindowText))
        height = row_height(self.font())
        for point, value in zip(line_in(plot, self._limits(), xs, np.nan_to_num(ys)), ys):
            # Within the plot: the last one stands at its right edge.
            row = QRectF(point.x() - 2 * height, point.y() + height / 4, 4 * height, height)
            row.moveRight(min(row.right(), plot.right() + height / 2))
            side = Qt.AlignmentFlag.AlignRight if point.x() > row.center().x() + 1 else None
            flags = side or Qt.AlignmentFlag.AlignHCenter
            painter.drawText(row, int(flags), f"{value:.2f}" if np.isfinite(value) else "–")

    def _limits(self) -> tuple[float, float]:
        """From 0 to 1, or from -1 where a correlation is negative."""
        values = np.append(self.found.correlation, self.found.absolute_correlation)
        return (-1.0 if np.nanmin(values, initial=0.0) < 0 else 0.0), 1.0
