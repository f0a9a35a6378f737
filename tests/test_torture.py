"""The fault campaign itself runs: one row outside QGIS and one inside, small."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools.real_qgis import can_run_qgis
from torture import document
from torture.findings import spread

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.slow
@pytest.mark.skipif(not can_run_qgis(), reason="needs QGIS and a (virtual) display")
def test_a_small_campaign_finds_no_fault(tmp_path):
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "torture", "--quick", "--json", str(report)]
    run = subprocess.run(
        [*command, "--only", "kill", "cancel"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    rows = {row["name"]: row for row in json.loads(report.read_text(encoding="utf-8"))["rows"]}
    assert rows["kill"]["figures"]["old content intact"] == 5
    assert rows["cancel"]["figures"]["runs"] == 5


def test_the_table_says_what_was_measured_and_leaves_the_page_alone(tmp_path):
    page = tmp_path / "reliability.md"
    page.write_text(f"# Page\nbefore\n{document.BEGIN}\nold\n{document.END}\nafter\n")
    rows = [
        {"title": "Killed", "figures": {"times": 50}, "faults": [], "left_out": ""},
        {"title": "Full", "figures": {}, "faults": ["x"], "left_out": "only root can"},
    ]
    facts = {"date": "2026-01-02", "quick": False, "processor": "P", "cores": 2, "load": 0.1}
    document.write(page, {"rows": rows, **facts})
    text = page.read_text()
    assert text.startswith("# Page\nbefore\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "| Killed | times: 50 | 0 |" in text
    assert "| Full | not measured: only root can | 1 |" in text


def test_durations_are_told_by_their_middle_and_their_end():
    assert spread([0.5, 1.0, 3.0]) == "median 1.00 s, longest 3.00 s"
    assert spread([]) == "none"


STARTED = """
from pathlib import Path
from tools.real_qgis import end_qgis_with_us, run_in_qgis
end_qgis_with_us()
run_in_qgis(Path("script.py"), Path("profiles"))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_qgis_ends_with_the_program_that_started_it(tmp_path):
    qgis = tmp_path / "qgis"
    qgis.write_text(
        f"#!/bin/sh\nsleep 600 &\necho $$ $! > {tmp_path}/new\n"
        f"mv {tmp_path}/new {tmp_path}/processes\nwait\n"
    )
    qgis.chmod(0o755)
    there = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "DISPLAY": ":0", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", STARTED]
    with subprocess.Popen(command, cwd=tmp_path, env={**os.environ, **there}) as program:
        _wait_until((tmp_path / "processes").exists)
        program.terminate()
        assert program.wait(20) == 128 + signal.SIGTERM
    processes = (tmp_path / "processes").read_text().split()
    assert len(processes) == 2
    _wait_until(lambda: not any(_lives(process) for process in processes))


def _wait_until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def _lives(process):
    """Whether it runs; what was killed and is not yet taken note of does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
