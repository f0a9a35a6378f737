"""Which form of a stage is run in a program: every kind of module that a network may stage."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from .fast_layers import (
    BlockLift,
    ConvolutionLift,
    DownLift,
    FastBlock,
    FastConvolution,
    FastDown,
    FastLayer,
    FastOffset,
    FastUp,
)
from .fc_densenet import DenseBlock, Offset, TransitionDown, TransitionUp
from .folded import FoldedStem, FoldedTrunk, TrunkLift
from .hardnet_mseg import Stem, Trunk
from .stages import EVERYWHERE, Stage

# Module -> (form that makes its maps, form that makes what some of its inputs contribute).
_FORMS: dict[type, tuple[Any, Any]] = {
    DenseBlock: (FastBlock, BlockLift),
    TransitionDown: (FastDown, DownLift),
    TransitionUp: (FastUp, None),
    Offset: (FastOffset, None),
    nn.Conv2d: (FastConvolution, ConvolutionLift),
    Stem: (FoldedStem, None),
    Trunk: (FoldedTrunk, TrunkLift),
}


def has_fast_form(module: nn.Module) -> bool:
    """Whether a stage with this module can be part of a program."""
    return type(module) in _FORMS


def form_of(module: nn.Module, is_lift: bool) -> Any:
    """The class that runs a module, or that makes what some of its inputs contribute."""
    return _FORMS[type(module)][is_lift]


def make_layer(
    stage: Stage, is_lift: bool, maps: Tensor, dtype: torch.dtype, size: tuple[int, int]
) -> FastLayer:
    """The form of a stage on some of its input maps.

    Parameters
    ----------
    stage : Stage
        Whose weights it uses.
    is_lift : bool
        Whether it makes contributions instead of maps.
    maps : (C,) int tensor
        Positions of the computed maps among the stage's inputs.
    dtype : torch.dtype
        What it computes in.
    size : (int, int)
        Height and width of the stage's whole output.
    """
    form = form_of(stage.module, is_lift)
    if stage.reach == EVERYWHERE and not is_lift:
        # What looks at everything makes everything, and has to know how much that is.
        return form(stage.module, dtype, size)
    return form(stage.module, maps, dtype)
