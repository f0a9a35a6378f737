"""One row inside a real QGIS of its own: a crash is then a figure like any other."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any, Optional

from tools.real_qgis import ROOT, run_in_qgis

from .findings import Finding
from .ground import Ground

SCRIPT = Path(__file__).with_name("in_qgis.py")
ORDERS = "SEGSHAP_TORTURE"


def in_qgis(
    act: str,
    ground: Ground,
    timeout: float,
    environment: Optional[dict[str, str]] = None,
    **orders: Any,
) -> Finding:
    """Let a fresh QGIS with a fresh profile carry out an act.

    Parameters
    ----------
    act : str
        ``module:function`` of this package; the function takes a `stage.Stage`.
    ground : Ground
        Scene and model.
    timeout : float
        Seconds after which QGIS is stopped, which is a fault.
    environment : dict, optional
        Additions to QGIS's environment.
    **orders
        What the act is told, as JSON.

    Returns
    -------
    Finding
        What the act found; a crash or a stop is among the faults.
    """
    with tempfile.TemporaryDirectory(prefix="segshap-torture-") as profile:
        report = Path(profile) / "report.json"
        crash = Path(profile) / "crash.txt"
        told = {
            **orders,
            "act": act,
            "root": str(ROOT),
            "report": str(report),
            "crash": str(crash),
            "folder": str(ground.folder),
            "scene": str(ground.scene),
            "model": str(ground.model),
        }
        status, seconds = _run(Path(profile), told, timeout, environment or {})
        finding = Finding()
        if report.is_file():
            finding = Finding(**json.loads(report.read_text(encoding="utf-8")))
        else:
            finding.faults.append(f"QGIS ended without a report, status {status}")
        if status:
            trace = crash.read_text(encoding="utf-8")[:4000] if crash.is_file() else ""
            finding.faults.append(f"QGIS ended with status {status} after {seconds:.0f} s\n{trace}")
        return finding


def _run(
    profile: Path, told: dict[str, Any], timeout: float, environment: dict[str, str]
) -> tuple[int, float]:
    started = time.monotonic()
    try:
        status = run_in_qgis(
            SCRIPT, profile, {**environment, ORDERS: json.dumps(told)}, timeout=timeout
        )
    except TimeoutError:
        status = -1
    return status, time.monotonic() - started
