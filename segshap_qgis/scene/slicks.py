"""From a map of probability to slicks: connected areas as polygons, with what they measure."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, Optional

import numpy as np
from numpy.typing import NDArray
from osgeo import gdal, ogr

from ..errors import ExportError, Interrupted, SettingsError
from ..geo import RasterReader, Window
from ..geo.cells import Column
from ..geo.grid import PixelBounds, pixel_bounds
from ..geo.rasters import reference_system
from .burning import burnt
from .measures import Ground, length_of
from .workplace import small_cache

# Rows that are read at once, and side of the squares in which a slick is measured.
STRIP, SQUARE = 256, 1024
# Share of the progress at which the outlines are there.
FOUND = 0.6
OPEN_FILE = ("TILED=YES", "COMPRESS=DEFLATE", "BIGTIFF=IF_SAFER")


@dataclass(frozen=True)
class SlickRequest:
    """What counts as a slick.

    Attributes
    ----------
    probability : str
        Raster of probability, 0 to 1 after its scale is applied.
    threshold : float
        Pixels of this probability and above belong to slicks; they touch at edges and corners.
    smallest_area : float
        In square metres (square map units without a CRS); smaller areas are left out.
    simplify : float
        Distance in metres by which a simplified outline may depart; 0 keeps the pixels' edges.
    image : str or None
        Radar image on any grid in the same CRS, for the contrast.
    band : int
        Band of the image.
    unit : str or None
        "amplitude", "power" or "db"; None recognises it.
    surroundings : int
        Width, in pixels of the image, of the ring around a slick that the contrast compares with.
    """

    probability: str
    threshold: float = 0.5
    smallest_area: float = 0.0
    simplify: float = 0.0
    image: Optional[str] = None
    band: int = 1
    unit: Optional[str] = None
    surroundings: int = 20


class Slick(NamedTuple):
    """One connected area.

    Attributes
    ----------
    outline : shapely Polygon or MultiPolygon
        In the CRS of the map of probability.
    area, length : float
        In square metres and metres; length is the longer side of the smallest rectangle around it.
    pixels : int
        Of the map of probability.
    mean_probability, highest_probability : float
        Over its pixels.
    contrast_db : float
        Mean backscatter inside over that of the ring around it, in dB; negative where it is darker.
        NaN without an image.
    """

    outline: Any
    area: float
    length: float
    pixels: int
    mean_probability: float
    highest_probability: float
    contrast_db: float


def find_slicks(
    request: SlickRequest,
    on_progress: Callable[[float], None],
    is_cancelled: Callable[[], bool],
) -> list[Slick]:
    """Find the slicks of a map of any size, the largest first.

    Memory holds strips of the map and the outlines that are large enough, never the map.

    Parameters
    ----------
    request : SlickRequest
        What counts.
    on_progress : callable
        Receives the share done, 0 to 1.
    is_cancelled : callable
        Asked often.

    Raises
    ------
    ImageError, SettingsError
        A raster cannot be read; a number is out of range.
    Interrupted
        It was cancelled.
    """
    if not 0 < request.threshold <= 1 or request.smallest_area < 0 or request.simplify < 0:
        raise SettingsError(
            "Slicks need a threshold above 0 and up to 1, and no negative sizes.",
            "Choose a threshold such as 0.5.",
        )
    reader = RasterReader(request.probability, (1,))
    ground = Ground(reader.crs_wkt)
    found: list[Slick] = []
    with small_cache(), tempfile.TemporaryDirectory(prefix="segshap-") as folder:
        pieces = _outlines(reader, request.threshold, Path(folder), on_progress, is_cancelled)
        large = [
            (outline, area, length)
            for outline in pieces
            for area, length in [_size(ground.flat(outline), request.smallest_area)]
            if area >= request.smallest_area
        ]
    contrast = _Contrast(request, reader) if request.image else None
    for number, (outline, area, length) in enumerate(large):
        if is_cancelled():
            raise Interrupted
        count, mean, highest = _probability(reader, outline)
        darker = float("nan") if contrast is None else contrast.of(outline)
        found.append(Slick(outline, area, length, count, mean, highest, darker))
        on_progress(FOUND + (1 - FOUND) * (number + 1) / len(large))
    # A stable order, so that the same map always numbers its slicks alike.
    found.sort(key=lambda slick: -slick.area)
    return [_simplified(slick, request.simplify, ground) for slick in found]


def _simplified(slick: Slick, simplify: float, ground: Ground) -> Slick:
    """The slick with a simplified outline; what it measures stays that of its pixels."""
    if simplify == 0:
        return slick
    # Metres to map units, by the ratio of the outline's own extents.
    flat = ground.flat(slick.outline)
    scale = (slick.outline.area / flat.area) ** 0.5
    return slick._replace(outline=_polygons(slick.outline.simplify(simplify * scale)))


def slick_columns(slicks: list[Slick]) -> list[Column]:
    """Attributes of the slicks as columns of a table; number 1 is the largest."""
    return [
        Column("slick", list(range(1, len(slicks) + 1))),
        Column("area_m2", [slick.area for slick in slicks]),
        Column("length_m", [slick.length for slick in slicks]),
        Column("pixels", [slick.pixels for slick in slicks]),
        Column("mean_probability", [slick.mean_probability for slick in slicks]),
        Column("highest_probability", [slick.highest_probability for slick in slicks]),
        Column("contrast_db", [slick.contrast_db for slick in slicks]),
    ]


def _size(flat: Any, smallest: float) -> tuple[float, float]:
    """Area and length; the length of what is too small anyway is not computed."""
    area = float(flat.area)
    return area, length_of(flat) if area >= smallest else 0.0


def _outlines(
    reader: RasterReader,
    threshold: float,
    folder: Path,
    on_progress: Callable[[float], None],
    is_cancelled: Callable[[], bool],
) -> Iterator[Any]:
    """Outlines of all connected areas, in map coordinates, valid; GDAL keeps them on the disk."""
    from shapely import wkb

    def half(done: float, _text: str, _data: Any) -> int:
        on_progress(FOUND * (0.5 + done / 2))
        return 0 if is_cancelled() else 1

    mask = _mask(reader, threshold, folder, lambda d: on_progress(FOUND * d / 2), is_cancelled)
    store = ogr.GetDriverByName("GPKG").CreateDataSource(str(folder / "pieces.gpkg"))
    layer = store.CreateLayer("pieces", reference_system(reader.crs_wkt), ogr.wkbPolygon)
    band = mask.GetRasterBand(1)
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    try:
        failed = gdal.Polygonize(band, band, layer, -1, ["8CONNECTED=8"], callback=half) != 0
    except RuntimeError:
        failed = True
    finally:
        gdal.PopErrorHandler()
    if is_cancelled():
        raise Interrupted
    if failed:
        raise ExportError(
            f"The slicks could not be outlined: {gdal.GetLastErrorMsg()}",
            f"Free some space in {tempfile.gettempdir()}.",
        )
    for feature in layer:
        yield _polygons(wkb.loads(bytes(feature.GetGeometryRef().ExportToWkb())))


def _mask(
    reader: RasterReader,
    threshold: float,
    folder: Path,
    on_progress: Callable[[float], None],
    is_cancelled: Callable[[], bool],
) -> Any:
    """1 where the probability reaches the threshold, else 0, as a file on the reader's grid."""
    height, width = reader.grid.height, reader.grid.width
    mask = gdal.GetDriverByName("GTiff").Create(
        str(folder / "mask.tif"), width, height, 1, gdal.GDT_Byte, list(OPEN_FILE)
    )
    mask.SetGeoTransform(reader.grid.transform)
    for row in range(0, height, STRIP):
        if is_cancelled():
            raise Interrupted
        window = reader.read((row, 0, min(row + STRIP, height), width))
        is_slick = window.valid & (window.bands[0] >= np.float32(threshold))
        mask.GetRasterBand(1).WriteArray(is_slick.astype(np.uint8), 0, row)
        on_progress(row / height)
    mask.FlushCache()
    return mask


def _polygons(outline: Any) -> Any:
    """A valid outline: pixels that touch at corners make rings that touch themselves."""
    from shapely.geometry import MultiPolygon
    from shapely.validation import make_valid

    if outline.is_valid:
        return outline
    mended = make_valid(outline)
    parts = [p for p in getattr(mended, "geoms", [mended]) if p.geom_type.endswith("Polygon")]
    single = [q for p in parts for q in getattr(p, "geoms", [p])]
    return single[0] if len(single) == 1 else MultiPolygon(single)


def _squares(bounds: PixelBounds, height: int, width: int) -> Iterator[PixelBounds]:
    """Parts of a block of pixels that are small enough to read, clipped to the raster."""
    row0, column0, row1, column1 = bounds
    row1, column1 = min(row1, height), min(column1, width)
    for row in range(max(row0, 0), row1, SQUARE):
        for column in range(max(column0, 0), column1, SQUARE):
            yield row, column, min(row + SQUARE, row1), min(column + SQUARE, column1)


def _probability(reader: RasterReader, outline: Any) -> tuple[int, float, float]:
    """Pixels of an outline, and their mean and highest probability."""
    grid = reader.grid
    count, total, highest = 0, 0.0, 0.0
    for square in _squares(pixel_bounds(outline, grid.transform), grid.height, grid.width):
        window = reader.read(square)
        inside = window.bands[0][burnt([outline], window) & window.valid]
        count += inside.size
        total += float(inside.sum(dtype=np.float64))
        highest = max(highest, float(inside.max(initial=0.0)))
    return count, total / count, highest


class _Contrast:
    """Backscatter of slicks against the ring around them, without other slicks in the ring."""

    def __init__(self, request: SlickRequest, probability: RasterReader) -> None:
        self._reader = RasterReader(str(request.image), (request.band,))
        self._same_grid = self._reader.grid == probability.grid
        self._probability = probability
        self._request = request
        _, x_column, _, _, y_column, _ = self._reader.grid.transform
        self._ring = request.surroundings * float(np.hypot(x_column, y_column))

    def of(self, outline: Any) -> float:
        """In dB; NaN where either side has no valid pixel."""
        grid = self._reader.grid
        around = outline.buffer(self._ring)
        sums, counts = np.zeros(2), np.zeros(2)
        for square in _squares(pixel_bounds(around, grid.transform), grid.height, grid.width):
            window = self._reader.read(square)
            inside = burnt([outline], window)
            ring = burnt([around], window) & ~inside & ~self._slicks(square, window)
            power = self._power(window)
            for side, chosen in enumerate((inside, ring)):
                sums[side] += power[chosen & window.valid].sum()
                counts[side] += np.count_nonzero(chosen & window.valid)
        if not counts.all() or not (sums > 0).all():
            return float("nan")
        means = sums / counts
        return float(10 * np.log10(means[0] / means[1]))

    def _slicks(self, square: PixelBounds, window: Window) -> NDArray[np.bool_]:
        if not self._same_grid:
            return np.zeros(window.shape, dtype=bool)
        probability = self._probability.read(square)
        return probability.valid & (probability.bands[0] >= self._request.threshold)

    def _power(self, window: Window) -> NDArray[np.float64]:
        values = window.bands[0].astype(np.float64)
        unit = self._unit(window)
        if unit == "db":
            return np.asarray(10 ** (np.where(window.valid, values, 0) / 10))
        return np.asarray(values**2 if unit == "amplitude" else values)

    def _unit(self, window: Window) -> str:
        from ..models.normalisation import recognise_unit

        stated = self._request.unit or window.unit
        if stated is None:
            # Once for the image: small windows may be told wrongly.
            stated = recognise_unit(window.bands[0][window.valid])
            self._request = replace(self._request, unit=stated)
        return stated
