"""The job of an ExplainTask: from a picked place on a raster layer to a Record."""

from __future__ import annotations

import math
from contextlib import suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Optional, Protocol, Union

import numpy as np
from numpy.typing import NDArray
from qgis.core import QgsGeometry, QgsRasterLayer

from . import __version__
from .cell_layers import NO_LAYERS, CellLayers
from .errors import Interrupted, RegionError
from .explain import Explanation
from .geo import Record, Window, predicted_segment, region_from_geometry
from .geo.grid import pixel_bounds, sides_beyond
from .geo.merging import merge_pixels
from .geo.regions import mask_outline, share_outside
from .geo.wellknown import to_wkb
from .provider_window import Snapshot
from .workflow import Request, explain_window

if TYPE_CHECKING:
    from .models import SegmentationModel


class Watcher(Protocol):
    """Who follows a run: the task of the dock, or an algorithm of the toolbox.

    Attributes
    ----------
    located : signal of bytes
        The region's outline as WKB, once it is known.
    """

    located: Any

    def is_cancelled(self) -> bool:
        """Whether to stop; asked often, from any thread."""
        ...

    def on_progress(self, partial: Explanation) -> bool:
        """Receive a partial explanation; False stops the run."""
        ...


class ExplainJob:
    """Snapshots of all that a run needs; made on the main thread, carried out off it.

    Parameters
    ----------
    layer : QgsRasterLayer or Snapshot
        What is explained; a snapshot serves any number of jobs.
    request : Request
        How.
    kind : str
        "pixel", "region", "slick" (the geometry is a point in it), "feature" or "features".
    geometry : QgsGeometry
        In the layer's CRS.
    title : str
        Name of the run for people.
    model : SegmentationModel, optional
        The request's model, where it is loaded already.
    layers : CellLayers
        What the super-pixels follow.

    Attributes
    ----------
    window : Window or None
        The pixels, once they have been read.
    outside : float
        Share of the region's area that lies off the raster and could not be explained.

    Raises
    ------
    ImageError
        The layer has no pixel values, or not the bands.
    RegionError
        The geometry is empty.
    """

    def __init__(
        self,
        layer: Union[QgsRasterLayer, Snapshot],
        request: Request,
        kind: str,
        geometry: QgsGeometry,
        title: str,
        model: Optional[SegmentationModel] = None,
        layers: CellLayers = NO_LAYERS,
    ) -> None:
        self.request = request
        self._layers = layers
        self.kind = kind
        self.title = title
        self.place = _flat(geometry)
        is_snapshot = isinstance(layer, Snapshot)
        self.snapshot = layer if is_snapshot else Snapshot(layer, request.bands)
        self.model = model
        self.window: Optional[Window] = None
        self.outside = 0.0
        self._started = datetime.now(timezone.utc)
        self._model_id = self._model_checksum = ""
        self._region: Optional[NDArray[np.bool_]] = None
        self._probability: Optional[NDArray[np.float32]] = None

    def carry_out(self, task: Watcher) -> Optional[Record]:
        """Read, locate, explain; None when it was cancelled before there was anything to keep."""
        from .models import load_model, model_checksum

        self._started = datetime.now(timezone.utc)
        model = self.model or load_model(self.request.model)
        self._model_id = model.card.id
        self._model_checksum = model_checksum(self.request.model, model.card)
        self.window = window = self._read()
        probabilities: Optional[NDArray[np.float32]] = None
        with model.interruptible(task.is_cancelled):
            if self.kind == "slick" or self._layers.follow_classes:
                probabilities = self._predict(model, window)
        self._region = region = self._locate(model, window, probabilities)
        task.located.emit(to_wkb(mask_outline(region, window.transform)))
        guide = self._layers.guide(window, probabilities)

        def on_progress(partial: Explanation) -> bool:
            goes_on = task.on_progress(partial)
            if goes_on and self._probability is None and math.isfinite(partial.precision):
                # The model's own map is kept with the result; the first map need not wait for it.
                self._predict(model, window)
            return goes_on

        found = explain_window(
            self.request, model, window, region, on_progress, task.is_cancelled, guide
        )
        return None if found is None else self._complete(found, model, task)

    def keep(self, found: Explanation) -> Record:
        """An explanation of this job, finished or not, with all that belongs to it."""
        if self.window is None or self._region is None:
            raise RegionError("Nothing was explained yet.", "Start the run again.")
        return Record(
            name=self.title,
            explanation=found,
            window=self.window,
            region=self._region,
            probability=self._probability,
            settings=self._facts(self.window),
        )

    def _complete(self, found: Explanation, model: SegmentationModel, task: Watcher) -> Record:
        """The record of what was found, with the model's own map unless the person waits."""
        if self.window is not None and self._probability is None and not task.is_cancelled():
            with suppress(Interrupted), model.interruptible(task.is_cancelled):
                self._predict(model, self.window)
        return self.keep(found)

    def _predict(self, model: SegmentationModel, window: Window) -> NDArray[np.float32]:
        """Probability of every class at every pixel; that of the target is kept."""
        unit = self.request.unit or window.unit
        probabilities = model.predict(window.bands, window.valid, unit)
        self._probability = probabilities[model.class_index(self.request.target)]
        return probabilities

    def _read(self) -> Window:
        """The window around the place, as large as the request says after merging."""
        factor = self.request.merge
        return merge_pixels(self.snapshot.read(self.place, self.request.window * factor), factor)

    def _locate(
        self,
        model: SegmentationModel,
        window: Window,
        probabilities: Optional[NDArray[np.float32]],
    ) -> NDArray[np.bool_]:
        """Pixels of the region of interest; of a slick the probabilities must be known."""
        if probabilities is None or self.kind != "slick":
            self.outside = share_outside(self.place, window)
            return region_from_geometry(self.place, window)
        row, column, _, _ = pixel_bounds(self.place, window.transform)
        is_class = probabilities.argmax(axis=0) == model.class_index(self.request.target)
        return predicted_segment(is_class & window.valid, (row, column))

    def _facts(self, window: Window) -> dict[str, Any]:
        """What is kept to repeat the run, and to judge it."""
        factor, (top, left), (height, width) = self.request.merge, window.offset, window.shape
        bounds = (top, left, top + height * factor, left + width * factor)
        seconds = (datetime.now(timezone.utc) - self._started).total_seconds()
        return {
            **self.request.settings(),
            "model_id": self._model_id,
            "model_checksum": self._model_checksum,
            "kind": self.kind,
            "beyond": list(sides_beyond(bounds, self.snapshot.grid, factor)),
            "version": __version__,
            "started": self._started.isoformat(timespec="seconds"),
            "seconds": round(seconds, 1),
        }


def _flat(geometry: QgsGeometry) -> Any:
    """A QGIS geometry as a shapely one, which knows neither curves nor measures."""
    from shapely import wkb

    if geometry.isEmpty():
        raise RegionError("The region of interest is empty.", "Draw a region or click a pixel.")
    flat = QgsGeometry(geometry.constGet().segmentize())
    flat.get().dropZValue()
    flat.get().dropMValue()
    return wkb.loads(bytes(flat.asWkb()))
