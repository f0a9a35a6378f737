"""The dock: what to explain, how, with which tool; what is running; what came out."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from qgis.core import QgsProject
from qgis.gui import QgsDockWidget
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QKeySequence
from qgis.PyQt.QtWidgets import (
    QAction,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWhatsThis,
    QWidget,
)

from ..cell_layers import CellLayers, cell_layers
from ..workflow import Request
from .dependency_notice import DependencyNotice
from .expected_time import expected_seconds
from .method_section import MethodSection
from .progress_section import ProgressSection
from .result_panel import ResultPanel
from .run_list import RunList
from .scene_page import ScenePage
from .source_section import SourceSection


class Dock(QgsDockWidget):
    """Widgets only: what they ask for is carried out by the workbench.

    Parameters
    ----------
    tool_actions : list of QAction
        Actions that pick what is explained; each becomes a button.
    parent : QWidget, optional
        The main window.

    Signals
    -------
    help_asked(str)
        The guide is wanted, and at which heading.
    """

    help_asked = pyqtSignal(str)

    def __init__(self, tool_actions: list[QAction], parent: Optional[QWidget] = None) -> None:
        super().__init__("SegSHAP", parent)
        self.setObjectName("SegShapDock")
        self.notice = DependencyNotice()
        self.source = SourceSection()
        self.method = MethodSection()
        self.tools = self._tool_buttons(tool_actions)
        self.progress = ProgressSection()
        self.result = ResultPanel()
        self.runs = RunList()
        self.scene = ScenePage()
        self.source.model_changed.connect(self.method.follow_model)
        self.source.offer_bundled_models()
        self.source.model_changed.connect(self.tell_expected_time)
        self.method.length_changed.connect(self.tell_expected_time)
        self.tell_expected_time()
        self.notice.resolved.connect(lambda: self.tools.setEnabled(True))
        self.tools.setEnabled(self.notice.isHidden())
        self._build()

    def request(self) -> Request:
        """What is asked for by the present choices.

        Raises
        ------
        SettingsError
            Something that is needed was not chosen.
        """
        return Request(
            model=str(self.source.model().path),
            target=self.source.target(),
            bands=self.source.bands(),
            against=self.source.rival(),
            second=self.source.second(),
            **self.method.values(),
        )

    def cell_layers(self) -> CellLayers:
        """Snapshots of the layers that the super-pixels follow by the present choices.

        Raises
        ------
        SegShapError
            A layer is missing or of the wrong kind.
        """
        cut, land = self.method.cell_rows.layers()
        context = QgsProject.instance().transformContext()
        return cell_layers(self.request(), cut, land, context)

    def take_over(self, request: Request) -> None:
        """Choose what a request asks for.

        Raises
        ------
        SettingsError
            Its model is gone.
        """
        self.source.choose(
            Path(request.model), request.target, request.bands, request.against, request.second
        )
        self.method.set_values(request.settings())

    def reset(self) -> None:
        """Settings as the plugin and the model's card propose."""
        self.method.reset()
        self.source.offer_bundled_models()

    def tell_expected_time(self) -> None:
        """Say how long a run of the present choices may take."""
        values = self.method.values()
        path = self.source.model_box.currentData()
        self.method.show_expected(expected_seconds({**values, "model": path}))

    def forget(self) -> None:
        """Stop listening to the project, which outlives the dock."""
        self.source.forget()

    def show_page(self, page: QWidget) -> None:
        """Bring the questions (`question_page`) or the results (`result_page`) to the front."""
        self.pages.setCurrentWidget(page)

    def _build(self) -> None:
        self.pages = QTabWidget()
        self.pages.setDocumentMode(True)
        self.reset_button = QPushButton(self.tr("&Defaults"))
        self.reset_button.setToolTip(
            self.tr("All settings as the plugin and the model propose; the project forgets them.")
        )
        self.question_page = _scrolling(self.source, self.method, self.tools, self.reset_button)
        self.result_page = _scrolling(self.result, self.runs)
        self.pages.addTab(self.question_page, self.tr("E&xplain"))
        self.pages.addTab(self.result_page, self.tr("Res&ults"))
        self.scene_page = _scrolling(self.scene)
        self.pages.addTab(self.scene_page, self.tr("&Whole scene"))
        self.pages.setCornerWidget(self._help_buttons())
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self.notice)
        layout.addWidget(self.pages, 1)
        layout.addWidget(self.progress)
        self.setWidget(content)
        for widget in content.findChildren(QWidget):
            if widget.toolTip() and not widget.whatsThis():
                widget.setWhatsThis(widget.toolTip())

    def _help_buttons(self) -> QWidget:
        """The guide, at the heading of the page in front, and an explanation of any widget."""
        self.help_button = QToolButton()
        self.help_button.setText(self.tr("Help"))
        self.help_button.setToolTip(self.tr("Open the guide: how to read maps, and their traps."))
        self.help_button.clicked.connect(lambda _checked: self._ask_for_help())
        self.what_button = QToolButton()
        self.what_button.setText("?")
        self.what_button.setAccessibleName(self.tr("What's this?"))
        self.what_button.setToolTip(self.tr("Then click on a field, a button or a chart."))
        self.what_button.clicked.connect(lambda _checked: QWhatsThis.enterWhatsThisMode())
        key = QAction(self.tr("Help"), self)
        key.setShortcut(QKeySequence(QKeySequence.StandardKey.HelpContents))
        key.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        key.triggered.connect(lambda _checked: self._ask_for_help())
        self.addAction(key)
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        for button in (self.help_button, self.what_button):
            button.setAutoRaise(True)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            row.addWidget(button)
        return box

    def _ask_for_help(self) -> None:
        places = {self.result_page: "results", self.scene_page: "scene"}
        self.help_asked.emit(places.get(self.pages.currentWidget(), "questions"))

    def _tool_buttons(self, actions: list[QAction]) -> QWidget:
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 4, 0, 4)
        for index, action in enumerate(actions):
            button = QToolButton()
            button.setDefaultAction(action)
            if action.menu() is not None:
                button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            button.setAccessibleDescription(action.toolTip())
            grid.addWidget(button, index // 2, index % 2)
        return box


def _scrolling(*parts: QWidget) -> QScrollArea:
    """A page of parts, one above the other, that scrolls where the dock is low."""
    content = QWidget()
    layout = QVBoxLayout(content)
    layout.setContentsMargins(0, 6, 0, 0)
    for part in parts:
        layout.addWidget(part)
    layout.addStretch()
    scroll = QScrollArea()
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setWidgetResizable(True)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    # The content's own needs, so that nothing is cut off where there is no way to scroll.
    scroll.setMinimumWidth(content.minimumSizeHint().width() + scroll.verticalScrollBar().width())
    scroll.setWidget(content)
    return scroll
