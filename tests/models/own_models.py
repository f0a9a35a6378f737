"""Small real networks as ONNX and TorchScript files, for tests of models of the user's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch


class SmallNetwork(torch.nn.Module):
    """Two convolutions, and what comes last: "softmax", "sigmoid", or nothing."""

    def __init__(self, n_bands: int = 1, n_maps: int = 2, last: str = "") -> None:
        super().__init__()
        torch.manual_seed(7)
        self.first = torch.nn.Conv2d(n_bands, 6, 5, padding=2)
        self.second = torch.nn.Conv2d(6, n_maps, 3, padding=1)
        self.last = last

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        scores = 3 * self.second(torch.relu(self.first(images)))
        if self.last == "softmax":
            return scores.softmax(dim=1)
        return scores.sigmoid() if self.last == "sigmoid" else scores


def write_torchscript(path: Path, network: torch.nn.Module, n_bands: int = 1) -> Path:
    """The network as a traced program."""
    example = torch.zeros(1, n_bands, 16, 16)
    with torch.no_grad():
        torch.jit.trace(network.eval(), example).save(str(path))
    return path


def write_onnx(
    path: Path, network: SmallNetwork, size: Any = "side", batch: Any = "n", **metadata: str
) -> Path:
    """The network as a graph; `size` is a name (any size) or a number, likewise `batch`."""
    n_bands, n_maps = network.first.in_channels, network.second.out_channels
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    helper, floats = onnx.helper, onnx.TensorProto.FLOAT
    weights = {
        name: onnx.numpy_helper.from_array(tensor.detach().numpy(), name)
        for name, tensor in network.named_parameters()
    }
    weights["three"] = onnx.numpy_helper.from_array(np.float32(3), "three")
    nodes = [
        helper.make_node("Conv", ["image", "first.weight", "first.bias"], ["a"], pads=[2, 2, 2, 2]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "second.weight", "second.bias"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("Mul", ["c", "three"], ["d"]),
    ]
    last = {"softmax": ("Softmax", {"axis": 1}), "sigmoid": ("Sigmoid", {}), "": ("Identity", {})}
    kind, attributes = last[network.last]
    nodes.append(helper.make_node(kind, ["d"], ["scores"], **attributes))
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("image", floats, [batch, n_bands, size, size])],
        [helper.make_tensor_value_info("scores", floats, [batch, n_maps, size, size])],
        list(weights.values()),
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, metadata)
    onnx.save(model, str(path))
    return path


def own_card(path: Path, name: str, n_bands: int = 1, n_classes: int = 2, **arguments: Any) -> dict:
    """What a card for such a file says."""
    return {
        "id": "own",
        "title": "Own network",
        "architecture": {"name": name, "arguments": {"in_bands": n_bands, **arguments}},
        "bands": [{"name": f"band {i + 1}"} for i in range(n_bands)],
        "normalisation": {"kind": "scale", "factor": 1 / 255},
        "classes": [{"name": n} for n in ("sea", "oil", "ship")[:n_classes]],
        "weights": {"file": path.name},
        "window": 64,
    }
