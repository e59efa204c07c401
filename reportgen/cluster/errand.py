"""An errand: one run that is made on another machine, which shares no folder with this one.

What the machine lacks comes along: the study, its models.py, the data, a file of weights, and
what the store has of the run and of those that it starts from. What is finished there
is sent back at once, so that a machine that dies takes little with it.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from reportgen.datasets.registry import fingerprint
from reportgen.datasets.source import Source
from reportgen.errors import DataError, SystemLibraryError
from reportgen.order import Device
from reportgen.plan.decision import Decision
from reportgen.plan.keys import RunPlan, StageKey
from reportgen.records import EpochRow, RunId, RunRecord
from reportgen.spec.study import Study
from reportgen.stages.sources import SourceShelf
from reportgen.stages.worker import Failed, Made, Message, Told, Wire, make_run
from reportgen.store.files import hold_lock, try_lock
from reportgen.store.parcel import Outbox, Parcel, unpack
from reportgen.store.store import Store
from reportgen.system import share_cores

if TYPE_CHECKING:
    from reportgen.stages.laboratory import Laboratory

FOLDER = "reportgen-errand-"
"""How the folders of errands begin, in the machine's folder for what is temporary."""

SENT_S = 1.0
"""Seconds between epochs that are sent back: those after the last one sent are lost with a machine.

The last epoch is always sent, whenever it ends.
"""

Sent = Message | Parcel


@dataclass(frozen=True, slots=True)
class Errand:
    """What a machine must know to make a run, but for the data, which come beside it.

    Parameters
    ----------
    study : Study
    models : bytes
        The study's models.py; empty where there is none.
    commit : str
        Of the project.
    plan : RunPlan
    device : Device
        `cuda` or `cpu`.
    cores : int
        For which the run's threads are decided; those of the machine that sends the errand,
        so that it gives what it gives there.
    parcels : tuple of Parcel
        What the sender's store has of the run and of those that it starts from.
    weights : mapping of str to bytes
        Files by their paths in a data directory.
    """

    study: Study
    models: bytes
    commit: str
    plan: RunPlan
    device: Device
    cores: int
    parcels: tuple[Parcel, ...]
    weights: Mapping[str, bytes]


def result_keys(plan: RunPlan) -> tuple[StageKey, ...]:
    """Return the keys of all that a run leaves in a store, in the order in which it does."""
    maximized = () if plan.maximize is None else (plan.maximize,)
    return (
        plan.data,
        plan.train,
        *plan.evaluate.values(),
        *plan.embed.values(),
        *maximized,
        plan.record,
    )


def lineage(plan: RunPlan) -> tuple[RunPlan, ...]:
    """Return a run's plan and those of the runs that it starts from, nearest first."""
    return (plan,) if plan.source is None else (plan, *lineage(plan.source))


@dataclass(frozen=True, slots=True)
class Line:
    """What is told between the thread that makes a run and the one that sends it on."""

    messages: SimpleQueue[Sent] = field(default_factory=SimpleQueue)

    def send(self, message: Sent) -> None:
        """Tell something."""
        self.messages.put(message)


class Courier(Wire):
    """Progress that is sent back, and with it what is finished."""

    REFRESH_S = 0.5

    def __init__(self, line: Line, plan: RunPlan, outbox: Outbox) -> None:
        super().__init__(line)
        self._line, self._keys, self._outbox = line, result_keys(plan), outbox
        self._shipped = 0.0

    def stage(self, run: RunId, decision: Decision) -> None:
        """Tell that a stage begins, and send what those before it left."""
        self.ship()
        super().stage(run, decision)

    def epoch(self, run: RunId, row: EpochRow, epochs: int, seconds: float) -> None:
        """Tell a finished epoch, and send it if the last one sent is long ago."""
        if time.monotonic() - self._shipped >= SENT_S:
            self.ship()
        super().epoch(run, row, epochs, seconds)

    def ship(self) -> None:
        """Send all that is finished and was not sent yet."""
        for key in self._keys:
            parcel = self._outbox.pack(key)
            if parcel is not None:
                self._line.send(parcel)
        self._shipped = time.monotonic()


def perform(errand: Errand, *sources: Source) -> Iterator[Sent]:
    """Make a run; yield what it tells and what it finishes, last `Made` or `Failed`.

    Parameters
    ----------
    errand : Errand
    *sources : Source
        The data of the run and of those that it starts from, as `lineage` has them.
    """
    line = Line()
    with _folder() as folder:
        maker = threading.Thread(target=_make, args=(errand, sources, folder, line), daemon=True)
        maker.start()
        while True:
            message = _next(line, maker)
            yield message
            if isinstance(message, Made | Failed):
                return


def _next(line: Line, maker: threading.Thread) -> Sent:
    """Return the next message; whoever cancels the errand is heard while there is none."""
    while True:
        alive = maker.is_alive()
        try:
            return line.messages.get(timeout=0.2)
        except Empty:
            if not alive:
                return Failed(RuntimeError("the thread that makes a run ended without a word"))


@contextmanager
def _folder() -> Iterator[Path]:
    """Give a folder for an errand, gone afterwards; what killed ones left goes before."""
    place = Path(tempfile.gettempdir())
    for lock in place.glob(f"{FOLDER}*.lock"):
        with try_lock(lock) as held:
            if held:
                shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
                lock.unlink(missing_ok=True)
    folder = place / f"{FOLDER}{uuid.uuid4().hex}"
    lock = folder.with_suffix(".lock")
    with hold_lock(lock, remedy="set TMPDIR to another folder on that machine"):
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            lock.unlink(missing_ok=True)


def _make(errand: Errand, sources: tuple[Source, ...], folder: Path, line: Line) -> None:
    """Make a run in a store of its own; the last message is what became of it."""
    line.send(Told("note", (f"{errand.plan.run.id}: on {socket.gethostname()}",)))
    outbox = Outbox(Store(folder / "store"))
    courier = Courier(line, errand.plan, outbox)

    def make(plan: RunPlan) -> RunRecord:
        return _laboratory(errand, sources, folder, outbox, courier).make_record(plan)

    ended = make_run(make, errand.plan)
    courier.ship()
    line.send(ended)


def _laboratory(
    errand: Errand, sources: tuple[Source, ...], folder: Path, outbox: Outbox, courier: Courier
) -> Laboratory:
    """Return a laboratory that has what came with an errand.

    Raises
    ------
    SystemLibraryError
        If this machine lacks a package that trains.
    """
    share_cores()
    os.environ["OMP_NUM_THREADS"] = str(errand.cores)  # read when torch is first imported
    try:
        from reportgen.stages.laboratory import Laboratory
        from reportgen.stages.train import COMMIT
    except ImportError as error:
        msg = (
            f"{socket.gethostname()} lacks a package ({error}); install on every machine of the "
            "cluster what this one has: pip install 'reportgen-lab[train,ray]'"
        )
        raise SystemLibraryError(msg) from error
    study = replace(errand.study, root=folder / "project", place=None)
    study.folder.mkdir(parents=True)
    (study.root / COMMIT).write_text(errand.commit, encoding="utf-8")
    if errand.models:
        study.models_file.write_bytes(errand.models)
    for name, data in errand.weights.items():
        file = folder / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    for parcel in errand.parcels:
        unpack(outbox.store, parcel)
        outbox.note(parcel)
    shelf = SourceShelf.open(outbox.store, folder / "data")
    for plan, source in zip(lineage(errand.plan), sources, strict=True):
        shelf.stock(plan.run.spec.dataset, source, _verified(plan, source))
    return Laboratory.open(study, outbox.store, shelf, errand.device, courier)


def _verified(plan: RunPlan, source: Source) -> str:
    """Return the fingerprint of data that came along.

    Raises
    ------
    DataError
        If they are not those that the run is planned with.
    """
    found = fingerprint(source)
    if found != plan.data.fields["source"]:
        msg = f"{plan.run.id}: its data came damaged from another machine; build again"
        raise DataError(msg)
    return found
