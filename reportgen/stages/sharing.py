"""How runs share one machine: its cores, its memory, and whether processes of their own pay."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reportgen.order import Device
from reportgen.stages.bench import Bench
from reportgen.stages.placing import measure_work
from reportgen.stages.schedule import Capacity, Task
from reportgen.training.memory import free_gpu_bytes
from reportgen.training.placement import choose_placement
from reportgen.training.workload import Workload

PAYS_S = 20.0
"""Guessed seconds of work below which no worker is started: each takes some to import torch."""

WORKER_BYTES = 800 << 20
"""What a worker takes before it holds data: torch, the batches of a small network."""

COPIES = 3
"""How often a worker holds its images: as read, as divided, as placed for training."""

GPU_SHARED = 0.9
"""Share of the GPU's free memory that runs are planned to take; the rest is for what varies."""

MEMINFO = Path("/proc/meminfo")
CONTROL_GROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Demand:
    """What all runs that are to be made want together.

    `seconds` is a guess at their work on one core, `worker_bytes` at the memory of one
    process that makes any of them. `gpu_bytes` is what they may share of the GPU that they
    compute on, 0 for the CPU.
    """

    tasks: tuple[Task, ...]
    seconds: float
    worker_bytes: int
    gpu_bytes: int = 0


def measure_demand(benches: Sequence[Bench], device: Device) -> Demand | None:
    """Return what runs want, or None where they compute on a GPU whose memory nobody can tell.

    A trial's seeds want the same, so the first is measured. On a GPU a run takes one thread
    beside it, and the share of its memory that its spec names; else that is measured when
    a first run of its kind is made.
    """
    tasks, seconds, most_bytes, gpu_bytes = [], 0.0, 0, 0
    measured: dict[tuple[str, str], Workload] = {}
    for bench in benches:
        run, source = bench.plan.run.id, bench.plan.source
        placement = choose_placement(device, bench.spec.precision)
        if placement.device != "cpu":
            gpu_bytes = gpu_bytes or int(free_gpu_bytes() * GPU_SHARED)
            if not gpu_bytes:
                return None
        kind = (run.experiment, run.trial)
        if kind not in measured:
            measured[kind] = measure_work(bench)
            most_bytes = max(most_bytes, held_bytes(bench))
        on_gpu = placement.device != "cpu"
        threads = 1 if on_gpu else measured[kind].threads(placement.threads)
        share = bench.spec.resources.gpus
        taken = (None if share is None else int(share * gpu_bytes)) if on_gpu else 0
        after = None if source is None else source.run.id
        tasks.append(Task(run, threads, after, gpu_bytes=taken))
        seconds += measured[kind].seconds
    return Demand(tuple(tasks), seconds, WORKER_BYTES + COPIES * most_bytes, gpu_bytes)


def held_bytes(bench: Bench) -> int:
    """Return the bytes of a run's images, divided or as they lie, whichever are more."""
    source = sum(split.images.nbytes for split in bench.data.source.splits.values())
    return max(source, bench.data.n_bytes)


def share_machine(
    demand: Demand, jobs: int | None, cores: int, free_bytes: int | None
) -> tuple[Capacity, str]:
    """Return how many runs may be under way at once, and a note if memory allows fewer.

    Parameters
    ----------
    demand : Demand
    jobs : int or None
        At most so many at once; None for as many as there are cores for, if that pays, and
        on a GPU, where nobody has measured whether it does, for one.
    cores : int
        That this process may use.
    free_bytes : int or None
        Memory that can be had; None where the system does not tell.
    """
    wanted = min(jobs or cores, len(demand.tasks))
    if jobs is None and (demand.seconds < PAYS_S or demand.gpu_bytes):
        wanted = 1
    if free_bytes is None:
        return Capacity(wanted, cores, demand.gpu_bytes), ""
    bearable = max(1, free_bytes // demand.worker_bytes)
    if wanted <= bearable:
        return Capacity(wanted, cores, demand.gpu_bytes), ""
    note = (
        f"memory for {bearable} of {wanted} runs side by side: each may take "
        f"{demand.worker_bytes / 1e9:.1f} GB of the {free_bytes / 1e9:.1f} GB that are free"
    )
    return Capacity(bearable, cores, demand.gpu_bytes), note


def usable_cores() -> int:
    """Return the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def free_memory() -> int | None:
    """Return the bytes of memory that can be had, or None where the system does not tell.

    The least of what the system has available and what the control group, a container's
    limit, leaves.
    """
    bounds = [read_available(_text(MEMINFO)), *_left_by_group()]
    return min((bound for bound in bounds if bound is not None), default=None)


def _left_by_group() -> list[int]:
    """Return what the control group leaves, if it has a limit."""
    limit, used = (_text(CONTROL_GROUP / f"memory.{name}").strip() for name in ("max", "current"))
    return [int(limit) - int(used)] if limit.isdigit() and used.isdigit() else []


def read_available(meminfo: str) -> int | None:
    r"""Return the available bytes that the text of /proc/meminfo tells.

    Examples
    --------
    >>> read_available("MemTotal: 16 kB\nMemAvailable:    8 kB\n")
    8192
    """
    fields: Mapping[str, str] = dict(
        line.split(":", 1) for line in meminfo.splitlines() if ":" in line
    )
    words = fields.get("MemAvailable", "").split()
    return int(words[0]) * 1024 if words else None


def _text(path: Path) -> str:
    """Return a file's text, empty where there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
