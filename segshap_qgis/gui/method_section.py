"""The dock's rows on how to explain: super-pixels, effort, background; the rest folded away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Optional

from qgis.gui import QgsCollapsibleGroupBox
from qgis.PyQt.QtCore import QT_TRANSLATE_NOOP, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from ..models import ModelCard
from .background_rows import BackgroundRows
from .cell_rows import CellRows
from .expected_time import duration
from .fields import add_row, choice, decimal_box, dock_form, number_box


class Effort(NamedTuple):
    """How many evaluations at most, and the precision at which to stop earlier."""

    name: str
    budget: int
    stop_at: float


EFFORTS = (
    Effort(QT_TRANSLATE_NOOP("MethodSection", "Quick"), 300, 0.1),
    Effort(QT_TRANSLATE_NOOP("MethodSection", "Balanced"), 1000, 0.03),
    Effort(QT_TRANSLATE_NOOP("MethodSection", "Thorough"), 4000, 0.01),
)
# Side of a hexagon in pixels; 22 is the size of the method's own experiments.
SIZES = (
    (QT_TRANSLATE_NOOP("MethodSection", "Large"), 36),
    (QT_TRANSLATE_NOOP("MethodSection", "Medium"), 22),
    (QT_TRANSLATE_NOOP("MethodSection", "Small"), 15),
)


class MethodSection(QWidget):
    """Super-pixel size, effort, background and colours, and an advanced part that starts folded."""

    length_changed = pyqtSignal()
    cells_changed = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        rows = QWidget()
        layout.addWidget(rows)
        self._build_rows(rows)
        self.advanced = QgsCollapsibleGroupBox(self.tr("Ad&vanced"))
        self.advanced.setCollapsed(True)
        layout.addWidget(self.advanced)
        self._build_advanced(self.advanced)
        self._defaults = {**self.values(), "colour_blind": False}
        self.budget_box.valueChanged.connect(self.length_changed)
        self.window_box.valueChanged.connect(self.length_changed)
        for box in (self.window_box, self.merge_box):
            box.valueChanged.connect(self.cells_changed)
        self.cell_rows.changed.connect(self.cells_changed)
        self.way_box.currentIndexChanged.connect(self.cells_changed)

    def _build_rows(self, rows: QWidget) -> None:
        form = dock_form(rows)
        sizes = [(self.tr(name), side) for name, side in SIZES]
        self.size_box = choice([*sizes, (self.tr("Own size"), 0)], 22)
        self.size_box.currentIndexChanged.connect(self._size_chosen)
        add_row(
            form,
            self.tr("&Super-pixels"),
            self.size_box,
            self.tr(
                "Size of the cells that are shown or hidden. Smaller cells show more detail "
                "and need more evaluations. Compare maps only at equal size."
            ),
        )
        self.preview_box = QCheckBox(self.tr("Sho&w them on the map"))
        self.preview_box.setToolTip(
            self.tr("Draws the cells of a window in the middle of the map, before any run.")
        )
        self.cells_text = QLabel()
        cells_row = QHBoxLayout()
        cells_row.addWidget(self.preview_box)
        cells_row.addWidget(self.cells_text, 1)
        form.addRow(cells_row)
        efforts: list[tuple[str, Any]] = [(self.tr(effort.name), effort) for effort in EFFORTS]
        self.effort_box = choice([*efforts, (self.tr("Own effort"), None)])
        self.effort_box.setCurrentIndex(1)
        self.effort_box.currentIndexChanged.connect(self._effort_chosen)
        add_row(
            form,
            self.tr("&Effort"),
            self.effort_box,
            self.tr("A run stops by itself once the map is as precise as the effort asks for."),
        )
        self.expected = QLabel()
        self.expected.setWordWrap(True)
        self.expected.setAccessibleName(self.tr("Expected time"))
        form.addRow(self.expected)
        self.background = BackgroundRows(form, self)
        self.background_box = self.background.box
        self.colours_box = QCheckBox(self.tr("Colour-b&lind safe colours"))
        self.colours_box.setToolTip(
            self.tr("Purple for and orange against the class, instead of green and red.")
        )
        form.addRow(self.colours_box)

    def _build_advanced(self, group: QWidget) -> None:
        form = dock_form(group)
        form.setContentsMargins(6, 6, 6, 6)
        ways = [
            (self.tr("Shapley values"), "shapley"),
            (self.tr("RISE"), "rise"),
            (self.tr("RISE, signed"), "signed_rise"),
        ]
        self.way_box = choice(ways, "shapley")
        tip = self.tr(
            "RISE is there to compare with: a smooth map from random masks, without super-pixels. "
            "Its values do not add up, and only the signed variant tells for from against."
        )
        self._row(form, self.tr("&Method"), self.way_box, tip)
        self.cell_rows = CellRows(form, self)
        self.kind_box, self.side_box = self.cell_rows.kind_box, self.cell_rows.side_box
        self.side_box.valueChanged.connect(self._side_typed)
        self.budget_box = number_box(10, 100_000, EFFORTS[1].budget, "")
        tip = self.tr("How often the model is run at most.")
        self._row(form, self.tr("Evaluatio&ns"), self.budget_box, tip)
        usual = 100 * EFFORTS[1].stop_at
        self.precision_box = decimal_box(0, 50, usual, 1, step=1, suffix=self.tr(" %"))
        self.precision_box.setSpecialValueText(self.tr("never"))
        tip = self.tr("Stop when the largest standard error is this share of the map's range.")
        self._row(form, self.tr("S&top at"), self.precision_box, tip)
        self.budget_box.valueChanged.connect(self._effort_typed)
        self.precision_box.valueChanged.connect(self._effort_typed)
        self._build_image_rows(form)

    def _build_image_rows(self, form: Any) -> None:
        self.window_box = number_box(32, 2048, 512, self.tr(" pixels"))
        self.window_box.setSingleStep(32)
        tip = self.tr("Side of the square window around the region that the model sees.")
        self._row(form, self.tr("&Window"), self.window_box, tip)
        self.merge_box = number_box(1, 16, 1, "")
        self.merge_box.setSpecialValueText(self.tr("no"))
        tip = self.tr(
            "Merge so many pixels along each side into one. Only where the model was trained on "
            "coarser pixels than the raster has."
        )
        self._row(form, self.tr("Merge &pixels"), self.merge_box, tip)
        units = [
            (self.tr("Recognise from the values"), None),
            (self.tr("Amplitude"), "amplitude"),
            (self.tr("Power (sigma0, gamma0)"), "power"),
            (self.tr("Decibel"), "db"),
        ]
        self.unit_box = choice(units)
        tip = self.tr("What the pixel values are.")
        self._row(form, self.tr("&Unit"), self.unit_box, tip)
        outputs = [
            (self.tr("Probability"), "probability"),
            (self.tr("Score before softmax"), "logit"),
            (self.tr("Decision (0 or 1)"), "decision"),
        ]
        self.output_box = choice(outputs)
        tip = self.tr("Which output of the model is averaged over the region.")
        self._row(form, self.tr("&Output"), self.output_box, tip)
        self.seed_box = number_box(0, 2**31 - 1, 0, "")
        tip = self.tr("Same seed and settings: same result.")
        self._row(form, self.tr("Seed"), self.seed_box, tip)

    def values(self) -> dict[str, Any]:
        """The chosen settings, by the names of `workflow.Request`."""
        precision = self.precision_box.value() / 100
        return {
            **{name: box.currentData() for name, box in self._choices().items()},
            **{name: spin.value() for name, spin in self._numbers().items()},
            **self.cell_rows.values(),
            "background": self.background.value(),
            "stop_at": precision or None,
        }

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Choose settings by the names of `workflow.Request`; what a box does not offer stays."""
        for name, box in self._choices().items():
            # Not findData, which does not find None.
            offered = [box.itemData(index) for index in range(box.count())]
            if name in values and values[name] in offered:
                box.setCurrentIndex(offered.index(values[name]))
        for name, spin in self._numbers().items():
            if name in values:
                spin.setValue(int(values[name]))
        self.cell_rows.set_values(values)
        if "background" in values:
            self.background.set_value(values["background"])
        if "stop_at" in values:
            self.precision_box.setValue(100 * (values["stop_at"] or 0.0))

    def _choices(self) -> dict[str, QComboBox]:
        return {
            "method": self.way_box,
            "output": self.output_box,
            "unit": self.unit_box,
        }

    def _numbers(self) -> dict[str, QSpinBox]:
        return {
            "budget": self.budget_box,
            "seed": self.seed_box,
            "window": self.window_box,
            "merge": self.merge_box,
        }

    def reset(self) -> None:
        """Every setting as at the first start; the model's card has its say afterwards."""
        self.set_values(self._defaults)
        self.colours_box.setChecked(self._defaults["colour_blind"])

    def tell_cells(self, text: str) -> None:
        """Say how many cells the preview shows, or why none."""
        self.cells_text.setText(text)

    def show_expected(self, seconds: Optional[float]) -> None:
        """Say how long a run may take; None where nothing was measured yet."""
        if seconds is None:
            text = self.tr("Time on this machine: known after the first run.")
        else:
            text = self.tr("At most about {} on this machine, as the last run went.").format(
                duration(seconds)
            )
        self.expected.setText(text)

    def follow_model(self, card: ModelCard) -> None:
        """Window and background as the model's card proposes."""
        self.window_box.setValue(card.window)
        self.background.set_value("mean")
        self.background.set_value(card.background)

    def _size_chosen(self) -> None:
        side = self.size_box.currentData()
        if side:
            self.side_box.setValue(side)
        else:
            self.advanced.setCollapsed(False)
            self.side_box.setFocus()

    def _side_typed(self, side: int) -> None:
        """A side that is no preset shows as the user's own."""
        index = self.size_box.findData(side)
        self.size_box.blockSignals(True)
        self.size_box.setCurrentIndex(index if index >= 0 else self.size_box.count() - 1)
        self.size_box.blockSignals(False)

    def _effort_chosen(self) -> None:
        effort = self.effort_box.currentData()
        if effort is None:
            self.advanced.setCollapsed(False)
            self.budget_box.setFocus()
            return
        self.budget_box.setValue(effort.budget)
        self.precision_box.setValue(100 * effort.stop_at)

    def _effort_typed(self) -> None:
        """An effort that is no preset shows as the user's own."""
        typed = (self.budget_box.value(), round(self.precision_box.value(), 1))
        presets = [(effort.budget, round(100 * effort.stop_at, 1)) for effort in EFFORTS]
        self.effort_box.blockSignals(True)
        self.effort_box.setCurrentIndex(presets.index(typed) if typed in presets else len(EFFORTS))
        self.effort_box.blockSignals(False)

    @staticmethod
    def _row(form: Any, label: str, field: QWidget, tip: str) -> None:
        add_row(form, label, field, tip)
