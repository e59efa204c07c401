"""Places whose pixels are made from their files, decoded or drawn, and then kept."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from reportgen.datasets.pixel_cache import Decoded, entry_folder, making, making_alone, read_entry
from reportgen.datasets.place import sign
from reportgen.errors import DataError, StoreError
from reportgen.hashing import sha256_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reportgen.datasets.place import Found, Miss, Request
    from reportgen.datasets.source import Split


class MadePlace(ABC):
    """A place from whose files pixels are made once, and mapped into memory from then on."""

    __slots__ = ()

    @property
    @abstractmethod
    def manner_mark(self) -> str:
        """Digest of what, beside the files, decides the pixels that are made."""

    @abstractmethod
    def find(self, request: Request) -> Found | Miss:
        """Look for the files without reading any pixel."""

    @abstractmethod
    def make(self, files: Mapping[str, Path], staging: Path) -> None:
        """Write images and index of a cache entry into the folder `staging`."""

    def read(self, files: Mapping[str, Path]) -> Mapping[str, Split]:
        """Return the splits, mapped into memory; see `decode`."""
        return self.decode(files).splits

    def decode(self, files: Mapping[str, Path]) -> Decoded:
        """Return the images from the cache, where they are put at the first call.

        Raises
        ------
        DataError
            If a file is not as it must be, or changes meanwhile.
        StoreError
            If the cache cannot be written.
        """
        before = [sign(role, path) for role, path in files.items()]
        folder = entry_folder(sha256_json({"files": before, "manner": self.manner_mark}))
        held = read_entry(folder)
        if held is not None:
            return held
        with making_alone(folder):
            held = read_entry(folder)
            if held is None:
                self._make(files, before, folder)
                held = read_entry(folder)
        if held is None:
            msg = f"{folder}: the decoded images could not be read back; is the disk sound?"
            raise StoreError(msg)
        return held

    def _make(self, files: Mapping[str, Path], before: list[list[str | int]], folder: Path) -> None:
        """Make an entry of the cache; the files must still be as they were `before`."""
        with making(folder) as staging:
            self.make(files, staging)
            if [sign(role, path) for role, path in files.items()] != before:
                names = ", ".join(str(path) for path in files.values())
                msg = f"{names}: changed while the images were read; build again"
                raise DataError(msg)
