"""The curves of a run as arrays of its file, and back; what is read is checked like the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ExportError
from ..explain.faithfulness import Curve, DeletionInsertion

# Name of each array, and its axes: C targets with curves; deletion and insertion; O orders, namely
# that of the contributions, its reverse and random ones; K points.
AXES = {"curve_areas": "COK", "curve_values": "C2OK"}
MOST_ORDERS = 1002


def curve_arrays(curves: Mapping[str, DeletionInsertion]) -> dict[str, NDArray[np.float64]]:
    """Arrays of `AXES`; none without curves.

    Raises
    ------
    ExportError
        Curves of one run differ in their number of orders or points.
    """
    if not curves:
        return {}
    kinds = [_kinds(found) for found in curves.values()]
    try:
        # An order changes the same areas, whether its cells are deleted or inserted.
        areas = np.array([[curve.area for curve in insertions] for _, insertions in kinds])
        values = np.array([[[curve.value for curve in kind] for kind in both] for both in kinds])
    except ValueError as error:
        raise ExportError("The curves of one run must have the same steps.") from error
    return {"curve_areas": areas, "curve_values": values}


def curves_of(
    targets: Sequence[Any], arrays: Mapping[str, NDArray[np.float64]], n_players: int
) -> dict[str, DeletionInsertion]:
    """Curves by the name of their target.

    Parameters
    ----------
    targets : sequence of str
        As the document has them.
    arrays : mapping
        Those of `AXES`, with the shapes that it says, or none of them.
    n_players : int
        Super-pixels of the run.

    Raises
    ------
    ValueError
        They are no curves.
    """
    areas, values = arrays.get("curve_areas"), arrays.get("curve_values")
    if areas is None or values is None:
        if targets or areas is not None or values is not None:
            raise ValueError("curves are missing")
        return {}
    n_curves, n_orders, n_points = areas.shape
    if [type(name) for name in targets] != [str] * n_curves or len(set(targets)) != n_curves:
        raise ValueError("curves have no names")
    if not (3 <= n_orders <= MOST_ORDERS and 2 <= n_points <= n_players + 1):
        raise ValueError("curves have too few or too many points")
    if not (np.isfinite(values).all() and (np.diff(areas) >= 0).all()):
        raise ValueError("a curve goes backwards or has no value")
    if not ((areas[..., 0] == 0).all() and (areas[..., -1] == 1).all()):
        raise ValueError("a curve does not lead from none to all")
    return {name: _found(*both) for name, both in zip(targets, zip(areas, values))}


def _kinds(found: DeletionInsertion) -> tuple[list[Curve], list[Curve]]:
    return (
        [found.deletion, found.reverse_deletion, *found.random_deletion],
        [found.insertion, found.reverse_insertion, *found.random_insertion],
    )


def _found(areas: NDArray[np.float64], values: NDArray[np.float64]) -> DeletionInsertion:
    """Curves of one target from (O, K) areas and (2, O, K) values."""
    (deletion, reverse_deletion, *random_deletion), (insertion, reverse_insertion, *random) = (
        [Curve(area, value) for area, value in zip(areas, kind)] for kind in values
    )
    return DeletionInsertion(
        deletion,
        insertion,
        reverse_deletion,
        reverse_insertion,
        tuple(random_deletion),
        tuple(random),
    )
