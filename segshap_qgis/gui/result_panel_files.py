"""The chosen result as a picture, a table, or both on the clipboard."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import QMimeData
from qgis.PyQt.QtWidgets import QApplication

from ..geo.aside import whole_file
from ..geo.cells import cell_columns
from .charts import Chart


def contributions_csv(record: Any) -> str:
    """One row for each super-pixel, the strongest first; what is not known is left empty.

    Parameters
    ----------
    record : Record
        What is tabulated; the columns are those of `geo.cells.cell_columns`.
    """
    columns = cell_columns(record)
    rank = next(column.values for column in columns if column.name == "rank")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    for index in sorted(range(len(rank)), key=rank.__getitem__):
        values = (column.values[index] for column in columns)
        writer.writerow(["" if value != value else value for value in values])  # noqa: PLR0124
    return text.getvalue()


def save_result(path: Path, chart: Chart, record: Any) -> None:
    """Write the chart (.png, .svg) or the table of contributions (.csv), by the name's ending.

    Raises
    ------
    ExportError
        The file could not be written.
    """
    if path.suffix.lower() != ".csv":
        chart.save(path)
        return
    with whole_file(path) as unfinished:
        unfinished.write_text(contributions_csv(record), encoding="utf-8", newline="")


def copy_result(chart: Chart, sentence: str, record: Any) -> None:
    """Put the chart and, for programs that take text, sentence and table on the clipboard."""
    data = QMimeData()
    data.setImageData(chart.picture())
    data.setText(f"{sentence}\n{contributions_csv(record)}")
    QApplication.clipboard().setMimeData(data)
