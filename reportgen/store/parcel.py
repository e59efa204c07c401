"""Results on their way from one store to another: the files of a key's folder, verified.

A training is sent epoch by epoch: what was sent before is not sent again, and the
journal that names all of it comes with every parcel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reportgen.errors import StoreError
from reportgen.hashing import sha256_bytes, sha256_file
from reportgen.plan.keys import StageKey
from reportgen.staging import write_synced
from reportgen.store.files import file_errors
from reportgen.store.journal import JOURNAL, open_journal, parse_journal
from reportgen.store.seal import unseal
from reportgen.store.store import ENTRY, Store


@dataclass(frozen=True, slots=True)
class Parcel:
    """Files of what a store has of a key, by name."""

    key: StageKey
    files: Mapping[str, bytes]


@dataclass(slots=True)
class Outbox:
    """Sends what a store has to another store, everything once."""

    store: Store
    _sent: dict[tuple[str, str], str] = field(default_factory=dict)

    def pack(self, key: StageKey) -> Parcel | None:
        """Return what of a key was not sent yet; None if there is nothing.

        To be called where nobody else can write it: under its lock, or by its only writer.
        """
        new: dict[str, bytes] = {}
        folder = self.store.folder(key.stage, key.digest)
        for name, sha256 in self._files(key).items():
            if self._sent.get((key.digest, name)) != sha256:
                new[name] = (folder / name).read_bytes()
                self._sent[key.digest, name] = sha256
        return Parcel(key, new) if new else None

    def note(self, parcel: Parcel) -> None:
        """Note that the other store has a parcel, which came from there."""
        for name, data in parcel.files.items():
            self._sent[parcel.key.digest, name] = sha256_bytes(data)

    def _files(self, key: StageKey) -> dict[str, str]:
        """Return the SHA-256 of each file of a key's folder; none where it holds no result."""
        folder = self.store.folder(key.stage, key.digest)
        if (folder / JOURNAL).is_file():
            content = (folder / JOURNAL).read_bytes()
            named = parse_journal(folder, key, unseal(content)).files
            return {**named, JOURNAL: sha256_bytes(content)}
        entry = self.store.read(key)
        if entry is None:
            return {}
        hashes = {name: sha256_bytes(data) for name, data in entry.files.items()}
        return {**hashes, ENTRY: sha256_file(folder / ENTRY)}


def unpack(store: Store, parcel: Parcel, waiting: Callable[[], None] | None = None) -> None:
    """Put a parcel into a store, verified; what is there already and no less is left.

    Raises
    ------
    StoreError
        If the parcel came damaged, or the store cannot be written.
    """
    with store.lock(parcel.key, waiting):
        if JOURNAL in parcel.files:
            _unpack_journal(store, parcel)
        elif store.read(parcel.key) is None:
            _unpack_entry(store, parcel)


def _unpack_entry(store: Store, parcel: Parcel) -> None:
    try:
        entry = unseal(parcel.files[ENTRY])
        hashes, provenance = entry["files"], entry["provenance"]
        files = {name: parcel.files[name] for name in hashes}
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(parcel, ENTRY) from error
    _verify(parcel, hashes)
    store.write(parcel.key, files, provenance)


def _unpack_journal(store: Store, parcel: Parcel) -> None:
    """Put further epochs of a training beside those that are there.

    They are left where another build went on with it meanwhile: what is there is whole.
    """
    folder = store.folder(parcel.key.stage, parcel.key.digest)
    try:
        theirs = parse_journal(folder, parcel.key, unseal(parcel.files[JOURNAL]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(parcel, JOURNAL) from error
    new = {name: sha256 for name, sha256 in theirs.files.items() if name in parcel.files}
    _verify(parcel, new)
    ours = open_journal(store, parcel.key)
    before = {name: sha256 for name, sha256 in theirs.files.items() if name not in new}
    if ours.n_epochs > theirs.n_epochs or not before.items() <= ours.files.items():
        return
    with file_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name in new:
            write_synced(folder / name, parcel.files[name])
        write_synced(folder / JOURNAL, parcel.files[JOURNAL])
        theirs.sweep()


def _verify(parcel: Parcel, hashes: Mapping[str, str]) -> None:
    """Refuse a parcel that has another file than these hashes say."""
    for name, sha256 in hashes.items():
        if sha256_bytes(parcel.files[name]) != sha256:
            raise _damaged(parcel, name)


def _damaged(parcel: Parcel, name: str) -> StoreError:
    msg = (
        f"{parcel.key.stage} {parcel.key.digest[:12]}: {name} came damaged from another machine; "
        "build again: what came whole is kept"
    )
    return StoreError(msg)
