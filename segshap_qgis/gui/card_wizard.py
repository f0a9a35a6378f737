"""A wizard that writes the card of a model file: trust, bands, normalisation, classes, a check."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Optional

from qgis.core import Qgis, QgsApplication, QgsRasterLayer
from qgis.gui import QgsMapLayerComboBox
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
    QWizard,
    QWizardPage,
)

from .. import model_library as library
from ..errors import ModelError, SegShapError
from ..geo.aside import aside, discard, make_last, put_in_place, target_path
from ..models import ModelCard
from .fields import add_row, choice
from .model_trial import ModelTrial

# The recipe of a card by the kind that is chosen; numbers are filled in from the fields.
DECIBEL = {"kind": "log_contrast", "scale_db": 4.0, "lowest_db": -20.0, "highest_db": 12.0}


class CardWizard(QWizard):
    """Asks what a file does not say of itself; the card is written beside it at the end.

    Parameters
    ----------
    path : Path
        A TorchScript or ONNX file without a card.
    """

    written = pyqtSignal()

    def __init__(self, path: Path, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Card of {}").format(path.name))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.path = path
        self.is_script = path.suffix.lower() != ".onnx"
        self.trust = TrustPage(path)
        self.describe = DescribePage()
        self.check = CheckPage(self)
        if self.is_script:
            self.addPage(self.trust)
        self.addPage(self.describe)
        self.addPage(self.check)

    def card(self) -> ModelCard:
        """The card as the pages describe it now.

        Raises
        ------
        ModelError
            A field is empty or out of range.
        """
        page, content = self.describe, self.path.read_bytes()
        arguments = {"in_bands": len(page.bands()), "output": page.output_box.currentData()}
        return ModelCard(
            id=self.path.stem,
            title=page.title_edit.text().strip() or self.path.stem,
            architecture={
                "name": "TorchScript" if self.is_script else "ONNX",
                "arguments": {**arguments, "size": 0},
            },
            bands=[{"name": name} for name in page.bands()],
            normalisation=page.recipe(),
            classes=[{"name": name} for name in page.classes()],
            weights={
                "file": self.path.name,
                "sha256": hashlib.sha256(content).hexdigest(),
                "bytes": len(content),
            },
            default_class=page.classes()[-1],
            window=page.window_box.value(),
        )

    def accept(self) -> None:
        """Write the card, and trust the program if that was ticked."""
        try:
            target = target_path(self.path.with_suffix(".json"))
            draft = aside(target)
            try:
                draft.write_text(self.card().to_json(), encoding="utf-8")
                make_last(draft, target)
                put_in_place(draft, target)
            finally:
                discard(draft)
            if self.is_script:
                library.trust(self.path)
        except (SegShapError, OSError) as error:
            self.check.said.setText(str(error))
            return
        super().accept()
        self.written.emit()


class TrustPage(QWizardPage):
    """What TorchScript is, and whether this file is to run."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.setTitle(self.tr("Is {} to be trusted?").format(path.name))
        text = QLabel(
            self.tr(
                "A TorchScript file is a program, not only numbers. When it runs it can read and "
                "write your files, fill the memory, or never end. SegSHAP cannot check that for "
                "you and runs it only if you say so. If the file changes, you will be asked "
                "again.\n\nThe same network as an ONNX file needs no trust."
            )
        )
        text.setWordWrap(True)
        self.box = QCheckBox(self.tr("I &know where this file comes from and trust it"))
        self.box.toggled.connect(self.completeChanged)
        layout = QVBoxLayout(self)
        layout.addWidget(text)
        layout.addWidget(self.box)

    def isComplete(self) -> bool:
        """Only with the tick."""
        return self.box.isChecked()


class DescribePage(QWizardPage):
    """Bands, normalisation, classes."""

    def __init__(self) -> None:
        super().__init__()
        self.setTitle(self.tr("What does the model read, and what does it tell?"))
        form = QFormLayout(self)
        self.title_edit = QLineEdit()
        add_row(form, self.tr("&Title"), self.title_edit, self.tr("Name for people."))
        self.bands_edit = QLineEdit(self.tr("backscatter"))
        tip = self.tr("Names of the bands in the model's order, with commas between them.")
        add_row(form, self.tr("&Bands"), self.bands_edit, tip)
        kinds = [
            (self.tr("Values times a factor"), "scale"),
            (self.tr("Minus a mean, over a standard deviation"), "mean_std"),
            (self.tr("Radar: decibel against the median, over 4 dB"), "log_contrast"),
        ]
        self.kind_box = choice(kinds, "scale")
        tip = self.tr("What was done to the pixel values in training.")
        add_row(form, self.tr("&Normalisation"), self.kind_box, tip)
        self.factor_edit = QLineEdit("1/255")
        tip = self.tr("A number, or a fraction such as 1/255.")
        add_row(form, self.tr("&Factor"), self.factor_edit, tip)
        self.mean_edit, self.std_edit = QLineEdit("0"), QLineEdit("1")
        tip = self.tr("One number for each band with commas between them, in raw pixel values.")
        add_row(form, self.tr("&Mean"), self.mean_edit, tip)
        add_row(form, self.tr("Standard &deviation"), self.std_edit, tip)
        self.classes_edit = QLineEdit(self.tr("background, oil"))
        tip = self.tr(
            "Names of the classes in the order of the model's outputs. A model with one output "
            "has two: the rest, and the class."
        )
        add_row(form, self.tr("&Classes"), self.classes_edit, tip)
        outputs = [
            (self.tr("Scores (logits)"), "logits"),
            (self.tr("Probabilities"), "probabilities"),
        ]
        self.output_box = choice(outputs)
        tip = self.tr("Probabilities if a softmax or sigmoid is part of the file.")
        add_row(form, self.tr("&Output"), self.output_box, tip)
        self.window_box = QSpinBox()
        self.window_box.setRange(16, 2048)
        self.window_box.setValue(512)
        tip = self.tr("Side in pixels of the images that it was trained on.")
        add_row(form, self.tr("&Window"), self.window_box, tip)
        self.kind_box.currentIndexChanged.connect(self._show_numbers)
        self._show_numbers()

    def bands(self) -> list[str]:
        """Names of the bands."""
        return _names(self.bands_edit.text(), self.tr("Name at least one band."))

    def classes(self) -> list[str]:
        """Names of the classes."""
        return _names(self.classes_edit.text(), self.tr("Name the classes."))

    def recipe(self) -> dict[str, Any]:
        """The card's normalisation.

        Raises
        ------
        ModelError
            A field holds no number, or not as many as there are bands.
        """
        kind = self.kind_box.currentData()
        if kind == "log_contrast":
            return dict(DECIBEL)
        if kind == "scale":
            (factor,) = _numbers(self.factor_edit.text(), 1)
            return {"kind": kind, "factor": factor}
        mean = _numbers(self.mean_edit.text(), len(self.bands()))
        std = _numbers(self.std_edit.text(), len(self.bands()))
        if not all(std):
            raise ModelError(self.tr("A standard deviation is 0."))
        return {"kind": kind, "mean": mean, "std": std}

    def _show_numbers(self) -> None:
        kind = self.kind_box.currentData()
        self.factor_edit.setEnabled(kind == "scale")
        self.mean_edit.setEnabled(kind == "mean_std")
        self.std_edit.setEnabled(kind == "mean_std")


class CheckPage(QWizardPage):
    """The card as it will be, tried on a raster of the project."""

    def __init__(self, wizard: CardWizard) -> None:
        super().__init__()
        self._wizard = wizard
        self.trial: Optional[ModelTrial] = None
        self.setTitle(self.tr("Try it on an open raster"))
        self.layer_box = QgsMapLayerComboBox()
        self.layer_box.setFilters(Qgis.LayerFilter.RasterLayer)
        self.layer_box.setAccessibleName(self.tr("Raster to try the model on"))
        self.button = QPushButton(self.tr("&Try"))
        self.button.clicked.connect(self.start)
        self.said = QLabel(self.tr("The card is written beside the file when you finish."))
        self.said.setWordWrap(True)
        layout = QVBoxLayout(self)
        for widget in (self.layer_box, self.button, self.said):
            layout.addWidget(widget)

    def start(self) -> None:
        """Run the model once with the card as it stands."""
        layer = self.layer_box.currentLayer()
        if not isinstance(layer, QgsRasterLayer):
            self.said.setText(self.tr("Open a raster in the project first."))
            return
        wizard = self._wizard
        try:
            card = wizard.card()
            allowed = [card.weights["sha256"]] if wizard.trust.box.isChecked() else []

            def load() -> Any:
                from ..models.loading import own_model

                return own_model(card, wizard.path, trusted=allowed)

            self.trial = ModelTrial(layer, card, load, self._ended)
        except (SegShapError, OSError) as error:
            self.said.setText(str(error))
            return
        self.button.setEnabled(False)
        self.said.setText(self.tr("Running…"))
        QgsApplication.taskManager().addTask(self.trial)

    def _ended(self, trial: ModelTrial) -> None:
        self.trial = None
        self.button.setEnabled(True)
        self.said.setText(trial.sentence)


def _names(text: str, complaint: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise ModelError(complaint)
    return names


def _numbers(text: str, count: int) -> list[float]:
    """Numbers or fractions with commas between them; one stands for all bands."""
    try:
        values = [_number(part) for part in text.split(",")]
    except (ValueError, ZeroDivisionError) as error:
        raise ModelError(f"“{text}” is no number.", "Write for instance 0.5 or 1/255.") from error
    if len(values) == 1:
        return values * count
    if len(values) != count:
        raise ModelError(f"{len(values)} numbers were given for {count} band(s).")
    return values


def _number(text: str) -> float:
    above, _, below = text.partition("/")
    return float(above) / float(below or 1)
