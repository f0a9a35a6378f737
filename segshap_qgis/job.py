"""The job of an ExplainTask: from a picked place on a raster layer to a Record."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Optional

from qgis.core import QgsGeometry, QgsRasterLayer
from shapely import wkb

from . import __version__
from .geo import Record, region_from_geometry
from .provider_window import Snapshot
from .workflow import Request, explain_window

if TYPE_CHECKING:
    from .geo import Window
    from .tasks import ExplainTask


class ExplainJob:
    """Snapshots of all that a run needs; made on the main thread, carried out off it.

    Parameters
    ----------
    layer : QgsRasterLayer
        What is explained.
    request : Request
        How.
    kind : str
        "pixel", "region", "slick" (the geometry is a point in it) or "features".
    geometry : QgsGeometry
        In the layer's CRS.
    title : str
        Name of the run for people.

    Attributes
    ----------
    window : Window or None
        The pixels, once they have been read.
    """

    def __init__(
        self,
        layer: QgsRasterLayer,
        request: Request,
        kind: str,
        geometry: QgsGeometry,
        title: str,
    ) -> None:
        self.request = request
        self.kind = kind
        self.place = wkb.loads(bytes(geometry.asWkb()))
        self.title = title
        self.snapshot = Snapshot(layer, request.bands)
        self.window: Optional[Window] = None

    def carry_out(self, task: ExplainTask) -> Any:
        """Read, locate, explain; None when it was cancelled before there was anything to keep."""
        from .models import load_model

        started = datetime.now(timezone.utc)
        model = load_model(self.request.model)
        self.window = window = self.snapshot.read(self.place, self.request.window)
        region = region_from_geometry(self.place, window)
        found = explain_window(
            self.request, model, window, region, task.on_progress, task.is_cancelled
        )
        if found is None:
            return None
        seconds = (datetime.now(timezone.utc) - started).total_seconds()
        settings = {
            **self.request.settings(),
            "model_id": model.card.id,
            "kind": self.kind,
            "version": __version__,
            "started": started.isoformat(timespec="seconds"),
            "seconds": round(seconds, 1),
        }
        return Record(self.title, found, window, region, settings=settings)
