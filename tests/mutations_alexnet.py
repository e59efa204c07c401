"""What section 2 of practica1 may find: its mutations, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from reportgen.records import RunId, RunRecord
from tests import changes
from tests.changes import Mutation, both, flat, heavier, of, resized, top_heavy, with_class
from tests.mutation import (
    spoil,
    with_confidence,
    with_errors,
    with_filters,
    with_predictions,
    without_filters,
)

BASE = RunId("alexnet", "", 1234)
MNIST = RunId("simple_cnn", "", 1234)
SHORT, LONG = 10, 15
VEHICLES = [0, 1, 8, 9]
ANIMALS = [2, 3, 4, 5, 6, 7]


def curves(**columns: Callable[[int], float]) -> Mutation:
    """Return the mutation that gives columns of the 15 epochs by a function of the epoch."""
    return changes.curves(BASE, LONG, **columns)


def broken(after: int) -> Mutation:
    """Return the mutation whose training ends early because the loss is not finite."""
    return changes.curves(BASE, after, "diverged", validation_loss=lambda e: 2 - e / 20)


def maps(**given: Any) -> Mutation:
    """Return the mutation of the map."""
    return changes.maps(BASE, "final", **given)


def mnist_map(**given: Any) -> Mutation:
    """Return the mutation of the map that it is compared with."""
    return changes.maps(MNIST, "final", **given)


def result(**fields: Callable[[Any], Any]) -> Mutation:
    """Return the mutation that changes parts of the result."""
    return changes.result(BASE, **fields)


def matrix(edit: Callable[[np.ndarray], None]) -> Mutation:
    """Return the mutation that edits the confusion matrix at 15 epochs."""
    return changes.matrix(BASE, LONG, edit)


def mixing(edit: Callable[[np.ndarray], None]) -> Mutation:
    """Return the mutation that edits which classes mix among the features."""
    return changes.mixing(BASE, "final", edit)


def mended(n_errors: int) -> Mutation:
    """Return the mutation in which more epochs only mend some errors of the first ten."""

    def change(record: RunRecord) -> RunRecord:
        n_classes = len(record.result.data.classes)
        early, labels = record.arrays[f"h{SHORT}.predictions"], record.arrays["labels"]
        return with_predictions(record, LONG, spoil(early, labels, n_classes, n_errors).tolist())

    return of(BASE, change)


def confident(values: Callable[[np.ndarray], np.ndarray]) -> Mutation:
    """Return the mutation that changes how sure the network is of its answers."""

    def change(record: RunRecord) -> RunRecord:
        return with_confidence(record, LONG, values(record.arrays[f"h{LONG}.confidence"]).tolist())

    return of(BASE, change)


def filters(record: RunRecord) -> RunRecord:
    """Take the filters away, or give some where there are none."""
    return without_filters(record) if record.result.filters else with_filters(record, "conv1", 64)


def frozen(model: Any) -> Any:
    """Return a network half of whose weights rest."""
    layers = tuple(replace(x, trainable=0, frozen=x.trainable) for x in model.layers)
    n = model.n_trainable
    half = n - layers[0].frozen
    kept = (replace(layers[0], trainable=layers[0].frozen, frozen=0), *layers[1:])
    return replace(model, layers=kept, n_trainable=n - half, n_frozen=half)


def lighter(model: Any) -> Any:
    """Return a network with a hundredth of the weights."""
    layers = tuple(replace(x, trainable=x.trainable // 100) for x in model.layers)
    return replace(model, layers=layers, n_trainable=sum(x.trainable for x in layers))


DISTANCES = tuple(tuple(float(abs(i * i - j * j)) for j in range(10)) for i in range(10))
"""Between the centres: the first two are nearest, the first and the last farthest."""

# ── matrices ────────────────────────────────────────────────────────────────


def even(counts: np.ndarray) -> None:
    counts[:] = 25


def unlike(counts: np.ndarray) -> None:
    """Let each class be taken for those of the other group only."""
    counts[:] = 0
    counts[np.ix_(VEHICLES, ANIMALS)], counts[np.ix_(ANIMALS, VEHICLES)] = 30, 50


def alike(counts: np.ndarray) -> None:
    """Let no error leave its group."""
    counts[np.ix_(VEHICLES, ANIMALS)], counts[np.ix_(ANIMALS, VEHICLES)] = 0, 0


def one_leaves(counts: np.ndarray) -> None:
    alike(counts)
    counts[3, 9] = 1


def hard_vehicles(counts: np.ndarray) -> None:
    counts[:] = np.where(counts > 40, 40, counts)
    counts[np.ix_(VEHICLES, VEHICLES)] = 100


def fine_vehicles(counts: np.ndarray) -> None:
    counts[VEHICLES] = 0


def tied_head(counts: np.ndarray) -> None:
    counts[:] = np.where(counts > 60, 60, counts)


def two_tie(counts: np.ndarray) -> None:
    counts[5, 3] = counts[2, 4] = 236
    counts[3, 5] = counts[4, 2] = 100


def second_tie(counts: np.ndarray) -> None:
    counts[2, 4] = counts[9, 1] = 180
    counts[1, 9] = counts[4, 2] = 90


def many_tie(counts: np.ndarray) -> None:
    counts //= 2
    counts[5, 3] = 236
    counts[[2, 4, 6, 8, 9], 0] = 190


def one_pair(counts: np.ndarray) -> None:
    counts[:] = 0
    counts[5, 3], counts[3, 5] = 40, 30


def one_way(counts: np.ndarray) -> None:
    counts[:] = 0
    counts[5, 3] = 1


def other_classes(counts: np.ndarray) -> None:
    counts //= 2
    counts[0, 8], counts[8, 0], counts[6, 2] = 300, 280, 290


# ── neighbours ──────────────────────────────────────────────────────────────


def strangers_mix(shares: np.ndarray) -> None:
    shares[0, 3] = shares[3, 0] = 0.5


def second_strangers(shares: np.ndarray) -> None:
    shares[0, 3] = shares[3, 0] = 0.2


def third_strangers(shares: np.ndarray) -> None:
    shares[0, 3] = shares[3, 0] = 0.13


def others_mix(shares: np.ndarray) -> None:
    shares[4, 7] = shares[7, 4] = 0.4


MUTATIONS: Mapping[str, Mutation] = {
    # curves
    "the validation loss rises": curves(
        validation_loss=lambda e: 1 + 0.1 * abs(e - 6), train_loss=lambda e: 2 / e
    ),
    "it rises with the training loss": curves(
        validation_loss=lambda e: 1 + 0.1 * abs(e - 6), train_loss=lambda e: 1 + 0.1 * abs(e - 6)
    ),
    "it rises a little at the end": curves(
        validation_loss=lambda e: 2 / e if e < 12 else 2 / 11 + (e - 11) * 0.002,
        train_loss=lambda e: 2 / e,
    ),
    "it rises after much noise": curves(
        validation_loss=lambda e: 1 + 0.3 * (e % 2) + 0.1 * max(0, e - 11),
        train_loss=lambda e: 2 / e,
    ),
    "both losses fall": curves(validation_loss=lambda e: 3 / e, train_loss=lambda e: 2.5 / e),
    "only the validation loss falls": curves(
        validation_loss=lambda e: 3 / e, train_loss=lambda e: 1 + e / 50
    ),
    "it rises hardly": curves(
        validation_loss=lambda e: 1.03 if e > 12 else 1.0, train_loss=lambda e: 2 / e
    ),
    "it falls from a hump": curves(
        validation_loss=lambda e: {11: 1.3, 12: 1.3}.get(e, 1.0) - 0.1 * (e == 10),
        train_loss=lambda e: 2 / e,
    ),
    "both losses are higher in the end": curves(
        validation_loss=lambda e: 1.0 if e == 1 else flat(1.1)(e),
        train_loss=lambda e: 1.0 if e == 1 else flat(1.1)(e),
    ),
    "both losses are flat": curves(
        validation_loss=lambda e: 2.3 if e == 1 else flat(1.0)(e),
        train_loss=lambda e: 2.3 if e == 1 else flat(0.9)(e),
    ),
    "the training loss rises": curves(train_loss=lambda e: 0.5 + 0.05 * e),
    "nothing is learnt": curves(
        train_loss=flat(2.3026),
        validation_loss=flat(2.3026),
        train_accuracy=flat(0.1),
        validation_accuracy=lambda e: 0.1,
    ),
    "training breaks early": broken(6),
    "training breaks late": broken(13),
    "training data are fitted": curves(train_accuracy=lambda e: 0.97),
    "training data are nearly fitted": curves(train_accuracy=lambda e: 0.9),
    "no gap": curves(train_accuracy=lambda e: 0.7),
    "a narrow gap": curves(train_accuracy=lambda e: 0.71),
    "the same accuracy": curves(train_accuracy=lambda e: 0.6954),
    "validation is easier": curves(
        train_accuracy=lambda e: 0.6, train_loss=lambda e: 2 - e / 100, running_loss=lambda e: 2.6
    ),
    "dropout shows": curves(running_loss=lambda e: 1.5, train_loss=lambda e: 2 / e),
    "only a lag": curves(running_loss=lambda e: 8 / e, train_loss=lambda e: 7.4 / e),
    # after ten epochs
    "nothing is gained": of(BASE, with_errors, SHORT, 2500),
    "the change is in doubt": of(BASE, with_errors, LONG, 3500),
    "the change does not matter": mended(3544),
    "the change is for the worse": changes.worse_later(BASE, SHORT, LONG, 300),
    "the gap shrinks": curves(train_accuracy=lambda e: 0.9 if e < 11 else 0.71),
    # errors
    "chance": changes.errors(BASE, 9000, epochs=LONG),
    "no errors": of(BASE, with_errors, LONG, 0),
    "one error": matrix(one_way),
    "one pair": matrix(one_pair),
    "a dozen errors": of(BASE, with_errors, LONG, 12),
    "a few errors": of(BASE, with_errors, LONG, 40),
    "errors fall evenly": matrix(even),
    "errors leave their group": matrix(unlike),
    "errors stay in their group": matrix(alike),
    "one error leaves": matrix(one_leaves),
    "animals are easier": matrix(hard_vehicles),
    "vehicles are perfect": matrix(fine_vehicles),
    "the first confusions tie": matrix(tied_head),
    "the first pairs tie": matrix(two_tie),
    "the second place ties": matrix(second_tie),
    "many are second": matrix(many_tie),
    "other classes": matrix(other_classes),
    "not sure": confident(lambda p: p * 0.7),
    "rather sure": confident(lambda p: p * 0.9),
    "equally sure": confident(lambda p: p * 0 + 0.6),
    # map
    "no structure": both(
        maps(space="features", purity=0.1), maps(space="map", purity=0.1, silhouette=-0.2)
    ),
    "weak structure": maps(space="map", purity=0.3),
    "weak structure, strong overlap": maps(space="map", purity=0.5),
    "strong overlap": maps(space="features", purity=0.5),
    "slight overlap": both(maps(space="features", purity=0.93), maps(space="map", purity=0.93)),
    "no overlap": both(maps(space="features", purity=0.99), maps(space="map", purity=0.99)),
    "tighter than MNIST": both(
        maps(space="features", purity=0.99, silhouette=0.9), maps(space="map", purity=0.99)
    ),
    "looser than MNIST in one way": maps(space="features", silhouette=0.9),
    "MNIST is in disorder": mnist_map(space="features", purity=0.3, silhouette=0.01),
    "MNIST overlaps": mnist_map(space="features", purity=0.7),
    "more accurate than MNIST": of(MNIST, with_errors, 10, 5000),
    "no class is loose": maps(space="features", silhouette=0.6),
    "strangers mix": mixing(strangers_mix),
    "the second pair are strangers": mixing(second_strangers),
    "the third pair are strangers": mixing(third_strangers),
    "others mix": mixing(others_mix),
    "separable": maps(space="features", linear_errors=0),
    "MNIST is separable": mnist_map(space="features", linear_errors=0),
    "no trust": maps(layer={"trustworthiness": 0.5}),
    "fair trust": maps(layer={"trustworthiness": 0.9}),
    "another layer": maps(layer={"layer": "fc2", "n": 4000, "n_features": 64}),
    "other pairs of centres": maps(space="features", structure={"centroid_distance": DISTANCES}),
    # the rest
    "other images": result(data=lambda d: replace(d, name="openmoji")),
    "other sizes": result(data=resized),
    "another class": of(BASE, with_class),
    "another network": result(model=lambda m: replace(m, name="Otra", n_outputs=11)),
    "other weights": result(model=heavier),
    "another largest layer": result(model=top_heavy("conv2", 5 * 10**6)),
    "a conv has most": result(model=top_heavy("conv2", 10**8)),
    "some weights rest": result(model=frozen),
    "a small network": result(model=lighter),
    "filters": of(BASE, filters),
    "scored on other samples": result(
        evaluations=lambda es: tuple(replace(e, split="test") for e in es)
    ),
}
