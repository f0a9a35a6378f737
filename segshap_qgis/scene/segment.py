"""A whole scene through a segmentation network, tile by tile, as if it were one image."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

import numpy as np
from numpy.typing import NDArray

from ..errors import SettingsError
from ..geo.aside import target_path
from ..geo.grid import PixelBounds
from .maps import MapPair, class_path
from .sea import SeaSurface, sea_surface
from .source import SceneSource
from .tiles import spans, weights
from .workplace import identity_of, small_cache, workplace

if TYPE_CHECKING:
    from ..models import SegmentationModel

KINDS = ("uint8", "float32")
# Share of the progress that finding the sea takes, and at which the final files are written.
SEA_DONE, TILES_DONE = 0.05, 0.95


@dataclass(frozen=True)
class SceneRequest:
    """What is asked of the segmentation of a scene; every field is JSON-compatible.

    Attributes
    ----------
    raster : str
        Path of the scene.
    model : str
        Path of the model's card, or a bundled name.
    target : str
        Class whose probability is written.
    bands : tuple of int
        Bands counted from 1, in the order of the model's bands.
    unit : str or None
        Unit of the pixel values; None recognises it, once for the whole scene.
    window, overlap : int
        Pixels of a tile and of what neighbouring tiles share.
    kind : str
        "uint8" (probability in steps of 1/254) or "float32".
    land : str or None
        Vector file of polygons where nothing is predicted.
    """

    raster: str
    model: str
    target: str
    bands: tuple[int, ...] = (1,)
    unit: Optional[str] = None
    window: int = 512
    overlap: int = 128
    kind: str = "uint8"
    land: Optional[str] = None


@dataclass(frozen=True)
class Segmented:
    """What the segmentation of a scene wrote.

    Attributes
    ----------
    probability, classes : Path
        Cloud-optimised GeoTIFFs on the grid of the scene.
    tiles : int
        Tiles of the scene.
    resumed_at : int
        Rows of tiles that an earlier, interrupted start had done already.
    """

    probability: Path
    classes: Path
    tiles: int
    resumed_at: int


def segment_scene(
    request: SceneRequest,
    output: Path,
    on_progress: Callable[[float], None],
    is_cancelled: Callable[[], bool],
) -> Segmented:
    """Predict a whole scene and write its probability and classes.

    Parameters
    ----------
    request : SceneRequest
        What is asked.
    output : Path
        ``NAME.tif`` for the probability; ``NAME_class.tif`` goes beside it.
    on_progress : callable
        Receives the share done, 0 to 1.
    is_cancelled : callable
        Asked often; True stops within a layer of the network, and what was done is kept: the same
        call goes on with it.

    Returns
    -------
    Segmented

    Raises
    ------
    ImageError, ModelError, SettingsError, ExportError
        See the messages.
    Interrupted
        It was cancelled.
    """
    from ..models import load_model, model_checksum

    if request.kind not in KINDS:
        raise SettingsError(
            f"Unknown kind of pixels {request.kind!r}.", f"Choose one of: {', '.join(KINDS)}."
        )
    target = target_path(output)
    model = load_model(request.model)
    job = {
        **asdict(request),
        "raster": identity_of(request.raster),
        "land": request.land and identity_of(request.land),
        "model": model_checksum(request.model, model.card),
    }
    work = workplace(target, job)
    with small_cache(), model.interruptible(is_cancelled):
        scene = _Scene(request, model)
        maps = MapPair(work, scene.source, request.kind)
        sea = scene.sea(work, lambda done: on_progress(SEA_DONE * done))
        resumed_at = scene.predict(sea, maps, on_progress)
        facts = {
            "SEGSHAP_TARGET": request.target,
            "SEGSHAP_MODEL": model.card.id,
            "SEGSHAP_SOURCE": request.raster,
            "SEGSHAP_CLASSES": ", ".join(f"{i}: {n}" for i, n in enumerate(model.class_names)),
        }
        maps.finish(
            target,
            facts,
            lambda done: on_progress(TILES_DONE + (1 - TILES_DONE) * done),
            is_cancelled,
        )
    shutil.rmtree(work)
    return Segmented(target, class_path(target), scene.n_tiles, resumed_at)


class _Scene:
    """The tiles of a scene, and predicting them one after the other."""

    def __init__(self, request: SceneRequest, model: SegmentationModel) -> None:
        self.request = request
        self.model = model
        self.source = SceneSource(request.raster, request.bands, request.land)
        self.index = model.class_index(request.target)
        self.unit = request.unit or self.source.unit() or self._recognised_unit()
        grid = self.source.grid
        self.rows = spans(grid.height, request.window, request.overlap)
        self.columns = spans(grid.width, request.window, request.overlap)
        self.n_tiles = len(self.rows) * len(self.columns)

    def _recognised_unit(self) -> Optional[str]:
        if self.model.card.normalisation.get("kind") != "log_contrast":
            return None
        from ..models.normalisation import recognise_unit

        return recognise_unit(self.source.sample()[0])

    def sea(self, work: Path, on_progress: Callable[[float], None]) -> Optional[SeaSurface]:
        """The sea all over the scene, kept for the next start."""
        file = work / "sea.npz"
        if file.is_file():
            with np.load(file, allow_pickle=False) as kept:
                return SeaSurface(kept["rows"], kept["columns"], kept["values"])
        found = sea_surface(self.model, self.source, self.unit, self.request.window, on_progress)
        if found is not None:
            written = file.with_name("sea.new.npz")
            np.savez(written, rows=found.rows, columns=found.columns, values=found.values)
            written.replace(file)
        return found

    def predict(
        self,
        sea: Optional[SeaSurface],
        maps: MapPair,
        on_progress: Callable[[float], None],
    ) -> int:
        """Predict all rows of tiles that are still missing; the row at which it began."""
        first, above = maps.resume()
        fades = weights(self.rows, self.request.overlap)
        for i in range(first, len(self.rows)):
            (start, stop), is_last = self.rows[i], i + 1 == len(self.rows)
            end = stop if is_last else self.rows[i + 1][0]
            below = np.zeros((self.n_classes, stop - end, self.source.grid.width), np.float32)
            for j, (column, done) in enumerate(self._row_of_tiles(sea, i, fades[i])):
                width = done.shape[2]
                if above is not None:
                    done[:, : above.shape[1]] += above[:, :, column : column + width]
                below[:, :, column : column + width] = done[:, end - start :]
                window = self.source.read((start, column, end, column + width))
                shown = window.valid & ~self.source.land(window)
                maps.write((start, column), done[:, : end - start], shown, self.index)
                share = (i * len(self.columns) + j + 1) / self.n_tiles
                on_progress(SEA_DONE + (TILES_DONE - SEA_DONE) * share)
            above = below
            maps.keep(i + 1, below)
        return first

    @property
    def n_classes(self) -> int:
        """Classes of the model."""
        return len(self.model.class_names)

    def _row_of_tiles(
        self, sea: Optional[SeaSurface], i: int, fade: NDArray[np.float32]
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Blend a row of tiles from left to right; yields (first column, (C, H, w)) when done."""
        row0, row1 = self.rows[i]
        left: Any = None
        for j, ((start, stop), across) in enumerate(
            zip(self.columns, weights(self.columns, self.request.overlap))
        ):
            predicted = self._tile((row0, start, row1, stop), sea)
            predicted *= fade[:, None] * across
            if left is not None:
                predicted[:, :, : left.shape[2]] += left
            end = stop if j + 1 == len(self.columns) else self.columns[j + 1][0]
            left = predicted[:, :, end - start :].copy()
            yield start, predicted[:, :, : end - start]

    def _tile(self, bounds: PixelBounds, sea: Optional[SeaSurface]) -> NDArray[np.float32]:
        """Probability of every class on a tile, (C, H, W); 0 where all of it is no-data."""
        self.model.check_interrupted()
        window = self.source.read(bounds)
        if not window.valid.any():
            return np.zeros((self.n_classes, *window.shape), dtype=np.float32)
        at = None if sea is None else sea.at(bounds)
        return self.model.predict(window.bands, window.valid, self.unit, at)
