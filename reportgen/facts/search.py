"""Facts on the search for a configuration: the best of an experiment and its trials.

Each is taken at the best epoch of its own longest horizon, with its mean accuracy over the
seeds; those that diverged or never left chance with any seed take no part. The best is
compared with each other one, seed by seed by exact sign flips, or with one seed sample by
sample, with Holm's correction over these comparisons. The best of many is optimistic,
the more so the more there are: `candidates` is for that caveat.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from reportgen.facts.comparison import compare
from reportgen.facts.evaluation import accuracy_interval, hits
from reportgen.facts.fact import Definition, Fact, Source, Unit, define
from reportgen.facts.permutation import holm
from reportgen.facts.seeds import SeedComparison, compare_seeds
from reportgen.facts.student import Interval, mean_interval
from reportgen.facts.training import judge_outcome
from reportgen.facts.trials import same_samples
from reportgen.facts.versus import last_evaluation
from reportgen.records import RunRecord

CANDIDATES = define(
    "{run}.trials.candidates",
    "count",
    "Configurations among which the best was chosen, the experiment's included.",
)
LEFT_OUT = define(
    "{run}.trials.left_out", "count", "Those that diverged or never left chance, with any seed."
)
BEST = define(
    "{run}.trials.best",
    "text",
    "Trial with the highest mean validation accuracy; empty if it is the experiment itself.",
)
SECOND = define("{run}.trials.second", "text", "The next one; empty for the experiment itself.")
UNDECIDED = define(
    "{run}.trials.undecided", "count", "Other candidates that are not shown worse than the best."
)

TOP_FIELDS: tuple[tuple[str, Unit, str], ...] = (
    ("n", "count", "Seeds of the best configuration."),
    ("mean", "fraction", "Its mean validation accuracy over the seeds."),
    ("low", "fraction", "Lower bound of its 95 % interval (Student; with one seed, Wilson)."),
    ("high", "fraction", "Upper bound of that interval."),
)
LEAD_FIELDS: tuple[tuple[str, Unit, str], ...] = (
    ("n", "count", "Seeds over which the best and the second are compared."),
    ("gain", "ratio", "Mean accuracy of the best minus that of the second."),
    ("low", "ratio", "Lower bound of its 95 % interval (Student; with one seed, Tango)."),
    ("high", "ratio", "Upper bound of the interval of the lead over the second."),
    ("p", "ratio", "Exact p-value (permutation over seeds; with one, McNemar), uncorrected."),
    ("p_holm", "ratio", "The same after Holm's correction over all that the best is compared to."),
    ("decisive", "bool", "Whether so few seeds could show that one of them is better, after Holm."),
    ("verdict", "text", "What the best is to the second: better, similar or inconclusive."),
)
TOP: tuple[tuple[Definition, str], ...] = tuple(
    (define(f"{{run}}.trials.top.{field}", unit, meaning), field)
    for field, unit, meaning in TOP_FIELDS
)
LEAD: tuple[tuple[Definition, str], ...] = tuple(
    (define(f"{{run}}.trials.lead.{field}", unit, meaning), field)
    for field, unit, meaning in LEAD_FIELDS
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A configuration whose every seed was trained: its trial's name, "" for the experiment."""

    trial: str
    records: tuple[RunRecord, ...]

    @property
    def n(self) -> int:
        """Number of seeds."""
        return len(self.records)

    @property
    def scores(self) -> dict[int, Fraction]:
        """Validation accuracy at the last horizon by seed, exact."""
        last = {record.result.seed: last_evaluation(record) for record in self.records}
        return {seed: 1 - Fraction(e.n_errors, e.n) for seed, e in last.items()}

    @property
    def exact_mean(self) -> Fraction:
        """Mean of the scores, in which equal means are equal."""
        return sum(self.scores.values(), Fraction(0)) / self.n

    @property
    def mean(self) -> float:
        """Mean accuracy."""
        return float(self.exact_mean)

    @property
    def interval(self) -> Interval:
        """The 95 % interval of the mean, in [0, 1]: Student's, or Wilson's with one seed."""
        if self.n == 1:
            return accuracy_interval(self.records[0], last_evaluation(self.records[0]))
        low, high = mean_interval([float(score) for score in self.scores.values()])
        return max(0.0, low), min(1.0, high)

    @property
    def low(self) -> float:
        """Lower bound of the interval."""
        return self.interval[0]

    @property
    def high(self) -> float:
        """Upper bound of the interval."""
        return self.interval[1]


def rank_candidates(by_trial: Mapping[str, Sequence[RunRecord]]) -> list[Candidate]:
    """Return the configurations that take part, the highest mean first.

    Ties keep the order of the experiment file.
    """
    found = [
        Candidate(trial, tuple(records))
        for trial, records in by_trial.items()
        if all(judge_outcome(record) == "trained" for record in records)
    ]
    return sorted(found, key=lambda candidate: -candidate.exact_mean)


def compare_candidates(best: Candidate, other: Candidate) -> SeedComparison | None:
    """Return the lead of one configuration over another that has the same seeds.

    With one seed they are compared sample by sample; None if the samples are others.
    """
    if best.n > 1:
        return compare_seeds(other.scores, best.scores)
    mine, theirs = other.records[0], best.records[0]
    if not same_samples(mine, theirs):
        return None
    right = [hits(record, last_evaluation(record).horizon) for record in (mine, theirs)]
    found = compare(right[0], right[1], mine.arrays.get("groups"))
    return SeedComparison(1, True, found.gain, found.low, found.high, found.p, least_p=0.0)


def compare_with_best(ranked: Sequence[Candidate]) -> dict[str, SeedComparison]:
    """Return the lead of the first configuration over each other, by trial, after Holm."""
    found = {
        other.trial: comparison
        for other in ranked[1:]
        if (comparison := compare_candidates(ranked[0], other)) is not None
    }
    corrected = holm([comparison.p for comparison in found.values()])
    return {
        trial: replace(comparison, p_holm=p_holm, n_compared=len(found))
        for (trial, comparison), p_holm in zip(found.items(), corrected, strict=True)
    }


def search_facts(run: str, by_trial: Mapping[str, Sequence[RunRecord]]) -> Iterator[Fact]:
    """Yield the best of an experiment and its trials; nothing without trials.

    Parameters
    ----------
    run : str
        Name of the experiment.
    by_trial : mapping of str to sequence of RunRecord
        The records of every seed by trial, the experiment's own under "", first.
    """
    if len(by_trial) < 2:
        return
    records = [record for found in by_trial.values() for record in found]
    source = Source("+".join(record.result.keys["record"] for record in records), "evaluations")
    ranked = rank_candidates(by_trial)
    yield CANDIDATES(len(ranked), source, run=run)
    yield LEFT_OUT(len(by_trial) - len(ranked), source, run=run)
    if not ranked:
        return
    yield BEST(ranked[0].trial, source, run=run)
    for kind, field in TOP:
        yield kind(getattr(ranked[0], field), source, run=run)
    if len(ranked) == 1:
        return
    compared = compare_with_best(ranked)
    worse = sum(comparison.verdict == "better" for comparison in compared.values())
    yield SECOND(ranked[1].trial, source, run=run)
    yield UNDECIDED(len(ranked) - 1 - worse, source, run=run)
    if (lead := compared.get(ranked[1].trial)) is not None:
        for kind, field in LEAD:
            yield kind(getattr(lead, field), source, run=run)
