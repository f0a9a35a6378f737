"""TorchScript files: programs, so they run only where a person has said that they trust them.

`torch.jit.load` does not unpickle Python objects, but what it loads is code: its operators can read
and write files, take all memory, or never end. A checksum on a list of trusted ones is therefore
asked for; nothing of an untrusted file is read by torch.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import torch
from torch import Tensor

from ..errors import ModelError
from .trust import checksum, unreadable

MAX_PARAMETERS = 250_000_000


def load_script(
    path: str | Path, trusted: Collection[str], device: torch.device
) -> torch.jit.ScriptModule:
    """Load a TorchScript file that is trusted.

    Parameters
    ----------
    path : str or Path
        A file that `torch.jit.save` wrote.
    trusted : collection of str
        SHA-256 checksums of the files that a person trusts.
    device : torch.device
        Where it runs.

    Raises
    ------
    ModelError
        It is not trusted, too large, damaged, or no TorchScript.
    """
    path = Path(path)
    if checksum(path) not in trusted:
        raise ModelError(
            f"{path.name} is a TorchScript program and is not trusted on this computer.",
            "If you know where it comes from, add it in Settings > Options > SegSHAP and trust it "
            "there; an ONNX file of the same network needs no trust.",
        )
    try:
        script = torch.jit.load(str(path), map_location=device)
    except Exception as error:  # torch raises many kinds on damaged files
        raise unreadable(path) from error
    if sum(parameter.numel() for parameter in script.parameters()) > MAX_PARAMETERS:
        raise ModelError(f"The network in {path.name} is too large.")
    return script.eval()


def run_script(script: torch.jit.ScriptModule, name: str, images: Tensor) -> Tensor:
    """Scores of (N, B, H, W) images, whatever the program's failures are called.

    Raises
    ------
    ModelError
        The program does not run on images of this shape, or gives something else than a tensor.
    """
    try:
        scores = script(images)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1][:300]
        raise ModelError(
            f"{name} does not run on images of {images.shape[3]} x {images.shape[2]} pixels with "
            f"{images.shape[1]} band(s): {reason}",
            "Choose a window that is a multiple of 32 pixels, and as many bands as it reads.",
        ) from error
    if not isinstance(scores, Tensor):
        raise ModelError(
            f"{name} gives a {type(scores).__name__}, not a map of scores.",
            "Trace a wrapper that returns the scores alone.",
        )
    return scores
