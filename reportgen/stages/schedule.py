"""Which runs may be made now, beside those under way: pure functions of what they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
    """

    run: RunId
    threads: int
    after: RunId | None = None
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many runs may be under way at once, and how many threads they may have together."""

    workers: int
    cores: int


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
    return len(beside) < capacity.workers and threads <= capacity.cores


def most_at_once(tasks: Sequence[Task], capacity: Capacity) -> int:
    """Return how many tasks would be under way together at most, if all took equally long.

    Examples
    --------
    >>> tasks = [Task(RunId("net", "", seed), threads=1) for seed in (1, 2, 3)]
    >>> most_at_once(tasks, Capacity(workers=2, cores=8))
    2
    """
    waiting, most = list(tasks), 0
    while waiting:
        begun = startable(waiting, (), capacity)
        waiting = [task for task in waiting if task not in begun]
        most = max(most, len(begun))
    return most
