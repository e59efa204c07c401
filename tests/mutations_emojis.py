"""What emojis may find: the mutations of its three sections, by name.

A trial has ten divisions, a run each, and most facts are over them, so most mutations
change all ten. Trials that begin as another one does (`long` is `early` and `final`, and
`epochs_30` is `batch_10`, for as long as these go on) follow it where nothing says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from reportgen.spec.study import Study
from tests.changes import Mutation, both, heavier, resized, top_heavy
from tests.changes_emojis import (
    FAIL,
    HORIZONS,
    LEARN,
    SEEDS,
    STEPS,
    TRIALS,
    alike,
    apart,
    at_guess,
    best_tie,
    birds_and_felines,
    by_emoji,
    curves,
    dark,
    diverge,
    each,
    easier,
    ends,
    errors,
    falling,
    first_tie,
    frozen,
    grey,
    groups,
    learn,
    lighter,
    long_curves,
    matrix,
    model,
    one_error,
    one_network,
    one_pair,
    pairs_tie,
    people_and_felines,
    results,
    rising,
    second_tie,
    shared,
    squeezed,
    step,
    steps,
    stick,
    tinted,
    together,
    two_errors,
    wider,
    worst_tie,
)
from tests.mutation import (
    Records,
    with_groups,
)

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
        "final", lambda m: replace(m, layers=tuple(map(squeezed, m.layers)))
    ),
    "many activations": model("final", wider),
    "eleven outputs": model("final", lambda m: replace(m, n_outputs=11)),
}


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
        errors(dict.fromkeys(("long", "early", "final"), 90)),
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
    "all overfit": curves([*LEARN, "rate_high", "share"], rising(lambda seed: 4), seeds=[1]),
    "one overfits": both(
        curves([*LEARN, "rate_high", "share"], falling, seeds=[1]),
        curves(["padded"], rising(lambda seed: 4), seeds=[1]),
        ends(),
    ),
    "none overfits": both(curves([*LEARN, "rate_high", "share"], falling, seeds=[1]), ends()),
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
    "birds and felines": matrix(birds_and_felines),
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
