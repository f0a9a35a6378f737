"""Inference forms of a network's modules: the same function with fewer passes over memory.

In evaluation a batch norm is x -> s x + b for each channel, and with t = -b / s

    relu(s x + b) = s (clamp(x) - t),   clamp(x) = max(x, t) where s > 0, min(x, t) where s < 0,

so a BN - ReLU - convolution is a clamp (one pass), a convolution whose weights have taken in s, and an
additive term. At the border the term differs, because zero padding there stands for clamp(x) = t.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .fc_densenet import DenseBlock, DenseLayer, TransitionDown

# A channel that the batch norm scales by less than this is as good as constant.
SMALLEST_SCALE = 1e-7


class Scratch:
    """Memory that is used again and again: fresh memory costs a page fault every 4 kB."""

    def __init__(self) -> None:
        self._kept: dict[object, Tensor] = {}

    def take(self, owner: object, shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
        """A channels-last tensor of shape (N, C, h, w), overwritten when its owner asks again."""
        n, channels, height, width = shape
        count = n * channels * height * width
        kept = self._kept.get(owner)
        if kept is None or kept.numel() < count or kept.dtype != dtype:
            kept = self._kept[owner] = torch.empty(count, dtype=dtype, device=device)
        return kept[:count].view(n, height, width, channels).permute(0, 3, 1, 2)


def inference_form(module: nn.Module, dtype: torch.dtype, scratch: Scratch) -> nn.Module:
    """The faster form of a module, computing in `dtype`; the module itself where there is none."""
    if isinstance(module, DenseBlock):
        return FusedBlock(module, dtype, scratch)
    if isinstance(module, TransitionDown):
        return FusedDown(module, dtype)
    return module


class NormReluConvolution(nn.Module):
    """Batch norm, ReLU and convolution as a clamp and a convolution."""

    lowest: Tensor
    highest: Tensor
    weight: Tensor

    def __init__(self, norm: nn.BatchNorm2d, convolution: nn.Conv2d, dtype: torch.dtype) -> None:
        super().__init__()
        assert norm.running_var is not None and norm.running_mean is not None
        s = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
        b = norm.bias.double() - s * norm.running_mean.double()
        is_constant = s.abs() < SMALLEST_SCALE
        # In low precision the threshold that is applied must be the one that is corrected for.
        t = torch.where(is_constant, torch.zeros_like(b), -b / s).to(dtype).double()
        infinity = torch.full_like(t, float("inf"))
        lowest = torch.where(is_constant | (s > 0), t, -infinity)
        highest = torch.where(is_constant | (s < 0), t, infinity)
        weight = convolution.weight.double()
        offset = torch.where(is_constant, -b.relu(), s * t)
        scaled = weight * torch.where(is_constant, torch.ones_like(s), s)[None, :, None, None]
        self.padding = convolution.padding
        self.register_buffer("lowest", lowest.to(dtype)[:, None, None])
        self.register_buffer("highest", highest.to(dtype)[:, None, None])
        self.register_buffer(
            "weight", scaled.to(dtype).contiguous(memory_format=torch.channels_last)
        )
        # conv(relu) = conv(s clamp(x)) - conv(offset) + bias, with zeros beyond the border in each.
        self._offset = offset[None, :, None, None]
        self._plain_weight = weight
        bias = convolution.bias
        self._bias = torch.zeros(len(weight)).double() if bias is None else bias.double()
        self._terms: dict[tuple[int, int], Tensor] = {}

    def forward(self, x: Tensor, scratch: Tensor | None = None) -> Tensor:
        """(N, C, h, w) to (N, D, h, w) without the additive term: see `term`."""
        clamped = torch.clamp(x, self.lowest, self.highest, out=scratch)
        return F.conv2d(clamped, self.weight, padding=self.padding)

    def term(self, shape: tuple[int, int]) -> Tensor:
        """What is to be added to the convolution: (1, D, h, w), constant away from the border."""
        if shape not in self._terms:
            offset = self._offset.expand(1, -1, *shape)
            term = self._bias[None, :, None, None] - F.conv2d(
                offset, self._plain_weight, padding=self.padding
            )
            kept = term.to(self.weight.dtype).contiguous(memory_format=torch.channels_last)
            self._terms[shape] = kept
        return self._terms[shape]


class FusedBlock(nn.Module):
    """A dense block whose layers write side by side into one buffer: nothing is concatenated."""

    def __init__(self, block: DenseBlock, dtype: torch.dtype, scratch: Scratch) -> None:
        super().__init__()
        self.dtype = dtype
        self.scratch = scratch
        self.layers = nn.ModuleList(_fused_layer(layer, dtype) for layer in block.layers)
        self.new_maps = block.new_maps

    def forward(self, parts: list[Tensor]) -> Tensor:
        """Parts, which joined are (N, C, h, w), to those followed by the new maps.

        The result is overwritten by the next call.
        """
        n, _, height, width = parts[0].shape
        total = sum(part.shape[1] for part in parts) + self.new_maps
        device = parts[0].device
        stack = self.scratch.take(self, (n, total, height, width), self.dtype, device)
        filled = 0
        for part in parts:
            stack[:, filled : filled + part.shape[1]] = part
            filled += part.shape[1]
        for layer in self.layers:
            shape = (n, filled, height, width)
            made = layer(stack[:, :filled], self.scratch.take("clamped", shape, self.dtype, device))
            grown = filled + made.shape[1]
            torch.add(made, layer.term((height, width)), out=stack[:, filled:grown])
            filled = grown
        return stack


def _fused_layer(layer: DenseLayer, dtype: torch.dtype) -> NormReluConvolution:
    norm, _, convolution, _ = layer
    return NormReluConvolution(norm, convolution, dtype)


class FusedDown(nn.Module):
    """A transition down; its 1x1 convolution has no border, so its term is one number a map."""

    def __init__(self, down: TransitionDown, dtype: torch.dtype) -> None:
        super().__init__()
        norm, _, convolution, _, self.pool = down
        self.dtype = dtype
        self.convolution = NormReluConvolution(norm, convolution, dtype)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, 2h, 2w) to (N, C, h, w)."""
        pooled = self.pool(self.convolution(x.to(self.dtype)))
        return pooled.add_(self.convolution.term((1, 1)))
