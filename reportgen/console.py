"""How a build looks: a live display on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from reportgen.plan.decision import Decision
    from reportgen.progress import Progress
    from reportgen.records import EpochRow, RunId

VERBS = {"run": "running", "resume": "resuming", "reuse": "reused", "refuse": "stale"}


def write_line(text: str, stream: TextIO | None = None) -> None:
    """Write a line to standard output, or to another stream, at once."""
    target = stream or sys.stdout
    target.write(text + "\n")
    target.flush()


def duration(seconds: float) -> str:
    """Return some seconds as people read them.

    Examples
    --------
    >>> duration(7.26), duration(83), duration(3900)
    ('7.3 s', '1 min 23 s', '1 h 05 min')
    """
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def describe_stage(run: RunId, decision: Decision) -> str:
    """Return one line on a stage and what happens to it."""
    return f"{run}: {decision.stage}: {VERBS[decision.action]} ({decision.reason})"


def describe_epoch(run: RunId, row: EpochRow, epochs: int, seconds: float, left: float) -> str:
    """Return one line on a finished epoch."""
    return (
        f"{run}: epoch {row.epoch}/{epochs}: loss {row.train_loss:.4f}, "
        f"validation loss {row.validation_loss:.4f}, accuracy {row.validation_accuracy:.2%}, "
        f"{duration(seconds)}, {duration(left)} left"
    )


class Clock:
    """Estimates the time left of a run from its own epochs."""

    def __init__(self) -> None:
        self._seconds: dict[RunId, list[float]] = {}

    def left(self, run: RunId, epoch: int, epochs: int, seconds: float) -> float:
        """Note an epoch's seconds and return those that the rest will take."""
        own = self._seconds.setdefault(run, [])
        own.append(seconds)
        return sum(own) / len(own) * (epochs - epoch)


class PlainLines:
    """A line for each stage and each epoch; nothing is overwritten."""

    def __init__(self) -> None:
        self._clock = Clock()

    def stage(self, run: RunId, decision: Decision) -> None:
        """Tell what happens to a stage."""
        write_line(describe_stage(run, decision))

    def batches(self, run: RunId, epoch: int, fraction: float) -> None:
        """Tell nothing: a line a batch would be too many."""

    def epoch(self, run: RunId, row: EpochRow, epochs: int, seconds: float) -> None:
        """Tell a finished epoch."""
        left = self._clock.left(run, row.epoch, epochs, seconds)
        write_line(describe_epoch(run, row, epochs, seconds, left))

    def note(self, text: str) -> None:
        """Tell something."""
        write_line(text)


class LiveDisplay:
    """A moving line for each run's epoch under way; what is finished scrolls above them."""

    REFRESH_S = 0.1

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._tasks: dict[RunId, TaskID] = {}
        self._clock = Clock()
        self._drawn: dict[RunId, float] = {}

    def stage(self, run: RunId, decision: Decision) -> None:
        """Tell what happens to a stage; reused ones in grey. Whatever was trained is over."""
        self._drop(run)
        style = "dim" if decision.action == "reuse" else "bold"
        self._bars.console.print(
            describe_stage(run, decision), style=style, highlight=False, markup=False
        )

    def batches(self, run: RunId, epoch: int, fraction: float) -> None:
        """Move the bar of the epoch under way, ten times a second at most."""
        now = time.monotonic()
        if fraction < 1 and now - self._drawn.get(run, 0.0) < self.REFRESH_S:
            return
        self._drawn[run] = now
        if run not in self._tasks:
            self._tasks[run] = self._bars.add_task("", total=1.0)
        description = f"{run} epoch {epoch}"
        self._bars.update(self._tasks[run], completed=fraction, description=description)

    def epoch(self, run: RunId, row: EpochRow, epochs: int, seconds: float) -> None:
        """Tell a finished epoch; the run's bar goes with the last one."""
        left = self._clock.left(run, row.epoch, epochs, seconds)
        line = describe_epoch(run, row, epochs, seconds, left)
        self._bars.console.print(line, highlight=False, markup=False)
        if row.epoch == epochs:
            self._drop(run)

    def note(self, text: str) -> None:
        """Tell something."""
        self._bars.console.print(text, highlight=False, markup=False)

    def _drop(self, run: RunId) -> None:
        """Take a run's bar away, if it has one."""
        if run in self._tasks:
            self._bars.remove_task(self._tasks.pop(run))


@contextmanager
def open_progress() -> Iterator[Progress]:
    """Give the display that suits standard output, and leave the terminal clean after it."""
    if not sys.stdout.isatty():
        yield PlainLines()
        return
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Bars(*columns, transient=True) as bars:
        yield LiveDisplay(bars)
