"""Locks, and what the file system's refusals become."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from reportgen.errors import StoreError

CAUSES = {
    errno.ENOSPC: "no space left on the device; free some, or ",
    errno.EDQUOT: "the disk quota is used up; free some, or ",
    errno.EROFS: "the file system is read-only; ",
    errno.EACCES: "permission denied; ",
    errno.EPERM: "operation not permitted; ",
    errno.ENOTDIR: "a file stands where a folder must be; ",
    errno.EEXIST: "a file stands where a folder must be; ",
}
OTHER_STORE = "choose another folder with --store"


@contextmanager
def file_errors(where: Path, remedy: str = OTHER_STORE) -> Iterator[None]:
    """Turn what the file system refuses into a `StoreError` that says what to do."""
    try:
        yield
    except OSError as error:
        cause = CAUSES.get(error.errno or 0, f"{error.strerror or error}; ")
        msg = f"{error.filename or where}: {cause}{remedy}. Nothing finished was lost."
        raise StoreError(msg) from error


@contextmanager
def hold_lock(
    path: Path, waiting: Callable[[], None] | None = None, remedy: str = OTHER_STORE
) -> Iterator[None]:
    """Hold a file's lock. Where another process holds it, call `waiting`, then wait.

    The lock goes with the process, however that ends.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(path)
    with file_errors(path, remedy):
        try:
            lock.acquire(blocking=False)
        except Timeout:
            if waiting is not None:
                waiting()
            lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def try_lock(path: Path) -> Iterator[bool]:
    """Hold a file's lock if nobody else does; tell whether it is held."""
    from filelock import FileLock, Timeout

    lock = FileLock(path)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()
