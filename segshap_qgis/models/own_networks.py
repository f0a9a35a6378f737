"""Networks of the user's own, ONNX or TorchScript, behind the interface of the built-in ones.

They know no stages, so their games take the plain batched path.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..errors import ModelError
from .model_card import ModelCard
from .onnx import OnnxGraph
from .outputs import OUTPUTS, recognise_output
from .torchscript import load_script, run_script

FORMATS = ("ONNX", "TorchScript")
MAX_SIDE = 8192


class OnTensors:
    """An ONNX graph that takes and gives tensors."""

    def __init__(self, graph: OnnxGraph) -> None:
        self.graph = graph

    def __call__(self, images: Tensor) -> Tensor:
        """(N, B, H, W) to (N, C, H, W), on the device of the images."""
        scores = np.asarray(self.graph.scores(images.cpu().numpy()), dtype=np.float32)
        return torch.from_numpy(scores).to(images.device)


class OwnNetwork(nn.Module):
    """A function from images to maps of scores, as a network with logits.

    Parameters
    ----------
    scores : callable
        (N, B, H, W) to (N, C, H, W); C = 1 is a network that tells one class from the rest.
    name : str
        Of its file, for messages.
    in_bands, n_classes : int
        Bands that it reads, and classes on its card; 2 for a network with C = 1.
    output : {"logits", "probabilities"}
        What `scores` are. Probabilities become logits whose softmax gives them back, divided by
        their sum where several do not sum to 1.
    size : int, default 0
        Side of the only square image that it takes; 0 takes any.
    """

    scores: Callable[[Tensor], Tensor]

    def __init__(
        self,
        scores: Callable[[Tensor], Tensor],
        name: str,
        in_bands: int,
        n_classes: int,
        output: str,
        size: int = 0,
    ) -> None:
        super().__init__()
        # Not a submodule: nothing of a foreign network is converted or hooked.
        object.__setattr__(self, "scores", scores)
        self.name = name
        self.in_bands = in_bands
        self.n_classes = n_classes
        self.output = output
        self.size = size
        self.minimum_size = size or 1

    def stop_when(self, is_cancelled: Callable[[], bool]) -> None:
        """Let a graph, which knows no layers, stop in the middle once `is_cancelled()` holds."""
        if isinstance(self.scores, OnTensors):
            self.scores.graph.is_cancelled = is_cancelled

    def forward(self, images: Tensor) -> Tensor:
        """Logits: (N, B, H, W) to (N, C, H, W)."""
        self._check(images)
        scores = self.scores(images.contiguous()).float()
        if scores.dim() != 4 or scores.shape[2:] != images.shape[2:]:
            raise ModelError(
                f"{self.name} gives maps of shape {tuple(scores.shape)} for images of shape "
                f"{tuple(images.shape)}; they must have the image's rows and columns.",
                "Export the network with its last enlargement, or choose a window that is a "
                "multiple of 32 pixels.",
            )
        logits = as_logits(scores, self.output)
        if logits.shape[1] != self.n_classes:
            raise ModelError(
                f"{self.name} gives {logits.shape[1]} classes, but its card lists "
                f"{self.n_classes}.",
                "Correct the classes on its card.",
            )
        return logits

    def _check(self, images: Tensor) -> None:
        height, width = images.shape[2:]
        if self.size and (height, width) != (self.size, self.size):
            raise ModelError(
                f"{self.name} takes images of {self.size} x {self.size} pixels only, but this one "
                f"has {width} x {height}.",
                f"Set the window to {self.size} pixels, on a raster that is at least as large, or "
                "export the network for images of any size.",
            )


def as_logits(scores: Tensor, output: str) -> Tensor:
    """Scores whose softmax is the network's probability: (N, C, H, W), one map becomes two."""
    if output == "logits":
        return torch.cat([torch.zeros_like(scores), scores], 1) if scores.shape[1] == 1 else scores
    smallest = torch.finfo(torch.float32).tiny
    probabilities = scores.clamp(0, 1)
    if scores.shape[1] == 1:
        probabilities = torch.cat([1 - probabilities, probabilities], 1)
    return probabilities.clamp(min=smallest).log()


def own_network(
    card: ModelCard, path: Path, device: torch.device, trusted: Collection[str]
) -> OwnNetwork:
    """The network of a card whose architecture is one of `FORMATS`.

    Raises
    ------
    DependencyError
        onnxruntime is needed and not installed.
    ModelError
        The card is incomplete, or the file is damaged, too large, or not trusted.
    """
    given: Any = card.architecture.get("arguments", {})
    arguments = given if isinstance(given, Mapping) else {}
    output, size = arguments.get("output", "logits"), arguments.get("size", 0)
    if output not in OUTPUTS or not isinstance(size, int) or not 0 <= size <= MAX_SIDE:
        raise ModelError(
            f"The card of {path.name} does not say properly what the network gives.",
            f"Its architecture's 'output' is one of: {', '.join(OUTPUTS)}; 'size' is the side of "
            "the images that it takes, or 0.",
        )
    numbers = card.n_channels, len(card.classes)
    if card.architecture["name"] == "ONNX":
        graph = OnnxGraph(path, cuda=device.type == "cuda")
        _check_channels(graph.n_bands, card.n_channels, path.name)
        return OwnNetwork(OnTensors(graph), path.name, *numbers, output, graph.size)
    script = load_script(path, trusted, device)
    scores = partial(run_script, script, path.name)
    return OwnNetwork(scores, path.name, *numbers, output, size)


def try_script(path: Path, n_bands: int, side: int, trusted: Collection[str]) -> tuple[int, str]:
    """Run a trusted TorchScript file once: its number of classes, and what it gives.

    Parameters
    ----------
    path : Path
        The file.
    n_bands, side : int
        Of the image that it is tried on.
    trusted : collection of str
        Checksums of the files that a person trusts.

    Returns
    -------
    (int, str)
        At least 2 classes, and a name of `OUTPUTS`.

    Raises
    ------
    ModelError
        It is not trusted, or does not run.
    """
    script = load_script(path, trusted, torch.device("cpu"))
    image = np.random.default_rng(0).standard_normal((1, n_bands, side, side))
    with torch.inference_mode():
        scores = run_script(script, path.name, torch.from_numpy(image.astype(np.float32)))
    output = recognise_output(scores.numpy(), path.name)
    return max(2, scores.shape[1]), output


def _check_channels(n_taken: int, n_read: int, name: str) -> None:
    if n_taken not in (0, n_read):
        raise ModelError(
            f"{name} reads {n_taken} band(s) or channels of them, but its card lists {n_read}.",
            "Correct the bands or the normalisation on its card.",
        )
