"""Facts on the test split: the reported checkpoints on samples that did not choose them."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.facts.evaluation import reported, share_interval
from reportgen.facts.fact import Fact, Source, define
from reportgen.records import Evaluation, RunRecord

ACCURACY = define(
    "{run}.h{h}.test.accuracy", "fraction", "Test accuracy of the epoch that validation chose."
)
LOW = define(
    "{run}.h{h}.test.low", "fraction", "Lower bound of its 95 % Wilson interval, by group if any."
)
HIGH = define("{run}.h{h}.test.high", "fraction", "Upper bound of that interval.")
SAMPLES = define("{run}.h{h}.test.n", "count", "Test samples.")
ERRORS = define("{run}.h{h}.test.errors", "count", "How many of them are misclassified.")
CHANCE = define(
    "{run}.h{h}.test.chance", "bool", "Whether the commonest class alone would do as well."
)


def holdout_facts(run: str, record: RunRecord, test: Evaluation, key: str) -> Iterator[Fact]:
    """Yield the accuracy of a checkpoint on the test split."""
    h = test.horizon
    source = Source(key, f"tests[h={h}]")
    answers = reported(record, h, "test")
    low, high = share_interval(answers.right, answers.groups)
    yield ACCURACY((test.n - test.n_errors) / test.n, source, run=run, h=h)
    yield LOW(low, source, run=run, h=h)
    yield HIGH(high, source, run=run, h=h)
    yield SAMPLES(test.n, source, run=run, h=h)
    yield ERRORS(test.n_errors, source, run=run, h=h)
    commonest = max(map(sum, test.confusion))
    yield CHANCE(low <= commonest / test.n, source, run=run, h=h)
