"""Finishing the oil model: what changes, what stays, and the offset."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))
import finish_oil
import train_oil

from tests.radar_chips import radar_chip

SMALL = train_oil.SIZES["small"]


@pytest.fixture
def network(monkeypatch):
    monkeypatch.setitem(train_oil.SIZES, "56", SMALL)
    monkeypatch.setattr(finish_oil, "SIDE", 64)
    monkeypatch.setattr(finish_oil, "SEEN", 48)
    torch.manual_seed(0)
    return train_oil.build("56", dropout=0.0).eval()


@pytest.fixture
def chips():
    rng = np.random.default_rng(0)
    return {
        source: [radar_chip(rng, source != "clean") for _ in range(3)]
        for source in ("sentinel", "palsar", "clean", "oily")
    }


def scores_of(network, images):
    with torch.inference_mode():
        logits = network(images)
    return logits[:, 1] - logits[:, 0]


def images_of(speckle):
    """Two images, (2, 3, 64, 64), whose speckle channel holds the given octaves."""
    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    images[:, 2] = speckle
    return images


@pytest.mark.parametrize(
    ("speckle", "added"),
    [(-3.0, -5.0), (0.0, -5.0), (0.25, -2.3), (0.5, 0.4), (1.4, 0.4), (2.55, -0.05), (3, -0.5)],
)
def test_the_offset_follows_the_speckle(network, speckle, added):
    images = images_of(speckle)
    change = scores_of(finish_oil.with_offset(network), images) - scores_of(network, images)
    torch.testing.assert_close(change, torch.full_like(change, added), atol=1e-4, rtol=0)
    assert float(finish_oil.offset_of(torch.tensor(speckle))) == pytest.approx(added, abs=1e-5)


def test_the_pool_holds_what_the_network_said(network, chips):
    crops = list(finish_oil.pool(network, chips, rounds=2, seed=0))
    assert [crop.source for crop in crops[4:6]] == ["clean", "oily"]
    assert {crop.source for crop in crops} == {"sentinel", "palsar", "clean", "oily"}
    tail = network.stages[-finish_oil.TAIL :]
    for crop in crops:
        maps = {name: x.float() for name, x in crop.maps.items()}
        with torch.inference_mode():
            logits = finish_oil.continue_stages(tail, maps)["head"][0]
        # Maps and scores were rounded to eight and eleven bits.
        torch.testing.assert_close(logits[1] - logits[0], crop.score.float(), atol=0.1, rtol=0.02)


def test_the_same_seed_gives_the_same_pool(network, chips):
    one, other = (list(finish_oil.pool(network, chips, 1, seed)) for seed in (3, 3))
    for crop, same in zip(one, other):
        assert all(torch.equal(crop.maps[name], same.maps[name]) for name in crop.maps)
        assert torch.equal(crop.labels, same.labels)


def ordered(crops):
    return sorted(crops, key=lambda crop: crop.source != "sentinel")


def test_only_the_last_stages_change_and_masks_are_learnt(network, chips):
    crops = list(finish_oil.pool(network, chips, rounds=3, seed=0))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    loss = float(finish_oil.step_loss(network, ordered(crops)).detach())
    finish_oil.finish(network, crops, steps=30, seed=0)
    assert float(finish_oil.step_loss(network, ordered(crops)).detach()) < loss
    changed = {
        name.split(".")[0] + (f".{name.split('.')[1]}" if name.startswith("up") else "")
        for name, tensor in network.state_dict().items()
        if not torch.equal(tensor, before[name])
    }
    assert changed == {"ups.3", "up_blocks.3", "ups.4", "up_blocks.4", "head"}


def test_parts_of_a_crop_show_the_same_place_at_every_scale(network, chips):
    crop = next(iter(finish_oil.pool(network, chips, rounds=1, seed=0)))
    place = torch.arange(64.0)[:, None] * 64 + torch.arange(64.0)
    maps = {"full": place[None, None], "half": place[None, None, ::2, ::2]}
    part = finish_oil.part_of(crop._replace(maps=maps, score=place), np.random.default_rng(1))
    assert part.score.shape == part.labels.shape == (48, 48)
    assert torch.equal(part.maps["full"][0, 0], part.score)
    assert torch.equal(part.maps["half"][0, 0], part.score[::2, ::2])


def test_what_the_network_said_before_costs_nothing_but_where_there_is_no_oil(network, chips):
    crops = list(finish_oil.pool(network, chips, rounds=1, seed=0))
    masked = next(crop for crop in crops if crop.source == "sentinel")
    (oily,) = (crop for crop in crops if crop.source == "oily")
    # The same crop, said to hold no oil: then less of it is wanted.
    with torch.no_grad():
        kept = finish_oil.step_loss(network, [masked, oily])
        assert finish_oil.step_loss(network, [masked, oily._replace(source="clean")]) > kept + 0.1
