"""Records changed consistently: what hangs together moves together.

Each function returns a new record, as a run could have given it: the matrix counts
the predictions, the accuracy of the best epoch is theirs, the best epoch is the
first maximum, and array digests fit. So a test can move one finding of a real
record and ask whether the text follows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from reportgen.facts.line import right_side
from reportgen.measures.confusion import confident_errors, confusion_counts
from reportgen.records import (
    EpochRow,
    ErrorSample,
    Evaluation,
    FilterBank,
    MaximizedFilter,
    RunId,
    RunRecord,
    SpaceMeasures,
    best_row,
)
from reportgen.store.codec import array_digest

Records = dict[RunId, RunRecord]
"""A record for each run."""

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
    if "validation_accuracy" in columns:  # whole samples, or equal ones might differ
        shares = [row.validation_accuracy for row in rows]
        exact = [1 - round((1 - share) * len(labels)) / len(labels) for share in shares]
        rows = [replace(r, validation_accuracy=a) for r, a in zip(rows, exact, strict=True)]
    known, answers = answers_by_epoch(record), {}
    for evaluation in record.result.evaluations:
        best = best_row(tuple(rows), evaluation.horizon)
        start = known.get(best.epoch, record.arrays[f"h{evaluation.horizon}.predictions"])
        n_errors = round((1 - best.validation_accuracy) * len(labels))
        answers[best.epoch] = spoil(start, labels, n_classes, n_errors)
        share = 1 - n_errors / len(labels)
        rows[rows.index(best)] = replace(best, validation_accuracy=share)
    changed = rebuild(record, rows, answers)
    if stopped is None:
        return changed
    return replace(changed, result=replace(changed.result, stopped=stopped))


def with_divergence(record: RunRecord, after: int) -> RunRecord:
    """Return the record whose loss stops being finite after so many epochs, none measured if 0."""
    result = record.result
    if not after:
        names = [name for name in record.arrays if name in {"labels", "groups"}]
        arrays = {name: record.arrays[name] for name in names}
        digests = {name: array_digest(array) for name, array in arrays.items()}
        result = replace(result, epochs=(), evaluations=(), arrays=digests)
    else:
        shares = [row.validation_accuracy for row in result.epochs[:after]]
        record = with_curves(record, validation_accuracy=shares)
        result, arrays = record.result, dict(record.arrays)
    at = after + 1
    result = replace(result, stopped=f"diverged in epoch {at}", diverged_at=at)
    return replace(record, result=result, arrays=arrays)


def with_course(
    record: RunRecord, other: RunRecord, horizon: int, epochs: int | None = None
) -> RunRecord:
    """Return the record trained as another run on the same samples was, to its own horizon.

    With `epochs`, only so many of the first: what a run that ends earlier has seen. Its best
    epoch then keeps the answers that the other run gives, or as many right ones.

    Raises
    ------
    ValueError
        If the samples are others, or the other run has no answers.
    """
    labels = record.arrays["labels"]
    if not np.array_equal(labels, other.arrays["labels"]) or not other.result.evaluations:
        msg = "the other run must answer the same samples"
        raise ValueError(msg)
    (evaluation,) = other.result.evaluations
    names = ("labels", "groups")
    arrays = {name: array for name, array in other.arrays.items() if name in names}
    for part in ("predictions", "confidence"):
        arrays[f"h{horizon}.{part}"] = other.arrays[f"h{evaluation.horizon}.{part}"]
    ends_before = len(other.result.epochs) > (epochs or horizon)
    changed = replace(
        other.result,
        stopped="" if ends_before else other.result.stopped,
        diverged_at=0 if ends_before else other.result.diverged_at,
        trial=record.result.trial,
        seed=record.result.seed,
        keys=record.result.keys,
        data=record.result.data,
        model=record.result.model,
        evaluations=(replace(evaluation, horizon=horizon),),
    )
    whole = replace(record, result=changed, arrays=arrays)
    rows = whole.result.epochs[: epochs or horizon]
    return with_curves(whole, validation_accuracy=[row.validation_accuracy for row in rows])


def gone_on(record: RunRecord, horizon: int) -> RunRecord:
    """Return the record of a run that diverged, gone on to its horizon as its last epoch was."""
    last = record.result.epochs[-1]
    more = range(last.epoch + 1, horizon + 1)
    rows = (*record.result.epochs, *(replace(last, epoch=epoch) for epoch in more))
    return replace(record, result=replace(record.result, epochs=rows, stopped="", diverged_at=0))


def at_chance(record: RunRecord) -> RunRecord:
    """Return the record of a network that gives all samples the commonest class to the end."""
    labels, n_classes = record.arrays["labels"], len(record.result.data.classes)
    counts, n = np.bincount(labels, minlength=n_classes), len(record.result.epochs)
    losses = [math.log(n_classes)] * n
    changed = with_curves(
        record,
        running_loss=losses,
        train_loss=losses,
        train_accuracy=[1 / n_classes] * n,
        validation_loss=losses,
        validation_accuracy=[counts.max() / len(labels)] * n,
    )
    horizon = record.result.evaluations[-1].horizon
    return with_predictions(changed, horizon, [int(counts.argmax())] * len(labels))


def with_groups(record: RunRecord, by_class: Sequence[int]) -> RunRecord:
    """Return the record whose samples of each class are of so many groups, in turn."""
    labels, groups = record.arrays["labels"], np.array(record.arrays["groups"])
    for label, n in enumerate(by_class):
        (members,) = np.nonzero(labels == label)
        groups[members] = sum(by_class[:label]) + np.arange(len(members)) % n
    arrays = {**record.arrays, "groups": groups}
    digests = {name: array_digest(array) for name, array in arrays.items()}
    return replace(record, result=replace(record.result, arrays=digests), arrays=arrays)


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


def with_line(record: RunRecord, alias: str, n_errors: int) -> RunRecord:
    """Return the record with so many samples on the wrong side of the line on one map.

    The first of the samples that are too many, or too few, are mirrored in the line.
    """
    arrays, maps = dict(record.arrays), []
    labels = arrays["labels"][arrays["embedding.sample"]]
    for found in record.result.maps:
        if found.alias == alias and found.line is not None:
            place = f"h{found.horizon}.map.{alias}"
            *normal, offset = found.line
            points, across = np.array(arrays[place], np.float64), np.array(normal)
            right = right_side(points, labels, found.line)
            wrong, surplus = np.flatnonzero(~right), int((~right).sum()) - n_errors
            turned = wrong[:surplus] if surplus > 0 else np.flatnonzero(right)[: max(0, -surplus)]
            steps = (points[turned] @ across + offset) / (across @ across)
            points[turned] -= 2 * steps[:, None] * across
            arrays[place] = points.astype(arrays[place].dtype)
            on_map = replace(found.on_map, linear_errors=n_errors)
            found = replace(found, on_map=on_map)  # noqa: PLW2901
        maps.append(found)
    digests = {name: array_digest(array) for name, array in arrays.items()}
    result = replace(record.result, maps=tuple(maps), arrays=digests)
    return replace(record, result=result, arrays=arrays)


def with_confidence(record: RunRecord, horizon: int, confidence: Sequence[float]) -> RunRecord:
    """Return the record with other probabilities of the predicted classes, by sample."""
    place = f"h{horizon}.confidence"
    given = np.asarray(confidence, record.arrays[place].dtype)
    changed = replace(record, arrays={**record.arrays, place: given})
    return rebuild(changed, changed.result.epochs, answers_by_epoch(changed))


def with_answers_elsewhere(record: RunRecord, answers: Mapping[int, Sequence[int]]) -> RunRecord:
    """Return the record scored on samples that chose no epoch, with these answers by horizon."""
    by_epoch = {
        find_evaluation(record, h).epoch: np.asarray(given, np.uint16)
        for h, given in answers.items()
    }
    changed = rebuild(record, record.result.epochs, answers_by_epoch(record) | by_epoch)
    moved = tuple(replace(e, split="test") for e in changed.result.evaluations)
    return replace(changed, result=replace(changed.result, evaluations=moved))


def with_filters(record: RunRecord, layer: str, n: int) -> RunRecord:
    """Return the record with so many filters of 5 × 5 of a layer, of three channels, all grey."""
    last = record.result.evaluations[-1]
    bank = FilterBank(layer, last.horizon, last.epoch, n, 5, 5, 3, ())
    arrays = {
        **without_filters(record).arrays,
        "filters.weights": np.zeros((n, 5, 5, 3), np.float16),
        "filters.outputs": np.zeros((0, n, 1, 1), np.uint8),
    }
    digests = {name: array_digest(array) for name, array in arrays.items()}
    result = replace(record.result, filters=bank, arrays=digests)
    return replace(record, result=result, arrays=arrays)


def without_filters(record: RunRecord) -> RunRecord:
    """Return the record without filters."""
    arrays = {k: array for k, array in record.arrays.items() if not k.startswith("filters.")}
    digests = {name: array_digest(array) for name, array in arrays.items()}
    result = replace(record.result, filters=None, arrays=digests)
    return replace(record, result=result, arrays=arrays)


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
    """Return the record with other epochs, its evaluations counted anew from predictions.

    Where a checkpoint has other errors, it has the same share of them on the test split.
    """
    arrays, n_classes = dict(record.arrays), len(record.result.data.classes)
    evaluations, epochs = [], {}
    for old in record.result.evaluations:
        epoch = best_row(tuple(rows), old.horizon).epoch if rows else 0  # of an estimator
        epochs[old.horizon] = epoch
        arrays[f"h{old.horizon}.predictions"] = answers[epoch]
        evaluations.append(count_anew(old, epoch, arrays, n_classes))
        if record.result.tests and evaluations[-1].n_errors != old.n_errors:
            place, labels = f"h{old.horizon}.test.predictions", arrays["test.labels"]
            n_wrong = round(evaluations[-1].n_errors / old.n * len(labels))
            arrays[place] = spoil(arrays[place], labels, n_classes, n_wrong)
    filters = record.result.filters
    result = replace(
        record.result,
        filters=filters and replace(filters, epoch=epochs[filters.horizon]),
        epochs=tuple(rows),
        evaluations=tuple(evaluations),
        tests=tuple(
            count_test_anew(test, epochs[test.horizon], arrays, n_classes)
            for test in record.result.tests
        ),
        maps=tuple(replace(m, epoch=epochs[m.horizon]) for m in record.result.maps),
        maximized=tuple(replace(m, epoch=epochs[m.horizon]) for m in record.result.maximized),
        arrays={name: array_digest(array) for name, array in arrays.items()},
    )
    return replace(record, result=result, arrays=arrays)


def count_anew(
    old: Evaluation, epoch: int, arrays: Mapping[str, np.ndarray], n_classes: int
) -> Evaluation:
    """Return an evaluation counted from its arrays; samples keep their pictures."""
    labels, predictions = arrays["labels"], arrays[f"h{old.horizon}.predictions"]
    confidence = arrays.get(f"h{old.horizon}.confidence")
    pictures = {error.index: error.thumbnail for error in old.errors}
    listed = (
        ()  # an estimator gives no probabilities
        if confidence is None
        else confident_errors(labels, predictions, confidence, max(1, len(old.errors)))
    )
    return replace(
        old,
        epoch=epoch,
        n_errors=int((labels != predictions).sum()),
        confusion=confusion_counts(labels, predictions, n_classes),
        errors=tuple(ErrorSample(*error, pictures.get(error[0])) for error in listed),
    )


def count_test_anew(
    old: Evaluation, epoch: int, arrays: Mapping[str, np.ndarray], n_classes: int
) -> Evaluation:
    """Return an evaluation on the test split counted from its arrays."""
    labels, predictions = arrays["test.labels"], arrays[f"h{old.horizon}.test.predictions"]
    return replace(
        old,
        epoch=epoch,
        n_errors=int((labels != predictions).sum()),
        confusion=confusion_counts(labels, predictions, n_classes),
    )


def with_test_answers(record: RunRecord, horizon: int, answers: Sequence[int]) -> RunRecord:
    """Return the record with other answers of a horizon's checkpoint on the test split."""
    place = f"h{horizon}.test.predictions"
    given = np.asarray(answers, record.arrays[place].dtype)
    changed = replace(record, arrays={**record.arrays, place: given})
    return rebuild(changed, changed.result.epochs, answers_by_epoch(changed))


def with_test_errors(record: RunRecord, horizon: int, n_errors: int) -> RunRecord:
    """Return the record with so many errors on the test split alone."""
    labels, n_classes = record.arrays["test.labels"], len(record.result.data.classes)
    old = record.arrays[f"h{horizon}.test.predictions"]
    return with_test_answers(record, horizon, spoil(old, labels, n_classes, n_errors).tolist())


def with_answers_of(record: RunRecord, other: RunRecord, horizon: int) -> RunRecord:
    """Return the record whose checkpoint answers as another run's, on both splits."""
    changed = with_predictions(record, horizon, other.arrays[f"h{horizon}.predictions"].tolist())
    return with_test_answers(
        changed, horizon, other.arrays[f"h{horizon}.test.predictions"].tolist()
    )


def with_maximized_filters(
    record: RunRecord, alias: str, edit: Callable[[MaximizedFilter], MaximizedFilter]
) -> RunRecord:
    """Return the record with other outcomes for each filter of one alias."""
    maximized = tuple(
        replace(layer, filters=tuple(map(edit, layer.filters))) if layer.alias == alias else layer
        for layer in record.result.maximized
    )
    return replace(record, result=replace(record.result, maximized=maximized))
