"""From a scene to explained slicks in one job, which any interruption only delays."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from osgeo import ogr

from segshap_qgis.errors import Interrupted, SegShapError, SettingsError
from segshap_qgis.scene import (
    SceneRequest,
    WholeScene,
    explain_whole_scene,
    plan_whole_scene,
    unfinished_job,
)
from segshap_qgis.scene.whole import JOB_FILE, STEPS, files_in
from tests.scene.queues import contents, scene_with_slicks, small_queue
from tests.scene.scenes import go_on, radar_model


def unheard_steps(_step: str, _share: float) -> None:
    """Progress that nobody listens to."""


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    return job_of_three_slicks(tmp_path_factory.mktemp("whole"))


def job_of_three_slicks(folder) -> WholeScene:
    """A scene of which a random network makes three slicks that are large enough."""
    run = small_queue(scene_with_slicks(folder / "scene.tif"), radar_model(folder)).run
    scene = SceneRequest(
        str(folder / "scene.tif"), run.model, "oil", unit="db", window=128, overlap=32
    )
    return WholeScene(scene, run, threshold=0.85, smallest_area=2100.0)


@pytest.fixture(scope="module")
def undisturbed(job, tmp_path_factory):
    """What the files of the job hold when nothing comes between."""
    folder = tmp_path_factory.mktemp("undisturbed")
    steps: list[str] = []
    done = explain_whole_scene(job, folder, lambda step, _: steps.append(step), go_on)
    assert list(dict.fromkeys(steps)) == list(STEPS)
    assert (done.found, done.explained, done.failed) == (3, 3, 0)
    assert unfinished_job(folder) is None
    return bytes_and_rows(folder)


def bytes_and_rows(folder):
    files = files_in(folder)
    maps = [files.probability.read_bytes(), files.classes.read_bytes()]
    return maps, contents(files.slicks), contents(files.explained)


@pytest.mark.parametrize("step", STEPS)
def test_a_job_that_is_stopped_in_any_step_goes_on_and_ends_the_same(
    job, undisturbed, tmp_path, step
):
    reached: list[float] = []

    def stop_midway(at: str, share: float) -> None:
        if at == step and share > 0:
            reached.append(share)

    with pytest.raises(Interrupted):
        explain_whole_scene(job, tmp_path, stop_midway, lambda: bool(reached))
    assert unfinished_job(tmp_path) == job
    steps: list[str] = []
    explain_whole_scene(unfinished_job(tmp_path), tmp_path, lambda at, _: steps.append(at), go_on)
    assert list(dict.fromkeys(steps)) == list(STEPS[STEPS.index(step) :])
    assert bytes_and_rows(tmp_path) == undisturbed


def find_only(job, folder) -> None:
    """Go as far as the slicks are there, and not on to their explanations."""
    begun: list[str] = []
    with pytest.raises(Interrupted):
        explain_whole_scene(
            job, folder, lambda step, _: begun.append(step), lambda: "explain" in begun
        )


def test_outlines_are_simplified_by_choice_and_keep_their_measures(job, tmp_path):
    found = {}
    for simplify in (0.0, 30.0):
        folder = tmp_path / str(simplify)
        find_only(replace(job, simplify=simplify), folder)
        package = ogr.Open(str(files_in(folder).slicks))
        found[simplify] = [
            (f.GetField("area_m2"), f.GetGeometryRef().ExportToWkt().count(","))
            for f in package.GetLayerByName("slicks")
        ]
    for (area, points), (same_area, fewer) in zip(*found.values()):
        assert area == same_area
        assert fewer < points


def test_a_job_kept_before_outlines_could_be_simplified_goes_on(job):
    kept = job.to_dict()
    del kept["simplify"]
    assert WholeScene.from_dict(kept) == job


def test_slicks_are_estimated_once_they_are_found(job, tmp_path):
    assert [plan.what for plan in plan_whole_scene(job, tmp_path, go_on)] == ["tiles"]
    find_only(job, tmp_path)
    (plan,) = plan_whole_scene(job, tmp_path, go_on)
    assert plan.what == "windows"
    assert 1 <= plan.count <= 3


def test_a_scene_without_slicks_has_an_empty_table_and_no_explanations(job, tmp_path):
    nothing = WholeScene(job.scene, job.run, threshold=1.0, smallest_area=1e9)
    done = explain_whole_scene(nothing, tmp_path, unheard_steps, go_on)
    assert done.found == 0
    assert contents(done.files.slicks)["slicks"] == []
    assert not done.files.explained.exists()
    assert unfinished_job(tmp_path) is None


def test_a_folder_of_another_job_is_refused_and_left_as_it_was(job, tmp_path):
    other = WholeScene(job.scene, job.run, threshold=0.9)
    explain_whole_scene(
        WholeScene(job.scene, job.run, 1.0, smallest_area=1e9), tmp_path, unheard_steps, go_on
    )
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(SettingsError, match="another job"):
        explain_whole_scene(other, tmp_path, unheard_steps, go_on)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_foreign_files_of_the_same_names_are_never_touched(job, tmp_path):
    theirs = tmp_path / "slicks.gpkg"
    theirs.write_bytes(b"mine")
    with pytest.raises(SegShapError, match="holds files"):
        explain_whole_scene(job, tmp_path, unheard_steps, go_on)
    assert theirs.read_bytes() == b"mine"


@pytest.mark.parametrize(
    "changes", [{"method": "rise"}, {"cells": "polygons"}, {"land_layer": "x"}, {"against": "sea"}]
)
def test_what_a_queue_does_not_carry_out_is_refused_before_anything_is_done(job, tmp_path, changes):
    unfit = replace(job, run=replace(job.run, **changes))
    with pytest.raises(SettingsError):
        explain_whole_scene(unfit, tmp_path / "results", unheard_steps, go_on)
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"job": {"scene": 3}, "done": []}', "\x00"])
def test_a_damaged_job_is_told(tmp_path, text):
    (tmp_path / JOB_FILE).write_text(text)
    with pytest.raises(SettingsError, match="cannot be read"):
        unfinished_job(tmp_path)


def test_a_job_is_the_same_after_it_was_kept(job):
    assert WholeScene.from_dict(json.loads(json.dumps(job.to_dict()))) == job
