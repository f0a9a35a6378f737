"""Deletion and insertion curves, with the reverse order and random orders beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

import numpy as np
from qgis.PyQt.QtCore import QRectF, Qt
from qgis.PyQt.QtGui import QColor, QFontMetricsF, QPainter, QPalette, QPen, QPolygonF
from qgis.PyQt.QtWidgets import QWidget

from .charts import FoundChart, draw_share_axes, line_in, row_height
from .charts_key import draw_key

OWN = QPen(QColor("#4a8fd9"), 2)
REVERSE = QPen(QColor("#d98b4a"), 2, Qt.PenStyle.DashLine)
RANDOM_OPACITY = 60
POINTS = 41


class CurvesChart(FoundChart):
    """Two plots side by side: share of the difference against the share of the area changed."""

    wanted_rows = 14

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Deletion and insertion curves"))
        self.setToolTip(
            self.tr(
                "Left, cells are hidden one after the other, the strongest first (blue): a good "
                "map lets the output fall at once. Right, they are shown on the background: it "
                "rises at once. Orange is the reverse order, grey are random orders; the numbers "
                "are areas under the curves."
            )
        )

    def spoken(self) -> str:
        """The areas under the curves."""
        return "; ".join(self._titles()).replace("\n", ", ")

    def draw_found(self, painter: QPainter, area: QRectF, palette: QPalette) -> None:
        """Deletion on the left, insertion on the right."""
        names = (self.tr("strongest first"), self.tr("reverse"), self.tr("random"))
        pens = (OWN, REVERSE, QPen(_shade(palette), 6))
        area = draw_key(painter, area, palette, list(zip(pens, names)))
        found, half = self.found, area.width() / 2
        plots = (
            (found.deletion, found.reverse_deletion, found.random_deletion),
            (found.insertion, found.reverse_insertion, found.random_insertion),
        )
        limits = _limits([curve for own, reverse, _ in plots for curve in (own, reverse)])
        for index, (title, curves) in enumerate(zip(self._titles(), plots)):
            place = QRectF(area.left() + index * half, area.top(), half, area.height())
            self._draw_plot(painter, place, palette, title, curves, limits)

    def _titles(self) -> list[str]:
        found = self.found
        return [
            self.tr("deletion {:.2f}\nrandom {:.2f}").format(
                found.deletion.auc, _mean_auc(found.random_deletion)
            ),
            self.tr("insertion {:.2f}\nrandom {:.2f}").format(
                found.insertion.auc, _mean_auc(found.random_insertion)
            ),
        ]

    def _draw_plot(
        self,
        painter: QPainter,
        place: QRectF,
        palette: QPalette,
        title: str,
        curves: tuple[Any, Any, Sequence[Any]],
        limits: tuple[float, float],
    ) -> None:
        height = row_height(self.font())
        text = palette.color(QPalette.ColorRole.WindowText)
        metrics = QFontMetricsF(self.font())
        left = metrics.horizontalAdvance("100%") + height / 3
        plot = place.adjusted(left, 2.2 * height, -height / 2, -2 * height)

        def line(area: Any, value: Any) -> QPolygonF:
            return line_in(plot, limits, area, value)

        own, reverse, random = curves
        painter.setPen(text)
        heading = QRectF(place.left(), place.top(), place.width(), 2 * height)
        painter.drawText(heading, int(Qt.AlignmentFlag.AlignCenter), title)
        marks = {f"{share:.0%}": share for share in (0.0, 1.0)}
        draw_share_axes(painter, plot, palette, limits, marks, self.tr("area"))
        painter.save()
        painter.setClipRect(plot)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_shade(palette))
        grid, lowest, highest = _range_of(random)
        outline = line(np.append(grid, grid[::-1]), np.append(lowest, highest[::-1]))
        painter.drawPolygon(outline)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(REVERSE)
        painter.drawPolyline(line(reverse.area, reverse.value))
        painter.setPen(OWN)
        painter.drawPolyline(line(own.area, own.value))
        painter.restore()


def _shade(palette: QPalette) -> QColor:
    shade = QColor(palette.color(QPalette.ColorRole.WindowText))
    shade.setAlpha(RANDOM_OPACITY)
    return shade


def _mean_auc(curves: Sequence[Any]) -> float:
    return float(np.mean([curve.auc for curve in curves]))


def _limits(curves: Sequence[Any]) -> tuple[float, float]:
    """From 0 to 1, and further where a curve leaves that."""
    values = np.concatenate([curve.value for curve in curves])
    return min(0.0, float(values.min())), max(1.0, float(values.max()))


def _range_of(curves: Sequence[Any]) -> tuple[Any, Any, Any]:
    grid = np.linspace(0, 1, POINTS)
    values = np.array([np.interp(grid, curve.area, curve.value) for curve in curves])
    return grid, values.min(axis=0), values.max(axis=0)
