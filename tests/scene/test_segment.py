"""A scene cut into tiles is segmented as one image would be, whatever interrupts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal, ogr

from segshap_qgis.errors import ExportError, ImageError, Interrupted, SettingsError
from segshap_qgis.models import load_model
from segshap_qgis.scene import SceneRequest, segment_scene
from segshap_qgis.scene.sea import sea_surface
from segshap_qgis.scene.source import SceneSource
from segshap_qgis.scene.tiles import spans, weights
from tests.scene.scenes import go_on, radar_model, sea_db, unheard, write_scene

ROOT = Path(__file__).resolve().parents[2]


def values_of(path: Path) -> np.ndarray:
    return gdal.Open(str(path)).ReadAsArray()


@pytest.fixture(scope="module")
def model_path(tmp_path_factory) -> Path:
    return radar_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def scene(tmp_path) -> Path:
    pixels = sea_db(300, 420)
    pixels[0, 100:140, 180:260] -= 8
    pixels[0, :60, :50] = -99.0
    return write_scene(tmp_path / "scene.tif", pixels)


def request_for(scene: Path, model_path: Path, **changes) -> SceneRequest:
    # A margin of a quarter of the overlap, 48 pixels, is what this network sees to either side.
    fields = {"window": 256, "overlap": 192, "kind": "float32", "unit": "db", **changes}
    return SceneRequest(str(scene), str(model_path), "oil", **fields)


@pytest.mark.parametrize("length", [100, 256, 257, 300, 420, 1000, 4097])
@pytest.mark.parametrize(("window", "overlap"), [(256, 192), (128, 32), (128, 0)])
def test_tiles_cover_an_axis_and_their_weights_add_up_to_one(length, window, overlap):
    cut = spans(length, window, overlap)
    total = np.zeros(length)
    for (start, stop), weight in zip(cut, weights(cut, overlap)):
        assert start % 32 == 0
        assert stop - start < window + 32
        total[start:stop] += weight
    assert cut[-1][1] == length
    np.testing.assert_allclose(total, 1, atol=1e-6)


def test_an_overlap_as_wide_as_the_tile_is_refused():
    with pytest.raises(SettingsError, match="cannot overlap"):
        spans(1000, 128, 128)


def test_tiles_give_the_probability_of_one_pass_over_the_whole_scene(tmp_path, scene, model_path):
    request = request_for(scene, model_path)
    made = segment_scene(request, tmp_path / "out.tif", unheard, go_on)
    assert made.tiles > 4
    model = load_model(model_path)
    source = SceneSource(scene, (1,))
    surface = sea_surface(model, source, "db", 256, unheard)
    whole = source.read((0, 0, 300, 420))
    one_pass = model.predict(whole.bands, whole.valid, "db", surface.at((0, 0, 300, 420)))
    found = values_of(made.probability)
    # Aligned tiles whose margin is as wide as the network sees differ by rounding alone.
    np.testing.assert_allclose(found[whole.valid], one_pass[1][whole.valid], atol=2e-6)
    sure = whole.valid & (np.abs(one_pass[1] - one_pass[0]) > 1e-5)
    assert (values_of(made.classes)[sure] == one_pass.argmax(axis=0)[sure]).all()
    assert (found[~whole.valid] == -9999).all()
    assert (values_of(made.classes)[~whole.valid] == 255).all()


def test_the_sea_is_followed_across_the_swath_and_equals_the_models_own(scene, model_path):
    model, source = load_model(model_path), SceneSource(scene, (1,))
    surface = sea_surface(model, source, "db", 256, unheard)
    levels = surface.at((0, 0, 300, 420))[0]
    assert levels[150, 40] - levels[150, 380] > 1.5  # decibels
    row, column = round(surface.rows[0]), round(surface.columns[0])
    first = source.read((0, 0, 256, 256))
    own = model.sea_statistics(first.bands, first.valid, "db")
    assert levels[row, column] == pytest.approx(own[0], abs=0.05)


def test_a_sea_given_to_the_model_reproduces_its_own_normalisation(scene, model_path):
    model, source = load_model(model_path), SceneSource(scene, (1,))
    window = source.read((0, 0, 256, 256))
    own = model.sea_statistics(window.bands, window.valid, "db")
    given = np.broadcast_to(own[:, None, None], (len(own), *window.bands.shape[1:]))
    np.testing.assert_allclose(
        model.normalise(window.bands, window.valid, "db", given),
        model.normalise(window.bands, window.valid, "db"),
        atol=1e-5,
    )


def test_bytes_hold_the_probability_to_half_a_step(tmp_path, scene, model_path):
    exact = segment_scene(request_for(scene, model_path), tmp_path / "a.tif", unheard, go_on)
    coarse = segment_scene(
        request_for(scene, model_path, kind="uint8"), tmp_path / "b.tif", unheard, go_on
    )
    raster = gdal.Open(str(coarse.probability))
    band = raster.GetRasterBand(1)
    stored, probability = band.ReadAsArray(), values_of(exact.probability)
    known = probability >= 0
    assert band.GetNoDataValue() == 255
    assert ((stored == 255) == ~known).all()
    np.testing.assert_allclose(
        stored[known] * band.GetScale(), probability[known], atol=0.5 / 254 + 1e-6
    )


def test_files_are_cloud_optimised_and_lie_on_the_scenes_grid(tmp_path, model_path):
    scene = write_scene(tmp_path / "large.tif", sea_db(600, 700))
    request = request_for(scene, model_path, overlap=32)
    made = segment_scene(request, tmp_path / "out.tif", unheard, go_on)
    for path in (made.probability, made.classes):
        raster = gdal.Open(str(path))
        assert raster.GetMetadataItem("LAYOUT", "IMAGE_STRUCTURE") == "COG"
        assert raster.GetGeoTransform() == gdal.Open(str(scene)).GetGeoTransform()
        assert raster.GetSpatialRef().IsSame(gdal.Open(str(scene)).GetSpatialRef())
        assert raster.GetRasterBand(1).GetOverviewCount() >= 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "large.tif",
        "out.tif",
        "out_class.tif",
    ]


def test_land_is_left_out_of_the_maps_and_of_the_sea(tmp_path, scene, model_path):
    driver = ogr.GetDriverByName("GeoJSON")
    land = tmp_path / "land.geojson"
    file = driver.CreateDataSource(str(land))
    layer = file.CreateLayer("land", gdal.Open(str(scene)).GetSpatialRef(), ogr.wkbPolygon)
    feature = ogr.Feature(layer.GetLayerDefn())
    feature.SetGeometry(
        ogr.CreateGeometryFromWkt(
            "POLYGON((503000 4000000, 504200 4000000, 504200 3997000, 503000 3997000, "
            "503000 4000000))"
        )
    )
    layer.CreateFeature(feature)
    feature = layer = file = None
    request = request_for(scene, model_path, land=str(land))
    made = segment_scene(request, tmp_path / "out.tif", unheard, go_on)
    assert (values_of(made.probability)[:, 300:] == -9999).all()
    assert (values_of(made.classes)[:, 300:] == 255).all()
    assert (values_of(made.probability)[100:, 60:299] >= 0).all()


def test_a_cancelled_scene_goes_on_where_it_was_and_ends_the_same(tmp_path, scene, model_path):
    request = request_for(scene, model_path)
    undisturbed = segment_scene(request, tmp_path / "a.tif", unheard, go_on)
    heard: list[float] = []
    with pytest.raises(Interrupted):
        segment_scene(
            request, tmp_path / "b.tif", heard.append, lambda: max(heard, default=0) > 0.6
        )
    assert not (tmp_path / "b.tif").exists()
    resumed = segment_scene(request, tmp_path / "b.tif", unheard, go_on)
    assert resumed.resumed_at > 0
    for kind in ("probability", "classes"):
        one, other = getattr(undisturbed, kind), getattr(resumed, kind)
        assert values_of(one).tobytes() == values_of(other).tobytes()
    assert not list(tmp_path.glob(".*"))


def test_work_of_another_request_is_not_taken_up(tmp_path, scene, model_path):
    heard: list[float] = []
    with pytest.raises(Interrupted):
        segment_scene(
            request_for(scene, model_path),
            tmp_path / "out.tif",
            heard.append,
            lambda: max(heard, default=0) > 0.6,
        )
    made = segment_scene(
        request_for(scene, model_path, kind="uint8"), tmp_path / "out.tif", unheard, go_on
    )
    assert made.resumed_at == 0


def test_a_scene_that_is_killed_goes_on_where_it_was(tmp_path, scene, model_path):
    request = request_for(scene, model_path)
    undisturbed = segment_scene(request, tmp_path / "a.tif", unheard, go_on)
    script = textwrap.dedent(
        f"""
        from pathlib import Path
        from segshap_qgis.scene import SceneRequest, segment_scene
        segment_scene({request!r}, Path({str(tmp_path / "b.tif")!r}), lambda d: None, lambda: False)
        """
    )
    work = tmp_path / ".b.tif.segshap-work"
    process = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT)
    until = time.monotonic() + 60
    while not list(work.glob("row_*.npy")) and time.monotonic() < until:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    resumed = segment_scene(request, tmp_path / "b.tif", unheard, go_on)
    assert resumed.resumed_at > 0
    assert values_of(resumed.probability).tobytes() == values_of(undisturbed.probability).tobytes()


def test_a_file_of_somebody_else_is_not_overwritten_by_the_classes(tmp_path, scene, model_path):
    write_scene(tmp_path / "out_class.tif", sea_db(5, 5))
    before = (tmp_path / "out_class.tif").read_bytes()
    with pytest.raises(ExportError, match="not written by SegSHAP"):
        segment_scene(request_for(scene, model_path), tmp_path / "out.tif", unheard, go_on)
    assert (tmp_path / "out_class.tif").read_bytes() == before


def test_a_scene_of_no_data_says_so(tmp_path, model_path):
    scene = write_scene(tmp_path / "empty.tif", np.full((1, 300, 300), -99.0, np.float32))
    with pytest.raises(ImageError, match="valid pixel"):
        segment_scene(request_for(scene, model_path), tmp_path / "out.tif", unheard, go_on)
