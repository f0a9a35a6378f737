"""Packages are installed into the plugin's own folder, from wheels, and a cancel breaks nothing.

A tiny wheel stands in for PyTorch, whose own takes minutes and a network; pip, the processes and
the files are real.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest
from qgis.core import QgsSettings
from qgis.PyQt.QtCore import QCoreApplication, Qt

from segshap_qgis import dependencies
from segshap_qgis.errors import DependencyError
from segshap_qgis.gui.dependency_notice import DependencyNotice
from segshap_qgis.installation import InstallTask, Wanted, pip_environment

METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{more}"
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def write_wheel(folder, name, version="1.0", code="ANSWER = 42\n", needs=()):
    """A real wheel with one module."""
    folder.mkdir(exist_ok=True)
    info = f"{name}-{version}.dist-info"
    more = "".join(f"Requires-Dist: {need}\n" for need in needs)
    files = {
        f"{name}.py": code,
        f"{info}/METADATA": METADATA.format(name=name, version=version, more=more),
        f"{info}/WHEEL": WHEEL,
    }
    record = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(path, text)


@pytest.fixture
def wheels(tmp_path):
    folder = tmp_path / "wheels"
    write_wheel(folder, "segshap_tiny", needs=["segshap_needed"])
    write_wheel(folder, "segshap_needed")
    return folder


@pytest.fixture
def target(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    return tmp_path / "profile" / "site-packages"


def tiny(wheels, probe="import segshap_tiny, segshap_needed"):
    return Wanted(packages=("segshap_tiny",), probe=probe, wheels=wheels)


def leftovers(target):
    return sorted(path.name for path in target.parent.iterdir() if path.is_dir())


def test_a_folder_of_wheels_is_installed_with_what_they_need(qgis_app, wheels, target):
    before = {p: p.stat().st_mtime for p in wheels.iterdir()}
    task = InstallTask(tiny(wheels), target)
    assert task.run(), task.error
    assert (target / "segshap_tiny.py").is_file()
    assert (target / "segshap_needed.py").is_file()
    assert leftovers(target) == ["site-packages"]
    assert {p: p.stat().st_mtime for p in wheels.iterdir()} == before
    task.finished(True)
    import segshap_tiny

    assert segshap_tiny.__file__ == str(target / "segshap_tiny.py")
    assert sys.path[-1] == str(target)


def test_what_qgis_brings_is_found_before_what_was_installed(qgis_app, wheels, target):
    write_wheel(wheels, "numpy", version="0.0.1", code="WRONG = True\n")
    task = InstallTask(tiny(wheels), target)
    assert task.run(), task.error
    write_wheel(wheels, "segshap_old", needs=["numpy==0.0.1"])
    task = InstallTask(Wanted(("segshap_old",), "import segshap_old", wheels), target)
    assert not task.run()
    assert isinstance(task.error, DependencyError)
    assert (target / "segshap_tiny.py").is_file()


def test_what_does_not_work_is_not_put_in_place(qgis_app, wheels, target):
    assert InstallTask(tiny(wheels), target).run()
    write_wheel(wheels, "segshap_tiny", "2.0", code="raise OSError('DLL load failed')\n")
    task = InstallTask(tiny(wheels), target)
    assert not task.run()
    assert "DLL load failed" in str(task.error)
    assert (target / "segshap_tiny-1.0.dist-info").is_dir()
    assert leftovers(target) == ["site-packages"]


def test_an_empty_folder_says_what_is_missing(qgis_app, tmp_path, target):
    task = InstallTask(tiny(tmp_path), target)
    assert not task.run()
    assert "No fitting wheel was found for Python" in str(task.error)
    assert "folder with wheels" in task.error.remedy
    assert leftovers(target) == []


def commands_that_run():
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it ended in the meantime
            yield file.read_bytes().decode(errors="replace")


def test_cancelling_half_way_ends_the_process_and_leaves_what_was_there(qgis_app, wheels, target):
    assert InstallTask(tiny(wheels), target).run()
    slow = "import time; print('half way', flush=True); time.sleep(120)"
    task = InstallTask(tiny(wheels, probe=slow), target)
    told = threading.Event()

    def listen(text):
        if text == "half way":
            told.set()

    task.said.connect(listen, type=Qt.ConnectionType.DirectConnection)
    outcome = []
    worker = threading.Thread(target=lambda: outcome.append(task.run()))
    worker.start()
    assert told.wait(200)
    started = time.monotonic()
    task.cancel()
    worker.join(30)
    assert outcome == [False]
    assert task.error is None
    assert time.monotonic() - started < 30
    assert (target / "segshap_tiny.py").is_file()
    assert leftovers(target) == ["site-packages"]
    assert not any("half way" in command for command in commands_that_run())


def test_the_proxy_of_qgis_is_used(qgis_app):
    settings = QgsSettings()
    values = {"proxyEnabled": True, "proxyHost": "proxy.test", "proxyPort": "3128",
              "proxyUser": "a b", "proxyPassword": "p@ss"}  # fmt: skip
    try:
        for name, value in values.items():
            settings.setValue(f"proxy/{name}", value)
        assert pip_environment()["HTTPS_PROXY"] == "http://a%20b:p%40ss@proxy.test:3128"
    finally:
        settings.remove("proxy")
    assert pip_environment()["PIP_USER"] == "0"


def test_the_dock_installs_from_a_folder_and_says_so(qgis_app, wheels, target):
    notice = DependencyNotice()
    task = notice.install(tiny(wheels), target)
    assert notice.cancel_button.isEnabled()
    assert not notice.install_button.isEnabled()
    ended = []
    task.ended.connect(lambda: ended.append(True))
    until = time.monotonic() + 250
    while not ended and time.monotonic() < until:
        QCoreApplication.processEvents()
        time.sleep(0.05)
    assert ended
    assert (target / "segshap_tiny.py").is_file()
    assert str(target) in notice.said.text()
    assert notice.install_button.isEnabled()


def test_diagnostics_tell_versions_and_what_pip_said(qgis_app):
    text = dependencies.diagnostics(["pip said this"])
    assert "numpy: " in text
    assert "Private folder: " in text
    assert text.endswith("pip said this")
