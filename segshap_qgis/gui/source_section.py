"""The dock's first rows: which layer and bands, which model, which class."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from qgis.core import Qgis, QgsMapLayer, QgsProject, QgsRasterLayer
from qgis.gui import QgsMapLayerComboBox, QgsRasterBandComboBox
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QFileDialog, QWidget

from ..errors import SegShapError, SettingsError
from ..model_library import ListedModel, listed_models
from ..models import read_card
from .fields import add_row, choice, dock_form, let_shrink


class SourceSection(QWidget):
    """Layer, bands, model and class; the bands follow the model, one row for each that it reads."""

    layer_changed = pyqtSignal()
    model_changed = pyqtSignal(object)
    refused = pyqtSignal(str, str)

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.form = dock_form(self)
        self.models: list[ListedModel] = []
        self.band_boxes: list[QgsRasterBandComboBox] = []
        self._build_layer_row()
        self._build_model_rows()
        QgsProject.instance().layersAdded.connect(self._hide_results)

    def forget(self) -> None:
        """Stop listening to the project, which outlives this widget."""
        QgsProject.instance().layersAdded.disconnect(self._hide_results)

    def _build_layer_row(self) -> None:
        self.layer_box = QgsMapLayerComboBox()
        self.layer_box.setFilters(Qgis.LayerFilter.RasterLayer)
        let_shrink(self.layer_box)
        self.layer_box.layerChanged.connect(self._follow_layer)
        add_row(
            self.form,
            self.tr("&Layer"),
            self.layer_box,
            self.tr(
                "The raster to explain, for instance a SAR amplitude, sigma0 or decibel image."
            ),
        )

    def _build_model_rows(self) -> None:
        self.model_box = choice([])
        self.model_box.activated.connect(self._model_activated)
        add_row(
            self.form,
            self.tr("&Model"),
            self.model_box,
            self.tr("The network to explain. “Other…” opens a card (.json) or an ONNX file."),
        )
        self.class_box = choice([])
        add_row(
            self.form,
            self.tr("&Class"),
            self.class_box,
            self.tr("The class whose probability is explained."),
        )
        self.rival_box = choice([])
        add_row(
            self.form,
            self.tr("&Rather than"),
            self.rival_box,
            self.tr(
                "Explains why the model prefers the class to this one: what speaks for the one "
                "and against the other."
            ),
        )
        self.class_box.currentIndexChanged.connect(self._offer_rivals)
        self.second_box = choice([])
        add_row(
            self.form,
            self.tr("Com&pare with"),
            self.second_box,
            self.tr(
                "Another model that knows the class: explains both on the same super-pixels and "
                "coalitions, and shows what the first sees rather than the second."
            ),
        )

    def offer_bundled_models(self) -> None:
        """Offer the models that come with the plugin, and those that were added in the options."""
        self.set_models(listed_models())

    def set_models(self, models: list[ListedModel]) -> None:
        """Offer these models and take the first."""
        self.models = list(models)
        self.model_box.clear()
        for index, (path, card) in enumerate(self.models):
            self.model_box.addItem(card.title, str(path))
            self.model_box.setItemData(index, card.description, 3)
        self.model_box.addItem(self.tr("Other…"), "")
        self._follow_model(0)

    def layer(self) -> Optional[QgsRasterLayer]:
        """The chosen raster layer."""
        layer = self.layer_box.currentLayer()
        return layer if isinstance(layer, QgsRasterLayer) else None

    def model(self) -> ListedModel:
        """The chosen model.

        Raises
        ------
        SettingsError
            There is none.
        """
        index = self.model_box.currentIndex()
        if not 0 <= index < len(self.models):
            raise SettingsError(
                self.tr("No model is chosen."), self.tr("Choose a model card with “Other…”.")
            )
        return self.models[index]

    def target(self) -> str:
        """Name of the chosen class."""
        return self.class_box.currentData()

    def rival(self) -> Optional[str]:
        """Name of the class that the chosen one is set against; None for none."""
        return self.rival_box.currentData()

    def second(self) -> str:
        """Path of the model that the chosen one is compared with; empty for none."""
        return self.second_box.currentData() or ""

    def bands(self) -> tuple[int, ...]:
        """The chosen bands, counted from 1, in the model's order.

        Raises
        ------
        SettingsError
            A band was not chosen, for instance because the raster has too few.
        """
        chosen = tuple(box.currentBand() for box in self.band_boxes)
        if any(band < 1 for band in chosen):
            layer = self.layer()
            raise SettingsError(
                self.tr("The model reads {} bands, but “{}” has only {}.").format(
                    len(chosen), layer.name() if layer else "", layer.bandCount() if layer else 0
                ),
                self.tr("Choose another layer, or pick a band for each row."),
            )
        return chosen

    def add_model(self, path: Path) -> None:
        """Offer a model from its card and choose it; a card that cannot be read is refused."""
        try:
            listed = ListedModel(path, read_card(path))
        except SegShapError as error:
            self.refused.emit(error.message, error.remedy)
            return
        self.set_models([m for m in self.models if m.path != path] + [listed])
        self.model_box.setCurrentIndex(len(self.models) - 1)
        self._follow_model(len(self.models) - 1)

    def choose(
        self,
        path: Path,
        target: str,
        bands: tuple[int, ...],
        rival: Optional[str] = None,
        second: str = "",
    ) -> None:
        """Choose a model, a class and bands, for instance those of an earlier run.

        Raises
        ------
        SettingsError
            The model's card is gone or cannot be read.
        """
        paths = [model.path for model in self.models]
        if path not in paths:
            try:
                card = read_card(path)
            except SegShapError as error:
                raise SettingsError(error.message, error.remedy) from error
            self.set_models([*self.models, ListedModel(path, card)])
            paths.append(path)
        self.model_box.setCurrentIndex(paths.index(path))
        self._follow_model(paths.index(path))
        self.class_box.setCurrentIndex(max(0, self.class_box.findData(target)))
        self.rival_box.setCurrentIndex(max(0, self.rival_box.findText(rival) if rival else 0))
        self.second_box.setCurrentIndex(max(0, self.second_box.findData(second)))
        for box, band in zip(self.band_boxes, bands):
            box.setBand(band)

    def _model_activated(self, index: int) -> None:
        if index < len(self.models):
            self._follow_model(index)
            return
        title = self.tr("Choose a model card")
        name, _ = QFileDialog.getOpenFileName(self, title, "", self.tr("Models (*.json *.onnx)"))
        self.model_box.setCurrentIndex(0)
        if name:
            self.add_model(Path(name))

    def _follow_model(self, index: int) -> None:
        """Classes and band rows of the chosen model."""
        self.class_box.clear()
        self._offer_seconds(index)
        card = self.models[index].card if index < len(self.models) else None
        for entry in card.classes if card else ():
            self.class_box.addItem(entry["name"], entry["name"])
        self._rebuild_band_rows([band["name"] for band in card.bands] if card else [])
        if card:
            self.class_box.setCurrentText(card.default_class or card.class_names[-1])
            self.model_changed.emit(card)

    def _offer_seconds(self, index: int) -> None:
        """Every other model, and none; the present choice stays where it can."""
        before = self.second()
        self.second_box.clear()
        self.second_box.addItem(self.tr("no other model"), "")
        for number, (path, card) in enumerate(self.models):
            if number != index:
                self.second_box.addItem(card.title, str(path))
        self.second_box.setCurrentIndex(max(0, self.second_box.findData(before)))

    def _offer_rivals(self) -> None:
        """Every other class, and none, which is taken unless the present one is still there."""
        before, chosen = self.rival(), self.target()
        self.rival_box.clear()
        self.rival_box.addItem(self.tr("nothing: the class alone"), None)
        for index in range(self.class_box.count()):
            if self.class_box.itemData(index) != chosen:
                self.rival_box.addItem(
                    self.class_box.itemText(index), self.class_box.itemData(index)
                )
        self.rival_box.setCurrentIndex(max(0, self.rival_box.findText(before) if before else 0))

    def _rebuild_band_rows(self, names: list[str]) -> None:
        for box in self.band_boxes:
            self.form.removeRow(box)
        self.band_boxes = []
        for position, name in enumerate(names):
            box = QgsRasterBandComboBox()
            let_shrink(box)
            box.setShowNotSetOption(True, self.tr("not chosen"))
            label = self.tr("&Band") if len(names) == 1 else self.tr("Band “{}”").format(name)
            tip = self.tr("The raster's band that the model reads as “{}”.").format(name)
            # Beside the layer, above the model: in the order in which one thinks.
            add_row(self.form, label, box, tip, at=1 + position)
            self.band_boxes.append(box)
        # Qt would walk to the youngest last, wherever they stand.
        fields = [self.layer_box, *self.band_boxes, self.model_box, self.class_box]
        fields += [self.rival_box, self.second_box]
        for before, after in zip(fields, fields[1:]):
            QWidget.setTabOrder(before, after)
        self._follow_layer(self.layer_box.currentLayer())

    def _follow_layer(self, layer: Optional[QgsMapLayer]) -> None:
        """Offer the layer's bands; take the one of the model's name, else the one at its place."""
        raster = layer if isinstance(layer, QgsRasterLayer) else None
        names = self._band_names(raster)
        for position, box in enumerate(self.band_boxes):
            box.setLayer(raster)
            wanted = self.models[self.model_box.currentIndex()].card.bands[position]["name"].lower()
            matching = [i for i, name in enumerate(names, 1) if wanted and wanted in name]
            at_its_place = position + 1 if position < len(names) else -1
            box.setBand(matching[0] if matching else at_its_place)
        self.layer_changed.emit()

    @staticmethod
    def _band_names(layer: Optional[QgsRasterLayer]) -> list[str]:
        if layer is None or layer.dataProvider() is None:
            return []
        return [layer.bandName(i).lower() for i in range(1, layer.bandCount() + 1)]

    def _hide_results(self, _added: object = None) -> None:
        """Explain images, not explanations: our own result layers are not offered."""
        layers = QgsProject.instance().mapLayers().values()
        results = [layer for layer in layers if layer.customProperty("segshap/role")]
        self.layer_box.setExceptedLayerList(results)
