"""GeoTIFFs keep the grid of the source, whatever it is, and lie exactly on it."""

from __future__ import annotations

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import QgsRasterLayer

from segshap_qgis.errors import ExportError
from segshap_qgis.geo import write_geotiff
from segshap_qgis.layers import style_documents
from tests.small_record import AS_RECORDED, NORTH_UP, ROTATED, SOUTH_UP, small_record

GRIDS = {"north up": NORTH_UP, "south up": SOUTH_UP, "rotated": ROTATED, "none": AS_RECORDED}


def read(path):
    """Geotransform, no-data value, EPSG code or None, metadata and values."""
    raster = gdal.Open(str(path))
    system = raster.GetSpatialRef()
    code = system and system.GetAuthorityCode(None)
    no_data = raster.GetRasterBand(1).GetNoDataValue()
    return raster.GetGeoTransform(), no_data, code, raster.GetMetadata(), raster.ReadAsArray()


@pytest.mark.parametrize("grid", GRIDS)
def test_maps_are_exact_on_every_grid(tmp_path, grid):
    record = small_record(transform=GRIDS[grid], crs="" if grid == "none" else None, target=1)
    paths = write_geotiff(tmp_path / "oil.tif", record)
    assert [path.name for path in paths] == [
        "oil.tif",
        "oil_standard_error.tif",
        "oil_probability.tif",
    ]
    probability = np.where(record.window.valid, record.probability, np.nan)
    maps = [record.explanation.to_map(1), record.explanation.error_map(1), probability]
    for path, wanted in zip(paths, maps):
        transform, no_data, code, metadata, values = read(path)
        assert transform == GRIDS[grid]
        assert no_data == -9999
        assert code == (None if grid == "none" else "32631")
        assert values.dtype == np.float32
        filled = np.where(np.isnan(wanted), -9999, wanted).astype(np.float32)
        assert values.tobytes() == filled.tobytes()
        assert metadata["SEGSHAP_TARGET"] == "look-alike"
        assert float(metadata["SEGSHAP_BASE_VALUE"]) == record.explanation.base[1]


def test_an_exported_raster_overlays_its_source_pixel_by_pixel(tmp_path):
    record = small_record(transform=ROTATED)
    source = gdal.GetDriverByName("GTiff").Create(
        str(tmp_path / "source.tif"), 60, 40, 1, gdal.GDT_Float32
    )
    source.SetGeoTransform(ROTATED)
    source.GetRasterBand(1).WriteArray(record.window.bands[0])
    source = None
    (exported, *_) = write_geotiff(tmp_path / "oil.tif", record)
    layers = [QgsRasterLayer(str(path), "layer") for path in (tmp_path / "source.tif", exported)]
    extents = [layer.extent() for layer in layers]
    assert extents[0] == extents[1]
    assert len({(layer.width(), layer.height()) for layer in layers}) == 1


def test_into_a_folder_the_files_are_named_after_the_run(tmp_path):
    paths = write_geotiff(tmp_path, small_record("slick / 1: öl", probability=None))
    assert [path.name for path in paths] == [
        "slick_1_öl_contribution.tif",
        "slick_1_öl_standard_error.tif",
    ]


@pytest.mark.parametrize("name", ["a.b.tiff", "no suffix", "dots.in.name", "T.TIF"])
def test_odd_names_are_kept(tmp_path, name):
    first, second, _ = write_geotiff(tmp_path / name, small_record())
    assert first.name.startswith(name)
    assert second.stem.endswith("_standard_error")
    assert first.suffix == second.suffix
    assert len(list(tmp_path.iterdir())) == 3


def test_qgis_opens_it_with_the_style_beside_it(tmp_path, qgis_app):
    record = small_record()
    documents = style_documents(record)
    path, *_ = write_geotiff(tmp_path / "oil.tif", record, documents)
    assert (tmp_path / "oil.qml").read_text(encoding="utf-8") == documents["contribution"]
    layer = QgsRasterLayer(str(path), "oil")
    colours = layer.renderer().shader().rasterShaderFunction().colorRampItemList()
    assert layer.renderer().type() == "singlebandpseudocolor"
    assert [item.value for item in colours] == pytest.approx(
        [-item.value for item in colours[::-1]]
    )
    assert colours[0].color.red() > colours[0].color.green()  # against: red
    assert colours[-1].color.green() > colours[-1].color.red()  # for: green


def test_writing_again_replaces_its_own_files_and_their_statistics(tmp_path):
    write_geotiff(tmp_path / "oil.tif", small_record(seed=1))
    (tmp_path / "oil.tif.aux.xml").write_text("<PAMDataset/>")
    record = small_record(seed=2)
    path, *_ = write_geotiff(tmp_path / "oil.tif", record)
    values = read(path)[-1]
    wanted = record.explanation.to_map()
    np.testing.assert_array_equal(values[values != -9999], wanted[np.isfinite(wanted)])
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [
        "oil.tif",
        "oil_probability.tif",
        "oil_standard_error.tif",
    ]


def test_a_file_of_somebody_else_beside_it_is_not_overwritten(tmp_path):
    other = tmp_path / "oil_standard_error.tif"
    for content in (b"not even a raster", b""):
        other.write_bytes(content)
        with pytest.raises(ExportError, match="not written by SegSHAP"):
            write_geotiff(tmp_path / "oil.tif", small_record())
        assert other.read_bytes() == content
        assert list(tmp_path.iterdir()) == [other]
