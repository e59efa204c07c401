"""Files of class folders, in folders or in a zip that is read without being unpacked."""

from __future__ import annotations

import contextlib
import stat
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from reportgen.datasets.place import damaged, walk_folder
from reportgen.errors import DataError, nearest

MAX_FILE_BYTES = 1 << 28
MAX_TOTAL_BYTES = 1 << 36
MAX_RATIO = 200
_RATIO_FROM = 1 << 20  # small files may well shrink to nothing
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


class CorruptFileError(DataError):
    """One file of many is damaged; it may be left out."""


class Tree(Protocol):
    """Where the files of each split are listed and read."""

    def names(self, split: str) -> list[str]:
        """Return the paths below a split's folder, with `/`; those of folders end with it."""
        ...

    def place(self, split: str, name: str) -> str:
        """Return a file's path in the words of a message."""
        ...

    def read(self, split: str, name: str) -> bytes:
        """Return a file's bytes.

        Raises
        ------
        DataError
            If it cannot be read.
        CorruptFileError
            If the archive holds other bytes of it than were put there.
        """
        ...


class FolderTree:
    """Folders, one for each split."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._folders = folders

    def names(self, split: str) -> list[str]:
        """Return the paths below a split's folder."""
        return list(walk_folder(self._folders[split]))

    def place(self, split: str, name: str) -> str:
        """Return a file's path."""
        return str(self._folders[split] / name)

    def read(self, split: str, name: str) -> bytes:
        """Return a file's bytes."""
        try:
            return (self._folders[split] / name).read_bytes()
        except OSError as error:
            msg = f"{self.place(split, name)} cannot be read: {error.strerror or error}"
            raise DataError(msg) from error


class ZipTree:
    """A zip whose splits are folders in it; its members are checked before any is read."""

    def __init__(self, path: Path, archive: zipfile.ZipFile, splits: Mapping[str, str]) -> None:
        self._path = path
        self._archive = archive
        self._splits = {split: _prefix(folder) for split, folder in splits.items()}
        self._members = {info.filename: info for info in archive.infolist()}

    def names(self, split: str) -> list[str]:
        """Return the paths below a split's folder.

        Raises
        ------
        DataError
            If the zip has no such folder; the message names those it has.
        """
        prefix = self._splits[split]
        names = [name[len(prefix) :] for name in self._members if name.startswith(prefix)]
        if not names:
            parents = {name.rsplit("/", 2)[0] for name in self._members if name.count("/") > 1}
            near = nearest(prefix.rstrip("/"), sorted(parents))
            msg = f'{self._path} has no folder "{prefix}" for the split {split}: {near}'
            raise DataError(msg)
        return [name for name in names if name]

    def place(self, split: str, name: str) -> str:
        """Return the zip's path and that of the file inside it."""
        return f"{self._path}: {self._splits[split]}{name}"

    def read(self, split: str, name: str) -> bytes:
        """Return a member's bytes, no more than the zip's list of members says."""
        info = self._members[self._splits[split] + name]
        try:
            with self._archive.open(info) as file:
                data = file.read(info.file_size)
        except OSError as error:
            msg = f"{self.place(split, name)} cannot be read: {error.strerror or error}"
            raise DataError(msg) from error
        except Exception as error:  # each method of compression has its own errors
            msg = f"damaged in the zip ({error})"
            raise CorruptFileError(msg) from error
        if len(data) != info.file_size:
            msg = f"cut short in the zip: {info.file_size} bytes expected, got {len(data)}"
            raise CorruptFileError(msg)
        return data


@contextlib.contextmanager
def open_zip(path: Path, splits: Mapping[str, str]) -> Iterator[ZipTree]:
    """Open a zip of class folders.

    Raises
    ------
    DataError
        If it is cut short or no zip, encrypted, holds links, names outside its
        folder or one name twice, or would unpack to suspiciously much.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise damaged(path, "a whole zip file", str(error)) from error
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}"
        raise DataError(msg) from error
    with archive:
        _check_members(path, archive.infolist())
        yield ZipTree(path, archive, splits)


def _prefix(folder: str) -> str:
    """Return what the names of a split's files begin with; `.` stands for the whole zip."""
    parts = [part for part in folder.split("/") if part not in ("", ".")]
    return "".join(part + "/" for part in parts)


def _check_members(path: Path, members: list[zipfile.ZipInfo]) -> None:
    """Refuse a zip by its list of members."""
    seen: set[str] = set()
    for info in members:
        if reason := _suspicion(info, seen):
            msg = f'{path} is not read: its member "{info.filename}" {reason}; make the zip anew'
            raise DataError(msg)
        seen.add(info.filename)
    total = sum(info.file_size for info in members)
    if total > MAX_TOTAL_BYTES:
        msg = f"{path} is not read: it unpacks to {total} bytes, at most {MAX_TOTAL_BYTES} may be"
        raise DataError(msg)


def _suspicion(info: zipfile.ZipInfo, seen: set[str]) -> str:
    """Return why a member is refused, or nothing."""
    name, size, packed = info.orig_filename, info.file_size, info.compress_size
    outside = name.startswith("/") or ".." in name.split("/")
    reasons = {
        "lies outside the zip's own folder": outside or any(mark in name for mark in "\\:\0"),
        "stands in it twice": name in seen,
        "is a link": stat.S_ISLNK(info.external_attr >> 16),
        "is encrypted": bool(info.flag_bits & _ENCRYPTED),
        f"is compressed by method {info.compress_type}": info.compress_type not in _METHODS,
        f"unpacks to {size} bytes, at most {MAX_FILE_BYTES} may be": size > MAX_FILE_BYTES,
        f"unpacks to {size} bytes from {packed}": size > max(_RATIO_FROM, MAX_RATIO * packed),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")
