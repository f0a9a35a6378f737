"""The dock's page for whole scenes: what counts as a slick, how far it is, what came out."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Optional

from qgis.core import Qgis, QgsVectorLayer
from qgis.gui import QgsFileWidget, QgsMapLayerComboBox
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from .expected_time import duration
from .fields import add_row, choice, decimal_box, dock_form, let_shrink
from .progress_section import ProgressSection
from .scene_task import Estimate, SceneAdvance

NUMBER = Qt.ItemDataRole.UserRole
EVERYTHING = 1e12
FARTHEST = 1e6
# Workers of an estimate where there is no cluster to count them.
MANY = 16


class ScenePage(QWidget):
    """Widgets only: what they ask for is carried out by the `SceneDesk`.

    Signals
    -------
    slick_chosen(int)
        The number of a slick, from 1, that the person wants to see.
    """

    estimate_asked = pyqtSignal()
    start_asked = pyqtSignal()
    go_on_asked = pyqtSignal()
    slick_chosen = pyqtSignal(int)

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.what = _text()
        self.where = _text()
        self.estimate = _text()
        self.link = _text()
        self.link.setTextFormat(Qt.TextFormat.RichText)
        self.link.setOpenExternalLinks(True)
        self.progress = ProgressSection()
        self.progress.bar.setAccessibleName(self.tr("Progress of the scene"))
        rows = QWidget()
        self._build_rows(rows)
        self.slicks = self._build_list()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.what)
        layout.addWidget(rows)
        layout.addWidget(self.where)
        layout.addLayout(self._buttons())
        for part in (self.estimate, self.link, self.progress, self.slicks):
            layout.addWidget(part)
        for part in (self.estimate, self.link, self.slicks, self.go_on_button):
            part.hide()

    def _build_rows(self, rows: QWidget) -> None:
        form = dock_form(rows)
        self.folder_box = QgsFileWidget()
        self.folder_box.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        add_row(
            form,
            self.tr("&Folder"),
            self.folder_box,
            self.tr(
                "Results go here as they are made. A job that was interrupted, even by the end of "
                "QGIS, goes on from this folder."
            ),
        )
        self.land_box = QgsMapLayerComboBox()
        self.land_box.setFilters(Qgis.LayerFilter.PolygonLayer)
        self.land_box.setAllowEmptyLayer(True)
        self.land_box.setCurrentIndex(0)
        let_shrink(self.land_box)
        add_row(
            form,
            self.tr("La&nd"),
            self.land_box,
            self.tr("Polygons, in a file, where nothing is predicted; may be left empty."),
        )
        self.threshold_box = decimal_box(0.01, 1.0, 0.5, decimals=2, step=0.05)
        add_row(
            form,
            self.tr("&Threshold"),
            self.threshold_box,
            self.tr("Pixels of this probability and above belong to slicks."),
        )
        self.area_box = decimal_box(0, EVERYTHING, 10_000, 0, step=10_000, suffix=self.tr(" m²"))
        add_row(
            form,
            self.tr("S&mallest slick"),
            self.area_box,
            self.tr("Smaller slicks are left out."),
        )
        self._build_fine_rows(form)

    def _build_fine_rows(self, form: QFormLayout) -> None:
        """What changes the files more than what is found."""
        self.simplify_box = decimal_box(0, FARTHEST, 0, 1, step=10, suffix=self.tr(" m"))
        self.simplify_box.setSpecialValueText(self.tr("not at all"))
        add_row(
            form,
            self.tr("Sim&plify outlines"),
            self.simplify_box,
            self.tr(
                "How far an outline may depart from the pixels' edges. The measures stay those of "
                "the exact outline; what is explained lies inside the simplified one."
            ),
        )
        self.kind_box = choice(
            [(self.tr("Steps of 1/254 (uint8)"), "uint8"), (self.tr("Exact (float32)"), "float32")]
        )
        add_row(
            form,
            self.tr("Pro&babilities"),
            self.kind_box,
            self.tr("uint8 takes a quarter of the room of float32."),
        )

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.estimate_button = QPushButton(self.tr("&Estimate"))
        self.estimate_button.setToolTip(
            self.tr("Do a small part and tell how long all of it would take, and how much room.")
        )
        self.estimate_button.clicked.connect(self.estimate_asked)
        self.start_button = QPushButton(self.tr("&Start"))
        self.start_button.setToolTip(
            self.tr("Segment the scene, find the slicks, and explain every one of them.")
        )
        self.start_button.clicked.connect(self.start_asked)
        self.go_on_button = QPushButton(self.tr("&Go on"))
        self.go_on_button.setToolTip(
            self.tr("Take up the unfinished job of this folder, with the settings it began with.")
        )
        self.go_on_button.clicked.connect(self.go_on_asked)
        for button in (self.estimate_button, self.start_button, self.go_on_button):
            button.setAccessibleDescription(button.toolTip())
            row.addWidget(button)
        row.addStretch()
        return row

    def _build_list(self) -> QTreeWidget:
        tree = QTreeWidget()
        tree.setHeaderLabels(
            [
                self.tr("Slick"),
                self.tr("Probability"),
                self.tr("Trust"),
                self.tr("On it"),
                self.tr("Near"),
                self.tr("Far"),
            ]
        )
        tree.setRootIsDecorated(False)
        tree.setSortingEnabled(True)
        tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        tree.setAccessibleName(self.tr("Explained slicks"))
        tree.setMinimumHeight(9 * self.fontMetrics().height())
        tip = self.tr(
            "Double-click or Enter shows a slick and its explanation. “On it”, “Near” and “Far” "
            "say where the contributions lie. Trust is the probability times the share of all "
            "contributions that speak for the slick from on it or near it; it is not the "
            "probability that the slick is oil."
        )
        tree.setToolTip(tip)
        tree.setWhatsThis(tip)
        tree.itemActivated.connect(lambda item: self.slick_chosen.emit(item.data(0, NUMBER)))
        return tree

    # What is asked ------------------------------------------------------------------------------

    def folder(self) -> Optional[Path]:
        """Where the results go; None where nothing is chosen."""
        name = self.folder_box.filePath().strip()
        return Path(name).expanduser() if name else None

    def land(self) -> Optional[str]:
        """The file of the land's polygons."""
        layer = self.land_box.currentLayer()
        return layer.source().split("|", 1)[0] if isinstance(layer, QgsVectorLayer) else None

    # What is shown ------------------------------------------------------------------------------

    def set_running(self, running: bool) -> None:
        """Nothing new is started while something runs."""
        for part in (
            self.estimate_button,
            self.start_button,
            self.go_on_button,
            self.folder_box,
        ):
            part.setEnabled(not running)
        if running:
            self.link.hide()
        else:
            self.progress.hide()

    def show_estimate(self, found: Estimate) -> None:
        """Say what the job will cost."""
        self.estimate.setText("\n".join(self._words_of(p, found.workers) for p in found.plans))
        self.estimate.setVisible(bool(found.plans))

    def _words_of(self, plan: Any, workers: int) -> str:
        if plan.what == "tiles":
            words = self.tr("Segmentation: {} tiles, about {}").format(
                plan.count, duration(plan.seconds())
            )
        else:
            words = self.tr(
                "Explanations: {} windows, at most about {} on one processor core, {} on {} workers"
            ).format(
                plan.count,
                duration(plan.seconds()),
                duration(plan.seconds(workers or MANY)),
                workers or MANY,
            )
        if math.isfinite(plan.memory):
            words += self.tr("; {:.1f} GB of memory").format(plan.memory / 1e9)
        return words + self.tr("; {:.2f} GB of disk while it runs, {:.2f} GB after.").format(
            plan.scratch / 1e9, plan.result / 1e9
        )

    def show_advance(self, advance: SceneAdvance) -> None:
        """Say how far the job is."""
        step = {
            "segment": self.tr("Step 1 of 3: segmenting"),
            "find": self.tr("Step 2 of 3: finding slicks"),
            "explain": self.tr("Step 3 of 3: explaining slicks"),
        }[advance.step]
        text = self.tr("{}, {:.0%}").format(step, advance.share)
        if math.isfinite(advance.seconds_left):
            text += self.tr(" · about {} left").format(duration(advance.seconds_left))
        self.progress.update_to(100 * advance.share, text)

    def show_link(self, address: str) -> None:
        """Offer the dashboard of the cluster."""
        self.link.setText(f'<a href="{address}">{self.tr("Dashboard of the cluster")}</a>')
        self.link.setToolTip(address)
        self.link.show()

    def show_slicks(self, rows: list[dict[str, Any]]) -> None:
        """List explained slicks, the least trusted last; none hides the list."""
        self.slicks.clear()
        for row in rows:
            names = ("probability", "trust", "share_slick", "share_near", "share_far")
            item = _Row(["", *("" if row[name] is None else f"{row[name]:.2f}" for name in names)])
            item.setData(0, Qt.ItemDataRole.DisplayRole, row["slick"])
            item.setData(0, NUMBER, row["slick"])
            if row["trust"] is None:
                item.setToolTip(0, row["state"])
            self.slicks.addTopLevelItem(item)
        self.slicks.sortItems(2, Qt.SortOrder.DescendingOrder)
        for column in range(self.slicks.columnCount()):
            self.slicks.resizeColumnToContents(column)
        self.slicks.setVisible(bool(rows))


class _Row(QTreeWidgetItem):
    """A row that is sorted by numbers; what is unknown comes after what is known."""

    def __lt__(self, other: QTreeWidgetItem) -> bool:
        column = self.treeWidget().sortColumn()
        mine, theirs = (float(item.text(column) or "-inf") for item in (self, other))
        return mine < theirs


def _text() -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
