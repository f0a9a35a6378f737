"""The models to choose from: added, looked at, tried on the open raster, trusted, removed."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any, Optional

from qgis.core import Qgis, QgsApplication, QgsRasterLayer
from qgis.gui import QgsMapLayerComboBox
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTextBrowser,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from .. import model_library as library
from ..dependencies import torch_is_here
from ..errors import DependencyError, SegShapError
from ..model_library import ListedModel
from .card_wizard import CardWizard
from .model_trial import ModelTrial


class ModelManager(QWidget):
    """A list of models with what can be done to them; every change holds at once."""

    changed = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.trial: Optional[ModelTrial] = None
        self.wizard: Optional[CardWizard] = None
        self.list = QTreeWidget()
        self.list.setHeaderLabels([self.tr("Model"), self.tr("Format"), self.tr("Where from")])
        self.list.setRootIsDecorated(False)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setAccessibleName(self.tr("Models"))
        self.list.itemSelectionChanged.connect(self._show_chosen)
        self.facts = QTextBrowser()
        self.facts.setAccessibleName(self.tr("The chosen model's card"))
        self.layer_box = QgsMapLayerComboBox()
        self.layer_box.setFilters(Qgis.LayerFilter.RasterLayer)
        self.layer_box.setAccessibleName(self.tr("Raster to try the model on"))
        self.said = QLabel()
        self.said.setWordWrap(True)
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        self.said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._build()
        self.refresh()

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.addWidget(self.list, 2)
        first, second = QHBoxLayout(), QHBoxLayout()
        self.add_button = self._button(
            first, self.tr("&Add…"), self.tr("Add a card, an ONNX or a TorchScript file.")
        )
        self.trust_button = self._button(
            first,
            self.tr("T&rust"),
            self.tr("Let this TorchScript program run: only if you know where it comes from."),
        )
        self.remove_button = self._button(
            first, self.tr("Re&move"), self.tr("Take it off this list. Its files stay.")
        )
        first.addStretch()
        self.try_button = self._button(
            second, self.tr("&Try on"), self.tr("Run the model once on the middle of the raster.")
        )
        second.addWidget(self.layer_box, 1)
        layout.addLayout(first)
        layout.addWidget(self.facts, 3)
        layout.addLayout(second)
        layout.addWidget(self.said)
        self.add_button.clicked.connect(self._ask_and_add)
        self.trust_button.clicked.connect(self._trust_or_not)
        self.remove_button.clicked.connect(self._remove)
        self.try_button.clicked.connect(self.try_chosen)

    @staticmethod
    def _button(row: QHBoxLayout, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setAccessibleDescription(tip)
        row.addWidget(button)
        return button

    def refresh(self, chosen: Optional[Path] = None) -> None:
        """Show the models again, and choose one of them."""
        self.list.clear()
        for listed, origin in [
            *((model, self.tr("comes with SegSHAP")) for model in library.bundled_models()),
            *((model, str(model.path.parent)) for model in library.added_models()),
        ]:
            kind = str(listed.card.architecture.get("name", ""))
            row = QTreeWidgetItem([listed.card.title, kind, origin])
            row.setData(0, Qt.ItemDataRole.UserRole, listed)
            self.list.addTopLevelItem(row)
            if listed.path == chosen:
                self.list.setCurrentItem(row)
        if self.list.currentItem() is None and self.list.topLevelItemCount():
            self.list.setCurrentItem(self.list.topLevelItem(0))
        self.list.resizeColumnToContents(0)
        self._show_chosen()

    def chosen(self) -> Optional[ListedModel]:
        """The chosen model."""
        row = self.list.currentItem()
        return row.data(0, Qt.ItemDataRole.UserRole) if row is not None else None

    def add(self, path: Path) -> None:
        """Add a model; where its card is missing, a wizard writes it."""
        try:
            listed = library.add_model(path)
        except DependencyError as error:
            self.said.setText(str(error))
        except SegShapError as error:
            if path.suffix == ".json" or path.with_suffix(".json").is_file():
                self.said.setText(str(error))
            else:
                self._open_wizard(path, str(error))
        else:
            self.said.setText(self.tr("Added: {}").format(listed.card.title))
            self.refresh(listed.path)
            self.changed.emit()

    def try_chosen(self) -> None:
        """Run the chosen model once on the middle of the chosen raster."""
        listed, layer = self.chosen(), self.layer_box.currentLayer()
        if listed is None or not isinstance(layer, QgsRasterLayer):
            self.said.setText(self.tr("Open a raster in the project, and choose it here."))
            return
        if not torch_is_here():
            self.said.setText(self.tr("PyTorch is missing. SegSHAP's dock says how to get it."))
            return
        path = listed.path

        def load() -> Any:
            from ..models import load_model

            return load_model(path)

        try:
            self.trial = ModelTrial(layer, listed.card, load, self._tried)
        except SegShapError as error:
            self.said.setText(str(error))
            return
        self.try_button.setEnabled(False)
        self.said.setText(self.tr("Running…"))
        QgsApplication.taskManager().addTask(self.trial)

    def _tried(self, trial: ModelTrial) -> None:
        self.trial = None
        self.try_button.setEnabled(True)
        self.said.setText(trial.sentence)

    def _ask_and_add(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self,
            self.tr("Add a model"),
            "",
            self.tr("Models (*.json *.onnx *.pt *.pts *.torchscript)"),
        )
        if name:
            self.add(Path(name))

    def _open_wizard(self, path: Path, why: str) -> None:
        self.said.setText(why)
        self.wizard = CardWizard(path, self)
        self.wizard.written.connect(lambda: self.add(path))
        self.wizard.open()

    def _trust_or_not(self) -> None:
        listed = self.chosen()
        if listed is None:
            return
        weights = library.weights_path(listed)
        try:
            if library.is_trusted(weights):
                library.distrust(weights)
                self.said.setText(self.tr("{} is trusted no longer.").format(weights.name))
            else:
                library.trust(weights)
                self.said.setText(
                    self.tr("{} is trusted on this computer, as it is now.").format(weights.name)
                )
        except SegShapError as error:
            self.said.setText(str(error))
        self._show_chosen()

    def _remove(self) -> None:
        listed = self.chosen()
        if listed is not None:
            library.remove_model(listed.path)
            self.said.setText(
                self.tr("{} is off the list; its files are where they were.").format(
                    listed.card.title
                )
            )
            self.refresh()
            self.changed.emit()

    def _show_chosen(self) -> None:
        listed = self.chosen()
        added = listed is not None and listed.path.parent != library.FOLDER
        script = listed is not None and library.is_script(listed)
        self.remove_button.setEnabled(added)
        self.trust_button.setEnabled(script and torch_is_here())
        if listed is not None:
            trusted = (
                script and torch_is_here() and library.is_trusted(library.weights_path(listed))
            )
            self.trust_button.setText(self.tr("Dist&rust") if trusted else self.tr("T&rust"))
            self.facts.setHtml(self._html(listed, bool(script), trusted))

    def _html(self, listed: ListedModel, script: bool, trusted: bool) -> str:
        card = listed.card
        rows = [
            (self.tr("Bands"), ", ".join(str(band["name"]) for band in card.bands)),
            (self.tr("Classes"), ", ".join(card.class_names)),
            (self.tr("Normalisation"), str(card.normalisation.get("kind", ""))),
            (self.tr("Window"), self.tr("{} pixels").format(card.window)),
            (self.tr("Terms"), card.licence),
            (self.tr("File"), str(library.weights_path(listed))),
        ]
        if script:
            state = self.tr("trusted") if trusted else self.tr("not trusted: it does not run")
            rows.append((self.tr("Program"), state))
        table = "".join(
            f"<tr><th align='left'>{escape(name)}&nbsp;</th><td>{escape(value)}</td></tr>"
            for name, value in rows
            if value
        )
        return (
            f"<h3>{escape(card.title)}</h3><p>{escape(card.description)}</p><table>{table}</table>"
        )
