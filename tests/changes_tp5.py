"""Changes of the records of tp5, most of ten repetitions at once, and edits of its files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from reportgen.records import LayerRow, MaximizedFilter, RunId, RunRecord, best_row
from reportgen.spec.experiment import Experiment
from reportgen.spec.study import Study
from tests import changes
from tests.changes import Mutation, both, each, flat, of
from tests.mutation import (
    Records,
    rebuild,
    with_answers_of,
    with_errors,
    with_maximized_filters,
    with_test_errors,
)

VARIANTS = ("direct", "from_fashion", "from_letters")
SEEDS = range(1, 11)
FASHION, LETTERS = RunId("fashion", "", 0), RunId("letters", "", 0)
NETWORKS = (FASHION, LETTERS)
LONG, SHORT, HEAD_ONLY = 50, 10, 35
N = 10_000
"""Samples of each evaluated split."""
LN10 = 2.3026

Edit = Callable[[Study, Records], tuple[Study, Records]]


def of_all(*names: str) -> tuple[RunId, ...]:
    """Return the runs of some variants with all seeds; without names, of all variants."""
    return tuple(RunId(name, "", seed) for name in names or VARIANTS for seed in SEEDS)


EVERY = (*of_all(), *NETWORKS)


def every_result(runs: Iterable[RunId] = EVERY, **fields: Callable[[Any], Any]) -> Mutation:
    """Return the mutation that changes parts of several results."""
    return each(runs, lambda run: changes.result(run, **fields))


# ── repetitions ─────────────────────────────────────────────────────────────


def scored(name: str, n_errors: Callable[[int], int]) -> Mutation:
    """Return the mutation after which each repetition has so many errors, by its seed."""
    return each(of_all(name), lambda run: of(run, with_errors, LONG, n_errors(run.seed)))


def swinging(middle: int, swing: int) -> Callable[[int], int]:
    """Return errors by seed that lie so far above and below a middle, by turns."""
    return lambda seed: middle + (swing if seed % 2 else -swing)


def tested(name: str, seed: int, n_errors: int) -> Mutation:
    """Return the mutation after which one repetition has so many errors on the test split."""
    return of(RunId(name, "", seed), with_test_errors, LONG, n_errors)


def answering(name: str, other: str, n_fewer: int = 0, seeds: Iterable[int] = SEEDS) -> Mutation:
    """Return the mutation in which repetitions answer as another variant's, but for some errors."""

    def change(records: Records) -> Records:
        changed = dict(records)
        for seed in seeds:
            run, model = RunId(name, "", seed), records[RunId(other, "", seed)]
            record = with_answers_of(records[run], model, LONG)
            n_errors = record.result.evaluations[-1].n_errors - n_fewer
            changed[run] = with_errors(record, LONG, n_errors) if n_fewer else record
        return changed

    return change


def by_seed(name: str, **columns: Callable[[int], Callable[[int], float]]) -> Mutation:
    """Return the mutation of each repetition's curves, by its seed and then by the epoch."""

    def change(run: RunId) -> Mutation:
        given = {column: value(run.seed) for column, value in columns.items()}
        return changes.curves(run, LONG, **given)

    return each(of_all(name), change)


def all_curves(**columns: Callable[[int], float]) -> Mutation:
    """Return the mutation that gives all repetitions of all variants the same columns."""
    return each(of_all(), lambda run: changes.curves(run, LONG, **columns))


def second_phase(name: str, gain: Callable[[int], float]) -> Mutation:
    """Return the mutation in which the second phase brings so much accuracy, by the seed."""
    start = {"from_fashion": 0.83, "from_letters": 0.9}[name]

    def column(seed: int) -> Callable[[int], float]:
        return lambda epoch: start + seed / 1000 + (gain(seed) if epoch > HEAD_ONLY else 0.0)

    return by_seed(name, validation_accuracy=column)


def both_second_phases(gain: Callable[[int], float]) -> Mutation:
    """Return the mutation in which the second phase brings so much from both sources."""
    return both(second_phase("from_fashion", gain), second_phase("from_letters", gain))


def rising(seeds: Iterable[int]) -> Callable[[int], Callable[[int], float]]:
    """Return validation losses that rise in the end with these seeds, and else fall."""
    chosen = set(seeds)
    return lambda seed: lambda e: 1 + abs(e - 15) / 50 if seed in chosen else 2 - e / 100


def falling(seed: int) -> Callable[[int], float]:
    """Return a training loss that falls all the while."""
    return lambda e: 2 / e


STUCK: Mapping[str, Callable[[int], float]] = {
    "train_loss": flat(LN10),
    "validation_loss": flat(LN10),
    "train_accuracy": lambda e: 0.1,
    "validation_accuracy": lambda e: 0.1,
}


def stuck(*runs: RunId) -> Mutation:
    """Return the mutation in which some runs never leave chance."""
    return each(runs, lambda run: changes.curves(run, LONG, **STUCK))


def diverged(run: RunId, after: int) -> Mutation:
    """Return the mutation in which a run's loss is not finite in the epoch after that one."""
    reason = f"diverged in epoch {after + 1}"
    return both(
        changes.curves(run, after, reason, validation_loss=lambda e: 1 + e / 100),
        changes.result(run, diverged_at=lambda _: after + 1),
    )


def lost(run: RunId) -> Mutation:
    """Return the mutation in which a run diverged before its first epoch was measured."""
    return changes.result(
        run,
        epochs=lambda _: (),
        evaluations=lambda _: (),
        tests=lambda _: (),
        stopped=lambda _: "diverged in epoch 2",
        diverged_at=lambda _: 2,
    )


def source(run: RunId, **columns: Callable[[int], float]) -> Mutation:
    """Return the mutation of the curves of a source network."""
    return changes.curves(run, SHORT, **columns)


def of_test(run: RunId, n_errors: int) -> Mutation:
    """Return the mutation after which a source network has so many errors on its test split."""
    return of(run, with_test_errors, SHORT, n_errors)


# ── networks and filters ────────────────────────────────────────────────────


def without(*types: str) -> Callable[[Any], Any]:
    """Return what takes the layers of some types out of a network."""

    def change(model: Any) -> Any:
        kept = tuple(layer for layer in model.layers if layer.type not in types)
        return replace(
            model,
            layers=kept,
            n_trainable=sum(layer.trainable for layer in kept),
            n_buffers=sum(layer.buffers for layer in kept),
        )

    return change


def one_convolution(model: Any) -> Any:
    """Return a network without the second convolution and what follows it."""
    kept = tuple(layer for layer in model.layers if not layer.name.endswith("2"))
    return replace(model, layers=kept, n_trainable=sum(layer.trainable for layer in kept))


def wider(model: Any) -> Any:
    """Return a network whose first convolution has twice the filters."""

    def twice(layer: LayerRow) -> LayerRow:
        shape = (2 * layer.output_shape[0], *layer.output_shape[1:])
        return replace(layer, output_shape=shape, trainable=2 * layer.trainable)

    layers = (twice(model.layers[0]), *model.layers[1:])
    return replace(model, layers=layers, n_trainable=sum(layer.trainable for layer in layers))


def frozen(model: Any) -> Any:
    """Return a network whose first convolution rests."""
    first = model.layers[0]
    layers = (replace(first, trainable=0, frozen=first.trainable), *model.layers[1:])
    n_frozen = first.trainable
    return replace(
        model, layers=layers, n_trainable=model.n_trainable - n_frozen, n_frozen=n_frozen
    )


MAXIMIZED = tuple(
    (run, alias) for run in (RunId("direct", "", 1), *NETWORKS) for alias in ("first", "second")
)
CHOSEN = RunId("from_letters", "", 1)


def filters(
    edit: Callable[[MaximizedFilter], MaximizedFilter],
    *places: tuple[RunId, str],
) -> Mutation:
    """Return the mutation of the filters at some places; without any, at all in the table."""
    return both(
        *(of(run, with_maximized_filters, alias, edit) for run, alias in places or MAXIMIZED)
    )


def above(found: MaximizedFilter) -> MaximizedFilter:
    return replace(found, activation=max(found.activation, found.real * 1.5 + 0.1), dead=False)


def below(found: MaximizedFilter) -> MaximizedFilter:
    return replace(found, activation=found.real * 0.5)


def dead(found: MaximizedFilter) -> MaximizedFilter:
    return replace(found, activation=0.0, start=0.0, real=0.0, dead=True)


def only(
    edit: Callable[[MaximizedFilter], MaximizedFilter], *numbers: int
) -> Callable[[MaximizedFilter], MaximizedFilter]:
    """Return an edit of some filters, by number; the others surpass all real images."""
    return lambda found: edit(found) if found.number in numbers else above(found)


# ── files ───────────────────────────────────────────────────────────────────


def respecified(change: Callable[[Experiment], Experiment], *names: str) -> Edit:
    """Return the edit of some experiments' files."""

    def edit(study: Study, records: Records) -> tuple[Study, Records]:
        experiments = {
            name: change(spec) if name in names else spec
            for name, spec in study.experiments.items()
        }
        runs = tuple(
            replace(run, spec=change(run.spec)) if run.id.experiment in names else run
            for run in study.runs
        )
        return replace(study, experiments=experiments, runs=runs), records

    return edit


def trained(**fields: Any) -> Callable[[Experiment], Experiment]:
    """Return what changes the training of an experiment."""
    return lambda spec: spec.model_copy(
        update={"training": spec.training and spec.training.model_copy(update=fields)}
    )


def with_rate(phase: int, lr: float) -> Callable[[Experiment], Experiment]:
    """Return what gives a phase, from 0, another learning rate."""

    def change(spec: Experiment) -> Experiment:
        assert spec.training is not None
        phases = list(spec.training.phases)
        optimizer = phases[phase].optimizer.model_copy(update={"lr": lr})
        phases[phase] = phases[phase].model_copy(update={"optimizer": optimizer})
        return trained(phases=tuple(phases))(spec)

    return change


def with_phases(*epochs: int) -> Callable[[Experiment], Experiment]:
    """Return what divides a training into phases of so many epochs."""

    def change(spec: Experiment) -> Experiment:
        assert spec.training is not None
        pairs = zip(spec.training.phases, epochs, strict=True)
        return trained(phases=tuple(p.model_copy(update={"epochs": n}) for p, n in pairs))(spec)

    return change


def other_head(spec: Experiment) -> Experiment:
    """Return an experiment whose first phase trains two modules."""
    assert spec.training is not None
    first, *rest = spec.training.phases
    return trained(phases=(first.model_copy(update={"train": ("norm2", "head")}), *rest))(spec)


def repeated(last: int, *names: str) -> Edit:
    """Return the edit in which only the first seeds are run, of some variants or of all."""

    def edit(study: Study, records: Records) -> tuple[Study, Records]:
        kept = tuple(
            run
            for run in study.runs
            if run.id.seed <= last or run.id.experiment not in (names or VARIANTS)
        )
        return replace(study, runs=kept), {run.id: records[run.id] for run in kept}

    return edit


def every_epoch(study: Study, records: Records) -> tuple[Study, Records]:
    """Measure each epoch; those between are as the next one that had been measured."""

    def change(record: RunRecord) -> RunRecord:
        rows = tuple(
            replace(row, epoch=epoch)
            for row in record.result.epochs
            for epoch in range(row.epoch - 4, row.epoch + 1)
        )
        answers = record.arrays[f"h{LONG}.predictions"]
        return rebuild(record, rows, {best_row(rows, LONG).epoch: answers})

    study, records = respecified(trained(validate_every=1), *VARIANTS)(study, records)
    return study, records | {run: change(records[run]) for run in of_all()}


def other_seed(study: Study, records: Records) -> tuple[Study, Records]:
    """Train the network of letters with another seed than that of clothes."""
    new = RunId("letters", "", 7)
    record = records[LETTERS]
    records[new] = replace(record, result=replace(record.result, seed=7))
    runs = tuple(
        replace(run, id=new)
        if run.id == LETTERS
        else replace(run, source=new)
        if run.source == LETTERS
        else run
        for run in study.runs
    )
    return replace(study, runs=runs), records


# ── data ────────────────────────────────────────────────────────────────────


def shared(n: int, *runs: RunId) -> Mutation:
    """Return the mutation in which so many images stand in several splits."""
    return every_result(runs, data=lambda d: replace(d, n_shared=n))


def named(run: RunId, name: str) -> Mutation:
    """Return the mutation in which a source has other images."""
    return every_result([run], data=lambda d: replace(d, name=name))


def balanced(data: Any) -> Any:
    """Return data with as many training samples of each class."""
    return replace(
        data,
        splits=tuple(
            replace(s, per_class=(s.n // len(s.per_class),) * len(s.per_class))
            if s.name == "train"
            else s
            for s in data.splits
        ),
    )


def coloured(data: Any) -> Any:
    """Return data with three channels."""
    return replace(data, splits=tuple(replace(s, channels=3) for s in data.splits))


def fewer(data: Any) -> Any:
    """Return data with one training sample of each class."""
    n = len(data.classes)
    return replace(
        data,
        splits=tuple(
            replace(s, n=n, per_class=(1,) * n) if s.name == "train" else s for s in data.splits
        ),
    )
