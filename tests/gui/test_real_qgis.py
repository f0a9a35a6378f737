from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.real_qgis import can_run_qgis, run_in_qgis

HERE = Path(__file__).parent

pytestmark = pytest.mark.skipif(not can_run_qgis(), reason="needs QGIS and a (virtual) display")


@pytest.fixture(scope="module")
def reloads(tmp_path_factory):
    """What the real application looked like before, with and after the plugin, eleven times."""
    folder = tmp_path_factory.mktemp("qgis")
    report = folder / "report.json"
    run_in_qgis(HERE / "reload_in_qgis.py", folder, {"SEGSHAP_REPORT": str(report)}, timeout=120)
    found = json.loads(report.read_text(encoding="utf-8"))
    assert "error" not in found, found.get("error")
    return found


def test_loading_ten_times_leaves_nothing_behind(reloads):
    assert len(reloads["rounds"]) == 11
    assert all(round_["left"] == reloads["before"] for round_ in reloads["rounds"])


def test_the_plugin_shows_a_toolbar_a_menu_entry_and_a_dock(reloads):
    before, loaded, opened = (
        reloads["before"],
        reloads["rounds"][0]["loaded"],
        reloads["rounds"][0]["opened"],
    )
    assert loaded["toolbars"] == before["toolbars"] + 1
    assert loaded["raster menu"] == before["raster menu"] + 1
    assert loaded["docks"] == before["docks"]
    assert opened["docks"] == before["docks"] + 1


def test_starting_the_plugin_loads_nothing_heavy_and_takes_no_time(reloads):
    assert reloads["rounds"][0]["heavy"] == []
    assert reloads["rounds"][0]["seconds"] < 0.2
