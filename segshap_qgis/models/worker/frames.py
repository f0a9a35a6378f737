"""Messages between two processes: a JSON object and named arrays, with sizes told before.

A frame is a head of 20 bytes (`HEAD`: mark, bytes of the JSON, bytes of the arrays), the JSON, and
the arrays one after the other. ``message["arrays"]`` lists name, type and shape of each. Whatever
does not fit that is refused before memory is taken for it.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO, Optional

import numpy as np
from numpy.typing import NDArray

HEAD = struct.Struct("<4sQQ")
MARK = b"SgSh"
LARGEST_TEXT = 16 * 1024**2
LARGEST_ARRAYS = 8 * 1024**3
# Plain numbers only; an array of objects would have to be unpickled.
TYPES = ("bool", "uint8", "int32", "int64", "float32", "float64")

Message = dict[str, Any]
Arrays = dict[str, NDArray[Any]]


class BrokenFrameError(ValueError):
    """The other side does not speak this language, or was cut off in the middle of a frame."""


def write_frame(
    stream: BinaryIO, message: Mapping[str, Any], arrays: Optional[Mapping[str, Any]] = None
) -> None:
    """Write a message and flush.

    Parameters
    ----------
    stream : binary file
        Where to.
    message : mapping
        JSON-compatible.
    arrays : mapping of str to array, optional
        Of the `TYPES`.

    Raises
    ------
    OSError
        Nobody reads any more.
    TypeError
        An array is of another type, or the message is not JSON-compatible.
    """
    whole = {name: np.asarray(array, order="C") for name, array in (arrays or {}).items()}
    if any(array.dtype.name not in TYPES for array in whole.values()):
        raise TypeError("only arrays of plain numbers go through a pipe")
    about = [[name, array.dtype.name, list(array.shape)] for name, array in whole.items()]
    text = json.dumps({**message, "arrays": about}).encode()
    stream.write(HEAD.pack(MARK, len(text), sum(array.nbytes for array in whole.values())))
    stream.write(text)
    for array in whole.values():
        if array.size:
            stream.write(array.reshape(-1).view(np.uint8).data)
    stream.flush()


def read_frame(stream: BinaryIO) -> Optional[tuple[Message, Arrays]]:
    """The next message and its arrays; None where the stream ends between two frames.

    Raises
    ------
    BrokenFrameError
        It is no frame, too large, or incomplete.
    """
    head = stream.read(HEAD.size)
    if not head:
        return None
    if len(head) < HEAD.size:
        raise BrokenFrameError("the head is incomplete")
    mark, text_size, arrays_size = HEAD.unpack(head)
    if mark != MARK or text_size > LARGEST_TEXT or arrays_size > LARGEST_ARRAYS:
        raise BrokenFrameError("no frame, or one that is too large")
    try:
        message = json.loads(_exactly(stream, text_size))
        listed = [(str(n), _type(kind), _shape(shape)) for n, kind, shape in message["arrays"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BrokenFrameError("the message cannot be read") from error
    sizes = [kind.itemsize * math.prod(shape) for _, kind, shape in listed]
    if sum(sizes) != arrays_size:
        raise BrokenFrameError("the arrays have other sizes than was said")
    arrays = {}
    for (name, kind, shape), size in zip(listed, sizes):
        arrays[name] = _array(_exactly(stream, size), kind, shape)
    return message, arrays


def _array(data: bytes, kind: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    if kind == np.bool_ and data.strip(b"\0\1"):
        raise BrokenFrameError("a truth value is neither true nor false")
    # Copied, because torch wants arrays that can be written to.
    return np.frombuffer(data, kind).reshape(shape).copy()


def _type(name: Any) -> np.dtype[Any]:
    if name not in TYPES:
        raise BrokenFrameError("an array of an unknown type")
    return np.dtype(name)


def _shape(shape: Any) -> tuple[int, ...]:
    if not all(isinstance(length, int) and length >= 0 for length in shape):
        raise BrokenFrameError("an array without a proper shape")
    return tuple(shape)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise BrokenFrameError("the stream ends in the middle of a frame")
    return data
