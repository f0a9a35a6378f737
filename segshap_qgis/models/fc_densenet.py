"""FC-DenseNet, the fully convolutional DenseNet of Jégou et al. 2017 (arXiv 1611.09326).

A down path of dense blocks and poolings, a bottleneck, an up path of transposed convolutions and
dense blocks joined with the maps that the down path kept. Every layer sees all maps made before it
in its block; on the way up only the *new* maps of a block travel on (section 3.2 of the paper).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from .stages import Reach, Stage, run_stages


class DenseLayer(nn.Sequential):
    """BN - ReLU - 3x3 convolution to `growth` maps - dropout."""

    def __init__(self, in_maps: int, growth: int, dropout: float) -> None:
        super().__init__(
            nn.BatchNorm2d(in_maps),
            nn.ReLU(),
            nn.Conv2d(in_maps, growth, 3, padding=1),
            nn.Dropout2d(dropout),
        )


class DenseBlock(nn.Module):
    """Layers that each read the block's input and all maps so far; returns the new maps only."""

    def __init__(self, in_maps: int, growth: int, n_layers: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            DenseLayer(in_maps + i * growth, growth, dropout) for i in range(n_layers)
        )
        self.new_maps = n_layers * growth

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_maps, h, w) to (N, n_layers * growth, h, w)."""
        stack = x
        for layer in self.layers:
            stack = torch.cat([stack, layer(stack)], dim=1)
        return stack[:, x.shape[1] :]


class TransitionDown(nn.Sequential):
    """BN - ReLU - 1x1 convolution - dropout - 2x2 max-pooling."""

    def __init__(self, maps: int, dropout: float) -> None:
        super().__init__(
            nn.BatchNorm2d(maps),
            nn.ReLU(),
            nn.Conv2d(maps, maps, 1),
            nn.Dropout2d(dropout),
            nn.MaxPool2d(2),
        )


class TransitionUp(nn.Module):
    """3x3 transposed convolution of stride 2, cropped to the size of the skip."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.convolution = nn.ConvTranspose2d(maps, maps, 3, stride=2)

    def forward(self, x: Tensor, height: int, width: int) -> Tensor:
        """(N, maps, h, w) to (N, maps, height, width), at most 2h + 1 and 2w + 1."""
        return self.convolution(x)[:, :, :height, :width]


class Offset(nn.Sequential):
    """1x1 convolution - hard sigmoid: maps from 0 to 1 of what the bands are at a pixel."""

    def __init__(self, in_bands: int, maps: int) -> None:
        super().__init__(nn.Conv2d(in_bands, maps, 1), nn.Hardsigmoid())


class FCDenseNet(nn.Module):
    """FC-DenseNet: (N, in_bands, H, W) float image to (N, n_classes, H, W) logits.

    Parameters
    ----------
    in_bands, n_classes : int
        Bands of the image and classes told apart.
    down_layers : sequence of int
        Layers of each dense block on the way down; the way up mirrors it.
    bottleneck_layers : int
        Layers of the block between the two paths.
    growth : int
        Maps that each layer adds (k in the paper).
    stem_maps : int, default 48
        Maps of the first convolution.
    dropout : float, default 0.2
        Chance that a map is dropped in training.
    offset_maps : int, default 0
        Maps of `Offset`, which the head alone reads: how likely a class is may depend on what kind
        of product the image is. Not of the paper.

    Raises
    ------
    ValueError
        `down_layers` is empty.
    """

    def __init__(
        self,
        in_bands: int,
        n_classes: int,
        down_layers: Sequence[int],
        bottleneck_layers: int,
        growth: int,
        stem_maps: int = 48,
        dropout: float = 0.2,
        offset_maps: int = 0,
    ) -> None:
        super().__init__()
        if not down_layers:
            raise ValueError("down_layers is empty")
        self.in_bands, self.n_classes = in_bands, n_classes
        self.minimum_size = 2 ** len(down_layers)
        self.stem = nn.Conv2d(in_bands, stem_maps, 3, padding=1)

        maps, skip_maps = stem_maps, []
        self.down_blocks, self.downs = nn.ModuleList(), nn.ModuleList()
        for n_layers in down_layers:
            self.down_blocks.append(DenseBlock(maps, growth, n_layers, dropout))
            maps += n_layers * growth
            skip_maps.append(maps)
            self.downs.append(TransitionDown(maps, dropout))

        self.bottleneck = DenseBlock(maps, growth, bottleneck_layers, dropout)
        new_maps = self.bottleneck.new_maps
        self.ups, self.up_blocks = nn.ModuleList(), nn.ModuleList()
        for n_layers, skip in zip(reversed(down_layers), reversed(skip_maps)):
            self.ups.append(TransitionUp(new_maps))
            self.up_blocks.append(DenseBlock(new_maps + skip, growth, n_layers, dropout))
            maps, new_maps = new_maps + skip, n_layers * growth
        self.offset = Offset(in_bands, offset_maps) if offset_maps else None
        self.head = nn.Conv2d(maps + new_maps + offset_maps, n_classes, 1)
        self.apply(_initialise)
        self.stages = self._stages()

    def forward(self, image: Tensor) -> Tensor:
        """Logits of every class at every pixel; softmax over dimension 1 gives probabilities."""
        return run_stages(self.stages, image)["head"]

    def _stages(self) -> list[Stage]:
        """The network from image to logits: what `forward` runs, and the staged game in parts."""
        stages, read = [Stage("stem", self.stem, ("image",), Reach(3, padding=1))], "stem"
        skips: list[tuple[str, str]] = []
        for level, (block, down) in enumerate(zip(self.down_blocks, self.downs)):
            skip = (read, f"new{level}")
            stages.append(Stage(skip[1], block, (read,), _block_reach(block)))
            stages.append(Stage(f"down{level}", down, skip, Reach(2, stride=2)))
            skips.append(skip)
            read = f"down{level}"

        stages.append(Stage("bottleneck", self.bottleneck, (read,), _block_reach(self.bottleneck)))
        new = "bottleneck"
        for level, up, block in zip(reversed(range(len(skips))), self.ups, self.up_blocks):
            skip, read = skips[level], f"up{level}"
            stages.append(Stage(read, up, (new,), Reach(3, upsampling=2), size_of=skip[1]))
            new = f"wide{level}"
            stages.append(Stage(new, block, (*skip, read), _block_reach(block)))
        if self.offset is None:
            return [*stages, Stage("head", self.head, (*skip, read, new), Reach())]
        # Behind all others: it is cheaper to compute than to look up.
        offset = Stage("offset", self.offset, ("image",), Reach())
        return [*stages, offset, Stage("head", self.head, (*skip, read, new, "offset"), Reach())]


def _block_reach(block: nn.Module) -> Reach:
    """All 3x3 convolutions of a dense block in a row."""
    n_layers = len(cast(DenseBlock, block).layers)
    return Reach(2 * n_layers + 1, padding=n_layers)


def _initialise(module: nn.Module) -> None:
    # He-uniform, as in section 4.1 of the paper.
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.kaiming_uniform_(module.weight, nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def fc_densenet56(in_bands: int, n_classes: int) -> FCDenseNet:
    """FC-DenseNet56: 4 layers a block, growth 12."""
    return FCDenseNet(in_bands, n_classes, (4,) * 5, 4, growth=12)


def fc_densenet67(in_bands: int, n_classes: int) -> FCDenseNet:
    """FC-DenseNet67: 5 layers a block, growth 16."""
    return FCDenseNet(in_bands, n_classes, (5,) * 5, 5, growth=16)


def fc_densenet103(in_bands: int, n_classes: int) -> FCDenseNet:
    """FC-DenseNet103: 4 to 12 layers a block, 15 in the bottleneck, growth 16."""
    return FCDenseNet(in_bands, n_classes, (4, 5, 7, 10, 12), 15, growth=16)
