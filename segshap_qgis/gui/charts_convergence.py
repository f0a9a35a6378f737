"""How the map settled: the largest standard error against the evaluations of the model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Optional

from qgis.PyQt.QtCore import QPointF, QRectF, Qt
from qgis.PyQt.QtGui import QColor, QFontMetricsF, QPainter, QPalette, QPen, QPolygonF
from qgis.PyQt.QtWidgets import QWidget

from .charts import Axis, Chart, row_height

LINE = QColor("#4a8fd9")


class ConvergenceChart(Chart):
    """A curve on two logarithmic axes, and the goal at which the run stops."""

    wanted_rows = 7

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.points: list[tuple[int, float]] = []
        self.goal = 0.0
        self.setAccessibleName(self.tr("Precision against evaluations"))
        self.setToolTip(
            self.tr(
                "The largest standard error, as a share of the map's range, after so many "
                "evaluations of the model. The dashed line is the goal of the chosen effort."
            )
        )

    def show_history(self, history: Sequence[tuple[int, float]], goal: Optional[float]) -> None:
        """Draw the refreshes whose precision is known."""
        self.points = [(n, p) for n, p in history if math.isfinite(p) and p > 0 and n > 0]
        self.goal = goal or 0.0
        if self.points:
            spoken = self.tr("{:.1%} after {} evaluations").format(
                self.points[-1][1], self.points[-1][0]
            )
            self.setAccessibleDescription(spoken)
        self.update()

    @property
    def is_drawn(self) -> bool:
        """Whether there are enough points for a curve."""
        return len(self.points) >= 2

    def draw(self, painter: QPainter, area: QRectF, palette: QPalette) -> None:
        """Axes with their first and last value, the curve, the goal."""
        text = palette.color(QPalette.ColorRole.WindowText)
        painter.setPen(text)
        if not self.is_drawn:
            centre = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            painter.drawText(area, centre, self.tr("Too few refreshes for a curve"))
            return
        height = row_height(self.font())
        metrics = QFontMetricsF(self.font())
        left = metrics.horizontalAdvance("00.00 %") + height / 2
        plot = area.adjusted(left, height / 2, -height, -1.4 * height)
        to_x, to_y = self._axes(plot)
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), 1))
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        painter.drawLine(plot.bottomLeft(), plot.topLeft())
        self._draw_goal(painter, plot, to_y, text)
        painter.setPen(QPen(LINE, 2))
        painter.drawPolyline(QPolygonF([QPointF(to_x(n), to_y(p)) for n, p in self.points]))
        self._draw_numbers(painter, plot, to_y, text)

    def _axes(self, plot: QRectF) -> tuple[Axis, Axis]:
        counts = [math.log(n) for n, _ in self.points]
        shares = [math.log(p) for _, p in self.points]
        shares += [math.log(self.goal)] if self.goal else []
        low, high = min(shares), max(shares)
        across, up = (counts[-1] - counts[0]) or 1.0, (high - low) or 1.0
        return (
            lambda n: plot.left() + plot.width() * (math.log(n) - counts[0]) / across,
            lambda p: plot.bottom() - plot.height() * (math.log(p) - low) / up,
        )

    def _draw_goal(self, painter: QPainter, plot: QRectF, to_y: Axis, text: QColor) -> None:
        if self.goal:
            painter.setPen(QPen(text, 1, Qt.PenStyle.DashLine))
            y = to_y(self.goal)
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))

    def _draw_numbers(self, painter: QPainter, plot: QRectF, to_y: Axis, text: QColor) -> None:
        height = row_height(self.font())
        painter.setPen(text)
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for share in (self.points[0][1], self.points[-1][1]):
            row = QRectF(0, to_y(share) - height / 2, plot.left() - height / 4, height)
            painter.drawText(row, right, f"{share:.1%}")
        below = QRectF(plot.left(), plot.bottom() + height * 0.15, plot.width(), height)
        first, last = self.points[0][0], self.points[-1][0]
        painter.drawText(below, int(Qt.AlignmentFlag.AlignLeft), str(first))
        painter.drawText(below, int(Qt.AlignmentFlag.AlignHCenter), self.tr("evaluations"))
        painter.drawText(below, int(Qt.AlignmentFlag.AlignRight), str(last))
