"""What is given out when, and what becomes of what was lost: a cluster that a test plays."""

from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from reportgen.cluster.connection import Lost, Node
from reportgen.cluster.dispatch import Dispatch
from reportgen.errors import DataError, DeviceMemoryError, RunError
from reportgen.progress import Silence
from reportgen.records import RunId
from reportgen.spec.experiment import Resources
from reportgen.stages.schedule import Task
from reportgen.stages.worker import Failed, Made, Told

A, B, C = (RunId("net", "", seed) for seed in (1, 2, 3))
GONE, KILLED = Lost("NodeDiedError", process=False), Lost("OutOfMemoryError", process=True)


NODES = (Node("10.0.0.1", 4, 0), Node("10.0.0.2", 8, 0))


class Notes(Silence):
    def __init__(self):
        self.notes = []

    def note(self, text):
        self.notes.append(text)


@dataclass(eq=False)
class Handle:
    run: RunId


class Played:
    """A cluster where each run ends as the test says, attempt by attempt; else it is made."""

    def __init__(self, ends=None, nodes=NODES):
        self.ends, self.now = ends or {}, nodes
        self.begun, self.at_once, self.open = [], [], []

    def nodes(self):
        return self.now

    def begin(self, errand, sources, cpus, gpus):
        self.begun.append((errand, cpus, gpus))
        handle = Handle(errand)
        self.open.append(handle)
        self.at_once.append(sorted(str(one.run) for one in self.open))
        return handle

    def listen(self, seconds):
        first = self.open[0]
        ends = self.ends.get(first.run, [])
        return [(first, ends.pop(0) if ends else Made())]

    def close(self, errand):
        self.open.remove(errand)


@pytest.fixture
def dispatch():
    """Return a function that has tasks made on a cluster and returns the notes."""

    def made(cluster, *tasks, jobs=10, gpus=None):
        spec = SimpleNamespace(resources=Resources(gpus=gpus))
        plans = {task.run: SimpleNamespace(run=SimpleNamespace(spec=spec)) for task in tasks}
        progress = Notes()
        order = {id(plan): run for run, plan in plans.items()}
        Dispatch(
            cluster,
            plans,
            lambda plan: (order[id(plan)], ()),
            None,
            progress,
            list(tasks),
            jobs,
            gpus is not None,
        ).run()
        return progress.notes

    return made


def test_all_are_given_out_at_once_and_ray_sees_where_there_is_room(dispatch):
    cluster = Played()
    assert dispatch(cluster, *(Task(run, threads=4) for run in (A, B, C))) == []
    assert len(cluster.at_once[-1]) == 3
    assert cluster.begun == [(A, 4, 0.0), (B, 4, 0.0), (C, 4, 0.0)]


def test_one_that_starts_from_another_waits_for_it(dispatch):
    cluster = Played()
    dispatch(cluster, Task(A, 1), Task(B, 1, after=A), Task(C, 1, after=B))
    assert cluster.at_once == [[str(A)], [str(B)], [str(C)]]


def test_no_more_at_once_than_asked_for(dispatch):
    cluster = Played()
    dispatch(cluster, *(Task(run, 1) for run in (A, B, C)), jobs=2)
    assert max(map(len, cluster.at_once)) == 2


def test_threads_beyond_the_largest_machine_share_its_cpus(dispatch):
    cluster = Played()
    dispatch(cluster, Task(A, threads=32))
    assert cluster.begun == [(A, 8, 0.0)]


def test_a_share_of_a_gpu_is_the_specs(dispatch):
    cluster = Played(nodes=(Node("10.0.0.1", 4, 1), Node("10.0.0.2", 8, 0)))
    dispatch(cluster, Task(A, threads=1), gpus=0.25)
    assert cluster.begun == [(A, 1, 0.25)]


def test_a_run_that_found_too_little_memory_on_a_shared_gpu_gets_a_whole_one(dispatch):
    cluster = Played({A: [Failed(DeviceMemoryError("out of memory"))]}, (Node("10.0.0.1", 4, 1),))
    notes = dispatch(cluster, Task(A, threads=1), gpus=0.25)
    assert [gpus for _, _, gpus in cluster.begun] == [0.25, 1.0]
    (note,) = notes
    assert note.startswith(f"{A}: 0.25 of a GPU has too little memory for it; it goes on ")


@pytest.mark.parametrize("gpus", [None, 1.0, 0.5])
def test_a_whole_gpu_that_has_too_little_memory_is_an_error(dispatch, gpus):
    ends = [Failed(DeviceMemoryError("out of memory"))] * (2 if gpus == 0.5 else 1)
    with pytest.raises(DeviceMemoryError):
        dispatch(Played({A: ends}, (Node("10.0.0.1", 4, 1),)), Task(A, threads=1), gpus=gpus or 1)


def test_what_a_dead_machine_had_is_given_out_again(dispatch):
    cluster = Played({A: [GONE]})
    notes = dispatch(cluster, Task(A, 1), Task(B, 1, after=A))
    assert [run for run, _, _ in cluster.begun] == [A, A, B]
    assert notes == [
        f"{A}: its machine was lost (NodeDiedError); it is made again, from what came back"
    ]


def test_a_run_whose_process_was_lost_gets_a_machine_to_itself(dispatch):
    cluster = Played({A: [KILLED]})
    dispatch(cluster, Task(A, 1))
    assert cluster.begun == [(A, 1, 0.0), (A, 8, 0.0)]


def test_a_run_that_is_lost_again_and_again_is_given_up(dispatch):
    cluster = Played({A: [GONE, KILLED, KILLED]})
    with pytest.raises(RunError, match=r"net \(seed 1\): its process was lost .*3 times by now"):
        dispatch(cluster, Task(A, 1))


def test_a_fault_of_the_users_is_raised_as_it_is_and_not_tried_again(dispatch):
    error = DataError("too few")
    cluster = Played({A: [Told("note", ("here",)), Failed(error)]})
    with pytest.raises(DataError) as caught:
        dispatch(cluster, Task(A, 1), Task(B, 1))
    assert caught.value is error
    assert [run for run, _, _ in cluster.begun] == [A, B]


def test_who_waits_for_a_machine_that_is_not_there_is_told_once(dispatch):
    cluster = Played(nodes=(Node("10.0.0.1", 0, 0),))
    listen, silences = cluster.listen, [[], []]
    cluster.listen = lambda seconds: silences.pop() if silences else listen(seconds)
    notes = dispatch(cluster, Task(A, 2))
    assert notes == [f"no machine of the cluster has CPUs for {A}; waiting for one to join"]
    assert cluster.begun == [(A, 2, 0.0)]
