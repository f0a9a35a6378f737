"""Stages that are run as they are, with their batch norms folded into their convolutions.

For networks whose layers gain nothing from being split: HarDNet-MSEG. All tensors that pass between
stages are (N, h, w, maps), as in `fast_layers`.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ..errors import DependencyError
from .fast_layers import Scratch, joined
from .hardnet_mseg import Stem, Trunk
from .stages import Reach

AnyModule = TypeVar("AnyModule", bound=nn.Module)
# Numbers that a stage passes through memory for each number that it is given: many thin layers.
TRAFFIC = 20.0


def folded(module: AnyModule, dtype: torch.dtype) -> AnyModule:
    """A copy without batch norms that gives the same values, computing in this type."""
    # Folded in float64: the rounding of the weights is then the only difference.
    copy = deepcopy(module).double().eval()
    for part in list(copy.modules()):
        if isinstance(part, nn.ReLU6):
            part.inplace = True
        if not isinstance(part, nn.Sequential):
            continue
        for i, (layer, after) in enumerate(zip(part, list(part)[1:])):
            if isinstance(layer, nn.Conv2d) and isinstance(after, nn.BatchNorm2d):
                part[i], part[i + 1] = fuse_conv_bn_eval(layer, after), nn.Identity()
    return copy.to(dtype).to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _as_network(x: Tensor) -> Tensor:
    return x.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


def _operations(module: nn.Module, x: Tensor, *size: int) -> int:
    """Floating-point operations of a module, counted without computing anything."""
    try:  # here, because other networks need neither
        from torch.func import functional_call
        from torch.utils.flop_counter import FlopCounterMode
    except ImportError as error:
        raise DependencyError(
            f"This network needs PyTorch 2.1 or newer; here is {torch.__version__}.",
            "Install a newer PyTorch, or choose an FC-DenseNet.",
        ) from error
    tensors = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    nothing = {name: tensor.to("meta") for name, tensor in tensors.items()}
    with FlopCounterMode(display=False) as counter:
        functional_call(module, nothing, (x.to("meta"), *size))
    return int(counter.get_total_flops())


class FoldedStem:
    """The stem of HarDNet-MSEG on a window of the image."""

    def __init__(self, stem: Stem, _maps: Tensor, dtype: torch.dtype) -> None:
        self.module = folded(stem, dtype)

    def __call__(self, parts: Sequence[Tensor], _known: Tensor | None, _scratch: Scratch) -> Tensor:
        """(N, h, w, bands) to (N, h / 4, w / 4, maps)."""
        return self.module(_as_network(joined(parts))).permute(0, 2, 3, 1)

    @staticmethod
    def work(stem: Stem, n_maps: int) -> tuple[float, float]:
        """Operations, and numbers passed through memory, for each pixel that is read."""
        side = 4 * Stem.STRIDE
        return _operations(stem, torch.zeros(1, n_maps, side, side)) / side**2, TRAFFIC


class FoldedTrunk:
    """All behind the stem: one step, because every part of it looks at all of the image."""

    def __init__(self, trunk: Trunk, dtype: torch.dtype, size: tuple[int, int]) -> None:
        self.module, self.size = folded(trunk, dtype), size

    def __call__(self, parts: Sequence[Tensor], known: Tensor | None, _scratch: Scratch) -> Tensor:
        """(N, h, w, maps), computed or known, to logits (N, height, width, classes)."""
        x = joined(parts) if known is None else known
        return self.module(_as_network(x), *self.size).permute(0, 2, 3, 1)

    @staticmethod
    def work(trunk: Trunk, _n_maps: int) -> tuple[float, float]:
        """Operations, and numbers passed through memory, for each pixel that is read."""
        side = 8
        x = torch.zeros(1, Stem.MAPS, side, side)
        count = _operations(trunk, x, Stem.STRIDE * side, Stem.STRIDE * side)
        return count / side**2, TRAFFIC * Stem.MAPS


class TrunkLift:
    """The stem's maps themselves: the trunk's layers take them in many places."""

    reach = Reach()

    def __init__(self, _trunk: Trunk, _maps: Tensor, _dtype: torch.dtype) -> None:
        pass

    def __call__(self, parts: Sequence[Tensor], _known: Tensor | None, _scratch: Scratch) -> Tensor:
        """(N, h, w, maps) to the same."""
        return joined(parts)

    @staticmethod
    def width(_trunk: Trunk) -> int:
        """Maps."""
        return Stem.MAPS

    @staticmethod
    def work(_trunk: Trunk, n_maps: int) -> tuple[float, float]:
        """Operations, and numbers passed through memory, for each pixel."""
        return 0.0, float(n_maps)
