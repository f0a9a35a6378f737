"""A Record as one JSON document and one block of bytes, and back without any loss.

The same mechanism serves every grid, also rotated ones that a raster table cannot hold. Nothing
that is read is trusted: types and sizes are checked before memory is taken, and nothing is run.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ExportError
from ..explain.types import Explanation, Superpixels
from .grid import LARGEST_WINDOW
from .records import Record
from .run_checks import checks_document, checks_of
from .run_curves import AXES, curve_arrays, curves_of
from .window import Window

FORMAT = 1
# Bytes of all arrays of one run, unpacked; a window of 8192 x 8192 pixels with four bands fits.
LARGEST_RUN = 2 * 1024**3
LARGEST_DOCUMENT = 16 * 1024**2

# Name of each array: type in the block (little endian) and the axes of its shape.
# H, W: window; B: bands; T: targets; M: super-pixels; E: pairs of neighbours; R: refreshes.
ARRAYS = {
    "values": ("<f8", "TM"),
    "standard_errors": ("<f8", "TM"),
    "base": ("<f8", "T"),
    "prediction": ("<f8", "T"),
    "history_evaluations": ("<i8", "R"),
    "history_precision": ("<f8", "R"),
    "labels": ("<i4", "HW"),
    "neighbours": ("<i4", "E2"),
    "areas": ("<i8", "M"),
    "region": ("|u1", "HW"),
    "valid": ("|u1", "HW"),
    "bands": ("<f4", "BHW"),
    "probability": ("<f4", "HW"),
    **{name: ("<f8", axes) for name, axes in AXES.items()},
}
OPTIONAL = {"probability", *AXES}


def pack(record: Record) -> tuple[str, bytes]:
    """Turn a record into its JSON document and the compressed block of its arrays.

    Raises
    ------
    ExportError
        A setting cannot be written as JSON, or an array has the wrong shape.
    """
    arrays = _arrays(record)
    document = _document(record)
    document["axes"] = _axes({name: array.shape for name, array in arrays.items()})
    document["arrays"] = list(arrays)
    try:
        text = json.dumps(document, default=_plain, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise ExportError(f"A setting of {record.name!r} cannot be written: {error}.") from error
    if _size(arrays) > LARGEST_RUN or len(text) > LARGEST_DOCUMENT:
        raise ExportError(f"{record.name!r} is too large to be kept in a file.")
    packer = zlib.compressobj(6)
    parts = [packer.compress(array.data) for array in arrays.values() if array.size]
    return text, b"".join([*parts, packer.flush()])


def unpack(text: str, block: bytes) -> Record:
    """Turn a document and a block of bytes back into the record that they were made from.

    Raises
    ------
    ExportError
        The document or the block is damaged, or of a newer format.
    """
    try:
        document = _parse(text)
        record = _record(document, _split(document, block))
    except ExportError:
        raise
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise _damaged(str(error) or type(error).__name__) from error
    except (zlib.error, MemoryError, RecursionError) as error:
        raise _damaged(str(error) or type(error).__name__) from error
    return record


def _document(record: Record) -> dict[str, Any]:
    window, explanation = record.window, record.explanation
    return {
        "format": FORMAT,
        "name": record.name,
        "target": int(record.target),
        "settings": record.settings,
        "curves": list(record.curves),
        "checks": checks_document(record.checks),
        "explanation": {
            "evaluations": int(explanation.evaluations),
            "seed": int(explanation.seed),
            "settings": explanation.settings,
        },
        "superpixels": {"settings": explanation.superpixels.settings},
        "window": {
            "transform": [float(number) for number in window.transform],
            "crs_wkt": window.crs_wkt,
            "source": window.source,
            "band_names": list(window.band_names),
            "offset": [int(number) for number in window.offset],
            "unit": window.unit,
        },
    }


def _arrays(record: Record) -> dict[str, NDArray[Any]]:
    explanation, superpixels = record.explanation, record.explanation.superpixels
    found = {
        "values": explanation.values,
        "standard_errors": explanation.standard_errors,
        "base": explanation.base,
        "prediction": explanation.prediction,
        "history_evaluations": [evaluations for evaluations, _ in explanation.history],
        "history_precision": [precision for _, precision in explanation.history],
        "labels": superpixels.labels,
        "neighbours": superpixels.neighbours,
        "areas": superpixels.areas,
        "region": record.region,
        "valid": record.window.valid,
        "bands": record.window.bands,
        "probability": record.probability,
        **curve_arrays(record.curves),
    }
    return {
        name: np.ascontiguousarray(array, dtype=ARRAYS[name][0])
        for name, array in found.items()
        if array is not None
    }


def _axes(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, int]:
    """Length of each axis; every array must agree on it."""
    lengths: dict[str, int] = {"2": 2}
    for name, shape in shapes.items():
        axes = ARRAYS[name][1]
        if len(axes) != len(shape):
            raise ExportError(f"The array {name!r} has {len(shape)} axes instead of {len(axes)}.")
        for axis, length in zip(axes, shape):
            if lengths.setdefault(axis, length) != length:
                raise ExportError(f"The shape of the array {name!r} does not fit the others.")
    return lengths


def _size(arrays: Mapping[str, NDArray[Any]]) -> int:
    return sum(array.nbytes for array in arrays.values())


def _plain(value: Any) -> Any:
    """JSON's stand-in for numpy scalars and arrays and for mappings."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no number, text, list or mapping")


# Reading --------------------------------------------------------------------------------------


def _parse(text: str) -> dict[str, Any]:
    if not isinstance(text, str) or len(text) > LARGEST_DOCUMENT:
        raise _damaged("the document is too large")
    document = json.loads(text)
    if not isinstance(document, dict) or not isinstance(document.get("format"), int):
        raise _damaged("the document is not a run of SegSHAP")
    # Half a character, which JSON can write and no file can hold, is found here.
    json.dumps(document, ensure_ascii=False).encode()
    if document["format"] > FORMAT:
        raise ExportError(
            "The run was written by a newer version of SegSHAP.", "Update the plugin to read it."
        )
    return document


def _split(document: Mapping[str, Any], block: bytes) -> dict[str, NDArray[Any]]:
    """Cut the unpacked block into its arrays; the sizes are checked before anything is unpacked."""
    axes, names = document["axes"], document["arrays"]
    if not all(isinstance(length, int) and length >= 0 for length in axes.values()):
        raise _damaged("an array has no proper length")
    if max(axes["H"], axes["W"]) > LARGEST_WINDOW or axes["2"] != 2:
        raise _damaged("the window is too large")
    if min(axes[axis] for axis in "HWBTM") < 1:
        raise _damaged("it has no pixels, bands, targets or super-pixels")
    if not set(ARRAYS) - OPTIONAL <= set(names) <= set(ARRAYS) or len(set(names)) != len(names):
        raise _damaged("arrays are missing or unknown")
    shapes = {name: tuple(axes[axis] for axis in ARRAYS[name][1]) for name in names}
    sizes = {name: math.prod(shapes[name]) * np.dtype(ARRAYS[name][0]).itemsize for name in names}
    data = _inflate(block, sum(sizes.values()))
    arrays, start = {}, 0
    for name in names:
        part = np.frombuffer(data, np.uint8, sizes[name], start).view(ARRAYS[name][0])
        arrays[name] = part.astype(part.dtype.newbyteorder("="), copy=True).reshape(shapes[name])
        start += sizes[name]
    return arrays


def _inflate(block: bytes, size: int) -> bytes:
    if size > LARGEST_RUN:
        raise _damaged("its arrays are too large")
    unpacker = zlib.decompressobj()
    # One byte more than is right shows a block that is too long, without unpacking all of it.
    data = unpacker.decompress(block, size + 1)
    if len(data) != size or not unpacker.eof:
        raise _damaged("its arrays are incomplete")
    return data


def _record(document: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Record:
    explanation = _explanation(document, arrays)
    target = document["target"]
    # True and False are whole numbers to Python, and masks to numpy.
    if type(target) is not int or not 0 <= target < explanation.n_targets:
        raise _damaged("its target is unknown")
    return Record(
        name=str(document["name"]),
        explanation=explanation,
        window=_window(document["window"], arrays),
        region=_bools(arrays["region"]),
        target=target,
        probability=arrays.get("probability"),
        settings=_mapping(document["settings"]),
        # Runs of before have none.
        curves=curves_of(document.get("curves", ()), arrays, explanation.superpixels.n_players),
        checks=checks_of(document.get("checks", {})),
    )


def _explanation(document: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Explanation:
    about = document["explanation"]
    history = zip(arrays["history_evaluations"].tolist(), arrays["history_precision"].tolist())
    return Explanation(
        values=arrays["values"],
        standard_errors=arrays["standard_errors"],
        base=arrays["base"],
        prediction=arrays["prediction"],
        superpixels=_superpixels(_mapping(document["superpixels"]["settings"]), arrays),
        evaluations=int(about["evaluations"]),
        seed=int(about["seed"]),
        settings=_mapping(about["settings"]),
        history=tuple(history),
    )


def _superpixels(settings: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Superpixels:
    labels, neighbours, areas = (arrays[name] for name in ("labels", "neighbours", "areas"))
    n_players = len(areas)
    for players, lowest in ((labels, -1), (neighbours, 0)):
        if players.size and not (players.min() >= lowest and players.max() < n_players):
            raise _damaged("a super-pixel has no number")
    counted = np.bincount(labels[labels >= 0], minlength=n_players)
    if not np.array_equal(counted, areas):
        raise _damaged("the areas of the super-pixels do not fit their pixels")
    return Superpixels(labels, neighbours, areas, settings)


def _window(about: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Window:
    transform = tuple(float(number) for number in about["transform"])
    if len(transform) != 6 or not all(math.isfinite(number) for number in transform):
        raise _damaged("its georeferencing is not a geotransform")
    row, column = about["offset"]
    unit = about["unit"]
    return Window(
        bands=arrays["bands"],
        valid=_bools(arrays["valid"]),
        transform=transform,
        crs_wkt=str(about["crs_wkt"]),
        source=str(about["source"]),
        band_names=tuple(str(name) for name in about["band_names"]),
        offset=(int(row), int(column)),
        unit=None if unit is None else str(unit),
    )


def _bools(array: NDArray[np.uint8]) -> NDArray[np.bool_]:
    if array.size and array.max() > 1:
        raise _damaged("a mask is neither true nor false")
    return array.astype(bool)


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _damaged("its settings are not a table of names")
    return value


def _damaged(reason: str) -> ExportError:
    return ExportError(
        f"The run cannot be read: {reason}.", "Export it again from the session that made it."
    )
