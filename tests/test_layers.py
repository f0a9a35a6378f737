from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import (
    NULL,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsLayerNotesUtils,
    QgsLayerTreeModel,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsPointXY,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
)
from qgis.gui import QgsLayerTreeMapCanvasBridge, QgsLayerTreeView, QgsMapCanvas
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtXml import QDomDocument
from shapely import wkb

from segshap_qgis.errors import ExportError
from segshap_qgis.explain import Explanation, from_labels, hexagons
from segshap_qgis.geo import Record, Window, read_window, region_from_geometry
from segshap_qgis.layers import Preview, add_result, style_documents
from tests.geo.raster_files import write_tiff
from tests.gui.qgis_window import raster_layer

ROLES = ["region", "superpixels", "contribution", "standard_error", "probability"]
NORTH_UP = (500000.0, 10.0, 0.0, 4000000.0, 0.0, -10.0)
GRIDS = {
    "north-up": (NORTH_UP, 32631),
    "oblong pixels": ((500000.3, 7.1, 0.0, 4000000.7, 0.0, -13.3), 32631),
    "degrees": ((5.1, 1 / 3600, 0.0, 36.2, 0.0, -1 / 3601), 4326),
    "south-up": ((500000.0, 10.0, 0.0, 4000000.0, 0.0, 10.0), 32631),
    "rotated": ((500000.0, 9.0, 3.0, 4000000.0, 2.5, -11.0), 32631),
    "no reference system": (NORTH_UP, None),
}


@pytest.fixture(autouse=True)
def project(qgis_app):
    QgsProject.instance().clear()
    yield QgsProject.instance()
    QgsProject.instance().clear()


@pytest.fixture
def folder(tmp_path):
    return str(tmp_path / "results")


def write_scene(path: Path, grid=NORTH_UP, epsg=32631) -> Path:
    pixels = np.random.default_rng(1).gamma(4, 20, (1, 60, 80)).astype(np.float32)
    pixels[0, 25:35, 70:] = -1
    return write_tiff(path, pixels, grid, epsg, no_data=-1)


def make_record(window: Window, name: str = "region 1", seed: int = 0) -> Record:
    """Any numbers will do: what is tested is where they end up."""
    superpixels = hexagons(window.shape, side=8, valid=window.valid)
    random = np.random.default_rng(seed)
    values = random.normal(0.01, 0.02, (1, superpixels.n_players))
    errors = random.uniform(0.001, 0.002, values.shape)
    base = np.array([0.125])
    settings = {"targets": ["oil"], "output": "probability"}
    found = Explanation(
        values, errors, base, base + values.sum(1), superpixels, 300, seed, settings
    )
    region = np.zeros(window.shape, dtype=bool)
    region[20:30, 30:45] = True
    probability = random.uniform(0, 1, window.shape).astype(np.float32)
    about = {"model_id": "oil_fcdensenet56", "started": "2025-01-01T00:00:00+00:00"}
    return Record(name, found, window, region, 0, probability, about)


@pytest.fixture
def source(tmp_path):
    return raster_layer(write_scene(tmp_path / "scene.tif"), "scene")


@pytest.fixture
def record(source):
    return make_record(read_window(source.source(), (0, 0, 60, 80)))


def by_role(group) -> dict:
    layers = [node.layer() for node in group.findLayers()]
    return {layer.customProperty("segshap/role"): layer for layer in layers}


def pixels_of(layer: QgsRasterLayer, extent=None, shape=None) -> np.ndarray:
    """What QGIS reads; whole layer by default."""
    height, width = shape or (layer.height(), layer.width())
    block = layer.dataProvider().block(1, extent or layer.extent(), width, height)
    return np.frombuffer(bytes(block.data()), np.float32).reshape(height, width)


# Where things lie -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", GRIDS)
def test_polygon_raster_and_attribute_of_every_cell_agree_to_the_bit(kind, tmp_path, folder):
    path = write_scene(tmp_path / "scene.tif", *GRIDS[kind])
    record = make_record(read_window(path, (0, 0, 60, 80)))
    layers = by_role(add_result(record, folder=folder))
    raster = gdal.Open(layers["contribution"].source())
    scene = gdal.Open(str(path))
    assert raster.GetGeoTransform() == scene.GetGeoTransform()
    assert raster.GetProjection() == scene.GetProjection()
    values = raster.ReadAsArray()
    labels = record.explanation.superpixels.labels
    cells = list(layers["superpixels"].getFeatures())
    assert len(cells) == record.explanation.superpixels.n_players
    for cell in cells:
        outline = wkb.loads(bytes(cell.geometry().asWkb()))
        inside = region_from_geometry(outline, record.window)
        np.testing.assert_array_equal(inside, labels == cell["cell"])
        assert set(values[inside]) == {np.float32(cell["contribution"])}
        assert cell["contribution"] == record.explanation.values[0, cell["cell"]]
        assert outline.area == pytest.approx(cell["area_map"], rel=1e-6)
        assert inside.sum() == cell["area_pixels"]
    np.testing.assert_array_equal(values == -9999, labels < 0)


def test_the_raster_overlays_its_source_pixel_by_pixel_away_from_the_corner(source, folder):
    record = make_record(read_window(source.source(), (35, 40, 40, 45), size=40))
    assert record.window.offset == (17, 22)
    layer = by_role(add_result(record, folder=folder))["contribution"]
    assert layer.extent() == QgsRectangle(500220, 3999430, 500620, 3999830)
    assert (layer.width(), layer.height()) == (40, 40)
    here = pixels_of(source, layer.extent(), (40, 40))
    np.testing.assert_array_equal(here, record.window.bands[0])
    expected = record.explanation.to_map()
    np.testing.assert_array_equal(
        pixels_of(layer), np.where(np.isnan(expected), np.float32(-9999), expected)
    )


def test_a_project_in_another_reference_system_finds_the_same_value(project, record, folder):
    project.setCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    layers = by_role(add_result(record, folder=folder))
    to_layer = QgsCoordinateTransform(project.crs(), layers["contribution"].crs(), project)
    to_map = QgsCoordinateTransform(layers["contribution"].crs(), project.crs(), project)
    for row, column in ((0, 0), (59, 79), (22, 33)):
        clicked = to_map.transform(QgsPointXY(500005 + 10 * column, 3999995 - 10 * row))
        point = to_layer.transform(clicked)
        value, found = layers["contribution"].dataProvider().sample(point, 1)
        assert found
        assert value == record.explanation.to_map()[row, column]


def test_cells_with_holes_and_several_parts_keep_their_shape(source, folder):
    window = read_window(source.source(), (0, 0, 60, 80))
    labels = np.zeros(window.shape, dtype=np.int32)
    labels[10:20, 10:20] = 1
    labels[40:50, 10:20] = 1
    labels[~window.valid] = -1
    superpixels = from_labels(labels)
    record = make_record(window)
    values = np.array([[0.25, -0.5]])
    found = dataclasses.replace(
        record.explanation, values=values, standard_errors=values * 0, superpixels=superpixels
    )
    layers = by_role(add_result(dataclasses.replace(record, explanation=found), folder=folder))
    whole, parts = (
        wkb.loads(bytes(f.geometry().asWkb())) for f in layers["superpixels"].getFeatures()
    )
    assert whole.is_valid
    assert parts.is_valid
    assert len(parts.geoms) == 2
    assert sum(len(polygon.interiors) for polygon in whole.geoms) == 2
    assert parts.area == 200 * 100


def test_cells_carry_their_rank_share_and_mean(record, folder):
    layer = by_role(add_result(record, folder=folder))["superpixels"]
    found = record.explanation
    cells = {cell["cell"]: cell for cell in layer.getFeatures()}
    strongest = int(np.abs(found.values[0]).argmax())
    assert cells[strongest]["rank"] == 1
    assert sorted(cell["rank"] for cell in cells.values()) == list(range(1, len(cells) + 1))
    assert sum(cell["share"] for cell in cells.values()) == pytest.approx(1, abs=1e-9)
    inside = found.superpixels.labels == strongest
    expected = record.window.bands[0][inside].mean(dtype=float)
    assert cells[strongest]["mean_backscatter"] == pytest.approx(expected, rel=1e-12)
    assert cells[strongest]["standard_error"] == found.standard_errors[0, strongest]


def test_unknown_standard_errors_are_left_empty(record, folder):
    unknown = np.full_like(record.explanation.standard_errors, np.nan)
    found = dataclasses.replace(record.explanation, standard_errors=unknown)
    layers = by_role(add_result(dataclasses.replace(record, explanation=found), folder=folder))
    assert all(cell["standard_error"] == NULL for cell in layers["superpixels"].getFeatures())
    assert (pixels_of(layers["standard_error"]) == -9999).all()


def test_the_region_is_outlined_along_its_pixels(record, folder):
    layer = by_role(add_result(record, folder=folder))["region"]
    (feature,) = layer.getFeatures()
    assert feature.geometry().boundingBox() == QgsRectangle(500300, 3999700, 500450, 3999800)
    assert feature.geometry().area() == 15000
    assert feature["class"] == "oil"
    assert feature["prediction"] == record.explanation.prediction[0]


# The project --------------------------------------------------------------------------------


def test_the_group_lies_right_above_the_source_and_names_class_region_and_output(
    project, record, source, folder
):
    above = project.layerTreeRoot().insertGroup(0, "my own group")
    group = add_result(record, folder=folder)
    names = [node.name() for node in project.layerTreeRoot().children()]
    output = record.explanation.prediction[0]
    assert names == ["my own group", f"oil, region 1, p = {output:.2f}", "scene"]
    assert above.children() == []
    assert list(by_role(group)) == ROLES
    shown = {
        node.layer().customProperty("segshap/role")
        for node in group.findLayers()
        if node.isVisible()
    }
    assert shown == {"region", "superpixels", "contribution"}


def test_a_source_inside_a_group_gets_its_result_there(project, record, source, folder):
    root = project.layerTreeRoot()
    inner = root.addGroup("scenes")
    node = root.findLayer(source.id())
    inner.addChildNode(node.clone())
    root.removeChildNode(node)
    group = add_result(record, folder=folder)
    assert group.parent().name() == "scenes"
    assert inner.children()[0].name() == group.name()


def test_a_source_that_is_gone_does_not_keep_the_result_away(project, record, source, folder):
    gone = source.id()
    project.removeMapLayer(gone)
    group = add_result(record, folder=folder, source_id=gone)
    assert project.layerTreeRoot().children() == [group]
    assert list(by_role(group)) == ROLES


def test_view_active_layer_and_selection_stay_as_they_are(project, record, source, folder):
    canvas, view = QgsMapCanvas(), QgsLayerTreeView()
    view.setModel(QgsLayerTreeModel(project.layerTreeRoot(), view))
    QgsLayerTreeMapCanvasBridge(project.layerTreeRoot(), canvas, canvas)
    canvas.setExtent(QgsRectangle(500100, 3999500, 500200, 3999600))
    view.setCurrentLayer(source)
    assert view.currentLayer() is source
    before = canvas.extent()
    add_result(record, folder=folder)
    preview = Preview(record.window, "run")
    preview.show(record.explanation)
    preview.remove()
    assert canvas.extent() == before
    assert view.currentLayer() is source
    assert [node.layer() for node in view.selectedLayerNodes()] == [source]
    # In this order, and before the project goes that they look at.
    sip.delete(canvas)
    sip.delete(view)


def test_a_folder_that_cannot_be_written_to_leaves_the_project_alone(project, record, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(ExportError):
        add_result(record, folder=str(blocked / "inside"))
    assert list(project.mapLayers().values()) == project.mapLayersByName("scene")


def test_two_results_of_one_name_stand_side_by_side(project, record):
    first, second = add_result(record), add_result(make_record(record.window, seed=1))
    one, two = by_role(first)["contribution"], by_role(second)["contribution"]
    assert one.source() != two.source()
    assert (pixels_of(one) != pixels_of(two)).any()


# The look -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("colour_blind", "negative", "positive"),
    [(False, "#b2182b", "#1b7837"), (True, "#b35806", "#542788")],
)
def test_colours_are_symmetric_about_zero_and_clear_near_it(
    record, folder, colour_blind, negative, positive
):
    layer = by_role(add_result(record, colour_blind, folder))["contribution"]
    ramp = layer.renderer().shader().rasterShaderFunction()
    limit = np.abs(record.explanation.values).max()
    assert (ramp.minimumValue(), ramp.maximumValue()) == (-limit, limit)
    items = ramp.colorRampItemList()
    assert [item.value for item in items] == [-item.value for item in reversed(items)]
    assert items[0].color.name() == negative
    assert items[-1].color.name() == positive
    alphas = [item.color.alpha() for item in items]
    assert alphas == alphas[::-1]
    assert alphas[len(items) // 2] == 0
    assert ramp.shade(0.0)[4] == 0
    assert ramp.shade(limit)[4] > 180


def test_the_legend_names_sign_unit_and_class(record, folder):
    layer = by_role(add_result(record, folder=folder))["contribution"]
    legend = layer.renderer().shader().rasterShaderFunction().legendSettings()
    limit = np.abs(record.explanation.values).max()
    assert legend.minimumLabel() == f"-{limit:.3f} probability: against oil"
    assert legend.maximumLabel() == f"+{limit:.3f} probability: for oil"


def test_on_the_map_a_strong_cell_is_coloured_and_a_weak_one_shows_the_image(source, folder):
    record = make_record(read_window(source.source(), (0, 0, 60, 80)))
    values = np.zeros_like(record.explanation.values)
    strong = record.explanation.superpixels.labels[10, 10]
    values[0, strong] = 0.5
    found = dataclasses.replace(record.explanation, values=values)
    layer = by_role(add_result(dataclasses.replace(record, explanation=found), folder=folder))
    settings = QgsMapSettings()
    settings.setDestinationCrs(source.crs())
    settings.setExtent(source.extent())
    settings.setOutputSize(QSize(80, 60))
    images = []
    for layers in ([source], [layer["contribution"], source]):
        settings.setLayers(layers)
        job = QgsMapRendererSequentialJob(settings)
        job.start()
        job.waitForFinished()
        images.append(job.renderedImage())
    plain, covered = images
    green = covered.pixelColor(10, 10)
    assert green.green() > green.red() + 30
    weak = record.explanation.superpixels.labels[45, 60]
    assert weak != strong
    assert covered.pixelColor(60, 45) == plain.pixelColor(60, 45)


def test_notes_and_metadata_say_how_it_was_made(record, folder):
    found = record.explanation
    for role, layer in by_role(add_result(record, folder=folder)).items():
        notes = QgsLayerNotesUtils.layerNotes(layer)
        for text in (notes, layer.metadata().abstract()):
            assert "oil_fcdensenet56" in text, role
            for number in (found.prediction[0], found.base[0], found.values.sum()):
                assert f"{number:.6g}" in text, role
        assert layer.metadata().parentIdentifier() == record.window.source


def test_map_tips_show_signed_values(record, folder):
    layers = by_role(add_result(record, folder=folder))
    cells = sorted(layers["superpixels"].getFeatures(), key=lambda cell: cell["contribution"])
    for cell, sign in ((cells[0], "-"), (cells[-1], "+")):
        context = QgsExpressionContext(
            QgsExpressionContextUtils.globalProjectLayerScopes(layers["superpixels"])
        )
        context.setFeature(cell)
        tip = layers["superpixels"].mapTipTemplate()
        text = QgsExpression.replaceExpressionText(tip, context)
        assert text.startswith(f"<b>{sign}{abs(cell['contribution']):.4f}</b>")
        assert "probability" in text
    assert "raster_value(@layer, 1, @layer_cursor_point)" in layers["contribution"].mapTipTemplate()


def test_styles_for_export_bring_the_look_to_a_bare_raster(project, record, folder):
    layers = by_role(add_result(record, folder=folder))
    count = len(project.mapLayers())
    documents = style_documents(record)
    assert len(project.mapLayers()) == count
    assert list(documents) == ROLES
    assert not any("vsimem" in text or "segshap/role" in text for text in documents.values())
    bare = QgsRasterLayer(layers["contribution"].source(), "bare")
    document = QDomDocument()
    assert document.setContent(documents["contribution"])[0]
    assert bare.importNamedStyle(document)[0]
    ours, theirs = (
        layer.renderer().shader().rasterShaderFunction() for layer in (layers["contribution"], bare)
    )
    assert theirs.legendSettings().maximumLabel() == ours.legendSettings().maximumLabel()
    for value in (-0.02, 0.0, 0.01):
        assert theirs.shade(value) == ours.shade(value)


# The preview --------------------------------------------------------------------------------


def test_the_preview_refreshes_one_layer_in_place(project, record, source):
    preview = Preview(record.window, "Region on scene")
    shown = []
    for seed in range(3):
        preview.show(make_record(record.window, seed=seed).explanation)
        shown.append(pixels_of(preview.layer()).copy())
        preview.layer().renderer().setOpacity(0.4)
        limit = np.abs(shown[-1][shown[-1] != -9999]).max()
        ramp = preview.layer().renderer().shader().rasterShaderFunction()
        assert ramp.maximumValue() == pytest.approx(limit)
    assert len(project.mapLayers()) == 2
    np.testing.assert_array_equal(shown[2] == -9999, shown[0] == -9999)
    latest = make_record(record.window, seed=2).explanation.to_map()
    np.testing.assert_array_equal(shown[2], np.where(np.isnan(latest), np.float32(-9999), latest))
    names = [node.name() for node in project.layerTreeRoot().children()]
    assert names == ["Region on scene (so far)", "scene"]
    assert preview.layer().crs() == source.crs()
    assert preview.layer().customProperty("segshap/role") == "preview"
    preview.show(record.explanation)
    assert preview.layer().renderer().opacity() == 0.4
    preview.remove()
    assert [layer.name() for layer in project.mapLayers().values()] == ["scene"]


def test_a_preview_that_the_user_removed_stays_away(project, record, source):
    preview = Preview(record.window, "run")
    preview.show(record.explanation)
    project.removeMapLayer(preview.layer().id())
    preview.show(record.explanation)
    assert list(project.mapLayers()) == [source.id()]
    preview.remove()


def test_a_closed_project_takes_the_preview_with_it(project, record):
    preview = Preview(record.window, "run")
    preview.show(record.explanation)
    project.clear()
    preview.show(record.explanation)
    preview.remove()
    assert project.mapLayers() == {}


def test_a_preview_leaves_no_files_in_memory(record):
    preview = Preview(record.window, "run")
    for _ in range(3):
        preview.show(record.explanation)
    path = preview.layer().source()
    folder = path.rpartition("/")[0]
    assert all(f"{folder}/{name}".startswith(path) for name in gdal.ReadDir(folder))
    preview.remove()
    assert not gdal.ReadDir(folder)
