"""Start the real QGIS with a script: on the display if there is one, else on a virtual one."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional

ROOT = Path(__file__).resolve().parents[1]
PLUGIN = "segshap"

# Process groups of the QGIS that run: they are not our own, and would outlive us.
_running: set[int] = set()


def can_run_qgis() -> bool:
    """Whether QGIS and a real or virtual display are installed."""
    return shutil.which("qgis") is not None and (
        has_display() or shutil.which("xvfb-run") is not None
    )


def has_display() -> bool:
    """Whether a person may be watching."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def run_in_qgis(
    script: Path,
    profiles: Path,
    environment: Optional[Mapping[str, str]] = None,
    size: str = "1600x1000",
    timeout: Optional[float] = None,
) -> int:
    """Run a script inside a fresh QGIS that sees this tree as a plugin; returns its exit status.

    Parameters
    ----------
    script : Path
        Runs once QGIS is up, in the namespace of its Python console. It has to end QGIS itself.
    profiles : Path
        Folder of the user profiles; the default profile is made there.
    environment : mapping, optional
        Additions to the environment.
    size : str
        Of the virtual display.
    timeout : float, optional
        Seconds after which QGIS is stopped, with all that it started.

    Raises
    ------
    TimeoutError
        It had to be stopped.
    """
    _show_plugin_to(profiles / "profiles" / "default" / "python" / "plugins")
    startup = profiles / "startup.py"
    _write_startup(startup)
    command = ["qgis", "--nologo", "--noversioncheck", "--profiles-path", str(profiles)]
    command += ["--code", str(script)]
    if not has_display():
        command = ["xvfb-run", "-a", "-s", f"-screen 0 {size}x24", *command]
    variables = {**os.environ, "PYQGIS_STARTUP": str(startup), **(environment or {})}
    # A person's own choice of platform is for the tests; the application needs a window.
    variables.pop("QT_QPA_PLATFORM", None)
    # A session of its own, so that a QGIS that hangs is ended together with its display.
    with subprocess.Popen(command, env=variables, start_new_session=True) as process:
        _running.add(process.pid)
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError(f"QGIS did not end within {timeout:g} s.") from error
        finally:
            _kill(process.pid)
            _running.discard(process.pid)


def end_qgis_with_us() -> None:
    """From now on a SIGTERM to this program ends every QGIS that `run_in_qgis` started, too."""
    signal.signal(signal.SIGTERM, _end)


def _end(number: int, _frame: Any) -> None:
    for group in list(_running):
        _kill(group)
    sys.exit(128 + number)


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def told_by_qgis(
    script: Path,
    variable: str,
    settings: Mapping[str, Any],
    output: Path,
    environment: Optional[Mapping[str, str]] = None,
    size: str = "1600x1000",
) -> dict[str, Any]:
    """Run a script on the sample scene in a fresh QGIS and profile; returns what it reports.

    Parameters
    ----------
    script : Path
        As in `run_in_qgis`; leaves ``report.json`` in the output folder.
    variable : str
        Of the environment: the settings as JSON, with ``scene`` and ``output`` added.
    settings : mapping
        For the script.
    output : Path
        Folder, made where it is missing.
    environment, size
        As in `run_in_qgis`.

    Returns
    -------
    dict
        The report; ``{"error": ...}`` where QGIS is missing or ended without one.
    """
    if not can_run_qgis():
        return {"error": "QGIS, or a display (or xvfb-run) for it, is missing: run `make setup`."}
    end_qgis_with_us()
    output = output.resolve()
    output.mkdir(parents=True, exist_ok=True)
    report = output / "report.json"
    report.unlink(missing_ok=True)
    scene = ROOT / "resources" / "sample" / "sample_slick.tif"
    told = json.dumps({"scene": str(scene), "output": str(output), **settings})
    with tempfile.TemporaryDirectory(prefix="segshap-profile-") as profile:
        variables = {variable: told, **(environment or {})}
        run_in_qgis(script, Path(profile), variables, size, timeout=3600)
    if not report.is_file():
        return {"error": "QGIS ended without a report."}
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return found


def _show_plugin_to(plugins: Path) -> None:
    plugins.mkdir(parents=True, exist_ok=True)
    link = plugins / PLUGIN
    if not link.exists():
        link.symlink_to(ROOT, target_is_directory=True)


def _write_startup(startup: Path) -> None:
    """QGIS embeds the system's Python: let it find in our environment what it has not got itself.

    At the end of the path, because two builds of GEOS or PROJ in one process do not mix. The root
    of this tree is there for what scripts share.
    """
    in_environment = sys.prefix != sys.base_prefix
    packages = [sysconfig.get_path("purelib")] if in_environment else []
    packages.append(str(ROOT))
    startup.write_text(f"import sys\nsys.path += {packages!r}\n", encoding="utf-8")
