"""How results look: signed colours, legends with a unit, outlines."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from qgis.core import (
    QgsBasicNumericFormat,
    QgsColorRampLegendNodeSettings,
    QgsColorRampShader,
    QgsFillSymbol,
    QgsGradientColorRamp,
    QgsGradientStop,
    QgsRasterLayer,
    QgsRasterShader,
    QgsSingleBandPseudoColorRenderer,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtGui import QColor

from ..colours import HEAT, ORANGE_WHITE_PURPLE, POSITIONS, RED_WHITE_GREEN
from ..explain import Explanation, has_signs

# Around zero the image below shines through; strong contributions nearly cover it.
ALPHAS = (205, 185, 100, 0, 100, 185, 205)
# From exact to uncertain, and from "no" to "yes": each starts invisible.
UNCERTAINTY = ("#4a3aff", "#e0218a")
PROBABILITY = ("#fde725", "#fd8d3c", "#bd0026")

SMALLEST_LIMIT = 1e-6
translate = QCoreApplication.translate
# The same for values without a sign: no heat shows the image.
HEAT_ALPHAS = (0, 150, 190, 210)


class Signed(NamedTuple):
    """What the signed colours of one map stand for.

    Attributes
    ----------
    limit : float
        Contribution of the strongest colour, on both sides of zero.
    target : str
        The class.
    unit : str
        Unit of contributions.
    colour_blind : bool
        Orange to purple instead of red to green.
    """

    limit: float
    target: str
    unit: str
    colour_blind: bool


def unit_name(output: str) -> str:
    """What values of an output are in, for people; empty for an output that is not known."""
    names = {
        "probability": translate("Layers", "probability"),
        "logit": translate("Layers", "logit"),
        "decision": translate("Layers", "share of pixels"),
    }
    return names.get(output, "")


def largest(values: NDArray[np.float64]) -> float:
    """Largest known absolute value; at least a little more than zero: a scale needs a width."""
    known = np.abs(values[np.isfinite(values)])
    return max(float(known.max(initial=0.0)), SMALLEST_LIMIT)


def style_contribution(layer: QgsRasterLayer, signed: Signed) -> None:
    """Diverging colours, symmetric about zero, transparent near it; the legend names the unit."""
    palette = ORANGE_WHITE_PURPLE if signed.colour_blind else RED_WHITE_GREEN
    colours = [shade(name, alpha) for name, alpha in zip(palette, ALPHAS)]
    values = [position * signed.limit for position in POSITIONS]
    digits = decimals(signed.limit)
    labels = (
        translate("Layers", "{} {}: against {}").format(
            f"{-signed.limit:+.{digits}f}", signed.unit, signed.target
        ),
        translate("Layers", "{} {}: for {}").format(
            f"{signed.limit:+.{digits}f}", signed.unit, signed.target
        ),
    )
    _colour_by_value(layer, values, colours, labels)


def style_heat(layer: QgsRasterLayer, values: NDArray[np.float64], target: str, unit: str) -> None:
    """From the lowest value, transparent, to the highest; neither speaks against the class."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    high = max(high, low + SMALLEST_LIMIT)
    colours = [shade(name, alpha) for name, alpha in zip(HEAT, HEAT_ALPHAS)]
    steps = [float(step) for step in np.linspace(low, high, len(colours))]
    digits = decimals(high - low)
    labels = (
        translate("Layers", "{} {}: matters least for {}").format(
            f"{low:.{digits}f}", unit, target
        ),
        translate("Layers", "{} {}: matters most for {}").format(
            f"{high:.{digits}f}", unit, target
        ),
    )
    _colour_by_value(layer, steps, colours, labels)


def style_values(
    layer: QgsRasterLayer, found: Explanation, target: int, unit: str, colour_blind: bool
) -> float:
    """The map of an explanation in the colours of its kind; returns its largest absolute value."""
    names = found.settings.get("targets", [""])
    name, values = str(names[target]), found.values[target]
    limit = largest(values)
    if has_signs(found):
        style_contribution(layer, Signed(limit, name, unit, colour_blind))
    else:
        style_heat(layer, values, name, unit)
    return limit


def style_standard_error(layer: QgsRasterLayer, limit: float, unit: str) -> None:
    """From transparent (exact) to strong (uncertain)."""
    colours = [
        shade(UNCERTAINTY[0], 0),
        shade(UNCERTAINTY[0], 150),
        shade(UNCERTAINTY[1], 230),
    ]
    labels = (
        translate("Layers", "0 {}: exact").format(unit),
        translate("Layers", "±{} {}: standard error").format(f"{limit:.{decimals(limit)}f}", unit),
    )
    _colour_by_value(layer, [0.0, limit / 2, limit], colours, labels)


def style_probability(layer: QgsRasterLayer, target: str) -> None:
    """From transparent (no) to strong (yes), always from 0 to 1."""
    colours = [shade(name, alpha) for name, alpha in zip(PROBABILITY, (0, 170, 220))]
    labels = (
        translate("Layers", "0: no {}").format(target),
        translate("Layers", "1: {}").format(target),
    )
    _colour_by_value(layer, [0.0, 0.5, 1.0], colours, labels)


def style_cells(layer: QgsVectorLayer) -> None:
    """Hairlines only: the colours are the raster's."""
    _outline(layer, "128,128,128,90", "0.1")


def style_region(layer: QgsVectorLayer) -> None:
    """A line that stands out from image and map alike."""
    _outline(layer, "0,170,255,255", "0.7")


def decimals(limit: float) -> int:
    """Digits behind the point that show two figures of a limit, at least two."""
    return int(max(2, min(8, 1 - np.floor(np.log10(limit)))))


def shade(name: str, alpha: int) -> QColor:
    """A named colour, as transparent as `alpha` says: 0 invisible, 255 opaque."""
    colour = QColor(name)
    colour.setAlpha(alpha)
    return colour


def _colour_by_value(
    layer: QgsRasterLayer, values: list[float], colours: list[QColor], labels: tuple[str, str]
) -> None:
    low, high = values[0], values[-1]
    shader = QgsColorRampShader(low, high)
    shader.setColorRampItemList(
        [QgsColorRampShader.ColorRampItem(v, c, f"{v:+g}") for v, c in zip(values, colours)]
    )
    stops = [
        QgsGradientStop((value - low) / (high - low), colour)
        for value, colour in zip(values[1:-1], colours[1:-1])
    ]
    shader.setSourceColorRamp(QgsGradientColorRamp(colours[0], colours[-1], False, stops))
    legend = QgsColorRampLegendNodeSettings()
    legend.setMinimumLabel(labels[0])
    legend.setMaximumLabel(labels[1])
    signs = QgsBasicNumericFormat()
    signs.setShowPlusSign(True)
    legend.setNumericFormat(signs)
    shader.setLegendSettings(legend)
    raster_shader = QgsRasterShader(low, high)
    raster_shader.setRasterShaderFunction(shader)
    renderer = QgsSingleBandPseudoColorRenderer(layer.dataProvider(), 1, raster_shader)
    renderer.setClassificationMin(low)
    renderer.setClassificationMax(high)
    # What the user chose stays when a preview is refreshed.
    renderer.setOpacity(layer.renderer().opacity())
    layer.setRenderer(renderer)


def line(colour: str, width: str) -> QgsFillSymbol:
    """Polygons as outlines of a colour and a width in millimetres."""
    return QgsFillSymbol.createSimple(
        {"style": "no", "outline_color": colour, "outline_width": width}
    )


def _outline(layer: QgsVectorLayer, colour: str, width: str) -> None:
    layer.setRenderer(QgsSingleSymbolRenderer(line(colour, width)))
