"""Does the explanation depend on what the network learnt? The layer randomisation check.

Adebayo et al. 2018, "Sanity checks for saliency maps": layers are re-initialised from the output
backwards, one after the other. An explanation that stays the same explains the image, not the
network; the rank correlation with the original one should fall.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn

from ..errors import SettingsError
from ..explain.faithfulness import rank_correlation
from ..explain.reliability import RandomisationCheck
from ..explain.types import Explanation
from .segmentation import SegmentationModel

SHARES = (0.1, 0.25, 0.5, 1.0)


def randomisation_check(
    model: SegmentationModel,
    explain_model: Callable[[SegmentationModel, int], Explanation],
    target: int = 0,
    shares: Sequence[float] = SHARES,
    seed: int = 0,
) -> RandomisationCheck:
    """Explain a model, then the model with ever more layers re-initialised from the output on.

    Parameters
    ----------
    model : SegmentationModel
        Stays as it is: copies of it are changed.
    explain_model : callable
        Explains a model with a seed; the same image, region, super-pixels and budget each time.
        Called for the original with two seeds, and once for every share.
    target : int, default 0
        Which target of the explanations.
    shares : sequence of float
        Shares of the layers to re-initialise, in (0, 1].
    seed : int, default 0
        Of the new weights, and of all explanations but the one for the ceiling.

    Raises
    ------
    SettingsError
        A share out of its range, or a network whose layers cannot be told apart.
    """
    if not shares or not all(0 < share <= 1 for share in shares):
        raise SettingsError("Shares of layers must lie above 0 and at most at 1.", "Try 0.5, 1.")
    names = layers_from_output(model)
    counts = sorted({max(1, round(share * len(names))) for share in shares})
    original = explain_model(model, seed).values[target]
    again = explain_model(model, seed + 1).values[target]
    randomised = [
        explain_model(with_random_layers(model, names[:count], seed), seed).values[target]
        for count in counts
    ]
    return RandomisationCheck(
        layers=np.array(counts, dtype=np.int64),
        n_layers=len(names),
        correlation=np.array([rank_correlation(original, other) for other in randomised]),
        absolute_correlation=np.array(
            [rank_correlation(np.abs(original), np.abs(other)) for other in randomised]
        ),
        ceiling=rank_correlation(original, again),
    )


def layers_from_output(model: SegmentationModel) -> list[str]:
    """Names of the layers with weights, the last one that the network runs first.

    A layer that the network runs several times counts where it runs last.

    Raises
    ------
    SettingsError
        The network has no layers that can be told apart.
    """
    network = model.network
    ran: list[str] = []
    handles = [
        layer.register_forward_hook(lambda *_, name=name: ran.append(name))
        for name, layer in network.named_modules()
        if list(layer.parameters(recurse=False))
    ]
    size = max(32, getattr(network, "minimum_size", 1))
    try:
        model.logits(torch.zeros(1, model.card.n_channels, size, size, device=model.device))
    finally:
        for handle in handles:
            handle.remove()
    if not ran:
        raise SettingsError(
            f"The layers of “{model.card.title}” cannot be re-initialised: it runs as a whole.",
            "Only models of SegSHAP's own architectures can be checked like this.",
        )
    return list(dict.fromkeys(reversed(ran)))


def with_random_layers(
    model: SegmentationModel, layers: Sequence[str], seed: int = 0
) -> SegmentationModel:
    """A copy of a model with some layers re-initialised.

    Weights are drawn from a normal distribution with the mean and spread of those they replace:
    what was learnt is gone, but the network's outputs keep their scale and do not become constant,
    of which any explanation is zero. Batch statistics stay: they are measured, not learnt.

    Parameters
    ----------
    model : SegmentationModel
        Stays as it is.
    layers : sequence of str
        Names of modules of its network.
    seed : int, default 0
        Of the new weights.
    """
    network = copy.deepcopy(model.network)
    generator = torch.Generator().manual_seed(seed)
    for name in layers:
        for parameter in network.get_submodule(name).parameters(recurse=False):
            _redraw(parameter, generator)
    return SegmentationModel(model.card, network, model.device)


def _redraw(parameter: nn.Parameter, generator: torch.Generator) -> None:
    old = parameter.detach()
    spread = old.std(unbiased=False)
    noise = torch.randn(old.shape, generator=generator).to(old)
    with torch.no_grad():
        parameter.copy_(old.mean() + spread * noise)
