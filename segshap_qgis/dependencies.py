"""Whether PyTorch is in the Python of QGIS, and how to get it when it is not."""

from __future__ import annotations

import importlib.util
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path

# The build for CPUs is a tenth of the default one on Linux, which brings all of CUDA.
CPU_WHEELS = "https://download.pytorch.org/whl/cpu"


def torch_is_here() -> bool:
    """Whether PyTorch can be found; it is not loaded for that."""
    importlib.invalidate_caches()
    return importlib.util.find_spec("torch") is not None


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


def python_executable() -> Path:
    """The Python that QGIS embeds; `sys.executable` is QGIS itself on Windows and macOS."""
    here = Path(sys.executable)
    if here.name.lower().startswith("python"):
        return here
    candidates = [
        Path(sys.exec_prefix) / "python.exe",
        Path(sys.exec_prefix) / "bin" / "python3",
        here.parent / "python3",
        here.parent / "bin" / "python3",
    ]
    return next((path for path in candidates if path.is_file()), Path("python3"))


def _is_managed_by_the_system() -> bool:
    """Whether pip refuses to install beside the system's packages unless told to (PEP 668)."""
    return (Path(sysconfig.get_path("stdlib")) / "EXTERNALLY-MANAGED").is_file()
