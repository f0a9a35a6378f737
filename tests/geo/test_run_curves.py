"""Curves are kept with a run to the last bit, and what is no curve is refused."""

from __future__ import annotations

import numpy as np
import pytest

from segshap_qgis.errors import ExportError
from segshap_qgis.explain import deletion_insertion
from segshap_qgis.geo.run_curves import curve_arrays, curves_of
from segshap_qgis.geo.run_document import pack, unpack
from tests.small_record import small_curves, small_record


@pytest.fixture
def curves():
    """Curves of two classes, and the number of players."""
    found = small_record().explanation
    both = {"oil": small_curves(found), "look-alike": small_curves(found, target=1)}
    return both, found.superpixels.n_players


def test_curves_of_several_classes_come_back_under_their_names(curves):
    known, n_players = curves
    back = curves_of(list(known), curve_arrays(known), n_players)
    assert list(back) == ["oil", "look-alike"]
    for name, found in known.items():
        assert list(back[name].rows()) == list(found.rows())
        assert back[name].deletion.auc == found.deletion.auc


def test_a_run_from_before_curves_were_kept_is_read():
    text, block = pack(small_record(curves={}))
    assert '"curves": [], ' in text
    assert unpack(text.replace('"curves": [], ', ""), block).curves == {}


def test_curves_of_different_steps_are_not_kept_together(curves):
    known, _ = curves
    explanation = small_record().explanation

    def game(coalitions):
        return coalitions @ explanation.values.T + explanation.base

    finer = deletion_insertion(game, explanation, steps=9)
    with pytest.raises(ExportError, match="same steps"):
        curve_arrays({**known, "finer": finer})


def test_a_single_random_order_is_enough_to_be_kept(curves):
    known, n_players = curves
    arrays = curve_arrays(known)
    fewer = {
        "curve_areas": arrays["curve_areas"][:, :3],
        "curve_values": arrays["curve_values"][:, :, :3],
    }
    back = curves_of(list(known), fewer, n_players)["oil"]
    assert len(back.random_deletion) == len(back.random_insertion) == 1


def test_what_is_no_curve_is_refused(curves):
    known, n_players = curves
    arrays = curve_arrays(known)
    areas, values = arrays["curve_areas"], arrays["curve_values"]
    backwards, unknown, short = areas.copy(), values.copy(), areas.copy()
    backwards[0, 0, 1:3] = areas[0, 0, 2:0:-1]
    unknown[1, 0, 2, 1] = np.nan
    short[1, 2, -1] = 0.99
    for names, first, second in (
        (["oil"], areas, values),
        (["oil", "oil"], areas, values),
        (["oil", 7], areas, values),
        ([], areas, values),
        (["oil", "look-alike"], areas[:, :2], values[:, :, :2]),
        (["oil", "look-alike"], backwards, values),
        (["oil", "look-alike"], areas, unknown),
        (["oil", "look-alike"], short, values),
    ):
        with pytest.raises(ValueError):
            curves_of(names, {"curve_areas": first, "curve_values": second}, n_players)
    with pytest.raises(ValueError, match="too many points"):
        curves_of(list(known), arrays, areas.shape[-1] - 2)
    with pytest.raises(ValueError, match="missing"):
        curves_of(["oil"], {}, n_players)
    with pytest.raises(ValueError, match="missing"):
        curves_of([], {"curve_areas": areas}, n_players)
