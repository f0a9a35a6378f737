"""Installs PyTorch into a folder of the plugin's own, in the background, with QGIS's own pip.

Nothing outside that folder is touched. First the wheels are downloaded (what is complete is not
downloaded again after a cancel), then unpacked aside, then imported by a separate process, and only
then put in place. pip checks the wheels' checksums where the index gives them.
"""

from __future__ import annotations

import shutil
import subprocess  # nosec B404
import sys
import threading
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional
from urllib.parse import quote

from qgis.core import QgsSettings, QgsTask
from qgis.PyQt.QtCore import pyqtSignal

from .dependencies import CPU_WHEELS, private_folder, use_private_folder
from .errors import DependencyError, Interrupted
from .interpreter import environment, start

LINES_KEPT = 200


@dataclass(frozen=True)
class Wanted:
    """What to install, and from where.

    Attributes
    ----------
    packages : tuple of str
        Names as pip knows them.
    probe : str
        Python statement that works once they are installed.
    wheels : Path, optional
        Folder of wheels to install from, without any network.
    index : str, optional
        Address of the package index; pip's own by default.
    """

    packages: tuple[str, ...] = ("torch",)
    probe: str = "import torch; torch.zeros(1)"
    wheels: Optional[Path] = None
    index: Optional[str] = None


def torch_for_cpu() -> Wanted:
    """PyTorch without CUDA; only on Linux is it to be had from an index of its own."""
    return Wanted(index=CPU_WHEELS if sys.platform.startswith("linux") else None)


class InstallTask(QgsTask):
    """Installs, tests, puts in place; keep a reference to it until it ends.

    Parameters
    ----------
    wanted : Wanted
        What, and from where.
    folder : Path, optional
        Where to; the plugin's private folder by default.

    Attributes
    ----------
    error : Exception, optional
        Why it failed.
    lines : list of str
        The last lines of what pip said, for diagnostics.
    """

    said = pyqtSignal(str)
    ended = pyqtSignal()

    def __init__(self, wanted: Wanted, folder: Optional[Path] = None) -> None:
        super().__init__("SegSHAP: " + ", ".join(wanted.packages), QgsTask.Flag.CanCancel)
        self.wanted = wanted
        self.folder = folder or private_folder()
        self.error: Optional[Exception] = None
        self.lines: list[str] = []
        self._environment = pip_environment()

    def run(self) -> bool:
        """Install; whatever goes wrong is kept for the main thread."""
        staging = self.folder.with_name(self.folder.name + ".new")
        try:
            self._install(staging)
        except Interrupted:
            return False
        except Exception as error:  # noqa: BLE001 (whatever leaves a QgsTask's thread ends QGIS)
            self.error = error
            self.lines.append(traceback.format_exc())
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        return self.error is None

    def finished(self, result: bool) -> None:
        """Make it usable at once, on the main thread."""
        if result:
            use_private_folder(self.folder)
        self.ended.emit()

    def _install(self, staging: Path) -> None:
        shutil.rmtree(staging, ignore_errors=True)
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        wheels = self.wanted.wheels
        if wheels is None:
            wheels = self.folder.with_name(self.folder.name + ".wheels")
            index = ["--index-url", self.wanted.index] if self.wanted.index else []
            self._pip("download", "--only-binary", ":all:", "--dest", str(wheels), *index)
        source = ["--no-index", "--find-links", str(wheels)]
        self._pip("install", "--only-binary", ":all:", "--target", str(staging), *source)
        self._run(["-c", _probe_in(staging, self.wanted.probe)])
        if self.isCanceled():
            raise Interrupted
        _replace(staging, self.folder)
        if self.wanted.wheels is None:
            shutil.rmtree(wheels, ignore_errors=True)

    def _pip(self, command: str, *arguments: str) -> None:
        options = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
        constraint = _numpy_as_it_is(self.folder.parent)
        self._run(
            ["-m", "pip", command, *options, "--constraint", str(constraint),
             *arguments, *self.wanted.packages]
        )  # fmt: skip

    def _run(self, arguments: Sequence[str]) -> None:
        """Run Python, pass on what it says, and end it when cancelled."""
        process = start(
            arguments,
            self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        reader = threading.Thread(target=self._listen, args=(process,), daemon=True)
        reader.start()
        while reader.is_alive():
            reader.join(0.1)
            if self.isCanceled():
                process.kill()
                process.wait()
                raise Interrupted
        if process.wait() != 0:
            raise _failure(self.lines)

    def _listen(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            text = line.strip()
            self.lines = [*self.lines, text][-LINES_KEPT:]
            self.said.emit(text)


def pip_environment() -> dict[str, str]:
    """Environment of pip: the proxy of QGIS's settings, and nothing that turns pip elsewhere."""
    variables = {**environment(), "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
    settings = QgsSettings()
    if settings.value("proxy/proxyEnabled", False, bool):
        host, port = settings.value("proxy/proxyHost", ""), settings.value("proxy/proxyPort", "")
        user = quote(settings.value("proxy/proxyUser", ""), safe="")
        password = quote(settings.value("proxy/proxyPassword", ""), safe="")
        login = f"{user}:{password}@" if user else ""
        if host:
            address = f"http://{login}{host}:{port or 8080}"
            variables.update(HTTP_PROXY=address, HTTPS_PROXY=address)
    return variables


def _numpy_as_it_is(folder: Path) -> Path:
    """A constraint file: what is installed must work with the numpy that QGIS was built with."""
    import numpy as np

    path = folder / "constraints.txt"
    path.write_text(f"numpy=={np.__version__}\n", encoding="utf-8")
    return path


def _probe_in(folder: Path, statement: str) -> str:
    # At the end, as in QGIS: what QGIS brings itself comes first.
    return f"import sys; sys.path.append({str(folder)!r}); {statement}"


def _replace(staging: Path, folder: Path) -> None:
    """Put a finished folder in place of an older one, which is kept until then."""
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    staging.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _failure(lines: Sequence[str]) -> DependencyError:
    """What pip's last words mean, and what to do."""
    said = "\n".join(lines)
    last = next((line for line in reversed(lines) if line), "it said nothing")
    if "No module named pip" in said:
        return DependencyError(
            "The Python of QGIS has no pip.", "Install it (on Debian and Ubuntu: python3-pip)."
        )
    if "No space left" in said:
        return DependencyError("The disk is full.", "Free 2 GB in the folder of your profile.")
    if "No matching distribution" in said or "Could not find a version" in said:
        return DependencyError(
            f"No fitting wheel was found for Python {sys.version_info[0]}.{sys.version_info[1]}: "
            f"{last}",
            "Check the network and QGIS's proxy settings, or choose a folder with wheels for this "
            "Python and system, those that they depend on included.",
        )
    return DependencyError(f"The installation failed: {last}", "“Copy diagnostics” has the rest.")
