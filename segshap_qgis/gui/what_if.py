"""What if these cells were hidden? The same game, one coalition, asked by hand."""

from __future__ import annotations

from typing import Any, Optional

import numpy as np
from qgis.core import Qgis, QgsApplication, QgsGeometry
from qgis.gui import QgsMapCanvas, QgsMapMouseEvent, QgsMapTool
from qgis.PyQt.QtCore import QObject, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor

from ..geo.records import is_same_run
from .record_game import RecordGame
from .result_panel_map import MapLink
from .what_if_section import WhatIfSection
from .work import Work

HIDDEN = QColor(20, 20, 20, 200)


class CellTool(QgsMapTool):
    """A click on the map hands over the super-pixel under it."""

    cell_clicked = pyqtSignal(int)

    def __init__(self, canvas: QgsMapCanvas, link: MapLink) -> None:
        super().__init__(canvas)
        self._link = link
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        """Hand the cell over."""
        cell = self._link.cell_at(event.mapPoint())
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self.cell_clicked.emit(cell)


class WhatIf(QObject):
    """Cells hidden by clicks, the question in the background, the answer in the section.

    Parameters
    ----------
    section : WhatIfSection
        Buttons and answer.
    canvas : QgsMapCanvas
        The map.
    link : MapLink
        Finds cells of the chosen record.
    """

    failed = pyqtSignal(object, str)

    def __init__(
        self, section: WhatIfSection, canvas: QgsMapCanvas, link: MapLink, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.section = section
        self._canvas = canvas
        self._link = link
        self._record: Any = None
        self._game: Optional[RecordGame] = None
        self._previous_tool: Optional[QgsMapTool] = None
        # QGIS keeps no reference to a Python task.
        self._asking: Optional[Work] = None
        self.hidden: frozenset[int] = frozenset()
        self.tool = CellTool(canvas, link)
        self.tool.cell_clicked.connect(self.toggle)
        self.tool.deactivated.connect(self._tool_put_away)
        self.band = link.new_band(QColor(255, 255, 255))
        self.band.setFillColor(HIDDEN)
        self.band.setBrushStyle(Qt.BrushStyle.Dense3Pattern)
        self.band.setWidth(1)
        section.click_button.toggled.connect(self._take_tool)
        section.hide_strongest_asked.connect(self.hide_strongest)
        section.show_all_asked.connect(lambda: self.hide_cells(frozenset()))
        section.hide_all_asked.connect(lambda: self.hide_cells(self._all()))

    def close(self) -> None:
        """Leave nothing on the map."""
        self.follow(None)
        self._canvas.scene().removeItem(self.band)
        self.tool.deleteLater()

    def follow(self, record: Any, game: Optional[RecordGame] = None) -> None:
        """Ask about this record from now on; all of its cells are shown.

        Another target of the same run keeps the cells that are hidden, and the model is asked anew.

        Parameters
        ----------
        record : Record or None
            Whose cells are hidden.
        game : RecordGame, optional
            Without it, as for a difference of two runs, nothing can be asked.
        """
        if is_same_run(record, self._record):
            is_other = record.target != self._record.target
            self._record = record
            if is_other and self.hidden:
                self._ask()
            elif is_other:
                self.section.ask_for_a_click()
            return
        self.section.click_button.setChecked(False)
        self._record = record
        self._game = game
        self.hidden = frozenset()
        self._draw()
        self.section.setVisible(game is not None)
        self.section.ask_for_a_click()

    def toggle(self, cell: int) -> None:
        """Hide a cell that is shown, show one that is hidden."""
        self.hide_cells(self.hidden ^ {cell})

    def hide_strongest(self) -> None:
        """Hide the cell that does most for the class of those still shown."""
        values = self._record.explanation.values[self._record.target].copy()
        values[sorted(self.hidden)] = -np.inf
        self.hide_cells(self.hidden | {int(values.argmax())})

    def hide_cells(self, hidden: frozenset[int]) -> None:
        """Hide exactly these cells, and ask the model."""
        self.hidden = hidden
        self._draw()
        self._ask()

    def _all(self) -> frozenset[int]:
        return frozenset(range(self._record.explanation.superpixels.n_players))

    def _take_tool(self, taken: bool) -> None:
        """Clicks on the map are for us, or again for the tool that was there before."""
        if taken and self._canvas.mapTool() is not self.tool:
            self._previous_tool = self._canvas.mapTool()
            self._canvas.setMapTool(self.tool)
        elif not taken and self._canvas.mapTool() is self.tool:
            self._canvas.unsetMapTool(self.tool)
            if self._previous_tool is not None:
                self._canvas.setMapTool(self._previous_tool)

    def _tool_put_away(self) -> None:
        """Another tool was taken: the button comes up, and does not meddle with that tool."""
        button = self.section.click_button
        button.blockSignals(True)
        button.setChecked(False)
        button.blockSignals(False)

    def bar_chosen(self, cell: int) -> None:
        """A chosen bar is as good as a click on its cell: all of it can be done with keys."""
        if self.section.click_button.isChecked():
            self.toggle(cell)

    def _draw(self) -> None:
        self.band.reset(Qgis.GeometryType.Polygon)
        outlines = [self._link.outline(cell) for cell in sorted(self.hidden)]
        known = [outline for outline in outlines if outline is not None]
        if known:
            self.band.setToGeometry(QgsGeometry.unaryUnion(known), None)

    def _ask(self) -> None:
        """One question at a time; what is clicked meanwhile is asked next, all at once."""
        self.section.show_waiting(len(self.hidden))
        if self._asking is not None or self._game is None:
            return
        game, hidden, record = self._game, self.hidden, self._record
        self._asking = Work(
            self.tr("What if {} cells are hidden").format(len(hidden)),
            lambda: _answer_of(game, record, hidden),
            lambda task: self._answer(task, record, hidden),
        )
        QgsApplication.taskManager().addTask(self._asking)

    def _answer(self, task: Work, record: Any, hidden: frozenset[int]) -> None:
        self._asking = None
        is_asked = is_same_run(record, self._record) and record.target == self._record.target
        if not is_asked:
            if self._record is not None and self.hidden:
                self._ask()
            return
        if task.error is not None:
            self.failed.emit(task.error, task.details)
            self.section.ask_for_a_click()
            return
        if hidden != self.hidden:
            self._ask()
            return
        self.section.show_answer(record, hidden, float(task.result))


def _answer_of(game: RecordGame, record: Any, hidden: frozenset[int]) -> float:
    """The model's output with these cells hidden."""
    shown = np.ones((1, record.explanation.superpixels.n_players), dtype=bool)
    shown[0, sorted(hidden)] = False
    return float(game.values(shown, record.target_name)[0])
