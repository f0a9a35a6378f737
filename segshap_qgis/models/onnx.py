"""Networks in ONNX files, read by onnxruntime; also their metadata as Deepness's zoo writes it.

An ONNX file is data: a graph of known operators, which come from onnxruntime alone. It may not
point to other files, its images may take a bounded amount of memory, and a graph that does not end
is stopped between two of its operators.
"""

from __future__ import annotations

import ast
import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DependencyError, Interrupted, ModelError
from .model_card import MAX_BANDS, MAX_CLASSES, MAX_WINDOW, ModelCard
from .outputs import recognise_output

MAX_ONNX_BYTES = 2_000_000_000
# Memory of all images and maps inside onnxruntime, together: a graph must not take the machine's.
MAX_MEMORY = 8 * 1024**3
MAX_BATCH = 1024
# A graph that does not end on one small image within this time never will.
PROBE_SECONDS = 60.0
# Seconds between two looks at whether the person cancelled.
PATIENCE = 0.1
# What goes wrong is raised; onnxruntime need not print it, too.
FATAL_ONLY = 4
# No file lies there: where the numbers of a graph would lie outside its file.
NOWHERE = "/segshap/no/such/folder"
# Side of the image that tells logits from probabilities where the graph leaves its size open.
PROBE_SIDE = 64
# Centimetres of a pixel; beyond it, the metadata are wrong.
MAX_RESOLUTION = 1e9
_COLOURS = ("#808080", "#d95f0e", "#2c7fb8", "#31a354", "#756bb1", "#dd1c77", "#8c510a", "#01665e")


class OnnxGraph:
    """A graph with one image in and one map of scores out.

    Parameters
    ----------
    path : str or Path
        An ``.onnx`` file that holds its own weights.
    cuda : bool, default False
        Run on a CUDA device where this onnxruntime can.

    Attributes
    ----------
    n_bands : int
        Bands of the image.
    size : int
        Side of the only image that it takes; 0 takes any.
    metadata : dict of str to str
        As the file has it.
    is_cancelled : callable
        Asked while the graph runs, from another thread; True stops it between two operators.

    Raises
    ------
    DependencyError
        onnxruntime is not installed.
    ModelError
        The file is too large, damaged, or no segmentation network.
    """

    is_cancelled: Callable[[], bool]

    def __init__(self, path: str | Path, cuda: bool = False) -> None:
        self.path = Path(path)
        content = _content(self.path)
        self.sha256 = hashlib.sha256(content).hexdigest()
        self.n_bytes = len(content)
        self._session = _session(content, self.path.name, cuda)
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        name = self.path.name
        if len(inputs) != 1 or len(outputs) != 1:
            raise ModelError(
                f"{name} reads {len(inputs)} inputs and gives {len(outputs)} outputs; a "
                "segmentation network here has one of each.",
                "Export it with the image as the only input and the scores as the only output.",
            )
        self._name, shape = inputs[0].name, inputs[0].shape
        if len(shape) != 4 or inputs[0].type != "tensor(float)":
            raise ModelError(
                f"{name} reads {inputs[0].type} of shape {shape}; 32-bit floats of shape (batch, "
                "bands, rows, columns) are needed.",
                "Export it again with such an input.",
            )
        self.n_bands = shape[1] if isinstance(shape[1], int) else 0
        self.size = _square(shape[2], shape[3], name)
        self.batch = shape[0] if isinstance(shape[0], int) else 0
        _check_sizes(self.n_bands, self.size, self.batch, name)
        self.is_cancelled = _never
        self.metadata = dict(self._session.get_modelmeta().custom_metadata_map)

    def scores(self, images: np.ndarray) -> np.ndarray:
        """Run the graph: (N, B, H, W) float32 to (N, C, H, W) float32.

        Raises
        ------
        Interrupted
            `is_cancelled()` holds.
        ModelError
            The graph does not run on images of this shape, or gives something else than maps.
        """
        step = self.batch or len(images)
        parts = [self._run(images[i : i + step]) for i in range(0, len(images), step)]
        return np.concatenate(parts)

    def _run(self, images: np.ndarray) -> np.ndarray:
        missing = max(0, self.batch - len(images))
        filled = np.concatenate([images, np.repeat(images[-1:], missing, axis=0)])
        try:
            scores = self._watched({self._name: filled})
        except Exception as error:  # onnxruntime raises kinds of its own, without a common base
            if self.is_cancelled():
                raise Interrupted from error
            raise ModelError(
                f"{self.path.name} does not run on images of {filled.shape[3]} x "
                f"{filled.shape[2]} pixels with {filled.shape[1]} band(s): {_first_line(error)}",
                "Choose a window that is a multiple of 32 pixels, and as many bands as it reads.",
            ) from error
        is_array = isinstance(scores, np.ndarray) and scores.dtype.kind in "fiu"
        if not is_array or scores.ndim != 4 or len(scores) != len(filled):
            given = f"{scores.dtype} of shape {scores.shape}" if is_array else "something else"
            raise ModelError(
                f"{self.path.name} gives {given} for images of shape {filled.shape}; scores of "
                "shape (batch, classes, rows, columns) are needed.",
                "Export the network without what picks the winning class.",
            )
        return scores[: len(images)]

    def _watched(self, images: Mapping[str, np.ndarray]) -> Any:
        """Run the graph on this thread, while another one watches for a cancel."""
        import onnxruntime

        options = onnxruntime.RunOptions()
        options.log_severity_level = FATAL_ONLY
        has_ended = threading.Event()

        def watch() -> None:
            while not has_ended.wait(PATIENCE):
                if self.is_cancelled():
                    options.terminate = True
                    return

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            return self._session.run(None, dict(images), options)[0]
        finally:
            has_ended.set()
            watcher.join()


def _never() -> bool:
    return False


def card_from_onnx(path: str | Path) -> ModelCard:
    """A card for an ONNX file without one, from its shapes and its metadata.

    Deepness's keys are understood: ``model_type``, ``class_names`` (or ``names``), ``resolution``
    (cm per pixel), ``tile_size``/``tiles_size``, ``standardization_mean`` and
    ``standardization_std``. As there, pixel values are divided by 255, then standardised. What only
    concerns the drawing of a map (``seg_thresh``, ``seg_small_segment``, ``tiles_overlap``) changes
    no score and is left out.

    Raises
    ------
    DependencyError
        onnxruntime is not installed.
    ModelError
        It is no segmentation network, or its metadata is damaged.
    """
    graph = OnnxGraph(path)
    facts = {key: _parsed(value) for key, value in graph.metadata.items()}
    kind = str(facts.get("model_type", "Segmentor")).lower()
    if kind != "segmentor":
        raise ModelError(
            f"{graph.path.name} is a {kind}, not a segmentation network.",
            "SegSHAP explains networks that give a score for every pixel.",
        )
    n_bands = graph.n_bands or len(np.atleast_1d(facts.get("standardization_mean", [0] * 3)))
    side = graph.size or _side(facts)
    scores = _probed(graph, n_bands)
    output = recognise_output(scores, graph.path.name)
    names = _class_names(facts, n_classes=max(2, scores.shape[1]))
    return ModelCard(
        id=graph.path.stem,
        title=graph.path.stem.replace("_", " "),
        description=_description(facts),
        architecture={
            "name": "ONNX",
            "arguments": {"in_bands": n_bands, "output": output, "size": graph.size},
        },
        bands=[{"name": f"band {i + 1}", "unit": "0 to 255"} for i in range(n_bands)],
        normalisation=_recipe(facts, n_bands),
        classes=[
            {"name": name, "color": _COLOURS[i % len(_COLOURS)]} for i, name in enumerate(names)
        ],
        weights={"file": graph.path.name, "sha256": graph.sha256, "bytes": graph.n_bytes},
        default_class=names[1],
        window=side,
    )


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_ONNX_BYTES:
            raise ModelError(f"{path.name} is larger than {MAX_ONNX_BYTES / 1e9:.0f} GB.")
        return path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"The model file {path.name} cannot be read: {error.strerror}.", "Choose another file."
        ) from error


def _session(content: bytes, name: str, cuda: bool) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise DependencyError(
            "ONNX models need onnxruntime, which is not installed.",
            "Install it for the Python of QGIS: python -m pip install onnxruntime",
        ) from error
    wanted = ["CUDAExecutionProvider"] if cuda else []
    known = onnxruntime.get_available_providers()
    providers = [p for p in [*wanted, "CPUExecutionProvider"] if p in known]
    options = onnxruntime.SessionOptions()
    options.log_severity_level = FATAL_ONLY
    # From memory, too, numbers in other files would be looked for in the working folder.
    entry = "session.model_external_initializers_file_folder_path"
    options.add_session_config_entry(entry, NOWHERE)
    options.add_session_config_entry("session.use_env_allocators", "1")
    try:
        _limit_memory()
        return onnxruntime.InferenceSession(content, options, providers=providers)
    except Exception as error:  # onnxruntime raises kinds of its own, without a common base
        raise ModelError(
            f"{name} is not an ONNX model that can be read: {_first_line(error)}",
            "Export the network again, as one file with its weights inside.",
        ) from error


def _limit_memory() -> None:
    """Give onnxruntime's sessions in this process one bounded store; the first call counts."""
    import onnxruntime

    kinds = onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, onnxruntime.OrtMemType.DEFAULT
    place = onnxruntime.OrtMemoryInfo("Cpu", kinds[0], 0, kinds[1])
    limits = onnxruntime.OrtArenaCfg({"max_mem": MAX_MEMORY})
    onnxruntime.create_and_register_allocator(place, limits)


def _check_sizes(n_bands: int, size: int, batch: int, name: str) -> None:
    """Refuse absurd sizes before an image of them is made."""
    if not (n_bands <= MAX_BANDS and size <= MAX_WINDOW and batch <= MAX_BATCH):
        raise ModelError(
            f"{name} reads {batch or 'any number of'} image(s) of {size or 'any'} pixels with "
            f"{n_bands or 'any number of'} band(s), which is more than can be explained.",
            "Export the network for images of any size, one at a time.",
        )


def _probed(graph: OnnxGraph, n_bands: int) -> np.ndarray:
    """Scores of one small image of noise; a graph that does not end is stopped."""
    end = time.monotonic() + PROBE_SECONDS
    graph.is_cancelled = lambda: time.monotonic() > end
    _check_sizes(n_bands, graph.size, graph.batch, graph.path.name)
    probe = np.random.default_rng(0).random((1, n_bands, *[graph.size or PROBE_SIDE] * 2))
    try:
        return graph.scores(probe.astype(np.float32))
    except Interrupted as error:
        raise ModelError(
            f"{graph.path.name} did not end on a small image within {PROBE_SECONDS:.0f} seconds.",
            "Choose another model.",
        ) from error
    finally:
        graph.is_cancelled = _never


def _square(height: Any, width: Any, name: str) -> int:
    """Side of a fixed square, 0 where both are open."""
    fixed = [length for length in (height, width) if isinstance(length, int)]
    if not fixed:
        return 0
    if len(fixed) == 1 or height != width:
        raise ModelError(
            f"{name} takes images of {width} x {height} pixels only; they must be square.",
            "Export it for square images, or for images of any size.",
        )
    return int(height)


def _parsed(text: str) -> Any:
    """A metadata value: JSON, or a Python literal as older exporters write it, or plain text."""
    if len(text) > 100_000:
        raise ModelError("The model's metadata is larger than metadata can be.")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            return text


def _class_names(facts: Mapping[str, Any], n_classes: int) -> list[str]:
    named = facts.get("class_names", facts.get("names", {}))
    named = dict(enumerate(named)) if isinstance(named, list) else named
    if not isinstance(named, Mapping) or n_classes > MAX_CLASSES:
        raise ModelError(
            f"The model gives {n_classes} classes, or its metadata names them in no table.",
            f"Export it with at most {MAX_CLASSES} classes.",
        )
    # One dict for each output of the graph, in later versions of Deepness.
    only = next(iter(named.values())) if len(named) == 1 else None
    named = only if isinstance(only, Mapping) else named
    names = {str(key): str(value) for key, value in named.items()} if named else {}
    full = [names.get(str(index), f"class {index}") for index in range(n_classes)]
    return [name if full.count(name) == 1 else f"{name} {i}" for i, name in enumerate(full)]


def _side(facts: Mapping[str, Any]) -> int:
    side = facts.get("tile_size", facts.get("tiles_size", 512))
    return int(side) if isinstance(side, (int, float)) and 1 <= side <= 8192 else 512


def _recipe(facts: Mapping[str, Any], n_bands: int) -> dict[str, Any]:
    """Division by 255, and the standardisation that follows it, as one recipe."""
    mean, std = facts.get("standardization_mean"), facts.get("standardization_std")
    if mean is None and std is None:
        return {"kind": "scale", "factor": 1 / 255}
    try:
        means = np.broadcast_to(np.asarray(0 if mean is None else mean, dtype=float), n_bands)
        stds = np.broadcast_to(np.asarray(1 if std is None else std, dtype=float), n_bands)
    except (TypeError, ValueError, OverflowError) as error:
        raise ModelError(
            f"The model's metadata standardises another number of bands than {n_bands}."
        ) from error
    if not (np.isfinite(means).all() and np.isfinite(stds).all() and (stds != 0).all()):
        raise ModelError("The model's metadata standardises with values that are no numbers or 0.")
    return {"kind": "mean_std", "mean": (255 * means).tolist(), "std": (255 * stds).tolist()}


def _description(facts: Mapping[str, Any]) -> str:
    resolution = facts.get("resolution")
    known = isinstance(resolution, (int, float)) and 0 < resolution < MAX_RESOLUTION
    trained = f" Trained on pixels of {float(resolution or 0) / 100:g} m." if known else ""
    return f"Read from the metadata of an ONNX file.{trained}"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
