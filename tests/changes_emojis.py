"""Changes of the records of the search over ten divisions: of all runs of a trial together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from reportgen.records import RunId, RunRecord
from tests import changes
from tests.changes import Mutation, both, course, of
from tests.mutation import (
    Records,
    at_chance,
    gone_on,
    with_divergence,
    with_errors,
    with_groups,
    with_predictions,
)

SEEDS = range(1, 11)
HORIZONS = {
    "": 15,
    "rate_high": 15,
    "rate_low": 15,
    "rate_double": 15,
    "batch_10": 15,
    "batch_5": 15,
    "epochs_30": 30,
    "share": 15,
    "softmax": 15,
    "sigmoid": 15,
    "two_layers": 15,
    "padded": 15,
    "strided": 15,
    "long": 60,
    "early": 60,
    "final": 4,
}
TRIALS = tuple(HORIZONS)[1:]
LEARN = ("", "rate_double", "batch_10", "epochs_30", "two_layers", "padded", "strided", "long")
"""Those that learn with every division, but for those that only end earlier than `long`."""
FAIL = ("rate_high", "rate_low", "batch_5", "share", "softmax", "sigmoid")
STEPS = {
    "rate_double": "",
    "batch_10": "rate_double",
    "two_layers": "batch_10",
    "padded": "two_layers",
    "strided": "padded",
    "long": "strided",
}
"""Where each fair step begins."""
PATIENCE = 5
CHANCE = float(np.log(5))


def runs(*trials: str, seeds: Iterable[int] = SEEDS) -> list[RunId]:
    """Return the runs of some trials."""
    return [RunId("search", trial, seed) for trial in trials for seed in seeds]


def each(
    trials: Sequence[str], change: Callable[..., RunRecord], *given: Any, seeds: Any = SEEDS
) -> Mutation:
    """Return the mutation that changes all runs of some trials alike."""
    return changes.each(runs(*trials, seeds=seeds), lambda run: of(run, change, *given))


def results(*trials: str, **fields: Callable[[Any], Any]) -> Mutation:
    """Return the mutation that changes parts of the results of some trials."""
    return changes.each(runs(*trials), lambda run: changes.result(run, **fields))


# ── how a training ends ─────────────────────────────────────────────────────


def diverge(*trials: str, after: int = 3, seeds: Any = SEEDS) -> Mutation:
    """Return the mutation in which some trials diverge after so many epochs."""
    return each(trials, with_divergence, after, seeds=seeds)


def stick(*trials: str, seeds: Any = SEEDS) -> Mutation:
    """Return the mutation in which some trials never leave chance."""

    def change(run: RunId) -> Mutation:
        return both(learn_as(run), of(run, at_chance))

    return changes.each(runs(*trials, seeds=seeds), change)


def learn_as(run: RunId) -> Mutation:
    """Return the mutation in which a run that failed learns: as far as it came, or as the first."""

    def change(records: Records) -> Records:
        result = records[run].result
        horizon, first = HORIZONS[run.trial], RunId("search", "", run.seed)
        losses = [row.train_loss for row in result.epochs]
        if min(losses, default=CHANCE) > 0.9 * CHANCE:
            return course(run, first, horizon)(records)
        return of(run, gone_on, horizon)(records) if result.diverged_at else records

    return change


def learn(*trials: str) -> Mutation:
    """Return the mutation in which some trials learn with every division."""
    return changes.each(runs(*trials), learn_as)


# ── how good it is ──────────────────────────────────────────────────────────


def errors(n_errors: Mapping[str, int | Callable[[int], int]]) -> Mutation:
    """Return the mutation after which trials have so many errors, with all seeds or by seed."""

    def change(run: RunId) -> Mutation:
        wanted = n_errors[run.trial]
        n = wanted(run.seed) if callable(wanted) else wanted
        return of(run, with_errors, HORIZONS[run.trial], n)

    return changes.each(runs(*n_errors), change)


def step(trial: str, other: str, by_seed: Callable[[int], int]) -> Mutation:
    """Return the mutation in which a trial gets so many more right than another, by seed."""
    return changes.each(
        runs(trial),
        lambda run: changes.better(run, RunId("search", other, run.seed), by_seed(run.seed)),
    )


def steps(by_seed: Callable[[int], int], *, keep: Sequence[str] = ()) -> Mutation:
    """Return the mutation in which every fair step brings so much."""
    made = [step(trial, other, by_seed) for trial, other in STEPS.items() if trial not in keep]
    return both(*made, ends())


# ── the long one, and those that begin as it does ───────────────────────────


def stop(record: RunRecord) -> int:
    """Return the epoch after which early stopping ends a training; its last one if it does not."""
    losses = [row.validation_loss for row in record.result.epochs]
    for n in range(1, len(losses) + 1):
        if n - 1 - losses.index(min(losses[:n])) >= PATIENCE:
            return n
    return len(losses)


def ends() -> Mutation:
    """Return the mutation in which `early` and `final` are the first epochs of `long` again."""

    def change(records: Records) -> Records:
        for seed in SEEDS:
            long, early, final = runs("long", "early", "final", seeds=[seed])
            if not records[long].result.evaluations:
                continue
            n = stop(records[long])
            records = course(early, long, HORIZONS["early"], n)(records)
            records = course(final, long, HORIZONS["final"])(records)
        return records

    return change


Columns = Mapping[str, Callable[[int], float]]


def curves(trials: Sequence[str], by_seed: Callable[[int], Columns], *, seeds: Any = SEEDS) -> Any:
    """Return the mutation that gives columns of epochs by functions of the epoch, by seed."""

    def change(run: RunId) -> Mutation:
        return changes.curves(run, HORIZONS[run.trial], **by_seed(run.seed))

    return changes.each(runs(*trials, seeds=seeds), change)


def long_curves(by_seed: Callable[[int], Columns], *, seeds: Any = SEEDS) -> Mutation:
    """Return the mutation of the curves of `long`, which `early` and `final` follow."""
    return both(curves(["long"], by_seed, seeds=seeds), ends())


def rising(onset: Callable[[int], int]) -> Callable[[int], Columns]:
    """Return curves whose validation loss rises from an epoch on, by seed."""

    def by_seed(seed: int) -> Columns:
        foot = onset(seed)
        return {
            "validation_loss": lambda e: 3 - 0.1 * min(e, foot) + 0.2 * max(0, e - foot),
            "train_loss": lambda e: 1.4 / e,
            "validation_accuracy": lambda e: 0.5 + 0.02 * min(e, foot),
            "train_accuracy": lambda e: 1 - 0.4 / e,
        }

    return by_seed


def falling(_: int) -> Columns:
    """Return curves that fall to the end, the better the longer."""
    return {
        "validation_loss": lambda e: 1.5 - e / 100,
        "train_loss": lambda e: 1.4 - e / 100,
        "train_accuracy": lambda e: 0.6 + e / 200,
        "validation_accuracy": lambda e: 0.6 + e / 200,
    }


def together(_: int) -> Columns:
    """Return curves of which both losses rise at the end."""
    return {
        "validation_loss": lambda e: 1 + 0.1 * abs(e - 3),
        "train_loss": lambda e: 0.8 + 0.1 * abs(e - 3),
    }


def easier(_: int) -> Columns:
    """Return curves that overfit, though the training data are harder."""
    return {**rising(lambda seed: 3)(1), "train_accuracy": lambda e: 0.3}


def apart(gap: float) -> Callable[[int], Columns]:
    """Return curves that fall, and whose accuracies differ by so much."""
    return lambda seed: {**falling(seed), "train_accuracy": lambda e: 0.6 + e / 200 + gap}


def alike(*trials: str) -> Mutation:
    """Return the mutation in which trials train as the original does."""
    return changes.each(
        runs(*trials),
        lambda run: course(run, RunId("search", "", run.seed), HORIZONS[run.trial], 15),
    )


# ── data and networks ───────────────────────────────────────────────────────


def groups(by_class: Sequence[int], *trials: str) -> Mutation:
    """Return the mutation after which the classes of the samples have so many emojis."""
    return each(trials, with_groups, by_class, seeds=[1])


def shared(n: int, *seeds: int) -> Mutation:
    """Return the mutation in which images of some divisions stand in both splits."""
    return changes.each(
        runs("", seeds=seeds),
        lambda run: changes.result(run, data=lambda d: replace(d, n_shared=n)),
    )


def model(trial: str, change: Callable[[Any], Any]) -> Mutation:
    """Return the mutation of a trial's network."""
    return results(trial, model=change)


def frozen(network: Any) -> Any:
    """Return a network whose first layer rests."""
    first, *rest = network.layers
    n = first.trainable
    return replace(
        network,
        layers=(replace(first, trainable=0, frozen=n), *rest),
        n_trainable=network.n_trainable - n,
        n_frozen=n,
    )


def lighter(network: Any) -> Any:
    """Return a network with a tenth of the weights."""
    layers = tuple(replace(layer, trainable=layer.trainable // 10) for layer in network.layers)
    n = sum(layer.trainable for layer in layers)
    return replace(network, layers=layers, n_trainable=n, parameter_bytes=4 * n)


def wider(network: Any) -> Any:
    """Return a network whose outputs are larger."""
    layers = tuple(
        replace(layer, output_shape=(2 * layer.output_shape[0], *layer.output_shape[1:]))
        for layer in network.layers
    )
    return replace(network, layers=layers, activation_bytes=network.activation_bytes * 40)


def dark(data: Any) -> Any:
    """Return data on a dark ground."""
    return replace(data, mean=(0.2, 0.3, 0.1))


def tinted(data: Any) -> Any:
    """Return data on a red ground."""
    return replace(data, mean=(0.9, 0.3, 0.2))


def grey(data: Any) -> Any:
    """Return data without colour."""
    splits = tuple(replace(split, channels=1) for split in data.splits)
    return replace(data, mean=data.mean[:1], std=data.std[:1], splits=splits)


def squeezed(layer: Any) -> Any:
    """Return a layer as the first network has it, if the dense part follows it."""
    return replace(layer, output_shape=(64, 4, 4)) if layer.name == "convs.1" else layer


def one_network(records: Records) -> Records:
    """Give all trials the network of the original."""
    first = records[RunId("search", "", 1)].result.model
    return results(*TRIALS, model=lambda _: first)(records)


# ── the errors of the first division ────────────────────────────────────────


def matrix(edit: Callable[[np.ndarray], None]) -> Mutation:
    """Return the mutation that edits the final one's matrix with the first division."""
    return changes.matrix(RunId("search", "final", 1), HORIZONS["final"], edit)


def at_guess(record: RunRecord) -> RunRecord:
    """Let the network give one class in every answer, though its training loss fell."""
    wrong = [int(np.bincount(record.arrays["labels"]).argmax())] * len(record.arrays["labels"])
    return with_predictions(record, HORIZONS["final"], wrong)


def by_emoji(record: RunRecord, n_wrong: Callable[[int, int], int]) -> RunRecord:
    """Let so many images of each emoji be wrong, by the emoji's place and its images."""
    labels, emojis = record.arrays["labels"], record.arrays["groups"]
    predictions = np.array(labels)
    for i, emoji in enumerate(np.unique(emojis)):
        (members,) = np.nonzero(emojis == emoji)
        wrong = members[: n_wrong(i, len(members))]
        predictions[wrong] = (labels[wrong] + 1) % 5
    return with_predictions(record, HORIZONS["final"], predictions.tolist())


def one_error(counts: np.ndarray) -> None:
    counts[:] = 0
    counts[0, 1] = 1


def two_errors(counts: np.ndarray) -> None:
    counts[:] = 0
    counts[0, 1] = 2


def one_pair(counts: np.ndarray) -> None:
    counts[:] = 0
    counts[0, 2], counts[2, 0] = 5, 3


def first_tie(counts: np.ndarray) -> None:
    counts[:] = 0
    counts[0, 1] = counts[4, 3] = counts[2, 0] = 6
    counts[1, 3] = 1


def second_tie(counts: np.ndarray) -> None:
    counts[:] = 0
    counts[1, 3], counts[4, 2], counts[0, 1] = 9, 2, 2


def pairs_tie(counts: np.ndarray) -> None:
    counts[:] = 0
    counts[0, 1], counts[1, 0], counts[3, 4] = 4, 3, 7


def worst_tie(counts: np.ndarray) -> None:
    counts[:] = 0
    counts[0, 1] = counts[2, 4] = 20
    counts[1, 0] = counts[3, 4] = counts[4, 3] = 2


def best_tie(counts: np.ndarray) -> None:
    counts[3], counts[4] = 0, 0


def birds_and_felines(counts: np.ndarray) -> None:
    counts[1, 4], counts[4, 1] = 20, 15


def people_and_felines(counts: np.ndarray) -> None:
    counts[3, 4] = 40
