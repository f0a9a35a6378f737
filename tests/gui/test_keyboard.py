"""The plugin without a mouse, as far as a map allows."""

from __future__ import annotations

import pytest
from qgis.gui import QgsGui
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QToolButton, QWidget

from segshap_qgis.gui.picking import Picking
from tests.gui.hands import centre_of, wait_until
from tests.small_model import write_small_model


@pytest.fixture(autouse=True)
def front(window, workbench):
    """Only the active window has the keyboard, and the dock took it away for a moment."""
    window.mainWindow().activateWindow()
    wait_until(window.mainWindow().isActiveWindow)


def press(key: Qt.Key) -> None:
    focus = QApplication.focusWidget()
    assert focus is not None, "the keyboard leads nowhere"
    QTest.keyClick(focus, key)


def walk_from(first: QWidget) -> list[QWidget]:
    """Where Tab leads, until it comes round."""
    first.setFocus(Qt.FocusReason.TabFocusReason)
    walked = [first]
    while True:
        press(Qt.Key.Key_Tab)
        if QApplication.focusWidget() in walked:
            return walked
        walked.append(QApplication.focusWidget())


def button_of(bench, kind: str) -> QToolButton:
    action = bench.picking.actions[kind]
    return next(b for b in bench.dock.findChildren(QToolButton) if b.defaultAction() is action)


def test_tab_leads_through_the_questions_from_top_to_bottom(workbench):
    page = workbench.dock.question_page.widget()
    walked = [w for w in walk_from(workbench.dock.source.layer_box) if page.isAncestorOf(w)]
    places = [widget.mapTo(page, QPoint(0, 0)) for widget in walked]
    assert [(p.y(), p.x()) for p in places] == sorted((p.y(), p.x()) for p in places)
    source, method = workbench.dock.source, workbench.dock.method
    needed = [source.layer_box, *source.band_boxes, source.model_box, source.class_box]
    needed += [method.size_box, method.effort_box, method.background_box]
    needed += [button_of(workbench, kind) for kind in workbench.picking.actions]
    assert [widget for widget in walked if widget in needed] == needed


def test_band_rows_of_another_model_are_walked_in_their_place(workbench, tmp_path):
    workbench.dock.source.add_model(write_small_model(tmp_path))
    source = workbench.dock.source
    wait_until(lambda: all(box.isVisible() for box in source.band_boxes))
    walked = walk_from(source.layer_box)
    assert walked[1 : 2 + len(source.band_boxes)] == [*source.band_boxes, source.model_box]


def test_space_takes_a_tool_and_the_map_has_the_keyboard_then(window, workbench):
    button_of(workbench, "region").setFocus(Qt.FocusReason.TabFocusReason)
    press(Qt.Key.Key_Space)
    canvas = window.mapCanvas()
    assert canvas.mapTool() is workbench.picking.tools["region"]
    assert canvas.hasFocus() or canvas.viewport().hasFocus()
    corners = [(20, 30), (20, 45), (35, 45), (50, 70)]
    for corner in corners:
        window.click(window.at(*centre_of(*corner)))
    press(Qt.Key.Key_Backspace)
    assert len(workbench.picking.tools["region"].corners) == 3
    press(Qt.Key.Key_Escape)
    assert workbench.picking.tools["region"].corners == []
    for corner in corners[:3]:
        window.click(window.at(*centre_of(*corner)))
    press(Qt.Key.Key_Return)
    assert canvas.mapTool() is window.pan
    wait_until(workbench.dock.runs.records)


def test_a_key_that_the_user_gave_to_a_tool_takes_it(window, workbench):
    action = workbench.picking.actions["slick"]
    manager = QgsGui.shortcutsManager()
    assert action in manager.listActions()
    try:
        assert manager.setKeySequence(action, "Ctrl+Alt+K")
        both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        QTest.keyClick(workbench.dock.source.layer_box, Qt.Key.Key_K, both)
        wait_until(lambda: window.mapCanvas().mapTool() is workbench.picking.tools["slick"], 5)
    finally:
        manager.setKeySequence(action, "")


def test_the_tools_leave_the_list_of_keyboard_shortcuts_with_the_plugin(window):
    picking = Picking(window, lambda: None)
    actions = set(picking.actions.values())
    assert actions <= set(QgsGui.shortcutsManager().listActions())
    picking.close()
    assert not actions & set(QgsGui.shortcutsManager().listActions())
