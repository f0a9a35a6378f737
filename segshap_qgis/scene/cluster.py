"""The queue on Dask: windows go to the workers of a cluster, results come back to one journal.

The journal is kept by the machine that asks. A window counts once its results are in there, so
whatever happens to workers, nothing is lost or doubled: a worker that vanishes has its windows
given to another by the scheduler, and a scheduler that vanishes leaves a queue that goes on with
the next start.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Optional

from ..errors import DependencyError, Interrupted, SegShapError
from ..geo.wellknown import to_wkb
from .group_run import Explained, read_group
from .groups import Group
from .on_worker import ModelFiles, as_it_is, explain_on_worker

if TYPE_CHECKING:
    from .queueing import Queue

# Windows that wait on each worker: none of them idles, and a cancel has little to take back.
AHEAD = 2
# How often a window that failed for no fault of the slick is tried again, and how many workers may
# die over it, before the queue gives up.
RETRIES = 2
# Seconds without a word before the person is asked whether to go on.
PATIENCE = 0.5


class ClusterError(SegShapError):
    """The cluster cannot be reached, or cannot do the work; what was done is kept."""


@dataclass(frozen=True)
class Tls:
    """Certificates for a cluster that wants encrypted connections; paths of PEM files."""

    ca_file: str
    certificate: str
    key: str


@dataclass
class Cluster:
    """A Dask scheduler to which windows are sent.

    Its workers need SegSHAP (the plugin's folder on their Python path) with PyTorch and GDAL, and
    one thread each. They read the windows themselves where they find the raster under the same
    path; otherwise set `send_pixels`.

    Attributes
    ----------
    address : str
        Of the scheduler, e.g. ``tcp://10.0.0.5:8786`` or ``tls://...``.
    tls : Tls or None
        Certificates.
    send_pixels : bool
        Send the pixels of each window along instead of letting workers read the raster.
    on_link : callable, optional
        Receives the address of the scheduler's dashboard once, when it is connected.
    timeout : float
        Seconds to wait for the scheduler and its first worker.
    """

    address: str
    tls: Optional[Tls] = None
    send_pixels: bool = False
    on_link: Callable[[str], None] = field(default=lambda _: None)
    timeout: float = 30.0

    def results(
        self, queue: Queue, groups: Sequence[Group], is_cancelled: Callable[[], bool]
    ) -> Iterator[tuple[int, list[Explained]]]:
        """Explain windows on the workers; yields (number, results) as they finish, in any order.

        Raises
        ------
        DependencyError
            Dask is not installed.
        ClusterError
            The scheduler or all workers are gone, or a window failed again and again.
        Interrupted
            It was cancelled.
        """
        if not groups:
            return
        with self._client() as client:
            self.on_link(client.dashboard_link)
            self._await_worker(client)
            model = ModelFiles.of(queue.request.run.model)
            # Once to the scheduler; every worker fetches it once, from the first one or a peer.
            # As a task, unlike scattered data, it comes back when all workers that had it are dead.
            sent = client.submit(as_it_is, model, pure=False)
            yield from _followed(client, self, queue, groups, sent, is_cancelled)

    def n_workers(self) -> int:
        """Windows that the workers of the moment explain at once.

        Raises
        ------
        DependencyError
            Dask is not installed.
        ClusterError
            The scheduler is gone, or has no worker.
        """
        with self._client() as client:
            self._await_worker(client)
            return sum(client.nthreads().values())

    @contextmanager
    def _client(self) -> Iterator[Any]:
        distributed = distributed_package()
        _check_address(self.address, self.tls)
        security = None
        if self.tls is not None:
            security = distributed.Security(
                tls_ca_file=self.tls.ca_file,
                tls_client_cert=self.tls.certificate,
                tls_client_key=self.tls.key,
                require_encryption=True,
            )
        try:
            # Workers are reached through the scheduler: no connection but to the address given.
            client = distributed.Client(
                self.address,
                security=security,
                timeout=self.timeout,
                set_as_default=False,
                direct_to_workers=False,
            )
        except (OSError, ValueError, RuntimeError) as error:
            raise ClusterError(
                f"The scheduler at {self.address} does not answer: {error}",
                "Check the address and the certificates, and that the scheduler runs.",
            ) from error
        try:
            yield client
        finally:
            client.close(timeout=5)

    def _await_worker(self, client: Any) -> None:
        try:
            client.wait_for_workers(1, timeout=self.timeout)
        except distributed_package().TimeoutError as error:
            raise _no_worker(self) from error


@contextmanager
def local_cluster(workers: int) -> Iterator[Cluster]:
    """A cluster on this machine: so many single-threaded processes, for trying out.

    Raises
    ------
    DependencyError
        Dask is not installed.
    """
    distributed = distributed_package()
    with distributed.LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
    ) as cluster:
        yield Cluster(cluster.scheduler_address)


def distributed_package() -> Any:
    """Dask's package for clusters.

    Raises
    ------
    DependencyError
        It is not installed; the remedy says how to get it.
    """
    try:
        import distributed
    except ImportError as error:
        raise DependencyError(
            "Dask is not installed, so there is no cluster to send windows to.",
            'Install it into the Python of QGIS: python -m pip install "dask[distributed]"',
        ) from error
    return distributed


def _check_address(address: str, tls: Optional[Tls]) -> None:
    """Refuse what Dask would make an address of its own from, or send unencrypted.

    Raises
    ------
    ClusterError
        It is no address of a scheduler, or does not go with the certificates.
    """
    if not re.fullmatch(r"(tcp|tls)://[^/@\s]+:[0-9]{1,5}", address):
        raise ClusterError(
            f"“{address}” is no address of a scheduler.", "Give one such as tcp://10.0.0.5:8786."
        )
    if address.startswith("tls://") != (tls is not None):
        raise ClusterError(
            "Certificates and a tls:// address go together: without them nothing is encrypted.",
            "Give authority, certificate and key with a tls:// address, or neither.",
        )


def _followed(
    client: Any,
    cluster: Cluster,
    queue: Queue,
    groups: Sequence[Group],
    model: Any,
    is_cancelled: Callable[[], bool],
) -> Iterator[tuple[int, list[Explained]]]:
    """Keep every worker supplied, and hand on what comes back."""
    from distributed import TimeoutError, wait  # noqa: A004, its own before Python 3.11

    waiting = list(reversed(groups))
    under_way: dict[Any, int] = {}
    last_seen = time.monotonic()
    with _in_words(cluster), _taken_back(client, under_way):
        while waiting or under_way:
            if is_cancelled():
                raise Interrupted
            workers = len(client.nthreads())
            last_seen = time.monotonic() if workers else last_seen
            if time.monotonic() - last_seen > cluster.timeout:
                raise _no_worker(cluster)
            while waiting and len(under_way) < AHEAD * max(1, workers):
                group = waiting.pop()
                under_way[_submitted(client, cluster, queue, group, model)] = group.number
            try:
                with client.as_current():
                    finished = wait(list(under_way), PATIENCE, "FIRST_COMPLETED").done
            except TimeoutError:
                _check_alive(client, cluster)
                continue
            for future in finished:
                yield under_way.pop(future), future.result()


@contextmanager
def _taken_back(client: Any, under_way: dict[Any, int]) -> Iterator[None]:
    """In the end, whatever it is, workers drop what nobody waits for."""
    try:
        yield
    finally:
        if client.status == "running":
            client.cancel(list(under_way), force=True)


@contextmanager
def _in_words(cluster: Cluster) -> Iterator[None]:
    """Turn what goes wrong with a cluster into words for a person."""
    from distributed import CancelledError, KilledWorker

    try:
        yield
    except (OSError, CancelledError) as error:
        raise _gone(cluster) from error
    except ImportError as error:
        raise ClusterError(
            f"A worker lacks a package: {error}",
            "Install SegSHAP's folder, PyTorch and GDAL in the Python of the workers.",
        ) from error
    except KilledWorker as error:
        raise ClusterError(
            f"Workers died again and again over one window: {error}",
            "Give them more memory. What was done is kept; the same call goes on with it.",
        ) from error


def _submitted(client: Any, cluster: Cluster, queue: Queue, group: Group, model: Any) -> Any:
    window = read_group(queue.request, group) if cluster.send_pixels else None
    return client.submit(
        explain_on_worker,
        queue.request,
        model,
        group,
        [to_wkb(outline) for outline in queue.outlines_of(group)],
        window,
        pure=False,
        retries=RETRIES,
    )


def _check_alive(client: Any, cluster: Cluster) -> None:
    if client.status not in {"running", "connecting"}:
        raise _gone(cluster)


def _no_worker(cluster: Cluster) -> ClusterError:
    return ClusterError(
        f"The scheduler at {cluster.address} has no worker.",
        "Start workers with: dask worker SCHEDULER --nthreads 1. What was done is kept.",
    )


def _gone(cluster: Cluster) -> ClusterError:
    return ClusterError(
        f"The scheduler at {cluster.address} is gone.",
        "Start it again. What was done is kept; the same call goes on with it.",
    )
