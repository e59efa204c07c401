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
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from reportgen.datasets.registry import fingerprint
from reportgen.datasets.source import Source
from reportgen.errors import DataError, SystemLibraryError
from reportgen.order import Device
from reportgen.plan.decision import Decision
from reportgen.plan.keys import RunPlan, StageKey
from reportgen.records import EpochRow, RunId
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

SENT_S, PAUSES = 1.0, 20
"""Seconds between epochs that are sent back, at least, and times what it takes to pack one.

Epochs after the last one sent are lost with a machine. That of a stage's end always is sent.
"""

LEAVE_S = 0.5
"""Seconds that a run has to end which nobody waits for any more."""

Sent = Message | Parcel


@dataclass(frozen=True, slots=True)
class Brief:
    """What a machine must know to make any of a build's runs.

    Parameters
    ----------
    study : Study
    models : bytes
        The study's models.py; empty where there is none.
    commit : str
        Of the project.
    device : Device
        `cuda` or `cpu`.
    cores : int
        For which a run's threads are decided; those of the machine that gives runs out, so
        that each gives what it gives there.
    """

    study: Study
    models: bytes
    commit: str
    device: Device
    cores: int


@dataclass(frozen=True, slots=True)
class Errand:
    """A run to be made, and what the sender's store has of it."""

    plan: RunPlan
    parcels: tuple[Parcel, ...]


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """A file of weights, and its path in a data directory."""

    name: str
    data: bytes


Goods = Source | Parcel | WeightsFile
"""What several errands may need, and a machine takes once.

Of a run and those that it starts from: the data in the order of `lineage`, the training of
the latter, the file that the network starts from.
"""


G = TypeVar("G", Source, Parcel, WeightsFile)


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


class Unheard(BaseException):
    """Nobody waits for a run any more: it ends, as at Ctrl-C, with what is finished kept."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is told between the thread that makes a run and the one that sends it on."""

    messages: SimpleQueue[Sent] = field(default_factory=SimpleQueue)
    closed: threading.Event = field(default_factory=threading.Event)

    def send(self, message: Sent) -> None:
        """Tell something.

        Raises
        ------
        Unheard
            If nobody listens any more.
        """
        if self.closed.is_set():
            raise Unheard
        self.messages.put(message)

    def close(self) -> None:
        """Listen no more."""
        self.closed.set()


class Courier(Wire):
    """Progress that is sent back, and with it what is finished."""

    REFRESH_S = 0.5

    def __init__(self, line: Line, plan: RunPlan, outbox: Outbox) -> None:
        super().__init__(line)
        self._line, self._keys, self._outbox = line, result_keys(plan), outbox
        self._next_s = 0.0

    def stage(self, run: RunId, decision: Decision) -> None:
        """Tell that a stage begins, and send what those before it left."""
        self.ship()
        super().stage(run, decision)

    def epoch(self, run: RunId, row: EpochRow, epochs: int, seconds: float) -> None:
        """Tell a finished epoch, and send it if the last one sent is long ago."""
        if time.monotonic() >= self._next_s:
            self.ship()
        super().epoch(run, row, epochs, seconds)

    def ship(self) -> None:
        """Send all that is finished and was not sent yet; large states seldom."""
        begun = time.monotonic()
        for key in self._keys:
            parcel = self._outbox.pack(key)
            if parcel is not None:
                self._line.send(parcel)
        ended = time.monotonic()
        self._next_s = ended + max(SENT_S, PAUSES * (ended - begun))


def perform(errand: Errand, brief: Brief, *goods: Goods) -> Iterator[Sent]:
    """Make a run; yield what it tells and what it finishes, last `Made` or `Failed`.

    Whoever leaves off before that ends the run at its next word.
    """
    line = Line()
    with _folder() as folder:
        order = Assignment(errand, brief, goods, folder, line)
        maker = threading.Thread(target=order.make, daemon=True)
        maker.start()
        try:
            while not isinstance(message := _next(line, maker), Made | Failed):
                yield message
        finally:
            line.close()
            maker.join(LEAVE_S)
    yield message  # now that nothing is left here: whoever hears it may end this process


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
    for left in {path.with_suffix("") for path in place.glob(f"{FOLDER}*")}:
        _remove(left)
    folder = place / f"{FOLDER}{uuid.uuid4().hex}"
    with hold_lock(folder.with_suffix(".lock"), remedy="set TMPDIR to another folder there"):
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    _remove(folder)


def _remove(folder: Path) -> None:
    """Remove an errand's folder and its lock, unless a process that lives holds it."""
    lock = folder.with_suffix(".lock")
    with try_lock(lock) as held:
        if held:
            shutil.rmtree(folder, ignore_errors=True)
            lock.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Assignment:
    """An errand on the machine that makes it, with all that came, and a folder of its own."""

    errand: Errand
    brief: Brief
    goods: tuple[Goods, ...]
    folder: Path
    line: Line

    def make(self) -> None:
        """Make the run in a store of its own; the last message is what became of it."""
        with suppress(Unheard):
            self._make(self.errand.plan)

    def _make(self, plan: RunPlan) -> None:
        self.line.send(Told("note", (f"{plan.run.id}: on {socket.gethostname()}",)))
        outbox = Outbox(Store(self.folder / "store"))
        courier = Courier(self.line, plan, outbox)
        ended = make_run(lambda plan: self._laboratory(outbox, courier).make_record(plan), plan)
        courier.ship()
        self.line.send(ended)

    def _laboratory(self, outbox: Outbox, courier: Courier) -> Laboratory:
        """Return a laboratory that has what came.

        Raises
        ------
        SystemLibraryError
            If this machine lacks a package that trains.
        """
        share_cores()
        os.environ["OMP_NUM_THREADS"] = str(self.brief.cores)  # torch reads it when imported
        try:
            from reportgen.stages.laboratory import Laboratory
        except ImportError as error:
            msg = (
                f"{socket.gethostname()} lacks a package ({error}); install on every machine of "
                "the cluster what this one has: pip install 'reportgen-lab[train,ray]'"
            )
            raise SystemLibraryError(msg) from error
        for parcel in (*self._came(Parcel), *self.errand.parcels):
            unpack(outbox.store, parcel)
            outbox.note(parcel)
        shelf = SourceShelf.open(outbox.store, self._data_folder())
        for plan, source in zip(lineage(self.errand.plan), self._came(Source), strict=True):
            shelf.stock(plan.run.spec.dataset, source, _verified(plan, source))
        device = self.brief.device
        return Laboratory.open(self._study(), outbox.store, shelf, device, courier)

    def _came(self, kind: type[G]) -> list[G]:
        return [one for one in self.goods if isinstance(one, kind)]

    def _study(self) -> Study:
        """Return the study, with what is read of its files in place."""
        from reportgen.stages.train import COMMIT

        study = replace(self.brief.study, root=self.folder / "project", place=None)
        study.folder.mkdir(parents=True)
        (study.root / COMMIT).write_text(self.brief.commit, encoding="utf-8")
        if self.brief.models:
            study.models_file.write_bytes(self.brief.models)
        return study

    def _data_folder(self) -> Path:
        """Return a data directory that has the file of weights that came, if one did."""
        for weights in self._came(WeightsFile):
            file = self.folder / "data" / weights.name
            file.parent.mkdir(parents=True)
            file.write_bytes(weights.data)
        return self.folder / "data"


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
