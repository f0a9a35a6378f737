"""The dock: what to explain, how, with which tool; what is running; what came out."""

from __future__ import annotations

from typing import Optional

from qgis.gui import QgsDockWidget
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import (
    QAction,
    QFrame,
    QGridLayout,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..workflow import Request
from .dependency_notice import DependencyNotice
from .method_section import MethodSection
from .progress_section import ProgressSection
from .run_list import RunList
from .source_section import SourceSection


class Dock(QgsDockWidget):
    """Widgets only: what they ask for is carried out by the workbench.

    Parameters
    ----------
    tool_actions : list of QAction
        Actions that pick what is explained; each becomes a button.
    parent : QWidget, optional
        The main window.
    """

    def __init__(self, tool_actions: list[QAction], parent: Optional[QWidget] = None) -> None:
        super().__init__("SegSHAP", parent)
        self.setObjectName("SegShapDock")
        self.notice = DependencyNotice()
        self.source = SourceSection()
        self.method = MethodSection()
        self.tools = self._tool_buttons(tool_actions)
        self.progress = ProgressSection()
        self.runs = RunList()
        self.source.model_changed.connect(self.method.follow_model)
        self.source.offer_bundled_models()
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
            **self.method.values(),
        )

    def forget(self) -> None:
        """Stop listening to the project, which outlives the dock."""
        self.source.forget()

    def _build(self) -> None:
        content = QWidget()
        layout = QVBoxLayout(content)
        for part in (self.notice, self.source, self.method, self.tools, self.progress):
            layout.addWidget(part)
        layout.addWidget(self.runs, 1)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # The content's own needs, so that nothing is cut off where there is no way to scroll.
        scroll.setMinimumWidth(
            content.minimumSizeHint().width() + scroll.verticalScrollBar().width()
        )
        scroll.setWidget(content)
        self.setWidget(scroll)

    def _tool_buttons(self, actions: list[QAction]) -> QWidget:
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 4, 0, 4)
        for index, action in enumerate(actions):
            button = QToolButton()
            button.setDefaultAction(action)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            button.setAccessibleDescription(action.toolTip())
            grid.addWidget(button, index // 2, index % 2)
        return box
