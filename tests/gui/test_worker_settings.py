"""The person's choice where models run, on the page of QGIS's options."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest
from qgis.core import QgsSettings

from segshap_qgis import dependencies
from segshap_qgis.gui.options_page import OptionsFactory
from segshap_qgis.models import dismiss_workers, load_model
from segshap_qgis.models.torch_import import WHEN
from tests.small_model import write_small_model

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def page(qgis_app, tmp_path, monkeypatch):
    """The options page on a profile of its own."""
    folder = tmp_path / "python3.99" / "site-packages"
    monkeypatch.setattr(dependencies, "private_folder", lambda: folder)
    QgsSettings().remove(dependencies.WORKER)
    yield OptionsFactory().createWidget
    QgsSettings().remove(dependencies.WORKER)
    gc.collect()
    dismiss_workers()


def test_the_choice_holds_for_the_next_model_that_is_loaded(page, tmp_path):
    card = write_small_model(tmp_path)
    shown = page()
    box = shown.worker.when_box
    assert [box.itemData(i) for i in range(box.count())] == list(WHEN)
    assert box.currentText() == "Automatically"
    for title, kind in (("Always", "RemoteModel"), ("Never", "SegmentationModel")):
        box.setCurrentText(title)
        assert page().worker.when_box.currentText() == title, "it is remembered"
        assert type(load_model(card, "cpu")).__name__ == kind
    QgsSettings().setValue(dependencies.WORKER, "nonsense")
    assert page().worker.when_box.currentText() == "Automatically"


def test_the_page_and_the_diagnostics_tell_of_an_import_that_ended_qgis(page):
    assert page().worker.state.isHidden()
    assert "QGIS ended while torch was loaded: False" in dependencies.diagnostics()
    notes = dependencies.worker_choice().notes
    code = (
        "import os, pathlib\n"
        "from segshap_qgis.models.torch_import import noted\n"
        f"with noted(pathlib.Path({str(notes)!r})):\n"
        "    os._exit(1)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert not page().worker.state.isHidden()
    assert "QGIS ended while torch was loaded: True" in dependencies.diagnostics()
