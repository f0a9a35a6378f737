"""When a job asks the model for its own map: the first map of cells does not wait for it."""

from __future__ import annotations

import numpy as np
import pytest
from qgis.core import QgsGeometry, QgsRasterLayer

from segshap_qgis.cell_layers import CellLayers
from segshap_qgis.job import ExplainJob
from segshap_qgis.models import load_model
from segshap_qgis.processing.watch import Watch
from segshap_qgis.workflow import Request
from tests.processing.conftest import Feedback
from tests.processing.test_explain_regions import box


class Listener(Watch):
    """Writes down when the place is located and when a map is there; stops at a word."""

    def __init__(self, told, stop_at=""):
        super().__init__(Feedback(), 1000)
        self._told, self._stop_at = told, stop_at
        self.located.connect(lambda _: told.append("located"))

    def is_cancelled(self):
        return self._stop_at in self._told

    def on_progress(self, partial):
        self._told.append("map" if np.isfinite(partial.precision) else "values")
        return not self.is_cancelled()


@pytest.fixture
def carry_out(qgis_app, small_scene):
    """Carries a job out; gives what happened in order, and the record."""

    def carry_out(stop_at="", kind="region", cells="hexagons", budget=40):
        told: list[str] = []
        raster, card = small_scene
        model = load_model(card)
        predict = model.predict

        def told_predict(*arguments):
            told.append("predict")
            return predict(*arguments)

        model.predict = told_predict
        request = Request(card, "oil", side=8, window=48, budget=budget, stop_at=None, cells=cells)
        place = QgsGeometry.fromWkt(box(10, 10, 8))
        place = place if kind == "region" else place.centroid()
        layer = QgsRasterLayer(raster, "scene")
        job = ExplainJob(layer, request, kind, place, "run", model, CellLayers(cells))
        return told, job.carry_out(Listener(told, stop_at))

    return carry_out


def test_the_models_own_map_comes_after_the_first_map_and_only_once(carry_out):
    told, record = carry_out()
    assert told.count("predict") == 1
    assert told.index("located") < told.index("map") < told.index("predict")
    assert record.probability is not None


@pytest.mark.parametrize("others", [{"kind": "slick"}, {"cells": "classes"}], ids=str)
def test_where_the_place_or_the_cells_follow_the_model_its_map_comes_first(carry_out, others):
    told, record = carry_out(**others)
    assert told[0] == "predict"
    assert told.count("predict") == 1
    assert record.probability is not None


def test_a_run_that_is_cancelled_before_has_none(carry_out):
    told, record = carry_out(stop_at="map")
    assert "predict" not in told
    assert record.probability is None
    assert record.explanation.evaluations > 2
