"""The record stage: what the other stages gave, as the one thing that the report half sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.datasets.thumbnail import make_thumbnail
from reportgen.measures.confusion import confident_errors, confusion_counts
from reportgen.models.summary import summarize_model
from reportgen.plan.code import class_source
from reportgen.records import (
    MAX_THUMBNAILS,
    DataSummary,
    ErrorSample,
    Evaluation,
    LayerMap,
    ModelSummary,
    Provenance,
    RunRecord,
    RunResult,
    Thumbnail,
    within,
)
from reportgen.spec.network import StudyModel
from reportgen.stages.bench import EVALUATED, TEST, Bench
from reportgen.stages.checkpoints import Checkpoints
from reportgen.stages.evaluate import Answers
from reportgen.stages.filters import FilterReading
from reportgen.stages.fit import Fitted
from reportgen.stages.maximize import NO_IMAGES, MaximizedImages
from reportgen.store.codec import array_digest

if TYPE_CHECKING:
    import numpy as np

N_ERRORS = 15
"""Confident errors that a record lists for each horizon, fewer where pictures have no room."""


def assemble_record(
    bench: Bench,
    learnt: Checkpoints,
    answers: Sequence[Answers],
    maps: Sequence[tuple[tuple[LayerMap, ...], Mapping[str, np.ndarray]]],
    filters: FilterReading | None,
    stage_s: Mapping[str, float],
    maximized: MaximizedImages = NO_IMAGES,
) -> RunRecord:
    """Return a run's record.

    Parameters
    ----------
    bench : Bench
    learnt : Checkpoints
        May hold more epochs than the spec asks for: the first ones are taken.
    answers : sequence of Answers
        One for each horizon.
    maps : sequence
        What `embed_stage` gave for each horizon that has maps.
    filters : FilterReading or None
        What `filter_stage` gave.
    stage_s : mapping of str to float
        Seconds of each stage, in this build.
    maximized : MaximizedImages, optional
        What `maximize_stage` gave.
    """
    run, epochs = bench.plan.run.id, bench.spec.epochs
    shown, rows = bench.spec.illustrated_horizon, within(learnt.rows, epochs)
    arrays = gather_arrays(bench, answers, maps, filters) | dict(maximized.arrays)
    result = RunResult(
        experiment=run.experiment,
        trial=run.trial,
        seed=run.seed,
        keys=bench.plan.stage_digests(),
        data=describe_data(bench),
        model=describe_model(bench),
        epochs=rows,
        stopped=learnt.stopped if not rows or rows[-1].epoch < epochs else "",
        evaluations=tuple(
            describe_answers(
                bench, item, illustrated=item.horizon == shown and bench.is_illustrated
            )
            for item in answers
        ),
        maps=tuple(layer_map for found, _ in maps for layer_map in found),
        arrays={name: array_digest(array) for name, array in arrays.items()},
        estimator=learnt.estimator if isinstance(learnt, Fitted) else None,
        filters=None if filters is None else filters.bank,
        diverged_at=learnt.diverged_at if not rows or rows[-1].epoch < epochs else 0,
        tests=tuple(describe_test(bench, item) for item in answers if item.test is not None),
        maximized=maximized.layers,
    )
    return RunRecord(result, describe_provenance(learnt, epochs, stage_s), arrays)


def gather_arrays(
    bench: Bench,
    answers: Sequence[Answers],
    maps: Sequence[tuple[tuple[LayerMap, ...], Mapping[str, np.ndarray]]],
    filters: FilterReading | None,
) -> dict[str, np.ndarray]:
    """Return a record's arrays by the names that `records` documents."""
    arrays: dict[str, np.ndarray] = {"labels": bench.evaluated.labels}
    if bench.evaluated.groups is not None:
        arrays["groups"] = bench.evaluated.groups
    for item in answers:
        if item.test is not None:
            arrays |= _test_arrays(bench, item.horizon, item.test)
        arrays[f"h{item.horizon}.predictions"] = item.predictions
        if item.confidence is not None:
            arrays[f"h{item.horizon}.confidence"] = item.confidence
    for found, points in maps:
        for layer_map in found:
            arrays["embedding.sample"] = points["sample"]
            arrays[f"h{layer_map.horizon}.map.{layer_map.alias}"] = points[layer_map.alias]
    if filters is not None:
        arrays |= {"filters.weights": filters.weights, "filters.outputs": filters.outputs}
    return arrays


def _test_arrays(bench: Bench, horizon: int, answers: np.ndarray) -> dict[str, np.ndarray]:
    """Return a checkpoint's answers on the test split, with what is true of it."""
    split = bench.data.splits[TEST]
    arrays: dict[str, np.ndarray] = {"test.labels": split.labels}
    if split.groups is not None:
        arrays["test.groups"] = split.groups
    return arrays | {f"h{horizon}.test.predictions": answers}


def describe_data(bench: Bench) -> DataSummary:
    """Return the data's summary, with sample pictures in an illustrated record alone."""
    summary = bench.data.summary
    return summary if bench.is_illustrated else replace(summary, samples=())


def describe_model(bench: Bench) -> ModelSummary:
    """Return the network's summary with the source of its class."""
    model, training = bench.spec.model, bench.spec.training
    source, file, line = "", "", 0
    if isinstance(model, StudyModel):
        source, line = class_source(bench.study.models_file, model.class_)
        file = bench.study.models_file.name
    return summarize_model(
        bench.rehearsal(),
        bench.input_shape,
        phases=() if training is None else training.phases,
        source=source,
        source_file=file,
        source_line=line,
        weights=bench.spec.weights,
        weights_fingerprint=bench.weights_fingerprint,
    )


def describe_answers(bench: Bench, answers: Answers, *, illustrated: bool) -> Evaluation:
    """Return the evaluation of one checkpoint, its most confident errors shown if illustrated."""
    labels = bench.evaluated.labels
    confusion = confusion_counts(labels, answers.predictions, bench.data.source.n_classes)
    shown = 0 if bench.spec.filters is None else bench.spec.filters.images
    room = MAX_THUMBNAILS - len(bench.data.summary.samples) - shown
    n_listed = min(N_ERRORS, room) if illustrated else N_ERRORS
    listed = (
        ()
        if answers.confidence is None
        else confident_errors(labels, answers.predictions, answers.confidence, n_listed)
    )
    errors = tuple(
        ErrorSample(*error, _thumbnail(bench, error[0]) if illustrated else None)
        for error in listed
    )
    n_errors = int((labels != answers.predictions).sum())
    return Evaluation(
        answers.horizon, answers.epoch, EVALUATED, len(labels), n_errors, confusion, errors
    )


def describe_test(bench: Bench, answers: Answers) -> Evaluation:
    """Return the evaluation of one checkpoint on the test split."""
    assert answers.test is not None
    labels = bench.data.splits[TEST].labels
    confusion = confusion_counts(labels, answers.test, bench.data.source.n_classes)
    n_errors = int((labels != answers.test).sum())
    return Evaluation(answers.horizon, answers.epoch, TEST, len(labels), n_errors, confusion, ())


def _thumbnail(bench: Bench, row: int) -> Thumbnail:
    split = bench.evaluated
    return make_thumbnail(EVALUATED, row, int(split.labels[row]), split.images[row])


def describe_provenance(
    learnt: Checkpoints, epochs: int, stage_s: Mapping[str, float]
) -> Provenance:
    """Return how the record came about; a training that moved names all its places."""
    sessions = [s for s in learnt.sessions if s.first_epoch <= max(epochs, 1)]
    last = sessions[-1]
    return Provenance(
        device=last.device,
        device_name=" + ".join(dict.fromkeys(session.device_name for session in sessions)),
        precision=last.precision,
        threads=last.threads,
        versions=last.versions,
        commit=last.commit,
        epoch_s=tuple(learnt.seconds[: len(within(learnt.rows, epochs))]),
        stage_s=dict(stage_s),
    )
