"""What all charts share: one method draws on any paper, so that screen, file and report agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Optional

import numpy as np
from qgis.PyQt.QtCore import QCoreApplication, QPointF, QRect, QRectF, QSize, Qt
from qgis.PyQt.QtGui import (
    QFont,
    QFontMetricsF,
    QImage,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
)
from qgis.PyQt.QtSvg import QSvgGenerator
from qgis.PyQt.QtWidgets import QSizePolicy, QWidget

from ..errors import ExportError
from ..geo.aside import whole_file

translate = QCoreApplication.translate
# Pictures for documents: black on white whatever the theme, and this many pixels to one of screen.
PICTURE_SCALE = 3
FIGURES = 2

# From a value to its place on the paper.
Axis = Callable[[float], float]


class Chart(QWidget):
    """A chart that paints itself on a widget, a picture or a page; subclasses implement `draw`.

    All distances follow the font, so that the chart grows with the screen's scaling.
    """

    # Rows of text that the chart wants, and characters.
    wanted_rows = 8
    wanted_columns = 34

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def is_drawn(self) -> bool:
        """Whether there is anything to draw."""
        return True

    def draw(self, painter: QPainter, area: QRectF, palette: QPalette) -> None:
        """Paint the chart into an area with the colours of a palette."""
        raise NotImplementedError

    def sizeHint(self) -> QSize:
        """As large as its rows of text."""
        metrics = self.fontMetrics()
        width = self.wanted_columns * metrics.averageCharWidth()
        return QSize(width, round(self.wanted_rows * row_height(self.font())))

    def minimumSizeHint(self) -> QSize:
        """It may become narrow in a narrow dock, but never lower than its rows."""
        hint = self.sizeHint()
        return QSize(hint.width() // 2, hint.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint on the screen, in the theme's own colours."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.draw(painter, QRectF(self.rect()), self.palette())
        painter.end()

    def picture(self, size: Optional[QSize] = None) -> QImage:
        """The chart in black on white, sharp enough for print."""
        size = size or self.paper_size()
        image = QImage(size * PICTURE_SCALE, QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.white)
        painter = QPainter(image)
        painter.scale(PICTURE_SCALE, PICTURE_SCALE)
        self._draw_on_paper(painter, size)
        return image

    def save(self, path: Path) -> None:
        """Write the chart as PNG or SVG, by the name's ending.

        Raises
        ------
        ExportError
            The file could not be written.
        """
        with whole_file(path) as unfinished:
            if path.suffix.lower() == ".svg":
                written = self._save_svg(unfinished)
            else:
                written = self.picture().save(str(unfinished), "PNG")
            if not written:
                raise ExportError(
                    # Not self.tr, which would look among the texts of the subclass.
                    translate("Chart", "The chart could not be written to {}.").format(path),
                    translate(
                        "Chart", "Check that the folder can be written to and the disk has room."
                    ),
                )

    def paper_size(self) -> QSize:
        """Size in documents, in pixels of an unscaled screen."""
        metrics = self.fontMetrics()
        return QSize(70 * metrics.averageCharWidth(), self.sizeHint().height())

    def _save_svg(self, path: Path) -> bool:
        size = self.paper_size()
        generator = QSvgGenerator()
        generator.setFileName(str(path))
        generator.setSize(size)
        generator.setViewBox(QRect(0, 0, size.width(), size.height()))
        generator.setTitle(self.accessibleName())
        painter = QPainter()
        if not painter.begin(generator):
            return False
        self._draw_on_paper(painter, size)
        # The generator does not tell of a disk that became full.
        return path.is_file() and path.read_bytes().rstrip().endswith(b"</svg>")

    def _draw_on_paper(self, painter: QPainter, size: QSize) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font())
        self.draw(painter, QRectF(0, 0, size.width(), size.height()), paper_palette())
        painter.end()


class FoundChart(Chart):
    """A chart of what was found out about a run; empty until there is something.

    Subclasses implement `spoken` and `draw_found`.

    Attributes
    ----------
    found : object
        What is drawn; None draws nothing.
    """

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.found: Any = None

    def show_found(self, found: Any) -> None:
        """Draw what was found, or nothing where that is None."""
        self.found = found
        self.setAccessibleDescription("" if found is None else self.spoken())
        self.update()

    @property
    def is_drawn(self) -> bool:
        """Whether anything was found."""
        return self.found is not None

    def spoken(self) -> str:
        """What the chart shows, for those who cannot see it."""
        raise NotImplementedError

    def draw_found(self, painter: QPainter, area: QRectF, palette: QPalette) -> None:
        """As `draw`, once there is something."""
        raise NotImplementedError

    def draw(self, painter: QPainter, area: QRectF, palette: QPalette) -> None:
        """Draw what was found."""
        if self.is_drawn:
            self.draw_found(painter, area, palette)


def paper_palette() -> QPalette:
    """Black on white."""
    palette = QPalette(Qt.GlobalColor.white)
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text):
        palette.setColor(role, Qt.GlobalColor.black)
    for role in (QPalette.ColorRole.Window, QPalette.ColorRole.Base):
        palette.setColor(role, Qt.GlobalColor.white)
    palette.setColor(QPalette.ColorRole.Mid, Qt.GlobalColor.gray)
    return palette


def row_height(font: QFont) -> float:
    """Height of a line of a chart, in pixels."""
    return 1.35 * QFontMetricsF(font).height()


def readable(value: float, span: float, signed: bool = False) -> str:
    """A number with as many decimals as tell values of this span apart."""
    decimals = int(max(2, min(8, FIGURES - np.floor(np.log10(span))))) if span > 0 else 2
    return f"{value:+.{decimals}f}" if signed else f"{value:.{decimals}f}"


def line_in(
    plot: QRectF, limits: tuple[float, float], xs: Iterable[float], ys: Iterable[float]
) -> QPolygonF:
    """Points of a plot whose width is 0 to 1 and whose height leads from one limit to the other.

    Parameters
    ----------
    plot : QRectF
        Where it lies.
    limits : (float, float)
        Values at its bottom and its top.
    xs, ys : iterable of float
        The points.
    """
    low, high = limits
    return QPolygonF(
        [
            QPointF(
                plot.left() + plot.width() * float(x),
                plot.bottom() - plot.height() * (float(y) - low) / (high - low),
            )
            for x, y in zip(xs, ys)
        ]
    )


def draw_share_axes(
    painter: QPainter,
    plot: QRectF,
    palette: QPalette,
    limits: tuple[float, float],
    marks: Mapping[str, float],
    below: str,
) -> None:
    """Axes of a plot over a share of something.

    Parameters
    ----------
    painter : QPainter
        With the font of the texts.
    plot : QRectF
        Where it lies.
    palette : QPalette
        Colours of lines and texts.
    limits : (float, float)
        Values at its bottom and its top.
    marks : mapping of str to float
        Texts left of the plot, and the values that they stand at.
    below : str
        Of what the share is taken.
    """
    height = row_height(painter.font())
    painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), 1))
    painter.drawLine(plot.bottomLeft(), plot.bottomRight())
    painter.drawLine(plot.bottomLeft(), plot.topLeft())
    painter.setPen(palette.color(QPalette.ColorRole.WindowText))
    right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    for text, place in zip(marks, line_in(plot, limits, [0.0] * len(marks), marks.values())):
        row = QRectF(plot.left() - 5 * height, place.y() - height / 2, 4.75 * height, height)
        painter.drawText(row, right, text)
    row = QRectF(plot.left(), plot.bottom() + 0.1 * height, plot.width(), height)
    painter.drawText(row, int(Qt.AlignmentFlag.AlignLeft), "0%")
    painter.drawText(row, int(Qt.AlignmentFlag.AlignRight), "100%")
    row.translate(0, 0.8 * height)
    painter.drawText(row, int(Qt.AlignmentFlag.AlignHCenter), below)
