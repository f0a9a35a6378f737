"""From a point on a real radar image to layers and files that lie where the image lies."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from osgeo import gdal, ogr
from qgis.core import QgsPointXY, QgsProject, QgsRasterLayer
from shapely import wkb
from shapely.geometry import Point

from segshap_qgis.explain import explain, hexagons
from segshap_qgis.geo import (
    Record,
    read_geopackage,
    region_from_geometry,
    write_geopackage,
    write_geotiff,
)
from segshap_qgis.geo.grid import to_map
from segshap_qgis.layers import add_result, style_documents
from segshap_qgis.provider_window import Snapshot
from tests.geo.raster_files import DATA

# Image -> row and column, on the grid that QGIS shows, of a pixel with a value; the
# windows of the two placed by control points reach beyond the swath.
PLACES = {
    "camargue_vv_db.tif": (100, 120),
    "kerala_vv_gcp.tif": (150, 60),
    "seychelles_vh_gcp.tif": (500, 450),
}


class Brightness:
    """A linear game: every cell is worth its share of the image's brightness."""

    n_targets = 1
    target_names = ("brightness",)

    def __init__(self, window, superpixels) -> None:
        self.n_players = superpixels.n_players
        known = superpixels.labels >= 0
        labels, values = superpixels.labels[known], window.bands[0][known].astype(float)
        totals = np.bincount(labels, values, minlength=self.n_players)
        self.weights = totals / np.abs(totals).sum()

    def __call__(self, coalitions: np.ndarray) -> np.ndarray:
        return (coalitions @ self.weights)[:, None]


@pytest.fixture(params=PLACES)
def scene(request, qgis_app, tmp_path):
    """Layer, its game and record of a run on a 96-pixel window around a point."""
    project = QgsProject.instance()
    project.clear()
    path = shutil.copy(DATA / request.param, tmp_path / "scene.tif")
    layer = QgsRasterLayer(str(path), "scene", "gdal")
    project.addMapLayer(layer)
    snapshot = Snapshot(layer, (1,))
    row, column = PLACES[request.param]
    place = Point(*to_map(snapshot.grid.transform, row + 0.5, column + 0.5))
    window = snapshot.read(place, 96)
    superpixels = hexagons(window.shape, side=8, valid=window.valid)
    game = Brightness(window, superpixels)
    found = explain(game, superpixels, budget=4 * game.n_players, estimator="leverage")
    region = region_from_geometry(place, window)
    settings = {"model_id": "brightness", "started": "2026-01-01T00:00:00+00:00"}
    yield layer, game, Record("one pixel", found, window, region, settings=settings)
    project.clear()


def grid_matches(layer: QgsRasterLayer, result: QgsRasterLayer, record: Record) -> bool:
    """Whether the source, read on the result's own grid, gives the very pixels of the window."""
    width, height = result.width(), result.height()
    block = layer.dataProvider().block(1, result.extent(), width, height)
    kind = {1: "u1", 2: "u2", 6: "f4"}[int(block.dataType())]
    values = np.frombuffer(bytes(block.data()), kind).reshape(height, width)
    return np.array_equal(values.astype(np.float32), record.window.bands[0])


def test_the_layers_lie_on_the_image_and_hold_the_exact_contributions(scene, tmp_path):
    layer, game, record = scene
    np.testing.assert_allclose(record.explanation.values[0], game.weights, atol=1e-9)
    assert np.argwhere(record.region).tolist() == [[48, 48]]
    group = add_result(record, folder=str(tmp_path / "results"))
    layers = {
        tree.layer().customProperty("segshap/role"): tree.layer() for tree in group.findLayers()
    }
    contribution, cells = layers["contribution"], layers["superpixels"]
    assert contribution.crs() == cells.crs() == layer.crs()
    assert grid_matches(layer, contribution, record)
    assert cells.featureCount() == game.n_players
    block = contribution.dataProvider().block(1, contribution.extent(), 96, 96)
    painted = np.frombuffer(bytes(block.data()), np.float32).reshape(96, 96)
    np.testing.assert_array_equal(painted != block.noDataValue(), record.window.valid)
    for feature in cells.getFeatures():
        inside = wkb.loads(bytes(feature.geometry().asWkb())).representative_point()
        value, found = contribution.dataProvider().sample(QgsPointXY(inside.x, inside.y), 1)
        assert found
        assert value == np.float32(feature["contribution"])


def test_the_files_lie_on_the_image_too(scene, tmp_path):
    layer, game, record = scene
    write_geotiff(tmp_path / "out.tif", record)
    assert grid_matches(layer, QgsRasterLayer(str(tmp_path / "out.tif"), "file"), record)

    package = tmp_path / "out.gpkg"
    written = write_geopackage(package, [record], styles=[style_documents(record)])
    assert written.notes == ()
    back = read_geopackage(package).explanation
    np.testing.assert_array_equal(back.values, record.explanation.values)
    np.testing.assert_array_equal(back.superpixels.labels, record.explanation.superpixels.labels)
    names = [name for name, _ in gdal.Open(str(package)).GetSubDatasets()]
    for name in names:
        raster = QgsRasterLayer(name, "file", "gdal")
        assert raster.isValid()
        assert raster.crs() == layer.crs()
        assert grid_matches(layer, raster, record)
    assert len(names) >= 2
    source = ogr.Open(str(package))
    tables = [source.GetLayer(i).GetName() for i in range(source.GetLayerCount())]
    (cells,) = [name for name in tables if name.endswith("superpixels")]
    assert source.GetLayer(cells).GetFeatureCount() == game.n_players
