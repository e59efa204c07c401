"""What a whole process takes: seconds by the clock, of all its CPU, and its memory at the peak."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from machine import ROOT

REPORTGEN = (sys.executable, "-m", "reportgen")


@dataclass(frozen=True, slots=True)
class Spent:
    """What one process, with those that it waited for, took."""

    wall_s: float
    cpu_s: float
    peak_mib: float


def spend(command: Sequence[str | Path], folder: Path, log: Path | None = None) -> Spent:
    """Run a command in a folder and return what it took.

    Its output goes to `log`, or nowhere. The peak is that of the largest process.

    Raises
    ------
    SystemExit
        If the command fails.
    """
    own: Mapping[str, str] = os.environ | {"PYTHONPATH": str(ROOT)}
    with Path(log or os.devnull).open("wb") as output:
        started = time.perf_counter()
        child = subprocess.Popen(
            command, cwd=folder, env=own, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{' '.join(map(str, command))}: exit code {child.returncode}; see {log}")
    return Spent(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def medians(spent: Sequence[Spent]) -> Spent:
    """Return the medians of the times, and the highest peak."""
    return Spent(
        statistics.median(one.wall_s for one in spent),
        statistics.median(one.cpu_s for one in spent),
        max(one.peak_mib for one in spent),
    )
