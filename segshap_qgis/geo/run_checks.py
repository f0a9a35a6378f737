"""The checks of a run as a part of its document, and back; what is read is checked like the rest.

They are a handful of numbers, so that the document itself holds them, rather than arrays beside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Optional

import numpy as np
from numpy.typing import NDArray

from ..explain.reliability import MEASURES, Checks, RandomisationCheck

MOST_LAYERS = 1_000_000
MOST_SHARES = 1000
# Rounding may carry a correlation this far beyond 1.
ROUNDING = 1e-9


def checks_document(checks: Mapping[str, Checks]) -> dict[str, Any]:
    """Checks by the name of their target, in numbers and lists; an unknown number is None.

    Parameters
    ----------
    checks : mapping of str to Checks
        By the name of their target.
    """
    return {name: _document(found) for name, found in checks.items()}


def checks_of(document: Any) -> dict[str, Checks]:
    """Checks by the name of their target.

    Parameters
    ----------
    document : mapping
        What `checks_document` gives, from a file that nobody vouches for.

    Raises
    ------
    ValueError, TypeError, KeyError
        They are no checks.
    """
    if not isinstance(document, dict):
        raise ValueError("checks have no names")
    return {name: _checks(found) for name, found in document.items()}


def _document(found: Checks) -> dict[str, Any]:
    numbers: dict[str, Any] = {name: _known(getattr(found, name)) for name in MEASURES}
    layers = found.randomisation
    if layers is not None:
        numbers["randomisation"] = {
            "layers": layers.layers.tolist(),
            "n_layers": layers.n_layers,
            "correlation": [_known(value) for value in layers.correlation.tolist()],
            "absolute_correlation": [
                _known(value) for value in layers.absolute_correlation.tolist()
            ],
            "ceiling": _known(layers.ceiling),
        }
    return numbers


def _known(value: float) -> Optional[float]:
    # JSON has no NaN.
    return float(value) if math.isfinite(value) else None


def _checks(found: Any) -> Checks:
    layers = found.get("randomisation")
    return Checks(
        completeness_gap=_at_least_zero(found["completeness_gap"]),
        infidelity=_at_least_zero(found["infidelity"]),
        infidelity_error=_at_least_zero(found["infidelity_error"]),
        stability=_correlation(found["stability"]),
        stability_of_sure=_correlation(found["stability_of_sure"]),
        randomisation=None if layers is None else _randomisation(layers),
    )


def _randomisation(found: Any) -> RandomisationCheck:
    layers, n_layers = found["layers"], found["n_layers"]
    if not all(type(number) is int for number in (*layers, n_layers)):
        raise ValueError("layers are no whole numbers")
    if not (1 <= len(layers) <= MOST_SHARES and n_layers <= MOST_LAYERS):
        raise ValueError("a check has too few or too many layers")
    steps = [0, *layers]
    if any(more <= fewer for fewer, more in zip(steps, layers)) or layers[-1] > n_layers:
        raise ValueError("layers are not in their order")
    return RandomisationCheck(
        layers=np.array(layers, dtype=np.int64),
        n_layers=n_layers,
        correlation=_correlations(found["correlation"], len(layers)),
        absolute_correlation=_correlations(found["absolute_correlation"], len(layers)),
        ceiling=_correlation(found["ceiling"]),
    )


def _correlations(values: Sequence[Any], number: int) -> NDArray[np.float64]:
    if len(values) != number:
        raise ValueError("a check lacks correlations")
    return np.array([_correlation(value) for value in values], dtype=np.float64)


def _correlation(value: Any) -> float:
    found = math.nan if value is None else _number(value)
    if abs(found) > 1 + ROUNDING:
        raise ValueError("a correlation is larger than 1")
    return found


def _at_least_zero(value: Any) -> float:
    found = _number(value)
    if found < 0:
        raise ValueError("an error is smaller than 0")
    return found


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ValueError("a check has no value")
    return float(value)
