"""Curves and colours of maps as figures, for reports. Needs matplotlib, which QGIS often brings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Optional, Union

import numpy as np

from .colours import HEAT, POSITIONS, RED_WHITE_GREEN
from .errors import DependencyError, SettingsError
from .explain.faithfulness import Curve, DeletionInsertion
from .explain.pixel_curves import PixelCurves
from .explain.reliability import RandomisationCheck

if TYPE_CHECKING:
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure


Curves = Union[PixelCurves, DeletionInsertion]
KINDS = ("deletion", "insertion")
RANDOM_COLOUR = "#9e9e9e"
# An odd number has a middle, for zero.
N_COLOURS = 257


def new_figure(width: float, height: float) -> Figure:
    """An empty figure in inches, drawn without a window; safe in any thread.

    Raises
    ------
    DependencyError
        matplotlib is missing.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise _no_matplotlib() from error
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def signed_colours() -> Colormap:
    """Red, white at zero, green, as on the map in QGIS; for limits that are symmetric about zero.

    Raises
    ------
    DependencyError
        matplotlib is missing.
    """
    places = [(1.0 + position) / 2.0 for position in POSITIONS]
    return _colours("signed", list(zip(places, RED_WHITE_GREEN)))


def heat_colours() -> Colormap:
    """From no heat to the strongest, as on the map in QGIS.

    Raises
    ------
    DependencyError
        matplotlib is missing.
    """
    return _colours("heat", list(HEAT))


def curves_figure(
    curves: Mapping[str, Curves], random: Optional[Sequence[Curves]] = None
) -> Figure:
    """Deletion and insertion of several maps beside each other, and of random orders.

    Parameters
    ----------
    curves : mapping of str to PixelCurves or DeletionInsertion
        By the name of the map. Of a single one the reverse order is drawn too, and the random
        orders that a `DeletionInsertion` brings.
    random : sequence, optional
        Curves of random maps: their range and mean are drawn.

    Returns
    -------
    matplotlib.figure.Figure
        Save it with ``figure.savefig(path)``. The numbers in its legend are areas under curves.

    Raises
    ------
    DependencyError
        matplotlib is missing.
    SettingsError
        No curve.
    """
    if not curves:
        raise SettingsError("There is no curve to draw.")
    figure = new_figure(9.5, 4.2)
    for kind, axis in zip(KINDS, figure.subplots(1, 2, sharey=True)):
        _draw_random(axis, _random_curves(kind, curves, random))
        for name, found in curves.items():
            _draw(axis, getattr(found, kind), name)
            if len(curves) == 1:
                _draw(axis, getattr(found, f"reverse_{kind}"), "reverse order", linestyle="--")
        axis.axhline(0, color="black", linewidth=0.5)
        axis.set(title=kind, xlabel="share of the area changed", xlim=(0, 1))
        axis.legend(fontsize="small", title="area under the curve", title_fontsize="small")
    figure.axes[0].set_ylabel("(v - base) / (prediction - base)")
    return figure


def randomisation_figure(checks: Mapping[str, RandomisationCheck]) -> Figure:
    """Rank correlation with the original explanation as layers are re-initialised.

    Parameters
    ----------
    checks : mapping of str to RandomisationCheck
        By the name of the method.

    Raises
    ------
    DependencyError
        matplotlib is missing.
    SettingsError
        No check.
    """
    if not checks:
        raise SettingsError("There is no curve to draw.")
    figure = new_figure(5.5, 4.2)
    axis = figure.subplots()
    for name, check in checks.items():
        shares = np.concatenate([[0.0], check.layers / check.n_layers])
        correlation = np.concatenate([[check.ceiling], check.correlation])
        axis.plot(100 * shares, correlation, marker="o", label=name)
    axis.axhline(0, color="black", linewidth=0.5)
    axis.set(
        xlabel="layers re-initialised, from the output (%)",
        ylabel="rank correlation with the explanation",
        ylim=(-1.05, 1.05),
    )
    axis.legend(fontsize="small")
    return figure


def _colours(name: str, stops: list[Any]) -> Colormap:
    try:
        from matplotlib.colors import LinearSegmentedColormap
    except ImportError as error:
        raise _no_matplotlib() from error
    return LinearSegmentedColormap.from_list(name, stops, N_COLOURS)


def _no_matplotlib() -> DependencyError:
    return DependencyError(
        "Figures need matplotlib.",
        "Install it into QGIS's Python: python3 -m pip install matplotlib.",
    )


def _random_curves(
    kind: str, curves: Mapping[str, Curves], random: Optional[Sequence[Curves]]
) -> list[Curve]:
    if random:
        return [getattr(found, kind) for found in random]
    if len(curves) == 1:
        (found,) = curves.values()
        return list(getattr(found, f"random_{kind}", ()))
    return []


def _draw_random(axis: Any, curves: Sequence[Curve]) -> None:
    if not curves:
        return
    area = np.linspace(0, 1, 101)
    values = np.array([np.interp(area, curve.area, curve.value) for curve in curves])
    axis.fill_between(
        area, values.min(axis=0), values.max(axis=0), color=RANDOM_COLOUR, alpha=0.25, linewidth=0
    )
    mean = np.mean([curve.auc for curve in curves])
    label = f"{len(curves)} random orders {mean:.2f}"
    axis.plot(area, values.mean(axis=0), color=RANDOM_COLOUR, label=label)


def _draw(axis: Any, curve: Curve, name: str, **style: Any) -> None:
    axis.plot(curve.area, curve.value, label=f"{name} {curve.auc:.2f}", **style)
