"""Facts that compare the experiments of a section over several seeds.

Each is taken at the best epoch of its longest horizon, on the test split where all have
one. Where both have the same seeds they are compared in pairs: a seed decides the initial
weights, the order and, where the file says so, which samples are drawn. Holm's correction
goes over all pairs that are compared.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from reportgen.facts.evaluation import compared_split
from reportgen.facts.fact import Definition, Fact, Source, Unit, define
from reportgen.facts.permutation import holm
from reportgen.facts.seeds import SeedComparison, compare_seeds, scores_by_seed
from reportgen.facts.versus import (
    choose_pairs,
    count_pairs,
    find_families,
    find_rivals,
    last_evaluation,
)
from reportgen.records import RunRecord

FIELDS: tuple[tuple[str, Unit, str], ...] = (
    ("n", "count", "Seeds of the first experiment."),
    ("paired", "bool", "Whether both have the same seeds, compared in pairs."),
    ("gain", "ratio", "Mean accuracy of the first experiment minus the other's, over seeds."),
    ("low", "ratio", "Lower bound of its 95 % interval (Student's t over seeds)."),
    ("high", "ratio", "Upper bound of the interval of that gain."),
    ("small", "bool", "Whether all of that lies within ±0.5 percentage points."),
    ("p", "ratio", "Exact permutation p-value of both over seeds, before correction."),
    ("p_holm", "ratio", "The same after Holm's correction over all pairs compared over seeds."),
    ("decisive", "bool", "Whether so many seeds could show any difference, after Holm."),
    ("verdict", "text", "What the first is over seeds: better, worse, similar or inconclusive."),
)

KINDS: tuple[tuple[Definition, str], ...] = tuple(
    (define(f"{{run}}.versus.{{other}}.seeds.{field}", unit, meaning), field)
    for field, unit, meaning in FIELDS
)
NUMBER = define("{run}.seeds.n", "count", "Seeds that experiments of its section are compared by.")
SPLIT = define("{run}.seeds.split", "text", "What they are compared on: test if all have one.")
RIVALS = define("{run}.seeds.rivals", "count", "Experiments that it is compared with over seeds.")
BEATS = define("{run}.seeds.beats", "count", "Those that it is shown to be better than.")
BEATS_ALL = define("{run}.seeds.beats_all", "bool", "Whether it is shown better than every one.")
RANK = define(
    "{run}.seeds.rank", "count", "Place by mean accuracy among them, from 1; ties share the better."
)

Scores = Mapping[int, Fraction]


def seed_section_facts(
    sections: Sequence[Sequence[str]],
    by_seed: Mapping[str, Sequence[RunRecord]],
    samples: Mapping[str, str],
) -> Iterator[Fact]:
    """Yield the comparison over seeds of the experiments of each section.

    Parameters
    ----------
    sections : sequence of sequence of str
        Names of each section's experiments.
    by_seed : mapping of str to sequence of RunRecord
        The records of each experiment, one a seed; those with fewer than two take no part.
    samples : mapping of str to str
        What tells which samples each was evaluated on (`DatasetSpec.samples_mark`).
    """
    first = {name: records[0] for name, records in by_seed.items()}
    for family in find_families(sections):
        several = [name for name in family if len(by_seed[name]) > 1]
        for rivals in find_rivals(several, first, samples):
            yield from _rival_facts({name: by_seed[name] for name in rivals})


def _rival_facts(rivals: Mapping[str, Sequence[RunRecord]]) -> Iterator[Fact]:
    """Yield the comparison of experiments that answered the same samples."""
    split = compared_split([record for records in rivals.values() for record in records])
    scores = {
        name: scores_by_seed(records, last_evaluation(records[0]).horizon, split)
        for name, records in rivals.items()
    }
    scores = {name: found for name, found in scores.items() if len(found) > 1}
    if len(scores) < 2:
        return
    sources = {name: _source(rivals[name], split) for name in scores}
    means = {name: sum(found.values()) / len(found) for name, found in scores.items()}
    rising = sorted(-mean for mean in means.values())
    for name, own in _compare(scores, choose_pairs(means)).items():
        every = Source.joined([sources[one] for one in scores if one == name or one in own])
        for other, duel in own.items():
            source = Source.joined([sources[name], sources[other]])
            for kind, field in KINDS:
                yield kind(getattr(duel, field), source, run=name, other=other)
        beats = sum(duel.verdict == "better" for duel in own.values())
        yield NUMBER(len(scores[name]), every, run=name)
        yield SPLIT(split, every, run=name)
        yield RIVALS(len(own), every, run=name)
        yield BEATS(beats, every, run=name)
        yield BEATS_ALL(beats == len(own), every, run=name)
        yield RANK(1 + bisect_left(rising, -means[name]), every, run=name)


def _compare(
    scores: Mapping[str, Scores], pairs: Sequence[tuple[str, str]]
) -> dict[str, dict[str, SeedComparison]]:
    """Return each comparison both ways, by the one that it is of and the other."""
    n_pairs = count_pairs(len(scores))
    found = [compare_seeds(scores[other], scores[name]) for name, other in pairs]
    corrected = holm([comparison.p for comparison in found], n_pairs)
    duels: dict[str, dict[str, SeedComparison]] = {name: {} for name in scores}
    for (name, other), comparison, p_holm in zip(pairs, found, corrected, strict=True):
        judged = replace(comparison, p_holm=p_holm, n_compared=n_pairs)
        duels[name][other] = judged
        # 0 − x is 0 for x = 0, where −x would be −0.
        duels[other][name] = replace(
            judged,
            n=len(scores[other]),
            gain=0 - judged.gain,
            low=0 - judged.high,
            high=0 - judged.low,
        )
    return duels


def _source(records: Sequence[RunRecord], split: str) -> Source:
    field = "tests" if split == "test" else "evaluations"
    horizon = last_evaluation(records[0]).horizon
    keys = "+".join(record.result.keys["record"] for record in records)
    return Source(keys, f"{field}[h={horizon}]")
