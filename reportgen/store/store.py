"""The store: finished results by stage and key, each verified by its hashes.

::

    <store>/store.json                     {"schema": 1}
    <store>/<stage>/<key>/entry.json       files with their SHA-256, fields of the key, provenance
    <store>/<stage>/<key>/<file> …         none of `data`, which only notes the key's fields
    <store>/locks/<stage>-<key>.lock       held while an entry is made
    <store>/tmp/<stage>-<key>/…            what is being written, by who holds that lock

An entry is written under `tmp`, flushed, and renamed into its place whole, so
that it is there or not. Reading verifies every hash; a damaged entry counts as
missing and is made again. What a killed build left under `tmp` is removed by the
next one that writes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reportgen.errors import StoreError
from reportgen.hashing import canonical_json, sha256_bytes
from reportgen.plan.keys import StageKey
from reportgen.staging import remove_staged, write_synced
from reportgen.store.files import file_errors, hold_lock, try_lock
from reportgen.store.seal import seal, unseal

STORE_SCHEMA = 1
ENTRY = "entry.json"
MARKER = "store.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """A verified entry: its files' bytes, and what was noted of its making."""

    files: Mapping[str, bytes]
    provenance: Mapping[str, Any]


class Store:
    """Finished results under one folder.

    Parameters
    ----------
    root : Path
        Made when the first entry is written.

    Raises
    ------
    StoreError
        If the store was written by a newer version of this program.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._swept = False
        self._check_schema()

    def _check_schema(self) -> None:
        marker = self.root / MARKER
        if not marker.is_file():
            return
        try:
            schema = json.loads(marker.read_bytes())["schema"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            msg = (
                f"{marker}: not the marker of a store; choose another folder with --store, or "
                "remove that file if the folder is one: what lies there is verified anyway"
            )
            raise StoreError(msg) from error
        if schema != STORE_SCHEMA:
            msg = (
                f"{marker}: the store has schema {schema}, this version of reportgen knows "
                f"{STORE_SCHEMA}; update reportgen or choose another folder with --store"
            )
            raise StoreError(msg)

    def folder(self, stage: str, digest: str) -> Path:
        """Return where an entry lies, whether it exists or not."""
        return self.root / stage / digest

    def prepare(self) -> None:
        """Make the store's folder and marker.

        Raises
        ------
        StoreError
            If the folder cannot be written.
        """
        with file_errors(self.root):
            (self.root / "locks").mkdir(parents=True, exist_ok=True)
            (self.root / "tmp").mkdir(exist_ok=True)
            if not (self.root / MARKER).is_file():
                self._mark()
            if not self._swept:
                self._swept = True
                self._sweep()

    def _mark(self) -> None:
        marker = self.root / MARKER
        with hold_lock(self._lock_file("store")):
            if not marker.is_file():
                remove_staged(self.root)
                write_synced(marker, canonical_json({"schema": STORE_SCHEMA}) + b"\n")

    def _sweep(self) -> None:
        """Remove entries that were never finished, whose lock nobody holds any more."""
        for staging in (self.root / "tmp").iterdir():
            with try_lock(self._lock_file(staging.name)) as held:
                if held:
                    shutil.rmtree(staging, ignore_errors=True)

    def _lock_file(self, name: str) -> Path:
        return self.root / "locks" / f"{name}.lock"

    @contextmanager
    def lock(self, key: StageKey, waiting: Callable[[], None] | None = None) -> Iterator[None]:
        """Hold an entry's lock; where another build holds it, say so and wait."""
        self.prepare()
        with hold_lock(self._lock_file(_name(key)), waiting):
            yield

    def read(self, key: StageKey) -> Entry | None:
        """Return an entry, or None if it is missing or damaged."""
        return read_entry(self.folder(key.stage, key.digest))

    def write(
        self, key: StageKey, files: Mapping[str, bytes], provenance: Mapping[str, Any]
    ) -> None:
        """Write an entry whole, in place of a damaged one; to be called under its lock.

        Raises
        ------
        StoreError
            If there is no space left, or the store cannot be written.
        """
        self.prepare()
        target = self.folder(key.stage, key.digest)
        staging = self.root / "tmp" / _name(key)
        entry = {
            "schema": STORE_SCHEMA,
            "stage": key.stage,
            "key": key.digest,
            "fields": key.fields,
            "files": {name: sha256_bytes(data) for name, data in sorted(files.items())},
            "provenance": provenance,
        }
        with file_errors(self.root):
            try:
                if staging.exists():
                    shutil.rmtree(staging)
                staging.mkdir()
                for name, data in files.items():
                    write_synced(staging / name, data)
                write_synced(staging / ENTRY, seal(entry))
                target.parent.mkdir(parents=True, exist_ok=True)
                if target.exists():
                    shutil.rmtree(target)
                staging.replace(target)
            finally:
                shutil.rmtree(staging, ignore_errors=True)


def _name(key: StageKey) -> str:
    return f"{key.stage}-{key.digest}"


def read_entry(folder: Path) -> Entry | None:
    """Return the entry in a folder, or None if a file is missing or its hash differs."""
    try:
        entry = unseal((folder / ENTRY).read_bytes())
        files = {name: (folder / name).read_bytes() for name in entry["files"]}
        intact = all(sha256_bytes(files[name]) == sha for name, sha in entry["files"].items())
        return Entry(files, entry["provenance"]) if intact else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def is_store(folder: Path) -> bool:
    """Whether a folder is a store, by its marker."""
    return (folder / MARKER).is_file()
