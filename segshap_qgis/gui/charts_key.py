"""The key of a chart: what each of its lines is, said on the chart itself, for print too."""

from __future__ import annotations

from collections.abc import Sequence

from qgis.PyQt.QtCore import QPointF, QRectF, Qt
from qgis.PyQt.QtGui import QFontMetricsF, QPainter, QPalette, QPen

from .charts import row_height


def draw_key(
    painter: QPainter, place: QRectF, palette: QPalette, entries: Sequence[tuple[QPen, str]]
) -> QRectF:
    """Draw a sample and a word for each line, in as many rows as they need.

    Parameters
    ----------
    painter : QPainter
        With the font of the words.
    place : QRectF
        The key goes to its top.
    palette : QPalette
        Colour of the words.
    entries : sequence of (QPen, str)
        How each line is drawn, and what it is.

    Returns
    -------
    QRectF
        What is left of the place.
    """
    height, metrics = row_height(painter.font()), QFontMetricsF(painter.font())
    sample, x, y = 1.6 * height, place.left(), place.top()
    for pen, text in entries:
        width = sample + metrics.horizontalAdvance(text) + 1.4 * height
        if x > place.left() and x + width > place.right():
            x, y = place.left(), y + height
        painter.setPen(pen)
        middle = y + height / 2
        painter.drawLine(QPointF(x, middle), QPointF(x + sample, middle))
        painter.setPen(palette.color(QPalette.ColorRole.WindowText))
        row = QRectF(x + sample + height / 3, y, width, height)
        painter.drawText(row, int(Qt.AlignmentFlag.AlignVCenter), text)
        x += width
    return place.adjusted(0, y + 1.2 * height - place.top(), 0, 0)
