"""Starting the process that runs a model, asking it, and what becomes of it."""

from __future__ import annotations

import collections
import contextlib
import itertools
import queue
import signal
import subprocess  # nosec B404
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Optional

from ... import errors
from ...errors import DependencyError, Interrupted, ModelError, SegShapError
from ...interpreter import start
from ..model import never
from .frames import Arrays, BrokenFrameError, Message, read_frame, write_frame

PROGRAM = Path(__file__).with_name("__main__.py")
# Seconds between two looks whether the person cancelled.
LOOK = 0.05
# Seconds that the process may take to stop by itself once it was told to.
PATIENCE = 0.7
LINES_KEPT = 40
# Killed for want of memory, on Linux and macOS.
KILLED = -9


class Worker:
    """A process with torch in it that answers one request at a time.

    Raises
    ------
    DependencyError
        It cannot be started, or torch cannot be loaded there either.

    Attributes
    ----------
    torch : str
        Version of torch in it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._answers: queue.SimpleQueue[Optional[tuple[Message, Arrays]]] = queue.SimpleQueue()
        self._lines: collections.deque[str] = collections.deque(maxlen=LINES_KEPT)
        # Games that nobody refers to any more; told with the next request, because they are found
        # wherever Python happens to clean up.
        self.dropped: collections.deque[int] = collections.deque()
        self._process = _started()
        self._threads = [
            threading.Thread(target=listen, daemon=True) for listen in (self._hear, self._read_log)
        ]
        for thread in self._threads:
            thread.start()
        try:
            facts, _ = self.ask("start", {"paths": [path for path in sys.path if path]})
        except (RuntimeError, ModelError) as error:
            self.kill()
            raise DependencyError(
                "PyTorch cannot be loaded, neither by QGIS nor in a process of its own: "
                f"{str(error).strip().splitlines()[-1]}",
                "Install it again from SegSHAP's dock; “Copy diagnostics” there has the rest.",
            ) from error
        self.torch = str(facts["torch"])

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Number of the process."""
        return int(self._process.pid)

    def ask(
        self,
        what: str,
        message: Optional[Mapping[str, Any]] = None,
        arrays: Optional[Mapping[str, Any]] = None,
        is_cancelled: Callable[[], bool] = never,
    ) -> tuple[Message, Arrays]:
        """Ask, and wait for the answer.

        Parameters
        ----------
        what : str
            One of the requests of `server.Server`.
        message, arrays : mapping, optional
            What goes with it.
        is_cancelled : callable
            Looked at while waiting.

        Raises
        ------
        Interrupted
            It was cancelled. A process that does not stop by itself is ended.
        SegShapError
            As it was raised there; or a `ModelError`, because the process has ended.
        RuntimeError
            Something unexpected went wrong there; its text says where.
        """
        with self._lock:
            number = next(self._numbers)
            drop = [self.dropped.popleft() for _ in range(len(self.dropped))]
            try:
                write_frame(
                    _pipe(self._process.stdin),
                    {**(message or {}), "ask": what, "number": number, "drop": drop},
                    arrays,
                )
            except OSError as error:
                raise self._ended() from error
            answer, found = self._wait(number, is_cancelled)
        if answer.get("interrupted"):
            raise Interrupted
        if "error" in answer:
            raise _as_it_was(*answer["error"])
        if "failure" in answer:
            raise RuntimeError(str(answer["failure"]))
        return answer, found

    def kill(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.wait()

    def _wait(self, number: int, is_cancelled: Callable[[], bool]) -> tuple[Message, Arrays]:
        cancelled_at: Optional[float] = None
        while True:
            with contextlib.suppress(queue.Empty):
                answer = self._answers.get(timeout=LOOK)
                if answer is None:
                    raise self._ended()
                if answer[0].get("number") == number:
                    return answer
            if cancelled_at is None and is_cancelled():
                cancelled_at = time.monotonic()
                with contextlib.suppress(OSError):
                    write_frame(_pipe(self._process.stdin), {"ask": "cancel", "number": number})
            if cancelled_at is not None and time.monotonic() - cancelled_at > PATIENCE:
                self.kill()
                raise Interrupted

    def _hear(self) -> None:
        """Take in answers; None stands for the end of all answers."""
        with contextlib.suppress(BrokenFrameError, OSError, ValueError):
            while (frame := read_frame(_pipe(self._process.stdout))) is not None:
                self._answers.put(frame)
        self._answers.put(None)

    def _read_log(self) -> None:
        for line in _pipe(self._process.stderr):
            self._lines.append(line.decode(errors="replace").rstrip())

    def _ended(self) -> ModelError:
        """Why there will be no answer."""
        self.kill()
        self._threads[1].join(1.0)
        status = self._process.returncode
        said = next((line for line in reversed(self._lines) if line), "")
        if status == KILLED:
            return ModelError(
                "The process that runs the model was ended by the system, probably because the "
                "memory was full.",
                "Choose a smaller window or larger super-pixels, or close other programs.",
            )
        return ModelError(
            f"The process that runs the model ended unexpectedly ({_in_words(status)})"
            f"{': ' + said if said else ''}.",
            "Start the run again; if it ends again, “Copy diagnostics” helps to find out why.",
        )


def _started() -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    try:
        return start(["-u", str(PROGRAM)], stdin=pipe, stdout=pipe, stderr=pipe)
    except OSError as error:
        raise DependencyError(
            f"The Python of QGIS cannot be started to run models: {error.strerror}.",
            "Install QGIS again, or start it from its own shortcut.",
        ) from error


def _pipe(stream: Any) -> Any:
    """One of the three streams, which are all there since all were asked for."""
    return stream


def _in_words(status: int) -> str:
    if status >= 0:
        return f"exit code {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"


def _as_it_was(kind: str, message: str, remedy: str) -> SegShapError:
    """The error of our own family that was raised on the other side."""
    found = getattr(errors, kind, SegShapError)
    if not (isinstance(found, type) and issubclass(found, SegShapError)):
        found = SegShapError
    return found(message, remedy)


# Workers at rest: starting one takes seconds, most of them for torch.
_resting: list[Worker] = []
# Name of the threads that send them to rest.
RELEASE = "SegSHAP releases a worker"


def hire() -> Worker:
    """A worker at rest, or a new one.

    Raises
    ------
    DependencyError
        There is none, and none can be started.
    """
    while _resting:
        worker = _resting.pop()
        if worker.is_alive:
            return worker
    return Worker()


def release(worker: Worker) -> None:
    """Let a worker rest until the next model; one is kept, others end. Does not wait for it."""
    threading.Thread(target=_rest, args=(worker,), name=RELEASE, daemon=True).start()


def dismiss_all() -> None:
    """End all workers at rest."""
    while _resting:
        _resting.pop().kill()


def _rest(worker: Worker) -> None:
    if worker.is_alive and not _resting:
        with contextlib.suppress(SegShapError, RuntimeError):
            worker.ask("rest")
            _resting.append(worker)
            return
    worker.kill()
