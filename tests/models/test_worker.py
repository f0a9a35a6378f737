"""A model in a process of its own: same values, prompt cancels, crashes told, only pipes."""

from __future__ import annotations

import gc
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from segshap_qgis.errors import Interrupted, ModelError, RegionError, SettingsError
from segshap_qgis.explain import explain, hexagons
from segshap_qgis.models import load_model, make_averaged_game, make_game
from segshap_qgis.models.trust import checksum
from segshap_qgis.models.worker import client
from segshap_qgis.models.worker.frames import HEAD, MARK, BrokenFrameError, read_frame, write_frame
from segshap_qgis.models.worker.remote import RemoteModel
from tests.models.own_models import SmallNetwork, own_card, write_onnx, write_torchscript
from tests.small_model import write_small_model

ROOT = Path(__file__).resolve().parents[2]
needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks into /proc")


@pytest.fixture(scope="module", autouse=True)
def no_worker_left():
    yield
    gc.collect()
    client.dismiss_all()


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    return write_small_model(tmp_path_factory.mktemp("model"), n_classes=3)


@pytest.fixture(scope="module")
def here(card):
    return load_model(card, "cpu")


@pytest.fixture(scope="module")
def apart(card):
    return RemoteModel(card, "cpu")


@pytest.fixture(scope="module")
def scene():
    """Pixels with a corner of no-data, cells, and two regions."""
    rng = np.random.default_rng(0)
    image = rng.gamma(4, 30, (1, 64, 80)).astype(np.float32)
    valid = np.ones((64, 80), dtype=bool)
    valid[:9, :7] = False
    cells = hexagons(valid.shape, side=9, valid=valid)
    regions = np.zeros((2, 64, 80), dtype=bool)
    regions[0, 20:30, 20:40] = regions[1, 50, 60] = True
    return image, valid, cells, list(regions)


def wait_until(holds, seconds=60):
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def bits(explanation):
    return [
        array.tobytes()
        for array in (
            explanation.values,
            explanation.standard_errors,
            explanation.base,
            explanation.prediction,
        )
    ]


@pytest.mark.parametrize("output", ["probability", "logit"])
@pytest.mark.parametrize("background", ["mean", "array"])
def test_its_games_have_the_same_values_to_the_last_bit(here, apart, scene, output, background):
    image, valid, cells, regions = scene
    painted = np.full_like(image, 0.25) if background == "array" else background
    found = []
    for model in (here, apart):
        with model.computing_threads(1):
            game = make_game(
                model, image, cells, regions, ["oil", 2], painted, output=output, valid=valid
            )
            found.append((game, explain(game, cells, budget=120, seed=3)))
    (one, explained), (other, again) = found
    assert bits(explained) == bits(again)
    assert explained.settings == again.settings
    for name in ("n_players", "n_targets", "batch_size", "target_names"):
        assert getattr(one, name) == getattr(other, name)
    assert np.array_equal(one.null_players, other.null_players)


def test_predictions_and_soft_masks_are_the_same(here, apart, scene):
    image, valid, cells, regions = scene
    sea = np.full((2, *valid.shape), 1.5)
    masks = np.random.default_rng(1).random((3, *valid.shape))
    found = []
    for model in (here, apart):
        with model.computing_threads(1):
            game = make_averaged_game(model, image, cells, regions, ["oil"], ["mean", 0.0])
            found.append((model.predict(image, valid, None, sea), game.evaluate_masks(masks)))
    for one, other in zip(*found):
        assert one.dtype == other.dtype
        assert one.tobytes() == other.tobytes()


def test_full_precision_can_be_asked_for(apart, scene):
    image, valid, cells, regions = scene
    game = make_game(apart, image, cells, regions, ["oil"], valid=valid)
    game.sharpen()
    assert not game.differences.any()


@pytest.mark.parametrize("name", ["ONNX", "TorchScript"])
def test_models_of_other_formats_run_in_it(tmp_path, name):
    write = write_onnx if name == "ONNX" else write_torchscript
    path = write(tmp_path / f"own.{'onnx' if name == 'ONNX' else 'pt'}", SmallNetwork())
    path.with_suffix(".json").write_text(json.dumps(own_card(path, name)))
    trusted = [checksum(path)] if name == "TorchScript" else []
    image = np.random.default_rng(0).gamma(4, 30, (1, 40, 40)).astype(np.float32)
    found = RemoteModel(path, "cpu", trusted).predict(image)
    assert np.allclose(found, load_model(path, "cpu", trusted).predict(image), atol=1e-6)
    if trusted:
        with pytest.raises(ModelError, match="not trusted"):
            RemoteModel(path, "cpu", [])


def test_errors_are_those_of_a_model_in_this_process(apart, scene, tmp_path):
    image, _, cells, regions = scene
    with pytest.raises(SettingsError, match="has no class 'gold'"):
        make_game(apart, image, cells, regions, ["gold"])
    with pytest.raises(RegionError, match="holds no pixel"):
        make_game(apart, image, cells, [np.zeros(image.shape[1:], bool)], ["oil"])
    with pytest.raises(ModelError, match=r"absent\.json cannot be read") as raised:
        RemoteModel(tmp_path / "absent.json")
    assert raised.value.remedy == "Choose the model's .json file."
    with pytest.raises(RuntimeError, match="KeyError"):
        apart.ask(apart._worker, "play", {}, {})


def seconds_until_interrupted(model, work):
    """Cancel half a second after `work` began; seconds until it stops."""
    begun = time.monotonic()
    with model.interruptible(lambda: time.monotonic() - begun > 0.5), pytest.raises(Interrupted):
        work()
    return time.monotonic() - begun - 0.5


def test_it_stops_within_a_second():
    model = RemoteModel("oil_fcdensenet56", "cpu")
    image = np.random.default_rng(0).gamma(4, 30, (1, 1024, 1024)).astype(np.float32)
    assert seconds_until_interrupted(model, lambda: model.predict(image)) < 1


def test_a_program_that_does_not_listen_is_ended_and_the_next_question_starts_anew(tmp_path):
    class Endless(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            print("busy")  # noqa: T201 (what programs print must not come between the answers)
            while bool(images.mean() > 0.5):
                images = images + 0.0
            return torch.cat([images, -images], 1)

    path = tmp_path / "own.pt"
    torch.jit.script(Endless()).save(str(path))
    path.with_suffix(".json").write_text(json.dumps(own_card(path, "TorchScript")))
    model = RemoteModel(path, "cpu", [checksum(path)])
    before = model.pid
    bright = np.full((1, 32, 32), 250, np.float32)
    bright[0, 0] = 200
    assert seconds_until_interrupted(model, lambda: model.predict(bright)) < 1
    assert not Path(f"/proc/{before}").exists()
    assert model.predict(bright / 10).shape == (2, 32, 32)
    assert model.pid != before


@pytest.mark.parametrize(
    ("how", "told"), [(signal.SIGKILL, "memory was full"), (signal.SIGSEGV, "SIGSEGV")]
)
def test_a_crash_is_told_and_the_model_loaded_again(card, scene, how, told):
    image, valid, cells, regions = scene
    model = RemoteModel(card, "cpu")
    game = make_game(model, image, cells, regions, ["oil"], valid=valid)
    many = np.ones((2000, cells.n_players), bool)
    threading.Timer(0.3, os.kill, (model.pid, how)).start()
    with pytest.raises(ModelError, match=told) as raised:
        game(many)
    assert raised.value.remedy
    with pytest.raises(ModelError):
        game(np.ones((1, cells.n_players), bool))
    again = make_game(model, image, cells, regions, ["oil"], valid=valid)
    assert again(np.ones((1, cells.n_players), bool)).shape == (1, 2)


def test_a_worker_serves_the_next_model_and_forgets_games_that_are_gone(card, scene):
    image, valid, cells, regions = scene
    gc.collect()
    wait_until(lambda: client.RELEASE not in {thread.name for thread in threading.enumerate()})
    client.dismiss_all()
    model = RemoteModel(card, "cpu")
    worker, pid = model._worker, model.pid
    game = make_game(model, image, cells, regions, ["oil"], valid=valid)
    number = game._number
    del game
    gc.collect()
    with pytest.raises(ModelError, match="not known any more"):
        model.ask(worker, "sharpen", {"game": number}, {})
    del model
    gc.collect()
    wait_until(lambda: worker in client._resting)
    assert RemoteModel(card, "cpu").pid == pid


@needs_proc
def test_it_opens_no_socket(apart, scene):
    image, valid, *_ = scene
    apart.predict(image, valid)
    folder = Path(f"/proc/{apart.pid}/fd")
    targets = [str(entry.readlink()) for entry in folder.iterdir()]
    assert any(target.startswith("pipe:") for target in targets)
    assert not [target for target in targets if target.startswith("socket:")]


@needs_proc
def test_it_ends_with_the_process_that_started_it(card):
    code = (
        "import os\n"
        "from segshap_qgis.models.worker.remote import RemoteModel\n"
        f"print(RemoteModel({str(card)!r}).pid, flush=True)\n"
        "os._exit(0)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    wait_until(lambda: not Path(f"/proc/{int(run.stdout)}").exists())


REFUSED = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name == "torch._C":
            raise OSError("[WinError 1114] A dynamic link library (DLL) initialization failed")
sys.meta_path.insert(0, Refuse())
"""


def test_it_is_used_by_itself_where_torch_does_not_load(card, here, scene, tmp_path):
    image, valid, cells, regions = scene
    np.savez(tmp_path / "scene.npz", image=image, valid=valid, region=regions[0])
    code = REFUSED + (
        "import numpy as np\n"
        "from segshap_qgis.explain import explain, hexagons\n"
        "from segshap_qgis.models import load_model, make_game\n"
        f"scene = np.load({str(tmp_path / 'scene.npz')!r})\n"
        f"model = load_model({str(card)!r}, 'cpu')\n"
        "cells = hexagons(scene['valid'].shape, side=9, valid=scene['valid'])\n"
        "with model.computing_threads(1):\n"
        "    game = make_game(model, scene['image'], cells, [scene['region']], ['oil'],\n"
        "                     valid=scene['valid'])\n"
        "    found = explain(game, cells, budget=60)\n"
        "assert type(model).__name__ == 'RemoteModel' and 'torch._C' not in sys.modules\n"
        "print(found.values.tobytes().hex())\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    with here.computing_threads(1):
        game = make_game(here, image, cells, regions[:1], ["oil"], valid=valid)
        expected = explain(game, cells, budget=60)
    assert bytes.fromhex(run.stdout.strip()) == expected.values.tobytes()


# Frames ---------------------------------------------------------------------------------------


def test_arrays_come_out_of_a_frame_as_they_went_in():
    arrays = {
        "a": np.arange(6, dtype=np.int32).reshape(2, 3)[:, ::-1],
        "b": np.zeros((0, 4), bool),
        "c": np.array(1.5),
    }
    stream = io.BytesIO()
    write_frame(stream, {"ask": "é"}, arrays)
    stream.seek(0)
    message, found = read_frame(stream)
    assert message["ask"] == "é"
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        assert np.array_equal(found[name], array)
    assert read_frame(stream) is None


def test_objects_are_not_sent():
    with pytest.raises(TypeError):
        write_frame(io.BytesIO(), {}, {"a": np.array([object()])})


def frame(text, data=b"", mark=MARK, text_size=None, size=None):
    sizes = (len(text) if text_size is None else text_size, len(data) if size is None else size)
    return HEAD.pack(mark, *sizes) + text + data


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x04K\x01.",
        frame(b"{}", mark=b"GET "),
        frame(b"{}"),
        frame(b"[]"),
        frame(b"{", text_size=2**40),
        frame(b"{}", size=2**60),
        frame(b'{"arrays": [["a", "object", [1]]]}', b"\0" * 8),
        frame(b'{"arrays": [["a", "float64", [-1]]]}'),
        frame(b'{"arrays": [["a", "float64", [2]]]}', b"\0" * 8),
        frame(b'{"arrays": [["a", "bool", [2]]]}', b"\1\2"),
        frame(b'{"arrays": [["a", "float64", [1]]]}', b"\0" * 8)[:-1],
        frame(b"[" * 100_000),
    ],
)
def test_what_is_no_frame_is_refused(content):
    with pytest.raises(BrokenFrameError):
        read_frame(io.BytesIO(content))


def test_two_threads_can_ask_at_once(apart, scene):
    image, valid, cells, regions = scene
    game = make_game(apart, image, cells, regions, ["oil"], valid=valid)
    everyone = np.ones((4, cells.n_players), bool)
    expected, found = game(everyone), []
    threads = [threading.Thread(target=lambda: found.append(game(everyone))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 4
    assert all(np.array_equal(values, expected) for values in found)
