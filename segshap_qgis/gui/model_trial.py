"""Trying a model on the middle of a raster, in the background."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from qgis.core import QgsRasterLayer, QgsTask
from qgis.PyQt.QtCore import QCoreApplication

from ..at_work import at_work
from ..errors import SegShapError
from ..models import ModelCard
from ..provider_window import Snapshot

if TYPE_CHECKING:
    from ..models import SegmentationModel


class ModelTrial(QgsTask):
    """Loads a model and runs it once; keep a reference to it until it ends.

    Parameters
    ----------
    layer : QgsRasterLayer
        Its first bands are taken, as many as the model reads.
    card : ModelCard
        Of the model.
    load : callable
        Gives the model; called off the main thread.
    on_end : callable
        Called on the main thread with the trial.

    Attributes
    ----------
    sentence : str
        What came out, or what is wrong and what to do.
    good : bool
        Whether the model ran.

    Raises
    ------
    ImageError
        The layer has no pixel values, or too few bands.
    """

    def __init__(
        self,
        layer: QgsRasterLayer,
        card: ModelCard,
        load: Callable[[], SegmentationModel],
        on_end: Callable[[ModelTrial], None],
    ) -> None:
        super().__init__(self.tr("Trying {}").format(card.title), QgsTask.Flag.CanCancel)
        self._snapshot = Snapshot(layer, range(1, len(card.bands) + 1))
        self._side = card.window
        self._load = load
        self._on_end = on_end
        self.sentence = ""
        self.good = False
        self.details = ""

    def run(self) -> bool:
        """Load, read the middle, predict."""
        try:
            with at_work():
                self.sentence = self._try()
            self.good = True
        except SegShapError as error:
            self.sentence = str(error)
        except Exception as error:  # noqa: BLE001 (whatever leaves a QgsTask's thread ends QGIS)
            self.sentence, self.details = str(error), traceback.format_exc()
        return self.good

    def finished(self, _result: bool) -> None:
        """Report on the main thread."""
        self._on_end(self)

    def _try(self) -> str:
        model = self._load()
        row, column = self._snapshot.grid.height // 2, self._snapshot.grid.width // 2
        window = self._snapshot.read((row, column, row + 1, column + 1), self._side)
        start = time.perf_counter()
        probability = model.predict(window.bands, window.valid, window.unit)
        seconds = time.perf_counter() - start
        winners = probability.argmax(axis=0)[window.valid]
        shares = np.bincount(winners, minlength=len(model.class_names)) / winners.size
        told = ", ".join(f"{n} {share:.0%}" for n, share in zip(model.class_names, shares))
        height, width = window.shape
        return self.tr("It runs: {} x {} pixels of “{}” in {:.1f} s; winning classes: {}.").format(
            width, height, self._snapshot.name, seconds, told
        )

    @staticmethod
    def tr(text: str) -> str:
        """Translate; a task is no widget, and its thread is none of Qt's."""
        return QCoreApplication.translate("ModelTrial", text)
