"""Makes the records of runs on a cluster, into this machine's store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from reportgen.cluster.connection import Connection, Node, connected
from reportgen.cluster.dispatch import Dispatch
from reportgen.cluster.errand import Brief, Errand, Goods, WeightsFile, lineage, result_keys
from reportgen.errors import RunError, UsageError
from reportgen.models.pretrained import carried_file
from reportgen.order import Device
from reportgen.stages.bench import Bench
from reportgen.stages.laboratory import Laboratory
from reportgen.stages.placing import measure_work
from reportgen.stages.schedule import Task
from reportgen.stages.train import current_commit
from reportgen.store.codec import read_record
from reportgen.store.journal import open_journal
from reportgen.store.parcel import Outbox, Parcel
from reportgen.training.placement import choose_placement

if TYPE_CHECKING:
    from reportgen.plan.keys import RunPlan, StageKey
    from reportgen.records import RunRecord


def make_records(
    laboratory: Laboratory, plans: Sequence[RunPlan], address: str, jobs: int | None
) -> list[RunRecord]:
    """Return the record of each run, in order, made on the cluster at an address.

    As in `Laboratory.make_records` all runs are checked before the first is trained.

    Raises
    ------
    ReportgenError
        Whatever a stage raises; what came back before stays in the store.
    UsageError
        If there is no such cluster, or it lacks the device that was asked for.
    """
    with connected(address) as connection:
        device = choose_device(laboratory.device, connection.nodes())
        benches = laboratory.prepare(plans, "cpu")  # the device is another machine's
        freight = Freight.of(connection, laboratory, device)
        tasks = tasks_of(benches, freight.brief.cores, on_gpu=device == "cuda")
        Dispatch(
            connection,
            {plan.run.id: plan for plan in plans},
            freight.errand,
            laboratory.store,
            laboratory.progress,
            tasks,
            jobs=jobs or len(tasks),
            on_gpu=device == "cuda",
        ).run()
    return [_came_back(laboratory, plan) for plan in plans]


def choose_device(asked: Device, nodes: Sequence[Node]) -> Device:
    """Return where runs compute: on GPUs if a machine has one, unless the CPU was asked for.

    Raises
    ------
    UsageError
        If a device was asked for that the cluster does not have.

    Examples
    --------
    >>> choose_device("auto", [Node("10.0.0.1", 8, 0), Node("10.0.0.2", 8, 2)])
    'cuda'
    """
    has_gpu = any(node.gpus > 0 for node in nodes)
    if asked == "mps" or (asked == "cuda" and not has_gpu):
        there = "cuda, cpu" if has_gpu else "cpu"
        msg = f"no machine of the cluster has the device {asked}; there is: {there}, or auto"
        raise UsageError(msg)
    return "cuda" if has_gpu and asked != "cpu" else "cpu"


def tasks_of(benches: Sequence[Bench], cores: int, *, on_gpu: bool) -> list[Task]:
    """Return what is to be given out: on a GPU each run takes one CPU beside it."""
    tasks = []
    measured: dict[tuple[str, str], int] = {}
    for bench in benches:
        run, source = bench.plan.run.id, bench.plan.source
        kind = (run.experiment, run.trial)
        if kind not in measured:
            measured[kind] = 1 if on_gpu else measure_work(bench).threads(cores)
        tasks.append(Task(run, measured[kind], None if source is None else source.run.id))
    return tasks


def _came_back(laboratory: Laboratory, plan: RunPlan) -> RunRecord:
    record = read_record(laboratory.store, plan)
    if record is None:
        msg = f"{plan.run.id}: its record came back and is gone from the store; build again"
        raise RunError(msg)
    return record


@dataclass(slots=True)
class Freight:
    """Packs what a machine needs to make a run; what several need is put up once."""

    connection: Connection
    laboratory: Laboratory
    brief: Brief
    _shared: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, connection: Connection, laboratory: Laboratory, device: Device) -> Freight:
        """Return the freight of a laboratory's runs, which compute on a device."""
        study = laboratory.study
        models = study.models_file.read_bytes() if study.models_file.is_file() else b""
        cores = choose_placement("cpu", "float32").threads
        brief = Brief(study, models, current_commit(study.root), device, cores)
        return cls(connection, laboratory, brief)

    def errand(self, plan: RunPlan) -> tuple[Errand, Sequence[Any]]:
        """Return a run's errand, and what stands for the brief and for its goods."""
        own = [self._parcel(plan, key) for key in result_keys(plan)]
        goods = [self._put("brief", lambda: self.brief)]
        starts = lineage(plan)[1:]
        goods += [self._put(one.train.digest, partial(self._training, one)) for one in starts]
        goods += [self._source(one) for one in lineage(plan)]
        spec, data_dir = plan.run.spec, self.laboratory.shelf.sources.data_dir
        carried = carried_file(spec.weights, spec.model, data_dir)
        if carried is not None:
            name, file = carried
            goods.append(self._put(str(file), lambda: WeightsFile(name, file.read_bytes())))
        return Errand(plan, tuple(parcel for parcel in own if parcel is not None)), goods

    def _put(self, name: str, make: Callable[[], Brief | Goods]) -> Any:
        if name not in self._shared:
            self._shared[name] = self.connection.share(make())
        return self._shared[name]

    def _source(self, plan: RunPlan) -> Any:
        source = self.laboratory.shelf.sources.source(plan.run.spec.dataset)
        return self._put(f"source {id(source)}", lambda: source)  # the shelf keeps it alive

    def _training(self, plan: RunPlan) -> Parcel:
        """Return the training of a run that others start from, which is finished."""
        parcel = self._parcel(plan, plan.train)
        if parcel is None:
            msg = f"{plan.run.id}: its training is gone from the store; build again"
            raise RunError(msg)
        return parcel

    def _parcel(self, plan: RunPlan, key: StageKey) -> Parcel | None:
        """Return what the store has of a key; what is damaged counts as missing."""
        store = self.laboratory.store
        with store.lock(key):
            if key == plan.train and plan.run.spec.training is not None:
                open_journal(store, key)  # a damaged one is removed here
            return Outbox(store).pack(key)
