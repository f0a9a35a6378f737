"""The training of the oil model: batches, ranking, margins, and going on from a checkpoint."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))
import train_oil

SCHEDULE = train_oil.Schedule(
    [
        train_oil.Stage(32, 4, 2, (0.5, 0.5), (1.0, 1.6), train_oil.RECIPE, 2, ranking=0.5),
        train_oil.Stage(
            64,
            4,
            2,
            (0.5, 0.5),
            (0.9, 1.2),
            train_oil.RECIPE,
            4,
            0.5,
            True,
            margins=(1.0, -0.5, -2.0),
        ),
    ],
    [(0, 0.0), (2, 1.0), (4, 0.5)],
)


@pytest.fixture
def chips():
    rng = np.random.default_rng(0)

    def chip(kind):
        grey = rng.integers(90, 130, (64, 64), dtype=np.uint8)
        labels = np.zeros((64, 64), np.uint8)
        if kind != "clean":
            grey[20:40, 10:50] -= 60
            labels[20:40, 10:50] = 1
        source = "sentinel" if kind == "masked" else "csiro"
        return train_oil.Chip(grey, labels, np.ones((64, 64), bool), source)

    return {kind: [chip(kind) for _ in range(3)] for kind in ("masked", "clean", "oily")}


@pytest.fixture
def options(tmp_path, monkeypatch):
    monkeypatch.setitem(train_oil.SCHEDULES, "small", SCHEDULE)
    return Namespace(
        network="small", dropout=0.0, averaging=0.9, rate=1e-3, decay=1e-2, smoothing=0.05,
        compile=False, resume=None, out=tmp_path,
    )  # fmt: skip


def test_a_batch_depends_on_seed_and_number_alone(chips):
    batches = train_oil.Batches(chips, SCHEDULE, seed=3)
    batches.batch(0)
    later = batches.batch(2)
    again = train_oil.Batches(chips, SCHEDULE, seed=3).batch(2)
    assert torch.equal(later.images, again.images)
    assert torch.equal(later.labels, again.labels)
    other = train_oil.Batches(chips, SCHEDULE, seed=4).batch(2)
    assert not torch.equal(later.images, other.images)
    assert later.images.shape == (4, 3, 64, 64)
    # Chips with masks come first, and are ranked with no others.
    assert (later.holds_oil[:2] == train_oil.UNKNOWN).all()


def test_of_a_guessed_slick_only_what_is_deep_is_surely_oil():
    rng = np.random.default_rng(1)
    grey = (120 * np.exp(rng.normal(0, 0.15, (128, 128)))).astype(np.uint8)
    grey[40:80, 30:60] //= 4
    grey[40:80, 60:75] = grey[40:80, 60:75] * 0.7
    chip = train_oil.guess_slicks(grey)
    assert (chip.labels[45:75, 35:70] == 1).all()
    deep = train_oil.deep_parts(chip)
    assert (deep.labels[45:75, 35:55] == 1).all()
    assert (deep.labels[45:75, 64:70] == train_oil.UNKNOWN).all()
    others = chip.labels != 1
    assert (deep.labels[others] == chip.labels[others]).all()


def logits_of(areas):
    """Logits (N, 2, 10, 10) of maps that hold oil in so many of their hundred pixels."""
    maps = torch.full((len(areas), 100), -20.0)
    for row, area in zip(maps, areas):
        row[:area] = 20.0
    oil = maps.reshape(-1, 1, 10, 10)
    return torch.cat([torch.zeros_like(oil), oil], dim=1).requires_grad_()


def test_ranking_is_lower_where_chips_with_oil_show_more_of_it():
    holds_oil = torch.tensor([0, 1])
    right = train_oil.Ranking().loss(logits_of([10, 40]), holds_oil)
    wrong = train_oil.Ranking().loss(logits_of([40, 10]), holds_oil)
    ratio = np.log((0.4 + 1e-3) / (0.1 + 1e-3))
    assert float(right.detach()) == pytest.approx(np.log1p(np.exp(-ratio)), rel=1e-4)
    assert float(wrong.detach()) == pytest.approx(np.log1p(np.exp(ratio)), rel=1e-4)


def test_crops_are_ranked_against_those_of_the_steps_before():
    ranking = train_oil.Ranking()
    assert float(ranking.loss(logits_of([10, 30]), torch.tensor([0, 0]))) == 0
    found = ranking.loss(logits_of([20]), torch.tensor([1]))
    expected = np.mean(np.log1p([(0.1 + 1e-3) / (0.2 + 1e-3), (0.3 + 1e-3) / (0.2 + 1e-3)]))
    assert float(found.detach()) == pytest.approx(expected, rel=1e-4)
    for _ in range(train_oil.REMEMBERED):
        ranking.loss(logits_of([50, 60]), torch.tensor([0, 1]))
    assert [len(kind) for kind in ranking.remembered] == [train_oil.REMEMBERED] * 2
    assert torch.allclose(ranking.remembered[0].exp(), torch.tensor(0.5 + 1e-3))


def test_a_crop_has_the_margin_of_its_source(chips):
    batches = train_oil.Batches(chips, SCHEDULE, seed=0)
    assert batches.batch(0).margins.tolist() == [0, 0, 0, 0]
    assert batches.batch(2).margins.tolist() == [1, 1, -2, -2]
    chips["masked"] = [replace(chip, source="palsar") for chip in chips["masked"]]
    assert batches.batch(2).margins.tolist() == [-0.5, -0.5, -2, -2]


def test_a_margin_shifts_what_counts_as_even(chips, options):
    training = train_oil.Training(options)
    batch = train_oil.Batches(chips, SCHEDULE, seed=0).batch(0)
    asked = replace(batch, margins=torch.full((4,), 3.0))
    shifted = train_oil.Training(options)
    shifted.network.load_state_dict(training.network.state_dict())
    with torch.no_grad():
        shifted.network.head.bias[1] += 3.0
    assert shifted.step(asked) == pytest.approx(training.step(batch), rel=1e-2)


def test_a_training_that_was_stopped_goes_on_as_if_it_had_not_been(chips, options):
    batches = train_oil.Batches(chips, SCHEDULE, seed=0)

    def learn(training, until):
        return [training.step(batches.batch(number)) for number in range(training.done, until)]

    torch.manual_seed(0)
    straight = train_oil.Training(options)
    losses = learn(straight, 4)
    torch.manual_seed(0)
    stopped = train_oil.Training(options)
    first = learn(stopped, 2)
    stopped.save()
    resumed = train_oil.Training(Namespace(**{**vars(options), "resume": options.out / "last.pt"}))
    assert first + learn(resumed, 4) == losses
    for one, other in zip(
        straight.average.module.state_dict().values(), resumed.average.module.state_dict().values()
    ):
        assert torch.equal(one, other)
