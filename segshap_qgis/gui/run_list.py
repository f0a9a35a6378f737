"""The runs of this session: what was asked, how it ended, and what can be done with the result."""

from __future__ import annotations

from typing import Any, Optional

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)


class RunList(QWidget):
    """Runs, the newest first, with the headline of the chosen one and the export buttons."""

    export_geopackage_asked = pyqtSignal(list)
    export_geotiff_asked = pyqtSignal(object)

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.headline = QLabel()
        self.headline.setWordWrap(True)
        self.headline.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.headline.setAccessibleName(self.tr("Result of the chosen run"))
        self.tree = QTreeWidget()
        self.tree.setHeaderLabels([self.tr("Run"), self.tr("Result")])
        self.tree.setRootIsDecorated(False)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.tree.setAccessibleName(self.tr("Runs"))
        self.tree.setMinimumHeight(5 * self.fontMetrics().height())
        self.tree.itemSelectionChanged.connect(self._follow_selection)
        layout.addWidget(self.headline)
        layout.addWidget(self.tree)
        layout.addLayout(self._buttons())
        self._follow_selection()

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.geopackage_button = QPushButton(self.tr("Export to &GeoPackage…"))
        self.geopackage_button.setToolTip(
            self.tr("One file with maps, super-pixels, region, settings and styles.")
        )
        self.geopackage_button.clicked.connect(
            lambda: self.export_geopackage_asked.emit(self.chosen_records())
        )
        self.geotiff_button = QPushButton(self.tr("Export Geo&TIFF…"))
        self.geotiff_button.setToolTip(self.tr("The contribution map on the raster's own grid."))
        self.geotiff_button.clicked.connect(
            lambda: self.export_geotiff_asked.emit(self.chosen_records()[0])
        )
        row.addWidget(self.geopackage_button)
        row.addWidget(self.geotiff_button)
        row.addStretch()
        return row

    def add(self, title: str, state: str) -> QTreeWidgetItem:
        """A new run at the top."""
        item = QTreeWidgetItem([title, state])
        item.setToolTip(0, title)
        self.tree.insertTopLevelItem(0, item)
        self.tree.resizeColumnToContents(0)
        return item

    def set_state(self, item: QTreeWidgetItem, state: str, record: Any = None) -> None:
        """How a run is doing; with its record once it has one."""
        item.setText(1, state)
        item.setToolTip(1, state)
        if record is not None:
            item.setData(0, Qt.ItemDataRole.UserRole, record)
            self.tree.setCurrentItem(item)
        self._follow_selection()

    def clear(self) -> None:
        """Forget all runs."""
        self.tree.clear()
        self._follow_selection()

    def records(self) -> list[Any]:
        """Records of all runs that have one, the newest first."""
        items = [self.tree.topLevelItem(i) for i in range(self.tree.topLevelItemCount())]
        return self._records_of(items)

    def chosen_records(self) -> list[Any]:
        """Records of the selected runs."""
        return self._records_of(self.tree.selectedItems())

    @staticmethod
    def _records_of(items: list[QTreeWidgetItem]) -> list[Any]:
        records = [item.data(0, Qt.ItemDataRole.UserRole) for item in items]
        return [record for record in records if record is not None]

    def _follow_selection(self) -> None:
        chosen = self.tree.selectedItems()
        n_records = len(self.chosen_records())
        self.headline.setText(chosen[0].text(1) if len(chosen) == 1 else "")
        self.headline.setVisible(bool(self.headline.text()))
        self.geopackage_button.setEnabled(n_records > 0)
        self.geotiff_button.setEnabled(n_records == 1)
