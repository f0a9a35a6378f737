"""The runs of this project: what was asked, how it ended, and what can be done with the result."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QIcon, QResizeEvent
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..geo.records import is_same_run
from .plain_text import plain
from .run_actions import RunActions

RECORD = Qt.ItemDataRole.UserRole
# Share of the list that names may take: the results are what is looked for.
NAMES = 0.5


class RunList(QWidget):
    """Runs, the newest first, with their actions and the export buttons.

    Signals
    -------
    record_chosen(Record or None)
        Exactly one run with a result is chosen, or not.
    renamed(str, Record)
        A run has another name: the old one, and the record with the new one.
    """

    record_chosen = pyqtSignal(object)
    renamed = pyqtSignal(str, object)
    export_geopackage_asked = pyqtSignal(list)
    export_geotiff_asked = pyqtSignal(object)

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.tree = RunTree()
        self.tree.setHeaderLabels([self.tr("Run"), self.tr("Result")])
        self.tree.setRootIsDecorated(False)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.tree.setAccessibleName(self.tr("Runs"))
        line = self.fontMetrics().height()
        self.tree.setMinimumHeight(9 * line)
        self.tree.setIconSize(QSize(2 * line, 2 * line))
        self.tree.itemSelectionChanged.connect(self._follow_selection)
        self.tree.itemChanged.connect(self._item_changed)
        self.actions_of_runs = RunActions(self.tree)
        self.actions_of_runs.rename.triggered.connect(self._edit_name)
        layout.addWidget(self.tree)
        layout.addLayout(self._buttons())
        self._follow_selection()

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.geopackage_button = QPushButton(self.tr("&GeoPackage…"))
        self.geopackage_button.setToolTip(
            self.tr("Export one file with maps, super-pixels, region, settings and styles.")
        )
        self.geopackage_button.clicked.connect(
            lambda: self.export_geopackage_asked.emit(self.chosen_records())
        )
        self.geotiff_button = QPushButton(self.tr("Geo&TIFF…"))
        self.geotiff_button.setToolTip(
            self.tr("Export the contribution map on the raster's own grid.")
        )
        self.geotiff_button.clicked.connect(
            lambda: self.export_geotiff_asked.emit(self.chosen_records()[0])
        )
        for button in (self.geopackage_button, self.geotiff_button, self.actions_of_runs.button):
            button.setWhatsThis(button.toolTip())
            row.addWidget(button)
        row.addStretch()
        return row

    def add(self, title: str, state: str) -> QTreeWidgetItem:
        """A new run at the top."""
        item = QTreeWidgetItem([title, state])
        item.setToolTip(0, plain(title))
        self.tree.insertTopLevelItem(0, item)
        self.tree.fit_names()
        return item

    def set_state(
        self,
        item: QTreeWidgetItem,
        state: str,
        record: Any = None,
        picture: Optional[QIcon] = None,
    ) -> None:
        """How a run is doing; with its record and picture once it has them."""
        item.setText(1, state)
        item.setToolTip(1, plain(state))
        if record is not None:
            item.setData(0, RECORD, record)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            item.setIcon(0, picture or QIcon())
            self.tree.fit_names()
            self.tree.setCurrentItem(item)
        self._follow_selection()

    def clear(self) -> None:
        """Forget all runs."""
        self.tree.clear()
        self._follow_selection()

    def remove_chosen(self) -> list[str]:
        """Take the chosen runs that have ended off the list; returns their names."""
        items = [item for item in self.tree.selectedItems() if item.data(0, RECORD) is not None]
        names = [item.data(0, RECORD).name for item in items]
        for item in items:
            self.tree.takeTopLevelItem(self.tree.indexOfTopLevelItem(item))
        self._follow_selection()
        return names

    def records(self) -> list[Any]:
        """Records of all runs that have one, the newest first."""
        return self._records_of(self._items())

    def chosen_records(self) -> list[Any]:
        """Records of the selected runs."""
        return self._records_of(self.tree.selectedItems())

    def take_findings(self, record: Any) -> Optional[Any]:
        """Give the run of a record its curves and checks; the run, if it is in the list."""
        for item in self._items():
            own = item.data(0, RECORD)
            if is_same_run(own, record):
                kept = replace(own, curves=record.curves, checks=record.checks)
                item.setData(0, RECORD, kept)
                return kept
        return None

    def free_name(self, wanted: str) -> str:
        """A name that no run has: the wanted one, or that with a number."""
        taken = {item.text(0) for item in self._items()}
        names = [wanted, *(f"{wanted} ({n})" for n in range(2, len(taken) + 3))]
        return next(name for name in names if name not in taken)

    def _items(self) -> list[QTreeWidgetItem]:
        return [self.tree.topLevelItem(i) for i in range(self.tree.topLevelItemCount())]

    @staticmethod
    def _records_of(items: list[QTreeWidgetItem]) -> list[Any]:
        records = [item.data(0, RECORD) for item in items]
        return [record for record in records if record is not None]

    def _edit_name(self) -> None:
        self.tree.editItem(self.tree.selectedItems()[0], 0)

    def _item_changed(self, item: QTreeWidgetItem, column: int) -> None:
        """A name was typed: names stay unique, and an empty one is taken back."""
        record = item.data(0, RECORD)
        if column != 0 or record is None or item.text(0) == record.name:
            return
        taken = {other.text(0) for other in self._items() if other is not item}
        name = item.text(0).strip()
        is_new = bool(name) and name not in taken
        renamed = replace(record, name=name) if is_new else record
        # Our own changes are not typed ones.
        self.tree.blockSignals(True)
        item.setData(0, RECORD, renamed)
        item.setText(0, renamed.name)
        item.setToolTip(0, plain(renamed.name))
        self.tree.blockSignals(False)
        self.tree.fit_names()
        if is_new and name != record.name:
            self.renamed.emit(record.name, renamed)
            self._follow_selection()

    def _follow_selection(self) -> None:
        chosen = self.chosen_records()
        self.record_chosen.emit(chosen[0] if len(chosen) == 1 else None)
        self.geopackage_button.setEnabled(len(chosen) > 0)
        self.geotiff_button.setEnabled(len(chosen) == 1)
        self.actions_of_runs.follow(len(chosen))


class RunTree(QTreeWidget):
    """The list itself: a long name makes room for its result, and loses its middle."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        # Names begin with what was picked, and end with the layer.
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)

    def fit_names(self) -> None:
        """Make names as wide as they are, but no wider than their share."""
        share = round(NAMES * self.viewport().width())
        self.setColumnWidth(0, min(self.sizeHintForColumn(0), max(share, 1)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Names have more room, or less."""
        super().resizeEvent(event)
        self.fit_names()
