from __future__ import annotations

import numpy as np
import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
)
from qgis.PyQt.QtCore import QPoint, Qt

from segshap_qgis.gui.map_tools import PixelTool, RegionTool, SlickTool
from segshap_qgis.gui.pixel_grid import pixel_at, pixel_outline
from tests.geo.raster_files import write_tiff
from tests.gui.hands import LEFT_EDGE, PIXEL, TOP_EDGE, centre_of
from tests.gui.qgis_window import RIGHT, raster_layer


class Picks:
    """A tool in hand, and everything that it said."""

    def __init__(self, window, kind, layer) -> None:
        self.tool = kind(window.mapCanvas())
        self.tool.layer = layer
        self.geometries, self.refusals = [], []
        self.tool.picked.connect(self.geometries.append)
        self.tool.refused.connect(self.refusals.append)
        window.mapCanvas().setMapTool(self.tool)


@pytest.fixture
def take(window, scene):
    return lambda kind, layer=scene: Picks(window, kind, layer)


def corners_of(geometry) -> np.ndarray:
    return np.array([[v.x(), v.y()] for v in geometry.vertices()])


def test_a_click_picks_the_centre_of_the_clicked_pixel(window, take):
    picks = take(PixelTool)
    x, y = centre_of(12, 34)
    window.click(window.at(x + 3, y - 4))
    assert [(g.asPoint().x(), g.asPoint().y()) for g in picks.geometries] == [(x, y)]


def test_the_pixel_under_the_cursor_is_outlined_on_its_grid(window, take):
    picks = take(PixelTool)
    window.move(window.at(*centre_of(5, 7)))
    outline = picks.tool.band.asGeometry().boundingBox()
    left, top = LEFT_EDGE + 7 * PIXEL, TOP_EDGE - 5 * PIXEL
    assert outline == QgsRectangle(left, top - PIXEL, left + PIXEL, top)
    window.mapCanvas().setMapTool(window.pan)
    assert picks.tool.band.numberOfVertices() == 0


def test_the_outline_follows_the_grid_in_another_project_crs(window, scene, take):
    canvas = window.mapCanvas()
    canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    there = QgsCoordinateTransform(
        scene.crs(), canvas.mapSettings().destinationCrs(), QgsProject.instance()
    )
    canvas.setExtent(there.transformBoundingBox(scene.extent()))
    picks = take(PixelTool)
    point = there.transform(*centre_of(20, 30))
    window.move(window.at(point.x(), point.y()))
    outline = picks.tool.band.asGeometry()
    expected = pixel_outline(scene, 20, 30)
    expected.transform(there)
    assert outline.symDifference(expected).area() < 1e-3 * expected.area()
    window.click(window.at(point.x(), point.y()))
    assert pixel_at(scene, picks.geometries[0].asPoint()) == (20, 30)


def test_the_right_pixel_is_picked_on_a_rotated_canvas(window, take):
    window.mapCanvas().setRotation(30)
    picks = take(PixelTool)
    x, y = centre_of(25, 41)
    window.click(window.at(x, y))
    assert (picks.geometries[0].asPoint().x(), picks.geometries[0].asPoint().y()) == (x, y)


def test_pixels_of_a_rotated_raster_are_those_that_qgis_shows(window, take, tmp_path):
    turned = (500000.0, 8.0, 6.0, 4000000.0, 6.0, -8.0)
    pixels = np.arange(40 * 50, dtype=np.float32).reshape(1, 40, 50)
    layer = raster_layer(write_tiff(tmp_path / "turned.tif", pixels, turned), "turned")
    window.show_layer(layer)
    picks = take(PixelTool, layer)
    centre = pixel_outline(layer, 20, 25).centroid().asPoint()
    window.move(window.at(centre.x(), centre.y()))
    shown = picks.tool.band.asGeometry().boundingBox()
    assert shown.contains(centre)
    assert shown.width() == pytest.approx(layer.rasterUnitsPerPixelX())
    picked_value = layer.dataProvider().sample(shown.center(), 1)
    assert picked_value == layer.dataProvider().sample(centre, 1)


def test_pixels_need_not_be_square(window, take, tmp_path):
    pixels = np.zeros((1, 40, 50), dtype=np.uint8)
    layer = raster_layer(
        write_tiff(tmp_path / "flat.tif", pixels, (500000.0, 20.0, 0.0, 4000000.0, 0.0, -5.0))
    )
    window.show_layer(layer)
    picks = take(PixelTool, layer)
    window.click(window.at(500000 + 20 * 30.5, 4000000 - 5 * 10.5))
    point = picks.geometries[0].asPoint()
    assert (point.x(), point.y()) == (500000 + 20 * 30.5, 4000000 - 5 * 10.5)


def test_a_click_off_the_raster_is_refused(window, take):
    for kind in (PixelTool, SlickTool):
        picks = take(kind)
        window.click(window.at(LEFT_EDGE - 30, TOP_EDGE - 30))
        assert picks.geometries == []
        assert "inside the raster" in picks.refusals[0]


def test_without_a_layer_a_click_says_so(window, take):
    for kind in (PixelTool, RegionTool, SlickTool):
        picks = take(kind, None)
        window.click(QPoint(100, 100))
        assert picks.geometries == []
        assert "raster layer" in picks.refusals[0]


def test_web_tiles_have_no_pixels_to_explain(window, take):
    tiles = QgsRasterLayer("type=xyz&url=http://127.0.0.1:9/{z}/{x}/{y}.png&zmax=5", "tiles", "wms")
    for kind in (PixelTool, RegionTool, SlickTool):
        picks = take(kind, tiles)
        window.move(QPoint(90, 90))
        window.click(QPoint(100, 100))
        assert picks.geometries == []
        assert "web tiles" in picks.refusals[0]


def draw(window, corners) -> None:
    for corner in corners:
        window.move(window.at(*corner))
        window.click(window.at(*corner))


TRIANGLE = [centre_of(10, 10), centre_of(10, 40), centre_of(40, 10)]


@pytest.mark.parametrize("way", ["double-click", "enter", "return", "right-click"])
def test_a_region_is_drawn_by_clicks_and_finished(window, take, way):
    picks = take(RegionTool)
    draw(window, TRIANGLE[:2] if way == "double-click" else TRIANGLE)
    assert picks.geometries == []
    assert picks.tool.band.isVisible()
    assert picks.tool.band.numberOfVertices() >= 2
    if way == "double-click":
        window.double_click(window.at(*TRIANGLE[2]))
    elif way == "right-click":
        window.click(QPoint(5, 5), RIGHT)
    else:
        window.key(Qt.Key.Key_Enter if way == "enter" else Qt.Key.Key_Return)
    (region,) = picks.geometries
    assert region.area() == pytest.approx(0.5 * 300 * 300, rel=0.02)
    assert len(corners_of(region)) == 4
    assert picks.tool.band.numberOfVertices() == 0


def test_backspace_takes_the_last_corner_back(window, take):
    picks = take(RegionTool)
    draw(window, [*TRIANGLE, centre_of(55, 70)])
    window.key(Qt.Key.Key_Backspace)
    window.key(Qt.Key.Key_Return)
    assert picks.geometries[0].area() == pytest.approx(0.5 * 300 * 300, rel=0.02)


def test_escape_clears_and_drawing_can_begin_again(window, take):
    picks = take(RegionTool)
    draw(window, [centre_of(50, 70), centre_of(55, 75)])
    window.key(Qt.Key.Key_Escape)
    assert picks.tool.corners == []
    assert picks.tool.band.numberOfVertices() == 0
    draw(window, TRIANGLE)
    window.key(Qt.Key.Key_Return)
    assert picks.geometries[0].area() == pytest.approx(0.5 * 300 * 300, rel=0.02)


def test_dragging_draws_freehand_and_letting_go_finishes(window, take):
    picks = take(RegionTool)
    angles = np.linspace(0, 1.9 * np.pi, 40)
    ring = [centre_of(30 + 15 * np.sin(a), 40 + 15 * np.cos(a)) for a in angles]
    window.press(window.at(*ring[0]))
    for point in ring[1:]:
        window.drag(window.at(*point))
    assert picks.geometries == []
    window.release(window.at(*ring[-1]))
    (region,) = picks.geometries
    assert region.area() == pytest.approx(np.pi * 150**2, rel=0.05)


def test_a_stroke_that_crosses_itself_still_gives_a_valid_region(window, take):
    picks = take(RegionTool)
    draw(window, [centre_of(10, 10), centre_of(40, 40), centre_of(40, 10), centre_of(10, 40)])
    window.key(Qt.Key.Key_Return)
    assert picks.geometries[0].isGeosValid()
    assert picks.geometries[0].area() > 0


def test_two_corners_are_not_a_region_and_are_kept(window, take):
    picks = take(RegionTool)
    draw(window, TRIANGLE[:2])
    window.key(Qt.Key.Key_Return)
    assert picks.geometries == []
    assert "three corners" in picks.refusals[0]
    draw(window, TRIANGLE[2:])
    window.key(Qt.Key.Key_Return)
    assert len(picks.geometries) == 1


def test_a_region_drawn_in_another_crs_lies_on_the_same_pixels(window, scene, take):
    canvas = window.mapCanvas()
    canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
    there = QgsCoordinateTransform(
        scene.crs(), canvas.mapSettings().destinationCrs(), QgsProject.instance()
    )
    canvas.setExtent(there.transformBoundingBox(scene.extent()))
    picks = take(RegionTool)
    draw(window, [(p.x(), p.y()) for p in (there.transform(*corner) for corner in TRIANGLE)])
    window.key(Qt.Key.Key_Return)
    assert picks.geometries[0].area() == pytest.approx(0.5 * 300 * 300, rel=0.02)


def test_a_half_drawn_region_goes_with_its_tool(window, take):
    picks = take(RegionTool)
    draw(window, TRIANGLE)
    window.mapCanvas().setMapTool(window.pan)
    assert picks.tool.corners == []
    assert picks.tool.band.numberOfVertices() == 0


def test_a_slick_click_hands_over_the_clicked_place(window, take):
    picks = take(SlickTool)
    x, y = centre_of(12, 34)
    window.click(window.at(x, y))
    point = picks.geometries[0].asPoint()
    assert (point.x(), point.y()) == (
        pytest.approx(x, abs=PIXEL / 2),
        pytest.approx(y, abs=PIXEL / 2),
    )
