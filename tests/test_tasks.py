from __future__ import annotations

import gc
import os
import sys
import threading
import time

import numpy as np
import pytest
from qgis.core import QgsApplication, QgsTask
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest

from segshap_qgis.at_work import wait_until_done
from segshap_qgis.errors import ExportError, RegionError
from segshap_qgis.explain import explain, squares
from segshap_qgis.gui.run_queue import RunQueue
from segshap_qgis.gui.work import Work
from segshap_qgis.tasks import NICENESS, PREVIEW_INTERVAL, Advance, ExplainTask
from segshap_qgis.workflow import Request

CELLS = squares((32, 32), side=8)


class SlowGame:
    """Contributions 0..15 hundredths; every call takes its time."""

    n_players, n_targets, batch_size = 16, 1, 1

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self, coalitions: np.ndarray) -> np.ndarray:
        time.sleep(self.seconds)
        return coalitions @ (np.arange(16.0)[:, None] / 100)


class GameJob:
    """Explains a game instead of a model on a raster."""

    def __init__(self, seconds: float = 0.0, budget: int = 100) -> None:
        self.request = Request(model="", target="oil", budget=budget, stop_at=None)
        self.game = SlowGame(seconds)

    def carry_out(self, task):
        latest = []

        def keep(partial) -> bool:
            latest[:] = [partial]
            return task.on_progress(partial)

        return explain(self.game, CELLS, budget=self.request.budget, on_progress=keep)

    def keep(self, partial):
        return partial


class DeafJob(GameJob):
    """Hears of no cancel until it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.working, self.released = threading.Event(), threading.Event()

    def carry_out(self, _task):
        self.working.set()
        self.released.wait(20)


class FunctionJob(GameJob):
    """Does whatever the test wants."""

    def __init__(self, function) -> None:
        super().__init__()
        self.function = function

    def carry_out(self, task):
        return self.function(task)


def run(task: ExplainTask, seconds: float = 20) -> None:
    """To its end, in QGIS's own task manager."""
    ended = []
    task.ended.connect(lambda: ended.append(True))
    QgsApplication.taskManager().addTask(task)
    wait_until(lambda: ended, seconds)


def cancel_once(task: ExplainTask, happened) -> float:
    """Start a task and cancel it once something happened; the seconds until it ended."""
    ended = []
    task.ended.connect(lambda: ended.append(time.monotonic()))
    QgsApplication.taskManager().addTask(task)
    wait_until(happened)
    cancelled = time.monotonic()
    task.cancel()
    wait_until(lambda: ended)
    return ended[0] - cancelled


def wait_until(condition, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        QTest.qWait(10)


def test_a_task_brings_back_what_its_job_found(qgis_app):
    task = ExplainTask(GameJob(), "linear")
    run(task)
    assert task.error is None
    np.testing.assert_array_equal(
        task.record.values, explain(SlowGame(0.0), CELLS, budget=100).values
    )


def test_what_was_there_before_a_task_is_collected_again_after_it(qgis_app):
    frozen = []
    task = ExplainTask(FunctionJob(lambda _: frozen.append(gc.get_freeze_count())), "counts")
    run(task)
    assert frozen[0] > 0
    assert gc.get_freeze_count() == 0


def test_progress_says_how_far_how_precise_and_how_long(qgis_app):
    task = ExplainTask(GameJob(0.01, budget=60), "linear")
    heard, threads = [], []
    task.advanced.connect(heard.append)
    task.advanced.connect(lambda _: threads.append(threading.current_thread()))
    run(task)
    assert [a.evaluations for a in heard] == sorted(a.evaluations for a in heard)
    assert heard[-1].percent == pytest.approx(100)
    assert 0.1 < heard[len(heard) // 2].seconds_left < 5
    assert set(threads) == {threading.main_thread()}


def test_time_left_counts_on_errors_that_fall_with_the_root_of_the_evaluations():
    advance = Advance(100, 4000, precision=0.2, goal=0.1, seconds_left=float("inf"))
    assert advance.expected_evaluations == 400
    assert advance.percent == 25
    assert advance._replace(precision=0.1).percent == 100
    assert advance._replace(goal=0.0).percent == 2.5
    assert advance._replace(precision=float("inf")).percent == 2.5


def test_previews_are_throttled(qgis_app):
    task = ExplainTask(GameJob(0.02, budget=150), "linear")
    previews, steps = [], []
    directly = Qt.ConnectionType.DirectConnection
    task.refreshed.connect(lambda partial: previews.append(time.monotonic()), directly)
    task.advanced.connect(steps.append)
    run(task, seconds=60)
    assert len(steps) > 100
    assert len(previews) >= 2
    assert min(np.diff(previews)) > 0.99 * PREVIEW_INTERVAL


def test_cancelling_takes_less_than_a_second_and_keeps_what_was_learnt(qgis_app):
    task = ExplainTask(GameJob(0.05, budget=10_000), "linear")
    seen = []
    task.advanced.connect(lambda advance: seen.append(advance.evaluations))
    assert cancel_once(task, lambda: seen and seen[-1] >= 30) < 1
    assert task.record.evaluations >= 30
    assert task.record.values.sum() == pytest.approx(1.2)


def test_a_job_that_does_not_listen_is_left_to_itself_within_a_second(qgis_app):
    job = DeafJob()
    task = ExplainTask(job, "deaf")
    seconds = cancel_once(task, job.working.is_set)
    job.released.set()
    assert seconds < 1
    assert task.record is None


def test_what_a_job_had_learnt_before_it_stopped_listening_is_kept(qgis_app):
    stuck, released = threading.Event(), threading.Event()

    class StuckGame(SlowGame):
        def __call__(self, coalitions: np.ndarray) -> np.ndarray:
            if len(told) >= 20:
                stuck.set()
                released.wait(20)
            return super().__call__(coalitions)

    job, told = GameJob(budget=10_000), []
    job.game = StuckGame(0.0)
    task = ExplainTask(job, "stuck")
    task.advanced.connect(told.append, Qt.ConnectionType.DirectConnection)
    seconds = cancel_once(task, stuck.is_set)
    kept = task.record
    released.set()
    assert seconds < 1
    assert kept.evaluations == told[-1].evaluations
    QTest.qWait(200)
    assert task.record is kept, "the straggler changes nothing"


def test_work_that_goes_on_after_a_cancel_is_waited_for_before_the_plugin_goes(qgis_app):
    job = DeafJob()
    cancel_once(ExplainTask(job, "deaf"), job.working.is_set)
    assert not wait_until_done(0.05)
    job.released.set()
    assert wait_until_done(20)


def test_what_was_drawn_belongs_to_the_record_that_is_kept(qgis_app):
    task = ExplainTask(FunctionJob(lambda _: "record"), "drawn", "drawing of {}".format)
    run(task)
    assert task.drawing == "drawing of record"
    # A straggler after a cancel draws what it found, which is not what was kept.
    task.result = "another record"
    assert task.drawing is None


def test_a_record_that_cannot_be_drawn_is_kept_all_the_same(qgis_app):
    def full(_record):
        raise ExportError("The disk is full.")

    task = ExplainTask(FunctionJob(lambda _: "record"), "drawn", full)
    run(task)
    assert (task.record, task.drawing, task.error) == ("record", None, None)


def test_qgis_asks_before_it_quits_under_an_export_and_under_nothing_else(qgis_app):
    silent = QgsTask.Flag.CancelWithoutPrompt
    tasks = [ExplainTask(GameJob(), "run"), Work("what if", print, print)]
    assert all(task.flags() & silent for task in tasks)
    assert not Work("export", print, print, is_asked_for=True).flags() & silent


def test_a_write_that_was_stopped_before_it_began_does_not_pass_for_written(qgis_app):
    ended = []
    task = Work("Writing runs.gpkg", lambda: 1 / 0, ended.append)
    task.hold()
    QgsApplication.taskManager().addTask(task)
    task.cancel()
    wait_until(lambda: ended)
    assert str(ended[0].error) == "“Writing runs.gpkg” was stopped before it began."


@pytest.mark.parametrize("error", [RegionError("The region is empty."), ZeroDivisionError("oops")])
def test_an_error_is_kept_for_the_main_thread_with_where_it_happened(qgis_app, error):
    def fail(_task):
        raise error

    task = ExplainTask(FunctionJob(fail), "failing")
    run(task)
    assert task.error is error
    assert task.record is None
    assert "in fail" in task.details


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="threads have no priority of their own"
)
def test_only_the_computing_thread_is_of_lower_priority(qgis_app):
    found = []

    def look(_task):
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    run(ExplainTask(FunctionJob(look), "gentle"))
    assert found == [max(before, NICENESS)]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before


def test_runs_wait_for_each_other_and_a_failure_stops_none(qgis_app):
    queue, running, most, ended = RunQueue(), [], [], []

    def work(task):
        running.append(task.title)
        most.append(len(running))
        time.sleep(0.1)
        running.remove(task.title)
        if task.title == "b":
            raise ValueError("b is broken")
        return task.title

    tasks = [ExplainTask(FunctionJob(work), title) for title in "abc"]
    queue.ended.connect(lambda task: ended.append((task.title, task.record)))
    for task in tasks:
        queue.add(task)
    wait_until(lambda: len(ended) == 3)
    assert ended == [("a", "a"), ("b", None), ("c", "c")]
    assert most == [1, 1, 1]
    assert queue.current is None


def test_a_waiting_run_can_be_taken_out_of_the_queue(qgis_app):
    queue, ended = RunQueue(), []
    first, second = ExplainTask(GameJob(0.01), "first"), ExplainTask(GameJob(), "second")
    queue.ended.connect(lambda task: ended.append((task.title, task.record is None)))
    queue.add(first)
    queue.add(second)
    queue.cancel(second)
    assert ended == [("second", True)]
    wait_until(lambda: len(ended) == 2)
    assert ended[1] == ("first", False)


def test_closing_the_queue_is_quick_and_silent(qgis_app):
    queue, ended = RunQueue(), []
    queue.ended.connect(ended.append)
    task = ExplainTask(GameJob(0.05, budget=10_000), "long")
    queue.add(task)
    queue.add(ExplainTask(GameJob(), "never"))
    wait_until(lambda: task._started)
    started = time.monotonic()
    queue.close()
    assert time.monotonic() - started < 1.7
    assert task.done.is_set()
    QTest.qWait(100)
    assert ended == []
