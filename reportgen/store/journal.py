"""The journal of one training: its epochs so far, the last state, the best weights.

::

    <store>/train/<key>/journal.json              rows, seconds, files with their SHA-256
    <store>/train/<key>/state-0007.safetensors    parameters, buffers, optimiser after epoch 7
    <store>/train/<key>/weights-0005.safetensors  parameters after each epoch that was a new best

Files are written before the journal names them and removed after it has
stopped naming them; the journal itself is replaced in one step. Killed at any
instant, a training has lost at most the epoch that was under way.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from reportgen.errors import StoreError
from reportgen.hashing import sha256_bytes, sha256_file
from reportgen.plan.keys import StageKey
from reportgen.records import EpochRow, within
from reportgen.staging import write_synced
from reportgen.store.files import file_errors
from reportgen.store.seal import seal, unseal
from reportgen.store.store import STORE_SCHEMA, Store

if TYPE_CHECKING:
    from reportgen.spec.training import Training

JOURNAL = "journal.json"


@dataclass(frozen=True, slots=True)
class Session:
    """One stretch of a training: where it ran, from which epoch on."""

    first_epoch: int
    device: str
    device_name: str
    precision: Literal["float32", "bfloat16"]
    threads: int
    versions: Mapping[str, str]
    commit: str


@dataclass(slots=True)
class TrainingJournal:
    """What is known of one training; `append` writes it to the disk.

    Attributes
    ----------
    rows : tuple of EpochRow
        Finished epochs, of those that are measured.
    seconds : tuple of float
        Seconds of each.
    stopped : str
        Why training ended for good before its last epoch; empty if it did not.
    diverged_at : int
        Epoch whose loss was not finite; 0 for none.
    sessions : tuple of Session
        Where it ran, in order.
    """

    folder: Path
    key: StageKey
    rows: tuple[EpochRow, ...] = ()
    seconds: tuple[float, ...] = ()
    stopped: str = ""
    sessions: tuple[Session, ...] = ()
    diverged_at: int = 0
    _state: dict[str, str] | None = None
    _weights: dict[int, dict[str, str]] = field(default_factory=dict)

    @property
    def files(self) -> dict[str, str]:
        """The SHA-256 of each file that it names, by the file's name."""
        named = [*self._weights.values(), *([self._state] if self._state else [])]
        return {file["file"]: file["sha256"] for file in named}

    def load_state(self) -> bytes | None:
        """Return the state after the last epoch, or None before the first."""
        return self._load(self._state) if self._state else None

    def load_weights(self, epoch: int) -> bytes:
        """Return the weights after an epoch that was a new best.

        Raises
        ------
        StoreError
            If that epoch was no new best, or its file is damaged.
        """
        if epoch not in self._weights:
            msg = f"{self.folder}: no weights of epoch {epoch}; remove the folder and build again"
            raise StoreError(msg)
        return self._load(self._weights[epoch])

    def _load(self, file: Mapping[str, str]) -> bytes:
        path = self.folder / file["file"]
        with file_errors(path):
            data = path.read_bytes()
        if sha256_bytes(data) != file["sha256"]:
            msg = f"{path}: damaged (its SHA-256 differs from the journal's); build again"
            raise StoreError(msg)
        return data

    def has_ended(self, training: Training) -> bool:
        """Tell whether it ended for good: it diverged, or its last phase is through."""
        rows = within(self.rows, training.epochs)
        return bool(self.stopped) or training.next_phase(rows) is None

    @property
    def n_epochs(self) -> int:
        """Finished epochs, up to the last that was measured."""
        return self.rows[-1].epoch if self.rows else 0

    def begin(self, session: Session) -> None:
        """Note where the next epochs run."""
        if not self.sessions or asdict(self.sessions[-1]) | {"first_epoch": 0} != asdict(
            session
        ) | {"first_epoch": 0}:
            self.sessions = (*self.sessions, session)

    def append(self, row: EpochRow, seconds: float, state: bytes, weights: bytes | None) -> None:
        """Add a finished epoch; `weights` only if it is a new best.

        Raises
        ------
        StoreError
            If it cannot be written; the epochs before it are kept.
        """
        with file_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            new_state = self._keep(f"state-{row.epoch:04d}.safetensors", state)
            if weights is not None:
                name = f"weights-{row.epoch:04d}.safetensors"
                self._weights = {**self._weights, row.epoch: self._keep(name, weights)}
            self.rows = (*self.rows, row)
            self.seconds = (*self.seconds, seconds)
            self._state = new_state
            self._write()
            self.sweep()

    def stop(self, reason: str, diverged_at: int) -> None:
        """Note that training ended for good: why, and the epoch whose loss was not finite."""
        self.stopped, self.diverged_at = reason, diverged_at
        with file_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._write()

    def _keep(self, name: str, data: bytes) -> dict[str, str]:
        write_synced(self.folder / name, data)
        return {"file": name, "sha256": sha256_bytes(data)}

    def _write(self) -> None:
        content = {
            "schema": STORE_SCHEMA,
            "key": self.key.digest,
            "fields": self.key.fields,
            "rows": [asdict(row) for row in self.rows],
            "seconds": self.seconds,
            "stopped": self.stopped,
            "diverged_at": self.diverged_at,
            "sessions": [asdict(session) for session in self.sessions],
            "state": self._state,
            "weights": {str(epoch): file for epoch, file in self._weights.items()},
        }
        write_synced(self.folder / JOURNAL, seal(content))

    def sweep(self) -> None:
        """Remove what the journal does not name: older states, files half written."""
        named = {JOURNAL, *self.files}
        for path in self.folder.iterdir():
            if path.name not in named:
                path.unlink(missing_ok=True)

    def intact(self) -> bool:
        """Whether every file that the journal names is there with its hash.

        Raises
        ------
        StoreError
            If one is there and cannot be read: that is no damage.
        """
        with file_errors(self.folder):
            return all(
                (self.folder / name).is_file() and sha256_file(self.folder / name) == sha256
                for name, sha256 in self.files.items()
            )


def open_journal(store: Store, key: StageKey) -> TrainingJournal:
    """Return the journal of a training, empty if there is none or it is damaged.

    A damaged one is removed first: what it named cannot be trusted. One that
    cannot be read is left alone, since hours of training may lie there. What a
    killed build left half written in its folder is removed. To be called under the
    lock of `key`.

    Raises
    ------
    StoreError
        If a file of it cannot be read or removed.
    """
    journal = peek_journal(store, key)
    if journal is None:
        folder = store.folder(key.stage, key.digest)
        with file_errors(folder):
            shutil.rmtree(folder)
        journal = TrainingJournal(folder, key)
    elif journal.folder.is_dir():
        with file_errors(journal.folder):
            journal.sweep()
    return journal


def peek_journal(store: Store, key: StageKey) -> TrainingJournal | None:
    """Return the journal of a training, empty if there is none, or None if it is damaged.

    Raises
    ------
    StoreError
        If a file of it cannot be read.
    """
    folder = store.folder(key.stage, key.digest)
    journal = TrainingJournal(folder, key)
    if not (folder / JOURNAL).is_file():
        return journal
    with file_errors(folder):
        content = (folder / JOURNAL).read_bytes()
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        journal = parse_journal(folder, key, unseal(content))
        return journal if journal.intact() else None
    return None


def parse_journal(folder: Path, key: StageKey, content: dict[str, Any]) -> TrainingJournal:
    """Return the journal that the content of its file tells.

    Raises
    ------
    KeyError, TypeError, ValueError, AttributeError
        If it is none.
    """
    return TrainingJournal(
        folder,
        key,
        rows=tuple(EpochRow(**row) for row in content["rows"]),
        seconds=tuple(content["seconds"]),
        stopped=content["stopped"],
        diverged_at=content.get("diverged_at", 0),
        sessions=tuple(Session(**session) for session in content["sessions"]),
        _state=content["state"],
        _weights={int(epoch): file for epoch, file in content["weights"].items()},
    )
