"""Has runs made on a cluster: gives errands out, keeps what comes back, gives the lost again."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from reportgen.cluster.connection import Heard, Lost, Node
from reportgen.cluster.errand import Errand
from reportgen.errors import DeviceMemoryError, ReportgenError, RunError
from reportgen.plan.keys import RunPlan
from reportgen.progress import Progress
from reportgen.records import RunId
from reportgen.stages.schedule import Capacity, Task, startable
from reportgen.stages.worker import Failed, Made, Told, tell_stopped
from reportgen.store.parcel import Parcel, unpack
from reportgen.store.store import Store

MAX_LOSSES = 3
"""How often a run may lose its machine before it is given up: a fault of its own is likelier."""

QUIET_S = 10.0
"""Seconds without a word after which it is looked at whether the cluster can do what waits."""


class Cluster(Protocol):
    """What errands are given to; see `reportgen.cluster.connection`."""

    def nodes(self) -> tuple[Node, ...]:
        """Return the machines that are alive."""

    def begin(self, errand: Errand, goods: Sequence[Any], cpus: float, gpus: float) -> Any:
        """Give an errand to the cluster, and return what stands for it."""

    def listen(self, seconds: float) -> list[tuple[Any, Heard]]:
        """Return the next thing that each errand tells, of those that tell any within a time."""

    def close(self, errand: Any) -> None:
        """Forget an errand that has ended."""


Prepare = Callable[[RunPlan], tuple[Errand, Sequence[Any]]]
"""Makes a run's errand as the store now stands, with what stands for all else that it needs."""


@dataclass(slots=True)
class Dispatch:
    """The runs that are still to be made, those under way, and how often each was lost.

    Ray decides what is made where, and what waits for a free machine. A run whose process
    was lost on a machine that lives is made with all of a machine's CPUs, so that nothing
    of this build is beside it: memory that ran out is the likeliest reason. One that had a
    part of a GPU and found too little memory there gets a whole one.
    """

    cluster: Cluster
    plans: Mapping[RunId, RunPlan]
    prepare: Prepare
    store: Store
    progress: Progress
    waiting: list[Task]
    jobs: int
    on_gpu: bool
    under_way: dict[Any, Task] = field(default_factory=dict)
    losses: Counter[RunId] = field(default_factory=Counter)
    cramped: set[RunId] = field(default_factory=set)
    told_to_wait: bool = False

    def run(self) -> None:
        """Have all runs made.

        Raises
        ------
        ReportgenError
            What a run failed with, as it would here.
        RunError
            If a run was lost too often.
        """
        try:
            while self.waiting or self.under_way:
                self.begin_what_can_be()
                self.listen()
        except ReportgenError:
            tell_stopped(self.under_way.values(), self.progress)
            raise

    def begin_what_can_be(self) -> None:
        """Give out the runs that wait for no other: where there is room is for Ray to see."""
        capacity = Capacity(self.jobs, cores=sys.maxsize)
        for task in startable(self.waiting, [*self.under_way.values()], capacity):
            self.waiting.remove(task)
            errand, goods = self.prepare(self.plans[task.run])
            gpus = self.gpus(task)
            begun = self.cluster.begin(errand, goods, self.cpus(task, gpus), gpus)
            self.under_way[begun] = task

    def gpus(self, task: Task) -> float:
        """Return the share of a GPU that a run takes: its spec's, where the cluster has any."""
        if not self.on_gpu:
            return 0.0
        return 1.0 if task.run in self.cramped else self.share(task)

    def share(self, task: Task) -> float:
        """Return the share of a GPU that a run's spec asks for."""
        return self.plans[task.run].run.spec.resources.gpus or 1.0

    def cpus(self, task: Task, gpus: float) -> float:
        """Return the CPUs that a run takes: its threads, or all of the largest machine.

        Never more than that has, or it would wait for ever; threads then share them.
        """
        largest = max((node.cpus for node in self.cluster.nodes() if node.gpus >= gpus), default=0)
        if not largest:
            return task.threads
        return largest if task.run in self.cramped else min(task.threads, largest)

    def listen(self) -> None:
        """Wait until something is told, and act on it."""
        heard = self.cluster.listen(QUIET_S)
        for errand, message in heard:
            task = self.under_way[errand]
            if isinstance(message, Told):
                message.tell(self.progress)
            elif isinstance(message, Parcel):
                self._keep(task, message)
            else:
                self.cluster.close(errand)
                del self.under_way[errand]
                self._end(task, message)
        if not heard:
            self._tell_who_waits()

    def _keep(self, task: Task, parcel: Parcel) -> None:
        """Put what is finished into the store."""

        def waiting() -> None:
            self.progress.note(f"{task.run}: another build is making it; waiting")

        unpack(self.store, parcel, waiting)

    def _end(self, task: Task, message: Made | Failed | Lost) -> None:
        """Act on how a run ended: what was lost is given out again."""
        if isinstance(message, Made):
            return
        if isinstance(message, Failed):
            self._fail(task, message.error)
            return
        self.losses[task.run] += 1
        n_losses = self.losses[task.run]
        what = "its process" if message.process else "its machine"
        if n_losses == MAX_LOSSES:
            msg = (
                f"{task.run}: {what} was lost ({message.how}), {n_losses} times by now; where that "
                "is memory that ran out, set a smaller batch_size or free some. The epochs that "
                "came back are kept"
            )
            raise RunError(msg)
        self.progress.note(
            f"{task.run}: {what} was lost ({message.how}); it is made again, from what came back"
        )
        if message.process:
            self.cramped.add(task.run)
        self.waiting.insert(0, task)

    def _fail(self, task: Task, error: Exception) -> None:
        """Raise what a run failed with, unless others beside it took the GPU's memory."""
        if not isinstance(error, DeviceMemoryError) or self.gpus(task) == 1.0:
            raise error
        self.progress.note(
            f"{task.run}: {self.share(task):g} of a GPU has too little memory for it; it goes on "
            "where it was, with a whole one"
        )
        self.cramped.add(task.run)
        self.waiting.insert(0, task)

    def _tell_who_waits(self) -> None:
        """Say once if no machine that is alive could make what is under way."""
        nodes = self.cluster.nodes()
        unable = [
            task
            for task in self.under_way.values()
            if not any(node.cpus >= 1 and node.gpus >= self.gpus(task) for node in nodes)
        ]
        if unable and not self.told_to_wait:
            what = "a GPU" if self.on_gpu else "CPUs"
            self.progress.note(
                f"no machine of the cluster has {what} for {unable[0].run}; waiting for one to join"
            )
        self.told_to_wait = bool(unable)
