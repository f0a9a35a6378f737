"""Colours of maps, the same in QGIS, in figures and in the demonstration."""

# Colours from the most negative through zero to the most positive (ColorBrewer RdYlGn's ends
# around white, and PuOr, which people with any colour vision tell apart).
RED_WHITE_GREEN = ("#b2182b", "#e4605a", "#fddbc7", "#ffffff", "#d9f0d3", "#5aae61", "#1b7837")
ORANGE_WHITE_PURPLE = ("#b35806", "#f1a340", "#fee0b6", "#ffffff", "#d8daeb", "#998ec3", "#542788")
# Where they stand, as shares of the largest absolute value.
POSITIONS = (-1.0, -0.5, -0.15, 0.0, 0.15, 0.5, 1.0)
# From no heat to the strongest, for values without a sign.
HEAT = ("#fcffa4", "#f98e09", "#bc3754", "#57106e")
