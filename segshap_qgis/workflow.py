"""From a window of the image and a region to an Explanation: one run, whoever asks for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Optional, Union

import numpy as np
from numpy.typing import NDArray

from .errors import Interrupted, SettingsError
from .explain import (
    ContrastGame,
    Explanation,
    Superpixels,
    explain,
    explain_by_rise,
    from_labels,
    hexagons,
    only_targets,
    slic,
    squares,
)
from .explain.class_cells import cut_along_classes
from .explain.comparison import likeness
from .explain.rise import rise_cells

if TYPE_CHECKING:
    from .explain import Game
    from .geo import Window
    from .models import SegmentationModel

# What needs nothing but the image, what follows a layer, and with the model's classes all of them.
GRIDS = ("hexagons", "squares", "slic")
LAYER_KINDS = ("layer", "polygons")
CELL_KINDS = (*GRIDS, "classes", *LAYER_KINDS)
METHODS = ("shapley", "rise", "signed_rise")
# Of SLIC: with less, the speckle of a radar image joins most of it into a few cells.
COMPACTNESS = 0.3


@dataclass(frozen=True)
class Guide:
    """What the super-pixels of a window follow beside its pixels.

    Attributes
    ----------
    labels : (H, W) integer array, optional
        Classes to cut a grid along, or numbers of polygons that are cells themselves; negative
        where there is none.
    land : (H, W) bool array, optional
        Pixels that belong to no super-pixel: they stay in the image whatever is hidden.
    """

    labels: Optional[NDArray[np.integer]] = None
    land: Optional[NDArray[np.bool_]] = None


NO_GUIDE = Guide()


@dataclass(frozen=True)
class Request:
    """What is asked of one run; every field is JSON-compatible and is kept with the result.

    Attributes
    ----------
    model : str
        Path of the model's card.
    target : str
        Name of the class to explain.
    bands : tuple of int
        Bands of the raster, counted from 1, in the order of the model's bands.
    method : str
        "shapley"; "rise" or "signed_rise" for the heat maps that are compared with it.
    cells : str
        Kind of super-pixels, one of `CELL_KINDS`; RISE has none.
    side : int
        Size of a super-pixel in pixels: side of a hexagon or square.
    n_segments : int
        Cells that SLIC is asked for; 0 as many as have the area of a square of `side`.
    compactness : float
        Of SLIC.
    cells_layer, land_layer : str
        Id of the layer that guides the super-pixels, and of that whose polygons belong to none;
        empty where there is none.
    budget : int
        Evaluations of the model at most.
    stop_at : float or None
        Stop early at this precision (see `Explanation.precision`); None runs to the budget.
    background : str, float or tuple of them
        What absent super-pixels are painted with; see `models.backgrounds`. With several the
        values are averaged, and an evaluation runs the model once for each.
    output : str
        "probability", "logit" or "decision".
    unit : str or None
        Unit of the pixel values; None recognises it from the values.
    seed : int
        Seed of the coalitions.
    window : int
        Side of the explained window in pixels.
    merge : int
        Raster pixels, along each side, that become one pixel of the window; 1 keeps them.
    against : str or None
        Name of another class: explains why `target` rather than this one. None explains `target`.
    second : str
        Path of another model's card: explains what the first model sees in `target` rather than
        this one, both on the same coalitions. Empty for none.
    """

    model: str
    target: str
    bands: tuple[int, ...] = (1,)
    method: str = "shapley"
    cells: str = "hexagons"
    side: int = 22
    n_segments: int = 0
    compactness: float = COMPACTNESS
    cells_layer: str = ""
    land_layer: str = ""
    budget: int = 1000
    stop_at: Optional[float] = 0.03
    background: Union[str, float, tuple[Union[str, float], ...]] = "mean"
    output: str = "probability"
    unit: Optional[str] = None
    seed: int = 0
    window: int = 512
    merge: int = 1
    against: Optional[str] = None
    second: str = ""

    def settings(self) -> dict[str, Any]:
        """The request as it is kept with a result."""
        several = isinstance(self.background, tuple)
        background = list(self.background) if several else self.background  # type: ignore[arg-type]
        return {**asdict(self), "bands": list(self.bands), "background": background}

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Request:
        """The request that a result was made with; other facts in its settings are passed over.

        Raises
        ------
        SettingsError
            The settings do not name a model and a class, or one of them is not what it should be:
            they may come from a file that anybody has written.
        """
        known = {
            field.name: settings[field.name] for field in fields(cls) if field.name in settings
        }
        if not {"model", "target"} <= set(known):
            raise SettingsError(
                "This result does not say which model made it.", "Explain the place anew."
            )
        for name in ("bands", "background"):
            if isinstance(known.get(name), list):
                known[name] = tuple(known[name])
        for name, value in known.items():
            if not _is_stored(name, value):
                raise SettingsError(
                    f"The result's setting “{name}” cannot be used: {str(value)[:80]!r}.",
                    "Explain the place anew.",
                )
        return cls(**known)


# Least and most of the numbers of a request.
_RANGES = {
    "side": (1, 8192),
    "n_segments": (0, 10**6),
    "compactness": (0, 10**6),
    "budget": (1, 10**7),
    "stop_at": (0, 10),
    "seed": (0, 2**128),
    "window": (1, 8192),
    "merge": (1, 1024),
}
_WHOLE = {"n_segments", "budget", "seed", "window", "merge"}
_MAY_BE_NONE = {"stop_at", "unit", "against"}
_MOST_BANDS = 64


def _is_stored(name: str, value: Any) -> bool:
    """Whether a setting that was read has a type and size that a request can have."""
    if value is None:
        return name in _MAY_BE_NONE
    if name in _RANGES:
        least, most = _RANGES[name]
        return _is_number(value, whole=name in _WHOLE) and least <= value <= most
    if name == "bands":
        is_list = isinstance(value, tuple) and 1 <= len(value) <= _MOST_BANDS
        return is_list and all(_is_number(band, whole=True) and band >= 1 for band in value)
    if name == "background":
        kinds = value if isinstance(value, tuple) else (value,)
        return len(kinds) > 0 and all(isinstance(k, str) or _is_number(k) for k in kinds)
    return isinstance(value, str)


def _is_number(value: Any, whole: bool = False) -> bool:
    """A finite number that float32 can hold; True and False are none here."""
    is_one = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    return is_one and (whole or abs(value) < 1e38)


def superpixels_for(request: Request, window: Window, guide: Guide = NO_GUIDE) -> Superpixels:
    """The super-pixels that a request asks for.

    Parameters
    ----------
    request : Request
        Kind and size.
    window : Window
        Pixels, at which SLIC looks, and no-data, which belongs to no super-pixel.
    guide : Guide
        Classes or polygons, for the kinds of super-pixels that follow them, and land.

    Raises
    ------
    SettingsError
        The kind is unknown, or what it follows is missing.
    """
    shape, valid = window.shape, window.valid
    if guide.land is not None:
        valid = valid & ~guide.land
    if request.method != "shapley":
        return rise_cells(shape, valid)
    if request.cells == "squares":
        return squares(shape, side=request.side, valid=valid)
    if request.cells == "slic":
        n_segments = request.n_segments or max(2, round(valid.size / request.side**2))
        return slic(window.bands, n_segments, request.compactness, valid)
    if request.cells == "hexagons":
        return hexagons(shape, side=request.side, valid=valid)
    if request.cells not in CELL_KINDS:
        raise SettingsError(
            f"Unknown kind of super-pixels {request.cells!r}.",
            f"Choose one of: {', '.join(CELL_KINDS)}.",
        )
    if guide.labels is None:
        raise SettingsError(
            "These super-pixels follow a layer, but none is chosen.",
            "Choose a layer of classes or polygons, or hexagons.",
        )
    if request.cells == "polygons":
        return from_labels(guide.labels, valid)
    # What has no class is a class of its own: it can be hidden like the rest.
    return cut_along_classes(
        hexagons(shape, request.side, valid), guide.labels - guide.labels.min()
    )


def explain_window(
    request: Request,
    model: SegmentationModel,
    window: Window,
    region: NDArray[np.bool_],
    on_progress: Callable[[Explanation], bool],
    is_cancelled: Callable[[], bool],
    guide: Guide = NO_GUIDE,
    superpixels: Optional[Superpixels] = None,
) -> Optional[Explanation]:
    """Explain a region of a window; what was learnt before a cancel is returned.

    Parameters
    ----------
    request : Request
        What is asked.
    model : SegmentationModel
        The black box.
    window : Window
        Pixels and their validity.
    region : (H, W) bool array
        Region of interest.
    on_progress : callable
        Receives every partial Explanation; False stops.
    is_cancelled : callable
        Asked often; True stops in the middle of an evaluation.
    guide : Guide
        What the super-pixels follow.
    superpixels : Superpixels, optional
        The players, where they are known already.

    Returns
    -------
    Explanation or None
        Of what is asked for, and after it of every class of the model, from the same evaluations;
        of what is asked for alone when it was cancelled; None when it was cancelled before there
        was anything to show.
    """
    latest: Optional[Explanation] = None
    if request.method not in METHODS:
        raise SettingsError(
            f"Unknown method {request.method!r}.", f"Choose one of: {', '.join(METHODS)}."
        )

    def keep(so_far: Explanation) -> bool:
        nonlocal latest
        latest = _asked_for(request, so_far)
        return on_progress(latest) and not is_cancelled()

    try:
        with model.interruptible(is_cancelled):
            superpixels = superpixels or superpixels_for(request, window, guide)
            # Shapley values ask how good their game is at their first refresh.
            game = game_for(request, model, window, superpixels, region, "provisional")
            found = _METHODS[request.method](
                game,
                superpixels,
                budget=request.budget,
                seed=request.seed,
                on_progress=keep,
                stop_at=request.stop_at,
                settings={**request.settings(), "model_id": model.card.id},
            )
            if request.second and found.n_targets > 1:
                return _with_likeness(found)
            return _asked_for(request, found)
    except Interrupted:
        return latest


def game_for(
    request: Request,
    model: SegmentationModel,
    window: Window,
    superpixels: Superpixels,
    region: NDArray[np.bool_],
    precision: str = "auto",
) -> Game:
    """The game of a request: on one background or several, of one class or one against another.

    Parameters
    ----------
    request : Request
        What is asked.
    model : SegmentationModel
        The black box.
    window : Window
        Pixels and their validity.
    superpixels : Superpixels
        The players.
    region : (H, W) bool array
        Region of interest.
    precision : {"auto", "provisional"}
        As `models.StagedGame`, for Shapley values on one background of one model.

    Returns
    -------
    Game
        Of every class of the model, for RISE only of those asked for; its last target is the one
        that the request asks for.
    """
    if request.second:
        return _comparison_game(request, model, window, superpixels, region)
    from .models import make_averaged_game, make_game

    classes = _played_classes(request, model)
    make: Any = make_game
    if isinstance(request.background, tuple):
        # A provisional game keeps its tables twice: one may, several would fill the memory.
        make, precision = make_averaged_game, "auto"
    game: Game = make(
        model,
        window.bands,
        superpixels,
        [region],
        classes,
        request.background,
        output=request.output,
        valid=window.valid,
        unit=request.unit or window.unit,
        # Soft masks know no cells, and are no use to tables of what cells show.
        **(
            {"evaluations": request.budget, "precision": precision}
            if request.method == "shapley"
            else {"evaluations": 0, "precision": "float32"}
        ),
    )
    if request.against is None:
        return game
    other = model.class_names[model.class_index(request.against)]
    return ContrastGame(game, [(len(classes) - 1, classes.index(other))])


def _comparison_game(
    request: Request,
    model: SegmentationModel,
    window: Window,
    superpixels: Superpixels,
    region: NDArray[np.bool_],
) -> Game:
    """Two models on the class, and last the first rather than the second."""
    from .models import load_model, make_comparison_game

    if request.against is not None or request.method != "shapley":
        raise SettingsError(
            "Models are compared by Shapley values of one class.",
            "Choose no class to set it against, and Shapley values as the method.",
        )
    try:
        second = load_model(request.second)
    except OSError as error:  # a name from a file may be no name of a file at all
        raise SettingsError(
            f"The second model cannot be opened: {request.second[:80]!r}.", "Choose another model."
        ) from error

    def is_cancelled() -> bool:
        """Whoever stops the first model, now or later, stops the second."""
        return model.is_cancelled()

    second.is_cancelled = is_cancelled
    game: Game = make_comparison_game(
        [model, second],
        window.bands,
        superpixels,
        [region],
        [request.target],
        request.background,
        output=request.output,
        valid=window.valid,
        unit=request.unit or window.unit,
        evaluations=request.budget,
    )
    return game


def _with_likeness(found: Explanation) -> Explanation:
    """The difference of two models, told with how alike they are."""
    first, second = (only_targets(found, [target]) for target in (1, 2))
    alike = asdict(likeness(first, second, only_targets(found, [0])))
    known = {name: value if math.isfinite(value) else None for name, value in alike.items()}
    return replace(found, settings={**found.settings, "likeness": known})


def _played_classes(request: Request, model: SegmentationModel) -> list[str]:
    """All classes where they cost nothing, that to explain last; RISE would settle for all."""
    if request.method == "shapley":
        others = model.class_names
    else:
        others = [] if request.against is None else [request.against]
    return [name for name in others if name != request.target] + [request.target]


def _asked_for(request: Request, found: Explanation) -> Explanation:
    """Of a heat map against another class only the difference, to be shown like any other."""
    return found if request.method == "shapley" else only_targets(found, [found.n_targets - 1])


def _explain_by_signed_rise(game: Game, superpixels: Superpixels, **keywords: Any) -> Explanation:
    return explain_by_rise(game, superpixels, signed=True, **keywords)


_METHODS: Mapping[str, Callable[..., Explanation]] = {
    "shapley": partial(explain, lead=-1),
    "rise": explain_by_rise,
    "signed_rise": _explain_by_signed_rise,
}
