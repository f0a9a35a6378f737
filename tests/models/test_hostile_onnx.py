"""ONNX files from anywhere: they read no other file, take bounded memory, and can be stopped."""

from __future__ import annotations

import time

import numpy as np
import pytest

from segshap_qgis.errors import Interrupted, ModelError
from segshap_qgis.models import load_model
from segshap_qgis.models import onnx as own_onnx
from segshap_qgis.models.onnx import OnnxGraph, card_from_onnx

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
helper = onnx.helper
FLOAT, INT64 = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64
ANY = (1, 1, "rows", "columns")


def whole(name, values):
    return onnx.numpy_helper.from_array(np.array(values, np.int64), name)


def write(path, nodes, initial=(), reads=ANY, gives=None, **metadata):
    """A graph from "x" to "y" that nobody checked."""
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("x", FLOAT, reads)],
        [gives or helper.make_tensor_value_info("y", FLOAT, None)],
        list(initial),
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    helper.set_model_props(model, metadata)
    path.write_bytes(model.SerializeToString())
    return path


def twice(path, **metadata):
    """A sound network of two classes."""
    return write(path, [helper.make_node("Concat", ["x", "x"], ["y"], axis=1)], **metadata)


def endless(path):
    values = [
        helper.make_tensor_value_info("i", INT64, ()),
        helper.make_tensor_value_info("go", onnx.TensorProto.BOOL, ()),
        helper.make_tensor_value_info("v", FLOAT, None),
    ]
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["go_on"]),
            helper.make_node("Add", ["v", "v"], ["w"]),
        ],
        "body",
        values,
        [
            helper.make_tensor_value_info("go_on", onnx.TensorProto.BOOL, ()),
            helper.make_tensor_value_info("w", FLOAT, None),
        ],
    )
    true = onnx.numpy_helper.from_array(np.array(True), "true")
    nodes = [
        helper.make_node("Loop", ["often", "true", "x"], ["z"], body=body),
        helper.make_node("Concat", ["z", "z"], ["y"], axis=1),
    ]
    return write(path, nodes, [whole("often", 2**62), true])


def test_a_graph_that_does_not_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(own_onnx, "PROBE_SECONDS", 0.5)
    with pytest.raises(ModelError, match="did not end"):
        card_from_onnx(endless(tmp_path / "endless.onnx"))


def test_a_run_of_a_graph_that_does_not_end_is_cancelled(tmp_path):
    path = tmp_path / "endless.onnx"
    twice(path)
    card = card_from_onnx(path)
    endless(path)
    path.with_suffix(".json").write_text(
        own_onnx.ModelCard.from_dict({**vars(card), "weights": {"file": path.name}}).to_json()
    )
    model = load_model(path, "cpu")
    end = time.monotonic() + 1
    with pytest.raises(Interrupted), model.interruptible(lambda: time.monotonic() > end):
        model.predict(np.random.default_rng(0).random((1, 16, 16)).astype(np.float32))
    assert time.monotonic() - end < 5


@pytest.mark.parametrize("place", ["numbers.bin", "../numbers.bin", "inner/../numbers.bin"])
def test_no_other_file_is_read(tmp_path, monkeypatch, place):
    (tmp_path / "inner").mkdir()
    for folder in (tmp_path, tmp_path / "inner"):
        (folder / "numbers.bin").write_bytes(np.arange(8, dtype=np.float32).tobytes())
    monkeypatch.chdir(tmp_path / "inner")
    outside = onnx.TensorProto(
        name="outside", data_type=FLOAT, dims=[1, 2, 2, 2], data_location=onnx.TensorProto.EXTERNAL
    )
    for key, value in (("location", place), ("offset", "0"), ("length", "32")):
        outside.external_data.add(key=key, value=value)
    nodes = [helper.make_node("Identity", ["outside"], ["y"])]
    path = write(tmp_path / "inner" / "pointing.onnx", nodes, [outside])
    with pytest.raises(ModelError, match="can be read"):
        OnnxGraph(path)


def test_a_map_of_absurd_size_takes_no_memory(tmp_path):
    # 64 x 64 pixels become 128,000 x 128,000.
    nodes = [
        helper.make_node("Shape", ["x"], ["shape"]),
        helper.make_node("Mul", ["shape", "often"], ["larger"]),
        helper.make_node("ConstantOfShape", ["larger"], ["y"]),
    ]
    path = write(tmp_path / "large.onnx", nodes, [whole("often", [1, 2, 2000, 2000])])
    with pytest.raises(ModelError, match="does not run"):
        card_from_onnx(path)


@pytest.mark.parametrize(
    ("node", "initial"),
    [
        (helper.make_node("ReduceMean", ["x"], ["y"], keepdims=0), []),
        (helper.make_node("Cast", ["x"], ["y"], to=onnx.TensorProto.STRING), []),
        (helper.make_node("Cast", ["x"], ["y"], to=INT64), []),
        (helper.make_node("Slice", ["x", "a", "a", "a"], ["y"]), [whole("a", [0])]),
        (
            helper.make_node("Slice", ["x", "a", "a", "b"], ["y"]),
            [whole("a", [0]), whole("b", [1])],
        ),
        (helper.make_node("Tile", ["x", "a"], ["y"]), [whole("a", [1, 300, 1, 1])]),
        (helper.make_node("ConstantOfShape", ["a"], ["y"]), [whole("a", [1, 2, -4, 4])]),
    ],
    ids=["a number", "text", "whole numbers", "no images", "no classes", "300 classes", "negative"],
)  # fmt: skip
def test_what_gives_no_scores_is_refused(tmp_path, node, initial):
    gives = None
    for kind in ("STRING", "INT64"):
        if any(a.name == "to" and a.i == getattr(onnx.TensorProto, kind) for a in node.attribute):
            gives = helper.make_tensor_value_info("y", getattr(onnx.TensorProto, kind), None)
    path = write(tmp_path / "odd.onnx", [node], initial, gives=gives)
    with pytest.raises(ModelError):
        card_from_onnx(path)


def test_what_gives_several_lists_is_refused(tmp_path):
    gives = helper.make_tensor_sequence_value_info("y", FLOAT, None)
    node = helper.make_node("SequenceConstruct", ["x", "x"], ["y"])
    with pytest.raises(ModelError):
        card_from_onnx(write(tmp_path / "lists.onnx", [node], gives=gives))


@pytest.mark.parametrize(
    "reads",
    [(1, 2**40, "r", "c"), (1, 1, 2**30, 2**30), (2**40, 1, "r", "c"), (1, 0, 0, 0), (1, 1, 4)],
)
def test_images_of_absurd_size_are_refused_before_one_is_made(tmp_path, reads):
    nodes = [helper.make_node("Identity", ["x"], ["y"])]
    with pytest.raises(ModelError):
        card_from_onnx(write(tmp_path / "absurd.onnx", nodes, reads=reads))


@pytest.mark.parametrize(
    "metadata",
    [
        {"class_names": "[" * 50_000},
        {"class_names": "{[]: 1}"},
        {"class_names": '{"0": "<b>sea</b>", "1": "a\\u0000b"}'},
        {"names": "5"},
        {"standardization_mean": "{}"},
        {"standardization_mean": "1" + "0" * 400},
        {"standardization_std": "[1, 2, 3]"},
        {"standardization_std": "0"},
        {"resolution": "1" + "0" * 400},
        {"resolution": "NaN", "tile_size": "NaN"},
        {"tile_size": "1" + "0" * 4000},
        {"model_type": "[[[]]]"},
        {"model_type": "x" * 200_000},
    ],
)
def test_hostile_metadata_make_a_sound_card_or_a_clear_error(tmp_path, metadata):
    path = twice(tmp_path / "twice.onnx", **metadata)
    try:
        card = card_from_onnx(path)
    except ModelError:
        return
    assert all(name.isprintable() for name in card.class_names)
    assert load_model(path, "cpu").predict(np.eye(16, dtype=np.float32)[None]).shape[0] == 2
