"""The study of super-pixels: its statistics, and one chip of it for real."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from benchmarks.grids import KINDS, SIZES, make_cells
from segshap_qgis.models import load_model
from tests.small_model import write_small_model

ROOT = Path(__file__).resolve().parents[1]
gdal.UseExceptions()


@pytest.fixture(scope="module")
def study():
    path = ROOT / "tools" / "superpixel_study.py"
    spec = importlib.util.spec_from_file_location("superpixel_study", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def results(study, gain):
    """Two methods on 30 chips; the other one is better by `gain` on the mean."""
    rng = np.random.default_rng(0)
    chips = {}
    for i in range(30):
        base, more = rng.normal(0.5, 0.2), rng.normal(gain, 0.05)
        chips[f"chip {i}"] = {
            name: {"insertion": s, "deletion": 0.0, "score": s, "stability": 0.9, "cells": 50}
            for name, s in ((study.REFERENCE, base), ("squares, small", base + more))
        }
        for rival in ("RISE", "random"):
            chips[f"chip {i}"][rival] = {"insertion": 0.0, "deletion": 0.0, "score": 0.0}
    settings = {"model": "m", "window": 128, "budget": 200, "steps": 8}
    return {"settings": settings, "seconds": 600.0, "chips": chips}


def test_the_interval_holds_the_mean_about_as_often_as_it_says(study):
    rng = np.random.default_rng(0)
    held = []
    for _ in range(200):
        _, low, high = study.interval(rng.normal(1.0, 1.0, size=40))
        held.append(low <= 1.0 <= high)
    assert 0.88 <= np.mean(held) <= 0.99


def test_a_clear_difference_is_reported_and_chance_is_not(study):
    clear = study.report(results(study, gain=0.1))
    assert "* Better than hexagons, medium, interval off zero: squares, small." in clear
    chance = study.report(results(study, gain=0.0))
    assert "* Better than hexagons, medium, interval off zero: none." in chance
    assert "from 30 real radar chips" in chance
    assert "It took 10 minutes." in chance
    assert "beats RISE on insertion on 100% of the chips. It is ahead" in clear
    lost = results(study, gain=0.0)
    lost["chips"]["chip 7"]["RISE"]["insertion"] = 9.0
    assert "on 97% of the chips; not on chip 7, where it is behind by" in study.report(lost)
    rows = [line for line in clear.splitlines() if line.startswith("| ")]
    assert {row.count("|") for row in rows} == {9}


def test_kinds_of_one_size_have_cells_of_about_one_area():
    scene = gdal.Open(str(ROOT / "resources" / "sample" / "sample_slick.tif")).ReadAsArray()
    image = scene[None, 90:346, :256].astype(np.float32)
    classes, valid = np.zeros((256, 256), dtype=int), np.ones((256, 256), dtype=bool)
    for size in SIZES:
        counts = [make_cells(kind, size, image, classes, valid).n_players for kind in KINDS]
        assert max(counts) < 1.6 * min(counts), (size, counts)
    larger = [make_cells("hexagons", size, image, classes, valid).n_players for size in SIZES]
    assert larger == sorted(larger)


@pytest.mark.slow
def test_one_chip_is_studied_for_real(study, tmp_path):
    model = load_model(write_small_model(tmp_path), "cpu")
    rows, columns = np.mgrid[:72, :72]
    image = np.random.default_rng(0).gamma(20, 5, (1, 72, 72)).astype(np.float32)
    image[:, np.hypot(rows - 32, columns - 30) < 9] *= 0.3
    found = study.study_chip(model, image, budget=30, steps=4)
    assert len(found) == len(KINDS) * len(SIZES) + 2
    for method, scores in found.items():
        assert scores["score"] == pytest.approx(scores["insertion"] - scores["deletion"]), method
        assert np.isfinite(scores["score"])
        if method not in {"RISE", "random"}:
            assert 0 < scores["foretelling"] < 2, method
    studied = {**results(study, 0), "chips": {"a": found, "b": found}}
    assert "class cells, small" in study.report(studied)
    study.figure(studied).savefig(tmp_path / "figure.png", dpi=40)
    assert (tmp_path / "figure.png").stat().st_size > 2000
