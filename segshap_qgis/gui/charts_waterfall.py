"""From the base value to the prediction, one bar for each of the strongest super-pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Optional

import numpy as np
from qgis.PyQt.QtCore import QEvent, QPointF, QRectF, Qt, pyqtSignal
from qgis.PyQt.QtGui import (
    QColor,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPalette,
    QPen,
)
from qgis.PyQt.QtWidgets import QWidget

from ..colours import ORANGE_WHITE_PURPLE, RED_WHITE_GREEN
from ..explain import Explanation, is_heat
from .charts import Axis, Chart, readable, row_height

STRONGEST = 10
# Share of the width that bars have; the rest is for the numbers behind them.
BAR_SHARE = 0.72


class Bar(NamedTuple):
    """One bar.

    Attributes
    ----------
    cell : int or None
        Number of the super-pixel; None for all others together.
    start, end : float
        Values between which it spans; the last ends at the prediction.
    error : float
        Standard error of the contribution; NaN where it is not known.
    """

    cell: Optional[int]
    start: float
    end: float
    error: float

    @property
    def contribution(self) -> float:
        """What the cell adds."""
        return self.end - self.start


def waterfall(found: Explanation, target: int = 0, strongest: int = STRONGEST) -> list[Bar]:
    """Bars from the base value to the prediction, the strongest contribution first.

    Parameters
    ----------
    found : Explanation
        What is drawn.
    target : int
        Which of its targets.
    strongest : int
        Cells with a bar of their own; all others share the last one, whose error is left unknown
        (the errors of cells are not independent).
    """
    values, errors = found.values[target], found.standard_errors[target]
    order = np.argsort(-np.abs(values), kind="stable")
    if is_heat(found):
        # Nothing to add up: each bar stands for itself.
        own = [
            (cell, float(values[cell]), float(errors[cell])) for cell in order[:strongest].tolist()
        ]
        return [Bar(cell, 0.0, value, error) for cell, value, error in own]
    bars, level = [], float(found.base[target])
    for cell in order[:strongest].tolist():
        end = level + float(values[cell])
        bars.append(Bar(cell, level, end, float(errors[cell])))
        level = end
    if len(order) > strongest:
        bars.append(Bar(None, level, float(found.prediction[target]), float("nan")))
    return bars


class WaterfallChart(Chart):
    """Bars that speak with the map: pointed at, clicked or reached by the arrow keys.

    Signals
    -------
    cell_pointed_at(int), cell_chosen(int)
        The cursor or the arrow keys reached a bar; a bar was clicked or Enter pressed on it.
    """

    cell_pointed_at = pyqtSignal(int)
    cell_chosen = pyqtSignal(int)

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.bars: Sequence[Bar] = []
        self.lit: Optional[int] = None
        self.unit = ""
        self._base = self._prediction = 0.0
        self._colours = (RED_WHITE_GREEN[0], RED_WHITE_GREEN[-1])
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Strongest contributions"))
        self.setToolTip(
            self.tr(
                "From the base value to the prediction: each bar is what one super-pixel adds or "
                "takes, with its standard error. Point at a bar, or use the arrow keys, to see "
                "its cell on the map."
            )
        )

    def show_explanation(
        self, found: Explanation, target: int, unit: str, colour_blind: bool
    ) -> None:
        """Draw an explanation; nothing is lit."""
        self.bars = waterfall(found, target)
        self._base, self._prediction = float(found.base[target]), float(found.prediction[target])
        self.unit = unit
        palette = ORANGE_WHITE_PURPLE if colour_blind else RED_WHITE_GREEN
        self._colours = (palette[0], palette[-1])
        self.wanted_rows = len(self.bars) + 3
        self.lit = None
        self.setAccessibleDescription(self._spoken())
        self.updateGeometry()
        self.update()

    def light_up(self, cell: Optional[int]) -> bool:
        """Light the bar of a cell; a cell without a bar of its own lights that of all others."""
        own = [index for index, bar in enumerate(self.bars) if bar.cell == cell]
        others = [index for index, bar in enumerate(self.bars) if bar.cell is None]
        lit = None if cell is None else next(iter(own + others), None)
        if lit != self.lit:
            self.lit = lit
            self.update()
        return bool(own) and cell is not None

    # Drawing ----------------------------------------------------------------------------------

    def draw(self, painter: QPainter, area: QRectF, palette: QPalette) -> None:
        """Labels on the left, bars in the middle, numbers behind the bars."""
        if not self.bars:
            return
        height = row_height(self.font())
        metrics = QFontMetricsF(self.font())
        names = [self._name(bar) for bar in self.bars]
        left = max(metrics.horizontalAdvance(name) for name in [*names, self._base_name()]) + height
        scale = self._scale(area.left() + left, area.width() - left)
        text = palette.color(QPalette.ColorRole.WindowText)
        painter.setPen(text)
        rows = [self._row(area, index) for index in range(len(self.bars) + 2)]
        self._draw_label(painter, rows[0], self._base_name())
        self._draw_level(painter, rows[0], scale(self._base), self._base, text)
        for index, bar in enumerate(self.bars):
            row = rows[index + 1]
            if index == self.lit:
                shade = QColor(palette.color(QPalette.ColorRole.Highlight))
                shade.setAlpha(90)
                painter.fillRect(row, shade)
            self._draw_label(painter, row, names[index])
            self._draw_bar(painter, row, bar, scale, text)
        self._draw_label(painter, rows[-1], self.tr("prediction"))
        self._draw_level(painter, rows[-1], scale(self._prediction), self._prediction, text)
        self._draw_unit(painter, area)

    def _scale(self, left: float, width: float) -> Axis:
        edges = [
            edge
            for bar in self.bars
            for edge in (bar.start, bar.end - _known(bar.error), bar.end + _known(bar.error))
        ]
        edges += [self._base, self._prediction]
        low, high = min(edges), max(edges)
        span = (high - low) or 1.0
        return lambda value: left + BAR_SHARE * width * (value - low) / span

    def _row(self, area: QRectF, index: int) -> QRectF:
        height = row_height(self.font())
        return QRectF(area.left(), area.top() + index * height, area.width(), height)

    def _draw_label(self, painter: QPainter, row: QRectF, text: str) -> None:
        place = row.adjusted(row_height(self.font()) / 4, 0, 0, 0)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(place, int(left), text)

    def _draw_level(
        self, painter: QPainter, row: QRectF, x: float, value: float, text: QColor
    ) -> None:
        """A thin line where the sum stands, and its value."""
        painter.setPen(QPen(text, 2))
        painter.drawLine(QPointF(x, row.top() + 2), QPointF(x, row.bottom() - 2))
        painter.setPen(text)
        self._draw_number(painter, row, x, readable(value, 1.0))

    def _draw_bar(
        self, painter: QPainter, row: QRectF, bar: Bar, scale: Axis, text: QColor
    ) -> None:
        start, end = scale(bar.start), scale(bar.end)
        inset = row.height() * 0.18
        body = QRectF(
            min(start, end), row.top() + inset, abs(end - start), row.height() - 2 * inset
        )
        colour = QColor(self._colours[1] if bar.contribution >= 0 else self._colours[0])
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(128, 128, 128) if bar.cell is None else colour)
        # A bar of nothing is still to be seen.
        painter.drawRect(body.adjusted(0, 0, 1, 0))
        painter.setPen(QPen(text, 1))
        edge = max(start, end)
        if np.isfinite(bar.error) and bar.error > 0:
            low, high = scale(bar.end - bar.error), scale(bar.end + bar.error)
            middle, cap = row.center().y(), row.height() * 0.15
            painter.drawLine(QPointF(low, middle), QPointF(high, middle))
            for x in (low, high):
                painter.drawLine(QPointF(x, middle - cap), QPointF(x, middle + cap))
            edge = max(edge, high)
        self._draw_number(painter, row, edge, readable(bar.contribution, self._span(), True))

    def _draw_number(self, painter: QPainter, row: QRectF, x: float, text: str) -> None:
        width = QFontMetricsF(self.font()).horizontalAdvance(text)
        left = min(x + row.height() / 4, row.right() - width - 2)
        place = QRectF(left, row.top(), width + 2, row.height())
        align = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(place, int(align), text)

    def _draw_unit(self, painter: QPainter, area: QRectF) -> None:
        row = self._row(area, len(self.bars) + 2)
        text = self.tr("in {}; whiskers: ± 1 standard error").format(self.unit)
        self._draw_label(painter, row, text)

    def _span(self) -> float:
        return max(abs(bar.contribution) for bar in self.bars)

    def _base_name(self) -> str:
        return self.tr("base")

    def _name(self, bar: Bar) -> str:
        return self.tr("all others") if bar.cell is None else self.tr("cell {}").format(bar.cell)

    def _spoken(self) -> str:
        """The chart in words, for people who hear it."""
        parts = [
            f"{self._name(bar)}: {readable(bar.contribution, self._span(), True)}"
            for bar in self.bars
        ]
        return "; ".join(parts)

    # Mouse and keys ---------------------------------------------------------------------------

    def bar_at(self, y: float) -> Optional[int]:
        """Index of the bar at a height of the widget."""
        index = int(y // row_height(self.font())) - 1
        return index if 0 <= index < len(self.bars) else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point at a bar."""
        index = self.bar_at(event.pos().y())
        if index != self.lit:
            self._point_at(index)

    def leaveEvent(self, event: QEvent) -> None:
        """Point at nothing."""
        self.lit = None
        self.update()
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a bar."""
        index = self.bar_at(event.pos().y())
        if event.button() == Qt.MouseButton.LeftButton and index is not None:
            self._point_at(index)
            self._choose()
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down walk through the bars, Enter or Space chooses."""
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.key() in steps and self.bars:
            before = self.lit if self.lit is not None else (-1 if steps[event.key()] > 0 else 0)
            self._point_at((before + steps[event.key()]) % len(self.bars))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose()
        else:
            super().keyPressEvent(event)

    def _point_at(self, index: Optional[int]) -> None:
        self.lit = index
        self.update()
        if index is not None and self.bars[index].cell is not None:
            self.cell_pointed_at.emit(self.bars[index].cell)

    def _choose(self) -> None:
        if self.lit is not None and self.bars[self.lit].cell is not None:
            self.cell_chosen.emit(self.bars[self.lit].cell)


def _known(error: float) -> float:
    return error if np.isfinite(error) else 0.0
