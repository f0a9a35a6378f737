"""One run from a request to an explanation, on a real small network."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from segshap_qgis.geo import Window
from segshap_qgis.models import load_model
from segshap_qgis.workflow import Request, explain_window
from tests.small_model import write_small_model

SHAPE = (64, 64)


@pytest.fixture(scope="module")
def request_of_oil(tmp_path_factory):
    path = write_small_model(tmp_path_factory.mktemp("model"), n_classes=3)
    return Request(model=str(path), target="oil", side=12, budget=60, stop_at=None)


def run(request):
    bands = np.random.default_rng(0).uniform(0, 255, (1, *SHAPE)).astype(np.float32)
    window = Window(bands, np.ones(SHAPE, dtype=bool), (1.0, 0.0, 0.0, 0.0, -1.0, 0.0))
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
    )
    return found, seen


def test_one_class_against_another_is_an_explanation_of_one_target(request_of_oil):
    found, seen = run(replace(request_of_oil, against="ship"))
    assert found.settings["targets"] == ["oil rather than ship"]
    assert {partial.n_targets for partial in seen} == {1}
    oil, ship = (run(replace(request_of_oil, target=name))[0] for name in ("oil", "ship"))
    difference = float(oil.prediction[0] - ship.prediction[0])
    assert found.prediction[0] == pytest.approx(difference, abs=2e-3)  # bfloat16 where it is fast
    assert found.values.sum() == pytest.approx(float(found.prediction[0] - found.base[0]))


def test_several_backgrounds_are_averaged_and_kept_with_the_result(request_of_oil):
    averaged, _ = run(replace(request_of_oil, background=("mean", "zero", 0.5)))
    each = [run(replace(request_of_oil, background=b))[0].base[0] for b in ("mean", "zero", 0.5)]
    assert averaged.base[0] == pytest.approx(np.mean(each), abs=2e-3)
    kept = json.loads(json.dumps(averaged.settings))
    assert kept["background"] == ["mean", "zero", 0.5]
