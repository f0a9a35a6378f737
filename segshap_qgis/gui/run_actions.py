"""What can be done with chosen runs: one menu for the button, the right mouse button and keys."""

from __future__ import annotations

from qgis.PyQt.QtCore import QObject, Qt
from qgis.PyQt.QtGui import QKeySequence
from qgis.PyQt.QtWidgets import QAction, QMenu, QToolButton, QWidget


class RunActions(QObject):
    """Actions of a list of runs.

    Parameters
    ----------
    tree : QWidget
        The list; its context menu and keys are these actions.
    """

    def __init__(self, tree: QWidget) -> None:
        super().__init__(tree)
        self.rename = self._action(self.tr("Re&name"), self.tr("Give the run another name."), "F2")
        self.layers = self._action(
            self.tr("Show &layers again"), self.tr("Add the run's layers to the project.")
        )
        self.settings = self._action(
            self.tr("Take over its &settings"),
            self.tr("Fill the first page with the settings of this run."),
        )
        self.again = self._action(
            self.tr("Explain &again"),
            self.tr("Explain the same region with the settings of the first page."),
        )
        self.compare = self._action(
            self.tr("&Compare two"),
            self.tr("Show where two runs of the same cells differ: the newer minus the older."),
        )
        self.delete = self._action(
            self.tr("&Delete"),
            self.tr("Take the run off the list and out of the project; its layers stay."),
            "Del",
        )
        self._of_one = (self.rename, self.layers, self.settings, self.again)
        actions = (*self._of_one, self.compare, self.delete)
        tree.addActions(list(actions))
        tree.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.button = QToolButton()
        self.button.setText(self.tr("Mor&e"))
        self.button.setToolTip(self.tr("Rename, show again, repeat, compare, delete."))
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        menu = QMenu(self.button)
        menu.addActions(list(actions))
        menu.setToolTipsVisible(True)
        self.button.setMenu(menu)

    def follow(self, n_chosen: int) -> None:
        """Offer what can be done with so many chosen runs."""
        for action in self._of_one:
            action.setEnabled(n_chosen == 1)
        self.compare.setEnabled(n_chosen == 2)
        self.delete.setEnabled(n_chosen > 0)
        self.button.setEnabled(n_chosen > 0)

    def _action(self, text: str, tip: str, key: str = "") -> QAction:
        action = QAction(text, self)
        action.setToolTip(tip)
        action.setWhatsThis(tip)
        if key:
            action.setShortcut(QKeySequence(key))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        return action
