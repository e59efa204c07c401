"""Facts on what each phase of a training brings, over several seeds.

A phase is judged where it ends, by the last epoch of it that was measured: no epoch is
picked, so its accuracy is not optimistic. The step from one phase to the next is compared
by seed, like the steps of a search; Holm's correction goes over the steps of the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from statistics import median_low

from reportgen.facts.fact import Definition, Fact, Source, Unit, define
from reportgen.facts.permutation import holm
from reportgen.facts.seeds import compare_seeds, spread
from reportgen.records import RunRecord

EPOCH = define("{run}.phases.{i}.epoch", "epoch", "Last measured epoch of phase i (median).")
SPREAD_FIELDS: tuple[tuple[str, Unit, str], ...] = (
    ("n", "count", "Seeds that reach the end of every phase."),
    ("mean", "fraction", "Mean over them of the validation accuracy at that epoch."),
    ("low", "fraction", "Lower bound of the 95 % interval of that mean (Student's t)."),
    ("high", "fraction", "Upper bound of the interval of that mean."),
)
STEP_FIELDS: tuple[tuple[str, Unit, str], ...] = (
    ("gain", "ratio", "That mean minus the one at the end of the phase before."),
    ("low", "ratio", "Lower bound of the gain's 95 % interval (Student's t over seeds)."),
    ("high", "ratio", "Upper bound of the gain's interval."),
    ("small", "bool", "Whether all of that interval lies within ±0.5 percentage points."),
    ("p", "ratio", "Exact permutation p-value over the seeds, before correction."),
    ("p_holm", "ratio", "The same after Holm's correction over the steps between phases."),
    ("decisive", "bool", "Whether so many seeds could show any difference between phases."),
    ("verdict", "text", "What the phase brings: better, worse, similar or inconclusive."),
)
RAISED = define(
    "{run}.phases.{i}.step.raised", "count", "Seeds that end the phase with a higher accuracy."
)

SPREADS: tuple[tuple[Definition, str], ...] = tuple(
    (define(f"{{run}}.phases.{{i}}.{field}", unit, meaning), field)
    for field, unit, meaning in SPREAD_FIELDS
)
STEPS: tuple[tuple[Definition, str], ...] = tuple(
    (define(f"{{run}}.phases.{{i}}.step.{field}", unit, meaning), field)
    for field, unit, meaning in STEP_FIELDS
)

Ends = dict[int, tuple[int, Fraction]]
"""Of one run: phase, from 1, to the last epoch of it that was measured and its accuracy."""


def seed_phase_facts(run: str, records: Sequence[RunRecord]) -> Iterator[Fact]:
    """Yield what the phases of an experiment or trial bring, over its seeds.

    Nothing with one phase, or where fewer than two seeds reach the last one.
    """
    ends = {r.result.seed: _ends(r) for r in records if not r.result.diverged_at}
    last = max((max(found, default=0) for found in ends.values()), default=0)
    whole = {seed: found for seed, found in ends.items() if len(found) == last}
    if last < 2 or len(whole) < 2:
        return
    key = "+".join(r.result.keys["record"] for r in records if r.result.seed in whole)
    source = Source(key, "epochs")
    phases = [{seed: found[i] for seed, found in whole.items()} for i in range(1, last + 1)]
    for i, phase in enumerate(phases, start=1):
        yield EPOCH(median_low([epoch for epoch, _ in phase.values()]), source, run=run, i=i)
        found = spread([accuracy for _, accuracy in phase.values()])
        for kind, field in SPREADS:
            yield kind(getattr(found, field), source, run=run, i=i)
    yield from _step_facts(run, [_scores(phase) for phase in phases], source)


def _step_facts(run: str, scores: Sequence[dict[int, Fraction]], source: Source) -> Iterator[Fact]:
    """Yield what each phase but the first brings over the one before, by seed."""
    steps = [compare_seeds(before, after) for before, after in pairwise(scores)]
    corrected = holm([step.p for step in steps])
    for i, (step, p_holm) in enumerate(zip(steps, corrected, strict=True), start=2):
        judged = replace(step, p_holm=p_holm, n_compared=len(steps))
        for kind, field in STEPS:
            yield kind(getattr(judged, field), source, run=run, i=i)
        before, after = scores[i - 2], scores[i - 1]
        yield RAISED(sum(after[seed] > before[seed] for seed in after), source, run=run, i=i)


def _ends(record: RunRecord) -> Ends:
    """Return where each phase that was measured ends; nothing without epochs."""
    n = next((s.n for s in record.result.data.splits if s.name == "validation"), 0)
    return {
        row.phase: (row.epoch, Fraction(round(row.validation_accuracy * n), n))
        for row in record.result.epochs
    }


def _scores(phase: dict[int, tuple[int, Fraction]]) -> dict[int, Fraction]:
    """Return seed to accuracy at the end of one phase."""
    return {seed: accuracy for seed, (_, accuracy) in phase.items()}
