"""The layers of a network in the form that is fastest to run, and split where tables cut them.

Every convolution is linear in its input maps. So what *some* of the maps contribute to a stage can
be known beforehand (`Lift`), and the stage itself (`FastBlock`, `FastDown`...) only computes the
share of the other maps and adds the two. All tensors here are (N, h, w, maps): channels last.

BN - ReLU - convolution takes one pass and the convolution:
``relu(scale * x + shift) = scale * clamp(x) + shift``, where x is bounded by -shift / scale from
below (scale > 0) or above (scale < 0); `scale` goes into the weights, and what `shift` contributes
is the same for every image: a constant, except where the zero padding at a border cuts it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .fc_densenet import DenseBlock, Offset, TransitionDown, TransitionUp
from .stages import Reach


class Scratch:
    """Memory that is used again and again: fresh large arrays cost more than what is put in."""

    def __init__(self) -> None:
        self._buffers: dict[object, Tensor] = {}

    def take(self, use: object, shape: Sequence[int], like: Tensor) -> Tensor:
        """An array of this shape with arbitrary content, valid until the same use takes another."""
        size = int(torch.Size(shape).numel())
        kept = self._buffers.get(use)
        if kept is None or kept.numel() < size or kept.dtype != like.dtype:
            kept = like.new_empty(size)
            self._buffers[use] = kept
        return kept[:size].view(*shape)


class FastLayer(Protocol):
    """What stands in for a stage, or for the share of it that some of its inputs have."""

    def __call__(
        self, parts: Sequence[Tensor], known: Tensor | None, scratch: Scratch, /
    ) -> Tensor:
        """Maps made from the computed inputs and what the tabled ones are known to contribute.

        Parameters
        ----------
        parts : sequence of (N, h, w, maps) tensors
            Inputs to compute from; may be empty.
        known : (N, h, w, contributions) tensor, optional
            From a table of this stage's `Lift`; may be overwritten.
        scratch : Scratch
            Where large intermediate arrays live.
        """
        ...


def joined(parts: Sequence[Tensor]) -> Tensor:
    """The parts side by side along the channels, without a copy where they already lie so."""
    first, total = parts[0], sum(part.shape[3] for part in parts)
    end = first.data_ptr()
    for part in parts:
        if part.data_ptr() != end or part.stride() != first.stride():
            return torch.cat(list(parts), dim=3)
        end += part.shape[3] * part.element_size()
    shape = (*first.shape[:3], total)
    return first.as_strided(shape, first.stride(), first.storage_offset())


def _norm_and_convolution(layer: nn.Module) -> tuple[nn.BatchNorm2d, nn.Conv2d]:
    """Of a sequence BN - ReLU - convolution - dropout..."""
    norm, _, convolution, *_ = layer.children()
    return cast(nn.BatchNorm2d, norm), cast(nn.Conv2d, convolution)


class NormReluConvolution:
    """BN - ReLU - convolution on some of the input maps, without the convolution's own bias.

    Parameters
    ----------
    norm, convolution : torch modules
        Of the network.
    maps : (C,) int tensor
        Which input maps are given.
    dtype : torch.dtype
        What the convolution computes in.
    """

    def __init__(
        self, norm: nn.BatchNorm2d, convolution: nn.Conv2d, maps: Tensor, dtype: torch.dtype
    ) -> None:
        variance, mean = (cast(Tensor, t).double() for t in (norm.running_var, norm.running_mean))
        scale = norm.weight.double() / torch.sqrt(variance + norm.eps)
        shift = norm.bias.double() - mean * scale
        weight = convolution.weight.double()[:, maps]
        scale, shift = scale[maps], shift[maps]
        flat = scale == 0
        bound = torch.where(flat, 0.0, -shift / scale.masked_fill(flat, 1.0)).to(dtype)
        self.low = bound.masked_fill(scale < 0, -torch.inf)
        self.high = bound.masked_fill(scale > 0, torch.inf)
        folded = (weight * scale[:, None, None]).to(dtype)
        # From the rounded numbers, so that a map below its bound contributes nothing at all.
        by_map = torch.where(
            flat[:, None, None],
            weight * shift.clamp(min=0)[:, None, None],
            -folded.double() * bound.double()[:, None, None],
        )
        self.shift_kernel = by_map.sum(dim=1, keepdim=True).float()
        self.pointwise = convolution.kernel_size == (1, 1)
        self.padding = convolution.padding
        self.weight = (
            folded[:, :, 0, 0].T.contiguous()
            if self.pointwise
            else folded.contiguous(memory_format=torch.channels_last)
        )
        self.dtype = dtype
        self._terms: dict[tuple[int, int], Tensor] = {}

    def clamped(self, x: Tensor, scratch: Scratch) -> Tensor:
        """(N, h, w, C) to the same, dense."""
        out = scratch.take("clamped", x.shape, x)
        return torch.clamp(x, self.low, self.high, out=out)

    def __call__(self, x: Tensor, scratch: Scratch) -> Tensor:
        """(N, h, w, C) to (N, h, w, maps); `shift_term` is still to be added."""
        y = F.conv2d(
            self.clamped(x, scratch).permute(0, 3, 1, 2), self.weight, None, 1, self.padding
        )
        return y.permute(0, 2, 3, 1)

    def shift_term(self, height: int, width: int) -> Tensor:
        """What the shift contributes: (h, w, maps), the same for every image."""
        if (height, width) not in self._terms:
            ones = self.shift_kernel.new_ones(1, 1, height, width)
            term = F.conv2d(ones, self.shift_kernel, None, 1, self.padding)
            self._terms = {(height, width): term[0].permute(1, 2, 0).to(self.dtype).contiguous()}
        return self._terms[height, width]


class FastBlock:
    """A dense block on the computed maps among its inputs."""

    def __init__(self, block: DenseBlock, maps: Tensor, dtype: torch.dtype) -> None:
        self.steps = []
        for i, layer in enumerate(block.layers):
            norm, convolution = _norm_and_convolution(layer)
            growth, n_inputs = convolution.out_channels, norm.num_features
            new = torch.arange(n_inputs - i * growth, n_inputs, device=maps.device)
            read = torch.cat([maps, new])
            step = NormReluConvolution(norm, convolution, read, dtype) if len(read) else None
            self.steps.append((step, cast(Tensor, convolution.bias).to(dtype)))
        self.new_maps = block.new_maps

    def __call__(self, parts: Sequence[Tensor], known: Tensor | None, scratch: Scratch) -> Tensor:
        """The computed inputs, and right behind them in memory the new maps."""
        like = parts[0] if parts else cast(Tensor, known)
        n, height, width, _ = like.shape
        filled = sum(part.shape[3] for part in parts)
        stack = scratch.take(self, (n, height, width, filled + self.new_maps), like)
        if parts:
            torch.cat(list(parts), dim=3, out=stack[..., :filled])
        before = filled
        for step, bias in self.steps:
            growth = len(bias)
            target = stack[..., filled : filled + growth]
            share = (
                None if known is None else known[..., filled - before : filled - before + growth]
            )
            if step is None:
                torch.add(cast(Tensor, share), bias, out=target)
            else:
                made = step(stack[..., :filled], scratch)
                torch.add(made, step.shift_term(height, width) + bias, out=target)
                if share is not None:
                    target.add_(share)
            filled += growth
        return stack

    @staticmethod
    def work(block: DenseBlock, n_maps: int) -> tuple[float, float]:
        """Operations, and numbers passed through memory, for each pixel."""
        growths = [_norm_and_convolution(layer)[1].out_channels for layer in block.layers]
        read = [n_maps + sum(growths[:i]) for i in range(len(growths))]
        return 18.0 * sum(r * g for r, g in zip(read, growths)), float(sum(read))


class BlockLift:
    """What some inputs of a dense block contribute to each of its layers."""

    reach = Reach(3, padding=1)

    def __init__(self, block: DenseBlock, maps: Tensor, dtype: torch.dtype) -> None:
        self.steps = [
            NormReluConvolution(*_norm_and_convolution(layer), maps, dtype)
            for layer in block.layers
        ]

    def __call__(self, parts: Sequence[Tensor], _known: Tensor | None, scratch: Scratch) -> Tensor:
        """(N, h, w, layers * growth)."""
        x = joined(parts)
        shares = [step(x, scratch) + step.shift_term(*x.shape[1:3]) for step in self.steps]
        return torch.cat(shares, dim=3)

    @staticmethod
    def width(block: DenseBlock) -> int:
        """Contributions to each pixel."""
        return block.new_maps

    @staticmethod
    def work(block: DenseBlock, n_maps: int) -> tuple[float, float]:
        """Operations, and numbers passed through memory, for each pixel."""
        return 18.0 * n_maps * block.new_maps, float(n_maps * len(block.layers))


class DownLift:
    """What some inputs of a transition down contribute to its 1x1 convolution."""

    reach = Reach()

    def __init__(self, down: TransitionDown, maps: Tensor, dtype: torch.dtype) -> None:
        norm, convolution = _norm_and_convolution(down)
        self.step = NormReluConvolution(norm, convolution, maps, dtype)
        self.constant = self.step.shift_term(1, 1)[0, 0]

    def __call__(self, parts: Sequence[Tensor], _known: Tensor | None, scratch: Scratch) -> Tensor:
        """(N, h, w, maps), before the pooling."""
        x = self.step.clamped(joined(parts), scratch)
        shape = (*x.shape[:3], len(self.constant))
        return _times(
            x, self.step.weight, self.constant.expand(shape), scratch.take("wide", shape, x)
        )

    @staticmethod
    def width(down: TransitionDown) -> int:
        """Contributions to each pixel."""
        return _norm_and_convolution(down)[1].out_channels

    @staticmethod
    def work(down: TransitionDown, n_maps: int) -> tuple[float, float]:
        """Operations, and numbers passed through memory, for each pixel."""
        made = DownLift.width(down)
        return 2.0 * n_maps * made, float(n_maps + made)


class FastDown:
    """A transition down on the computed maps among its inputs."""

    def __init__(self, down: TransitionDown, maps: Tensor, dtype: torch.dtype) -> None:
        norm, convolution = _norm_and_convolution(down)
        self.step = NormReluConvolution(norm, convolution, maps, dtype) if len(maps) else None
        constant = cast(Tensor, convolution.bias).to(dtype)
        self.constant = constant + self.step.shift_term(1, 1)[0, 0] if self.step else constant

    def __call__(self, parts: Sequence[Tensor], known: Tensor | None, scratch: Scratch) -> Tensor:
        """(N, 2h, 2w, C) to (N, h, w, maps)."""
        if self.step is not None:
            x = self.step.clamped(joined(parts), scratch)
            shape = (*x.shape[:3], len(self.constant))
            out = scratch.take("wide", shape, x) if known is None else known
            known = _times(x, self.step.weight, known, out)
        known = cast(Tensor, known)
        # What is constant passes the maximum: added behind it, to a quarter of the pixels.
        return _pooled(known, scratch.take("rows", _half(known.shape), known)).add_(self.constant)

    work = staticmethod(DownLift.work)


def _half(shape: Sequence[int]) -> tuple[int, ...]:
    n, height, width, maps = shape
    return n, height // 2, width, maps


def _pooled(x: Tensor, rows: Tensor) -> Tensor:
    """2x2 maxima; `rows` holds the maxima of pairs of rows."""
    n, height, width, maps = x.shape
    pairs = x.view(n, height // 2, 2, width, maps)
    torch.maximum(pairs[:, :, 0], pairs[:, :, 1], out=rows)
    pairs = rows.view(n, height // 2, width // 2, 2, maps)
    return torch.maximum(pairs[..., 0, :], pairs[..., 1, :])


def _times(x: Tensor, weight: Tensor, known: Tensor | None, out: Tensor) -> Tensor:
    """``x @ weight + known`` along the last axis."""
    flat, target = x.view(-1, x.shape[3]), out.view(-1, out.shape[3])
    if known is None:
        torch.mm(flat, weight, out=target)
    else:
        torch.addmm(known.reshape(target.shape), flat, weight, out=target)
    return out


class FastUp:
    """A transition up."""

    def __init__(self, up: TransitionUp, maps: Tensor, dtype: torch.dtype) -> None:
        self.weight = up.convolution.weight[maps].to(dtype)
        self.bias = None if up.convolution.bias is None else up.convolution.bias.to(dtype)

    def __call__(self, parts: Sequence[Tensor], _known: Tensor | None, _scratch: Scratch) -> Tensor:
        """(N, h, w, maps) to (N, 2h + 1, 2w + 1, maps)."""
        x = joined(parts).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
        return F.conv_transpose2d(x, self.weight, self.bias, stride=2).permute(0, 2, 3, 1)

    @staticmethod
    def work(up: TransitionUp, n_maps: int) -> tuple[float, float]:
        """Operations, and numbers passed through memory, for each pixel that is read."""
        maps = up.convolution.out_channels
        return 18.0 * n_maps * maps, float(n_maps + 4 * maps)


class FastConvolution:
    """A plain convolution that keeps the size; a 1x1 convolution can add what is known."""

    def __init__(self, convolution: nn.Conv2d, maps: Tensor, dtype: torch.dtype) -> None:
        self.weight = convolution.weight[:, maps].to(dtype)
        self.bias = None if convolution.bias is None else convolution.bias.to(dtype)
        self.padding = convolution.padding

    def __call__(self, parts: Sequence[Tensor], known: Tensor | None, _scratch: Scratch) -> Tensor:
        """(N, h, w, C) to (N, h, w, maps)."""
        x = torch.cat(list(parts), dim=3).permute(0, 3, 1, 2)
        made = F.conv2d(x, self.weight, self.bias, 1, self.padding).permute(0, 2, 3, 1)
        return made if known is None else made.add_(known)

    @staticmethod
    def work(convolution: nn.Conv2d, n_maps: int) -> tuple[float, float]:
        """Operations, and numbers passed through memory, for each pixel."""
        taps = convolution.kernel_size[0] * convolution.kernel_size[1]
        return 2.0 * taps * n_maps * convolution.out_channels, float(n_maps)


class FastOffset:
    """An offset, computed anew: it reads nothing but the image."""

    def __init__(self, offset: Offset, maps: Tensor, dtype: torch.dtype) -> None:
        self.convolution = FastConvolution(_convolution_of(offset), maps, dtype)

    def __call__(self, parts: Sequence[Tensor], known: Tensor | None, scratch: Scratch) -> Tensor:
        """(N, h, w, bands) to (N, h, w, maps)."""
        return F.hardsigmoid(self.convolution(parts, known, scratch))

    @staticmethod
    def work(offset: Offset, n_maps: int) -> tuple[float, float]:
        """Operations, and numbers passed through memory, for each pixel."""
        return FastConvolution.work(_convolution_of(offset), n_maps)


def _convolution_of(offset: Offset) -> nn.Conv2d:
    return cast(nn.Conv2d, offset[0])


class ConvolutionLift(FastConvolution):
    """What some inputs of a 1x1 convolution contribute to it."""

    reach = Reach()

    def __init__(self, convolution: nn.Conv2d, maps: Tensor, dtype: torch.dtype) -> None:
        super().__init__(convolution, maps, dtype)
        self.bias = None

    @staticmethod
    def width(convolution: nn.Conv2d) -> int:
        """Contributions to each pixel."""
        return convolution.out_channels
