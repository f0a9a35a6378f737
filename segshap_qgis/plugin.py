"""The shell that QGIS loads: `unload` takes back exactly what `initGui` put in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from qgis.core import QgsApplication, QgsProcessingProvider
from qgis.PyQt.QtCore import QCoreApplication, Qt, QTimer, QTranslator
from qgis.PyQt.QtWidgets import QAction, QToolBar, QToolButton

from .at_work import wait_until_done
from .gui.options_page import OptionsFactory
from .icons import icon
from .models import dismiss_workers
from .models.torch_import import withdraw_notes

if TYPE_CHECKING:
    from .gui.workbench import Workbench

MENU = "SegSHAP"
# Seconds for the longest step that cannot be interrupted, which is loading torch: 2 on an idle
# machine. When QGIS ends while one of our threads is in the middle of something, it crashes.
LONGEST_END = 60.0
TRANSLATIONS = Path(__file__).resolve().parents[1] / "i18n"


class SegShapPlugin:
    """Toolbar, menu and dock; the dock's contents are made when it is first opened.

    Parameters
    ----------
    iface : QgisInterface
        The running application.
    """

    def __init__(self, iface: Any) -> None:
        self.iface = iface
        self.toolbar: Optional[QToolBar] = None
        self.open_action: Optional[QAction] = None
        self.workbench: Optional[Workbench] = None
        self.translator: Optional[QTranslator] = None
        self.provider: Optional[QgsProcessingProvider] = None
        self.starter: Optional[QTimer] = None
        self.options: Optional[OptionsFactory] = None

    def initGui(self) -> None:
        """Put the plugin into QGIS's window."""
        self._install_translation()
        # The algorithms load numpy and GDAL: QGIS shows its window first.
        self.starter = QTimer()
        self.starter.setSingleShot(True)
        self.starter.timeout.connect(self.initProcessing)
        self.starter.start(0)
        self.options = OptionsFactory()
        self.iface.registerOptionsWidgetFactory(self.options)
        self.open_action = QAction(icon("segshap"), MENU, self.iface.mainWindow())
        self.open_action.setObjectName("SegShapOpen")
        self.open_action.setCheckable(True)
        tip = QCoreApplication.translate("SegShapPlugin", "Explain what a segmentation model sees")
        self.open_action.setToolTip(tip)
        self.open_action.triggered.connect(self.show_dock)
        # Not addPluginToRasterMenu: QGIS leaves an empty submenu behind when it is taken out again.
        self.iface.rasterMenu().addAction(self.open_action)
        self.toolbar = self.iface.addToolBar(MENU)
        self.toolbar.setObjectName("SegShapToolBar")
        self.toolbar.addAction(self.open_action)

    def initProcessing(self) -> None:
        """Offer the algorithms; all that QGIS calls where there is no window (`qgis_process`)."""
        from .processing.provider import SegShapProvider

        self.provider = SegShapProvider()
        QgsApplication.processingRegistry().addProvider(self.provider)

    def unload(self) -> None:
        """Take the plugin out of QGIS's window."""
        if self.starter is not None:
            self.starter.stop()
            self.starter = None
        if self.options is not None:
            self.iface.unregisterOptionsWidgetFactory(self.options)
            self.options = None
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
            self.provider = None
        if self.workbench is not None:
            self.workbench.close()
            self.workbench = None
        if self.toolbar is not None:
            self.iface.mainWindow().removeToolBar(self.toolbar)
            self.toolbar.deleteLater()
            self.toolbar = None
        if self.open_action is not None:
            self.iface.rasterMenu().removeAction(self.open_action)
            self.open_action.deleteLater()
            self.open_action = None
        withdraw_notes()
        dismiss_workers()
        # Whoever still computes or writes was told to stop, or is nearly done.
        wait_until_done(LONGEST_END)
        if self.translator is not None:
            QCoreApplication.removeTranslator(self.translator)
            self.translator = None

    def show_dock(self, shown: bool = True) -> None:
        """Open or close the dock; the first time, make what is in it."""
        if self.workbench is None and shown:
            self._make_workbench()
        if self.workbench is not None:
            self.workbench.dock.setUserVisible(shown)

    def _make_workbench(self) -> None:
        # Late, so that QGIS starts as fast with the plugin as without.
        from .gui.workbench import Workbench

        self.workbench = Workbench(self.iface)
        dock = self.workbench.dock
        self.iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
        dock.visibilityChanged.connect(self._dock_shown)
        if self.toolbar is not None:
            actions = self.workbench.picking.actions
            self.toolbar.addActions(list(actions.values()))
            button = self.toolbar.widgetForAction(actions["features"])
            button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)

    def _dock_shown(self, _visible: bool) -> None:
        """The button stays pressed while the dock is open, even behind another one."""
        if self.open_action is not None and self.workbench is not None:
            self.open_action.setChecked(not self.workbench.dock.isHidden())

    def _install_translation(self) -> None:
        translator = QTranslator()
        if translator.load(f"segshap_{QgsApplication.locale()}", str(TRANSLATIONS)):
            QCoreApplication.installTranslator(translator)
            self.translator = translator
