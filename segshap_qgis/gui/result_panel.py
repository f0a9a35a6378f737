"""What came out: the sentence, the strongest contributions, how it settled; linked to the map."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

from qgis.core import QgsApplication
from qgis.gui import QgsCollapsibleGroupBox
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ..explain import Explanation, is_heat
from ..layers.result import unit_of
from .cautions import cautions
from .chart_files import ChartFiles, button
from .charts import readable
from .charts_convergence import ConvergenceChart
from .charts_waterfall import WaterfallChart
from .checks_section import ChecksSection
from .class_table import ClassSection
from .curves_section import CurvesSection
from .headline import headline
from .likeness_section import LikenessSection
from .result_tables import contributions_csv, settling_csv
from .what_if_section import WhatIfSection


class ResultPanel(QWidget):
    """One result at a time; while a run works, what is known so far.

    Signals
    -------
    cell_pointed_at(int), cell_chosen(int)
        A bar was pointed at, or chosen.
    report_asked(Record)
        A report is wanted.
    target_shown(Record), layers_asked(Record)
        Another class of the run is shown, or its layers are wanted; the record with that target.
    told(str), failed(SegShapError)
        Something was done, or could not be done.
    """

    cell_pointed_at = pyqtSignal(int)
    cell_chosen = pyqtSignal(int)
    report_asked = pyqtSignal(object)
    target_shown = pyqtSignal(object)
    layers_asked = pyqtSignal(object)
    told = pyqtSignal(str)
    failed = pyqtSignal(object)

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.record: Any = None
        self._found: Optional[Explanation] = None
        self._target = 0
        self._colour_blind = False
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.headline = _text_label(self.tr("Result of the chosen run"))
        self.cautions = Cautions()
        self.cell_text = _text_label(self.tr("The cell that is pointed at"))
        self.waterfall = WaterfallChart()
        self.waterfall.cell_pointed_at.connect(self._bar_pointed_at)
        self.waterfall.cell_chosen.connect(self.cell_chosen)
        self.classes = ClassSection()
        self.classes.class_chosen.connect(self._show_class)
        self.classes.layers_asked.connect(lambda: self.layers_asked.emit(self.record))
        self.likeness = LikenessSection()
        self.what_if = WhatIfSection()
        self.curves = CurvesSection()
        self.checks = ChecksSection()
        for section in (self.what_if, self.curves, self.checks):
            section.hide()
        self.settling = QgsCollapsibleGroupBox(self.tr("How the map se&ttled"))
        self.settling.setCollapsed(True)
        self.convergence = ConvergenceChart()
        self.settling_files = ChartFiles(
            self.convergence,
            "segshap_settling",
            self.convergence.accessibleDescription,
            lambda: settling_csv(self._found),
        )
        below = QVBoxLayout(self.settling)
        below.addWidget(self.convergence)
        below.addWidget(self.settling_files, 0, Qt.AlignmentFlag.AlignLeft)
        for part in (self.headline, self.cautions, self.waterfall, self.cell_text):
            layout.addWidget(part)
        layout.addLayout(self._buttons())
        for part in (self.classes, self.likeness, self.what_if, self.curves, self.checks):
            layout.addWidget(part)
        layout.addWidget(self.settling)
        self.show_record(None)

    def _buttons(self) -> QHBoxLayout:
        self.files = ChartFiles(
            self.waterfall,
            "segshap",
            self.headline.text,
            lambda: contributions_csv(self.record),
        )
        self.copy_button, self.save_button = self.files.copy_button, self.files.save_button
        self.copy_button.setText(self.tr("Cop&y"))
        self.save_button.setText(self.tr("Sa&ve…"))
        self.report_button = button(
            self.tr("Re&port…"),
            self.tr("Write a PDF with map, charts, settings and model card."),
            lambda: self.report_asked.emit(self.record),
        )
        for files in (self.files, self.settling_files, self.curves.files, self.checks.files):
            files.told.connect(self.told)
            files.failed.connect(self.failed)
        row = QHBoxLayout()
        row.addWidget(self.files)
        row.addWidget(self.report_button)
        row.addStretch()
        return row

    def show_record(self, record: Any, colour_blind: bool = False) -> None:
        """Show the result of a run; None clears the panel."""
        self.record, self._colour_blind = record, colour_blind
        self.classes.show_record(record)
        self.likeness.show_record(record)
        self.cautions.show_texts([] if record is None else cautions(record))
        if record is None:
            self._found = None
            self.headline.setText(
                self.tr("No result yet: pick a tool on the first page and click on the map.")
            )
            for part in (self.waterfall, self.settling, self.cell_text):
                part.hide()
        else:
            self._show(record.explanation, record.target, colour_blind)
        for part in (self.files, self.report_button):
            part.setEnabled(record is not None)

    def show_partial(self, found: Explanation, colour_blind: bool) -> None:
        """Show what a run knows so far."""
        self.show_record(None)
        self._show(found, 0, colour_blind)
        self.headline.setText(self.tr("So far: {}").format(headline(found)))

    def light_up(self, cell: Optional[int]) -> None:
        """Light the bar of the cell under the cursor and tell its numbers."""
        if self._found is not None:
            self.waterfall.light_up(cell)
            self._tell_cell(cell)

    def _show(self, found: Explanation, target: int, colour_blind: bool) -> None:
        self._found, self._target = found, target
        self.headline.setText(headline(found, target))
        self.waterfall.show_explanation(found, target, unit_of(found.settings), colour_blind)
        self.convergence.show_history(found.history, found.settings.get("stop_at"))
        for part in (self.settling, self.cell_text):
            part.show()
        # Bars from the base value to the prediction need values that add up.
        self.waterfall.setVisible(not is_heat(found))
        self._tell_cell(None)

    def _show_class(self, target: int) -> None:
        """Show another class of the same run; what the model says of it was learnt with it."""
        # The map of the model's output is that of the class that was asked for.
        self.record = replace(self.record, target=target, probability=None)
        self.cautions.show_texts(cautions(self.record))
        self._show(self.record.explanation, target, self._colour_blind)
        self.target_shown.emit(self.record)

    def _bar_pointed_at(self, cell: int) -> None:
        self._tell_cell(cell)
        self.cell_pointed_at.emit(cell)

    def _tell_cell(self, cell: Optional[int]) -> None:
        found = self._found
        if found is None or cell is None or cell >= found.superpixels.n_players:
            self.cell_text.setText(self.tr("Point at a bar, or at a cell of the map."))
            return
        value = float(found.values[self._target, cell])
        error = float(found.standard_errors[self._target, cell])
        span = float(abs(found.values[self._target]).max())
        known = "± " + readable(error, span) if error == error else ""  # noqa: PLR0124
        self.cell_text.setText(
            self.tr("Cell {}: {} {}").format(cell, readable(value, span, True), known)
        )


class Cautions(QWidget):
    """Warnings with a sign before them; hidden where there are none."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        sign = QLabel()
        side = round(1.2 * self.fontMetrics().height())
        sign.setPixmap(QgsApplication.getThemeIcon("/mIconWarning.svg").pixmap(side, side))
        self.label = _text_label(self.tr("Warnings about this result"))
        row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.label, 1)

    def show_texts(self, texts: list[str]) -> None:
        """Show these warnings, one under the other."""
        self.label.setText("\n".join(texts))
        self.setVisible(bool(texts))


def _text_label(name: str) -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    label.setAccessibleName(name)
    return label
