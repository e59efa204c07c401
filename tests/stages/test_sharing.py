"""How many runs a machine bears at once: cores, memory, and whether it pays."""

import dataclasses
import os

import pytest

from reportgen.holdings import plan
from reportgen.pipeline import Order, load
from reportgen.records import RunId
from reportgen.stages import sharing
from reportgen.stages.bench import Bench, DataShelf
from reportgen.stages.schedule import Capacity, Task
from reportgen.stages.sharing import (
    COPIES,
    PAYS_S,
    WORKER_BYTES,
    Demand,
    free_memory,
    measure_demand,
    share_machine,
    usable_cores,
)
from reportgen.training.placement import Placement

GB = 10**9
TASKS = tuple(Task(RunId("net", "", seed), threads=1) for seed in range(6))
LONG = Demand(TASKS, seconds=1000.0, worker_bytes=2 * GB)


@pytest.mark.parametrize(
    ("jobs", "cores", "free", "workers"),
    [
        (None, 4, None, 4),
        (None, 16, None, 6),  # no more than there are runs
        (2, 16, None, 2),
        (1, 16, None, 1),
        (None, 4, 9 * GB, 4),
        (None, 4, 5 * GB, 2),  # 2 GB each
        (4, 4, 5 * GB, 2),
        (None, 4, GB, 1),
    ],
)
def test_jobs_cores_and_memory(jobs, cores, free, workers):
    assert share_machine(LONG, jobs, cores, free)[0] == Capacity(workers, cores)


def test_what_memory_holds_back_is_told():
    assert share_machine(LONG, None, 4, 5 * GB)[1] == (
        "memory for 2 of 4 runs side by side: each may take 2.0 GB of the 5.0 GB that are free"
    )
    assert share_machine(LONG, None, 4, 9 * GB)[1] == ""


def test_short_runs_are_made_one_after_another_unless_jobs_are_asked_for():
    short = dataclasses.replace(LONG, seconds=PAYS_S - 1)
    assert share_machine(short, None, 4, None)[0].workers == 1
    assert share_machine(short, 3, 4, None)[0].workers == 3


def benches(toy):
    order = Order(toy.root, "toy", data_dir=toy.data)
    study = load(order)
    _, sources, plans = plan(order, study)
    shelf = DataShelf(sources)
    return [Bench(item, study, shelf) for item in plans]


def test_the_demand_of_a_study(toy):
    """Two runs of each: 120 and 60 images of 8 × 8 bytes; a step of 20 images is small."""
    toy.write(toy_net={"seeds": [7, 8]})
    demand = measure_demand(benches(toy), "cpu")
    names = [str(task.run) for task in demand.tasks]
    assert names == [
        "toy_net (seed 7)",
        "toy_net (seed 8)",
        "toy_net.narrow (seed 7)",
        "toy_net.narrow (seed 8)",
    ]
    assert {(task.threads, task.after, task.alone) for task in demand.tasks} == {(1, None, False)}
    assert demand.worker_bytes == WORKER_BYTES + COPIES * 180 * 64
    assert 4 * 3 * 6 * 1e-3 < demand.seconds < 1.0  # four runs of three epochs of six steps


@pytest.fixture
def on_gpu(monkeypatch):
    """Return a function that plays a GPU with so many bytes free."""

    def play(free):
        placement = Placement("cuda", "a GPU", "float32", 2)
        monkeypatch.setattr(sharing, "choose_placement", lambda device, precision: placement)
        monkeypatch.setattr(sharing, "free_gpu_bytes", lambda: free)

    return play


def test_runs_on_a_gpu_whose_memory_nobody_tells_are_made_one_after_another(toy, on_gpu):
    on_gpu(0)
    assert measure_demand(benches(toy), "auto") is None


def test_the_demand_of_a_study_on_a_gpu(toy, on_gpu):
    """What a spec names is known; the rest is measured when it runs."""
    on_gpu(10 * GB)
    demand = measure_demand(benches(toy), "auto")
    assert demand.gpu_bytes == 9 * GB
    assert [(task.threads, task.gpu_bytes) for task in demand.tasks] == [(1, None)] * 2
    toy.write(toy_net={"resources": {"gpus": 0.25}})
    demand = measure_demand(benches(toy), "auto")
    assert [task.gpu_bytes for task in demand.tasks] == [9 * GB // 4] * 2


def test_a_gpu_is_shared_only_where_jobs_are_asked_for():
    demand = dataclasses.replace(LONG, gpu_bytes=9 * GB)
    assert share_machine(demand, None, 8, None)[0] == Capacity(1, 8, 9 * GB)
    assert share_machine(demand, 3, 8, None)[0] == Capacity(3, 8, 9 * GB)
    assert share_machine(demand, 3, 8, 5 * GB)[0] == Capacity(2, 8, 9 * GB)


def test_the_control_group_bounds_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(sharing, "MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(sharing, "CONTROL_GROUP", tmp_path)
    assert free_memory() is None
    (tmp_path / "meminfo").write_text("MemTotal: 9000 kB\nMemAvailable:   5000 kB\n")
    assert free_memory() == 5000 * 1024
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("1000\n")
    assert free_memory() == 5000 * 1024
    (tmp_path / "memory.max").write_text("3000\n")
    assert free_memory() == 2000


def test_the_cores_of_this_process():
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)
