"""Where the data lie and what their content is, known without reading them twice."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from reportgen.datasets.registry import Location, fingerprint, load_source, locate
from reportgen.datasets.source import Source
from reportgen.errors import StoreError
from reportgen.hashing import canonical_json
from reportgen.plan.keys import StageKey
from reportgen.store.store import Store

FINGERPRINT = "fingerprint.json"


@dataclass(slots=True)
class SourceShelf:
    """Data sources by name: located once, read when their pixels are wanted.

    A source's fingerprint is kept in the store under the sizes and times of its
    files, so that planning does not read the pixels again.
    """

    store: Store
    data_dir: Path | None
    _locations: dict[str, Location]
    _sources: dict[str, Source]

    @classmethod
    def open(cls, store: Store, data_dir: Path | None) -> SourceShelf:
        """Return an empty shelf."""
        return cls(store, data_dir, {}, {})

    def location(self, name: str) -> Location:
        """Return where a data set lies.

        Raises
        ------
        DataError
            If it lies nowhere; the message lists what was tried.
        """
        if name not in self._locations:
            self._locations[name] = locate(name, self.data_dir)
        return self._locations[name]

    def source(self, name: str) -> Source:
        """Return a data set's images and labels, read at the first call."""
        if name not in self._sources:
            self._sources[name] = load_source(self.location(name))
        return self._sources[name]

    def fingerprint(self, name: str) -> str:
        """Return the fingerprint of a data set's content."""
        location = self.location(name)
        key = StageKey("source", {"name": name, "files": location.signature})
        entry = self.store.read(key)
        if entry is not None:
            return str(json.loads(entry.files[FINGERPRINT]))
        found = fingerprint(self.source(name))
        try:
            with self.store.lock(key):
                self.store.write(key, {FINGERPRINT: canonical_json(found)}, {})
        except StoreError:
            # A cache that cannot be kept costs a second at the next build, no result.
            return found
        return found
