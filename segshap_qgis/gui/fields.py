"""Small helpers that every part of the dock builds its rows with."""

from __future__ import annotations

from typing import Any

from qgis.PyQt.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QSizePolicy,
    QSpinBox,
    QWidget,
)


def add_row(form: QFormLayout, label: str, field: QWidget, tip: str, at: int = -1) -> None:
    """A row whose label leads the keyboard to its field, and whose tip is heard as well as seen.

    Parameters
    ----------
    form : QFormLayout
        Where the row goes.
    label : str
        Text with a mnemonic.
    field : QWidget
        What the label belongs to.
    tip : str
        One or two sentences.
    at : int
        Position of the row; at the end by default.
    """
    title = QLabel(label)
    title.setBuddy(field)
    for widget in (title, field):
        widget.setToolTip(tip)
        widget.setWhatsThis(tip)
    field.setAccessibleName(label.replace("&", ""))
    field.setAccessibleDescription(tip)
    form.insertRow(at, title, field)


def choice(entries: list[tuple[str, Any]], current: Any = None) -> QComboBox:
    """A combo box of (text, value) that may become narrow in a narrow dock."""
    box = QComboBox()
    let_shrink(box)
    for text, value in entries:
        box.addItem(text, value)
    box.setCurrentIndex(max(0, box.findData(current)))
    return box


def let_shrink(box: QComboBox) -> None:
    """Long entries are cut off rather than making the whole dock wide."""
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(8)


def dock_form(parent: QWidget) -> QFormLayout:
    """A form whose fields take all the width there is."""
    form = QFormLayout(parent)
    form.setContentsMargins(0, 0, 0, 0)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
    return form


def show_row(form: QFormLayout, field: QWidget, is_shown: bool) -> None:
    """Show or hide a row; Qt 5 knows of no hidden rows."""
    form.labelForField(field).setVisible(is_shown)
    field.setVisible(is_shown)


def number_box(low: int, high: int, value: int, suffix: str) -> QSpinBox:
    """A field for a whole number."""
    box = QSpinBox()
    box.setRange(low, high)
    box.setValue(value)
    box.setSuffix(suffix)
    return box


def decimal_box(
    low: float, high: float, value: float, decimals: int, step: float, suffix: str = ""
) -> QDoubleSpinBox:
    """A field for a number with so many decimals."""
    box = QDoubleSpinBox()
    box.setDecimals(decimals)
    box.setRange(low, high)
    box.setSingleStep(step)
    box.setValue(value)
    box.setSuffix(suffix)
    return box
