"""Which threads work for the plugin: it must not be taken away, nor QGIS end, under them.

Whoever computes or writes when a process ends may crash it: the libraries that it is in are taken
down at the same time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_threads: list[int] = []
_changed = threading.Condition()


@contextmanager
def at_work() -> Iterator[None]:
    """Count the calling thread among those that work, until the block ends."""
    thread = threading.get_ident()
    with _changed:
        _threads.append(thread)
    try:
        yield
    finally:
        with _changed:
            _threads.remove(thread)
            _changed.notify_all()


def wait_until_done(seconds: float) -> bool:
    """Wait until no thread works for the plugin; whether that came about in time."""
    with _changed:
        return _changed.wait_for(lambda: not _threads, seconds)
