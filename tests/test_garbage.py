"""Python's garbage collector passes older objects by during a run, and forgets none of them."""

from __future__ import annotations

import gc
import weakref

import pytest

from segshap_qgis.garbage import RUNS, older_objects_passed_by, pass_by_newer_objects


class Node:
    """Refers to itself: only the garbage collector ends it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _no_collection_by_itself():
    gc.disable()
    yield
    gc.enable()


def test_older_objects_are_collected_once_the_block_has_ended():
    older = Node()
    older_lives = weakref.ref(older)
    with older_objects_passed_by():
        newer_lives = weakref.ref(Node())
        del older
        gc.collect()
        assert older_lives() is not None
        assert newer_lives() is None
    gc.collect()
    assert older_lives() is None


def test_the_last_of_several_blocks_ends_it():
    first, second = older_objects_passed_by(), older_objects_passed_by()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert gc.get_freeze_count() > 0
    second.__exit__(None, None, None)
    assert gc.get_freeze_count() == 0


def test_an_error_ends_the_block_too():
    with pytest.raises(ValueError, match="wrong"), older_objects_passed_by():
        raise ValueError("wrong")
    assert gc.get_freeze_count() == 0


def test_newer_objects_are_passed_by_within_a_block_only():
    pass_by_newer_objects()
    assert gc.get_freeze_count() == 0
    with older_objects_passed_by():
        before = gc.get_freeze_count()
        made = [Node() for _ in range(1000)]
        pass_by_newer_objects()
        assert gc.get_freeze_count() >= before + len(made)


def test_runs_close_to_each_other_keep_no_garbage_for_good():
    first_lives = weakref.ref(Node())
    for _ in range(RUNS):
        with older_objects_passed_by():
            pass
    assert first_lives() is None
