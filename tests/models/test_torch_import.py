"""A torch whose import ends the process ends it once; from then on it runs apart."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from segshap_qgis.models.torch_import import import_ended_a_process, noted, withdraw_notes
from tests.small_model import write_small_model

ROOT = Path(__file__).resolve().parents[2]
# Python asks finders for torch's inner part while it imports torch.
FATAL = """
import os, sys
class Fatal:
    def find_spec(self, name, path=None, target=None):
        if name == "torch._C":
            {act}
sys.meta_path.insert(0, Fatal())
"""
LOAD = """
import sys
from pathlib import Path
from segshap_qgis.models import load_model, torch_import
choice = torch_import.WorkerChoice(sys.argv[1], Path(sys.argv[2]))
torch_import.worker_choice_is_kept_by(lambda: choice)
print(type(load_model(sys.argv[3], "cpu")).__name__)
"""


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    return write_small_model(tmp_path_factory.mktemp("model"))


def load(when, notes, card, act=""):
    code = (FATAL.format(act=act) if act else "") + LOAD
    command = [sys.executable, "-c", code, when, str(notes), str(card)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_torch_that_ends_the_process_runs_apart_from_the_next_start_on(card, tmp_path):
    notes = tmp_path / "notes"
    first = load("automatic", notes, card, "os.abort()")
    assert first.returncode < 0
    assert import_ended_a_process(notes)
    second = load("automatic", notes, card, "os.abort()")
    assert second.stdout.split() == ["RemoteModel"], second.stderr
    insists = load("never", notes, card, "os.abort()")
    assert insists.returncode < 0
    mended = load("never", notes, card)
    assert mended.stdout.split() == ["SegmentationModel"], mended.stderr
    assert list(notes.iterdir()) == []
    assert load("automatic", notes, card).stdout.split() == ["SegmentationModel"]


def test_a_person_can_have_models_run_apart_always_or_never(card, tmp_path):
    assert load("always", tmp_path / "notes", card).stdout.split() == ["RemoteModel"]
    assert not (tmp_path / "notes").exists()
    refused = load("never", tmp_path / "notes", card, "raise OSError('DLL load failed')")
    assert refused.returncode == 1
    assert "Let models run in a worker process" in refused.stderr


def test_a_torch_that_was_installed_anew_is_tried_again(card, tmp_path):
    load("automatic", tmp_path, card, "os.abort()")
    (note,) = tmp_path.iterdir()
    note.write_text(note.read_text() + "1")
    assert not import_ended_a_process(tmp_path)
    assert load("automatic", tmp_path, card).stdout.split() == ["SegmentationModel"]


def test_an_import_under_way_is_no_end_and_keeps_its_note(tmp_path):
    code = (
        "import sys, pathlib, time\n"
        "from segshap_qgis.models.torch_import import noted\n"
        "with noted(pathlib.Path(sys.argv[1])):\n"
        "    print('importing', flush=True)\n"
        "    time.sleep(60)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout.readline() == b"importing\n"
            assert not import_ended_a_process(tmp_path)
            with noted(tmp_path):
                assert len(list(tmp_path.iterdir())) == 2
                withdraw_notes()
                assert len(list(tmp_path.iterdir())) == 1, "a program that ends takes its own"
            assert len(list(tmp_path.iterdir())) == 1
        finally:
            other.kill()
            other.wait()
    until = time.monotonic() + 10
    while not import_ended_a_process(tmp_path):
        assert time.monotonic() < until


def test_without_a_folder_that_can_be_written_it_is_imported_all_the_same(tmp_path):
    (tmp_path / "file").write_text("")
    done = []
    for notes in (None, tmp_path / "file"):
        with noted(notes):
            done.append(notes)
        assert not import_ended_a_process(notes)
    assert len(done) == 2
