"""The tools that measure whole scenes and trust, and write what they measured into the page."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.marked import put_between
from benchmarks.scale_report import straight_line, write_document

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

PAGE = "before\n<!-- measured: begin -->\nold\n<!-- measured: end -->\nafter\n"
MACHINE = {"processor": "Abacus", "cores": 4, "usable_cores": 2, "load_before": 0.1}
JOB = {"seconds": 50.0, "peak_megabytes": 440.0, "disk_bytes": 4e6, "result_bytes": 2e6}
PLAN = {**JOB, "count": 25, "seconds": 60.0, "seconds_with_two": 31.0}


def scene(side: int, **changes: float) -> dict:
    cpu = 1 + 2 * side**2 / 1e6
    return {**JOB, "side": side, "tiles": 25, "cpu_seconds": cpu, "planned": PLAN, **changes}


def queue(**changes: float) -> dict:
    return {**JOB, "windows": 4, "explained": 4, "windows_per_second": 0.5, **changes}


RESULTS = {
    "memory": {
        "machine": MACHINE,
        "measured": [scene(1000), scene(2000), scene(5000, peak_megabytes=700.0)],
    },
    "workers": {
        "machine": {**MACHINE, "load_before": 7.9},
        "measured": {
            **{name: queue() for name in ("here", "one", "two", "one_killed")},
            "planned": PLAN,
            "efficiency": 0.91,
            "identical": {"here": True, "one": True, "two": True, "one_killed": False},
        },
    },
    "cost": {
        "machine": MACHINE,
        "measured": {
            "side": 1000,
            "budget": 1000,
            "scene": scene(1000),
            "queue": {**queue(seconds=40.0, result_bytes=8e6), "planned": PLAN},
        },
    },
}


@pytest.fixture
def page(tmp_path):
    (tmp_path / "scale.md").write_text(PAGE)
    write_document(RESULTS, tmp_path)
    return (tmp_path / "scale.md").read_text()


def test_the_page_holds_what_was_measured_and_what_was_not(page, tmp_path):
    assert page.startswith("before\n")
    assert page.endswith("after\n")
    assert "old" not in page
    assert "Memory grew by 260 MB" in page
    assert "within 200 MB from 2,000 to 20,000; **not met**" in page
    assert "2.00 s a megapixel, with departures of at most 0%" in page
    assert "efficiency 0.91 (owed: 0.85; met)" in page
    assert "| two workers, one killed -9 midway | 4 | 50 | 0.50 | **no** |" in page
    assert "**Not measured yet**: `--only kill`." in page
    with Image.open(tmp_path / "images" / "scale.png") as picture:
        assert np.asarray(picture).std() > 10


@pytest.mark.parametrize(
    ("last", "words"), [(5000, "not measured that far yet"), (20000, "20,000; met)")]
)
def test_a_goal_is_met_only_where_it_was_measured(tmp_path, last, words):
    (tmp_path / "scale.md").write_text(PAGE)
    rows = [scene(2000), scene(last, peak_megabytes=500.0)]
    write_document({"memory": {"machine": MACHINE, "measured": rows}}, tmp_path)
    assert words in (tmp_path / "scale.md").read_text()


def test_a_busy_machine_is_told_beside_its_figures_alone(page):
    told = [line for line in page.splitlines() if "Other programs" in line]
    assert len(told) == 1
    assert "7.9" in told[0]


def test_the_archive_is_the_measured_costs_times_their_number(page):
    # 65 x 42 tiles of 2 s, and 10 windows of 10 s.
    hours = (2730 * 2 + 10 * 10) / 3600
    assert f"{hours:.1f} core-hours a scene" in page
    days = 100_000 * hours / 24
    assert f"{days:,.0f} |" in page
    assert f"{days / 64:,.0f} |" in page


def test_a_straight_line_finds_what_bends():
    a, b, departure = straight_line([scene(side) for side in (1000, 2000, 4000)])
    assert (a, b, departure) == pytest.approx((1, 2, 0), abs=1e-9)
    bent = [scene(side, cpu_seconds=side**3 / 1e9) for side in (1000, 2000, 4000)]
    assert straight_line(bent)[2] > 0.2


def test_a_document_without_marks_is_left_as_it_is(tmp_path):
    path = tmp_path / "page.md"
    path.write_text("mine")
    with pytest.raises(ValueError, match="no marks"):
        put_between(path, "measured", "text")
    assert path.read_text() == "mine"


def test_the_benchmark_measures_a_scene_beside_its_dry_run(tmp_path):
    kept = tmp_path / "scale.json"
    subprocess.run(
        [
            sys.executable,
            *["tools/scale_benchmark.py", "--only", "memory", "--sides", "600", "--json"],
            kept,
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (row,) = json.loads(kept.read_text())["memory"]["measured"]
    assert row["tiles"] == row["planned"]["count"] == 4
    assert 0 < row["result_bytes"] < row["disk_bytes"]
    assert 50 < row["peak_megabytes"] < 5000
    # The dry run of so small a scene is the scene.
    assert row["planned"]["result_bytes"] == pytest.approx(row["result_bytes"], rel=0.01)


def test_a_stopped_benchmark_goes_on_with_what_it_has_not_measured(tmp_path):
    from scale_benchmark import Steps

    kept, made = tmp_path / "scale.json", []

    def measure(name):
        made.append(name)
        return {"seconds": len(made)}

    def measured(steps):
        return [steps(name, lambda name=name: measure(name)) for name in ("first", "second")]

    stopped = Steps(kept, "kill", {"regions": 2})
    stopped("first", lambda: measure("first"))
    with pytest.raises(KeyboardInterrupt):
        stopped("second", interrupted)
    (tmp_path / "scale.md").write_text(PAGE)
    write_document(json.loads(kept.read_text()), tmp_path)
    assert "`--only kill`" in (tmp_path / "scale.md").read_text(), "half a part says nothing"
    taken_up = Steps(kept, "kill", {"regions": 2})
    found = taken_up.finish(measured(taken_up))
    assert made == ["first", "second"]
    assert found["measured"] == [{"seconds": 1}, {"seconds": 2}]
    Steps(kept, "memory", {}).finish([])
    other = json.loads(kept.read_text())
    assert other["kill"]["measured"] == found["measured"]
    assert set(other) == {"kill", "memory"}
    measured(Steps(kept, "kill", {"regions": 3}))
    assert made == ["first", "second"] * 2, "another request is measured anew"


def interrupted():
    raise KeyboardInterrupt


# Trust ------------------------------------------------------------------------------------------


def detection(covered: float, trust: float) -> dict:
    from trust_study import PREDICTORS

    return {**dict.fromkeys(PREDICTORS, 0.5), "covered": covered, "trust": trust}


def results(true: float, false: float) -> dict:
    chips = {
        f"chip {i}": {
            "sensor": "sentinel" if i % 2 else "sea without oil",
            "judges": i < 10,
            "detections": [detection(i % 2, (true if i % 2 else false) + i / 1000)],
        }
        for i in range(20)
    }
    return {"asked": {"model": "m", "budget": 10}, "chips": chips}


@pytest.mark.parametrize(
    ("true", "false", "words"),
    [
        (0.8, 0.2, "better than chance; it does better than the probability alone: the area is"),
        (0.2, 0.8, "**Higher trust went with false detections**: it must not be read as a sign of"),
        (0.2, 0.8, "it does **worse than the probability alone**, which needs no explanation"),
        (0.5, 0.5, "**Trust does not tell true detections from false ones**"),
        (0.5, 0.5, "it does no better and no worse than the probability alone"),
    ],
)
def test_the_verdict_on_trust_follows_its_interval(true, false, words):
    from trust_study import paragraphs

    text = "\n".join(paragraphs(results(true, false)))
    assert "10 true and 10 false" in text
    assert words in text
    assert "| probability alone | 0.50 (0.50 to 0.50) | 0.50 (0.50 to 0.50) | - |" in text


def test_chips_that_were_looked_at_have_no_say_in_the_verdict():
    from trust_study import paragraphs

    found = results(0.2, 0.8)
    for chip in found["chips"].values():
        for row in chip["detections"] if chip["judges"] else ():
            row["trust"] = 1 - row["trust"]
    text = "\n".join(paragraphs(found))
    assert "**Trust tells true detections from false ones**" in text
    assert (
        "| **trust** = probability x support | 1.00 (1.00 to 1.00) | 0.00 (0.00 to 0.00) |" in text
    )


def test_half_the_chips_of_the_whole_study_were_not_looked_at():
    from trust_study import LOOKED_AT, judges

    positions = list(range(0, 64, 4))
    assert [judges(position) for position in positions] == [False, True] * 8
    assert not any(judges(position) for position in range(0, 64, LOOKED_AT))


def test_too_few_detections_are_no_verdict():
    from trust_study import paragraphs

    few = copy.deepcopy(results(0.8, 0.2))
    for chip in few["chips"].values():
        chip["detections"] = [row for row in chip["detections"] if row["covered"]]
    assert "too few detections" in "\n".join(paragraphs(few))


def test_a_detection_on_a_chip_is_explained_and_compared_with_its_mask():
    from osgeo import gdal
    from trust_study import Chip, detections

    from segshap_qgis.models import load_model

    pixels = gdal.Open(str(ROOT / "resources/sample/sample_slick.tif")).ReadAsArray()
    grey = pixels[136:264, 48:176]
    mask = np.zeros(grey.shape, bool)
    mask[:64] = True
    found = detections(
        load_model("oil_fcdensenet56"), "oil_fcdensenet56", Chip("a", "b", grey, mask, True), 20
    )
    assert found
    # The largest detection lies across the middle of the chip.
    assert 0 < found[0]["covered"] < 1
    for row in found:
        assert row["trust"] == pytest.approx(row["probability"] * row["support"], abs=1e-6)
        assert 0 <= row["support"] <= row["focus"] + 1e-9 <= 1 + 1e-6
