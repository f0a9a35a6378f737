"""What a model offers to those who ask it for pictures and games, wherever its network runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Optional, Union

import numpy as np
from numpy.typing import NDArray

from ..errors import ImageError, Interrupted, SettingsError
from ..explain.types import Game, Superpixels
from .model_card import ModelCard
from .normalisation import flat, normalise, sea_statistics


def never() -> bool:
    """For a run that nobody cancels."""
    return False


class Model(ABC):
    """A card, and a network somewhere that is fed as the card says.

    Parameters
    ----------
    card : ModelCard
        Description of the model.

    Attributes
    ----------
    minimum_size : int
        Side in pixels of the smallest image that the network takes.
    """

    def __init__(self, card: ModelCard) -> None:
        self.card = card
        self.minimum_size = 1
        self.is_cancelled: Callable[[], bool] = never

    @property
    def class_names(self) -> list[str]:
        """Names of the classes in the order of the network's outputs."""
        return self.card.class_names

    def class_index(self, target: Union[str, int]) -> int:
        """Index of a class given by name or index.

        Raises
        ------
        SettingsError
            The model has no such class.
        """
        if isinstance(target, str) and target in self.class_names:
            return self.class_names.index(target)
        if not isinstance(target, str) and 0 <= int(target) < len(self.class_names):
            return int(target)
        raise SettingsError(
            f"The model '{self.card.title}' has no class {target!r}.",
            f"Choose one of: {', '.join(self.class_names)}.",
        )

    def normalise(
        self,
        bands: NDArray,
        valid: Optional[NDArray[np.bool_]] = None,
        unit: Optional[str] = None,
        sea: Optional[NDArray[np.floating]] = None,
    ) -> NDArray[np.float32]:
        """Raw bands to what the network was trained on, after checking that they fit it.

        Parameters
        ----------
        bands : (B, H, W) array
            Raw values, in the unit of the raster.
        valid : (H, W) bool array, optional
            False on no-data; all pixels are valid by default.
        unit : str, optional
            Unit of the values, where the recipe cares; recognised from the data by default.
        sea : (5B, H, W) array, optional
            What radar contrast is measured against instead of the window's own `sea_statistics`.

        Raises
        ------
        ImageError
            Wrong number of bands, too small, no valid pixel, NaN in valid pixels, or constant.
        """
        self._check_fits(bands)
        if valid is None:
            valid = np.ones(bands.shape[1:], dtype=bool)
        return normalise(bands, valid, self.card.normalisation, unit, sea)

    def sea_statistics(
        self, bands: NDArray, valid: NDArray[np.bool_], unit: Optional[str] = None
    ) -> Optional[NDArray[np.float64]]:
        """What `normalise` measures contrast against in a window, (5B,); None if nothing."""
        return sea_statistics(bands, valid, self.card.normalisation, unit)

    def flat(
        self,
        value: Union[float, NDArray[np.float32]],
        bands: NDArray,
        valid: NDArray[np.bool_],
        unit: Optional[str] = None,
    ) -> NDArray[np.float32]:
        """Channels, (C,), of a pixel of some normalised value; see `normalisation.flat`."""
        return flat(value, bands, valid, self.card.normalisation, unit)

    @abstractmethod
    def predict(
        self,
        bands: NDArray,
        valid: Optional[NDArray[np.bool_]] = None,
        unit: Optional[str] = None,
        sea: Optional[NDArray[np.floating]] = None,
    ) -> NDArray[np.float32]:
        """Probability of every class at every pixel: raw (B, H, W) to (C, H, W) float32."""

    @abstractmethod
    def make_game(
        self,
        image: NDArray,
        superpixels: Superpixels,
        regions: Sequence[NDArray[np.bool_]],
        targets: Sequence[Union[str, int]],
        *arguments: Any,
        **keywords: Any,
    ) -> Game:
        """The fastest game that applies; see `segshap_qgis.models.staged_game.make_game`."""

    @abstractmethod
    def computing_threads(self, count: int) -> AbstractContextManager[None]:
        """Within this context the network computes with so many threads."""

    @contextmanager
    def interruptible(self, is_cancelled: Callable[[], bool]) -> Iterator[None]:
        """Within this context the network stops between two layers once `is_cancelled()` holds.

        One pass over a large window takes seconds; a person who cancels should not wait for it.

        Raises
        ------
        Interrupted
            Out of any use of the network, when `is_cancelled()` holds.
        """
        self.is_cancelled = is_cancelled
        try:
            yield
        finally:
            self.is_cancelled = never

    def check_interrupted(self) -> None:
        """Stop here if the person cancelled; for work on the network's layers outside its forward.

        Raises
        ------
        Interrupted
            Within `interruptible`, when its `is_cancelled()` holds.
        """
        if self.is_cancelled():
            raise Interrupted

    def _check_fits(self, bands: NDArray) -> None:
        if np.ndim(bands) != 3:
            raise ImageError("An image needs three dimensions: bands, rows and columns.")
        n_bands, height, width = bands.shape
        if n_bands != len(self.card.bands):
            names = ", ".join(band["name"] for band in self.card.bands)
            raise ImageError(
                f"The model '{self.card.title}' reads {len(self.card.bands)} band(s), "
                f"but the image has {n_bands}.",
                f"Choose the band(s): {names}.",
            )
        smallest = self.minimum_size
        if min(height, width) < smallest:
            raise ImageError(
                f"The image of {width} x {height} pixels is smaller than the model's minimum of "
                f"{smallest} x {smallest}.",
                "Choose a larger window or raster.",
            )
