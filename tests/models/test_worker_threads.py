"""The computing thread gives way to QGIS, and so do the threads that torch starts for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import os, threading, torch

def nice(thread):
    return os.getpriority(os.PRIO_PROCESS, int(thread))

def work():
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 5)
    torch.set_num_threads(2)
    torch.nn.functional.conv2d(torch.ones(1, 32, 128, 128), torch.ones(32, 32, 3, 3))
    print(sorted({nice(thread) for thread in set(os.listdir("/proc/self/task")) - before}))

before = set(os.listdir("/proc/self/task"))
thread = threading.Thread(target=work)
thread.start()
thread.join()
print(nice(threading.get_native_id()))
"""


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="priorities of threads are Linux's"
)
def test_workers_inherit_the_priority_of_the_thread_that_computes():
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert run.stdout.split("\n")[:2] == ["[5]", "0"]
