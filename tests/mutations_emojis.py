"""What emojis may find: the mutations of its three sections, by name.

A trial has ten divisions, a run each, and most facts are over them, so most mutations
change all ten. Trials that begin as another one does (`long` is `early` and `final`, and
`epochs_30` is `batch_10`, for as long as these go on) follow it where nothing says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from reportgen.records import RunId, RunRecord
from reportgen.spec.study import Study
from tests import changes
from tests.changes import Mutation, both, course, every, heavier, of, resized, top_heavy
from tests.mutation import (
    Records,
    at_chance,
    gone_on,
    with_curves,
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
    return every(runs(*trials, seeds=seeds), lambda run: of(run, change, *given))


def results(*trials: str, **fields: Callable[[Any], Any]) -> Mutation:
    """Return the mutation that changes parts of the results of some trials."""
    return every(runs(*trials), lambda run: changes.result(run, **fields))


# ── how a training ends ─────────────────────────────────────────────────────


def diverge(*trials: str, after: int = 3, seeds: Any = SEEDS) -> Mutation:
    """Return the mutation in which some trials diverge after so many epochs."""
    return each(trials, with_divergence, after, seeds=seeds)


def stick(*trials: str, seeds: Any = SEEDS) -> Mutation:
    """Return the mutation in which some trials never leave chance."""

    def change(run: RunId) -> Mutation:
        return both(learn_as(run), of(run, at_chance))

    return every(runs(*trials, seeds=seeds), change)


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
    return every(runs(*trials), learn_as)


# ── how good it is ──────────────────────────────────────────────────────────


def errors(n_errors: Mapping[str, int | Callable[[int], int]]) -> Mutation:
    """Return the mutation after which trials have so many errors, with all seeds or by seed."""

    def change(run: RunId) -> Mutation:
        wanted = n_errors[run.trial]
        n = wanted(run.seed) if callable(wanted) else wanted
        return of(run, with_errors, HORIZONS[run.trial], n)

    return every(runs(*n_errors), change)


def step(trial: str, other: str, by_seed: Callable[[int], int]) -> Mutation:
    """Return the mutation in which a trial gets so many more right than another, by seed."""
    return every(
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

    return every(runs(*trials, seeds=seeds), change)


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
    return every(
        runs(*trials),
        lambda run: course(run, RunId("search", "", run.seed), HORIZONS[run.trial], 15),
    )


# ── data and networks ───────────────────────────────────────────────────────


def groups(by_class: Sequence[int], *trials: str) -> Mutation:
    """Return the mutation after which the classes of the samples have so many emojis."""
    return each(trials, with_groups, by_class, seeds=[1])


def shared(n: int, *seeds: int) -> Mutation:
    """Return the mutation in which images of some divisions stand in both splits."""
    return every(
        runs("", seeds=seeds), lambda run: changes.result(run, data=lambda d: replace(d, n_shared=n))
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


DATA: Mapping[str, Mutation] = {
    "other sizes": results(*HORIZONS, data=resized),
    "a dark ground": results("", data=dark),
    "a red ground": results("", data=tinted),
    "no colour": results("", data=grey),
    "an image in both splits": shared(1, 1),
    "images in both splits": shared(3, *SEEDS),
    "images in both splits of another division": shared(2, 4),
    "as many emojis of each class": groups((4, 4, 4, 4, 4), ""),
    "one emoji of a class": groups((1, 4, 2, 8, 8), ""),
    "one emoji of each class": groups((1, 1, 1, 1, 1), ""),
    "many emojis": groups((6, 8, 7, 9, 8), ""),
    "the original does alike everywhere": errors({"": lambda seed: 60}),
    "the original has one accuracy": curves([""], lambda _: {"validation_accuracy": lambda e: 1.0}),
    "the original diverges with a division": diverge("", after=0, seeds=[3]),
    "the original diverges with some": diverge("", after=0, seeds=[2, 3, 4]),
    "the original diverges with the first division": diverge("", after=0, seeds=[1]),
    "the original diverges with all": diverge("", after=0),
    "scored on other samples": results(
        "", evaluations=lambda es: tuple(replace(e, split="test") for e in es)
    ),
    "other weights": both(model("final", heavier), model("", heavier)),
    "some weights rest": model("final", frozen),
    "a conv has most": model("final", top_heavy("convs.1", 10**7)),
    "no layer has half": model("final", top_heavy("convs.1", 10**6)),
    "a small network": model("final", lighter),
    "a large first network": model("", top_heavy("fc1", 10**7)),
    "the first network has as much at the front": model(
        "final", lambda m: replace(m, layers=tuple(map(_squeezed, m.layers)))
    ),
    "many activations": model("final", wider),
    "eleven outputs": model("final", lambda m: replace(m, n_outputs=11)),
}


def _squeezed(layer: Any) -> Any:
    """Return a layer as the first network has it, if the dense part follows it."""
    return replace(layer, output_shape=(64, 4, 4)) if layer.name == "convs.1" else layer


def one_network(records: Records) -> Records:
    """Give all trials the network of the original."""
    first = records[RunId("search", "", 1)].result.model
    return results(*TRIALS, model=lambda _: first)(records)


SEARCH: Mapping[str, Mutation] = {
    # how they end
    "everything learns": learn(*FAIL),
    "nothing learns": stick(*HORIZONS),
    "everything diverges": diverge(*HORIZONS),
    "everything diverges at once": diverge(*HORIZONS, after=0),
    "everything diverges with a division": diverge(*HORIZONS, after=2, seeds=[7]),
    "everything diverges with the first division": diverge(*HORIZONS, after=0, seeds=[1]),
    "everything sticks with a division": both(learn(*FAIL), stick(*HORIZONS, seeds=[1])),
    "only the original learns": stick(*TRIALS),
    "only one trial learns": stick(*[name for name in HORIZONS if name != "padded"]),
    "two learn alike": stick(*[name for name in HORIZONS if name not in {"", "rate_double"}]),
    "two learn, one better": both(
        stick(*[name for name in HORIZONS if name not in {"", "rate_double"}]),
        errors({"rate_double": 5}),
    ),
    "one sticks": both(learn(*FAIL), stick("softmax")),
    "one diverges with all": both(learn(*FAIL), diverge("rate_high", after=4)),
    "one diverges with one": both(learn(*FAIL), diverge("rate_high", after=4, seeds=[2])),
    "one sticks with one": both(learn(*FAIL), stick("rate_high", seeds=[2])),
    "the long one sticks": stick("long", "early", "final"),
    "an origin sticks": stick("rate_double"),
    "the final one diverges": diverge("final", after=1, seeds=[2]),
    # what the steps bring
    "every step helps": steps(lambda seed: 3),
    "every step harms": steps(lambda seed: -3),
    "one step helps": steps(lambda seed: 3, keep=[*STEPS][1:]),
    "one step harms": steps(lambda seed: -4, keep=[*STEPS][1:]),
    "steps make no odds": steps(lambda seed: int(seed == 1)),
    "a step makes no odds": steps(lambda seed: int(seed == 1), keep=[*STEPS][1:]),
    "steps bring nothing": both(alike("rate_double", "batch_10", "strided"), ends()),
    "more epochs help": step("epochs_30", "batch_10", lambda seed: 4),
    "more epochs bring nothing": step("epochs_30", "batch_10", lambda seed: 0),
    "more epochs harm": step("epochs_30", "batch_10", lambda seed: -4),
    "fewer epochs help": both(
        step("early", "long", lambda seed: 4), step("final", "long", lambda seed: 5)
    ),
    "fewer epochs bring nothing": long_curves(rising(lambda seed: 3)),
    "early stopping acts with some": long_curves(falling, seeds=range(1, 6)),
    # which is best
    "the winner is clear": errors({"strided": 5}),
    "one rival": errors({"strided": 5, "padded": lambda seed: 5 + seed % 2}),
    "a tie": errors({"strided": 5, "padded": 5}),
    "a tie of all": both(
        alike(*STEPS.keys() - {"long"}),
        step("epochs_30", "batch_10", lambda seed: 0),
        errors({name: 90 for name in ("long", "early", "final")}),
    ),
    "the second is worse, others might not be": both(
        errors({name: 90 for name in LEARN if name not in {"strided", "padded"}}),
        errors({"strided": 20, "padded": 24, "early": 90, "final": 90}),
        errors({n: lambda s: 100 * (s % 2) for n in ("two_layers", "batch_10", "epochs_30")}),
    ),
    "the original is best": errors({"": 5}),
    "the final one is best": errors({"final": 3}),
    "the division makes no odds": errors({"strided": 40, "padded": 44}),
    "the best never errs": errors({"strided": 0}),
    "the best spreads less than its lead": errors({"strided": lambda seed: seed % 2}),
    # curves
    "all overfit": curves(
        [*LEARN, "rate_high", "share"], rising(lambda seed: 4), seeds=[1]
    ),
    "one overfits": both(
        curves([*LEARN, "rate_high", "share"], falling, seeds=[1]),
        curves(["padded"], rising(lambda seed: 4), seeds=[1]),
        ends(),
    ),
    "none overfits": both(
        curves([*LEARN, "rate_high", "share"], falling, seeds=[1]), ends()
    ),
    "both losses rise": curves([*LEARN, "rate_high", "share"], together, seeds=[1]),
    "both losses rise in one": curves(["padded"], together, seeds=[1]),
    "the gap is a point": both(
        curves([*LEARN, "rate_high", "share"], apart(0.01), seeds=[1]), ends()
    ),
    "validation is easier": both(
        curves([*LEARN, "rate_high", "share"], apart(-0.2), seeds=[1]), ends()
    ),
    "it overfits though validation is easier": curves(
        [*LEARN, "rate_high", "share"], easier, seeds=[1]
    ),
    "the stopped one overfits": curves(["early"], rising(lambda seed: 20), seeds=[1]),
    # the rest
    "heavier networks": results(*HORIZONS, model=heavier),
    "networks of one size": one_network,
    "the first network is large": model("", top_heavy("fc1", 10**7)),
    "others are large": both(
        *(model(name, top_heavy("fc1", k * 10**7)) for k, name in enumerate(TRIALS, start=1))
    ),
    "other sizes": results(*HORIZONS, data=resized),
    "scored on other samples": results(
        *HORIZONS, evaluations=lambda es: tuple(replace(e, split="test") for e in es)
    ),
    "the rule gives another epoch": long_curves(rising(lambda seed: 20)),
    "the rule gives none": long_curves(falling),
}

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


FINAL: Mapping[str, Mutation] = {
    # the rule
    "it rises later": long_curves(rising(lambda seed: 9)),
    "it rises here and there": long_curves(rising(lambda seed: 3 + 2 * seed)),
    "it rises at once": long_curves(rising(lambda seed: 1)),
    "it rises with some": both(
        long_curves(falling, seeds=range(3, 11)), long_curves(rising(lambda seed: 6), seeds=[1, 2])
    ),
    "it rises with others": both(
        long_curves(falling, seeds=range(1, 6)),
        long_curves(rising(lambda seed: 4 + seed), seeds=range(6, 11)),
    ),
    "it rises with one": both(
        long_curves(falling, seeds=range(2, 11)), long_curves(rising(lambda seed: 6), seeds=[1])
    ),
    "it never rises": long_curves(falling),
    "it rises with the training loss": long_curves(together),
    "the best epoch is that of the lowest loss": long_curves(rising(lambda seed: 7)),
    "the best epoch is the first": long_curves(
        lambda seed: {**rising(lambda s: 9)(seed), "validation_accuracy": lambda e: 0.7 - e / 200}
    ),
    "the long one sticks": stick("long", "early", "final"),
    "the long one sticks with the first": stick("long", "early", "final", seeds=[1]),
    "the long one diverges": both(diverge("long", after=9), ends()),
    "the long one diverges with one": both(diverge("long", after=9, seeds=[4]), ends()),
    "the long one diverges at once with one": diverge("long", "early", "final", after=0, seeds=[4]),
    "the long one diverges at once with the first": diverge(
        "long", "early", "final", after=0, seeds=[1]
    ),
    "the long one diverges at once": diverge("long", "early", "final", after=0),
    # early stopping
    "early stopping costs nothing": long_curves(rising(lambda seed: 3)),
    "early stopping costs much": step("early", "long", lambda seed: -9),
    "early stopping costs as good as nothing": step("early", "long", lambda seed: -int(seed == 1)),
    "early stopping helps": step("early", "long", lambda seed: 2),
    "the stopped one diverges": diverge("early", after=3),
    "the stopped one diverges with one": diverge("early", after=3, seeds=[5]),
    "the stopped one diverges at once": diverge("early", after=0),
    "the stopped one diverges at once with the first": diverge("early", after=0, seeds=[1]),
    "the final one diverges": diverge("final", after=2),
    "the final one diverges with one": diverge("final", after=2, seeds=[5]),
    "the final one diverges at once": diverge("final", after=0),
    "the final one diverges at once with the first": diverge("final", after=0, seeds=[1]),
    "the final one sticks": stick("final"),
    "the final one sticks with one": stick("final", seeds=[3]),
    # the last epoch
    "the final one loses nothing": long_curves(rising(lambda seed: 4)),
    "the final one is better": step("final", "long", lambda seed: 5),
    "stopping pays": both(
        curves(
            ["long"],
            lambda seed: {"validation_accuracy": lambda e: 0.5 + seed / 25 - 0.02 * (e > 4)},
        ),
        ends(),
    ),
    "stopping pays clearly": both(
        curves(["long"], lambda seed: {"validation_accuracy": lambda e: 0.9 if e < 5 else 0.5}),
        ends(),
    ),
    "stopping makes no odds": both(
        curves(["long"], lambda seed: {"validation_accuracy": lambda e: 0.7}), ends()
    ),
    "going on pays clearly": both(
        curves(["long"], lambda seed: {"validation_accuracy": lambda e: 0.5 if e < 5 else 0.9}),
        ends(),
    ),
    "going on pays clearly, and nothing rises": long_curves(
        lambda seed: {**falling(seed), "validation_accuracy": lambda e: 0.5 if e < 5 else 0.9}
    ),
    # errors
    "no errors": errors({"long": 0, "early": 0, "final": 0}),
    "one error": matrix(one_error),
    "two errors of a kind": matrix(two_errors),
    "one pair": matrix(one_pair),
    "the first confusions tie": matrix(first_tie),
    "the second place ties": matrix(second_tie),
    "the pairs tie": matrix(pairs_tie),
    "two classes are worst": matrix(worst_tie),
    "two classes are perfect": matrix(best_tie),
    "aves and felines": matrix(birds_and_felines),
    "people and felines": matrix(people_and_felines),
    "chance": each(["final"], at_guess, seeds=[1]),
    "emojis fail as a whole": each(["final"], by_emoji, lambda i, m: m * (i < 5), seeds=[1]),
    "one emoji is told in part": each(
        ["final"], by_emoji, lambda i, m: m * (i < 5) + (i == 5), seeds=[1]
    ),
    "each emoji fails in part": each(["final"], by_emoji, lambda i, m: m // 2, seeds=[1]),
    "some emojis fail in part": each(["final"], by_emoji, lambda i, m: int(i < 4), seeds=[1]),
    "no emoji is told as a whole": each(
        ["final"], by_emoji, lambda i, m: m if i % 2 else 1, seeds=[1]
    ),
    "as many emojis as images": each(
        ["final"], lambda r: with_groups(r, np.bincount(r.arrays["labels"]).tolist()), seeds=[1]
    ),
    # conclusions
    "the final one does alike everywhere": errors({"final": 60}),
    **{
        name: SEARCH[name]
        for name in (
            "everything learns",
            "nothing learns",
            "only the original learns",
            "only one trial learns",
            "two learn, one better",
            "one sticks",
            "every step helps",
            "every step harms",
            "one step helps",
            "one step harms",
            "steps make no odds",
            "a step makes no odds",
            "the winner is clear",
            "a tie",
            "the original is best",
        )
    },
    "scored on other samples": results(
        "long", "early", "final", evaluations=lambda es: tuple(replace(e, split="test") for e in es)
    ),
}


def other_reasons(study: Study, records: Records) -> tuple[Study, Records]:
    """Give each trial another reason."""
    return replace(study, runs=tuple(replace(r, why=f"{r.why} y más") for r in study.runs)), records


def three_divisions(study: Study, records: Records) -> tuple[Study, Records]:
    """Leave seven divisions out."""
    kept = tuple(run for run in study.runs if run.id.seed <= 3)
    experiments = {
        name: spec.model_copy(update={"seeds": [1, 2, 3]})
        for name, spec in study.experiments.items()
    }
    return replace(study, runs=kept, experiments=experiments), records


def one_trial_fewer(study: Study, records: Records) -> tuple[Study, Records]:
    """Leave a trial out that none begins from."""
    kept = tuple(run for run in study.runs if run.id.trial != "rate_low")
    search = study.experiments["search"]
    sweep = [trial for trial in search.sweep if trial.name != "rate_low"]
    experiments = {"search": search.model_copy(update={"sweep": sweep})}
    return replace(study, runs=kept, experiments=experiments), records


EDITS: Mapping[str, Callable[[Study, Records], tuple[Study, Records]]] = {
    "other reasons": other_reasons,
    "one trial fewer": one_trial_fewer,
    "three divisions": three_divisions,
}
"""Mutations of what the study's files say, and a report repeats."""
