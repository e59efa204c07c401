"""Records changed consistently: what hangs together moves together.

Each function returns a new record, as a run could have given it: the matrix counts
the predictions, the accuracy of the best epoch is theirs, the best epoch is the
first maximum, and array digests fit. So a test can move one finding of a real
record and ask whether the text follows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from reportgen.measures.confusion import confident_errors, confusion_counts
from reportgen.records import (
    EpochRow,
    ErrorSample,
    Evaluation,
    RunRecord,
    SpaceMeasures,
    best_epoch,
)
from reportgen.store.codec import array_digest

SPACES = {"features": "in_features", "map": "on_map"}


def with_predictions(record: RunRecord, horizon: int, predictions: Sequence[int]) -> RunRecord:
    """Return the record with other predictions of the best checkpoint within a horizon.

    Epochs of that horizon that were as good are lowered, so that it stays the best;
    a later horizon takes the checkpoint over if it now is the best there too.
    """
    labels = record.arrays["labels"]
    epoch = find_evaluation(record, horizon).epoch
    answers = answers_by_epoch(record)
    answers[epoch] = np.asarray(predictions, np.uint16)
    best, step = float(np.mean(answers[epoch] == labels)), 1 / len(labels)
    rows = [
        replace(row, validation_accuracy=_below(row, epoch, horizon, best, step))
        for row in record.result.epochs
    ]
    return rebuild(record, rows, answers)


def _below(row: EpochRow, epoch: int, horizon: int, best: float, step: float) -> float:
    """Return an epoch's accuracy such that `epoch` is the first maximum of its horizon."""
    if row.epoch == epoch:
        return best
    if row.epoch > horizon:
        return row.validation_accuracy
    limit = best - step if row.epoch < epoch else best
    return max(0.0, min(row.validation_accuracy, limit))


def with_confusion(
    record: RunRecord, horizon: int, confusion: Sequence[Sequence[int]]
) -> RunRecord:
    """Return the record whose checkpoint at a horizon has this matrix; rows must keep their sums.

    Samples that were right stay so as far as the matrix allows.
    """
    labels = record.arrays["labels"]
    evaluation = find_evaluation(record, horizon)
    if [sum(row) for row in confusion] != [sum(row) for row in evaluation.confusion]:
        msg = "the rows of the matrix must add to the samples of each class"
        raise ValueError(msg)
    old = record.arrays[f"h{horizon}.predictions"]
    predictions = np.array(old)
    for label, row in enumerate(confusion):
        members = np.flatnonzero(labels == label)
        right_first = members[np.argsort(old[members] != label, kind="stable")]
        others = [j for j in range(len(row)) if j != label]
        predictions[right_first] = np.repeat([label, *others], [row[j] for j in [label, *others]])
    return with_predictions(record, horizon, predictions.tolist())


def with_errors(record: RunRecord, horizon: int, n_errors: int) -> RunRecord:
    """Return the record with so many errors at a horizon: the first are mended, or more are made.

    A new error takes the class after the true one.
    """
    predictions = spoil(
        record.arrays[f"h{horizon}.predictions"],
        record.arrays["labels"],
        len(record.result.data.classes),
        n_errors,
    )
    return with_predictions(record, horizon, predictions.tolist())


def spoil(predictions: np.ndarray, labels: np.ndarray, n_classes: int, n_errors: int) -> np.ndarray:
    """Return predictions with so many errors, changing as few as possible."""
    result = np.array(predictions)
    wrong, right = np.flatnonzero(result != labels), np.flatnonzero(result == labels)
    surplus = len(wrong) - n_errors
    mended, spoilt = wrong[: max(0, surplus)], right[: max(0, -surplus)]
    result[mended] = labels[mended]
    result[spoilt] = (labels[spoilt] + 1) % n_classes
    return result


def with_curves(record: RunRecord, *, stopped: str | None = None, **columns: Any) -> RunRecord:
    """Return the record with other columns of its epochs, by field name, a value an epoch.

    Fewer values than epochs cut the training short. Other validation accuracies
    choose the best epochs anew, whose predictions get so many errors.
    """
    length = min([len(record.result.epochs), *map(len, columns.values())])
    rows = [
        replace(row, **{name: float(values[i]) for name, values in columns.items()})
        for i, row in enumerate(record.result.epochs[:length])
    ]
    labels, n_classes = record.arrays["labels"], len(record.result.data.classes)
    known, answers = answers_by_epoch(record), {}
    for evaluation in record.result.evaluations:
        epoch = best_epoch([row.validation_accuracy for row in rows], evaluation.horizon)
        start = known.get(epoch, record.arrays[f"h{evaluation.horizon}.predictions"])
        n_errors = round((1 - rows[epoch - 1].validation_accuracy) * len(labels))
        answers[epoch] = spoil(start, labels, n_classes, n_errors)
        exact = 1 - n_errors / len(labels)
        rows[epoch - 1] = replace(rows[epoch - 1], validation_accuracy=exact)
    changed = rebuild(record, rows, answers)
    if stopped is None:
        return changed
    return replace(changed, result=replace(changed.result, stopped=stopped))


def with_map_measures(
    record: RunRecord,
    alias: str,
    *,
    space: str = "map",
    structure: Mapping[str, Any] | None = None,
    stability: Mapping[str, Any] | None = None,
    layer: Mapping[str, Any] | None = None,
    **measures: Any,
) -> RunRecord:
    """Return the record with other measures of one layer's maps, at all horizons.

    Parameters
    ----------
    record : RunRecord
    alias : str
        The layer.
    space : {"features", "map"}
        Where `measures` (of `SpaceMeasures`) and `structure` (of `SpaceStructure`)
        change. A purity without `mixing` moves the matrix along; a silhouette
        without `silhouette_by_class` shifts that of each class.
    stability, layer : mapping
        Other fields of the map's `MapStability`, and of itself.
    """
    maps = []
    for found in record.result.maps:
        if found.alias == alias:
            field = SPACES[space]
            changes: dict[str, Any] = {field: _tied(getattr(found, field), measures)}
            if structure:
                place = f"{space}_structure"
                changes[place] = replace(getattr(found, place), **structure)
            if stability and found.stability is not None:
                changes["stability"] = replace(found.stability, **stability)
            found = replace(found, **changes, **(layer or {}))  # noqa: PLW2901
        maps.append(found)
    return replace(record, result=replace(record.result, maps=tuple(maps)))


def _tied(old: SpaceMeasures, changes: Mapping[str, Any]) -> SpaceMeasures:
    """Return measures with some changed, and what hangs on them."""
    tied = dict(changes)
    if "purity" in changes and "mixing" not in changes:
        tied["mixing"] = tuple(
            _scaled(row, i, changes["purity"] - old.purity) for i, row in enumerate(old.mixing)
        )
    if "silhouette" in changes and "silhouette_by_class" not in changes:
        step = changes["silhouette"] - old.silhouette
        values = (min(1.0, max(-1.0, value + step)) for value in old.silhouette_by_class)
        tied["silhouette_by_class"] = tuple(values)
    return replace(old, **tied)


def _scaled(row: Sequence[float], own: int, step: float) -> tuple[float, ...]:
    """Return a row of shares whose own share moves by a step, the others in proportion."""
    share = min(1.0, max(0.0, row[own] + step))
    foreign = sum(row) - row[own]
    even = (1 - share) / max(1, len(row) - 1)
    return tuple(
        share if j == own else value / foreign * (1 - share) if foreign else even
        for j, value in enumerate(row)
    )


def find_evaluation(record: RunRecord, horizon: int) -> Evaluation:
    """Return the evaluation at a horizon."""
    return next(e for e in record.result.evaluations if e.horizon == horizon)


def answers_by_epoch(record: RunRecord) -> dict[int, np.ndarray]:
    """Return the predictions that a record holds, by epoch."""
    return {e.epoch: record.arrays[f"h{e.horizon}.predictions"] for e in record.result.evaluations}


def rebuild(
    record: RunRecord, rows: Sequence[EpochRow], answers: Mapping[int, np.ndarray]
) -> RunRecord:
    """Return the record with other epochs, its evaluations counted anew from predictions."""
    arrays = dict(record.arrays)
    accuracies = [row.validation_accuracy for row in rows]
    evaluations, epochs = [], {}
    for old in record.result.evaluations:
        epoch = epochs[old.horizon] = best_epoch(accuracies, old.horizon)
        arrays[f"h{old.horizon}.predictions"] = answers[epoch]
        evaluations.append(count_anew(old, epoch, arrays, len(record.result.data.classes)))
    result = replace(
        record.result,
        epochs=tuple(rows),
        evaluations=tuple(evaluations),
        maps=tuple(replace(m, epoch=epochs[m.horizon]) for m in record.result.maps),
        arrays={name: array_digest(array) for name, array in arrays.items()},
    )
    return replace(record, result=result, arrays=arrays)


def count_anew(
    old: Evaluation, epoch: int, arrays: Mapping[str, np.ndarray], n_classes: int
) -> Evaluation:
    """Return an evaluation counted from its arrays; samples keep their pictures."""
    labels, predictions = arrays["labels"], arrays[f"h{old.horizon}.predictions"]
    confidence = arrays[f"h{old.horizon}.confidence"]
    pictures = {error.index: error.thumbnail for error in old.errors}
    listed = confident_errors(labels, predictions, confidence, max(1, len(old.errors)))
    return replace(
        old,
        epoch=epoch,
        n_errors=int((labels != predictions).sum()),
        confusion=confusion_counts(labels, predictions, n_classes),
        errors=tuple(ErrorSample(*error, pictures.get(error[0])) for error in listed),
    )
