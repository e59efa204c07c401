"""Where the data lie and what their content is, known without reading them twice."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from reportgen.datasets.registry import Location, fingerprint, load_source, locate_spec
from reportgen.datasets.source import Source
from reportgen.errors import StoreError
from reportgen.hashing import canonical_json
from reportgen.plan.changes import UNREAD
from reportgen.plan.keys import StageKey
from reportgen.spec.dataset import DatasetSpec
from reportgen.store.store import Store

FINGERPRINT = "fingerprint.json"


@dataclass(slots=True)
class SourceShelf:
    """Data sources: located once, read when their pixels are wanted.

    What decides a source is its name and where and how its images are read or
    drawn; two experiments that agree in that share one copy.

    A source's fingerprint is kept in the store under the sizes and times of its
    files, so that planning does not read the pixels again. One that is only
    `looking` keeps nothing, downloads nothing, and decodes or draws no image: data
    that would take that have the fingerprint `UNREAD`.
    """

    store: Store
    data_dir: Path | None
    looking: bool
    _locations: dict[bytes, Location]
    _sources: dict[bytes, Source]
    _fingerprints: dict[bytes, str] = field(default_factory=dict)

    @classmethod
    def open(cls, store: Store, data_dir: Path | None, *, looking: bool = False) -> SourceShelf:
        """Return an empty shelf."""
        return cls(store, data_dir, looking, {}, {})

    def stock(self, spec: DatasetSpec, source: Source, fingerprint: str) -> None:
        """Put a data set on the shelf that was read elsewhere, with the fingerprint that it has."""
        key = _identity(spec)
        self._sources[key], self._fingerprints[key] = source, fingerprint

    def location(self, spec: DatasetSpec) -> Location:
        """Return where a data set lies.

        Raises
        ------
        DataError
            If it lies nowhere; the message lists what was tried.
        """
        key = _identity(spec)
        if key not in self._locations:
            self._locations[key] = locate_spec(spec, self.data_dir, download=not self.looking)
        return self._locations[key]

    def paths(self, specs: Iterable[DatasetSpec]) -> list[Path]:
        """Return every file and folder that some data sets lie in, sorted."""
        locations = {_identity(spec): self.location(spec) for spec in specs}
        return sorted({path for location in locations.values() for path in location.paths})

    def source(self, spec: DatasetSpec) -> Source:
        """Return a data set's images and labels, read at the first call."""
        key = _identity(spec)
        if key not in self._sources:
            self._sources[key] = load_source(self.location(spec))
        return self._sources[key]

    def fingerprint(self, spec: DatasetSpec) -> str:
        """Return the fingerprint of a data set's content."""
        if (stocked := self._fingerprints.get(_identity(spec))) is not None:
            return stocked
        location = self.location(spec)
        key = StageKey("source", {"name": spec.name, "files": location.signature})
        entry = self.store.read(key)
        if entry is not None:
            return str(json.loads(entry.files[FINGERPRINT]))
        if self.looking and not location.holds_arrays:
            return UNREAD
        if self.looking:
            return fingerprint(self.source(spec))
        source = self.source(spec)
        # A cache that cannot be kept costs a second at each build, no result.
        with suppress(StoreError), self.store.lock(key):
            return self._kept_fingerprint(source, key)
        return fingerprint(source)

    def _kept_fingerprint(self, source: Source, key: StageKey) -> str:
        """Return the fingerprint of a source, put into the store if no other build has."""
        entry = self.store.read(key)
        if entry is not None:
            return str(json.loads(entry.files[FINGERPRINT]))
        found = fingerprint(source)
        self.store.write(key, {FINGERPRINT: canonical_json(found)}, {})
        return found


def _identity(spec: DatasetSpec) -> bytes:
    """Return what tells two data sources apart."""
    # Not canonical: the order of the classes of glyphs tells two sources apart too.
    return spec.model_dump_json(include={"name", "source", "glyphs", "letters"}).encode()
