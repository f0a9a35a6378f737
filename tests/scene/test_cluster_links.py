"""Connections go to the scheduler that a person named, encrypted where certificates are given."""

from __future__ import annotations

import pytest

from segshap_qgis.scene.cluster import Cluster, ClusterError, Tls, local_cluster

distributed = pytest.importorskip("distributed")
psutil = pytest.importorskip("psutil")


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory):
    """A scheduler with one worker that talks TLS only, and the files to reach it."""
    pytest.importorskip("cryptography")
    security = distributed.Security.temporary()
    folder = tmp_path_factory.mktemp("certificates")
    files = []
    for name in ("tls_ca_file", "tls_client_cert", "tls_client_key"):
        files.append(folder / f"{name}.pem")
        files[-1].write_text(getattr(security, name))
    options = {"n_workers": 1, "threads_per_worker": 1, "processes": False}
    with distributed.LocalCluster(
        **options, host="tls://127.0.0.1", security=security, dashboard_address=None
    ) as cluster:
        yield cluster.scheduler_address, Tls(*(str(file) for file in files))


@pytest.mark.parametrize(
    "address",
    [
        "",
        "10.0.0.5",
        "inproc://1/2/3",
        "http://10.0.0.5:80",
        "tcp://user@10.0.0.5:1",
        "tcp://x:1 y",
    ],
)
def test_what_is_no_address_is_refused_before_anything_is_sent(address):
    with pytest.raises(ClusterError, match="no address"), Cluster(address)._client():
        pass


@pytest.mark.parametrize(
    ("address", "tls"), [("tcp://127.0.0.1:1", Tls("a", "b", "c")), ("tls://127.0.0.1:1", None)]
)
def test_certificates_and_an_address_without_encryption_are_refused(address, tls):
    with pytest.raises(ClusterError, match="go together"), Cluster(address, tls)._client():
        pass


def test_the_certificates_open_an_encrypted_link(encrypted):
    address, tls = encrypted
    with Cluster(address, tls, timeout=60)._client() as client:
        assert client.submit(sum, [1, 2]).result(timeout=60) == 3
        assert client.security.require_encryption
        assert client.scheduler.address.startswith("tls://")
    assert Cluster(address, tls, timeout=60).n_workers() == 1


def test_other_certificates_do_not_open_it(encrypted, tmp_path):
    address, _ = encrypted
    other = distributed.Security.temporary()
    files = []
    for name in ("tls_ca_file", "tls_client_cert", "tls_client_key"):
        files.append(tmp_path / name)
        files[-1].write_text(getattr(other, name))
    cluster = Cluster(address, Tls(*(str(file) for file in files)), timeout=3)
    with pytest.raises(ClusterError, match="does not answer"), cluster._client():
        pass


def test_a_cluster_on_this_machine_is_closed_to_others():
    with local_cluster(1) as cluster:
        assert cluster.address.startswith("tcp://127.0.0.1:")
        here = psutil.Process()
        listening = {
            connection.laddr.ip
            for process in [here, *here.children(recursive=True)]
            for connection in getattr(process, "net_connections", process.connections)("inet")
            if connection.status == psutil.CONN_LISTEN
        }
    assert listening <= {"127.0.0.1", "::1"}
