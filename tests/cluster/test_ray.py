"""A real cluster of several machines on this one, of which one is killed while it trains."""

import contextlib
import copy
import os
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import pytest

from reportgen.cluster.errand import FOLDER
from reportgen.holdings import plan as plan_runs
from reportgen.pipeline import Order, load
from reportgen.progress import Silence
from reportgen.stages.laboratory import Laboratory
from reportgen.store.codec import read_record, result_digest
from reportgen.store.journal import open_journal
from tests.toy_project import EXPERIMENT, REPORT, REPOSITORY, make_toy

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "killpg"), reason="no process groups"),
]

OBJECT_STORE = 80 << 20
N_EPOCHS = 200
FIRST, SECOND, LATER = "toy_net (seed 7)", "toy_net (seed 8)", "later (seed 7)"
PLAIN = {"sweep": [], "embeddings": None, "features": {}, "horizons": []}


@dataclass(frozen=True)
class Machine:
    """A node of the cluster, which is a group of processes here."""

    node: object

    def processes(self):
        import psutil

        found = []
        for info in [one for infos in self.node.all_processes.values() for one in infos]:
            with contextlib.suppress(psutil.NoSuchProcess):
                own = psutil.Process(info.process.pid)
                found += [own, *own.children(recursive=True)]
        return found

    def makes(self, run):
        """Tell whether a process here makes a run: Ray calls it after that."""
        return any(f"ray::{run}" in " ".join(one.cmdline()) for one in self.processes())

    def kill(self):
        """Let the machine die, as one does whose plug is pulled."""
        import psutil

        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


@pytest.fixture(scope="module")
def cluster():
    """A head that makes nothing, and two machines of one CPU each."""
    pytest.importorskip("psutil")
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")  # nobody is told of tests
        patch.setenv("PYTHONPATH", str(REPOSITORY))
        patch.setenv("OMP_NUM_THREADS", "1")
        warnings.simplefilter("ignore")  # Ray's own, of today's Python
        pytest.importorskip("ray")
        from ray.cluster_utils import Cluster

        folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")  # Ray's sockets need a short path
        patch.setenv("TMPDIR", folder)  # what runs leave is looked for there
        Path(folder, "ray").mkdir()  # so that the user's own cluster stays the current one
        made = Cluster(
            initialize_head=True,
            head_node_args={
                "num_cpus": 0,
                "object_store_memory": OBJECT_STORE,
                "include_dashboard": False,
                "temp_dir": folder,
            },
        )
        try:
            nodes = [made.add_node(num_cpus=1, object_store_memory=OBJECT_STORE) for _ in range(2)]
            made.folder = Path(folder)
            made.machines = [Machine(node) for node in nodes]
            yield made
        finally:
            left = [one for machine in made.machines for one in machine.processes()]
            made.shutdown()
            shutil.rmtree(folder, ignore_errors=True)
        assert [one for one in left if one.is_running() and one.status() != "zombie"] == []


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Two runs that take seconds, and one that starts from the first."""
    toy = make_toy(tmp_path_factory.mktemp("toy"))
    sgd = {"name": "sgd", "lr": 0.01, "momentum": 0.9}
    for name, epochs, more in (
        ("toy_net", N_EPOCHS, {"seeds": [7, 8]}),
        ("later", 2, {"seeds": [7], "weights": "experiment:toy_net"}),
    ):
        training = EXPERIMENT["training"] | {"phases": [{"epochs": epochs, "optimizer": sgd}]}
        toy.write(**{name: PLAIN | more | {"training": training}})
    sections = copy.deepcopy(REPORT["sections"])
    sections[0]["experiments"].append("later")
    toy.write(report={"sections": sections})
    return toy


def planned(toy, store):
    order = Order(toy.root, "toy", data_dir=toy.data, store=store)
    loaded = load(order)
    return (loaded, *plan_runs(order, loaded))


def digests(toy, store):
    """Return the digests of the records that a store has, by run."""
    _, kept, _, plans = planned(toy, store)
    found = {str(plan.run.id): read_record(kept, plan) for plan in plans}
    return {run: record and result_digest(record.result) for run, record in found.items()}


@contextlib.contextmanager
def on_cluster(toy, cluster, store):
    """Start `reportgen run` on a cluster."""
    with subprocess.Popen(
        toy.command("run", "toy", "--cluster", cluster.address, "--store", str(store)),
        cwd=toy.root,
        env=toy.environment(OMP_NUM_THREADS="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as program:
        try:
            yield program
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)


def until_it_trains(program, run=FIRST):
    """Read what is told until a run has told some epochs; return the lines."""
    lines, n_epochs = [], 0
    for line in program.stdout:
        lines.append(line)
        n_epochs += line.startswith(f"{run}: epoch ")
        if n_epochs > 10:
            break
    return lines


def test_a_run_fails_in_its_own_words(study, cluster, tmp_path):
    toy = study.copy(tmp_path / "project")
    sgd = {"name": "sgd", "lr": 1e30}
    training = EXPERIMENT["training"] | {"phases": [{"epochs": 2, "optimizer": sgd}]}
    start = {"weights": "experiment:toy_net"}
    toy.write(toy_net=PLAIN, later=PLAIN | start | {"training": training})
    with on_cluster(toy, cluster, tmp_path / "store") as program:
        out, err = program.communicate(timeout=60)
    assert program.returncode == 4
    assert err.startswith("error: later (seed 7): the loss is not finite in epoch ")
    assert "raylet" not in out + err
    assert digests(toy, tmp_path / "store")[FIRST]


def test_ctrl_c_keeps_what_came_back_and_leaves_nobody(study, cluster, tmp_path):
    with on_cluster(study, cluster, tmp_path / "store") as program:
        until_it_trains(program)
        program.send_signal(signal.SIGINT)
        _, err = program.communicate(timeout=30)
    assert (program.returncode, err) == (130, "interrupted; what was finished is kept\n")
    _, store, _, plans = planned(study, tmp_path / "store")
    assert 0 < open_journal(store, plans[0].train).n_epochs < N_EPOCHS
    end = time.monotonic() + 20
    while any(machine.makes(run) for machine in cluster.machines for run in (FIRST, SECOND)):
        assert time.monotonic() < end
        time.sleep(0.1)


def test_the_runs_of_a_killed_machine_are_made_again(study, cluster, tmp_path):
    """To be the last test: the machine stays dead."""
    with on_cluster(study, cluster, tmp_path / "far") as program:
        told = until_it_trains(program)
        (doomed,) = [machine for machine in cluster.machines if machine.makes(FIRST)]
        doomed.kill()
        told += program.stdout.readlines()
        assert (program.wait(timeout=60), program.stderr.read()) == (0, "")
    (lost,) = [line for line in told if "was lost" in line]
    assert lost.startswith(f"{FIRST}: its ")
    assert lost.endswith("it is made again, from what came back\n")
    again = told[told.index(lost) :]
    assert any(line.startswith(f"{FIRST}: train: resuming (") for line in again)
    study_, store, sources, plans = planned(study, tmp_path / "near")
    laboratory = Laboratory.open(study_, store, sources, "cpu", Silence())
    near = {
        str(record.result.id): result_digest(record.result)
        for record in laboratory.make_records(plans)
    }
    assert set(near) == {FIRST, SECOND, LATER}
    assert digests(study, tmp_path / "far") == near
    assert not any("raylet" in line for line in told)
    assert [*cluster.folder.glob(f"{FOLDER}*")] == []
