"""Which runs may be made now, beside those under way: pure functions of what they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reportgen.records import RunId


@dataclass(frozen=True, slots=True)
class Task:
    """A run to be made.

    Parameters
    ----------
    run : RunId
    threads : int
        That it computes with.
    after : RunId, optional
        The run whose network it starts from.
    alone : bool
        Whether nothing may be made beside it.
    gpu_bytes : int or None
        That it takes of the GPU's memory: 0 on the CPU, None as long as nobody knows.
    """

    run: RunId
    threads: int
    after: RunId | None = None
    alone: bool = False
    gpu_bytes: int | None = 0


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many runs may be under way at once, and the threads and GPU memory for all of them."""

    workers: int
    cores: int
    gpu_bytes: int = 0


def startable(
    waiting: Sequence[Task], under_way: Sequence[Task], capacity: Capacity
) -> tuple[Task, ...]:
    """Return the tasks to be begun now, in their order.

    A run that starts from another's network waits for that one, if it is still to be
    made. One that there are no cores for lets later ones pass; one that wants more
    than there are is made by itself.

    Parameters
    ----------
    waiting : sequence of Task
        Not begun yet, in the order of the plans.
    under_way : sequence of Task
        Begun and not finished.
    capacity : Capacity
    """
    unmade = {task.run for task in (*waiting, *under_way)}
    awaited = {task.after for task in waiting}
    begun: list[Task] = []
    for task in sorted(waiting, key=lambda task: task.run not in awaited):
        if task.after not in unmade and _fits(task, [*under_way, *begun], capacity):
            begun.append(task)
    return tuple(begun)


def _fits(task: Task, beside: Sequence[Task], capacity: Capacity) -> bool:
    """Tell whether a task may be begun beside others."""
    if not beside:
        return True
    if task.alone or any(other.alone for other in beside):
        return False
    threads = task.threads + sum(other.threads for other in beside)
    if len(beside) >= capacity.workers or threads > capacity.cores:
        return False
    return fits_gpu([task, *beside], capacity.gpu_bytes)


def fits_gpu(together: Sequence[Task], gpu_bytes: int) -> bool:
    """Tell whether tasks may share a GPU's memory.

    One of them may be unmeasured: it is reckoned as the largest of the others, and where
    that is too little, what runs out of memory is made again by itself.

    Examples
    --------
    >>> known, unknown = (Task(RunId("net", "", 1), 1, gpu_bytes=n) for n in (3, None))
    >>> fits_gpu([known, unknown], 6), fits_gpu([known, unknown], 5)
    (True, False)
    """
    known = [task.gpu_bytes for task in together if task.gpu_bytes is not None]
    n_unknown = len(together) - len(known)
    if n_unknown > 1 or not known:
        return False
    return sum(known) + n_unknown * max(known) <= gpu_bytes


def most_at_once(tasks: Sequence[Task], capacity: Capacity) -> int:
    """Return how many tasks would be under way together at most, if all took equally long.

    GPU memory that nobody knows yet counts as none.

    Examples
    --------
    >>> tasks = [Task(RunId("net", "", seed), threads=1) for seed in (1, 2, 3)]
    >>> most_at_once(tasks, Capacity(workers=2, cores=8))
    2
    """
    waiting = [replace(task, gpu_bytes=task.gpu_bytes or 0) for task in tasks]
    most = 0
    while waiting:
        begun = startable(waiting, (), capacity)
        waiting = [task for task in waiting if task not in begun]
        most = max(most, len(begun))
    return most
