"""Changes of records, as functions: each moves one finding of one run, and what hangs on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from reportgen.records import DataSummary, RunId, RunRecord
from tests import mutation
from tests.mutation import Records

Mutation = Callable[[Records], Records]


def of(run: RunId, change: Callable[..., RunRecord], *given: Any, **fields: Any) -> Mutation:
    """Return the mutation that changes one run's record."""
    return lambda records: {**records, run: change(records[run], *given, **fields)}


def both(*mutations: Mutation) -> Mutation:
    """Return the mutation that makes several, in order."""

    def change(records: Records) -> Records:
        for mutate in mutations:
            records = mutate(records)
        return records

    return change


def each(runs: Iterable[RunId], change: Callable[[RunId], Mutation]) -> Mutation:
    """Return the mutation that changes several runs, each by its own."""
    return both(*(change(run) for run in runs))


def course(run: RunId, other: RunId, horizon: int, epochs: int | None = None) -> Mutation:
    """Return the mutation in which a run trains as another one does, or as its first epochs do."""
    return lambda records: of(run, mutation.with_course, records[other], horizon, epochs)(records)


def better(run: RunId, other: RunId, n: int) -> Mutation:
    """Return the mutation in which a run gets so many samples more right than another; or fewer."""

    def change(records: Records) -> Records:
        theirs, own = records[other].result.evaluations[-1], records[run].result.evaluations[-1]
        n_errors = min(own.n, max(0, theirs.n_errors - n))
        return of(run, mutation.with_errors, own.horizon, n_errors)(records)

    return change


def curves(run: RunId, until: int, stopped: str | None = None, **columns: Any) -> Mutation:
    """Return the mutation that gives columns of a run's epochs by a function of the epoch."""

    def change(record: RunRecord) -> RunRecord:
        epochs = [row.epoch for row in record.result.epochs if row.epoch <= until]
        given = {name: [value(epoch) for epoch in epochs] for name, value in columns.items()}
        return mutation.with_curves(record, stopped=stopped, **given)

    return of(run, change)


def flat(value: float) -> Callable[[int], float]:
    """Return a column that keeps its value, within a thousandth."""
    return lambda epoch: value + (epoch % 2) * value * 1e-3


def maps(run: RunId, alias: str, **changes: Any) -> Mutation:
    """Return the mutation that changes the measures of a run's map."""
    return of(run, mutation.with_map_measures, alias, **changes)


def result(run: RunId, **fields: Callable[[Any], Any]) -> Mutation:
    """Return the mutation that changes parts of a run's result."""

    def change(record: RunRecord) -> RunRecord:
        changed = {name: value(getattr(record.result, name)) for name, value in fields.items()}
        return replace(record, result=replace(record.result, **changed))

    return of(run, change)


def errors(run: RunId, n_errors: int, n: int = 10_000, epochs: int = 20) -> Mutation:
    """Return the mutation after which a run of n samples has so many errors at all horizons."""
    return of(run, mutation.with_curves, validation_accuracy=[1 - n_errors / n] * epochs)


def matrix(run: RunId, horizon: int, edit: Callable[[np.ndarray], None]) -> Mutation:
    """Return the mutation that edits the errors of a matrix; the diagonal takes the rest."""

    def apply(record: RunRecord) -> RunRecord:
        counts = np.array(mutation.find_evaluation(record, horizon).confusion)
        sums = counts.sum(axis=1)
        edit(counts)
        np.fill_diagonal(counts, 0)
        np.fill_diagonal(counts, sums - counts.sum(axis=1))
        rows = tuple(tuple(map(int, row)) for row in counts)
        return mutation.with_confusion(record, horizon, rows)

    return of(run, apply)


def mixing(run: RunId, alias: str, edit: Callable[[np.ndarray], None]) -> Mutation:
    """Return the mutation that edits which classes neighbour each other among the features."""

    def apply(record: RunRecord) -> RunRecord:
        found = next(m for m in record.result.maps if m.alias == alias)
        shares = np.array(found.in_features.mixing)
        edit(shares)
        rows = tuple(tuple(map(float, row)) for row in shares)
        return mutation.with_map_measures(record, alias, space="features", mixing=rows)

    return of(run, apply)


def worse_later(run: RunId, horizon: int, later: int, n_more: int) -> Mutation:
    """Return the mutation in which more epochs only spoil, on samples that chose none of them."""

    def change(record: RunRecord) -> RunRecord:
        labels, n_classes = record.arrays["labels"], len(record.result.data.classes)
        early = record.arrays[f"h{horizon}.predictions"]
        spoilt = mutation.spoil(early, labels, n_classes, int((early != labels).sum()) + n_more)
        return mutation.with_answers_elsewhere(record, {later: spoilt.tolist()})

    return of(run, change)


def resized(data: DataSummary) -> DataSummary:
    """Return data with other image sizes, class sizes and normalisation."""
    splits = tuple(
        replace(s, n=s.n + len(s.per_class), height=30, per_class=tuple(n + 1 for n in s.per_class))
        for s in data.splits
    )
    return replace(data, splits=splits, mean=(0.5,) * len(data.mean))


def with_class(record: RunRecord) -> RunRecord:
    """Return the record with one more class, without samples."""
    data = record.result.data
    splits = tuple(replace(s, per_class=(*s.per_class, 0)) for s in data.splits)
    data = replace(data, classes=(*data.classes, "x"), splits=splits)
    evaluations = tuple(
        replace(e, confusion=(*((*row, 0) for row in e.confusion), (0,) * len(data.classes)))
        for e in record.result.evaluations
    )
    changed = replace(record.result, data=data, evaluations=evaluations)
    return replace(record, result=changed)


def heavier(model: Any) -> Any:
    """Return a network with more weights in each layer and more memory."""
    return replace(
        model,
        n_trainable=model.n_trainable + 10 * len(model.layers),
        parameter_bytes=model.parameter_bytes + 10**6,
        activation_bytes=model.activation_bytes * 2,
        layers=tuple(replace(layer, trainable=layer.trainable + 10) for layer in model.layers),
    )


def top_heavy(layer_name: str, weights: int = 10**6) -> Callable[[Any], Any]:
    """Return what gives a network so many more weights in one layer."""

    def change(model: Any) -> Any:
        return replace(
            model,
            n_trainable=model.n_trainable + weights,
            layers=tuple(
                replace(layer, trainable=layer.trainable + weights * (layer.name == layer_name))
                for layer in model.layers
            ),
        )

    return change
