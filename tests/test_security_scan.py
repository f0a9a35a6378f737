"""The scanner of the plugin site finds nothing, and nothing was silenced without a reason."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.audit import verdict

ROOT = Path(__file__).resolve().parents[1]
# One line each: a program of ours is started without a shell; SQL of our own names.
SILENCED = {"B404", "B603", "B608"}


def test_bandit_finds_nothing():
    pytest.importorskip("bandit")
    run = subprocess.run(
        [sys.executable, "-m", "bandit", "-q", "-f", "json", "-r", "segshap_qgis", "__init__.py"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    report = json.loads(run.stdout)
    assert report["errors"] == []
    assert report["results"] == []
    assert report["metrics"]["_totals"]["loc"] > 10_000


def test_only_known_findings_are_silenced():
    silenced = [
        code
        for path in (ROOT / "segshap_qgis").rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "# nosec" in line
        for code in re.findall(r"B\d+", line.split("# nosec")[1]) or ["all"]
    ]
    assert set(silenced) <= SILENCED


def test_an_audit_that_could_look_nothing_up_is_no_clean_one():
    clean = {"name": "numpy", "version": "2.0", "vulns": []}
    faulty = {"name": "torch", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}
    unknown = {"name": "own", "skip_reason": "Dependency not found on PyPI"}
    assert verdict([clean, unknown]) == (
        ["Not looked up: own.", "1 packages looked up, 0 with known faults."],
        True,
    )
    assert verdict([unknown])[1] is False
    lines, is_clean = verdict([clean, faulty])
    assert lines[0] == "torch 1: PYSEC-1, mended in 2"
    assert not is_clean
