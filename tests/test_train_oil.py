"""The training of the oil model: batches, guesses, ranking, and going on from a checkpoint."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))
import train_oil

from tests.radar_chips import radar_chip

SCHEDULE = train_oil.Schedule(
    [
        train_oil.Stage(32, 4, 2, (0.5, 0.5), (1.0, 1.6), train_oil.RECIPE, 2, ranking=0.5),
        train_oil.Stage(64, 4, 2, (0.5, 0.5), (0.9, 1.2), train_oil.RECIPE, 4, 0.5, True),
    ],
    [(0, 0.0), (2, 1.0), (4, 0.5)],
)


@pytest.fixture
def chips():
    rng = np.random.default_rng(0)
    return {
        kind: [radar_chip(rng, kind != "clean") for _ in range(3)]
        for kind in ("masked", "clean", "oily")
    }


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


def test_slicks_are_guessed_where_it_is_dark_and_connected():
    rng = np.random.default_rng(1)
    grey = (120 * np.exp(rng.normal(0, 0.15, (128, 128)))).astype(np.uint8)
    grey[40:80, 30:60] //= 4
    chip = train_oil.guess_slicks(grey)
    assert (chip.labels[45:75, 35:55] == 1).all()
    assert (chip.labels[95:, 95:] == 0).mean() > 0.8
    assert not (chip.labels[95:, 95:] == 1).any()
    assert not (train_oil.guess_slicks(np.full((64, 64), 90, np.uint8)).labels == 1).any()


def logits_of(areas):
    """Logits (N, 2, 10, 10) of maps that hold oil in so many of their hundred pixels."""
    maps = torch.full((len(areas), 100), -20.0)
    for row, area in zip(maps, areas):
        row[:area] = 20.0
    oil = maps.reshape(-1, 1, 10, 10)
    return torch.cat([torch.zeros_like(oil), oil], dim=1).requires_grad_()


def test_ranking_is_lower_where_chips_with_oil_show_more_of_it():
    holds_oil = torch.tensor([0, 1])
    right = train_oil.ranking_loss(logits_of([10, 40]), holds_oil)
    wrong = train_oil.ranking_loss(logits_of([40, 10]), holds_oil)
    ratio = np.log((0.4 + 1e-3) / (0.1 + 1e-3))
    assert float(right.detach()) == pytest.approx(np.log1p(np.exp(-ratio)), rel=1e-4)
    assert float(wrong.detach()) == pytest.approx(np.log1p(np.exp(ratio)), rel=1e-4)


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
