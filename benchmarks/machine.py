"""What a benchmark ran on, in one line that names no machine."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))


def describe_machine(*packages: str) -> str:
    """Return the processor, cores, memory, system, Python, and the versions of packages."""
    from reportgen.stages.sharing import usable_cores
    from reportgen.training.placement import read_cpuinfo

    info = Path("/proc/cpuinfo")
    text = info.read_text(errors="replace") if info.exists() else ""
    name, bfloat16 = read_cpuinfo(text)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    parts = [
        f"{name or platform.machine()}{' with bfloat16' if bfloat16 else ''}",
        f"{usable_cores()} cores",
        f"{memory:.0f} GB",
        platform.system(),
        f"Python {platform.python_version()}",
        *(f"{package} {version(package)}" for package in packages),
    ]
    return ", ".join(parts)
