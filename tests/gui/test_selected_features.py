from __future__ import annotations

import numpy as np
import pytest
from qgis.core import (
    QgsFeature,
    QgsGeometry,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QPoint, Qt, QTimer
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QToolButton

from segshap_qgis.gui.picking import MOST_FEATURES
from tests.gui.hands import centre_of, wait_until


def rectangle(row: int, column: int, side: float = 55) -> str:
    x, y = centre_of(row, column)
    return QgsGeometry.fromRect(QgsRectangle(x, y - side, x + side, y)).asWkt()


def polygons(*shapes: str, crs: str = "EPSG:32631") -> QgsVectorLayer:
    layer = QgsVectorLayer(f"Polygon?crs={crs}", "slicks", "memory")
    for shape in shapes:
        feature = QgsFeature()
        feature.setGeometry(QgsGeometry.fromWkt(shape))
        layer.dataProvider().addFeature(feature)
    QgsProject.instance().addMapLayer(layer)
    return layer


@pytest.fixture
def button(workbench) -> QToolButton:
    """The dock's button for selected features."""
    action = workbench.picking.actions["features"]
    return next(b for b in workbench.dock.findChildren(QToolButton) if b.defaultAction() is action)


def click(button: QToolButton) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(8, button.height() // 2))


def first_pixel(record) -> tuple[int, int]:
    row, column = np.argwhere(record.region)[0]
    return int(row) + record.window.offset[0], int(column) + record.window.offset[1]


def test_every_selected_feature_becomes_a_run_of_its_own(workbench, button):
    layer = polygons(rectangle(10, 10), rectangle(30, 30), rectangle(40, 50))
    x, y = centre_of(50, 55)
    layer.selectByRect(QgsRectangle(centre_of(0, 28)[0], y, x, centre_of(25, 0)[1]))
    assert layer.selectedFeatureCount() == 2
    click(button)
    wait_until(lambda: len(workbench.dock.runs.records()) == 2)
    records = workbench.dock.runs.records()
    assert {record.name.split()[0] for record in records} == {"Feature"}
    assert len({record.name for record in records}) == 2
    corners = sorted(first_pixel(record) for record in records)
    assert np.abs(np.subtract(corners, [(30, 30), (40, 50)])).max() <= 1


def test_the_buttons_menu_explains_all_of_them_as_one_region(workbench, button):
    layer = polygons(rectangle(10, 10), rectangle(30, 30))
    layer.selectAll()

    def choose_the_second() -> None:
        menu = QApplication.activePopupWidget()
        for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Return):
            QTest.keyClick(menu, key)

    QTimer.singleShot(200, choose_the_second)
    arrow = QPoint(button.width() - 4, button.height() // 2)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=arrow)
    wait_until(workbench.dock.runs.records)
    (record,) = workbench.dock.runs.records()
    assert record.name.startswith("Features")
    assert 50 <= record.region.sum() <= 72, "two squares of five to six pixels"
    assert workbench.queue.current is None


def test_one_feature_off_the_raster_does_not_keep_the_others_away(window, workbench, button):
    layer = polygons(rectangle(500, 500), rectangle(30, 30))
    layer.selectAll()
    click(button)
    wait_until(lambda: workbench.dock.runs.records() and workbench.queue.current is None)
    assert len(workbench.dock.runs.records()) == 1
    assert any("outside the raster" in text for text in window.messages())


def test_more_features_than_anybody_waits_for_are_refused_with_the_way_out(
    window, workbench, button
):
    layer = polygons(*[rectangle(30, 30)] * (MOST_FEATURES + 1))
    layer.selectAll()
    click(button)
    assert "Processing Toolbox" in window.messages()[0]
    assert workbench.queue.current is None


def test_curves_and_heights_of_a_feature_are_understood(workbench, button):
    x, y = centre_of(30, 40)
    circle = f"CIRCULARSTRING Z ({x - 53} {y} 7, {x} {y + 53} 7, {x + 53} {y} 7, "
    circle += f"{x} {y - 53} 7, {x - 53} {y} 7)"
    layer = QgsVectorLayer("CurvePolygonZ?crs=EPSG:32631", "round", "memory")
    feature = QgsFeature()
    feature.setGeometry(QgsGeometry.fromWkt(f"CURVEPOLYGON Z ({circle})"))
    assert layer.dataProvider().addFeature(feature)
    QgsProject.instance().addMapLayer(layer)
    layer.selectAll()
    click(button)
    wait_until(workbench.dock.runs.records)
    area = workbench.dock.runs.records()[0].region.sum()
    assert area == pytest.approx(np.pi * 5.3**2, rel=0.05), "a circle, not the square in it"
