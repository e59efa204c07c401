"""What a build has left, and what is wrong with it."""

from __future__ import annotations

import fcntl
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reportgen.hashing import sha256_file

OUTPUTS = ("*.pdf", "*.zip", "report.html", "results.json", "notebooks/*.ipynb")
_HALF = re.compile(r"\..+\.[0-9a-f]{8}|\.making-.*|.*\.part|.*\.new")
_EPOCH = re.compile(r"^(.+): epoch (\d+)/\d+:", re.MULTILINE)
KERNEL_S = 5.0


@dataclass(frozen=True, slots=True)
class Result:
    """Digests of what was built, of each run's result, and the names of the store's files."""

    files: dict[str, str]
    records: dict[str, str]
    store: list[str]


def read_result(folder: Path) -> Result:
    """Return what a finished build has left in `folder`/project."""
    (built,) = (path for path in (folder / "project" / "build").iterdir() if _is_study(path))
    runs = folder / "project" / "build" / "runs"
    files = {
        path.relative_to(built).as_posix(): sha256_file(path)
        for pattern in OUTPUTS
        for path in sorted(built.glob(pattern))
    }
    records = {
        path.parent.name: json.loads(path.read_bytes())["sha256"]
        for path in sorted(runs.glob("record/*/record.json"))
    }
    kept = (path.relative_to(runs) for path in runs.rglob("*") if path.is_file())
    # The key of a source is made of its files' place and time, which each round has its own.
    names = {re.sub(r"^source/\w+/", "source/", path.as_posix()) for path in kept}
    return Result(files, records, sorted(name for name in names if not name.startswith("locks/")))


def _is_study(path: Path) -> bool:
    return path.is_dir() and path.name != "runs"


def finished_epochs(project: Path) -> set[tuple[str, int]]:
    """Return the epochs that the journals hold, by the key of their training."""
    return {
        (journal.parent.name, row["epoch"])
        for journal in (project / "build" / "runs" / "train").glob("*/journal.json")
        for row in json.loads(journal.read_bytes())["rows"]
    }


def printed_epochs(out: str, runs: dict[str, str]) -> set[tuple[str, int]]:
    """Return the epochs that a build has told of, by the key of their training."""
    return {(runs[run], int(epoch)) for run, epoch in _EPOCH.findall(out)}


def half_written(folder: Path) -> list[str]:
    """Return the files and folders that never took their names."""
    found = [path for part in ("project", "cache") for path in (folder / part).rglob("*")]
    staged = [path for path in found if _HALF.fullmatch(path.name)]
    staged += (folder / "project" / "build" / "runs" / "tmp").glob("*")
    return [path.relative_to(folder).as_posix() for path in staged]


def held_locks(folder: Path) -> Iterator[str]:
    """Yield the lock files that a process holds."""
    for path in folder.rglob("*.lock"):
        with path.open("rb+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield path.relative_to(folder).as_posix()


def kernels(folder: Path) -> int:
    """Return how many kernels of notebooks run that began in a folder."""
    n, mark = 0, str(folder).encode()
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            n += (
                mark in path.read_bytes() and b"ipykernel" in (path.parent / "cmdline").read_bytes()
            )
        except OSError:
            continue
    return n


def find_faults(folder: Path, reference: Result) -> list[str]:
    """Return what is not as after an undisturbed build."""
    own = read_result(folder)
    faults = [
        f"{what} {name} is {found.get(name)}, not {wanted.get(name)}"
        for what, found, wanted in (
            ("file", own.files, reference.files),
            ("record", own.records, reference.records),
        )
        for name in sorted(found.keys() | wanted.keys())
        if found.get(name) != wanted.get(name)
    ]
    if own.store != reference.store:
        odd = sorted(set(own.store) ^ set(reference.store))
        faults.append(f"the store's files differ: {', '.join(odd)}")
    faults += [f"{name} is left half written" for name in half_written(folder)]
    faults += [f"{name} is held" for name in held_locks(folder)]
    waited = time.monotonic()
    while kernels(folder):
        if time.monotonic() - waited > KERNEL_S:
            faults.append(f"{kernels(folder)} kernels of killed builds still run")
            break
        time.sleep(0.1)
    return faults
