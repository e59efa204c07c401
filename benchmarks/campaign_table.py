"""What a campaign counts, and its table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from campaign_marks import STAGES


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
        (
            f"Took {facts['seconds']:.0f} s; an undisturbed build takes {facts['plain_s']:.1f} s "
            f"in a process of its own and {facts['forked_s']:.1f} s in a fork. {facts['machine']}."
        ),
    ]
    return "\n".join(lines) + "\n"
