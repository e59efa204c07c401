"""Runs side by side in processes of their own: the same results, and nobody is left behind."""

import copy
import multiprocessing
import os
import pickle
import signal
import subprocess
import time

import pytest

from reportgen.errors import DataError, DeviceMemoryError, Fault, RunError
from reportgen.records import RunId
from reportgen.stages import worker as worker_module
from reportgen.stages.schedule import Capacity, Task
from reportgen.stages.worker import Failed, Made, Measured, Told
from reportgen.stages.workers import Crew, Worker
from reportgen.store.codec import result_digest
from tests.stages.conftest import Notes
from tests.toy_project import EXPERIMENT, REPORT

SGD = {"name": "sgd", "lr": 0.1, "momentum": 0.9}
PLAIN = {"sweep": [], "embeddings": None, "features": {}, "horizons": []}
FIRST, SECOND = "toy_net (seed 7)", "toy_net (seed 8)"
LATER = "later (seed 7)"


def digests(records):
    return {run: result_digest(record.result) for run, record in records.items()}


def write_long(toy, **more):
    """Write two runs that take a second or two each."""
    training = EXPERIMENT["training"] | {"phases": [{"epochs": 80, "optimizer": SGD}]}
    toy.write(toy_net=PLAIN | {"seeds": [7, 8], "training": training} | more)


def write_later(toy, lr, **more):
    """Write two runs and one that starts from the first of them."""
    training = EXPERIMENT["training"] | {"phases": [{"epochs": 2, "optimizer": SGD | {"lr": lr}}]}
    toy.write(
        toy_net={"seeds": [7, 8]} | more,
        later=PLAIN | {"weights": "experiment:toy_net", "training": training},
    )
    sections = copy.deepcopy(REPORT["sections"])
    sections[0]["experiments"].append("later")
    toy.write(report={"sections": sections})


@pytest.fixture
def hired(monkeypatch):
    """The workers that were started, in order; whatever happens, none is there afterwards."""
    found, start = [], Worker.start
    monkeypatch.setattr(
        Worker, "start", lambda briefing: found.append(start(briefing)) or found[-1]
    )
    monkeypatch.setattr("reportgen.stages.workers.usable_cores", lambda: 2)
    yield found
    assert multiprocessing.active_children() == []


@pytest.mark.slow
def test_side_by_side_gives_what_one_after_another_does(toy, make_records, hired, notes, tmp_path):
    write_later(toy, lr=0.1)
    alone = make_records(toy, Notes(), store=tmp_path / "alone")
    assert hired == []
    beside = make_records(toy, notes, store=tmp_path / "beside", jobs=2)
    assert len(hired) == 2
    assert list(beside) == list(alone)
    assert digests(beside) == digests(alone)
    threads = [record.provenance.threads for record in beside.values()]
    assert threads == [record.provenance.threads for record in alone.values()]
    begun, made = notes.stages.index((LATER, "train", "run")), (FIRST, "record", "run")
    assert notes.stages.index(made) < begun
    assert len(notes.epochs) == 4 * 3 + 2
    assert len(set(notes.stages)) == len(notes.stages), "a stage was run twice"


@pytest.mark.slow
def test_an_error_of_one_run_is_told_and_what_was_finished_is_kept(toy, make_records, hired, notes):
    write_later(toy, lr=1e30, **PLAIN)
    with pytest.raises(RunError, match=r"later \(seed 7\): the loss is not finite") as caught:
        make_records(toy, notes, jobs=2)
    assert "reportgen" in "".join(caught.value.__notes__)  # its traceback, for --debug
    assert multiprocessing.active_children() == []
    write_later(toy, lr=0.1, **PLAIN)
    again = Notes()
    make_records(toy, again)
    assert {action for run, _, action in again.stages if run == FIRST} == {"reuse"}


class Killer(Notes):
    """Progress that kills the worker of a run when it tells of an epoch, so many times."""

    def __init__(self, hired, times):
        super().__init__()
        self.hired, self.times = hired, times

    def epoch(self, run, row, epochs, seconds):
        super().epoch(run, row, epochs, seconds)
        for own in [one for one in self.hired if str(run) == FIRST and self.times]:
            if own.process.is_alive() and own.task and own.task.run == run:
                self.times -= 1
                os.kill(own.process.pid, signal.SIGKILL)
                own.process.join()


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="another way to kill")
def test_the_run_of_a_killed_worker_goes_on_alone(toy, make_records, hired, tmp_path):
    write_long(toy)
    alone = make_records(toy, Notes(), store=tmp_path / "alone")
    progress = Killer(hired, times=1)
    made = make_records(toy, progress, jobs=2)
    assert digests(made) == digests(alone)
    (note,) = progress.notes
    assert note == (
        f"{FIRST}: its process ended by signal 9, maybe for want of memory; "
        "it goes on where it was, with nothing beside it"
    )
    resumed = progress.stages.index((FIRST, "train", "resume"))
    assert progress.stages.index((SECOND, "record", "run")) < resumed


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="another way to kill")
def test_a_run_whose_worker_dies_twice_is_given_up(toy, make_records, hired):
    write_long(toy)
    with pytest.raises(RunError, match="signal 9, the second time with nothing beside it"):
        make_records(toy, Killer(hired, times=2), jobs=2)


def group_is_empty(group, within_s):
    """Tell whether a process group's last process ends within some seconds."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="no process groups")
@pytest.mark.skipif(worker_module.os.cpu_count() == 1, reason="runs share two cores")
@pytest.mark.parametrize("way", ["ctrl-c", "kill"])
def test_no_process_outlives_the_program(toy, way):
    training = EXPERIMENT["training"] | {"phases": [{"epochs": 100_000, "optimizer": SGD}]}
    write_long(toy, training=training)
    with subprocess.Popen(
        toy.command("run", "toy", "--jobs", "2"),
        cwd=toy.root,
        env=toy.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as program:
        seen = set()
        for line in program.stdout:  # until both workers train
            seen |= {run for run in (FIRST, SECOND) if line.startswith(f"{run}: epoch 1/")}
            if len(seen) == 2:
                break
        if way == "ctrl-c":
            os.killpg(program.pid, signal.SIGINT)
        else:
            program.kill()
        err = program.stderr.read()
        assert seen == {FIRST, SECOND}
        code = program.wait(timeout=120)
    assert group_is_empty(program.pid, within_s=120)
    if way == "ctrl-c":
        assert (code, err) == (130, "interrupted; what was finished is kept\n")


# ── one GPU for several ─────────────────────────────────────────────────────

GB = 10**9


class Hand:
    """Stands for a worker: it has a task, and tells what a test puts into its mouth."""

    def __init__(self):
        self.task, self.says = None, []
        self.pipe, pipe = multiprocessing.Pipe()
        self.send = pipe.send

    def begin(self, task, plan):
        self.task = task

    def hear(self):
        return self.pipe.recv()


@pytest.fixture
def crew(monkeypatch, notes):
    """Four runs of two kinds, on a GPU of 10 GB that four workers may share."""
    monkeypatch.setattr(Worker, "start", lambda briefing: Hand())
    monkeypatch.setattr("reportgen.stages.workers.CONTEXT_BYTES", GB)
    tasks = [Task(RunId(name, "", seed), 1, gpu_bytes=None) for seed in (1, 2) for name in "ab"]
    plans = {task.run: None for task in tasks}
    return Crew(None, plans, Capacity(4, 8, gpu_bytes=10 * GB), notes, tasks)


def names(tasks):
    return [f"{task.run.experiment}{task.run.seed}" for task in tasks]


def test_what_a_first_run_takes_decides_what_is_begun_beside_it(crew):
    crew.begin_what_can_be()
    assert names(crew.under_way) == ["a1"]
    crew.workers[0].send(Measured(2 * GB))
    crew.listen()
    crew.begin_what_can_be()  # 3 + 3 for b1, which nobody knows, + 3 for a2
    assert names(crew.under_way) == ["a1", "b1", "a2"]
    crew.workers[1].send(Measured(3 * GB))
    crew.listen()
    crew.begin_what_can_be()  # 3 + 4 + 3
    assert names(crew.waiting) == ["b2"]
    assert [task.gpu_bytes for task in crew.waiting] == [4 * GB]


def test_what_runs_out_of_memory_beside_others_is_made_again_alone(crew, notes):
    crew.begin_what_can_be()
    crew.workers[0].send(Measured(2 * GB))
    crew.listen()
    crew.begin_what_can_be()
    crew.workers[1].send(Failed(DeviceMemoryError("out of memory")))
    crew.listen()
    (note,) = notes.notes
    assert note.startswith("b (seed 1): the GPU has no memory for it beside others; it goes on ")
    first = crew.waiting[0]
    assert (names([first]), first.alone) == (["b1"], True)
    for worker in crew.workers:
        worker.task = None
    crew.waiting[:] = [first]
    crew.begin_what_can_be()
    (worker,) = [one for one in crew.workers if one.task is not None]
    worker.send(Failed(DeviceMemoryError("out of memory")))
    with pytest.raises(DeviceMemoryError):
        crew.listen()


def test_what_runs_out_of_memory_by_itself_is_an_error(crew):
    crew.begin_what_can_be()
    crew.workers[0].send(Failed(DeviceMemoryError("out of memory")))
    with pytest.raises(DeviceMemoryError):
        crew.listen()


def test_other_errors_are_raised_whatever_is_beside(crew):
    crew.begin_what_can_be()
    crew.workers[0].send(Measured(2 * GB))
    crew.listen()
    crew.begin_what_can_be()
    crew.workers[1].send(Failed(DataError("too few")))
    with pytest.raises(DataError):
        crew.listen()


@pytest.mark.parametrize(("peak", "told"), [(5, [Measured(5)]), (0, [])])
def test_a_worker_tells_what_it_takes_of_a_gpu(monkeypatch, peak, told):
    """Nothing where it takes none."""
    monkeypatch.setattr("reportgen.training.memory.peak_gpu_bytes", lambda: peak)
    pipe, parent = multiprocessing.Pipe()
    worker_module.Gauge(parent).epoch(RunId("a", "", 1), None, 3, 0.5)
    heard = []
    while pipe.poll():
        heard.append(pipe.recv())
    assert isinstance(heard[0], Told)
    assert heard[1:] == told


# ── what goes through the pipe ──────────────────────────────────────────────


def told_of(error):
    """Return what the parent gets of a run that fails with an error."""

    class Plan:
        class run:  # noqa: N801
            id = RunId("net", "", 7)

    def fail(plan):
        raise error

    message = worker_module.make_run(fail, Plan())
    return pickle.loads(pickle.dumps(message))


def test_an_error_comes_over_with_its_faults_and_its_place():
    fault = Fault("experiments/toy/net.yaml", 3, 1, "wrong")
    message = told_of(DataError("a message", [fault]))
    assert isinstance(message, Failed)
    assert (type(message.error), str(message.error)) == (DataError, "a message")
    assert message.error.faults == (fault,)
    assert "in fail" in message.error.__notes__[0]


def test_a_fault_of_the_program_comes_over_in_words():
    message = told_of(KeyError("gone"))
    assert str(message.error) == "net (seed 7): KeyError: 'gone'"
    assert "in fail" in message.error.__notes__[0]


def test_a_made_run_is_told():
    class Plan:
        run = None

    assert worker_module.make_run(lambda plan: None, Plan()) == Made()
