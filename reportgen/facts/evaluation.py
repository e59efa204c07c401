"""Facts on one checkpoint: accuracy with its interval, confusions, errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from reportgen.facts.comparison import count_by_group
from reportgen.facts.fact import Definition, Fact, Source, define
from reportgen.facts.groups import grouped_wilson
from reportgen.facts.statistics import wilson_interval
from reportgen.measures.confusion import frequent_pairs
from reportgen.records import Evaluation, RunRecord, row_at

EPOCH = define("{run}.h{h}.best.epoch", "epoch", "Epoch of the first maximum of the accuracy.")
ACCURACY = define("{run}.h{h}.best.accuracy", "fraction", "Validation accuracy at that epoch.")
LOW = define(
    "{run}.h{h}.best.low", "fraction", "Lower bound of its 95 % Wilson interval, by group if any."
)
HIGH = define("{run}.h{h}.best.high", "fraction", "Upper bound of that interval.")
SAMPLES = define("{run}.h{h}.best.n", "count", "Samples that were evaluated.")
UNITS = define(
    "{run}.h{h}.best.units", "count", "Independent ones: groups of samples, or the samples."
)
ERRORS = define("{run}.h{h}.best.errors", "count", "How many of them are misclassified.")
ALL_RIGHT = define(
    "{run}.h{h}.group_hits.all", "count", "Groups whose every sample is right; if there are groups."
)
SOME_RIGHT = define(
    "{run}.h{h}.group_hits.some", "count", "Groups with samples that are right and others wrong."
)
NONE_RIGHT = define("{run}.h{h}.group_hits.none", "count", "Groups whose every sample is wrong.")
LOSS = define("{run}.h{h}.best.validation_loss", "nats", "Validation loss at that epoch.")
TRAIN_ACCURACY = define(
    "{run}.h{h}.best.train_accuracy", "fraction", "Training accuracy there, in evaluation mode."
)
TRAIN_LOSS = define(
    "{run}.h{h}.best.train_loss", "nats", "Training loss there, in evaluation mode."
)
CHANCE = define(
    "{run}.h{h}.best.chance", "bool", "Whether the commonest class alone would do as well."
)
CELL = define("{run}.h{h}.confusion.{i}.{j}", "count", "Samples of class i predicted as j, from 0.")
PAIR_TRUE = define("{run}.h{h}.pairs.{k}.true", "text", "True class of directed confusion k.")
PAIR_PREDICTED = define("{run}.h{h}.pairs.{k}.predicted", "text", "Class predicted instead.")
PAIR_COUNT = define("{run}.h{h}.pairs.{k}.count", "count", "How often.")
MERGED_A = define("{run}.h{h}.merged.{k}.a", "text", "First class of confusion k, both ways.")
MERGED_B = define("{run}.h{h}.merged.{k}.b", "text", "Second class.")
MERGED_COUNT = define("{run}.h{h}.merged.{k}.count", "count", "How often, both ways together.")
MERGED_SHARE = define("{run}.h{h}.merged.{k}.share", "fraction", "Its share of all errors.")
PAIRS_TIED = define(
    "{run}.h{h}.pairs_tied", "bool", "Whether further directed pairs tie with the second."
)
MERGED_TIED = define("{run}.h{h}.merged_tied", "bool", "The same for pairs both ways.")
RECALL = define("{run}.h{h}.recall.{i}", "fraction", "Share of class i that is classified right.")
WORST_CLASS = define("{run}.h{h}.worst.label", "text", "Class with the smallest recall.")
WORST_RECALL = define("{run}.h{h}.worst.recall", "fraction", "Its recall.")
WORST_ERRORS = define("{run}.h{h}.worst.errors", "count", "Its misclassified samples.")
CLEAN_CLASS = define("{run}.h{h}.cleanest.label", "text", "Class with the largest recall.")
CLEAN_RECALL = define("{run}.h{h}.cleanest.recall", "fraction", "Its recall.")
CLEAN_ERRORS = define("{run}.h{h}.cleanest.errors", "count", "Its misclassified samples.")
SURE_TRUE = define("{run}.h{h}.confident.{k}.true", "text", "True class of confident error k.")
SURE_PREDICTED = define("{run}.h{h}.confident.{k}.predicted", "text", "Class predicted instead.")
SURE_CONFIDENCE = define(
    "{run}.h{h}.confident.{k}.confidence", "fraction", "With what probability."
)
SURE_NUMBER = define("{run}.h{h}.confident_errors", "count", "Confident errors that are listed.")


def hits(record: RunRecord, horizon: int) -> np.ndarray:
    """Return which evaluated samples the checkpoint of a horizon gets right, bool (n,)."""
    right: np.ndarray = record.arrays[f"h{horizon}.predictions"] == record.arrays["labels"]
    return right


@dataclass(frozen=True, slots=True, eq=False)
class Reported:
    """A checkpoint's answers on a split.

    `right` is bool (n,), `labels` uint16 (n,), `groups` int32 (n,) or None.
    """

    split: str
    right: np.ndarray
    labels: np.ndarray
    groups: np.ndarray | None

    @property
    def accuracy(self) -> Fraction:
        """Share of the samples that are right, exactly."""
        return Fraction(int(self.right.sum()), len(self.right))


def compared_split(records: Sequence[RunRecord]) -> str:
    """Return the split that runs are compared on: test where all that answered have one."""
    answered = [record for record in records if record.result.evaluations]
    return "test" if answered and all(record.result.tests for record in answered) else "validation"


def reported(record: RunRecord, horizon: int, split: str) -> Reported:
    """Return the answers of a horizon's checkpoint on the validation or the test split."""
    if split != "test":
        groups = record.arrays.get("groups")
        return Reported(split, hits(record, horizon), record.arrays["labels"], groups)
    labels = record.arrays["test.labels"]
    right = record.arrays[f"h{horizon}.test.predictions"] == labels
    return Reported(split, right, labels, record.arrays.get("test.groups"))


def share_interval(right: np.ndarray, groups: np.ndarray | None) -> tuple[float, float]:
    """Return the 95 % interval of the share of samples that are right.

    Parameters
    ----------
    right : ndarray of bool, shape (n,)
    groups : ndarray of int, shape (n,), or None
        The group of each sample, where they are not independent.
    """
    if groups is None:
        return wilson_interval(int(right.sum()), len(right))
    return grouped_wilson(
        count_by_group(right, groups), count_by_group(np.ones_like(right), groups)
    )


def accuracy_interval(record: RunRecord, evaluation: Evaluation) -> tuple[float, float]:
    """Return the 95 % interval of a checkpoint's accuracy, by group where samples have groups."""
    if "groups" not in record.arrays:
        return wilson_interval(evaluation.n - evaluation.n_errors, evaluation.n)
    return share_interval(hits(record, evaluation.horizon), record.arrays["groups"])


def count_units(record: RunRecord) -> int:
    """Return how many independent units were evaluated: groups, or else samples."""
    if "groups" not in record.arrays:
        return len(record.arrays["labels"])
    return len(np.unique(record.arrays["groups"]))


def score_facts(run: str, record: RunRecord, evaluation: Evaluation, key: str) -> Iterator[Fact]:
    """Yield the accuracy of a checkpoint, its interval, and its epoch's other values.

    An estimator has no epoch and no losses: of its training there is the accuracy alone.
    """
    h, n = evaluation.horizon, evaluation.n
    right = n - evaluation.n_errors
    low, high = accuracy_interval(record, evaluation)
    field = f"evaluations[h={h}]"
    here = Source(key, field)
    commonest = max(map(sum, evaluation.confusion))
    yield ACCURACY(right / n, here, run=run, h=h)
    yield LOW(low, here, run=run, h=h)
    yield HIGH(high, here, run=run, h=h)
    yield SAMPLES(n, here, run=run, h=h)
    yield UNITS(count_units(record), here, run=run, h=h)
    yield ERRORS(evaluation.n_errors, here, run=run, h=h)
    yield CHANCE(low <= commonest / n, here, run=run, h=h)
    yield from group_hit_facts(run, record, evaluation, key)
    yield from learnt_facts(run, record, evaluation, key)


def group_hit_facts(
    run: str, record: RunRecord, evaluation: Evaluation, key: str
) -> Iterator[Fact]:
    """Yield how many groups are right as a whole, in part or not at all; if there are groups."""
    if "groups" not in record.arrays:
        return
    h, groups = evaluation.horizon, record.arrays["groups"]
    right = hits(record, h)
    wrong = count_by_group(~right, groups)
    counts = list(zip(count_by_group(right, groups), wrong, strict=True))
    source = Source(key, f"arrays.h{h}.predictions")
    yield ALL_RIGHT(sum(not bad for _, bad in counts), source, run=run, h=h)
    yield SOME_RIGHT(sum(bool(good and bad) for good, bad in counts), source, run=run, h=h)
    yield NONE_RIGHT(sum(not good for good, _ in counts), source, run=run, h=h)


def learnt_facts(run: str, record: RunRecord, evaluation: Evaluation, key: str) -> Iterator[Fact]:
    """Yield a checkpoint's epoch and its losses, or how well an estimator fits its samples."""
    h, estimator = evaluation.horizon, record.result.estimator
    if estimator is not None:
        there = Source(key, "estimator.train_accuracy")
        yield TRAIN_ACCURACY(estimator.train_accuracy, there, run=run, h=h)
        return
    row = row_at(record.result.epochs, evaluation.epoch)
    there = Source(key, f"epochs[{evaluation.epoch - 1}]")
    yield EPOCH(evaluation.epoch, Source(key, f"evaluations[h={h}]"), run=run, h=h)
    yield LOSS(row.validation_loss, there, run=run, h=h)
    yield TRAIN_ACCURACY(row.train_accuracy, there, run=run, h=h)
    yield TRAIN_LOSS(row.train_loss, there, run=run, h=h)


def pair_facts(run: str, record: RunRecord, evaluation: Evaluation, key: str) -> Iterator[Fact]:
    """Yield the confusion matrix and the two most frequent pairs, with all their ties."""
    h, classes = evaluation.horizon, record.result.data.classes
    source = Source(key, f"evaluations[h={h}].confusion")
    for i, row in enumerate(evaluation.confusion):
        for j, count in enumerate(row):
            yield CELL(count, source, run=run, h=h, i=i, j=j)
    frequent = frequent_pairs(evaluation.confusion, 2)
    directed, merged = frequent.directed, frequent.merged
    yield PAIRS_TIED(len(directed) > 2, source, run=run, h=h)
    yield MERGED_TIED(len(merged) > 2, source, run=run, h=h)
    for k, (true, predicted, count) in enumerate(directed, start=1):
        yield PAIR_TRUE(classes[true], source, run=run, h=h, k=k)
        yield PAIR_PREDICTED(classes[predicted], source, run=run, h=h, k=k)
        yield PAIR_COUNT(count, source, run=run, h=h, k=k)
    for k, (a, b, count) in enumerate(merged, start=1):
        yield MERGED_A(classes[a], source, run=run, h=h, k=k)
        yield MERGED_B(classes[b], source, run=run, h=h, k=k)
        yield MERGED_COUNT(count, source, run=run, h=h, k=k)
        yield MERGED_SHARE(count / evaluation.n_errors, source, run=run, h=h, k=k)


CLASS_FACTS: tuple[tuple[str, Definition, Definition, Definition], ...] = (
    ("worst", WORST_CLASS, WORST_RECALL, WORST_ERRORS),
    ("cleanest", CLEAN_CLASS, CLEAN_RECALL, CLEAN_ERRORS),
)


def class_facts(run: str, record: RunRecord, evaluation: Evaluation, key: str) -> Iterator[Fact]:
    """Yield each class's recall, the worst and the cleanest class (the first on a tie).

    A class without samples has no recall and takes no part.
    """
    h, classes = evaluation.horizon, record.result.data.classes
    source = Source(key, f"evaluations[h={h}].confusion")
    recalls = {i: row[i] / sum(row) for i, row in enumerate(evaluation.confusion) if sum(row)}
    for i, recall in recalls.items():
        yield RECALL(recall, source, run=run, h=h, i=i)
    chosen = {
        "worst": min(recalls, key=lambda i: recalls[i]),
        "cleanest": max(recalls, key=lambda i: recalls[i]),
    }
    for name, label, recall_kind, errors in CLASS_FACTS:
        i = chosen[name]
        row = evaluation.confusion[i]
        yield label(classes[i], source, run=run, h=h)
        yield recall_kind(recalls[i], source, run=run, h=h)
        yield errors(sum(row) - row[i], source, run=run, h=h)


def error_facts(run: str, record: RunRecord, evaluation: Evaluation, key: str) -> Iterator[Fact]:
    """Yield the most confident errors."""
    h, classes = evaluation.horizon, record.result.data.classes
    source = Source(key, f"evaluations[h={h}].errors")
    yield SURE_NUMBER(len(evaluation.errors), source, run=run, h=h)
    for k, error in enumerate(evaluation.errors, start=1):
        yield SURE_TRUE(classes[error.true], source, run=run, h=h, k=k)
        yield SURE_PREDICTED(classes[error.predicted], source, run=run, h=h, k=k)
        yield SURE_CONFIDENCE(error.confidence, source, run=run, h=h, k=k)
