"""Whether PyTorch is in the Python of QGIS or in the plugin's own folder, and how to get it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import shlex
import subprocess  # nosec B404
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Optional

from qgis.core import Qgis, QgsApplication, QgsSettings

from .interpreter import python_executable
from .models.torch_import import (
    AUTOMATIC,
    WHEN,
    WorkerChoice,
    import_ended_a_process,
    worker_choice_is_kept_by,
)

# The build for CPUs is a tenth of the default one on Linux, which brings all of CUDA.
CPU_WHEELS = "https://download.pytorch.org/whl/cpu"
# Of QGIS's settings: one of `WHEN`.
WORKER = "segshap/worker"


def torch_is_here() -> bool:
    """Whether PyTorch can be found; it is not loaded for that."""
    use_private_folder()
    importlib.invalidate_caches()
    return importlib.util.find_spec("torch") is not None


def private_folder() -> Path:
    """Where packages of the plugin's own lie: in the profile, one folder for each Python."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return Path(QgsApplication.qgisSettingsDirPath()) / "segshap" / version / "site-packages"


def worker_choice() -> WorkerChoice:
    """When models run in a process of their own, as the person chose it in the options."""
    when = QgsSettings().value(WORKER, AUTOMATIC)
    return WorkerChoice(when if when in WHEN else AUTOMATIC, private_folder().parent)


def use_private_folder(folder: Optional[Path] = None) -> None:
    """Let imports find the plugin's own packages, after all that QGIS brings itself."""
    path = str(folder or private_folder())
    if path not in sys.path and Path(path).is_dir():
        sys.path.append(path)
        importlib.invalidate_caches()


def diagnostics(said: Sequence[str] = ()) -> str:
    """What helps to find out why PyTorch is missing, as text.

    Parameters
    ----------
    said : sequence of str, optional
        The last lines of an installation.
    """
    facts: dict[str, object] = {
        "QGIS": Qgis.QGIS_VERSION,
        "Python": sys.version.replace("\n", " "),
        "Python executable": python_executable(),
        "System": platform.platform(),
        "Machine": platform.machine(),
        "Private folder": f"{private_folder()} (exists: {private_folder().is_dir()})",
        "Worker process": worker_choice().when,
        "QGIS ended while torch was loaded": import_ended_a_process(worker_choice().notes),
    }
    for package in ("numpy", "torch", "onnxruntime"):
        found = next(iter(importlib.metadata.distributions(name=package)), None)
        facts[package] = found.version if found is not None else "not found"
    return "\n".join([*(f"{name}: {fact}" for name, fact in facts.items()), "", *said])


def install_command() -> str:
    """The command that installs PyTorch for the Python of this QGIS, ready for a terminal."""
    command = [str(python_executable()), "-m", "pip", "install"]
    in_environment = sys.prefix != sys.base_prefix
    if sys.platform.startswith("linux") and not in_environment:
        command.append("--user")
        if _is_managed_by_the_system():
            command.append("--break-system-packages")
    command.append("torch")
    if sys.platform.startswith("linux"):
        command += ["--index-url", CPU_WHEELS]
    return subprocess.list2cmdline(command) if sys.platform == "win32" else shlex.join(command)


def _is_managed_by_the_system() -> bool:
    """Whether pip refuses to install beside the system's packages unless told to (PEP 668)."""
    return (Path(sysconfig.get_path("stdlib")) / "EXTERNALLY-MANAGED").is_file()


# Whoever loads a model in QGIS has this choice asked, without having to think of it.
worker_choice_is_kept_by(worker_choice)
