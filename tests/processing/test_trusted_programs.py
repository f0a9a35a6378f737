"""A TorchScript model runs in every algorithm and on workers, but only once it is trusted."""

from __future__ import annotations

import json

import numpy as np
import pytest
from qgis.core import QgsSettings

from segshap_qgis import model_library as library
from segshap_qgis.errors import ModelError
from segshap_qgis.gui.record_game import RecordGame
from segshap_qgis.processing.explain_slicks import ExplainSlicks
from segshap_qgis.processing.insertion_deletion import InsertionDeletion
from segshap_qgis.processing.segment_raster import SegmentRaster
from segshap_qgis.scene.on_worker import ModelFiles, _loaded
from tests.models.own_models import SmallNetwork, own_card, write_torchscript
from tests.processing.test_explain_regions import box, layer_of, settings
from tests.small_record import small_record


def write_program(path, n_bands=1):
    write_torchscript(path, SmallNetwork(n_bands), n_bands)
    path.with_suffix(".json").write_text(json.dumps(own_card(path, "TorchScript", n_bands)))
    return path


@pytest.fixture
def program(qgis_app, tmp_path):
    yield write_program(tmp_path / "own.pt")
    QgsSettings().remove(library.TRUSTED)


@pytest.mark.parametrize(
    ("algorithm", "regions", "others"),
    [
        (SegmentRaster, "", {"WINDOW": 48, "OVERLAP": 16}),
        (ExplainSlicks, "SLICKS", {"WINDOW": 48}),
        (InsertionDeletion, "REGIONS", {"WINDOW": 48, "SIDE": 24}),
    ],
)
def test_it_runs_in_the_toolbox_once_it_is_trusted(
    run, small_scene, program, tmp_path, algorithm, regions, others
):
    asked = settings((small_scene[0], str(program)), None, STOP_AT=0, **others)
    del asked["REGIONS"]
    if regions:
        asked[regions] = layer_of("Polygon", box(10, 10, 5))
    suffix = "tif" if algorithm is SegmentRaster else "gpkg"
    asked["OUTPUT"] = str(tmp_path / f"out.{suffix}")
    _, good, feedback, _ = run(algorithm(), asked)
    assert not good
    assert any("is not trusted on this computer" in text for text in feedback.errors)
    library.trust(program)
    _, good, feedback, _ = run(algorithm(), asked)
    assert good, feedback.errors


def test_a_worker_runs_what_the_sender_trusts_and_nothing_else(program):
    with pytest.raises(ModelError, match="not trusted"):
        ModelFiles.of(str(program))
    library.trust(program)
    sent = ModelFiles.of(str(program))
    library.distrust(program)
    assert _loaded(sent).class_names == ["sea", "oil"]
    changed = ModelFiles(
        sent.card_name, sent.card, sent.weights_name, sent.weights + b"\0", sent.trusted
    )
    with pytest.raises(ModelError):
        _loaded(changed)


def test_cells_are_hidden_by_hand_in_a_trusted_program(program, tmp_path):
    path = write_program(tmp_path / "two_bands.pt", n_bands=2)
    record = small_record(settings={"model": str(path), "target": "oil"})
    everything = np.ones((1, record.explanation.superpixels.n_players), dtype=bool)
    with pytest.raises(ModelError, match="not trusted"):
        RecordGame(record).values(everything, "oil")
    library.trust(path)
    assert 0 <= RecordGame(record).values(everything, "oil")[0] <= 1
