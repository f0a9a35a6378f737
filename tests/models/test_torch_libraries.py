from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

LOAD = """
import sys
from pathlib import Path
from segshap_qgis.models.torch_libraries import load_torch_libraries

def loaded():
    return "libtorch_cpu.so" in Path("/proc/self/maps").read_text()

assert not loaded()
load_torch_libraries()
assert loaded()
assert "torch" not in sys.modules
import torch
assert torch.ones(2, 2).matmul(torch.ones(2, 2)).sum() == 8
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="done on Linux only")
def test_torch_is_imported_as_ever_after_its_libraries_were_loaded():
    run = subprocess.run(
        [sys.executable, "-c", LOAD], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


COLLECT = """
import gc
import sys
import weakref
from segshap_qgis.models.loading import torch_loads_here

class Node: pass

node = Node()
node.itself = node
earlier = weakref.ref(node)
full = []
gc.callbacks.append(lambda phase, info: full.append(phase) if info["generation"] == 2 else None)
assert torch_loads_here()
assert "torch" in sys.modules
assert not full
assert gc.isenabled()
del node
gc.collect()
assert earlier() is None, "garbage from before is collected later all the same"
"""


PASS_BY = """
import gc
from segshap_qgis.garbage import older_objects_passed_by
from segshap_qgis.models.loading import torch_loads_here

with older_objects_passed_by():
    before = gc.get_freeze_count()
    assert torch_loads_here()
    assert gc.get_freeze_count() > 2 * before
    assert len(gc.get_objects()) < gc.get_freeze_count() / 10
assert gc.get_freeze_count() == 0
"""


@pytest.mark.parametrize("script", [COLLECT, PASS_BY])
def test_torch_is_loaded_without_a_full_garbage_collection_and_keeps_no_garbage(script):
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
