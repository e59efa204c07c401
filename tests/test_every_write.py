"""A full disk and Ctrl-C at every write of a build.

What was finished is kept, nothing is left half written, the message says what to do,
and the next build ends with the bytes of one that nothing befell.
"""

from __future__ import annotations

import builtins
import errno
import io
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from tests.toy_project import Toy
from tests.whole_builds import decoded, half_written, outputs

STAGED = re.compile(r"\.[0-9a-f]{8}$")

pytestmark = pytest.mark.usefixtures("same_durations", "own_cache")


def finished(toy: Toy) -> dict[str, int]:
    """Return what the store holds, by name, with the time at which each was written."""
    files = [*toy.store.glob("*/*/entry.json")]
    for journal in toy.store.glob("train/*/journal.json"):
        weights = json.loads(journal.read_bytes())["weights"].values()
        files += [journal.parent / held["file"] for held in weights]
    return {str(path.relative_to(toy.store)): path.stat().st_mtime_ns for path in files}


class Writes:
    """Lets each thing that is written below a folder fail once: the first time, half of it.

    A write is known by its name without what is drawn at random, so that the number of
    failures is that of the different files, folders and renamings of a whole build.
    """

    def __init__(self, place: Path, failure: Callable[[], BaseException]) -> None:
        self.place, self.failure = str(place), failure
        self.failed: set[str] = set()
        self.last = ""

    def strike(self, what: str, path: Any) -> bool:
        name = os.fspath(path) if isinstance(path, str | os.PathLike) else ""
        if not name.startswith(self.place):
            return False
        key = f"{what} {self.known(name)}"
        if key in self.failed:
            return False
        self.failed.add(key)
        self.last = key
        return True

    def known(self, name: str) -> str:
        name = re.sub(r"[0-9a-f]{64}", "KEY", STAGED.sub("", name.removeprefix(self.place)))
        name = re.sub(r"\.making-KEY-[0-9a-f]{8}", "MAKING", name)
        return re.sub(r"fonts/[^/]+\.(ttf|otf)", "fonts/FONT", name)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        opened, mkdir, replace, os_open = io.open, os.mkdir, os.replace, os.open

        def open_(file: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
            handle = opened(file, mode, *rest, **named)
            if set(mode) & set("wxa+") and self.strike("write", file):
                return Failing(handle, self.failure)
            return handle

        def mkdir_(path: Any, *rest: Any, **named: Any) -> None:
            if not os.path.isdir(path) and self.strike("mkdir", path):  # noqa: PTH112
                raise self.failure()
            mkdir(path, *rest, **named)

        def replace_(source: Any, target: Any, **named: Any) -> None:
            if self.strike("replace", target):
                raise self.failure()
            replace(source, target, **named)

        def os_open_(path: Any, flags: int, *rest: Any, **named: Any) -> int:
            if flags & os.O_CREAT and self.strike("lock", path):
                raise self.failure()
            return os_open(path, flags, *rest, **named)

        monkeypatch.setattr(io, "open", open_)
        monkeypatch.setattr(builtins, "open", open_)
        monkeypatch.setattr(os, "mkdir", mkdir_)
        monkeypatch.setattr(os, "replace", replace_)
        monkeypatch.setattr(os, "open", os_open_)


class Failing:
    """A file that takes half of what is written first, and no more."""

    def __init__(self, handle: Any, failure: Callable[[], BaseException]) -> None:
        self._handle, self._failure = handle, failure

    def write(self, data: Any) -> int:
        self._handle.write(data[: len(data) // 2])
        raise self._failure()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._handle, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._handle.close()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._handle)


def no_space() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


STRUCK = {
    "full disk": (no_space, 4, r"error: .*\bno space left|error: .*No space left"),
    "Ctrl-C": (KeyboardInterrupt, 130, r"interrupted; what was finished is kept\n"),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", STRUCK)
def test_at_every_write_of_a_build(toy, reportgen, tmp_path, monkeypatch, what):
    failure, code, told = STRUCK[what]
    whole = decoded(toy).copy(tmp_path / "whole")
    assert reportgen(whole, "build", "toy").code == 0
    shutil.rmtree(tmp_path / "cache")
    writes = Writes(tmp_path, failure)
    epochs: list[str] = []
    while True:
        before, count = finished(toy), len(writes.failed)
        with monkeypatch.context() as patch:
            writes.install(patch)
            done = reportgen(toy, "build", "toy")
        epochs += [line.partition("/")[0] for line in done.out.splitlines() if ": epoch " in line]
        assert half_written(tmp_path) == [], writes.last
        assert finished(toy).items() >= before.items(), writes.last
        if done.code == 0:
            break
        assert (done.code, bool(re.match(told, done.err))) == (code, True), (writes.last, done.err)
        assert done.err.count("\n") == 1, (writes.last, done.err)
        assert len(writes.failed) > count
    assert outputs(toy) == outputs(whole)
    assert len(writes.failed) > 60
    assert len(epochs) == len(set(epochs)) == 6
