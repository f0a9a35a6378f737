"""Checks are kept with a run to the last bit, and what is no check is refused."""

from __future__ import annotations

import copy
import json
import math

import pytest

from segshap_qgis.errors import ExportError
from segshap_qgis.explain.reliability import Checks
from segshap_qgis.geo.run_checks import checks_document, checks_of
from segshap_qgis.geo.run_document import pack, unpack
from tests.small_record import small_checks, small_record


def kept(checks):
    """Through the text of a document and back; its text has nothing that is not JSON."""
    return checks_of(json.loads(json.dumps(checks_document(checks), allow_nan=False)))


def test_checks_of_several_classes_come_back_under_their_names():
    plain = Checks(0.0, 0.1, 0.02, -0.4, math.nan)
    back = kept({"oil": small_checks(), "look-alike": plain})
    assert list(back) == ["oil", "look-alike"]
    assert repr(back["look-alike"]) == repr(plain)
    found, wanted = back["oil"].randomisation, small_checks().randomisation
    for name in ("layers", "correlation", "absolute_correlation"):
        one, other = getattr(found, name), getattr(wanted, name)
        assert (one.dtype, one.tobytes()) == (other.dtype, other.tobytes())
    assert (found.n_layers, found.ceiling) == (wanted.n_layers, wanted.ceiling)


def test_a_table_of_checks_has_every_number():
    rows = list(small_checks().rows())
    assert [row["check"] for row in rows[:5]] == [
        "completeness_gap",
        "infidelity",
        "infidelity_error",
        "stability",
        "stability_of_sure",
    ]
    assert rows[5] == {"check": "randomised_ceiling", "layers": 0, "value": 0.97}
    assert rows[6] == {"check": "randomised_correlation", "layers": 2, "value": 0.1 + 0.2}
    assert rows[-1] == {"check": "randomised_absolute_correlation", "layers": 12, "value": 1 / 3}


def test_a_run_from_before_checks_were_kept_is_read():
    text, block = pack(small_record(checks={}))
    assert '"checks": {}, ' in text
    assert unpack(text.replace('"checks": {}, ', ""), block).checks == {}


def spoilt(**changes):
    """The document of good checks with something else in it, in its layers where those have it."""
    document = copy.deepcopy(checks_document({"oil": small_checks()}))
    for name, value in changes.items():
        layers = document["oil"]["randomisation"]
        (layers if name in layers else document["oil"])[name] = value
    return document


@pytest.mark.parametrize(
    "document",
    [
        [],
        {"oil": []},
        {"oil": {}},
        spoilt(infidelity=-1e-9),
        spoilt(infidelity=None),
        spoilt(completeness_gap=math.inf),
        spoilt(infidelity_error="0.1"),
        spoilt(stability=1.5),
        spoilt(stability=True),
        spoilt(randomisation=[]),
        spoilt(n_layers=11),
        spoilt(n_layers=10**30),
        spoilt(n_layers=12.0),
        spoilt(layers=[6, 2, 12]),
        spoilt(layers=[0, 6, 12]),
        spoilt(layers=[]),
        spoilt(layers=[2, 6]),
        spoilt(correlation=[0.1, 0.2]),
        spoilt(correlation=[0.1, 0.2, -1.1]),
        spoilt(absolute_correlation=7),
        spoilt(ceiling="high"),
    ],
)
def test_what_is_no_check_is_refused(document):
    text, block = pack(small_record(checks={}))
    hostile = json.loads(text)
    hostile["checks"] = document
    with pytest.raises(ExportError, match="cannot be read"):
        unpack(json.dumps(hostile), block)
