"""Area and length of outlines on the ground, whatever the units of their coordinates are."""

from __future__ import annotations

from typing import Any

from osgeo import osr

from ..geo.rasters import reference_system


class Ground:
    """Measures outlines of one CRS in metres.

    Degrees are first laid into an equal-area plane around the outline's own centre. Without a CRS
    the coordinates are taken as they are.

    Parameters
    ----------
    crs_wkt : str
        Of the outlines; may be empty.
    """

    def __init__(self, crs_wkt: str) -> None:
        self._system = reference_system(crs_wkt)

    def flat(self, outline: Any) -> Any:
        """The outline (shapely) with coordinates in metres."""
        from shapely import affinity
        from shapely.ops import transform

        if self._system is None:
            return outline
        if not self._system.IsGeographic():
            scale = self._system.GetLinearUnits()
            return outline if scale == 1 else affinity.scale(outline, scale, scale, origin=(0, 0))
        centre = outline.envelope.centroid
        plane = osr.SpatialReference()
        plane.ImportFromProj4(
            f"+proj=laea +lat_0={centre.y:.9f} +lon_0={centre.x:.9f} +datum=WGS84 +units=m"
        )
        plane.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
        laid = osr.CoordinateTransformation(self._system, plane)

        def move(x: Any, y: Any, *_z: Any) -> tuple[Any, Any]:
            points = laid.TransformPoints(list(zip(x, y)))
            return [point[0] for point in points], [point[1] for point in points]

        return transform(move, outline)


def length_of(flat: Any) -> float:
    """Longer side of the smallest rectangle, in any direction, around a flat outline."""
    corners = list(flat.minimum_rotated_rectangle.exterior.coords)
    sides = [
        ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        for (x0, y0), (x1, y1) in zip(corners[:2], corners[1:3])
    ]
    return float(max(sides))
