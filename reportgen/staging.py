"""Files that take their name when they are whole, and what is left of those that never were.

What is written stands beside its place under a name of its own, `.NAME.XXXXXXXX`, and
is removed where writing fails. A process that is killed cannot remove it: who next
holds the folder's lock does.
"""

from __future__ import annotations

import errno
import os
import re
import uuid
from pathlib import Path

_STAGED = re.compile(r"\..+\.[0-9a-f]{8}")


def staging_path(path: Path) -> Path:
    """Return a name beside a file under which it is written before it takes its own."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")


def write_synced(path: Path, data: bytes) -> None:
    """Replace a file's content in one step, flushed to the disk and verified.

    Raises
    ------
    OSError
        If it cannot be written, or reads back otherwise; the file is as it was then.
    """
    staging = staging_path(path)
    try:
        with staging.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if staging.read_bytes() != data:
            raise OSError(errno.EIO, "what was written reads back otherwise", str(path))
        staging.replace(path)
    except BaseException:
        staging.unlink(missing_ok=True)
        raise


def remove_staged(folder: Path) -> None:
    """Remove the files that killed processes left half written in a folder, if it is there.

    To be called only while no other process can write there: under the folder's lock.
    """
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if _STAGED.fullmatch(path.name) and path.is_file():
            path.unlink(missing_ok=True)
