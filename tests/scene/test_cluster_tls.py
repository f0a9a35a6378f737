"""The queue on a cluster that speaks TLS only, with certificates of an authority of its own."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from segshap_qgis.scene import explain_slicks
from segshap_qgis.scene.cluster import Cluster, ClusterError, Tls
from tests.scene.queues import contents
from tests.scene.scenes import go_on, unheard

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not there")
ROOT = Path(__file__).resolve().parents[2]


def openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def certificates(folder: Path) -> Tls:
    """An authority, and a key with a certificate that it signed, valid for a day."""
    folder.mkdir()
    new_key = ("-newkey", "rsa:2048", "-nodes")
    authority = ("-x509", "-days", "1", "-subj", f"/CN=authority of {folder.name}")
    # Python 3.13 and newer refuse an authority that does not say that it signs certificates.
    authority += ("-addext", "keyUsage=critical,keyCertSign")
    openssl(folder, "req", *authority, *new_key, "-keyout", "ca.key", "-out", "ca.pem")
    asked = ("-subj", "/CN=segshap", "-keyout", "key.pem", "-out", "asked.pem")
    openssl(folder, "req", "-new", *new_key, *asked)
    signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "1")
    openssl(folder, "x509", "-req", "-in", "asked.pem", *signed, "-out", "cert.pem")
    return Tls(*(str(folder / name) for name in ("ca.pem", "cert.pem", "key.pem")))


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    return certificates(tmp_path_factory.mktemp("certificates") / "ours")


@pytest.fixture(scope="module")
def address(ours):
    """A scheduler and a worker that talk to nobody without a certificate of our authority."""
    os.environ["PYTHONPATH"] = str(ROOT)
    roles = {
        f"tls_{role}_{what}": path
        for role in ("scheduler", "worker", "client")
        for what, path in (("cert", ours.certificate), ("key", ours.key))
    }
    security = distributed.Security(tls_ca_file=ours.ca_file, require_encryption=True, **roles)
    with distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        protocol="tls://",
        security=security,
        dashboard_address=None,
    ) as cluster:
        yield cluster.scheduler_address


def test_a_queue_over_tls_ends_with_the_same_file(place, ours, address, tmp_path):
    assert address.startswith("tls://")
    explain_slicks(*place, tmp_path / "here.gpkg", unheard, go_on)
    explain_slicks(*place, tmp_path / "tls.gpkg", unheard, go_on, Cluster(address, tls=ours))
    assert contents(tmp_path / "tls.gpkg") == contents(tmp_path / "here.gpkg")


def test_the_scheduler_shows_the_certificate_that_the_authority_signed(ours, address):
    place = urlsplit(address)
    context = ssl.create_default_context(cafile=ours.ca_file)
    context.check_hostname = False
    context.load_cert_chain(ours.certificate, ours.key)
    with (
        socket.create_connection((place.hostname, place.port), 10) as plain,
        context.wrap_socket(plain) as encrypted,
    ):
        assert encrypted.version() in {"TLSv1.2", "TLSv1.3"}
        assert (("commonName", "segshap"),) in encrypted.getpeercert()["subject"]


def test_certificates_of_a_stranger_are_refused(place, address, tmp_path):
    theirs = certificates(tmp_path / "theirs")
    with pytest.raises(ClusterError, match="certificates"):
        explain_slicks(
            *place, tmp_path / "a.gpkg", unheard, go_on, Cluster(address, tls=theirs, timeout=3)
        )
    assert not (tmp_path / "a.gpkg").exists()


@pytest.mark.parametrize(("scheme", "words"), [("tls", "go together"), ("tcp", "does not answer")])
def test_without_certificates_there_is_no_way_in(place, address, tmp_path, scheme, words):
    bare = Cluster(address.replace("tls://", f"{scheme}://"), timeout=3)
    with pytest.raises(ClusterError, match=words):
        explain_slicks(*place, tmp_path / "a.gpkg", unheard, go_on, bare)
