"""The algorithms where QGIS runs them: beside its window, in models and in batches."""

from __future__ import annotations

import threading

import pytest
from qgis.core import (
    QgsApplication,
    QgsProcessingAlgorithm,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingModelParameter,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterRasterLayer,
    QgsProject,
    QgsVectorFileWriter,
    QgsVectorLayer,
)
from qgis.PyQt import sip

from segshap_qgis.icons import icon
from segshap_qgis.processing.compare_models import CompareModels
from segshap_qgis.processing.explain_regions import ExplainRegions
from segshap_qgis.processing.insertion_deletion import InsertionDeletion
from segshap_qgis.processing.make_superpixels import MakeSuperpixels
from segshap_qgis.processing.provider import ALGORITHMS, SegShapProvider
from tests.gui.hands import wait_until
from tests.processing.conftest import Feedback
from tests.processing.test_explain_regions import box, layer_of, rows_of, settings

Source = QgsProcessingModelChildParameterSource


@pytest.fixture
def provider(qgis_app, qgis_processing):
    """SegSHAP in the toolbox."""
    provider = SegShapProvider()
    assert QgsApplication.processingRegistry().addProvider(provider)
    yield provider
    QgsApplication.processingRegistry().removeProvider(provider)


@pytest.fixture
def regions(tmp_path):
    """Two polygons in a file; its path."""
    path = str(tmp_path / "regions.gpkg")
    layer = layer_of("Polygon", box(10, 10, 5), box(40, 30, 8))
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    QgsVectorFileWriter.writeAsVectorFormatV3(
        layer, path, QgsProject.instance().transformContext(), options
    )
    return path


# What the toolbox shows -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ALGORITHMS)
def test_every_algorithm_has_words_an_icon_and_flags_for_all_uses(provider, kind):
    algorithm = provider.algorithm(kind.ID)
    flags, Flag = algorithm.flags(), QgsProcessingAlgorithm.Flag
    assert flags & Flag.FlagCanCancel
    assert flags & Flag.FlagSupportsBatch
    # They run beside the window, and are offered in models, in the toolbox and in a shell.
    for other in (Flag.FlagNoThreading, Flag.FlagHideFromModeler, Flag.FlagHideFromToolbox,
                  Flag.FlagNotAvailableInStandaloneTool):  # fmt: skip
        assert not flags & other
    assert len(algorithm.shortHelpString()) > 100
    assert algorithm.shortDescription()
    assert not algorithm.icon().isNull()
    assert not icon(kind.ICON).pixmap(16, 16).toImage().isNull()
    assert algorithm.group()
    assert algorithm.groupId().isidentifier()
    definitions = algorithm.parameterDefinitions()
    assert [p.name() for p in definitions if not p.help() or not p.description()] == []


@pytest.mark.parametrize("kind", [ExplainRegions, InsertionDeletion, CompareModels])
def test_an_algorithm_that_is_cancelled_before_it_begins_writes_nothing_and_is_no_failure(
    run, small_scene, kind
):
    feedback = Feedback()
    feedback.cancel()
    parameters = settings(small_scene, layer_of("Polygon", box(10, 10, 5)))
    results, good, _, context = run(
        kind(), {**parameters, "MODEL_FILE_2": small_scene[1]}, feedback
    )
    assert good, feedback.errors
    assert rows_of(results, context) == []


# Beside the window ----------------------------------------------------------------------------


def test_it_runs_beside_the_window_and_gives_the_raster_back_there(qgis_app, small_scene, provider):
    main, threads = threading.get_ident(), []

    class Watched(ExplainRegions):
        def createInstance(self):
            return Watched()

        def explain_features(self, parameters, context, feedback):
            threads.append(threading.get_ident())
            kept.append(self)
            return super().explain_features(parameters, context, feedback)

    kept: list[ExplainRegions] = []
    parameters = settings(small_scene, layer_of("Polygon", box(10, 10, 5)))
    context, feedback, ended = QgsProcessingContext(), Feedback(), []
    context.setProject(QgsProject.instance())
    task = QgsProcessingAlgRunnerTask(Watched().create(), parameters, context, feedback)
    task.executed.connect(lambda good, results: ended.append((good, results)))
    QgsApplication.taskManager().addTask(task)
    wait_until(lambda: ended)
    good, results = ended[0]
    assert good, feedback.errors
    assert threads != [main]
    layer = context.takeResultLayer(results["OUTPUT"])
    assert [row["state"] for row in layer.getFeatures()] == ["explained"]
    with pytest.raises(RuntimeError, match="deleted"):
        kept[0].snapshot.read((0, 0, 1, 1))


# In the model designer ------------------------------------------------------------------------


def model_of(card: str) -> QgsProcessingModelAlgorithm:
    """Explains places on a raster, and keeps the rows of those that could be explained."""
    model = QgsProcessingModelAlgorithm("Explained places", "tests")
    for parameter in (
        QgsProcessingParameterRasterLayer("RASTER", "Raster"),
        QgsProcessingParameterFeatureSource("PLACES", "Places"),
    ):
        model.addModelParameter(parameter, QgsProcessingModelParameter(parameter.name()))
    explain = QgsProcessingModelChildAlgorithm("segshap:explainregions")
    explain.setChildId("explain")
    explain.addParameterSources("INPUT", [Source.fromModelParameter("RASTER")])
    explain.addParameterSources("REGIONS", [Source.fromModelParameter("PLACES")])
    for name, value in {"MODEL_FILE": card, "SIDE": 12, "BUDGET": 40, "STOP_AT": 0}.items():
        explain.addParameterSources(name, [Source.fromStaticValue(value)])
    keep = QgsProcessingModelChildAlgorithm("native:extractbyexpression")
    keep.setChildId("keep")
    keep.addParameterSources("INPUT", [Source.fromChildOutput("explain", "OUTPUT")])
    keep.addParameterSources("EXPRESSION", [Source.fromStaticValue("\"state\" = 'explained'")])
    output = QgsProcessingModelOutput("rows", "Rows")
    output.setChildId("keep")
    output.setChildOutputName("OUTPUT")
    keep.setModelOutputs({"rows": output})
    for child in (explain, keep):
        model.addChildAlgorithm(child)
    return model


def test_a_model_of_the_designer_is_saved_opened_and_run(provider, run, small_scene, tmp_path):
    raster, card = small_scene
    path = str(tmp_path / "explained.model3")
    assert model_of(card).toFile(path)
    model = QgsProcessingModelAlgorithm()
    assert model.fromFile(path)
    assert model.validate() == (True, [])
    places = layer_of("Polygon", box(10, 10, 5), box(-500, -500, 5), box(40, 30, 8))
    (output,) = model.destinationParameterDefinitions()
    results, good, feedback, context = run(
        model, {"RASTER": raster, "PLACES": places, output.name(): "TEMPORARY_OUTPUT"}
    )
    assert good, feedback.errors
    rows = rows_of(results, context, output.name())
    assert [row["area_pixels"] for row in rows] == [25, 64]
    assert [row["evaluations"] for row in rows] == [40, 40]


# In batches -----------------------------------------------------------------------------------


def rows_in(path) -> list:
    layer = QgsVectorLayer(str(path), "summary", "ogr") if path.is_file() else None
    return list(layer.getFeatures()) if layer and layer.isValid() else []


def test_the_batch_dialog_runs_a_row_for_each_raster(
    provider, small_scene, regions, tmp_path, monkeypatch
):
    from processing.gui import Postprocessing
    from processing.gui.BatchAlgorithmDialog import BatchAlgorithmDialog

    # QGIS 3.44 wants the window's layer tree for what is loaded; there is no window here.
    monkeypatch.setattr(Postprocessing, "iface", None)
    raster, card = small_scene
    dialog = BatchAlgorithmDialog(provider.algorithm("explainregions").create())
    panel, context = dialog.mainWidget(), QgsProcessingContext()
    panel.addRow()
    outputs = [tmp_path / f"summary_{row}.gpkg" for row in range(2)]
    for row, budget in enumerate((20, 30)):
        values = {"INPUT": raster, "REGIONS": regions, "MODEL_FILE": card, "SIDE": 12,
                  "BUDGET": budget, "STOP_AT": 0}  # fmt: skip
        for name, value in values.items():
            wrapper = panel.wrappers[row][panel.parameter_to_column[name]]
            wrapper.setParameterValue(value, context)
        column = panel.parameter_to_column["OUTPUT"]
        panel.tblParameters.cellWidget(row + 1, column).setValue(str(outputs[row]))
    panel.checkLoadLayersOnCompletion.setChecked(False)
    # Shown, as to a person: of a batch whose window is hidden, QGIS 3.44 never ends the task.
    dialog.show()
    dialog.runAlgorithm()
    manager = QgsApplication.taskManager()
    wait_until(lambda: outputs[1].is_file() and not manager.countActiveTasks())
    dialog.close()
    wait_until(lambda: sip.isdeleted(dialog))
    for output, budget in zip(outputs, (20, 30)):
        assert [row["evaluations"] for row in rows_in(output)] == [budget, budget]
        assert [row["state"] for row in rows_in(output)] == ["explained", "explained"]


def test_one_algorithm_serves_any_number_of_runs(run, small_scene):
    algorithm = MakeSuperpixels()
    counts = []
    for side in (8, 16, 8):
        parameters = {"INPUT": small_scene[0], "SIDE": side, "OUTPUT": "TEMPORARY_OUTPUT"}
        results, good, feedback, context = run(algorithm, parameters)
        assert good, feedback.errors
        counts.append(len(rows_of(results, context)))
    assert counts[0] == counts[2] > counts[1]
