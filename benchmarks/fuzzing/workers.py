"""Processes in which cases are tried: a crash, a hang or a blow-up of memory ends one of them."""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from types import FrameType

from benchmarks.fuzzing.judge import Verdict
from benchmarks.fuzzing.kinds import KINDS

MEMORY = 3 << 30
"""Bytes of address space that a worker may have; PyTorch alone takes more."""
MEMORY_OF = {"network": 12 << 30}
SOUND = "/sound"
"""How the names of those cases end in which nothing is spoilt."""
MOST_MIB = 1_200
"""Memory in use beyond which a case counts as a blow-up; a whole report takes a fifth."""
PATIENCE = 3
"""Times a case's seconds after which a process that does not even hear the alarm is killed."""
DEADLOCK = 1_200
"""Seconds by the clock after which a process that takes no CPU time is."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case: its kind, and what its chance is drawn from."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Ended:
    """How a case ended, its seconds of CPU, and the most memory of its process meanwhile."""

    case: Case
    verdict: Verdict
    seconds: float
    peak_mib: int


class Hang(BaseException):
    """A case took longer than it may; no `except Exception` stops it."""


def _alarm(_: int, __: FrameType | None) -> None:
    raise Hang


def try_case(case: Case) -> Ended:
    """Try one case in this process, with the current folder as its place."""
    kind, began = KINDS[case.kind], time.process_time()
    _forget_peak()
    signal.signal(signal.SIGPROF, _alarm)
    signal.setitimer(signal.ITIMER_PROF, kind.seconds)
    try:
        chance = Random(case.name)  # noqa: S311 (repeatable, not secret)
        verdict = kind.try_sound() if case.name.endswith(SOUND) else kind.try_case(chance)
    except Hang:
        verdict = Verdict("refused", f"a hang of more than {kind.seconds} s")
    except Exception as error:  # noqa: BLE001 (a fault of the run is one more finding)
        verdict = Verdict("refused", f"{type(error).__name__}: {error}"[:500])
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    peak = _peak_mib()
    if peak > MOST_MIB and not verdict.fault:
        verdict = Verdict(verdict.outcome, f"{peak} MiB of memory", verdict.message)
    return Ended(case, verdict, time.process_time() - began, peak)


def _forget_peak() -> None:
    """Begin anew to note the most memory of this process, where the system can."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _peak_mib() -> int:
    """Return the most memory since, or of all time where the system has no such note."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    return next(int(line.split()[1]) >> 10 for line in status.splitlines() if "VmHWM" in line)


def _work(other: Connection, pipe: Connection, cases: Sequence[Case], place: Path) -> None:
    """Try cases one after the other, and tell how each ended; without a listener, end."""
    other.close()
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(null, stream)
    memory = MEMORY_OF.get(cases[0].kind, MEMORY)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.chdir(place)
    for case in cases:
        pipe.send(try_case(case))


def tried(cases: Sequence[Case], seeds: Path, place: Path, batch: int = 150) -> Iterator[Ended]:
    """Yield how each case ended, tried in processes of `batch` cases each."""
    context = multiprocessing.get_context("fork")
    left = list(cases)
    while left:
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(seeds, place, symlinks=True)
        here, there = context.Pipe(duplex=False)
        now = [case for case in left[:batch] if case.kind == left[0].kind]
        worker = context.Process(target=_work, args=(here, there, now, place))
        worker.start()
        there.close()
        n_done = 0
        for case in now:
            ended = _next(here, case, worker.pid or 0)
            n_done += 1
            yield ended
            if ended.peak_mib < 0:
                break
        worker.kill()
        worker.join()
        left = left[n_done:]


def _next(pipe: Connection, case: Case, worker: int) -> Ended:
    """Return how a case ended; where its process did, its memory is -1.

    A case that no alarm ends is told by the CPU time of its process, as other work
    may keep it waiting; one that does nothing at all, by the clock.
    """
    limit, began, clock = (
        KINDS[case.kind].seconds * PATIENCE,
        _cpu_seconds(worker),
        time.monotonic(),
    )
    try:
        while not pipe.poll(2):
            if _cpu_seconds(worker) - began > limit:
                fault = f"more than {limit} s of CPU that no alarm ends"
                return Ended(case, Verdict("refused", fault), float(limit), -1)
            if time.monotonic() - clock > DEADLOCK:
                fault = f"no answer in {DEADLOCK} s"
                return Ended(case, Verdict("refused", fault), 0.0, -1)
        found: Ended = pipe.recv()
    except EOFError:
        return Ended(case, Verdict("refused", "the process died"), 0.0, -1)
    return found


def _cpu_seconds(process: int) -> float:
    """Return the CPU time of a process; 0 where the system does not tell."""
    try:
        fields = (
            Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        )
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
