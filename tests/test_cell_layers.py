"""Super-pixels that follow layers of the project: classes, polygons and land."""

from __future__ import annotations

import numpy as np
import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeature,
    QgsGeometry,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
)

from segshap_qgis.cell_layers import cell_layers, extent_of
from segshap_qgis.errors import SettingsError
from segshap_qgis.geo import Window
from segshap_qgis.workflow import Request
from tests.geo.raster_files import write_tiff
from tests.small_record import NORTH_UP, crs_wkt

SHAPE = (30, 40)


@pytest.fixture
def window(qgis_app):
    return Window(np.ones((1, *SHAPE), np.float32), np.ones(SHAPE, bool), NORTH_UP, crs_wkt(32631))


def asked(kind):
    return Request(model="", target="", cells=kind)


def context():
    return QgsProject.instance().transformContext()


def class_raster(path, values, **options):
    layer = QgsRasterLayer(str(write_tiff(path, values, **options)), "classes", "gdal")
    assert layer.isValid()
    return layer


def polygons(window, *pixel_boxes, epsg=32631):
    """A layer of rectangles (top, left, bottom, right) in pixels of a window."""
    layer = QgsVectorLayer(f"Polygon?crs=EPSG:{epsg}", "outlines", "memory")
    extent, size = extent_of(window), 10.0
    move = QgsCoordinateTransform(
        QgsCoordinateReferenceSystem("EPSG:32631"), layer.crs(), context()
    )
    for top, left, bottom, right in pixel_boxes:
        box = QgsRectangle(
            extent.xMinimum() + left * size,
            extent.yMaximum() - bottom * size,
            extent.xMinimum() + right * size,
            extent.yMaximum() - top * size,
        )
        geometry = QgsGeometry.fromRect(box)
        geometry = geometry.densifyByCount(20)
        geometry.transform(move)
        feature = QgsFeature()
        feature.setGeometry(geometry)
        layer.dataProvider().addFeatures([feature])
    return layer


def test_classes_of_a_raster_lie_on_the_windows_pixels(window, tmp_path):
    values = np.random.default_rng(0).choice([3, 7, 40], (1, *SHAPE)).astype(np.uint8)
    layer = class_raster(tmp_path / "classes.tif", values, transform=NORTH_UP, epsg=32631)
    labels = cell_layers(asked("layer"), layer, None, context()).guide(window).labels
    assert labels.tolist() == np.searchsorted([3, 7, 40], values[0]).tolist()


def test_a_raster_that_covers_a_part_has_no_class_elsewhere(window, tmp_path):
    values = np.full((1, *SHAPE), 5, dtype=np.uint8)
    shifted = (NORTH_UP[0] + 100, *NORTH_UP[1:])
    layer = class_raster(tmp_path / "classes.tif", values, transform=shifted, epsg=32631)
    labels = cell_layers(asked("layer"), layer, None, context()).guide(window).labels
    assert (labels[:, :10] == -1).all()
    assert (labels[:, 10:] == 0).all()


def test_classes_in_another_crs_are_found_where_they_lie(window, tmp_path):
    # Class 1 north of the window's middle row, in degrees.
    degrees = QgsCoordinateReferenceSystem("EPSG:4326")
    to_degrees = QgsCoordinateTransform(
        QgsCoordinateReferenceSystem("EPSG:32631"), degrees, context()
    )
    extent = extent_of(window)
    around = to_degrees.transformBoundingBox(extent.buffered(200))
    middle = to_degrees.transform(extent.center()).y()
    step = around.height() / 200
    rows = around.yMaximum() - (np.arange(200) + 0.5) * step
    values = np.repeat((rows > middle)[:, None], 300, axis=1).astype(np.uint8)[None]
    transform = (around.xMinimum(), around.width() / 300, 0.0, around.yMaximum(), 0.0, -step)
    layer = class_raster(tmp_path / "degrees.tif", values, transform=transform, epsg=4326)
    labels = cell_layers(asked("layer"), layer, None, context()).guide(window).labels
    assert (labels[:14] == 1).all()
    assert (labels[16:] == 0).all()


@pytest.mark.parametrize("epsg", [32631, 4326])
def test_polygons_of_any_crs_are_numbered_where_they_lie(window, epsg):
    layer = polygons(window, (0, 0, 10, 10), (5, 20, 30, 40), epsg=epsg)
    labels = cell_layers(asked("polygons"), layer, None, context()).guide(window).labels
    expected = np.full(SHAPE, -1)
    expected[:10, :10], expected[5:, 20:] = 0, 1
    assert (labels == expected).mean() > 0.999


def test_land_is_a_mask_and_what_is_deleted_meanwhile_makes_no_difference(window):
    layer = polygons(window, (20, 0, 30, 40))
    found = cell_layers(asked("hexagons"), None, layer, context())
    del layer
    land = found.guide(window).land
    assert land[20:].all()
    assert not land[:20].any()


def test_the_models_classes_guide_without_a_layer(window):
    probabilities = np.random.default_rng(0).random((3, *SHAPE)).astype(np.float32)
    guide = cell_layers(asked("classes"), None, None, context()).guide(window, probabilities)
    assert (guide.labels == probabilities.argmax(axis=0)).all()


def test_measurements_points_and_nothing_are_refused(window, tmp_path):
    values = np.random.default_rng(0).random((1, *SHAPE)).astype(np.float32)
    measured = class_raster(tmp_path / "m.tif", values, transform=NORTH_UP, epsg=32631)
    with pytest.raises(SettingsError, match="measurements"):
        cell_layers(asked("layer"), measured, None, context()).guide(window)
    points = QgsVectorLayer("Point?crs=EPSG:32631", "points", "memory")
    for kind, layer in (("layer", None), ("polygons", measured), ("polygons", points)):
        with pytest.raises(SettingsError):
            cell_layers(asked(kind), layer, None, context())
    with pytest.raises(SettingsError):
        cell_layers(asked("hexagons"), None, points, context())
