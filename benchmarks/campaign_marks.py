"""Marks that a build leaves in a pipe when it enters and leaves a stage."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

STAGES = (
    "planning",
    "data cache",
    "training",
    "evaluation",
    "t-SNE",
    "maximization",
    "record writing",
    "notebook",
    "rendering",
    "PDF writing",
    "zip",
    "stamp",
)
"""In the order in which a build runs them; planning is what lies between the others."""

ENTER, LEAVE, WRITTEN, RUN = "+", "-", "=", "#"


@dataclass(frozen=True, slots=True)
class Interval:
    """What lies between two marks: the mark that begins it, its stage, its seconds."""

    position: int
    mark: str
    stage: str
    seconds: float


@dataclass(slots=True)
class Marks:
    """The marks of one build so far.

    `written` holds the entries of the store that it has written, `runs` the key of each
    run's training.
    """

    rows: list[tuple[float, str, str]] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    runs: dict[str, str] = field(default_factory=dict)
    _rest: bytes = b""

    def feed(self, data: bytes, wanted: str | None = None) -> float | None:
        """Take what was read from the pipe; return when the mark that is wanted was passed."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        found = None
        for line in lines:
            time_, kind, text = line.decode().split(" ", 2)
            if kind == WRITTEN:
                self.written.append(text)
            elif kind == RUN:
                key, _, run = text.partition(" ")
                self.runs[run] = key
            else:
                self.rows.append((float(time_), kind, text))
                if f"{kind} {text}" == wanted:
                    found = float(time_)
        return found

    def stage_at(self, struck: float) -> str:
        """Return the stage that the build was in at a time: an interrupted one leaves it."""
        passed = sum(time_ <= struck for time_, _, _ in self.rows)
        return self._stages()[passed - 1] if passed else "planning"

    @property
    def seconds(self) -> float:
        """From the first mark to the last."""
        return self.rows[-1][0] - self.rows[0][0]

    def intervals(self) -> list[Interval]:
        """Return what lies between the marks of a whole build; a mark that stands twice is not one.

        Only what begins with such a mark can be found again in a build that goes on.
        """
        names = [f"{kind} {text}" for _, kind, text in self.rows]
        stages = self._stages()
        return [
            Interval(i, names[i], stages[i], self.rows[i + 1][0] - self.rows[i][0])
            for i in range(len(names) - 1)
            if names.count(names[i]) == 1
        ]

    def _stages(self) -> list[str]:
        """Return the stage after each mark; at least one."""
        stack, found = ["planning"], []
        for _, kind, text in self.rows:
            if kind == ENTER:
                stack.append(text.partition(":")[0])
            else:
                stack.pop()
            found.append(stack[-1])
        return found or stack


def fix_durations() -> None:
    """Let each epoch of this process take half a second, since reports tell how long they took."""
    from reportgen.store.journal import TrainingJournal

    append = TrainingJournal.append

    def timed(journal: Any, row: Any, _: float, *rest: Any) -> None:
        append(journal, row, 0.5, *rest)

    TrainingJournal.append = timed  # type: ignore[assignment,method-assign]


def instrument(pipe: int) -> None:
    """Let the stages of builds in this process leave marks in a pipe."""
    from reportgen import pipeline, submission
    from reportgen.notebooks import keep
    from reportgen.report import document
    from reportgen.stages import laboratory
    from reportgen.stages.sources import SourceShelf

    marker = Marker(pipe)
    asked = iter(range(1_000_000))
    marker.mark(SourceShelf, "fingerprint", "data cache", lambda *_: str(next(asked)))
    marker.mark(laboratory, "train_stage", "training", marker.training)
    marker.mark(laboratory, "evaluate_stage", "evaluation", of_horizon)
    marker.mark(laboratory, "embed_stage", "t-SNE", of_horizon)
    marker.mark(laboratory, "maximize_stage", "maximization", of_run)
    marker.mark(keep, "run_notebook", "notebook", lambda _, book, __: str(book.name))
    marker.mark(document, "render_report", "rendering")
    marker.mark(document, "write_pdf", "PDF writing")
    marker.mark(submission, "write_zip", "zip")
    marker.mark(pipeline, "write_stamp", "stamp")
    marker.mark_entries()
    marker.tell(ENTER, "planning: all")


def of_run(bench: Any, *_: Any) -> str:
    """Return what tells apart the stages of runs."""
    return str(bench.plan.run.id)


def of_horizon(bench: Any, _: Any, horizon: int, *__: Any) -> str:
    """Return what tells apart the stages of runs and horizons."""
    return f"{bench.plan.run.id} at {horizon}"


@dataclass(frozen=True, slots=True)
class Marker:
    """Leaves marks in a pipe."""

    pipe: int

    def tell(self, kind: str, text: str) -> None:
        """Leave a mark."""
        os.write(self.pipe, f"{time.monotonic():.6f} {kind} {text}\n".encode())

    @contextmanager
    def within(self, text: str) -> Iterator[None]:
        """Leave a mark before and one after."""
        self.tell(ENTER, text)
        try:
            yield
        finally:
            self.tell(LEAVE, text)

    def mark(
        self, owner: Any, name: str, stage: str, detail: Callable[..., str] | None = None
    ) -> None:
        """Let a function leave marks; `detail` tells its calls apart by their arguments."""
        inner = getattr(owner, name)

        @functools.wraps(inner)
        def wrapped(*arguments: Any, **named: Any) -> Any:
            with self.within(f"{stage}: {detail(*arguments)}" if detail else stage):
                return inner(*arguments, **named)

        setattr(owner, name, wrapped)

    def training(self, bench: Any, *_: Any) -> str:
        """Tell the key of a run's training."""
        self.tell(RUN, f"{bench.plan.train.digest} {bench.plan.run.id}")
        return str(bench.plan.run.id)

    def mark_entries(self) -> None:
        """Let the store tell what it has written, and that it writes a record."""
        from reportgen.store.store import Store

        write = Store.write

        def written(store: Store, key: Any, *arguments: Any) -> None:
            record = self.within(f"record writing: {key.digest}")
            with record if key.stage == "record" else nullcontext():
                write(store, key, *arguments)
                self.tell(WRITTEN, f"{key.stage}-{key.digest}")

        Store.write = written  # type: ignore[assignment,method-assign]
