"""The paper's figures from a real small network."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.paper import FIGURES, Study, area_of_half, facts
from benchmarks.paper_claims import BEGIN, END, RADAR, STREET, in_page, table
from segshap_qgis.explain import Explanation, squares
from segshap_qgis.models import load_model
from tests.small_model import write_small_model

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    model = load_model(write_small_model(tmp_path_factory.mktemp("model")), "cpu")
    other = write_small_model(tmp_path_factory.mktemp("other"), seed=3, id="other")
    rows, columns = np.mgrid[:72, :72]
    image = np.random.default_rng(0).gamma(20, 5, (1, 72, 72)).astype(np.float32)
    image[:, np.hypot(rows - 32, columns - 30) < 9] *= 0.3
    region, pixel = np.zeros((2, 72, 72), dtype=bool)
    region[30:35, 28:33] = pixel[32, 30] = True
    regions = {"slick": region, "slick, one pixel": pixel}
    return Study(model, image, regions, "oil", "sea", "mean", 30, 4, load_model(other, "cpu"))


@pytest.mark.slow
@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_drawn_with_its_caption_and_finite_numbers(study, tmp_path, name):
    made = FIGURES[name](study)
    made.figure.savefig(tmp_path / "figure.png", dpi=40)
    assert (tmp_path / "figure.png").stat().st_size > 2000
    assert made.caption.endswith(".")
    assert np.isfinite(numbers_in(made.numbers)).all()


def test_the_area_of_half_a_map_by_hand():
    assert area_of_half(np.array([[4.0, 1.0], [1.0, np.nan]])) == pytest.approx(1 / 3)
    assert area_of_half(np.ones((2, 4))) == 0.5


def test_facts_of_an_explanation_by_hand():
    cells = squares((4, 8), side=4)
    found = Explanation(
        np.array([[0.3, -0.1]]),
        np.full((1, 2), 0.01),
        np.array([0.1]),
        np.array([0.3]),
        cells,
        9,
        0,
    )
    region = np.zeros((4, 8), dtype=bool)
    region[1:3, 1:3] = True
    told = facts(found, region)
    assert told["share_of_three"] == 1.0
    assert told["largest"] == 0.3
    # The region's centre is that of the first cell; the other's is 4 pixels away.
    assert told["mean_distance"] == pytest.approx(0.1 * 4 / 0.4)
    assert told["half_area"] == pytest.approx(11 / 32)


def test_a_claim_is_judged_by_its_numbers():
    heat = {"lowest_heat": 0.1, "negative_share_of_cells": 0.4}
    areas = {"half_area_rise": 0.3, "half_area_shap": 0.1}
    record = {"radar-rise.png": {"numbers": {**heat, **areas}}}
    lines = {line.split(" | ")[0][2:]: line for line in table(record).splitlines()}
    assert lines["RISE tells no sign"].endswith("| yes |")
    assert lines["RISE is blurrier"].endswith("| yes |")
    assert "not measured" in lines["Smaller super-pixels give sharper maps"]
    record["radar-rise.png"]["numbers"]["half_area_rise"] = 0.05
    assert "| **no** |" in table(record).split("RISE is blurrier")[1].splitlines()[0]


def test_the_study_of_chips_is_a_line_of_the_table():
    won = {"hexagons, medium": {"insertion": 0.8}, "RISE": {"insertion": 0.5}}
    chips = {str(i): {**won, "random": {"insertion": 0.9 if i < 3 else 0.1}} for i in range(10)}
    line = table({}, {"chips": chips}).splitlines()[-1]
    assert "RISE 100%; random 70%, elsewhere behind by 0.100 at most; 10 chips" in line
    assert line.endswith("| **no** |")


def test_only_what_stands_between_the_marks_is_written_anew():
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert in_page(page, "new") == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    assert in_page((ROOT / "docs" / "paper.md").read_text("utf-8"), "new").count("new") >= 1
    with pytest.raises(ValueError, match="marks"):
        in_page("no marks", "new")


@pytest.mark.slow
def test_every_claim_is_measured_by_the_figures_that_it_names(study):
    names = {figure for claim in (*RADAR, *STREET) for figure in claim.figures}
    record = {}
    for name in sorted(names):
        numbers = json.loads(json.dumps(FIGURES[name](study).numbers))
        record[f"radar-{name}.png"] = record[f"street1-{name}.png"] = {"numbers": numbers}
    measured = table(record)
    assert measured.count("not measured") == 1, "all but the study"
    assert "rank correlation" in measured


def numbers_in(tree):
    if isinstance(tree, dict):
        return [number for branch in tree.values() for number in numbers_in(branch)]
    return [tree] if isinstance(tree, (int, float)) else []
