"""Which runs may be under way together, by tables."""

import pytest

from reportgen.records import RunId
from reportgen.stages.schedule import Capacity, Task, most_at_once, startable


def run(name):
    return RunId(name, "", 7)


def task(name, threads=1, after=None, alone=False, gpu_bytes=0):
    return Task(run(name), threads, None if after is None else run(after), alone, gpu_bytes)


A, B, C = task("a"), task("b"), task("c")
WIDE = task("wide", threads=4)


@pytest.mark.parametrize(
    ("waiting", "under_way", "capacity", "begun"),
    [
        ([A, B, C], [], (2, 8), "a b"),  # as many as there may be workers
        ([A, B, C], [], (8, 2), "a b"),  # as many as there are cores
        ([B, C], [A], (2, 8), "b"),
        ([C], [A, B], (2, 8), ""),
        ([A, B], [], (1, 8), "a"),
        ([WIDE, A, B], [], (8, 4), "wide"),  # takes all cores
        ([A, WIDE, B], [], (8, 4), "a b"),  # what there is room for passes
        ([A, WIDE, B], [], (8, 6), "a wide b"),  # 1 + 4 + 1 threads
        ([WIDE], [A], (8, 4), ""),
        ([WIDE, A], [], (8, 2), "wide"),  # wants more than there is: by itself
        ([], [A], (8, 8), ""),
    ],
)
def test_cores_and_workers(waiting, under_way, capacity, begun):
    found = startable(waiting, under_way, Capacity(*capacity))
    assert [one.run for one in found] == [run(name) for name in begun.split()]


LATER = task("later", after="a")


@pytest.mark.parametrize(
    ("waiting", "under_way", "begun"),
    [
        ([A, LATER, B], [], "a b"),
        ([LATER, B], [A], "b"),
        ([LATER], [A], ""),
        ([LATER], [B], "later"),  # `a` is made
        ([LATER], [], "later"),
        ([LATER, task("last", after="later")], [], "later"),  # one after another
        ([B, C, A, LATER], [], "a b c"),  # what others wait for comes first
    ],
)
def test_a_run_waits_for_the_one_that_it_starts_from(waiting, under_way, begun):
    found = startable(waiting, under_way, Capacity(8, 8))
    assert [one.run for one in found] == [run(name) for name in begun.split()]


ALONE = task("alone", alone=True)


@pytest.mark.parametrize(
    ("waiting", "under_way", "begun"),
    [
        ([ALONE, A], [], "alone"),
        ([ALONE, A], [B], "a"),
        ([A], [ALONE], ""),
    ],
)
def test_nothing_is_made_beside_what_is_made_alone(waiting, under_way, begun):
    found = startable(waiting, under_way, Capacity(8, 8))
    assert [one.run for one in found] == [run(name) for name in begun.split()]


def taking(name, gpu_bytes):
    return task(name, gpu_bytes=gpu_bytes)


@pytest.mark.parametrize(
    ("waiting", "under_way", "begun"),
    [
        ([taking("a", 4), taking("b", 4), taking("c", 4)], [], "a b"),  # 4 + 4 of 10
        ([taking("a", 4), taking("b", 8), taking("c", 4)], [], "a c"),  # what fits passes
        ([taking("a", 99), taking("b", 1)], [], "a"),  # more than there is: by itself
        ([taking("a", None), taking("b", None)], [], "a"),  # nobody knows: by itself
        ([taking("b", None)], [taking("a", 5)], "b"),  # 5 + as much again
        ([taking("b", None)], [taking("a", 6)], ""),
        ([taking("b", None), taking("c", None)], [taking("a", 2)], "b"),  # one at a time
        ([taking("c", 3)], [taking("a", 3), taking("b", None)], "c"),  # 3 + 3 + 3
        ([taking("c", 4)], [taking("a", 3), taking("b", None)], ""),  # 3 + 4 + 4
        ([taking("b", 1)], [taking("a", None)], "b"),  # 1 + 1
    ],
)
def test_a_gpus_memory(waiting, under_way, begun):
    found = startable(waiting, under_way, Capacity(8, 8, gpu_bytes=10))
    assert [one.run for one in found] == [run(name) for name in begun.split()]


def test_memory_that_nobody_knows_yet_keeps_nobody_from_sharing():
    tasks = [taking("a", None), taking("b", None)]
    assert most_at_once(tasks, Capacity(2, 8, gpu_bytes=10)) == 2


@pytest.mark.parametrize(
    ("tasks", "capacity", "most"),
    [
        ([], (2, 2), 0),
        ([A], (2, 2), 1),
        ([A, B, C], (2, 2), 2),
        ([A, LATER], (2, 2), 1),  # one after the other
        ([A, LATER, task("other", after="a")], (2, 2), 2),  # two after one
        ([WIDE, task("broad", threads=4)], (2, 4), 1),
    ],
)
def test_how_many_are_under_way_together(tasks, capacity, most):
    assert most_at_once(tasks, Capacity(*capacity)) == most
