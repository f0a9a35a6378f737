"""What Python's garbage collector passes by while a run is at work, so that the window answers.

With torch there are some 300,000 objects. Now and then the collector walks over all of them, in
whichever thread happens to need memory, and no other thread runs Python for 150 ms and more. Hardly
any of them is garbage: a run leaves alone what was there before it, and all is as ever at its end.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Runs that may follow each other so closely that nothing is collected between them.
RUNS = 20


class _Blocks:
    """Those that were begun and not ended, and how many times all had ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = 0
        self._rounds = 0

    def begin(self) -> None:
        with self._lock:
            self._open += 1
            gc.freeze()

    def go_on(self) -> None:
        with self._lock:
            if self._open:
                gc.freeze()

    def end(self) -> None:
        with self._lock:
            self._open -= 1
            if self._open:
                return
            gc.unfreeze()
            self._rounds = (self._rounds + 1) % RUNS
            is_due = self._rounds == 0
        if is_due:
            gc.collect()


_blocks = _Blocks()


@contextmanager
def older_objects_passed_by() -> Iterator[None]:
    """Collect only what is made from now on, until the block ends and all others like it.

    What others drop meanwhile lives until then, and not for good: a file may be written only as
    its writer ends.
    """
    _blocks.begin()
    try:
        yield
    finally:
        _blocks.end()


def pass_by_newer_objects() -> None:
    """What was made since the block began is older, too; without such a block nothing is."""
    _blocks.go_on()
