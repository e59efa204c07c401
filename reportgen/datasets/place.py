"""Places where a data set may lie: what each kind of place must be able to do."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from reportgen.errors import DataError
from reportgen.hashing import sha256_bytes
from reportgen.project import folder_asked_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
    """Return the folder for downloads of a user who named no data directory.

    Raises
    ------
    UsageError
        If nobody knows where that is.
    """
    home = Path("~")
    if "XDG_CACHE_HOME" in os.environ:
        base = Path(os.environ["XDG_CACHE_HOME"])
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = home / ".cache"
    base = folder_asked_for(base, "the folder of downloads (HOME, XDG_CACHE_HOME)")
    return base / "reportgen" / "datasets"


def damaged(path: Path, expected: str, got: str) -> DataError:
    """Return the error, to be raised, for a file whose content is not what it must be."""
    return DataError(
        f"{path} is damaged: expected {expected}, got {got}; delete the file and get it again"
    )


def unfit(path: Path, expected: str, got: str) -> DataError:
    """Return the error, to be raised, for a sound file whose arrays are not what is wanted."""
    return DataError(f"{path} does not fit: expected {expected}, got {got}; save the file anew")


def sign(role: str, path: Path) -> list[str | int]:
    """Return what tells, without reading it, whether a file or folder is still the same.

    Returns
    -------
    list
        Role with a mark of path and inode; of a file, its size and the time of
        its last change in ns; of a folder, how many files it has and a digest of
        the names, sizes and times of all of them.

    Raises
    ------
    DataError
        If it went away.
    """
    try:
        stat = path.stat()
        mark = sha256_bytes(f"{path.resolve()}\n{stat.st_ino}".encode())[:12]
        if not path.is_dir():
            return [f"{role} {mark}", stat.st_size, stat.st_mtime_ns]
        rows = [_sign_below(path, name) for name in walk_folder(path)]
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}"
        raise DataError(msg) from error
    digest = sha256_bytes("\n".join(rows).encode("utf-8", "surrogateescape"))
    return [f"{role} {mark}", len(rows), digest]


def walk_folder(folder: Path) -> Iterator[str]:
    """Yield the paths of all that lies below a folder, with `/`; those of folders end with it.

    The order is the same wherever the names are. Links to files are followed,
    links to folders are not, so that no way leads round.

    Raises
    ------
    DataError
        If a folder may not be listed.
    """

    def refuse(error: OSError) -> None:
        msg = f"{error.filename} cannot be read: {error.strerror or error}"
        raise DataError(msg) from error

    for above, folders, files in os.walk(folder, onerror=refuse):
        inside = above[len(str(folder)) :].strip(os.sep).replace(os.sep, "/")
        prefix = f"{inside}/" if inside else ""
        folders.sort()
        yield from (f"{prefix}{name}/" for name in folders)
        yield from (prefix + name for name in sorted(files))


def _sign_below(folder: Path, name: str) -> str:
    """Make a folder's row of one path below it; a folder's own times do not count."""
    if name.endswith("/"):
        return name
    stat = os.stat(f"{folder}/{name}")  # noqa: PTH116 - a Path for each of many files is slow
    return f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}"
