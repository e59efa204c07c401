"""Makes runs side by side in worker processes, and hears what they tell."""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING

from reportgen.errors import DeviceMemoryError, ReportgenError, RunError
from reportgen.interrupts import deaf_children
from reportgen.plan.keys import RunPlan
from reportgen.progress import Progress
from reportgen.records import RunId, RunRecord
from reportgen.stages.schedule import Capacity, Task, most_at_once, startable
from reportgen.stages.sharing import free_memory, measure_demand, share_machine, usable_cores
from reportgen.stages.worker import Briefing, Failed, Measured, Message, Told, tell_stopped, work

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

    from reportgen.stages.laboratory import Laboratory

GRACE_S = 5.0
"""How long a worker that is told to end may take to tidy up."""

CONTEXT_BYTES = 600 << 20
"""What a process takes of a GPU beside what it reckons as its own: CUDA's context and kernels."""


@dataclass(slots=True, eq=False)
class Worker:
    """A process that makes runs, and the one that it is making."""

    process: SpawnProcess
    pipe: Connection
    task: Task | None = None

    @classmethod
    def start(cls, briefing: Briefing) -> Worker:
        """Start a process; it imports what it needs while the parent goes on."""
        context = multiprocessing.get_context("spawn")
        pipe, far_end = context.Pipe()
        process = context.Process(target=work, args=(far_end, briefing), daemon=True)
        with deaf_children():
            process.start()
        far_end.close()  # or the end of the worker would not end the pipe
        return cls(process, pipe)

    def begin(self, task: Task, plan: RunPlan) -> None:
        """Give it a run to make; one that died meanwhile is found out when it is listened to."""
        self.task = task
        try:
            self.pipe.send(plan)
        except OSError:
            return

    def hear(self) -> Message | Measured | None:
        """Return the next message; None if the process has died."""
        try:
            message: Message | Measured = self.pipe.recv()
        except (EOFError, OSError):
            return None
        return message

    def end(self) -> str:
        """End the process, if it has not ended, and return how it did: "signal 9"."""
        if self.process.is_alive():
            self.process.terminate()
            self.process.join(GRACE_S)
            if self.process.is_alive():
                self.process.kill()
        self.process.join()
        self.pipe.close()
        code = self.process.exitcode or 0
        return f"signal {-code}" if code < 0 else f"exit code {code}"


@dataclass(slots=True)
class Crew:
    """The workers, what they are making, and what is still to be made.

    A run whose worker died is made once more with nothing beside it, since memory that
    ran out is the likeliest reason.
    """

    briefing: Briefing
    plans: Mapping[RunId, RunPlan]
    capacity: Capacity
    progress: Progress
    waiting: list[Task]
    workers: list[Worker] = field(default_factory=list)

    @property
    def under_way(self) -> list[Task]:
        """What the workers are making."""
        return [worker.task for worker in self.workers if worker.task is not None]

    def begin_what_can_be(self) -> None:
        """Give tasks to idle workers, or to new ones where all have one."""
        for task in startable(self.waiting, self.under_way, self.capacity):
            self.waiting.remove(task)
            self._idle_worker().begin(task, self.plans[task.run])

    def _idle_worker(self) -> Worker:
        for worker in self.workers:
            if worker.task is None:
                return worker
        self.workers.append(Worker.start(self.briefing))
        return self.workers[-1]

    def listen(self) -> None:
        """Wait until a worker tells something, or dies, and act on it.

        Raises
        ------
        ReportgenError
            What a run failed with.
        """
        heard = wait([worker.pipe for worker in self.workers])
        for worker in [one for one in self.workers if one.pipe in heard]:
            message = worker.hear()
            if message is None:
                self._bury(worker)
            elif isinstance(message, Told):
                message.tell(self.progress)
            elif isinstance(message, Measured):
                self._note_memory(worker, message.gpu_bytes)
            elif isinstance(message, Failed):
                self._fail(worker, message.error)
            else:
                worker.task = None

    def _note_memory(self, worker: Worker, peak: int) -> None:
        """Note what a run takes of the GPU: for all of its kind, and so for what fits beside it."""
        assert worker.task is not None
        taken = max(peak + CONTEXT_BYTES, worker.task.gpu_bytes or 0)
        worker.task = replace(worker.task, gpu_bytes=taken)
        kind = worker.task.run.experiment, worker.task.run.trial
        self.waiting[:] = [
            replace(task, gpu_bytes=taken)
            if (task.run.experiment, task.run.trial) == kind
            else task
            for task in self.waiting
        ]

    def _fail(self, worker: Worker, error: Exception) -> None:
        """Raise what a run failed with, unless others beside it took the GPU's memory."""
        task, worker.task = worker.task, None
        assert task is not None
        if not isinstance(error, DeviceMemoryError) or task.alone or not self.under_way:
            raise error
        self.progress.note(
            f"{task.run}: the GPU has no memory for it beside others; it goes on where it was, "
            "with nothing beside it"
        )
        self.waiting.insert(0, replace(task, alone=True))

    def _bury(self, worker: Worker) -> None:
        """Take a dead worker out; its run is made again, alone, or given up if it was."""
        self.workers.remove(worker)
        how, task = worker.end(), worker.task
        if task is None:
            return
        if task.alone:
            msg = (
                f"{task.run}: its process ended by {how}, the second time with nothing beside it; "
                "where that is memory that ran out, set a smaller batch_size or free some. "
                "The epochs before it are kept"
            )
            raise RunError(msg)
        self.progress.note(
            f"{task.run}: its process ended by {how}, maybe for want of memory; "
            "it goes on where it was, with nothing beside it"
        )
        self.waiting.insert(0, replace(task, alone=True))

    def dismiss(self) -> None:
        """End all workers; those at work tidy up, and their finished epochs are in the store."""
        for worker in self.workers:
            if worker.task is None:
                worker.process.kill()
            else:
                worker.process.terminate()
        for worker in self.workers:
            worker.end()
        self.workers.clear()


def make_records(
    laboratory: Laboratory, plans: Sequence[RunPlan], jobs: int | None
) -> list[RunRecord]:
    """Return the record of each run, in order, made side by side where that is worth it.

    Parameters
    ----------
    laboratory : Laboratory
        Makes what is not made beside another, and gives out the records.
    plans : sequence of RunPlan
    jobs : int or None
        How many runs may be under way at once; None for as many as the machine bears
        and as pay.

    Raises
    ------
    ReportgenError
        Whatever a stage raises; what was finished before stays in the store.
    """
    if jobs == 1 or len(plans) == 1:
        return laboratory.make_records(plans)
    benches = laboratory.prepare(plans)
    demand = measure_demand(benches, laboratory.device)
    if demand is not None:
        capacity, held_back = share_machine(demand, jobs, usable_cores(), free_memory())
        if held_back:
            laboratory.progress.note(held_back)
        if most_at_once(demand.tasks, capacity) > 1:
            by_run = {plan.run.id: plan for plan in plans}
            briefing = Briefing.of(laboratory)
            make_side_by_side(demand.tasks, by_run, briefing, capacity, laboratory.progress)
    return [laboratory.make_record(plan) for plan in plans]


def make_side_by_side(
    tasks: Sequence[Task],
    plans: Mapping[RunId, RunPlan],
    briefing: Briefing,
    capacity: Capacity,
    progress: Progress,
) -> None:
    """Make the records of runs in worker processes; they are in the store afterwards.

    However this ends, no process is left behind: a run that fails, or Ctrl-C, ends the
    others too, and what they finished is kept.

    Raises
    ------
    ReportgenError
        Whatever a stage of a run raises.
    RunError
        If the process of a run died twice.
    """
    crew = Crew(briefing, plans, capacity, progress, list(tasks))
    try:
        while crew.waiting or crew.under_way:
            crew.begin_what_can_be()
            crew.listen()
    except ReportgenError:
        tell_stopped(crew.under_way, progress)
        raise
    finally:
        crew.dismiss()
