"""Every slick of a scene is explained into one GeoPackage, whatever interrupts the queue."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal
from shapely.geometry import box

from segshap_qgis.errors import ExportError, Interrupted, RegionError
from segshap_qgis.explain import explain
from segshap_qgis.geo import read_geopackage
from segshap_qgis.models import load_model, make_game
from segshap_qgis.scene import explain_slicks
from segshap_qgis.scene.group_run import read_group
from segshap_qgis.scene.groups import grouped
from segshap_qgis.scene.queueing import queue_of
from segshap_qgis.workflow import superpixels_for
from tests.geo.raster_files import write_tiff
from tests.scene.queues import contents, outline, small_queue
from tests.scene.scenes import go_on, unheard

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def undisturbed(place, tmp_path_factory):
    """The queue's GeoPackage and what was done for it."""
    path = tmp_path_factory.mktemp("undisturbed") / "slicks.gpkg"
    return explain_slicks(*place, path, unheard, go_on)


def rows_of(path: Path) -> list[dict]:
    package = gdal.OpenEx(str(path), gdal.OF_VECTOR)  # outlives its layer
    return [dict(feature.items()) for feature in package.GetLayerByName("slicks")]


def test_every_slick_gives_a_row_whose_numbers_add_up(undisturbed):
    assert (undisturbed.explained, undisturbed.failed) == (5, 0)
    for number, row in enumerate(rows_of(undisturbed.path), 1):
        assert (row["slick"], row["state"]) == (number, "explained")
        assert row["sum_of_contributions"] == pytest.approx(
            row["probability"] - row["base_value"], abs=1e-9
        )
        assert row["share_slick"] + row["share_near"] + row["share_far"] == pytest.approx(1)
        assert 0 < row["support"] <= row["share_slick"] + row["share_near"]
        assert row["trust"] == pytest.approx(row["probability"] * row["support"], abs=1e-6)
        assert row["faithfulness"] > 0


def test_cells_and_maps_belong_to_their_slicks(undisturbed):
    package = gdal.OpenEx(str(undisturbed.path), gdal.OF_VECTOR)
    cells = [dict(feature.items()) for feature in package.GetLayerByName("cells")]
    for row in rows_of(undisturbed.path):
        own = [cell["contribution"] for cell in cells if cell["slick"] == row["slick"]]
        assert sum(own) == pytest.approx(row["sum_of_contributions"], abs=1e-12)
        raster = gdal.OpenEx(f"GPKG:{undisturbed.path}:{row['map']}", gdal.OF_RASTER)
        values = set(np.unique(raster.ReadAsArray()).tolist()) - {-9999.0}
        assert values == {float(np.float32(value)) for value in own}


def test_the_dock_can_read_every_run_again(place, undisturbed):
    record = read_geopackage(undisturbed.path, "slick 3")
    assert record.window.offset == (123, 13)
    assert record.region.sum() == 100
    assert record.explanation.values.sum() == pytest.approx(
        rows_of(undisturbed.path)[2]["sum_of_contributions"], abs=1e-12
    )


def test_neighbours_share_a_window_and_get_what_they_would_get_alone_within_their_errors(
    place, undisturbed
):
    request, outlines = place
    assert undisturbed.windows == 4
    queue = queue_of(request, outlines)
    shared = queue.groups[0]
    assert shared.members == (0, 1)
    window = read_group(queue.request, shared)
    cells = superpixels_for(request.run, window)
    record = read_geopackage(undisturbed.path, "slick 2")
    game = make_game(
        load_model(request.run.model),
        window.bands,
        cells,
        [record.region],
        ["oil"],
        valid=window.valid,
        unit="db",
        precision="float32",
    )
    alone = explain(game, cells, budget=40, seed=0)
    shared_run = record.explanation
    np.testing.assert_allclose(shared_run.prediction, alone.prediction, atol=1e-6)
    np.testing.assert_allclose(shared_run.base, alone.base, atol=1e-6)
    # Other coalitions are drawn for two slicks than for one: the values differ by sampling alone.
    errors = np.hypot(shared_run.standard_errors, alone.standard_errors)
    assert (np.abs(shared_run.values - alone.values) <= 4 * errors + 1e-9).all()


def test_a_slick_longer_than_a_window_is_seen_in_coarser_pixels(place, tmp_path):
    request, outlines = place
    long = outline(100, 20, 5, 100)
    done = explain_slicks(request, [long, outlines[0]], tmp_path / "a.gpkg", unheard, go_on)
    rows = rows_of(done.path)
    assert [row["merge"] for row in rows] == [3, 1]
    assert done.explained == 2


def test_a_slick_on_no_data_says_so_and_the_others_go_on(place, tmp_path):
    request, outlines = place
    pixels = gdal.Open(request.raster).ReadAsArray()[None]
    pixels[0, 150:160, 40:50] = -99
    holed = write_tiff(tmp_path / "holed.tif", pixels, no_data=-99)
    request = small_queue(holed, request.run.model)
    done = explain_slicks(request, outlines[2:], tmp_path / "a.gpkg", unheard, go_on)
    assert (done.explained, done.failed) == (2, 1)
    assert "no-data" in rows_of(done.path)[0]["state"]


def test_slicks_of_another_raster_are_refused(place, tmp_path):
    with pytest.raises(RegionError, match="outside the raster"):
        explain_slicks(place[0], [box(0, 0, 10, 10)], tmp_path / "a.gpkg", unheard, go_on)
    with pytest.raises(RegionError, match="no slick"):
        explain_slicks(place[0], [], tmp_path / "a.gpkg", unheard, go_on)


def test_another_geopackage_is_not_replaced_and_costs_no_time(place, tmp_path):
    path = tmp_path / "mine.gpkg"
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE gpkg_contents (table_name TEXT)")
    before = path.read_bytes()
    heard: list[float] = []
    with pytest.raises(ExportError, match="exists already"):
        explain_slicks(*place, path, heard.append, go_on)
    assert path.read_bytes() == before
    assert not heard


def test_a_cancelled_queue_goes_on_where_it_was_and_ends_the_same(place, undisturbed, tmp_path):
    heard: list[float] = []
    path = tmp_path / "a.gpkg"
    with pytest.raises(Interrupted):
        explain_slicks(*place, path, heard.append, lambda: max(heard, default=0) >= 0.5)
    assert not path.exists()
    resumed = explain_slicks(*place, path, unheard, go_on)
    assert resumed.resumed == 2
    assert contents(path) == contents(undisturbed.path)
    assert [file.name for file in tmp_path.iterdir()] == ["a.gpkg"]


def test_a_finished_queue_is_replaced_by_the_next_one(place, undisturbed, tmp_path):
    path = tmp_path / "a.gpkg"
    explain_slicks(place[0], place[1][:1], path, unheard, go_on)
    explain_slicks(*place, path, unheard, go_on)
    assert contents(path) == contents(undisturbed.path)


def test_a_queue_that_is_killed_again_and_again_ends_the_same(place, undisturbed, tmp_path):
    request, outlines = place
    path = tmp_path / "a.gpkg"
    script = textwrap.dedent(
        f"""
        from pathlib import Path
        from shapely import wkb
        from segshap_qgis.scene import ExplainRequest, explain_slicks
        from segshap_qgis.workflow import Request
        outlines = [wkb.loads(o, hex=True) for o in {[o.wkb_hex for o in outlines]!r}]
        explain_slicks({request!r}, outlines, Path({str(path)!r}), lambda d: None, lambda: False)
        """
    )
    journal = tmp_path / ".a.gpkg.segshap-work" / "journal.sqlite"
    moments = random.Random(7)
    for _ in range(2):
        process = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT)
        until = time.monotonic() + 100
        while not journal.exists() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(moments.uniform(0.05, 1.0))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    explain_slicks(request, outlines, path, unheard, go_on)
    assert contents(path) == contents(undisturbed.path)


def test_every_slick_is_in_exactly_one_window_that_holds_it():
    rng = np.random.default_rng(3)
    starts = rng.integers(0, 3000, (200, 2))
    sizes = rng.integers(1, 400, (200, 2))
    bounds = [(*start, *(start + size)) for start, size in zip(starts, sizes)]
    groups = grouped(bounds, 256)
    members = [member for group in groups for member in group.members]
    assert sorted(members) == list(range(200))
    assert len(groups) < 200
    for group in groups:
        row0, column0, row1, column1 = group.bounds
        assert max(row1 - row0, column1 - column0) <= 256 * group.merge
        for member in group.members:
            assert bounds[member][0] >= row0
            assert bounds[member][3] <= column1
