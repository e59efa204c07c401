"""Places where a data set may lie: what each kind of place must be able to do."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from reportgen.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.datasets.source import Split


@dataclass(frozen=True, slots=True)
class Request:
    """What is looked for: a data set, with the data directory if one was given."""

    name: str
    data_dir: Path | None
    download: bool


@dataclass(frozen=True, slots=True)
class Found:
    """The files of a data set, by role, and where they came from in words."""

    origin: str
    files: Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class Miss:
    """Why a place does not have the data set."""

    reason: str
    cause: Exception | None = None


class Place(Protocol):
    """One way in which a data set may lie."""

    def find(self, request: Request) -> Found | Miss:
        """Look for the files without reading any pixel."""
        ...

    def read(self, files: Mapping[str, Path]) -> Mapping[str, Split]:
        """Read the splits from the files that `find` returned.

        Raises
        ------
        DataError
            If a file is damaged.
        """
        ...


class Base(Enum):
    """Folder that a place's own folder is relative to; the value says it in words."""

    DATA_DIR = "data directory"
    CACHE = "torchvision's download"
    SYSTEM = "system folder"

    def folder(self, request: Request) -> Path | None:
        """Return the folder, or None if there is none."""
        if self is Base.DATA_DIR:
            return request.data_dir
        return cache_folder() if self is Base.CACHE else Path(os.sep)


NO_DATA_DIR = Miss("data directory: none was given")


def cache_folder() -> Path:
    """Return the folder for downloads of a user who named no data directory."""
    if "XDG_CACHE_HOME" in os.environ:
        base = Path(os.environ["XDG_CACHE_HOME"])
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path.home() / ".cache"
    return base / "reportgen" / "datasets"


def damaged(path: Path, expected: str, got: str) -> DataError:
    """Return the error, to be raised, for a file whose content is not what it must be."""
    return DataError(
        f"{path} is damaged: expected {expected}, got {got}; delete the file and get it again"
    )
