"""The stamp of a finished build: what it read and what it wrote, so that nothing is done twice.

A build with nothing changed must end before anything is imported, so the stamp
is a list of files with their SHA-256; a file whose size and time are those of
the stamp is taken to be the same. It covers every file of the study, the
templates, the data (by size and time only: their content was hashed when they
were read), the committed records, this package, and the versions of the
libraries that set the page.

What is read is noted at the start of a build and what is written at its end:
a file that the user changes while it runs has changed since.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from pathlib import Path

from reportgen.hashing import canonical_json, sha256_file
from reportgen.staging import write_synced

LIBRARIES = ("weasyprint", "jinja2", "matplotlib", "pydantic", "numpy", "pygments")
"""Libraries whose version decides what the page looks like."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a finished build read and wrote.

    Attributes
    ----------
    arguments : mapping
        The options that decide what is built, as text.
    tools : mapping
        Versions of Python and of `LIBRARIES`, and the digest of this package.
    folders : mapping
        Folder to the names of all files below it, so that a new file counts.
    data : mapping
        Data file to (size, time of change in ns).
    inputs, outputs : mapping
        File to (size, time of change in ns, SHA-256).
    """

    arguments: Mapping[str, str]
    tools: Mapping[str, str]
    folders: Mapping[str, list[str]]
    data: Mapping[str, list[int]]
    inputs: Mapping[str, list[int | str]]
    outputs: Mapping[str, list[int | str]]


def tool_versions() -> dict[str, str]:
    """Return the versions of what sets the page, and the state of this package's own files."""
    package = Path(__file__).parent
    stats = [
        (path.relative_to(package).as_posix(), path.stat().st_size, path.stat().st_mtime_ns)
        for path in sorted(package.rglob("*.py"))
    ]
    versions = {name: metadata.version(name) for name in LIBRARIES}
    return {"python": sys.version, "package": canonical_json(stats).decode(), **versions}


def list_files(folder: Path) -> list[str]:
    """Return the paths of all files below a folder, relative to it, sorted."""
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def stat_file(path: Path) -> list[int]:
    """Return a file's size and time of change."""
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns]


def describe(path: Path) -> list[int | str]:
    """Return a file's size, time of change and SHA-256; of one that cannot be read, nothing."""
    try:
        return [*stat_file(path), sha256_file(path)]
    except OSError:
        return []


def unchanged(path: Path, known: list[int | str]) -> bool:
    """Whether a file is the one described; it is read only if its size or time differ."""
    try:
        now = stat_file(path)
        return now == known[:2] or (now[:1] == known[:1] and sha256_file(path) == known[2])
    except OSError:
        return False


def note_inputs(arguments: Mapping[str, str], folders: Iterable[Path]) -> Stamp:
    """Return the stamp of a build that begins: its options, the tools, all files of `folders`."""
    listed = {str(folder): list_files(folder) for folder in folders}
    below = [Path(folder) / name for folder, names in listed.items() for name in names]
    return Stamp(
        arguments=dict(arguments),
        tools=tool_versions(),
        folders=listed,
        data={},
        inputs={str(path): describe(path) for path in below},
        outputs={},
    )


def note_data(stamp: Stamp, files: Iterable[Path]) -> Stamp:
    """Return the stamp with the data files that the build reads."""
    return replace(stamp, data={str(path): stat_file(path) for path in files})


def write_stamp(path: Path, stamp: Stamp, outputs: Iterable[Path]) -> None:
    """Write the stamp of a build that has ended with these files."""
    done = replace(stamp, outputs={str(output): describe(output) for output in outputs})
    write_synced(path, json.dumps(asdict(done)).encode())


def read_current(path: Path, arguments: Mapping[str, str]) -> Stamp | None:
    """Return the stamp at `path` if its build had these arguments and nothing changed since."""
    try:
        stamp = Stamp(**json.loads(path.read_bytes()))
        current = (
            stamp.arguments == dict(arguments)
            and stamp.tools == tool_versions()
            and all(list_files(Path(f)) == names for f, names in stamp.folders.items())
            and all(stat_file(Path(p)) == known for p, known in stamp.data.items())
            and all(unchanged(Path(p), known) for p, known in stamp.outputs.items())
            and all(unchanged(Path(p), known) for p, known in stamp.inputs.items())
        )
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError):
        return None
    return stamp if current else None
