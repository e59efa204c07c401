"""Facts that compare the experiments of a section with each other, on the same samples.

Each is taken at the best epoch of its longest horizon, with its first seed. Holm's
correction goes over all pairs of the experiments that are compared with each other,
so that "best of four" is no stronger a claim than its data bear.

More than `MANY` experiments are compared with the most accurate of them alone: nobody
reads a hundred thousand pairs. The correction goes over all pairs all the same, since
which one leads was seen in the data.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from reportgen.facts.comparison import Comparison, Verdict, compare, judge
from reportgen.facts.evaluation import Reported, compared_split, reported
from reportgen.facts.fact import Definition, Fact, Source, Unit, define
from reportgen.facts.permutation import holm
from reportgen.facts.trials import same_samples
from reportgen.records import Evaluation, RunRecord

FIELDS: tuple[tuple[str, Unit, str], ...] = (
    ("gain", "ratio", "Accuracy of the first experiment minus the other's, at last horizons."),
    ("low", "ratio", "Lower bound of its 95 % interval (Tango), by group if any."),
    ("high", "ratio", "Upper bound of the interval of the gain over the other experiment."),
    ("small", "bool", "Whether all of that lies within ±0.5 percentage points."),
    ("fixed", "count", "Samples that only the first experiment gets right."),
    ("broken", "count", "Samples that only the other experiment gets right."),
    ("p", "ratio", "Exact McNemar p-value of both (by group: sign flips), before correction."),
    ("p_holm", "ratio", "The same after Holm's correction over all pairs of the section."),
    ("verdict", "text", "What the first is: better, worse, similar or inconclusive, after Holm."),
)

MANY = 30
"""Experiments that are compared each with each, at most."""

KINDS: tuple[tuple[Definition, str], ...] = tuple(
    (define(f"{{run}}.versus.{{other}}.{field}", unit, meaning), field)
    for field, unit, meaning in FIELDS
)
NUMBER = define("{run}.versus.n", "count", "Experiments of its section that it is compared with.")
SPLIT = define(
    "{run}.versus.split", "text", "What it is compared on with them: test if all have one."
)
BEATS = define("{run}.versus.beats", "count", "Those of them that it is shown to be better than.")
BEATS_ALL = define("{run}.versus.beats_all", "bool", "Whether it is shown better than every one.")
RANK = define(
    "{run}.rank", "count", "Place by accuracy among them and itself, from 1; ties share the better."
)


@dataclass(frozen=True, slots=True)
class Duel:
    """Two experiments on the same samples; `p_holm` is corrected over all pairs.

    `found` has the other experiment as the first classifier, so a gain is of `name`.
    """

    name: str
    other: str
    found: Comparison
    p_holm: float

    @property
    def verdict(self) -> Verdict:
        """What the experiment is, after the correction."""
        return judge(self.p_holm, self.found.gain, self.found.low, self.found.high)

    @property
    def mirrored(self) -> Duel:
        """The same with the places exchanged."""
        found = self.found
        # 0 − x is 0 for x = 0, where −x would be −0.
        turned = Comparison(
            n=found.n,
            fixed=found.broken,
            broken=found.fixed,
            gain=0 - found.gain,
            low=0 - found.high,
            high=0 - found.low,
            p=found.p,
        )
        return Duel(self.other, self.name, turned, self.p_holm)


def find_families(sections: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """Return the experiments that stand together; sections that share one count as one section.

    Examples
    --------
    >>> find_families([("a", "b"), ("c",), ("b", "d")])
    [('c',), ('a', 'b', 'd')]
    """
    families: list[dict[str, None]] = []
    for section in sections:
        joined = dict.fromkeys(section)
        apart = []
        for family in families:
            if family.keys() & joined.keys():
                joined = family | joined
            else:
                apart.append(family)
        families = [*apart, joined]
    return [tuple(family) for family in families]


def find_rivals(
    family: Sequence[str], records: Mapping[str, RunRecord], samples: Mapping[str, str]
) -> Iterator[tuple[str, ...]]:
    """Yield the experiments of a family that answered the same samples, two at least.

    What `samples` says of them, labels and class names decide. An experiment without an
    evaluation takes no part.
    """
    rest = [name for name in family if records[name].result.evaluations]
    while rest:
        first = records[rest[0]]
        same = [
            name
            for name in rest
            if samples[name] == samples[rest[0]]
            and same_samples(first, records[name])
            and records[name].result.data.classes == first.result.data.classes
        ]
        rest = [name for name in rest if name not in same]
        if len(same) > 1:
            yield tuple(same)


def choose_pairs(accuracies: Mapping[str, float | Fraction]) -> list[tuple[str, str]]:
    """Return the pairs that are compared: each with each, or of many each with the best.

    The best of all is the first of those with the highest accuracy. A pair stands in
    the order of the mapping.

    Examples
    --------
    >>> choose_pairs({"a": 0.9, "b": 0.8, "c": 0.7})
    [('a', 'b'), ('a', 'c'), ('b', 'c')]
    """
    if len(accuracies) <= MANY:
        return list(combinations(accuracies, 2))
    best = max(accuracies, key=lambda name: accuracies[name])
    names = list(accuracies)
    place = names.index(best)
    return [(n, best) for n in names[:place]] + [(best, n) for n in names[place + 1 :]]


def count_pairs(n: int) -> int:
    """Return how many pairs n experiments have: what the correction goes over."""
    return n * (n - 1) // 2


def last_evaluation(record: RunRecord) -> Evaluation:
    """Return a run's evaluation at its longest horizon."""
    return record.result.evaluations[-1]


def last_answers(rivals: Sequence[str], records: Mapping[str, RunRecord]) -> dict[str, Reported]:
    """Return what each answers at its longest horizon, on the split that all are compared on."""
    split = compared_split([records[name] for name in rivals])
    return {
        name: reported(records[name], last_evaluation(records[name]).horizon, split)
        for name in rivals
    }


def compare_rivals(rivals: Sequence[str], records: Mapping[str, RunRecord]) -> list[Duel]:
    """Return the comparisons of some experiments with each other, both ways; see `choose_pairs`."""
    answers = last_answers(rivals, records)
    right, groups = {n: found.right for n, found in answers.items()}, answers[rivals[0]].groups
    pairs = choose_pairs({name: float(found.right.mean()) for name, found in answers.items()})
    found = [compare(right[other], right[name], groups) for name, other in pairs]
    corrected = holm([comparison.p for comparison in found], count_pairs(len(rivals)))
    duels = [
        Duel(name, other, comparison, p_holm)
        for (name, other), comparison, p_holm in zip(pairs, found, corrected, strict=True)
    ]
    return [*duels, *(duel.mirrored for duel in duels)]


def rival_facts(rivals: Sequence[str], records: Mapping[str, RunRecord]) -> Iterator[Fact]:
    """Yield the comparison of some experiments that answered the same samples."""
    duels = compare_rivals(rivals, records)
    answers = last_answers(rivals, records)
    errors = sorted(int((~found.right).sum()) for found in answers.values())
    sources = {name: _source(records[name]) for name in rivals}
    owned: dict[str, list[Duel]] = {name: [] for name in rivals}
    for duel in duels:
        owned[duel.name].append(duel)
    for name, own in owned.items():
        compared = {name, *(duel.other for duel in own)}
        every = Source.joined([sources[one] for one in rivals if one in compared])
        for duel in own:
            source = Source.joined([sources[name], sources[duel.other]])
            for kind, field in KINDS:
                holder = duel if field in ("p_holm", "verdict") else duel.found
                yield kind(getattr(holder, field), source, run=name, other=duel.other)
        beats = sum(duel.verdict == "better" for duel in own)
        yield NUMBER(len(own), every, run=name)
        yield SPLIT(answers[name].split, every, run=name)
        yield BEATS(beats, every, run=name)
        yield BEATS_ALL(beats == len(own), every, run=name)
        missed = int((~answers[name].right).sum())
        yield RANK(1 + bisect_left(errors, missed), every, run=name)


def section_facts(
    sections: Sequence[Sequence[str]],
    records: Mapping[str, RunRecord],
    samples: Mapping[str, str],
) -> Iterator[Fact]:
    """Yield the comparison of the experiments of each section; nothing for one by itself.

    Parameters
    ----------
    sections : sequence of sequence of str
        Names of each section's experiments.
    records : mapping of str to RunRecord
        The first seed's record of each experiment.
    samples : mapping of str to str
        What tells which samples each was evaluated on (`DatasetSpec.samples_mark`).
    """
    for family in find_families(sections):
        for rivals in find_rivals(family, records, samples):
            yield from rival_facts(rivals, records)


def _source(record: RunRecord) -> Source:
    return Source(record.result.keys["record"], f"evaluations[h={last_evaluation(record).horizon}]")
