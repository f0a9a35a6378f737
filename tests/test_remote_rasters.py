"""Rasters that lie on a server, read through QGIS's provider as a run reads them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from qgis.core import QgsRasterLayer

from segshap_qgis.errors import ImageError
from segshap_qgis.geo import read_window
from segshap_qgis.provider_window import Snapshot
from tests.geo.raster_files import numbered, write_tiff
from tests.http_files import served

pytestmark = pytest.mark.usefixtures("qgis_app")

TILED = ("TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64")


@pytest.fixture(autouse=True)
def no_proxy_for_this_machine(monkeypatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")


@pytest.fixture
def remote(tmp_path):
    """A server with a raster of 4 MB in tiles, and the layer that QGIS makes of it."""
    write_tiff(tmp_path / "scene.tif", numbered(1024, 1024), options=TILED)
    with served(tmp_path) as server:
        layer = QgsRasterLayer(f"/vsicurl/{server.url('scene.tif')}", "remote", "gdal")
        assert layer.isValid()
        yield server, layer


def test_a_window_of_a_remote_raster_is_that_of_the_file(tmp_path, remote):
    _server, layer = remote
    snapshot = Snapshot(layer)
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(snapshot.read, (500, 700, 520, 730), 64).result(timeout=120)
    expected = read_window(tmp_path / "scene.tif", (500, 700, 520, 730), 64)
    assert found.bands.tobytes() == expected.bands.tobytes()
    assert found.transform == pytest.approx(expected.transform, rel=1e-12)
    assert found.offset == expected.offset
    assert found.valid.all()


def test_only_what_a_window_needs_is_fetched(remote):
    server, layer = remote
    snapshot = Snapshot(layer)
    before = server.bytes_sent
    snapshot.read((500, 700, 520, 730), 64)
    assert 0 < server.bytes_sent - before < 600_000


def test_a_server_that_goes_away_gives_a_message_instead_of_zeros(remote):
    server, layer = remote
    snapshot = Snapshot(layer)
    snapshot.read((0, 0, 1, 1), 64)
    server.shutdown()
    server.server_close()
    with pytest.raises(ImageError, match="could not be read"):
        snapshot.read((900, 900, 901, 901), 64)


def test_tiles_of_a_server_are_pictures_and_are_refused_with_the_way_out(tmp_path):
    write_tiff(tmp_path / "0.tif", np.full((3, 256, 256), 100, np.uint8))
    with served(tmp_path) as server:
        uri = f"type=xyz&url={server.url('0.tif')}?%7Bz%7D/%7Bx%7D/%7By%7D&zmax=3&zmin=0"
        layer = QgsRasterLayer(uri, "tiles", "wms")
        assert layer.isValid()
        with pytest.raises(ImageError, match="pictures from a web service") as refused:
            Snapshot(layer)
    assert "GeoTIFF with raw values" in refused.value.remedy
