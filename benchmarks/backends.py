"""What is left of a staged evaluation, run by other engines: torch.compile, ONNX Runtime, OpenVINO.

Each gets the same work: from what tables hold, already gathered, to logits on the window. Engines
that are not installed are left out.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from segshap_qgis.models import SegmentationModel, StagedGame
from segshap_qgis.models.fast_layers import (
    FastBlock,
    FastConvolution,
    FastDown,
    FastOffset,
    FastUp,
    NormReluConvolution,
    Scratch,
)
from segshap_qgis.models.program import Program

from .chips import Chip
from .growth import Mask
from .references import draw_coalitions
from .speed import interleaved, staged_game

Run = Callable[[], Any]


class Traced(nn.Module):
    """A program's layers without memory that is used twice: something that engines can read.

    Its arguments are the masked images on the program's windows, (N, h, w, bands) each, then what
    its lifts look up, (N, h, w, contributions) each.
    """

    def __init__(self, program: Program) -> None:
        super().__init__()
        self.steps, self.layers = program.steps, program._layers
        self.image_windows, self.lifts = program.image_windows, program.lifts
        self.channels = program.network.channels

    def forward(self, *inputs: Tensor) -> Tensor:
        """Logits on the last step's window, (N, h, w, classes)."""
        n_images = len(self.image_windows)
        known = dict(zip(self.lifts, inputs[n_images:]))
        made: dict[str, list[tuple[Any, Tensor]]] = {}
        made["image"] = list(zip(self.image_windows, inputs[:n_images]))
        for step, layer in zip(self.steps, self.layers):
            parts = [_cut(made[name], step.read) for name in step.computed]
            share = None if step.known is None else known[step.known]
            result = _functional(layer, parts, share)
            names = (*step.computed, step.goal[0]) if isinstance(layer, FastBlock) else ()
            if names:
                pieces = result.split([self.channels[name] for name in names], dim=3)
                for name, piece in zip(names, pieces):
                    made.setdefault(name, []).append((step.made, piece))
            else:
                made.setdefault(step.goal[0], []).append((step.made, result))
        return result


def _cut(held: list[tuple[Any, Tensor]], wanted: Any) -> Tensor:
    window, values = next(pair for pair in reversed(held) if pair[0].holds(wanted))
    rows, columns = wanted.inside(window)
    return values[:, rows, columns]


def _functional(layer: object, parts: list[Tensor], known: Tensor | None) -> Tensor:
    """What a fast layer does, in plain operations."""
    x = torch.cat(parts, dim=3) if parts else None
    if isinstance(layer, FastBlock):
        return _block(layer, x, known)
    if isinstance(layer, FastDown):
        wide = known
        if layer.step is not None and x is not None:
            own = torch.matmul(_clamped(layer.step, x), layer.step.weight)
            wide = own if known is None else own + known
        pooled = F.max_pool2d(_first(wide), 2)
        return _last(pooled) + layer.constant
    if isinstance(layer, FastUp):
        return _last(F.conv_transpose2d(_first(x), layer.weight, layer.bias, stride=2))
    if isinstance(layer, FastConvolution):
        own = _last(F.conv2d(_first(x), layer.weight, layer.bias, 1, layer.padding))
        return own if known is None else own + known
    if isinstance(layer, FastOffset):
        return F.hardsigmoid(_functional(layer.convolution, parts, None))
    raise TypeError(type(layer).__name__)


def _block(layer: FastBlock, stack: Tensor | None, known: Tensor | None) -> Tensor:
    first = 0
    for step, bias in layer.steps:
        share = None if known is None else known[..., first : first + len(bias)]
        made: Any = bias
        if step is not None and stack is not None:
            own = F.conv2d(_first(_clamped(step, stack)), step.weight, None, 1, step.padding)
            made = _last(own) + (step.shift_term(*stack.shape[1:3]) + bias)
        made = made if share is None else made + share
        stack = made if stack is None else torch.cat([stack, made], dim=3)
        first += len(bias)
    return stack  # type: ignore[return-value]


def _clamped(step: NormReluConvolution, x: Tensor) -> Tensor:
    return torch.minimum(torch.maximum(x, step.low), step.high)


def _first(x: Tensor | None) -> Tensor:
    return x.permute(0, 3, 1, 2)  # type: ignore[union-attr]


def _last(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1)


class _Given:
    """Stands for a table whose entries have been gathered."""

    def __init__(self, values: Tensor) -> None:
        self.values = values

    def gather(self, _present: Tensor, scratch: Scratch) -> Tensor:
        # Layers may write into it.
        return scratch.take("given", self.values.shape, self.values).copy_(self.values)


def measure_backends(
    model: SegmentationModel, chip: Chip, region: Mask, batch: int = 8, rounds: int = 7
) -> list[dict[str, Any]]:
    """Seconds of a coalition in each engine, in turns, and how far its logits are from ours."""
    game = staged_game(model, chip, [region])
    z = draw_coalitions(game.n_players, batch, "leverage", seed=7)
    with torch.inference_mode():
        present, images, known = inputs_of(game, z)
        works: dict[str, Callable[[], Any]] = {
            "SegSHAP": partial(as_we_do, game, present, images, known)
        }
        truth = works["SegSHAP"]().clone()
        versions = {"SegSHAP": str(torch.__version__)}
        inputs = [*images, *(values.clone() for values in known)]
        for name, version, run in _engines(Traced(game.plan.program), inputs):
            works[name], versions[name] = run, version
        differences = {
            name: float(np.abs(np.asarray(run()) - truth.numpy()).max())
            for name, run in works.items()
        }
        seconds = interleaved(works, rounds)
    return [
        {
            "engine": name,
            "version": versions[name],
            "seconds": seconds[name] / batch,
            "difference": differences[name],
        }
        for name in works
    ]


def inputs_of(game: StagedGame, z: Mask) -> tuple[Tensor, list[Tensor], list[Tensor]]:
    """Coalitions as tensor, the masked images and what the program looks up for them."""
    program, present, scratch = game.plan.program, game._padded(z), Scratch()
    images = [game._paint(present, window) for window in program.image_windows]
    known = [game.tables[lift].gather(present, scratch).clone() for lift in program.lifts]
    return present, images, known


def as_we_do(
    game: StagedGame, present: Tensor, images: list[Tensor], known: list[Tensor]
) -> Tensor:
    """Logits of the program on the same inputs as `Traced`."""
    program = game.plan.program
    tables: Any = {lift: _Given(values) for lift, values in zip(program.lifts, known)}
    painted = dict(zip(program.image_windows, images))
    with torch.inference_mode():
        goals = program.run(present, tables, lambda _, window: painted[window], lambda: None)
        ((_, logits),) = goals
    return logits


def _engines(traced: Traced, inputs: list[Tensor]) -> Iterator[tuple[str, str, Run]]:
    """Name, version and a call of every engine that is installed."""
    from importlib.metadata import version

    compiled = torch.compile(traced, dynamic=False)

    def with_torch() -> Tensor:
        with torch.inference_mode():
            return compiled(*inputs)

    yield "torch.compile", torch.__version__, with_torch
    arrays = [values.numpy() for values in inputs]
    graph = _exported(traced, inputs)
    if graph is None:
        return
    try:
        import onnxruntime
    except ImportError:
        pass
    else:
        session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
        feed = {port.name: array for port, array in zip(session.get_inputs(), arrays)}
        yield "ONNX Runtime", version("onnxruntime"), lambda: session.run(None, feed)[0]
    try:
        import openvino
    except ImportError:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "suffix.onnx"
        path.write_bytes(graph)
        network = openvino.Core().read_model(path)
        for hint in ("f32", "bf16"):
            settings = {"INFERENCE_PRECISION_HINT": hint}
            request = openvino.Core().compile_model(network, "CPU", settings)
            run = partial(_with_openvino, request, arrays)
            yield f"OpenVINO {hint}", version("openvino"), run


def _with_openvino(request: Any, arrays: list[Any]) -> Any:
    return request(arrays)[0]


def _exported(traced: Traced, inputs: list[Tensor]) -> bytes | None:
    try:
        import onnx  # noqa: F401
    except ImportError:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "suffix.onnx"
        torch.onnx.export(traced, tuple(inputs), path, dynamo=False, opset_version=17)
        return path.read_bytes()
