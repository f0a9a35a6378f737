"""The dock's rows on backgrounds: one of several kinds, a given value, or several averaged."""

from __future__ import annotations

from typing import Any

from qgis.gui import QgsCheckableComboBox
from qgis.PyQt.QtCore import QObject, Qt
from qgis.PyQt.QtWidgets import QFormLayout

from .fields import add_row, choice, decimal_box, let_shrink, show_row

# Entries of the box that are no background by themselves.
GIVEN, SEVERAL = "given", "several"
CHECKED = Qt.CheckState.Checked
UNCHECKED = Qt.CheckState.Unchecked


class BackgroundRows(QObject):
    """What hidden cells are painted with.

    Parameters
    ----------
    form : QFormLayout
        Where the rows are added.
    parent : QObject
        Who keeps this.
    """

    def __init__(self, form: QFormLayout, parent: QObject) -> None:
        super().__init__(parent)
        self._form = form
        kinds = [
            (self.tr("Image mean"), "mean"),
            (self.tr("Mean of each cell"), "local_mean"),
            (self.tr("Blurred image"), "blur"),
            (self.tr("Black"), "zero"),
        ]
        others = [(self.tr("Given value"), GIVEN), (self.tr("Several, averaged"), SEVERAL)]
        self.box = choice([*kinds, *others], "mean")
        tip = self.tr(
            "What hidden cells are painted with. The image mean suits SAR: "
            "black would itself look like oil."
        )
        add_row(form, self.tr("Bac&kground"), self.box, tip)
        self.value_box = decimal_box(-1000.0, 1000.0, 0.0, decimals=3, step=0.1)
        tip = self.tr("In the normalised units that the model reads, the same for all bands.")
        add_row(form, self.tr("Value"), self.value_box, tip)
        self.several_box = QgsCheckableComboBox()
        let_shrink(self.several_box)
        for text, kind in kinds:
            state = UNCHECKED if kind == "zero" else CHECKED
            self.several_box.addItemWithCheckState(text, state, kind)
        tip = self.tr(
            "Contributions are averaged over these backgrounds, so that no single one decides. "
            "An evaluation runs the model once for each."
        )
        add_row(form, self.tr("Averaged over"), self.several_box, tip)
        self.box.currentIndexChanged.connect(self._show_rows)
        self._show_rows()

    def value(self) -> Any:
        """The choice, as `workflow.Request.background` has it."""
        kind = self.box.currentData()
        if kind == GIVEN:
            return self.value_box.value()
        if kind == SEVERAL:
            several = tuple(self.several_box.checkedItemsData())
            return several if len(several) > 1 else (several or ("mean",))[0]
        return kind

    def set_value(self, background: Any) -> None:
        """Choose a background; one that is unknown leaves the choice as it is."""
        if isinstance(background, (list, tuple)):
            self._check(background)
            self.box.setCurrentIndex(self.box.findData(SEVERAL))
        elif isinstance(background, (int, float)):
            self.value_box.setValue(float(background))
            self.box.setCurrentIndex(self.box.findData(GIVEN))
        elif background not in (GIVEN, SEVERAL):
            known = self.box.findData(background)
            self.box.setCurrentIndex(known if known >= 0 else self.box.currentIndex())

    def _check(self, kinds: Any) -> None:
        for index in range(self.several_box.count()):
            is_in = self.several_box.itemData(index) in kinds
            self.several_box.setItemCheckState(index, CHECKED if is_in else UNCHECKED)

    def _show_rows(self) -> None:
        show_row(self._form, self.value_box, self.box.currentData() == GIVEN)
        show_row(self._form, self.several_box, self.box.currentData() == SEVERAL)
