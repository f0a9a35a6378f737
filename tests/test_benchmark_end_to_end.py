"""Every measurement of the benchmark once, on a small real network and a small image."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from benchmarks import growth, speed, study
from benchmarks.backends import Traced, as_we_do, inputs_of
from benchmarks.chips import Chip, cropped, explained_class, find_regions, resized
from benchmarks.plain_run import complete_plain_run
from benchmarks.references import draw_coalitions, make_reference
from segshap_qgis.explain import hexagons
from segshap_qgis.models import load_model
from tests.small_model import write_small_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return load_model(write_small_model(tmp_path_factory.mktemp("model")))


@pytest.fixture(scope="module")
def chip(model):
    image = np.random.default_rng(0).gamma(4.0, 16.0, (1, 64, 64)).astype(np.float32)
    image[:, 20:36, 16:40] /= 8
    valid = np.ones((64, 64), dtype=bool)
    probability = model.predict(image, valid)[explained_class(model)]
    regions = find_regions(image[0], probability, size=4)
    return Chip("small", "a small image", image, valid, hexagons((64, 64), side=11), regions)


def test_speed_is_measured_and_staged_values_are_the_plain_ones(model, chip):
    regions = {kind: chip.regions[kind] for kind in ("pixel", "slick")}
    measured = speed.measure_regions(model, chip, regions, 1, 4, plain_batches=(1, 2))
    assert set(measured) == {"pixel", "slick"}
    found = measured["slick"]
    assert found["difference"] < 1e-5
    assert min(found["plain"], found["staged"], found["staged_auto"]) > 0
    assert found["operations"] > 1e5
    assert 0 < found["rate_share"] < 2


def test_growth_rows_vary_one_thing_at_a_time(model, chip):
    rows = growth.measure_growth(model, chip, quick=True, rounds=1)
    assert {row["what"] for row in rows} == {"image side", "cells", "region side", "regions"}
    assert all(row["plain"] > 0 and row["staged"] > 0 for row in rows)


def test_batch_sizes_are_measured_beside_the_one_that_is_used(model, chip):
    rows = growth.measure_batches(model, chip, chip.regions["pixel"], (4, 16), rounds=1)
    assert [row["batch"] for row in rows] == [4, 16]
    assert [bool(row["chosen"]) for row in rows] == [False, True]
    assert all(row["float32"] > 0 and row["auto"] > 0 for row in rows)


def test_every_network_of_the_package_is_measured(model, chip, monkeypatch):
    assert {"FC-DenseNet67", "FC-DenseNet103", "HarDNet-MSEG"} <= set(growth.NETWORKS)
    small = {"small": lambda *_: model.network}
    monkeypatch.setattr(growth, "NETWORKS", small)
    (row,) = growth.measure_networks(model, chip, chip.regions["pixel"], rounds=1)
    assert row["network"] == "small"
    assert min(row["plain"], row["staged"], row["table"]) > 0


def test_other_engines_get_the_whole_of_the_bundled_network(chip):
    game = speed.staged_game(load_model(), chip, [chip.regions["pixel"]])
    assert game.plan.program.image_windows  # it reads the speckle of the image itself
    z = draw_coalitions(game.n_players, 3, "leverage", seed=7)
    with torch.inference_mode():
        present, images, known = inputs_of(game, z)
        ours = as_we_do(game, present, images, known).clone()
        theirs = Traced(game.plan.program)(*images, *(values.clone() for values in known))
    assert ours.std() > 1e-3
    np.testing.assert_allclose(theirs.numpy(), ours.numpy(), atol=1e-4)


def test_networks_take_as_many_channels_as_the_card_makes_of_its_bands(monkeypatch):
    asked = []

    def network(channels, classes):
        asked.append((channels, classes))
        raise InterruptedError

    model = load_model()
    assert model.card.n_channels > len(model.card.bands)
    monkeypatch.setattr(growth, "NETWORKS", {"one": network})
    with pytest.raises(InterruptedError):
        growth.measure_networks(model, None, None)
    assert asked == [(model.card.n_channels, len(model.card.classes))]


def test_a_complete_plain_run_goes_on_where_it_was_and_agrees(model, chip, tmp_path):
    pytest.importorskip("shap")
    said = []
    first = complete_plain_run(model, chip, 64, 60, tmp_path, said.append)
    again = complete_plain_run(model, chip, 64, 60, tmp_path, said.append)
    assert first["evaluations"] == again["evaluations"] == 60
    assert first["difference"] == again["difference"] < 1e-4
    # All the seconds of before, and what shap itself takes.
    assert again["seconds"] > 0.9 * first["seconds"]
    left = [int(text.split()[3]) for text in said]
    assert left == [60, 0]


def test_accuracy_is_measured_against_a_reference(model, chip, tmp_path, monkeypatch):
    pytest.importorskip("shap")
    pytest.importorskip("captum")
    monkeypatch.setattr(study, "REFERENCES", tmp_path)
    monkeypatch.setattr(study, "make_reference", quick_reference)
    game = study.remembered(model, chip, tmp_path)
    assert game.n_targets == len(chip.regions) == 5
    reference = study.reference_for(game, model, chip, remake=False, say=lambda _: None)
    found = study.real_study(game, chip, reference, budgets=(40, 120), seeds=(0,))
    json.dumps(found)
    assert set(found) == set(chip.regions)
    assert found["slick"]["curves"]["segshap"][120] < 0.2

    shares = study.interval_coverage(game, chip.superpixels, reference, (3,), budgets=(50, 100))
    assert all(0 <= share <= 1 for row in shares.values() for share in row)

    stopped = study.stopped_run(model, chip, "pixel", reference.values[-1], seed=0)
    assert stopped["evaluations"] <= 2500
    assert stopped["seconds"] >= stopped["table"] > 0


def quick_reference(game, say):
    return make_reference(game, rounds=(150,), say=say)


def test_a_stored_reference_is_read_only_for_the_game_it_was_made_for(
    model, chip, tmp_path, monkeypatch
):
    monkeypatch.setattr(study, "REFERENCES", tmp_path)
    monkeypatch.setattr(study, "make_reference", quick_reference)
    told: list[str] = []
    game = study.remembered(model, chip, None)
    first = study.reference_for(game, model, chip, remake=False, say=told.append)
    again = study.reference_for(game, model, chip, remake=False, say=told.append)
    assert (first.values == again.values).all()
    brighter = Chip(**{**vars(chip), "image": chip.image * 1.5 + 1})
    other = study.remembered(model, brighter, None)
    study.reference_for(other, model, brighter, remake=False, say=told.append)
    assert any("belongs to another" in text for text in told)


def test_windows_keep_the_number_of_cells_and_mirrored_images_the_size_of_cells(chip):
    window = cropped(chip, 48)
    assert window.image.shape == (1, 48, 48)
    assert window.regions["pixel"].sum() == 1
    grown = resized(chip, 128)
    assert grown.image.shape == (1, 128, 128)
    assert grown.superpixels.settings["side"] == chip.superpixels.settings["side"]
