"""A worker: a process of its own that makes one run after another as it is told."""

from __future__ import annotations

import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import parent_process
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from reportgen.errors import ReportgenError
from reportgen.order import Device
from reportgen.plan.decision import Decision
from reportgen.plan.keys import RunPlan
from reportgen.progress import Progress
from reportgen.records import EpochRow, RunId, RunRecord
from reportgen.spec.study import Study
from reportgen.stages.schedule import Task
from reportgen.stages.sources import SourceShelf
from reportgen.store.store import Store

if TYPE_CHECKING:
    from reportgen.stages.laboratory import Laboratory


@dataclass(frozen=True, slots=True)
class Briefing:
    """What a worker must know to make runs: the laboratory's own parts, without what was read."""

    study: Study
    store: Path
    data_dir: Path | None
    device: Device

    @classmethod
    def of(cls, laboratory: Laboratory) -> Briefing:
        """Return the briefing of those who work for a laboratory."""
        data_dir = laboratory.shelf.sources.data_dir
        return cls(laboratory.study, laboratory.store.root, data_dir, laboratory.device)


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a run's progress: a method of `Progress` and its arguments."""

    event: Literal["stage", "batches", "epoch", "note"]
    arguments: tuple[Any, ...]

    def tell(self, progress: Progress) -> None:
        """Tell it where the user sees it."""
        getattr(progress, self.event)(*self.arguments)


@dataclass(frozen=True, slots=True)
class Made:
    """A run's record is in the store."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A run failed."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run has taken of the GPU's memory at most so far, in bytes."""

    gpu_bytes: int


Message = Told | Made | Failed
"""What a run tells wherever it is made."""


class Parent(Protocol):
    """Whom messages are sent to."""

    def send(self, message: Any, /) -> None:
        """Send a message."""


class Wire:
    """Progress that is told to the parent process."""

    REFRESH_S = 0.1

    def __init__(self, parent: Parent) -> None:
        self._parent = parent
        self._sent = 0.0

    def stage(self, run: RunId, decision: Decision) -> None:
        """Tell that a stage begins."""
        self._parent.send(Told("stage", (run, decision)))

    def batches(self, run: RunId, epoch: int, fraction: float) -> None:
        """Tell what share of an epoch is done, ten times a second at most."""
        now = time.monotonic()
        if fraction < 1 and now - self._sent < self.REFRESH_S:
            return
        self._sent = now
        self._parent.send(Told("batches", (run, epoch, fraction)))

    def epoch(self, run: RunId, row: EpochRow, epochs: int, seconds: float) -> None:
        """Tell a finished epoch."""
        self._parent.send(Told("epoch", (run, row, epochs, seconds)))

    def note(self, text: str) -> None:
        """Tell something."""
        self._parent.send(Told("note", (text,)))


class Gauge(Wire):
    """Progress that tells the GPU's memory too, which others may share."""

    def epoch(self, run: RunId, row: EpochRow, epochs: int, seconds: float) -> None:
        """Tell a finished epoch, and what it took at most."""
        super().epoch(run, row, epochs, seconds)
        self.measure()

    def measure(self) -> None:
        """Tell what was taken at most since the run began; nothing where that is no GPU's."""
        from reportgen.training.memory import peak_gpu_bytes

        if taken := peak_gpu_bytes():
            self._parent.send(Measured(taken))


def tell_stopped(under_way: Iterable[Task], progress: Progress) -> None:
    """Tell of runs that end since another one failed; what they finished is in the store."""
    for task in under_way:
        progress.note(f"{task.run}: stopped; the next build goes on where it was")


def work(parent: Connection, briefing: Briefing) -> None:
    """Make the runs whose plans come through the pipe, for as long as there are any.

    The main function of a process that was started afresh (`spawn`): PyTorch is not
    sound in one that was forked. Ctrl-C is the parent's to hear; the worker ends when
    it is told to, and when the parent has died, however that died.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        _make_runs(parent, briefing)
    except (KeyboardInterrupt, EOFError, OSError):
        # Told to end, or nobody is there to be told. What was finished is in the store.
        return


def _end_with_parent() -> None:
    """Wait for the parent's death and follow it at once: the store bears that at any instant."""
    parent = parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


def _make_runs(parent: Connection, briefing: Briefing) -> None:
    """Make one run after another; the laboratory, and with it torch, is opened once."""
    from reportgen.stages.laboratory import Laboratory
    from reportgen.training.memory import forget_peak

    store, gauge = Store(briefing.store), Gauge(parent)
    sources = SourceShelf.open(store, briefing.data_dir)
    laboratory = Laboratory.open(briefing.study, store, sources, briefing.device, gauge)
    while True:
        ended = make_run(laboratory.make_record, parent.recv())
        gauge.measure()
        forget_peak()  # before others are begun in its place
        parent.send(ended)


def make_run(make: Callable[[RunPlan], RunRecord], plan: RunPlan) -> Message:
    """Return what became of a run; a fault of the program's own is told with its place."""
    try:
        make(plan)
    except ReportgenError as error:
        error.add_note(traceback.format_exc())
        return Failed(error)
    except Exception as error:  # noqa: BLE001 - raised again by the parent, with its traceback
        fault = RuntimeError(f"{plan.run.id}: {type(error).__name__}: {error}")
        fault.add_note(traceback.format_exc())
        return Failed(fault)
    return Made()
