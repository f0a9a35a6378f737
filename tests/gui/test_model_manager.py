"""Models are added, tried, trusted and removed in the options; the user's files stay."""

from __future__ import annotations

import json
import time

import pytest
from qgis.core import QgsProject, QgsSettings
from qgis.PyQt.QtCore import QCoreApplication

from segshap_qgis import model_library as library
from segshap_qgis.gui.model_manager import ModelManager
from segshap_qgis.gui.options_page import OptionsFactory
from segshap_qgis.models import load_model
from tests.models.own_models import SmallNetwork, write_onnx, write_torchscript


@pytest.fixture
def manager(window):
    QgsSettings().remove("segshap")
    manager = ModelManager()
    yield manager
    manager.deleteLater()
    QgsSettings().remove("segshap")


def wait_for_trial(owner):
    until = time.monotonic() + 120
    while owner.trial is not None and time.monotonic() < until:
        QCoreApplication.processEvents()
        time.sleep(0.02)
    assert owner.trial is None


def test_an_onnx_model_is_added_as_it_is_tried_and_removed(manager, scene, tmp_path):
    path = write_onnx(tmp_path / "roads.onnx", SmallNetwork(last="softmax"))
    content = path.read_bytes()
    manager.add(path)
    assert [listed.path for listed in library.added_models()] == [path]
    assert manager.chosen().path == path
    assert "class 1" in manager.facts.toPlainText()
    manager.layer_box.setLayer(scene)
    manager.try_chosen()
    wait_for_trial(manager)
    assert manager.said.text().startswith("It runs: 80 x 60 pixels of “scene”")
    manager.remove_button.click()
    assert library.added_models() == []
    assert path.read_bytes() == content


def test_a_bundled_model_cannot_be_removed(manager):
    assert manager.chosen().path.parent == library.FOLDER
    assert not manager.remove_button.isEnabled()


def test_trying_without_a_raster_says_what_to_do(manager):
    QgsProject.instance().clear()
    manager.try_chosen()
    assert "Open a raster" in manager.said.text()


def test_a_file_that_is_no_model_is_refused_in_words(manager, tmp_path):
    path = tmp_path / "broken.json"
    path.write_text("{")
    manager.add(path)
    assert "not a JSON text" in manager.said.text()
    assert library.added_models() == []


def test_a_wizard_writes_the_card_of_a_program_that_is_trusted(manager, scene, tmp_path):
    path = write_torchscript(tmp_path / "own.pt", SmallNetwork(last="softmax"))
    manager.add(path)
    wizard = manager.wizard
    assert not wizard.trust.isComplete()
    wizard.trust.box.setChecked(True)
    assert wizard.trust.isComplete()
    wizard.describe.classes_edit.setText("sea, oil, ship")
    wizard.describe.output_box.setCurrentIndex(1)
    wizard.check.layer_box.setLayer(scene)
    wizard.check.start()
    wait_for_trial(wizard.check)
    assert "gives 2 classes, but its card lists 3" in wizard.check.said.text()
    wizard.describe.classes_edit.setText("sea, oil")
    wizard.check.start()
    wait_for_trial(wizard.check)
    assert wizard.check.said.text().startswith("It runs")
    wizard.accept()
    card = json.loads(path.with_suffix(".json").read_text())
    assert [entry["name"] for entry in card["classes"]] == ["sea", "oil"]
    assert card["normalisation"]["factor"] == pytest.approx(1 / 255)
    assert load_model(path, trusted=library.trusted()).class_names == ["sea", "oil"]
    assert manager.chosen().path == path.with_suffix(".json")


def test_trust_is_given_and_taken_with_one_button(manager, tmp_path):
    path = write_torchscript(tmp_path / "own.pt", SmallNetwork())
    manager.add(path)
    manager.wizard.trust.box.setChecked(True)
    manager.wizard.accept()
    assert library.is_trusted(path)
    manager.trust_button.click()
    assert not library.is_trusted(path)
    assert "it does not run" in manager.facts.toPlainText()
    manager.trust_button.click()
    assert library.is_trusted(path)


def test_the_options_page_holds_the_manager(window):
    page = OptionsFactory().createWidget()
    assert page.manager.list.topLevelItemCount() >= 1
    page.apply()
    page.deleteLater()
