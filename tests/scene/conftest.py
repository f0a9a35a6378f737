"""What the tests of the queue start from."""

from __future__ import annotations

import pytest

from tests.scene.queues import SLICKS, outline, scene_with_slicks, small_queue
from tests.scene.scenes import radar_model


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Request and outlines of a small queue."""
    folder = tmp_path_factory.mktemp("queue")
    request = small_queue(scene_with_slicks(folder / "scene.tif"), radar_model(folder))
    return request, [outline(*slick) for slick in SLICKS]
