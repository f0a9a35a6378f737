#!/usr/bin/env python3
"""Which installed packages have known faults, by pip-audit and the advisories of PyPI.

A package that could not be looked up is named, and passes for nothing: where none could, because
the advisories cannot be reached from here, nothing was audited, and the exit status says so.

    python tools/audit.py        needs pip-audit (`make audit` gets it) and the network
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
COMMAND = (
    "pip_audit", "--local", "--skip-editable", "--progress-spinner=off", "--format=json",
)  # fmt: skip


def main() -> int:
    """Ask, tell, and exit with 1 where a fault is known or nothing could be looked up."""
    run = subprocess.run(
        [sys.executable, "-m", *COMMAND],
        env={**os.environ, "PYTHONPATH": str(ROOT / "build" / "audit")},
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        packages = json.loads(run.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(run.stderr, file=sys.stderr)
        return 1
    lines, is_clean = verdict(packages)
    print("\n".join(lines))
    return int(not is_clean)


def verdict(packages: Sequence[dict[str, Any]]) -> tuple[list[str], bool]:
    """What to tell of pip-audit's list of packages, and whether all that were asked for are clean.

    Parameters
    ----------
    packages : sequence of dict
        With ``name``, ``version`` and ``vulns``; or ``name`` and ``skip_reason``.
    """
    skipped = sorted(str(package["name"]) for package in packages if "skip_reason" in package)
    audited = [package for package in packages if "skip_reason" not in package]
    faulty = [package for package in audited if package["vulns"]]
    lines = [
        f"{package['name']} {package['version']}: {fault['id']}, "
        f"mended in {', '.join(fault['fix_versions']) or 'no version yet'}"
        for package in faulty
        for fault in package["vulns"]
    ]
    if skipped:
        lines.append(f"Not looked up: {', '.join(skipped)}.")
    lines.append(f"{len(audited)} packages looked up, {len(faulty)} with known faults.")
    return lines, bool(audited) and not faulty


if __name__ == "__main__":
    sys.exit(main())
