"""Writing files so that a reader sees the old one or the new one, never half of one."""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reportgen.errors import StoreError

CAUSES = {
    errno.ENOSPC: "no space left on the device; free some, or choose another folder with --store",
    errno.EDQUOT: "the disk quota is used up; free some, or choose another folder with --store",
    errno.EROFS: "the file system is read-only; choose another folder with --store",
    errno.EACCES: "permission denied; choose a folder that you may write with --store",
    errno.EPERM: "operation not permitted; choose a folder that you may write with --store",
}


@contextmanager
def file_errors(where: Path) -> Iterator[None]:
    """Turn what the file system refuses into a `StoreError` that says what to do."""
    try:
        yield
    except OSError as error:
        cause = CAUSES.get(error.errno or 0, error.strerror or str(error))
        msg = f"{error.filename or where}: cannot write: {cause}. Nothing finished was lost."
        raise StoreError(msg) from error


def write_synced(path: Path, data: bytes) -> None:
    """Replace a file's content in one step, flushed to the disk."""
    staging = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        with staging.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        staging.replace(path)
    except BaseException:
        staging.unlink(missing_ok=True)
        raise
