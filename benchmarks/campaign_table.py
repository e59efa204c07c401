"""What a campaign counts, and its table."""

from __future__ import annotations

import os
import platform
from collections import Counter
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any

from campaign_marks import STAGES

LIBRARIES = ("torch", "numpy", "scikit-learn", "weasyprint")


@dataclass(slots=True)
class Tally:
    """What a campaign counts; of what fell, `interrupted` is that by Ctrl-C."""

    aimed: Counter[str] = field(default_factory=Counter)
    fell: Counter[str] = field(default_factory=Counter)
    interrupted: Counter[str] = field(default_factory=Counter)
    rounds: int = 0
    missed: int = 0
    epochs: int = 0
    faults: list[str] = field(default_factory=list)


def describe_machine() -> dict[str, str]:
    """Return what decides how fast this is, without names or paths."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = {name: metadata.version(name) for name in LIBRARIES}
    return {
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **versions,
    }


def table(tally: Tally, facts: dict[str, Any]) -> str:
    """Return the results as Markdown."""
    verb = facts["verb"]
    clean = (
        "Each round ended with the bytes of an undisturbed build "
        f"({', '.join(facts['compared'])}, and each record's result); no entry of the store was "
        "made twice, no file half written was left, no lock held, no kernel of a notebook running."
    )
    lines = [
        f"# Builds {verb} at random instants",
        "",
        f"`python benchmarks/kill_campaign.py {facts['arguments']}`",
        "",
        f"| stage | aimed at | {verb} in |",
        "|---|---:|---:|",
        *(f"| {s} | {tally.aimed[s]} | {tally.fell[s]} |" for s in STAGES),
        f"| all | {tally.aimed.total()} | {tally.fell.total()} |",
        "",
        (
            f"{tally.rounds} rounds from nothing to the end; {tally.missed} builds ended before "
            f"their instant. {tally.epochs} epochs were trained to their end and told, none that "
            f"the journal had already. Faults: {len(tally.faults)}."
        ),
        "",
        *([f"- {fault}" for fault in tally.faults] or [clean]),
        "",
        f"Took {facts['seconds']:.0f} s; an undisturbed build takes {facts['plain_s']:.1f} s in a "
        f"process of its own and {facts['forked_s']:.1f} s in a fork. Machine: "
        + ", ".join(f"{key} {value}" for key, value in facts["machine"].items())
        + ".",
    ]
    return "\n".join(lines) + "\n"
