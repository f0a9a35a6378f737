"""Geometries as bytes, from one library to another."""

from __future__ import annotations

from typing import Any


def to_wkb(geometry: Any) -> bytes:
    """A shapely geometry of two dimensions as well-known binary.

    Parameters
    ----------
    geometry : shapely geometry
        Heights, if any, are left out.
    """
    from shapely import wkb

    # The default number of dimensions is refused where shapely was built with another GEOS than
    # the one that QGIS has loaded before it.
    return bytes(wkb.dumps(geometry, output_dimension=2))
