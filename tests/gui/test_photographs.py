"""A street model on any user's photograph, with a place on Earth or without."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
import torch
from osgeo import gdal
from qgis.core import QgsProject

from segshap_qgis.geo import read_geopackage, write_geopackage
from segshap_qgis.models import HarDNetMSEG
from tests.geo.raster_files import DATA, write_tiff
from tests.gui.hands import layers_of_role, wait_until
from tests.gui.qgis_window import raster_layer

CLASSES = ("sky", "building", "road")


@pytest.fixture(scope="module")
def street_model(tmp_path_factory):
    """A HarDNet-MSEG of random weights, with the card that the training writes."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("street")
    network = HarDNetMSEG(len(CLASSES))
    weights = folder / "street.pt"
    torch.save(network.state_dict(), weights)
    mean_std = {"kind": "mean_std", "mean": [123.7, 116.3, 103.5], "std": [58.4, 57.1, 57.4]}
    card = {
        "id": "street",
        "title": "Street scenes",
        "architecture": {"name": "HarDNetMSEG", "arguments": {"n_classes": len(CLASSES)}},
        "bands": [{"name": name, "unit": "8-bit"} for name in ("red", "green", "blue")],
        "normalisation": mean_std,
        "classes": [{"name": name, "color": "#808080"} for name in CLASSES],
        "background": "zero",
        "default_class": "road",
        "window": 64,
        "weights": {
            "file": weights.name,
            "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
            "bytes": weights.stat().st_size,
        },
    }
    path = folder / "street.json"
    path.write_text(json.dumps(card), encoding="utf-8")
    return path


@pytest.fixture(params=["as it is", "georeferenced"])
def photograph(request, tmp_path, window):
    """The photograph in the project: a JPEG without a CRS, or the same pixels on a map."""
    if request.param == "as it is":
        path = tmp_path / "street.jpg"
        path.write_bytes((DATA / "street.jpg").read_bytes())
    else:
        pixels = gdal.Open(str(DATA / "street.jpg")).ReadAsArray()
        path = write_tiff(tmp_path / "street.tif", pixels)
    layer = raster_layer(path, "street")
    assert layer.crs().isValid() == (request.param == "georeferenced")
    return layer


def test_a_photograph_is_explained_shown_and_exported(
    window, workbench, photograph, street_model, tmp_path
):
    window.show_layer(photograph)
    source, method = workbench.dock.source, workbench.dock.method
    source.layer_box.setLayer(photograph)
    source.add_model(street_model)
    assert source.bands() == (1, 2, 3)
    assert method.values()["background"] == "zero"
    assert source.target() == "road"
    method.side_box.setValue(16)
    method.budget_box.setValue(14)
    extent = photograph.extent()
    # The middle of the pixel in row 150, column 100.
    x = extent.xMinimum() + 100.5 * extent.width() / 256
    y = extent.yMaximum() - 150.5 * extent.height() / 192
    workbench.picking.actions["pixel"].trigger()
    window.click(window.at(x, y))
    wait_until(lambda: workbench.dock.runs.records() or window.messages())
    (record,) = workbench.dock.runs.records()

    row, column = record.window.offset
    assert np.argwhere(record.region).tolist() == [[150 - row, 100 - column]]
    pixels = gdal.Open(str(DATA / "street.jpg")).ReadAsArray()
    shown = pixels[:, row : row + 64, column : column + 64]
    np.testing.assert_array_equal(record.window.bands, shown)
    found = record.explanation
    assert sorted(found.settings["targets"]) == sorted(CLASSES)
    assert found.values.sum(axis=1) == pytest.approx(found.prediction - found.base, abs=1e-9)
    assert found.prediction.sum() == pytest.approx(1.0, abs=1e-3)

    (layer,) = layers_of_role("contribution")
    assert photograph.extent().contains(layer.extent())
    assert layer.crs() == photograph.crs()
    write_geopackage(tmp_path / "out.gpkg", [record])
    again = read_geopackage(tmp_path / "out.gpkg")
    np.testing.assert_array_equal(again.explanation.values, found.values)
    assert QgsProject.instance().mapLayer(photograph.id()) is photograph
