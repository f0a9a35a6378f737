"""The paper's figures from a real small network."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.paper import FIGURES, Study, area_of_half
from segshap_qgis.models import load_model
from tests.small_model import write_small_model


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    model = load_model(write_small_model(tmp_path_factory.mktemp("model")), "cpu")
    rows, columns = np.mgrid[:72, :72]
    image = np.random.default_rng(0).gamma(20, 5, (1, 72, 72)).astype(np.float32)
    image[:, np.hypot(rows - 32, columns - 30) < 9] *= 0.3
    region, pixel = np.zeros((2, 72, 72), dtype=bool)
    region[30:35, 28:33] = pixel[32, 30] = True
    regions = {"slick": region, "slick, one pixel": pixel}
    return Study(model, image, regions, "oil", "sea", "mean", budget=30)


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


def numbers_in(tree):
    if isinstance(tree, dict):
        return [number for branch in tree.values() for number in numbers_in(branch)]
    return [tree] if isinstance(tree, (int, float)) else []
