"""A small window made of QGIS's own widgets, with what the plugin asks of QgisInterface.

Used where a whole QGIS would be slow to start; `test_real_qgis.py` drives the real application.
"""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsPointXY, QgsProject, QgsRasterLayer
from qgis.gui import QgsMapCanvas, QgsMapToolPan, QgsMessageBar
from qgis.PyQt.QtCore import QEvent, QObject, QPoint, QPointF, Qt, pyqtSignal
from qgis.PyQt.QtGui import QMouseEvent
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QMainWindow, QVBoxLayout, QWidget

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


class QgisWindow(QObject):
    """Main window, canvas and message bar."""

    currentLayerChanged = pyqtSignal(object)  # noqa: N815 (QGIS's own name)

    def __init__(self) -> None:
        super().__init__()
        self._window = QMainWindow()
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        self._bar = QgsMessageBar()
        self._canvas = QgsMapCanvas()
        self._canvas.setProject(QgsProject.instance())
        layout.addWidget(self._bar)
        layout.addWidget(self._canvas, 1)
        self._window.setCentralWidget(content)
        self._window.resize(1000, 800)
        self._window.show()
        self._active = None
        self.pan = QgsMapToolPan(self._canvas)
        self._canvas.setMapTool(self.pan)
        QTest.qWaitForWindowExposed(self._window)

    def mainWindow(self) -> QMainWindow:
        return self._window

    def mapCanvas(self) -> QgsMapCanvas:
        return self._canvas

    def messageBar(self) -> QgsMessageBar:
        return self._bar

    def activeLayer(self):
        return self._active

    def setActiveLayer(self, layer) -> None:
        self._active = layer
        self.currentLayerChanged.emit(layer)

    def addDockWidget(self, area, dock) -> None:
        self._window.addDockWidget(area, dock)
        dock.show()

    def removeDockWidget(self, dock) -> None:
        self._window.removeDockWidget(dock)

    def show_layer(self, layer) -> None:
        """The layer fills the canvas, in its own CRS."""
        self._canvas.setDestinationCrs(layer.crs())
        self._canvas.setLayers([layer])
        self._canvas.setExtent(layer.extent())
        QTest.qWait(10)

    def messages(self) -> list[str]:
        return [item.text() for item in self._bar.items()]

    def close(self) -> None:
        self._canvas.setLayers([])
        self._window.close()
        self._window.deleteLater()

    # What a hand does -------------------------------------------------------------------------

    def at(self, x: float, y: float) -> QPoint:
        """Where a map coordinate lies on the canvas."""
        point = self._canvas.getCoordinateTransform().transform(QgsPointXY(x, y))
        return QPoint(round(point.x()), round(point.y()))

    def move(self, where: QPoint) -> None:
        QTest.mouseMove(self._canvas.viewport(), where)
        QTest.qWait(1)

    def click(self, where: QPoint, button=LEFT) -> None:
        QTest.mouseClick(self._canvas.viewport(), button, Qt.KeyboardModifier.NoModifier, where)

    def double_click(self, where: QPoint) -> None:
        """As Qt delivers it: the first click, then the double-click with its release."""
        self.click(where)
        QTest.mouseDClick(self._canvas.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, where)

    def press(self, where: QPoint) -> None:
        QTest.mousePress(self._canvas.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, where)

    def drag(self, where: QPoint) -> None:
        """Move with the left button held down, which QTest.mouseMove cannot say."""
        viewport = self._canvas.viewport()
        no_modifier = Qt.KeyboardModifier.NoModifier
        event = QMouseEvent(
            QEvent.Type.MouseMove,
            QPointF(where),
            QPointF(viewport.mapToGlobal(where)),
            Qt.MouseButton.NoButton,
            LEFT,
            no_modifier,
        )
        QApplication.sendEvent(viewport, event)

    def release(self, where: QPoint) -> None:
        QTest.mouseRelease(self._canvas.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, where)

    def key(self, key: Qt.Key) -> None:
        QTest.keyClick(self._canvas, key)


def raster_layer(path: Path, name: str = "scene") -> QgsRasterLayer:
    layer = QgsRasterLayer(str(path), name, "gdal")
    assert layer.isValid()
    QgsProject.instance().addMapLayer(layer)
    return layer
