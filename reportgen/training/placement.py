"""Where a run computes, and how: device, precision, threads.

`decide` is pure: it sees only a `Machine`, so that every machine can be tested
on one. `probe_machine` looks at the real one.
"""

from __future__ import annotations

import contextlib
import ctypes
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch

from reportgen.errors import UsageError

Device = Literal["cpu", "cuda", "mps"]
Precision = Literal["float32", "bfloat16"]

CPU_BFLOAT16 = ("amx_bf16", "avx512_bf16")
"""Flags of a processor that multiplies in bfloat16; others only convert, up to 8 times slower."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What a machine can compute on.

    The names are empty, and the abilities false, for what it lacks; `threads`
    is what torch would use by itself.
    """

    cpu_name: str
    threads: int
    cpu_bfloat16: bool = False
    cuda_name: str = ""
    cuda_bfloat16: bool = False
    mps: bool = False
    mps_bfloat16: bool = False

    @property
    def devices(self) -> tuple[Device, ...]:
        """Those that exist, the best first."""
        found: list[Device] = ["cpu"]
        if self.mps:
            found.insert(0, "mps")
        if self.cuda_name:
            found.insert(0, "cuda")
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a run computes. The thread count is fixed: another one gives other bits."""

    device: Device
    device_name: str
    precision: Precision
    threads: int


def decide(
    machine: Machine,
    device: Literal["auto"] | Device,
    precision: Literal["auto"] | Precision,
    threads: int | None,
) -> Placement:
    """Return the placement on a machine: a pure function of its arguments.

    `auto` takes CUDA, else MPS, else the CPU; and bfloat16 only on a GPU or a CPU
    that computes in it, since elsewhere it is slower, else float32.

    Raises
    ------
    UsageError
        If the device that was asked for does not exist, a GPU lacks the
        precision that was, or there is less than one thread.
    """
    if threads is not None and threads < 1:
        msg = f"the number of threads must be at least 1, got {threads}"
        raise UsageError(msg)
    chosen = machine.devices[0] if device == "auto" else device
    if chosen not in machine.devices:
        msg = f"there is no device {chosen} here; there is: {', '.join(machine.devices)}, or auto"
        raise UsageError(msg)
    name = {"cuda": machine.cuda_name, "mps": "Apple GPU", "cpu": machine.cpu_name}[chosen]
    fast = {
        "cuda": machine.cuda_bfloat16,
        "mps": machine.mps_bfloat16,
        "cpu": machine.cpu_bfloat16,
    }[chosen]
    if precision == "bfloat16" and not fast and chosen != "cpu":
        msg = f"{name} has no bfloat16; set precision to float32 or auto"
        raise UsageError(msg)
    if precision == "auto":
        precision = "bfloat16" if fast else "float32"
    return Placement(chosen, name, precision, threads or machine.threads)


def choose_placement(
    device: Literal["auto"] | Device,
    precision: Literal["auto"] | Precision,
    threads: int | None = None,
) -> Placement:
    """Return the placement on this machine; see `decide`."""
    return decide(probe_machine(), device, precision, threads)


def probe_machine() -> Machine:
    """Return what this machine can compute on."""
    cuda = torch.cuda.is_available()
    mps = torch.backends.mps.is_available()
    info = Path("/proc/cpuinfo")
    name, bfloat16 = read_cpuinfo(info.read_text(errors="replace") if info.exists() else "")
    return Machine(
        cpu_name=name or platform.processor() or platform.machine(),
        threads=torch.get_num_threads(),
        cpu_bfloat16=bfloat16,
        cuda_name=torch.cuda.get_device_name() if cuda else "",
        cuda_bfloat16=cuda and torch.cuda.is_bf16_supported(including_emulation=False),
        mps=mps,
        mps_bfloat16=mps and torch.backends.mps.is_macos_or_newer(14, 0),
    )


def read_cpuinfo(text: str) -> tuple[str, bool]:
    r"""Return the processor's name and whether it multiplies in bfloat16, of /proc/cpuinfo's text.

    Either by AMX or by the vectors of AVX-512. `benchmarks/training.py` measures what
    that gains.

    Examples
    --------
    >>> read_cpuinfo("model name\t: Some CPU\nflags\t\t: fpu amx_bf16 amx_tile\n")
    ('Some CPU', True)
    """
    fields: dict[str, str] = {}
    for line in text.splitlines():
        key, _, value = line.partition(":")
        fields.setdefault(key.strip(), value.strip())
    flags = fields.get("flags", "").split()
    return fields.get("model name", ""), any(flag in flags for flag in CPU_BFLOAT16)


@contextlib.contextmanager
def running_on(placement: Placement) -> Iterator[None]:
    """Compute deterministically, with the placement's threads, within the block.

    On a CPU two runs give the same bytes. On a GPU cuDNN is held to its
    deterministic kernels, but some of torch's own have no deterministic form.
    """
    before = (
        torch.get_num_threads(),
        torch.are_deterministic_algorithms_enabled(),
        torch.utils.deterministic.fill_uninitialized_memory,  # type: ignore[attr-defined]
        torch.backends.cudnn.deterministic,
        torch.backends.cudnn.benchmark,
    )
    try:
        _set(placement.threads, placement.device == "cpu", False, True, False)
        with torch.random.fork_rng([0] if placement.device == "cuda" else []):
            if placement.device == "cpu":
                keep_freed_memory()
            yield
    finally:
        _set(*before)


def _set(threads: int, strict: bool, fill: bool, cudnn: bool, benchmark: bool) -> None:
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(strict)
    torch.utils.deterministic.fill_uninitialized_memory = fill  # type: ignore[attr-defined]
    torch.backends.cudnn.deterministic = cudnn
    torch.backends.cudnn.benchmark = benchmark


def keep_freed_memory() -> bool:
    """Have glibc keep freed memory for the next batch; return whether it does.

    By default it gives each activation of more than 32 MiB back to the system,
    which zeroes it again page by page: a third of the time of a convolutional
    network's step. Holds for the whole process. Other C libraries are left alone.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    trim_threshold, mmap_max = -1, -4  # M_TRIM_THRESHOLD and M_MMAP_MAX of malloc.h
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(mmap_max, 0) and mallopt(trim_threshold, 2**31 - 1))
