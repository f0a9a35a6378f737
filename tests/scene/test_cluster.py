"""The queue on a cluster ends with the same file, whatever happens to workers."""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from segshap_qgis.errors import DependencyError, Interrupted
from segshap_qgis.scene import explain_slicks
from segshap_qgis.scene.cluster import Cluster, ClusterError, Tls, local_cluster
from tests.scene.queues import contents
from tests.scene.scenes import go_on, unheard

distributed = pytest.importorskip("distributed")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def here(place, tmp_path_factory):
    """What the GeoPackage of the queue holds when it is made on this machine."""
    path = tmp_path_factory.mktemp("here") / "slicks.gpkg"
    explain_slicks(*place, path, unheard, go_on)
    return contents(path)


@pytest.fixture(scope="module")
def two_workers():
    os.environ["PYTHONPATH"] = str(ROOT)
    with local_cluster(2) as cluster:
        yield cluster


@pytest.mark.parametrize("send_pixels", [False, True])
def test_two_workers_make_the_same_file(place, here, two_workers, tmp_path, send_pixels):
    links: list[str] = []
    cluster = Cluster(two_workers.address, send_pixels=send_pixels, on_link=links.append)
    done = explain_slicks(*place, tmp_path / "a.gpkg", unheard, go_on, cluster)
    assert contents(done.path) == here
    assert links[0].startswith("http://")


@pytest.mark.parametrize("count", [1, 2])
def test_workers_killed_midway_change_nothing(place, here, two_workers, tmp_path, count):
    killed: list[int] = []

    def kill(done: float) -> None:
        if done > 0 and not killed:
            with distributed.Client(two_workers.address, set_as_default=False) as client:
                killed.extend(list(client.run(os.getpid).values())[:count])
            for victim in killed:
                os.kill(victim, signal.SIGKILL)

    done = explain_slicks(*place, tmp_path / "a.gpkg", kill, go_on, two_workers)
    assert killed
    assert done.explained == 5
    assert contents(done.path) == here


def test_a_cancelled_queue_goes_on_on_this_machine(place, here, two_workers, tmp_path):
    heard: list[float] = []
    path = tmp_path / "a.gpkg"
    with pytest.raises(Interrupted):
        explain_slicks(*place, path, heard.append, lambda: max(heard, default=0) > 0, two_workers)
    assert explain_slicks(*place, path, unheard, go_on).resumed > 0
    assert contents(path) == here


def test_a_scheduler_that_goes_away_leaves_a_queue_that_goes_on(place, here, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    about = tmp_path / "scheduler.json"
    processes = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                f"distributed.cli.dask_{role}",
                "--scheduler-file",
                str(about),
                *more,
            ],
            env=environment,
            cwd=tmp_path,
            stderr=subprocess.DEVNULL,
        )
        for role, more in (
            ("scheduler", ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]),
            ("worker", ["--nthreads", "1", "--no-dashboard", "--no-nanny"]),
        )
    ]
    try:
        until = time.monotonic() + 120
        while not about.exists() and time.monotonic() < until:
            time.sleep(0.1)
        cluster = Cluster(json.loads(about.read_text())["address"], timeout=120)

        def kill_scheduler(done: float) -> None:
            if done > 0:
                processes[0].kill()

        with pytest.raises(ClusterError, match="is gone"):
            explain_slicks(*place, tmp_path / "a.gpkg", kill_scheduler, go_on, cluster)
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert explain_slicks(*place, tmp_path / "a.gpkg", unheard, go_on).resumed > 0
    assert contents(tmp_path / "a.gpkg") == here


def test_a_scheduler_that_does_not_answer_is_reported(place, tmp_path):
    nobody = Cluster("tcp://127.0.0.1:1", timeout=1)
    with pytest.raises(ClusterError, match="does not answer"):
        explain_slicks(*place, tmp_path / "a.gpkg", unheard, go_on, nobody)


def test_certificates_that_are_missing_are_reported(place, tmp_path):
    tls = Tls(*(str(tmp_path / name) for name in ("ca.pem", "cert.pem", "key.pem")))
    with pytest.raises(ClusterError, match="certificates"):
        explain_slicks(
            *place,
            tmp_path / "a.gpkg",
            unheard,
            go_on,
            Cluster("tls://127.0.0.1:1", tls=tls, timeout=1),
        )


def test_without_dask_the_person_is_told_what_to_install(place, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    importlib.invalidate_caches()
    with pytest.raises(DependencyError, match="pip install"):
        explain_slicks(*place, tmp_path / "a.gpkg", unheard, go_on, Cluster("tcp://127.0.0.1:8786"))
