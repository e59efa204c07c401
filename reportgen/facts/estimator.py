"""Facts on an estimator: what classifies by a network's features in place of training."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.facts.fact import Definition, Fact, Source, Unit, define
from reportgen.records import RunRecord

FIELDS: tuple[tuple[str, Unit, str], ...] = (
    ("name", "text", "What classifies by the network's features: linear_svm."),
    ("c", "ratio", "Penalty of errors of the support-vector machine."),
    ("scaled", "bool", "Whether each feature was brought to mean 0 and deviation 1."),
    ("layer", "text", "Name of the module in the network whose output it takes."),
    ("n_features", "count", "Features that it takes of each sample."),
    ("n_train", "count", "Samples that it was fitted to."),
    ("n_support", "count", "Support vectors: samples that decide where its borders lie."),
    ("train_accuracy", "fraction", "Share of the samples it was fitted to that it gets right."),
)

KINDS: tuple[tuple[Definition, str], ...] = tuple(
    (define(f"{{run}}.estimator.{field}", unit, meaning), field) for field, unit, meaning in FIELDS
)


def estimator_facts(run: str, record: RunRecord, key: str) -> Iterator[Fact]:
    """Yield the facts on a run's estimator; nothing where a training takes its place."""
    estimator = record.result.estimator
    if estimator is None:
        return
    for kind, field in KINDS:
        yield kind(getattr(estimator, field), Source(key, f"estimator.{field}"), run=run)
