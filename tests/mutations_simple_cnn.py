"""What section 1 of practica1 may find: its mutations, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from reportgen.records import RunId, RunRecord
from reportgen.spec.study import Study
from tests import changes
from tests.changes import Mutation, flat, heavier, of, resized, top_heavy, with_class
from tests.mutation import Records, with_curves, with_errors, with_predictions

BASE = RunId("simple_cnn", "", 1234)
EPOCHS = 20


def trial(name: str) -> RunId:
    """Return the run of a trial."""
    return RunId("simple_cnn", name, 1234)


def curves(**columns: Callable[[int], float]) -> Mutation:
    """Return the mutation that gives columns of the 20 epochs by a function of the epoch."""
    return changes.curves(BASE, EPOCHS, **columns)


def maps(alias: str, **given: Any) -> Mutation:
    """Return the mutation of one map."""
    return changes.maps(BASE, alias, **given)


def all_maps(**given: Any) -> Mutation:
    """Return the mutation of both maps."""
    return changes.both(maps("intermediate", **given), maps("final", **given))


def result(**fields: Callable[[Any], Any]) -> Mutation:
    """Return the mutation that changes parts of the base run's result."""
    return changes.result(BASE, **fields)


def errors(run: RunId, n_errors: int) -> Mutation:
    """Return the mutation after which a run has so many errors at both horizons."""
    return changes.errors(run, n_errors)


def all_errors(n_errors: int) -> Mutation:
    """Return the mutation after which every trial has so many errors at both horizons."""
    names = ("hidden_32", "width_16", "pool_4", "compact", "tiny")
    return changes.both(*(errors(trial(name), n_errors) for name in names))


def matrix(edit: Callable[[np.ndarray], None]) -> Mutation:
    """Return the mutation that edits the base run's confusion matrix at 10 epochs."""
    return changes.matrix(BASE, 10, edit)


def tie(counts: np.ndarray) -> None:
    counts[:] = np.where(counts > 5, 5, counts)


def sixes(counts: np.ndarray) -> None:
    counts[6, 0], counts[0, 6], counts[8, 3] = 40, 30, 39


def others(counts: np.ndarray) -> None:
    counts[7, 2], counts[4, 9] = counts[4, 9], counts[7, 2] + 3


def other_errors(record: RunRecord) -> RunRecord:
    """Return the record with 500 errors at first, and later with 486 others."""
    labels = record.arrays["labels"].astype(int)
    early, late = labels.copy(), labels.copy()
    early[:500] = (labels[:500] + 1) % 10
    late[500:986] = (labels[500:986] + 1) % 10
    first = with_predictions(record, 10, early.tolist())
    return with_predictions(first, 20, late.tolist())


MUTATIONS: Mapping[str, Mutation] = {
    # curves
    "the validation loss rises": curves(
        validation_loss=lambda e: 0.05 + 0.02 * abs(e - 5), train_loss=lambda e: 0.2 / e
    ),
    "it rises late": curves(
        validation_loss=lambda e: 0.1 / e if e < 11 else 0.02 * (e - 9),
        train_loss=lambda e: 0.2 / e,
    ),
    "both losses are flat": curves(
        validation_loss=lambda e: 0.3 if e == 1 else flat(0.1)(e),
        train_loss=lambda e: 0.3 if e == 1 else flat(0.1)(e),
    ),
    "both losses fall": curves(validation_loss=lambda e: 0.9 / e, train_loss=lambda e: 0.8 / e),
    "only the training loss falls": curves(
        validation_loss=lambda e: 0.3 if e == 1 else flat(0.1)(e), train_loss=lambda e: 0.2 / e
    ),
    "the training loss rises": curves(train_loss=lambda e: 0.01 * e),
    "nothing is learnt": curves(
        train_loss=flat(2.3026), validation_loss=flat(2.3026), train_accuracy=flat(0.1)
    ),
    "training breaks": of(
        BASE, with_curves, validation_loss=[0.1, 0.09, 0.08, 0.07, 0.06, 0.05], stopped="diverged"
    ),
    "training breaks late": changes.curves(BASE, 15, "diverged", validation_loss=lambda e: 0.1 / e),
    "both losses rise late": curves(
        validation_loss=lambda e: 0.1 / e if e < 13 else 0.01 * (e - 11),
        train_loss=lambda e: 0.1 / e if e < 13 else 0.01 * (e - 11),
    ),
    "training data are not fitted": curves(train_accuracy=lambda e: 0.88),
    "no gap": curves(train_accuracy=lambda e: 0.9895),
    "a wide gap": curves(train_accuracy=lambda e: 1.0, validation_accuracy=lambda e: 0.9 + e / 400),
    "validation is easier": curves(
        train_accuracy=lambda e: 0.97, train_loss=lambda e: 0.3 - e / 100
    ),
    "no dropout effect": curves(running_loss=lambda e: 0.001),
    "only a lag": curves(running_loss=lambda e: 0.3 / e, train_loss=lambda e: 0.29 / e),
    # accuracy
    "chance": errors(BASE, 8900),
    "no errors": of(BASE, with_errors, 10, 0),
    "fewer errors": of(BASE, with_errors, 10, 50),
    "more epochs bring nothing": of(BASE, with_errors, 10, 90),
    "more epochs bring much": of(BASE, with_errors, 20, 10),
    "more epochs change other errors": of(BASE, other_errors),
    "more epochs spoil": changes.worse_later(BASE, 10, 20, 100),
    "more epochs harm": curves(validation_accuracy=lambda e: 0.99 if e == 10 else 0.97),
    "a few more errors": errors(BASE, 140),
    # confusions
    "all confusions tie": matrix(tie),
    "other classes": matrix(sixes),
    "the order of the pairs": matrix(others),
    # maps
    "no structure in the middle": maps("intermediate", space="features", purity=0.1),
    "no structure at the end": maps("final", space="features", purity=0.1),
    "no structure at all": all_maps(space="features", purity=0.1),
    "no structure on the maps": all_maps(space="map", purity=0.1),
    "weak structure": all_maps(space="features", purity=0.4),
    "strong overlap": maps("final", space="features", purity=0.7),
    "overlap on the map": maps("final", space="map", purity=0.7),
    "no overlap": all_maps(space="features", purity=0.995),
    "the middle is tighter": maps("intermediate", space="features", silhouette=0.9),
    "no layer is tighter": all_maps(space="features", silhouette=0.5),
    "one is hardly tighter": changes.both(
        maps("intermediate", space="features", silhouette=0.5),
        maps("final", space="features", silhouette=0.53),
    ),
    "the map is tighter": maps("final", space="map", silhouette=0.9),
    "the map of the middle is": maps("intermediate", space="map", silhouette=0.9),
    "not separable": all_maps(space="features", linear_errors=900),
    "separable": all_maps(space="features", linear_errors=0),
    "an unstable map": all_maps(stability={"overlap": 0.1}),
    "an arrangement to trust": all_maps(stability={"arrangement": 0.95}),
    "no arrangement to trust": all_maps(stability={"arrangement": 0.1}),
    "no trust": all_maps(layer={"trustworthiness": 0.5}),
    "fair trust": all_maps(layer={"trustworthiness": 0.9}),
    # trials
    "all trials are worse": all_errors(400),
    "all trials are better": all_errors(20),
    "the smallest is as good": errors(trial("tiny"), 120),
    "the chosen is worse": errors(trial("pool_4"), 300),
    "the chosen is in doubt": errors(trial("pool_4"), 130),
    "a wide one is better": of(trial("width_16"), with_errors, 10, 40),
    "a wide one is worse": errors(trial("width_16"), 300),
    "the dense one is better": of(trial("hidden_32"), with_errors, 10, 40),
    "the compact one is better": of(trial("compact"), with_errors, 10, 40),
    "another choice later": errors(trial("compact"), 400),
    # the rest
    "other sizes": result(data=resized),
    "another class": of(BASE, with_class),
    "another network": result(model=lambda m: replace(m, name="Otra", n_outputs=11)),
    "scored on other samples": result(
        evaluations=lambda es: tuple(replace(e, split="test") for e in es)
    ),
    "other layers": all_maps(layer={"layer": "fc1", "n": 4000, "n_features": 64}),
    "shared images": result(data=lambda d: replace(d, n_shared=7)),
    "other weights": result(model=heavier),
    "another largest layer": result(model=top_heavy("conv2")),
}


def other_reasons(study: Study, records: Records) -> tuple[Study, Records]:
    """Give each trial another reason."""
    return replace(study, runs=tuple(replace(r, why=f"{r.why} y más") for r in study.runs)), records


def one_trial_fewer(study: Study, records: Records) -> tuple[Study, Records]:
    """Leave a trial out."""
    runs = tuple(run for run in study.runs if run.id.trial != "width_16")
    spec = study.experiments["simple_cnn"]
    kept = [t for t in spec.sweep if t.name != "width_16"]
    experiments = {**study.experiments, "simple_cnn": spec.model_copy(update={"sweep": kept})}
    del records[trial("width_16")]
    return replace(study, runs=runs, experiments=experiments), records


EDITS: Mapping[str, Callable[[Study, Records], tuple[Study, Records]]] = {
    "other reasons": other_reasons,
    "one trial fewer": one_trial_fewer,
}
"""Mutations of what the study's files say, and a report repeats."""
