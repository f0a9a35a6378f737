"""One run from a request to an explanation, on a real small network."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from segshap_qgis.errors import SegShapError, SettingsError
from segshap_qgis.geo import Window
from segshap_qgis.models import load_model
from segshap_qgis.workflow import NO_GUIDE, Guide, Request, explain_window, superpixels_for
from tests.hostile import spoilt
from tests.small_model import write_small_model

SHAPE = (64, 64)


@pytest.fixture(scope="module")
def request_of_oil(tmp_path_factory):
    path = write_small_model(tmp_path_factory.mktemp("model"), n_classes=3)
    return Request(model=str(path), target="oil", side=12, budget=60, stop_at=None)


def window_of_noise():
    bands = np.random.default_rng(0).uniform(0, 255, (1, *SHAPE)).astype(np.float32)
    return Window(bands, np.ones(SHAPE, dtype=bool), (0.0, 1.0, 0.0, 0.0, 0.0, -1.0))


def run(request, guide=NO_GUIDE):
    window = window_of_noise()
    region = np.zeros(SHAPE, dtype=bool)
    region[30:34, 30:34] = True
    seen = []
    found = explain_window(
        request,
        load_model(request.model, "cpu"),
        window,
        region,
        lambda partial: not seen.append(partial),
        lambda: False,
        guide,
    )
    return found, seen


def test_one_class_against_another_comes_first_and_the_classes_after_it(request_of_oil):
    found, seen = run(replace(request_of_oil, against="ship"))
    assert found.settings["targets"] == ["oil rather than ship", "sea", "ship", "oil"]
    assert {partial.n_targets for partial in seen} == {1}
    oil, ship = (run(replace(request_of_oil, target=name))[0] for name in ("oil", "ship"))
    difference = float(oil.prediction[0] - ship.prediction[0])
    assert found.prediction[0] == pytest.approx(difference, abs=2e-3)  # bfloat16 where it is fast
    total = found.prediction - found.base
    np.testing.assert_allclose(found.values.sum(axis=1), total, atol=1e-9)


def test_the_probabilities_and_contributions_of_all_classes_add_up(request_of_oil):
    found, _ = run(request_of_oil)
    assert found.settings["targets"] == ["oil", "sea", "ship"]
    assert found.prediction.sum() == pytest.approx(1.0, abs=1e-6)
    assert found.base.sum() == pytest.approx(1.0, abs=1e-6)
    # What one class gains another loses; below rank each is shrunk on its own.
    largest = np.abs(found.values).max()
    assert np.abs(found.values.sum(axis=0)).max() < 0.2 * largest


def test_several_backgrounds_are_averaged_and_kept_with_the_result(request_of_oil):
    averaged, _ = run(replace(request_of_oil, background=("mean", "zero", 0.5)))
    each = [run(replace(request_of_oil, background=b))[0].base[0] for b in ("mean", "zero", 0.5)]
    assert averaged.base[0] == pytest.approx(np.mean(each), abs=2e-3)
    kept = json.loads(json.dumps(averaged.settings))
    assert kept["background"] == ["mean", "zero", 0.5]


def halves():
    """Class 0 on the left, 3 on the right, none in the middle."""
    classes = np.zeros(SHAPE, dtype=np.int64)
    classes[:, 30:34] = -1
    classes[:, 34:] = 3
    return classes


@pytest.mark.parametrize("kind", ["classes", "layer"])
def test_no_cell_crosses_the_classes_that_it_is_cut_along(request_of_oil, kind):
    guide = Guide(halves())
    cells = superpixels_for(replace(request_of_oil, cells=kind), window_of_noise(), guide)
    assert (cells.labels >= 0).all()
    for player in range(cells.n_players):
        assert len(set(guide.labels[cells.labels == player])) == 1


def test_polygons_are_cells_themselves_and_what_is_beside_them_is_none(request_of_oil):
    asked = replace(request_of_oil, cells="polygons")
    cells = superpixels_for(asked, window_of_noise(), Guide(halves()))
    assert cells.n_players == 2
    assert (cells.labels[:, 30:34] == -1).all()


@pytest.mark.parametrize("kind", ["hexagons", "squares", "slic", "classes", "polygons"])
def test_land_and_no_data_are_never_players(request_of_oil, kind):
    window = window_of_noise()
    window.valid[:10] = False
    land = np.zeros(SHAPE, dtype=bool)
    land[50:] = True
    guide = Guide(halves(), land)
    cells = superpixels_for(replace(request_of_oil, cells=kind), window, guide)
    assert (cells.labels[:10] == -1).all()
    assert (cells.labels[50:] == -1).all()
    assert cells.n_players > 1


def one_cell():
    return np.zeros(SHAPE, dtype=np.int64)


def a_hole_and_single_pixels():
    """A frame around another cell with a hole, in which two single pixels lie apart."""
    cells = np.zeros(SHAPE, dtype=np.int64)
    cells[8:56, 8:56] = 1
    cells[20:44, 20:44] = -1
    cells[31, 31], cells[33, 33] = 2, 3
    return cells


def pairs_of_pixels():
    """2,048 cells of two pixels each."""
    rows, columns = np.indices(SHAPE)
    return rows * (SHAPE[1] // 2) + columns // 2


@pytest.mark.parametrize(
    ("cells", "n_cells"), [(one_cell, 1), (a_hole_and_single_pixels, 4), (pairs_of_pixels, 2048)]
)
def test_cells_of_any_size_and_number_are_explained_as_asked(request_of_oil, cells, n_cells):
    found, _ = run(replace(request_of_oil, cells="polygons"), Guide(cells()))
    assert found.superpixels.n_players == n_cells
    assert 2 <= found.evaluations <= 60
    np.testing.assert_allclose(found.values.sum(axis=1), found.prediction - found.base, atol=1e-9)
    painted = found.to_map()
    np.testing.assert_array_equal(np.isfinite(painted), cells() >= 0)


@pytest.mark.parametrize("cells", ["polygons", "slic", "squares", "hexagons"])
def test_more_cells_than_can_be_explained_are_refused(request_of_oil, cells):
    side = 128
    bands = np.random.default_rng(0).uniform(0, 255, (1, side, side)).astype(np.float32)
    window = Window(bands, np.ones((side, side), bool), (0.0, 1.0, 0.0, 0.0, 0.0, -1.0))
    each_pixel = Guide(np.arange(side**2).reshape(side, side))
    asked = replace(request_of_oil, cells=cells, n_segments=10_000, side=1)
    with pytest.raises(SettingsError) as told:
        superpixels_for(asked, window, each_pixel)
    assert told.value.remedy


def test_slic_has_its_two_parameters(request_of_oil):
    few, many, square = (
        superpixels_for(replace(request_of_oil, cells="slic", **parameters), window_of_noise())
        for parameters in (
            {"n_segments": 10},
            {"n_segments": 60},
            {"n_segments": 60, "compactness": 100.0},
        )
    )
    assert few.n_players < many.n_players
    assert square.settings["compactness"] == 100.0
    # Compact cells are alike.
    assert square.areas.std() < many.areas.std()


def test_cells_that_follow_nothing_and_unknown_choices_are_refused(request_of_oil):
    for changes in ({"cells": "layer"}, {"cells": "polygons"}, {"cells": "triangles"}):
        with pytest.raises(SettingsError):
            superpixels_for(replace(request_of_oil, **changes), window_of_noise())
    with pytest.raises(SettingsError, match="method"):
        run(replace(request_of_oil, method="guess"))


def test_rise_is_a_run_like_any_other(request_of_oil):
    asked = replace(request_of_oil, budget=200)
    heat, seen = run(replace(asked, method="rise"))
    signed, _ = run(replace(asked, method="signed_rise"))
    assert heat.values.min() > 0
    assert signed.values.min() < 0 < signed.values.max()
    assert heat.evaluations == 200
    assert seen[-1].evaluations == 200
    assert heat.settings["method"] == "rise"
    contributions, _ = run(asked)
    assert heat.prediction == pytest.approx(contributions.prediction[:1], abs=1e-3)
    assert heat.base == pytest.approx(contributions.base[:1], abs=1e-3)
    assert Request.from_settings(json.loads(json.dumps(dict(signed.settings)))).method == (
        "signed_rise"
    )


def test_settings_from_anywhere_make_a_request_that_runs_or_a_clear_error(request_of_oil):
    stored = json.loads(json.dumps(request_of_oil.settings()))

    @settings(
        max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(spoilt(stored))
    def check(document):
        try:
            made = Request.from_settings(document)
            # The budget and the cells decide how long it takes, not whether it runs.
            found, _ = run(replace(made, budget=min(made.budget, 12), model=request_of_oil.model))
        except SegShapError:
            return
        assert np.isfinite(found.values).all()

    check()


def test_two_models_are_compared_on_the_same_coalitions(request_of_oil, tmp_path):
    other = str(write_small_model(tmp_path, n_classes=3, seed=5, id="other"))
    found, _ = run(replace(request_of_oil, second=other))
    alone = [run(replace(request_of_oil, model=path))[0] for path in (request_of_oil.model, other)]
    assert found.settings["targets"] == [
        "small: oil rather than other: oil",
        "small: oil",
        "other: oil",
    ]
    for target, own in enumerate(alone, 1):
        assert found.prediction[target] == pytest.approx(float(own.prediction[0]), abs=2e-3)
    assert found.values[0].sum() == pytest.approx(float(found.prediction[0] - found.base[0]))
    same, _ = run(replace(request_of_oil, second=request_of_oil.model))
    assert np.abs(same.values[0]).max() < 1e-9
    assert same.settings["likeness"]["largest_difference"] < 1e-9
    for changes in ({"against": "ship"}, {"method": "rise"}):
        with pytest.raises(SettingsError, match="compared"):
            run(replace(request_of_oil, second=other, **changes))
