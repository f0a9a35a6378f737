"""The numbers of a result as CSV: its cells, how it settled, its curves and checks."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, Optional

from ..explain import Explanation
from ..geo.cells import cell_columns

CURVE_HEADS = ("curve", "number", "step", "area", "value")
CHECK_HEADS = ("check", "layers", "value")


def contributions_csv(record: Any) -> str:
    """One row for each super-pixel, the strongest first.

    Parameters
    ----------
    record : Record
        What is tabulated; the columns are those of `geo.cells.cell_columns`.
    """
    columns = cell_columns(record)
    rank = next(column.values for column in columns if column.name == "rank")
    order = sorted(range(len(rank)), key=rank.__getitem__)
    rows = ([column.values[index] for column in columns] for index in order)
    return _csv([column.name for column in columns], rows)


def settling_csv(found: Optional[Explanation]) -> str:
    """One row for each refresh: evaluations and precision, which is empty while it is not known."""
    history = () if found is None else found.history
    rows = ((n, share if share < float("inf") else float("nan")) for n, share in history)
    return _csv(["evaluations", "precision"], rows)


def curves_csv(found: Any) -> str:
    """One row for each step of each curve, as `insertion and deletion` of the toolbox has them.

    Parameters
    ----------
    found : DeletionInsertion or None
        The curves.
    """
    return _found_csv(CURVE_HEADS, found)


def checks_csv(found: Any) -> str:
    """One row for each number; ``layers`` are those re-initialised for it.

    Parameters
    ----------
    found : Checks or None
        The checks.
    """
    return _found_csv(CHECK_HEADS, found)


def _found_csv(heads: Sequence[str], found: Any) -> str:
    rows = () if found is None else found.rows()
    return _csv(heads, ([row[head] for head in heads] for row in rows))


def _csv(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table as text; what is not a number is left empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    for row in rows:
        writer.writerow(["" if value != value else value for value in row])  # noqa: PLR0124
    return text.getvalue()
