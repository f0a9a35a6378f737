"""A segmentation model ready for use: network and card, loaded from untrusted files."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..errors import ImageError, Interrupted, ModelError, SettingsError
from .model_card import ModelCard
from .model_files import read_card
from .normalisation import normalise, sea_statistics
from .own_networks import FORMATS, own_network

MODELS_FOLDER = Path(__file__).resolve().parents[2] / "resources" / "models"
DEFAULT_MODEL = "oil_fcdensenet56"
MAX_WEIGHTS_BYTES = 1_000_000_000
MAX_PARAMETERS = 250_000_000

# Name in a card -> (module beside this one, class). Nothing outside this table is ever built.
ARCHITECTURES = {
    "FCDenseNet": ("fc_densenet", "FCDenseNet"),
    "HarDNetMSEG": ("hardnet_mseg", "HarDNetMSEG"),
}


def _never() -> bool:
    return False


class SegmentationModel:
    """A network with the card that says how to feed it.

    Parameters
    ----------
    card : ModelCard
        Description of the model.
    network : torch.nn.Module
        (N, B, H, W) normalised float32 image to (N, C, H, W) logits.
    device : str or torch.device, optional
        Where it runs; a CUDA device when there is one, else the CPU.
    """

    def __init__(
        self, card: ModelCard, network: nn.Module, device: str | torch.device | None = None
    ) -> None:
        self.card = card
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        if self.device.type == "cuda":
            # cuDNN's default rounds float32 to 10 bits, too coarse for values equal to 1e-5.
            torch.backends.cudnn.allow_tf32 = False
        self._is_cancelled: Callable[[], bool] = _never
        network = network.eval().requires_grad_(False).to(self.device)
        # torch's annotations do not know this overload of `to`.
        self.network: nn.Module = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @property
    def class_names(self) -> list[str]:
        """Names of the classes in the order of the network's outputs."""
        return self.card.class_names

    def class_index(self, target: str | int) -> int:
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
        valid: NDArray[np.bool_] | None = None,
        unit: str | None = None,
        sea: NDArray[np.floating] | None = None,
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
        sea : (2B, H, W) array, optional
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
        self, bands: NDArray, valid: NDArray[np.bool_], unit: str | None = None
    ) -> NDArray[np.float64] | None:
        """What `normalise` measures contrast against in a window, (2B,); None if nothing."""
        return sea_statistics(bands, valid, self.card.normalisation, unit)

    def predict(
        self,
        bands: NDArray,
        valid: NDArray[np.bool_] | None = None,
        unit: str | None = None,
        sea: NDArray[np.floating] | None = None,
    ) -> NDArray[np.float32]:
        """Probability of every class at every pixel: raw (B, H, W) to (C, H, W) float32."""
        image = torch.from_numpy(self.normalise(bands, valid, unit, sea)).to(self.device)
        return self.logits(image[None]).softmax(dim=1)[0].cpu().numpy()

    def logits(self, images: Tensor) -> Tensor:
        """Logits of normalised images: (N, B, H, W) to (N, C, H, W), on the model's device."""
        with torch.inference_mode():
            return self.network(images.contiguous(memory_format=torch.channels_last)).float()

    @contextmanager
    def interruptible(self, is_cancelled: Callable[[], bool]) -> Iterator[None]:
        """Within this context the network stops between two layers once `is_cancelled()` holds.

        One pass over a large window takes seconds; a person who cancels should not wait for it.

        Raises
        ------
        Interrupted
            Out of any use of the network, when `is_cancelled()` holds.
        """

        def check(*_: Any) -> None:
            self.check_interrupted()

        self._is_cancelled = is_cancelled
        layers = [layer for layer in self.network.modules() if not any(layer.children())]
        handles = [layer.register_forward_pre_hook(check) for layer in layers]
        try:
            yield
        finally:
            self._is_cancelled = _never
            for handle in handles:
                handle.remove()

    def check_interrupted(self) -> None:
        """Stop here if the person cancelled; for work on the network's layers outside its forward.

        Raises
        ------
        Interrupted
            Within `interruptible`, when its `is_cancelled()` holds.
        """
        if self._is_cancelled():
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
        smallest = getattr(self.network, "minimum_size", 1)
        if min(height, width) < smallest:
            raise ImageError(
                f"The image of {width} x {height} pixels is smaller than the model's minimum of "
                f"{smallest} x {smallest}.",
                "Choose a larger window or raster.",
            )


def load_model(
    path_or_name: str | Path = DEFAULT_MODEL,
    device: str | torch.device | None = None,
    trusted: Collection[str] = (),
) -> SegmentationModel:
    """Load a model from its card, or a bundled model by its name.

    Model files are untrusted: only tensors are read, sizes are bounded before anything is
    allocated, and only the architectures of this package are built. ONNX files are read by
    onnxruntime; TorchScript files are programs and run only where they are trusted.

    Parameters
    ----------
    path_or_name : str or Path
        Path of a card (``.json``), of a weight file beside its card (``.pt``), of an ONNX file
        (``.onnx``, with or without a card), or a bundled name.
    device : str or torch.device, optional
        Where it runs; a CUDA device when there is one, else the CPU.
    trusted : collection of str, optional
        SHA-256 checksums of the TorchScript files that may run.

    Raises
    ------
    DependencyError
        An ONNX file needs onnxruntime, which is not installed.
    ModelError
        Card or weights are missing, damaged, unsafe, or do not fit each other.
    """
    card_path = card_path_of(path_or_name)
    card = read_card(card_path)
    weights_path = _weights_path(card, card_path)
    if card.architecture.get("name") in FORMATS:
        return own_model(card, weights_path, device, trusted)
    state = _read_tensors(weights_path)
    network = _empty_network(card)
    _fill(network, state, weights_path.name)
    return SegmentationModel(card, network, device)


def own_model(
    card: ModelCard,
    path: Path,
    device: str | torch.device | None = None,
    trusted: Collection[str] = (),
) -> SegmentationModel:
    """The model of an ONNX or TorchScript file with a card that need not lie beside it yet.

    Raises
    ------
    DependencyError, ModelError
        As `load_model`.
    """
    where = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    return SegmentationModel(card, own_network(card, path, where, trusted), where)


def card_path_of(path_or_name: str | Path) -> Path:
    """Path of a model's card, given that, its weight file beside it, or a bundled name."""
    path = Path(path_or_name)
    if path.suffix == "" and len(path.parts) == 1:
        bundled = MODELS_FOLDER / f"{path.name}.json"
        if not bundled.is_file():
            known = ", ".join(sorted(p.stem for p in MODELS_FOLDER.glob("*.json")))
            raise ModelError(
                f"There is no bundled model '{path.name}'.", f"Choose one of: {known}."
            )
        return bundled
    beside = path.with_suffix(".json")
    return beside if beside.is_file() else path


def _weights_path(card: ModelCard, card_path: Path) -> Path:
    name: Any = card.weights.get("file")
    # A card must not reach outside its own folder.
    is_plain = isinstance(name, str) and name not in ("", "..") and not set(name) & set("/\\:")
    if not is_plain:
        raise ModelError(f"The card {card_path.name} names no weight file in its own folder.")
    path = card_path.parent / name
    if not path.is_file():
        raise ModelError(f"The weight file {name} is missing.", "Put it beside the model card.")
    if path.stat().st_size > MAX_WEIGHTS_BYTES:
        raise ModelError(f"The weight file {name} is larger than {MAX_WEIGHTS_BYTES / 1e9:.0f} GB.")
    expected = card.weights.get("sha256")
    if expected and hashlib.sha256(path.read_bytes()).hexdigest() != expected:
        raise ModelError(
            f"The weight file {name} is not the one that its card describes (checksum differs).",
            "Get both files again from the same source.",
        )
    return path


def _read_tensors(path: Path) -> dict[str, Tensor]:
    unreadable = ModelError(
        f"{path.name} is not a weight file that can be read safely.",
        "Save it again with torch.save(network.state_dict(), FILE): tensors only, no objects.",
    )
    if not zipfile.is_zipfile(path):
        raise unreadable
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_WEIGHTS_BYTES:
                raise unreadable
        state = torch.load(path, map_location="cpu", weights_only=True)
    except ModelError:
        raise
    except Exception as error:  # torch raises many kinds on damaged or hostile files
        raise unreadable from error
    if not isinstance(state, Mapping) or not all(isinstance(t, Tensor) for t in state.values()):
        raise unreadable
    return {
        str(name): tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in state.items()
    }


def _empty_network(card: ModelCard) -> nn.Module:
    """The card's network without memory behind it, so that absurd sizes cost nothing."""
    name = card.architecture.get("name")
    arguments: Any = card.architecture.get("arguments", {})
    if name not in ARCHITECTURES or not isinstance(arguments, Mapping):
        raise ModelError(
            f"The model card asks for an unknown architecture {name!r}.",
            f"Known ones are: {', '.join([*ARCHITECTURES, *FORMATS])}.",
        )
    home, class_name = ARCHITECTURES[name]
    build = getattr(import_module(f".{home}", __package__), class_name)
    _check_arguments(arguments)
    try:
        with torch.device("meta"):
            network = build(**arguments)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ModelError(f"The model card's arguments do not build a {name}: {error}.") from error
    fits = network.n_classes == len(card.classes) and network.in_bands == len(card.bands)
    if not fits:
        raise ModelError(
            f"The network has {network.in_bands} band(s) and {network.n_classes} classes, "
            f"but its card lists {len(card.bands)} and {len(card.classes)}."
        )
    return network


def _check_arguments(arguments: Mapping[str, Any]) -> None:
    for value in arguments.values():
        numbers = value if isinstance(value, list) else [value]
        if len(numbers) > 64 or not all(
            isinstance(number, (int, float)) and 0 <= number <= 4096 for number in numbers
        ):
            raise ModelError(
                "The model card's architecture has arguments out of any sensible range.",
                "Compare the card with that of a bundled model.",
            )


def _fill(network: nn.Module, state: dict[str, Tensor], file_name: str) -> None:
    """Put the tensors in; every parameter must be there, of the right shape and finite."""
    if sum(parameter.numel() for parameter in network.parameters()) > MAX_PARAMETERS:
        raise ModelError("The model card describes a network that is too large to load.")
    for name in network.state_dict():
        # Counts batches in training; files that keep only what inference needs leave it out.
        if name.endswith("num_batches_tracked"):
            state.setdefault(name, torch.tensor(0))
    try:
        network.load_state_dict(state, strict=True, assign=True)
    except RuntimeError as error:
        raise ModelError(
            f"The weights in {file_name} do not fit the architecture on their card: "
            f"{str(error).splitlines()[-1].strip()}"
        ) from error
    if not all(torch.isfinite(tensor).all() for tensor in network.state_dict().values()):
        raise ModelError(f"The weights in {file_name} are damaged: some are not finite numbers.")
