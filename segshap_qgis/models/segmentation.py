"""A segmentation model ready for use: network and card, loaded from untrusted files."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..errors import ModelError
from ..explain.types import Superpixels
from .model import Model
from .model_card import ModelCard
from .model_files import DEFAULT_MODEL, card_path_of, read_card
from .own_networks import FORMATS, OwnNetwork, own_network
from .threads import computing_threads
from .trust import trusted_programs

if TYPE_CHECKING:
    from .masked_game import MaskedGame

MAX_WEIGHTS_BYTES = 1_000_000_000
MAX_PARAMETERS = 250_000_000
# Layers in a block or a network: beyond that, building it takes minutes.
MAX_LAYERS = 512
MAX_NAME = 255
# What a file of torch.save begins with; torch reads anything else in an older form.
ZIP_BEGINS = b"PK\x03\x04"

# Name in a card -> (module beside this one, class). Nothing outside this table is ever built.
ARCHITECTURES = {
    "FCDenseNet": ("fc_densenet", "FCDenseNet"),
    "HarDNetMSEG": ("hardnet_mseg", "HarDNetMSEG"),
}


class SegmentationModel(Model):
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
        super().__init__(card)
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        if self.device.type == "cuda":
            # cuDNN's default rounds float32 to 10 bits, too coarse for values equal to 1e-5.
            torch.backends.cudnn.allow_tf32 = False
        self.minimum_size = getattr(network, "minimum_size", 1)
        if isinstance(network, OwnNetwork):
            # What is asked changes from run to run.
            network.stop_when(lambda: self.is_cancelled())  # noqa: PLW0108
        network = network.eval().requires_grad_(False).to(self.device)
        # torch's annotations do not know this overload of `to`.
        self.network: nn.Module = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

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

    def make_game(
        self,
        image: NDArray,
        superpixels: Superpixels,
        regions: Sequence[NDArray[np.bool_]],
        targets: Sequence[str | int],
        *arguments: Any,
        **keywords: Any,
    ) -> MaskedGame:
        """The fastest game that applies; see `segshap_qgis.models.staged_game.make_game`."""
        from .staged_game import make_game

        return make_game(self, image, superpixels, regions, targets, *arguments, **keywords)

    def computing_threads(self, count: int) -> AbstractContextManager[None]:
        """Within this context the network computes with so many threads."""
        return computing_threads(count)

    def logits(self, images: Tensor) -> Tensor:
        """Logits of normalised images: (N, B, H, W) to (N, C, H, W), on the model's device."""
        with torch.inference_mode():
            return self.network(images.contiguous(memory_format=torch.channels_last)).float()

    @contextmanager
    def interruptible(self, is_cancelled: Callable[[], bool]) -> Iterator[None]:
        """Within this context the network stops between two layers once `is_cancelled()` holds.

        Raises
        ------
        Interrupted
            Out of any use of the network, when `is_cancelled()` holds.
        """

        def check(*_: Any) -> None:
            self.check_interrupted()

        layers = [layer for layer in self.network.modules() if not any(layer.children())]
        handles = [layer.register_forward_pre_hook(check) for layer in layers]
        try:
            with super().interruptible(is_cancelled):
                yield
        finally:
            for handle in handles:
                handle.remove()


def load_model(
    path_or_name: str | Path = DEFAULT_MODEL,
    device: str | torch.device | None = None,
    trusted: Collection[str] | None = None,
) -> SegmentationModel:
    """As `segshap_qgis.models.load_model`, always into this process.

    Model files are untrusted: only tensors are read, sizes are bounded before anything is
    allocated, and only the architectures of this package are built. ONNX files are read by
    onnxruntime; TorchScript files are programs and run only where they are trusted.
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
    trusted: Collection[str] | None = None,
) -> SegmentationModel:
    """As `segshap_qgis.models.loading.own_model`, always in this process."""
    where = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    return SegmentationModel(card, own_network(card, path, where, trusted_programs(trusted)), where)


def _weights_path(card: ModelCard, card_path: Path) -> Path:
    name: Any = card.weights.get("file")
    # A card must not reach outside its own folder.
    is_plain = (
        isinstance(name, str)
        and name not in ("", "..")
        and len(name.encode(errors="replace")) <= MAX_NAME
        and not set(name) & set("/\\:")
    )
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
    with path.open("rb") as file:
        if file.read(4) != ZIP_BEGINS:
            raise unreadable
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
        # A TorchScript archive is a program.
        is_script = any("/code/" in e.filename or "constants.pkl" in e.filename for e in entries)
        if is_script or sum(entry.file_size for entry in entries) > MAX_WEIGHTS_BYTES:
            raise unreadable
        state = torch.load(path, map_location="cpu", weights_only=True)
    except ModelError:
        raise
    except Exception as error:  # torch raises many kinds on damaged or hostile files
        raise unreadable from error
    if not isinstance(state, Mapping) or not all(_is_plain(t) for t in state.values()):
        raise unreadable
    # A few bytes can be viewed as a tensor of any size, and a conversion would fill it.
    if sum(tensor.numel() for tensor in state.values()) > 2 * MAX_PARAMETERS:
        raise unreadable
    return {str(name): tensor for name, tensor in state.items()}


def _is_plain(value: Any) -> bool:
    """Whether a value is numbers in a row in memory, and not complex ones."""
    return (
        isinstance(value, Tensor)
        and value.layout == torch.strided
        and value.device.type == "cpu"
        and not (value.is_quantized or value.is_complex())
    )


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
    if (network.in_bands, network.n_classes) != (card.n_channels, len(card.classes)):
        raise ModelError(
            f"The network reads {network.in_bands} band(s) or channels of them and has "
            f"{network.n_classes} classes, but its card lists {card.n_channels} and "
            f"{len(card.classes)}."
        )
    return network


def _check_arguments(arguments: Mapping[str, Any]) -> None:
    for name, value in arguments.items():
        numbers = value if isinstance(value, list) else [value]
        are_sane = all(isinstance(n, (int, float)) and 0 <= n <= 4096 for n in numbers)
        are_too_many = are_sane and "layers" in name and sum(numbers) > MAX_LAYERS
        if len(numbers) > 64 or not are_sane or are_too_many:
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
        # In the parameters' own types: an image of floats runs through no other ones.
        own = network.state_dict()
        fitting = {n: t.to(own[n].dtype) if n in own else t for n, t in state.items()}
        network.load_state_dict(fitting, strict=True, assign=True)
    except RuntimeError as error:
        raise ModelError(
            f"The weights in {file_name} do not fit the architecture on their card: "
            f"{str(error).splitlines()[-1].strip()}"
        ) from error
    if not all(torch.isfinite(tensor).all() for tensor in network.state_dict().values()):
        raise ModelError(f"The weights in {file_name} are damaged: some are not finite numbers.")
