"""The plugin's zip is what the plugin site takes, and QGIS runs the plugin from it."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from osgeo import ogr

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.skipif(
    not (ROOT / ".git").exists(), reason="the package is made of what git tracks; no checkout here"
)
QGIS_PYTHON = "/usr/share/qgis/python"
SCENE = ROOT / "resources" / "sample" / "sample_slick.tif"
# QGIS's own plugin installer, the part that "Install from ZIP" and "Uninstall" are made of.
INSTALL = "from pyplugin_installer.unzip import unzip; unzip({zip!r}, {folder!r})"
UNINSTALL = "from pyplugin_installer.installer_data import removeDir; print(removeDir({folder!r}))"


@pytest.fixture(scope="module")
def tool():
    specification = importlib.util.spec_from_file_location("package", ROOT / "tools/package.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def package(tool, tmp_path_factory):
    return tool.build(tmp_path_factory.mktemp("package") / "segshap.zip")


def test_the_plugin_site_takes_the_package(tool, package):
    assert tool.complaints(package) == []


def test_it_holds_what_the_plugin_runs_on_and_nothing_of_its_development(package):
    names = set(zipfile.ZipFile(package).namelist())
    needed = {"__init__.py", "metadata.txt", "LICENSE", "segshap_qgis/plugin.py",
              "resources/models/oil_fcdensenet56.pt", "resources/icons/segshap.svg"}  # fmt: skip
    assert {f"segshap/{name}" for name in needed} <= names
    assert not [n for n in names if n.split("/")[1] in {"tests", "tools", "benchmarks", "build"}]


def test_the_same_files_give_the_same_bytes(tool, tmp_path):
    first, again = (tool.build(tmp_path / name) for name in ("first.zip", "again.zip"))
    assert again.read_bytes() == first.read_bytes()


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("segshap/a/__pycache__/x.py", "must not be in it"),
        ("segshap/lib.so", "must not be in it"),
        ("segshap/.git/config", "is hidden"),
        ("other/file.py", "is not in segshap/"),
    ],
)
def test_what_the_site_refuses_is_found(tool, package, tmp_path, name, complaint):
    bad = tmp_path / "bad.zip"
    shutil.copy(package, bad)
    with zipfile.ZipFile(bad, "a") as archive:
        archive.writestr(name, "x")
    assert complaint in "".join(tool.complaints(bad))


@pytest.fixture
def scanners():
    for module in ("bandit", "detect_secrets", "flake8_qgis"):
        pytest.importorskip(module)


@pytest.mark.slow
def test_scanners_find_nothing_in_it(tool, package, scanners):
    assert tool.findings(package) == []


def test_scanners_find_what_must_not_be_in_it(tool, tmp_path, scanners):
    bad = tmp_path / "bad.zip"
    with zipfile.ZipFile(bad, "w") as archive:
        archive.writestr("segshap/run.py", "import subprocess\nsubprocess.run('ls', shell=True)\n")
        archive.writestr("segshap/widget.py", "from PyQt5.QtCore import Qt\n")
        # In two parts, so that nobody takes this file for one that holds a secret.
        archive.writestr("segshap/key.py", "aws = 'AKIA" + "IOSFODNN7EXAMPLX'\n")
    found = "\n".join(tool.findings(bad))
    assert "shell=True" in found
    assert "QGS103" in found
    assert "AWS Access Key" in found


def square_on_the_slick(folder):
    corners = [[404800, 195200], [405600, 195200], [405600, 194400], [404800, 194400]]
    shape = {"type": "Polygon", "coordinates": [[*corners, corners[0]]]}
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32631"}}
    features = [{"type": "Feature", "properties": {}, "geometry": shape}]
    path = folder / "square.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}))
    return path


@pytest.mark.slow
def test_qgis_installs_runs_and_uninstalls_it(package, tmp_path):
    if shutil.which("qgis_process") is None:
        pytest.skip("qgis_process is not installed")
    plugins = tmp_path / "profiles" / "default" / "python" / "plugins"
    plugins.mkdir(parents=True)
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "QGIS_CUSTOM_CONFIG_PATH": str(tmp_path),
        "PYTHONPATH": os.pathsep.join(
            [
                sysconfig.get_path("purelib"),
                "/usr/share/qgis/python",
                "/usr/share/qgis/python/plugins",
            ]
        ),
    }

    def run(*command):
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=280, check=False
        )

    folder = plugins / "segshap"
    done = run(sys.executable, "-c", INSTALL.format(zip=str(package), folder=str(plugins)))
    assert done.returncode == 0, done.stderr
    assert (folder / "metadata.txt").is_file()
    assert run("qgis_process", "plugins", "enable", "segshap").returncode == 0
    output = tmp_path / "summary.gpkg"
    done = run(
        "qgis_process", "run", "segshap:explainregions", f"--INPUT={SCENE}",
        f"--REGIONS={square_on_the_slick(tmp_path)}", "--WINDOW=128", "--SIDE=24", "--BUDGET=20",
        f"--OUTPUT={output}",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    summary = ogr.Open(str(output))  # its layer is gone with it
    (row,) = summary.GetLayer(0)
    assert row["state"] == "explained"
    assert row["model"] == "oil_fcdensenet56"
    assert row["evaluations"] == 20
    difference = row["prediction"] - row["base_value"]
    assert row["sum_of_contributions"] == pytest.approx(difference, abs=1e-9)
    assert 0 < row["base_value"] < row["prediction"] < 1
    assert row["super_pixels"] > 10
    run(sys.executable, "-c", UNINSTALL.format(folder=str(folder)))
    assert not folder.exists()
    assert "segshap:explainregions" not in run("qgis_process", "list").stdout
