"""Rasters and regions of every kind: the right pixels, or a clear error; never anything else."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from osgeo import gdal, gdal_array
from shapely import geometry as shapes

from segshap_qgis.errors import SegShapError
from segshap_qgis.geo import Window, read_window, region_from_geometry
from segshap_qgis.geo.grid import Grid, window_bounds
from segshap_qgis.geo.regions import share_outside

EVERY = {"deadline": None, "derandomize": True, "suppress_health_check": list(HealthCheck)}
KINDS = ["uint8", "uint16", "int16", "uint32", "int32", "float32", "float64", "complex64"]
KINDS += ["int64", "uint64"] if hasattr(gdal, "GDT_Int64") else []
LENGTHS = st.sampled_from([1, 2, 7, 40])
SIZES = st.sampled_from([1.0, -1.0, 10.0, 1e-12, 1e12, 1e-300, 1e300, 0.0, float("nan"), math.inf])
ORIGINS = st.sampled_from([0.0, 5e5, -180.0, 180.0, 1e15, float("nan")])
VALUES = st.sampled_from([0.0, -1.0, 255.0, 1e30, 1e300, float("nan"), math.inf, -math.inf])
SYSTEMS = st.sampled_from(["", "EPSG:32631", "EPSG:4326", "EPSG:3857", 'LOCAL_CS["x"]', "no WKT"])


@st.composite
def rasters(draw):
    """A dataset in memory, with what makes it odd."""
    kind = draw(st.sampled_from(KINDS))
    bands, height, width = draw(st.sampled_from([1, 1, 2, 4])), draw(LENGTHS), draw(LENGTHS)
    rng = np.random.default_rng(draw(st.integers(0, 9)))
    with np.errstate(all="ignore"):
        pixels = rng.uniform(0, 200, (bands, height, width)).astype(kind)
        if pixels.dtype.kind in "fc":
            pixels.flat[rng.integers(pixels.size, size=3)] = draw(VALUES)
    code = gdal_array.NumericTypeCodeToGDALTypeCode(pixels.dtype.type)
    options = []
    dataset = gdal.GetDriverByName("MEM").Create("", width, height, bands, code, options)
    for number, plane in enumerate(pixels, 1):
        dataset.GetRasterBand(number).WriteArray(plane)
    system = draw(SYSTEMS)
    if system:
        # Also what is no reference system at all.
        dataset.SetProjection(system)
    _place(draw, dataset)
    _dress(draw, dataset.GetRasterBand(1))
    return dataset, pixels


def _place(draw, dataset):
    """A geotransform, rotated or not, ground control points, or none."""
    how = draw(st.sampled_from(["upright", "upright", "rotated", "points", "nothing"]))
    if how in {"upright", "rotated"}:
        skew = draw(st.sampled_from([0.3, 1.0])) if how == "rotated" else 0.0
        x, y = draw(SIZES), draw(SIZES)
        dataset.SetGeoTransform([draw(ORIGINS), x, skew * x, draw(ORIGINS), skew * y, -y])
    elif how == "points":
        step = draw(st.sampled_from([0.0, 1e-9, 10.0, 1e9]))
        points = [gdal.GCP(c * step, r * step, 0, c, r) for r in (0, 1) for c in (0, 1)]
        dataset.SetGCPs(points, dataset.GetProjection())


def _dress(draw, band):
    """No-data, scale and offset, a colour table, a role."""
    if draw(st.booleans()):
        is_long = gdal.GetDataTypeName(band.DataType) in {"Int64", "UInt64"}
        band.SetNoDataValue(5 if is_long else draw(VALUES))
    if draw(st.booleans()):
        band.SetScale(draw(st.sampled_from([1.0, 0.01, 0.0, 1e300, float("nan")])))
        band.SetOffset(draw(st.sampled_from([0.0, -30.0, 1e300, math.inf])))
    odd = draw(st.sampled_from(["", "", "palette", "alpha"]))
    if odd == "palette" and band.DataType == gdal.GDT_Byte:
        band.SetColorTable(gdal.ColorTable())
    elif odd == "alpha":
        band.SetColorInterpretation(gdal.GCI_AlphaBand)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_raster_of_any_kind_is_read_or_refused(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rasters")

    @settings(max_examples=150, **EVERY)
    @given(rasters(), st.sampled_from([1, 5, 512, 10**6]), st.sampled_from([None, [1], [2], [0]]))
    def check(made, size, bands):
        dataset, pixels = made
        path = str(folder / "a.tif")
        gdal.PushErrorHandler("CPLQuietErrorHandler")
        try:
            if gdal.GetDriverByName("GTiff").CreateCopy(path, dataset) is None:
                return
        except RuntimeError:
            return
        finally:
            gdal.PopErrorHandler()
        try:
            window = read_window(path, (0, 0, 1, 1), size, bands)
        except SegShapError:
            return
        assert window.bands.dtype == np.float32
        assert np.isfinite(window.bands[:, window.valid]).all()
        assert window.shape == window.bands.shape[1:]
        file = gdal.Open(path)  # has to outlive its band
        is_plain = bands == [1] and file.GetGCPCount() == 0
        band = file.GetRasterBand(1)
        if is_plain and band.GetScale() in {None, 1.0} and band.GetOffset() in {None, 0.0}:
            height, width = window.shape
            seen = pixels[0, :height, :width][window.valid]
            np.testing.assert_array_equal(window.bands[0][window.valid], seen.astype(np.float32))

    check()


@pytest.mark.parametrize("content", [
    b"", b"II*\0", b"<VRTDataset rasterXSize='9' rasterYSize='9'/>",
    b"<VRTDataset rasterXSize='2147483647' rasterYSize='2147483647'><VRTRasterBand dataType="
    b"'Float64' band='1'/></VRTDataset>",
    b"<VRTDataset rasterXSize='9' rasterYSize='9'><VRTRasterBand dataType='Float32' band='1'>"
    b"<SimpleSource><SourceFilename relativeToVRT='1'>a.vrt</SourceFilename></SimpleSource>"
    b"</VRTRasterBand></VRTDataset>",
    b"<VRTDataset rasterXSize='9' rasterYSize='9'><VRTRasterBand dataType='Float32' band='1' "
    b"subClass='VRTDerivedRasterBand'><PixelFunctionLanguage>Python</PixelFunctionLanguage>"
    b"<PixelFunctionType>f</PixelFunctionType><PixelFunctionCode><![CDATA[\ndef f(*a, **k):\n"
    b"    open('ran', 'w')\n]]></PixelFunctionCode></VRTRasterBand></VRTDataset>",
], ids=["empty", "cut off", "no band", "absurd size", "of itself", "a program"])  # fmt: skip
def test_a_virtual_raster_is_read_or_refused_and_runs_nothing(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.vrt").write_bytes(content)
    try:
        window = read_window(tmp_path / "a.vrt", (0, 0, 1, 1), 64)
    except SegShapError:
        window = None
    assert window is None or window.shape <= (64, 64)
    assert not (tmp_path / "ran").exists()


# Regions --------------------------------------------------------------------------------------

ODD = st.sampled_from([0.0, 1e-300, 32.0, 31.9999999, 180.0, -180.0, 1e9, -1e15, 1e300, -1e300])
PLACES = st.tuples(st.floats(-5, 40), st.floats(-5, 40)) | st.tuples(
    ODD | st.floats(-50, 80), ODD | st.floats()
)
RINGS = st.lists(PLACES, min_size=3, max_size=7)


def made(shape, *parts):
    """A shape, or an empty one where shapely refuses its parts."""
    try:
        return shape(*parts)
    except (ValueError, AssertionError):
        return shapes.GeometryCollection()


POLYGONS = st.builds(made, st.just(shapes.Polygon), RINGS, st.lists(RINGS, max_size=2))
SINGLE = (
    POLYGONS
    | st.builds(made, st.just(shapes.LineString), RINGS)
    | st.builds(made, st.just(shapes.Point), PLACES)
    | st.builds(made, st.just(shapes.MultiPoint), RINGS)
)
SEVERAL = st.builds(made, st.just(shapes.GeometryCollection), st.lists(SINGLE, max_size=3))
TRANSFORMS = st.sampled_from([
    (0.0, 1.0, 0.0, 0.0, 0.0, 1.0), (0.0, 1.0, 0.0, 32.0, 0.0, -1.0),
    (0.0, 0.8, 0.6, 0.0, -0.6, 0.8), (5e5, 1e-9, 0.0, 4e6, 0.0, -1e-9),
    (0.0, 1e12, 0.0, 0.0, 0.0, -1e12), (0.0, 1e300, 0.0, 0.0, 0.0, -1e300),
    (0.0, 0.0, 0.0, 0.0, 0.0, 0.0), (float("nan"), 1.0, 0.0, 0.0, 0.0, 1.0),
    (0.0, math.inf, 0.0, 0.0, 0.0, 1.0),
])  # fmt: skip


@settings(max_examples=300, **EVERY)
@given(SINGLE | SEVERAL, TRANSFORMS)
def test_a_region_of_any_shape_selects_valid_pixels_or_is_refused(geometry, transform):
    valid = np.ones((32, 32), dtype=bool)
    valid[3:5, 3:9] = False
    window = Window(np.zeros((1, 32, 32), np.float32), valid, transform)

    def or_refused(action):
        try:
            return action()
        except SegShapError:
            return None

    region = or_refused(lambda: region_from_geometry(geometry, window))
    assert region is None or (region.any() and not (region & ~valid).any())
    share = or_refused(lambda: share_outside(geometry, window))
    assert share is None or 0 <= share <= 1
    bounds = or_refused(lambda: window_bounds(geometry, Grid(32, 32, transform), 64))
    assert bounds in {None, (0, 0, 32, 32)}
