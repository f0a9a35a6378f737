"""HarDNet-MSEG of Huang, Wu and Lin 2021 (arXiv 2101.07172), for any number of classes.

A HarDNet-68 encoder (Chao et al. 2019, arXiv 1909.00948) and a partial decoder: the features at
strides 8, 16 and 32 pass a receptive-field block each, are multiplied into each other from the
deepest upwards, and the logits at stride 8 are enlarged to the image.

It has two stages. Maps of the stem see a few cells only and fit a table. All behind it is one stage
that looks everywhere: 60 convolutions at strides 4 to 32 in a row, then dilations of up to 7 at
stride 32, so a pixel depends on the whole of any window in use and nothing can be cut off.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .stages import EVERYWHERE, Reach, Stage, run_stages

# HarDNet-68: growth, layers and width of each block, and whether a max-pooling follows.
BLOCKS = (
    (14, 8, 128, True),
    (16, 16, 256, False),
    (20, 16, 320, True),
    (40, 16, 640, True),
    (160, 4, 1024, False),
)
MULTIPLIER = 1.7
DECODER_MAPS = 32


def convolution(in_maps: int, maps: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """Convolution - BN - ReLU6, the unit of the encoder."""
    return nn.Sequential(
        nn.Conv2d(in_maps, maps, kernel, stride, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(maps),
        nn.ReLU6(),
    )


def linear(
    in_maps: int, maps: int, kernel: int | tuple[int, int], dilation: int = 1
) -> nn.Sequential:
    """Convolution - BN without a nonlinearity, the unit of the decoder; keeps the size."""
    sides = (kernel, kernel) if isinstance(kernel, int) else kernel
    padding = (dilation * (sides[0] // 2), dilation * (sides[1] // 2))
    return nn.Sequential(
        nn.Conv2d(in_maps, maps, sides, padding=padding, dilation=dilation, bias=False),
        nn.BatchNorm2d(maps),
    )


class Stem(nn.Sequential):
    """Two convolutions and a pooling, together with stride 4."""

    STRIDE, MAPS = 4, 64

    def __init__(self, in_bands: int) -> None:
        super().__init__(
            convolution(in_bands, 32, 3, stride=2),
            convolution(32, self.MAPS, 3),
            nn.MaxPool2d(3, stride=2, padding=1),
        )


class HarmonicBlock(nn.Module):
    """Layer l reads layers l - 2^j for every 2^j that divides l; odd layers and the last go on."""

    def __init__(self, in_maps: int, growth: int, n_layers: int) -> None:
        super().__init__()
        widths, self.links, layers = [in_maps], [], []
        for layer in range(1, n_layers + 1):
            steps = [2**j for j in range(10) if layer % 2**j == 0]
            self.links.append([layer - step for step in steps])
            width = growth * MULTIPLIER ** (len(steps) - 1)
            widths.append(int(int(width + 1) / 2) * 2)
            layers.append(convolution(sum(widths[k] for k in self.links[-1]), widths[-1], 3))
        self.layers = nn.ModuleList(layers)
        self.kept = [k for k in range(1, n_layers + 1) if k % 2 == 1 or k == n_layers]
        self.maps = sum(widths[k] for k in self.kept)

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_maps, h, w) to (N, maps, h, w)."""
        made = [x]
        for layer, links in zip(self.layers, self.links):
            made.append(layer(torch.cat([made[k] for k in links], dim=1)))
        return torch.cat([made[k] for k in self.kept], dim=1)


class ReceptiveFieldBlock(nn.Module):
    """Four branches that look 1, 3, 5 and 7 features far, joined; the paper's modified RFB."""

    def __init__(self, in_maps: int, maps: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList([linear(in_maps, maps, 1)])
        for size in (3, 5, 7):
            self.branches.append(
                nn.Sequential(
                    linear(in_maps, maps, 1),
                    linear(maps, maps, (1, size)),
                    linear(maps, maps, (size, 1)),
                    linear(maps, maps, 3, dilation=size),
                )
            )
        self.join = linear(4 * maps, maps, 3)
        self.shortcut = linear(in_maps, maps, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_maps, h, w) to (N, maps, h, w)."""
        looked = torch.cat([branch(x) for branch in self.branches], dim=1)
        return F.relu(self.join(looked) + self.shortcut(x))


class PartialDecoder(nn.Module):
    """Dense aggregation of three maps, each twice as fine as the one before (Wu et al. 2019)."""

    def __init__(self, maps: int, n_classes: int) -> None:
        super().__init__()
        self.deep_to_middle = linear(maps, maps, 3)
        self.deep_to_fine = linear(maps, maps, 3)
        self.middle_to_fine = linear(maps, maps, 3)
        self.deep_beside_middle = linear(maps, maps, 3)
        self.both_beside_fine = linear(2 * maps, 2 * maps, 3)
        self.join_two = linear(2 * maps, 2 * maps, 3)
        self.join_three = linear(3 * maps, 3 * maps, 3)
        self.last = linear(3 * maps, 3 * maps, 3)
        self.head = nn.Conv2d(3 * maps, n_classes, 1)

    def forward(self, deep: Tensor, middle: Tensor, fine: Tensor) -> Tensor:
        """Maps of one width at strides 32, 16 and 8 to logits at stride 8."""
        raised = enlarged(deep, middle)
        mixed = self.deep_to_middle(raised) * middle
        detail = (
            self.deep_to_fine(enlarged(raised, fine))
            * self.middle_to_fine(enlarged(middle, fine))
            * fine
        )
        two = self.join_two(torch.cat([mixed, self.deep_beside_middle(raised)], dim=1))
        three = torch.cat([detail, self.both_beside_fine(enlarged(two, fine))], dim=1)
        return self.head(self.last(self.join_three(three)))


def enlarged(x: Tensor, like: Tensor) -> Tensor:
    """Bilinear enlargement to the size of another map, corners aligned."""
    return F.interpolate(x, like.shape[2:], mode="bilinear", align_corners=True)


class Trunk(nn.Module):
    """All behind the stem: encoder blocks, receptive-field blocks and decoder.

    Parameters
    ----------
    blocks, looks : torch.nn.ModuleList
        Of the encoder, and of its last three maps.
    decoder : PartialDecoder
        Of the three.
    """

    def __init__(self, blocks: nn.ModuleList, looks: nn.ModuleList, decoder: nn.Module) -> None:
        super().__init__()
        self.blocks, self.looks, self.decoder = blocks, looks, decoder

    def forward(self, x: Tensor, height: int, width: int) -> Tensor:
        """(N, 64, h, w) maps of the stem to (N, n_classes, height, width) logits."""
        fine, middle, deep = (look(x) for look, x in zip(self.looks, self.features(x)))
        # Enlarged in full precision: rounded logits would show as steps.
        logits = self.decoder(deep, middle, fine).float()
        return F.interpolate(logits, (height, width), mode="bilinear", align_corners=False)

    def features(self, x: Tensor) -> Sequence[Tensor]:
        """The encoder's maps at strides 8, 16 and 32: 320, 640 and 1024 channels."""
        made: list[Tensor] = []
        for block, (*_, is_pooled) in zip(self.blocks, BLOCKS):
            made.append(block(x))
            x = F.max_pool2d(made[-1], 2) if is_pooled else made[-1]
        return made[2:]


class HarDNetMSEG(nn.Module):
    """HarDNet-MSEG: (N, in_bands, H, W) float image to (N, n_classes, H, W) logits.

    Parameters
    ----------
    n_classes : int
        Classes told apart.
    in_bands : int, default 3
        Bands of the image.
    """

    minimum_size = 32

    def __init__(self, n_classes: int, in_bands: int = 3) -> None:
        super().__init__()
        self.in_bands, self.n_classes = in_bands, n_classes
        self.stem = Stem(in_bands)
        maps, blocks = Stem.MAPS, []
        for growth, n_layers, width, _ in BLOCKS:
            block = HarmonicBlock(maps, growth, n_layers)
            blocks.append(nn.Sequential(block, convolution(block.maps, width, 1)))
            maps = width
        self.blocks = nn.ModuleList(blocks)
        self.looks = nn.ModuleList(
            ReceptiveFieldBlock(width, DECODER_MAPS) for _, _, width, _ in BLOCKS[2:]
        )
        self.decoder = PartialDecoder(DECODER_MAPS, n_classes)
        trunk = Trunk(self.blocks, self.looks, self.decoder)
        self.stages = [
            # Two convolutions and a pooling of 3, the first and the last with stride 2.
            Stage("stem", self.stem, ("image",), Reach(11, stride=4, padding=5)),
            Stage("logits", trunk, ("stem",), EVERYWHERE, size_of="image"),
        ]

    def forward(self, image: Tensor) -> Tensor:
        """Logits of every class at every pixel; softmax over dimension 1 gives probabilities."""
        return run_stages(self.stages, image)["logits"]
