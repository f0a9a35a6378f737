"""What the dock writes is whole or not there, also where a disk becomes full."""

from __future__ import annotations

import numpy as np
import pytest
from osgeo import gdal

from segshap_qgis.errors import ExportError
from segshap_qgis.geo.rasters import Map
from segshap_qgis.gui.chart_files import save_chart
from segshap_qgis.gui.charts_waterfall import WaterfallChart
from segshap_qgis.gui.result_tables import contributions_csv
from segshap_qgis.gui.run_store import write_run
from segshap_qgis.layers.result import raster_layer
from tests.disks import contents, filled, small_disk
from tests.small_record import crs_wkt, small_record


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    try:
        with small_disk(tmp_path_factory.mktemp("disk"), 1024) as folder:
            yield folder
    except PermissionError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def record():
    return small_record(shape=(90, 120))


@pytest.mark.parametrize("free", [0, 4])
@pytest.mark.parametrize("name", ["chart.png", "chart.svg", "cells.csv"])
def test_a_chart_or_table_is_not_left_half_written(qgis_app, disk, record, name, free):
    chart = WaterfallChart()
    chart.show_explanation(record.explanation, 0, "probability", False)
    path = disk / name
    path.write_bytes(b"what was there before")
    before = contents(disk)
    with filled(disk, free), pytest.raises(ExportError):
        save_chart(path, chart, lambda: contributions_csv(record))
    assert contents(disk) == before
    save_chart(path, chart, lambda: contributions_csv(record))
    assert contents(disk)[name] != before[name]
    path.unlink()


def test_a_run_that_is_kept_is_not_left_half_written(disk, record):
    with filled(disk, 16), pytest.raises(ExportError, match="disk is full"):
        write_run(disk / "run.zip", record)
    assert contents(disk) == {}


@pytest.mark.parametrize("exceptions", [True, False])
def test_a_layer_that_finds_no_room_is_told_whether_gdal_raises_or_not(qgis_app, disk, exceptions):
    noise = np.random.default_rng(0).normal(size=(200, 200)).astype(np.float32)
    drawn = Map("contribution", noise, (0.0, 1.0, 0.0, 0.0, 0.0, -1.0), "noise")
    before = gdal.GetUseExceptions()
    (gdal.UseExceptions if exceptions else gdal.DontUseExceptions)()
    try:
        with filled(disk, 8), pytest.raises(ExportError, match="could not be written"):
            raster_layer(drawn, str(disk / "map.tif"), crs_wkt())
    finally:
        (gdal.UseExceptions if before else gdal.DontUseExceptions)()
    (disk / "map.tif").unlink(missing_ok=True)
