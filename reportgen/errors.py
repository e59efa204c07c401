"""What can go wrong, one class per stage.

::

    ReportgenError            1  the input is wrong
    ├── SpecError             1  a study file: experiment, report, assignment, profile
    ├── DataError             1  a data set cannot be found or read
    ├── ModelError            1  the study's network cannot be built or run
    ├── TemplateError         1  a template, a figure, a style sheet or the page
    ├── SystemLibraryError    1  a system library is missing
    ├── TraceError            1  no fact is the value that `trace` was asked for
    ├── UsageError            2  the command line
    ├── StaleError            3  `check` or `--locked` found something missing or stale
    └── RunError              4  a run failed: loss not finite, no space left
        ├── StoreError        4  the store cannot be read or written
        └── DeviceMemoryError 4  the memory of the device ran out

The number is the exit code of the command line. An error may hold several
faults, each with its place, since all of them are reported at once.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong, with its place.

    Parameters
    ----------
    file : str
        Path as the user knows it, relative to the project root where it lies
        inside it. Empty if the fault has no file.
    line, column : int
        Counted from 1; 0 if unknown.
    message : str
        What is wrong, what was expected, what to do.
    """

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        place = self.file
        if place and self.line:
            place += f":{self.line}"
            if self.column:
                place += f":{self.column}"
        return f"{place}: {self.message}" if place else self.message


class ReportgenError(Exception):
    """Base of all errors that a user can mend.

    Parameters
    ----------
    message : str
        One sentence or a few lines: where, what was expected, what came, what to do.
    faults : iterable of Fault, optional
        The single faults; without `message` they are the message, a line each.
    """

    exit_code = 1

    def __init__(self, message: str = "", faults: Iterable[Fault] = ()) -> None:
        self.faults: tuple[Fault, ...] = tuple(faults)
        self.message = message or "\n".join(str(fault) for fault in self.faults)
        super().__init__(self.message)


class SpecError(ReportgenError):
    """A study file is wrong."""


class DataError(ReportgenError):
    """A data set cannot be found, or what was found cannot be read."""


class ModelError(ReportgenError):
    """The study's network cannot be built, or fails in `forward`."""


class TemplateError(ReportgenError):
    """A template, a figure, a style sheet or the page is wrong."""


class SystemLibraryError(ReportgenError):
    """A system library is missing; the message names the package that has it."""


class TraceError(ReportgenError):
    """No fact is the value that `trace` was asked for."""


class UsageError(ReportgenError):
    """The command line is wrong."""

    exit_code = 2


class StaleError(ReportgenError):
    """Something that must be there and fresh is missing or stale."""

    exit_code = 3


class RunError(ReportgenError):
    """A run failed."""

    exit_code = 4


class StoreError(RunError):
    """The store cannot be read or written."""


class DeviceMemoryError(RunError):
    """The memory of the device ran out: with others beside it, or by the run alone."""


def nearest(name: str, allowed: Sequence[str]) -> str:
    """Return a clause that names the closest allowed name and lists all of them.

    Examples
    --------
    >>> nearest("epoch", ["epochs", "seed"])
    'did you mean "epochs"? Allowed: epochs, seed'
    >>> nearest("zzz", ["epochs", "seed"])
    'allowed: epochs, seed'
    >>> nearest("zzz", [])
    'none is defined'
    """
    if not allowed:
        return "none is defined"
    listed = ", ".join(sorted(allowed))
    close = difflib.get_close_matches(name[:MAX_LINE], allowed, n=1, cutoff=0.6)
    return f'did you mean "{close[0]}"? Allowed: {listed}' if close else f"allowed: {listed}"


MAX_LINES, MAX_LINE = 100, 600
"""Of an error's message, what is told on the command line."""


def abridged(message: str) -> str:
    r"""Return a message with no more lines, and no longer ones, than anybody reads.

    Examples
    --------
    >>> abridged("a\n" * 200).endswith("a\n… and 101 more lines")
    True
    >>> abridged("a" * 1000) == "a" * 299 + " … " + "a" * 298
    True
    """
    lines = message.split("\n")
    kept = [
        line
        if len(line) <= MAX_LINE
        else f"{line[: MAX_LINE // 2 - 1]} … {line[2 - MAX_LINE // 2 :]}"
        for line in lines[:MAX_LINES]
    ]
    more = len(lines) - MAX_LINES
    return "\n".join([*kept, f"… and {more} more lines"] if more > 0 else kept)
