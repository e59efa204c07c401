"""What section 3 of practica1 may find: its mutations, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from reportgen.records import RunId, RunRecord
from tests import changes
from tests.changes import Mutation, both, flat, heavier, of, resized
from tests.mutation import with_errors, with_line, with_predictions

SCRATCH, EXTRACTOR, FINETUNED, AUGMENTED = (
    RunId(name, "", 1234) for name in ("scratch", "extractor", "finetuned", "augmented")
)
ALL = (SCRATCH, EXTRACTOR, FINETUNED, AUGMENTED)
HORIZONS = {SCRATCH: 15, EXTRACTOR: 0, FINETUNED: 12, AUGMENTED: 12}


def errors(run: RunId, n_errors: int) -> Mutation:
    """Return the mutation after which a method has so many errors of 200."""
    return of(run, with_errors, HORIZONS[run], n_errors)


def as_good(run: RunId, other: RunId) -> Mutation:
    """Return the mutation in which a method answers just as another one does."""

    def change(records: dict[RunId, RunRecord]) -> dict[RunId, RunRecord]:
        answers = records[other].arrays[f"h{HORIZONS[other]}.predictions"]
        return of(run, with_predictions, HORIZONS[run], answers.tolist())(records)

    return change


def curves(run: RunId, **columns: Callable[[int], float]) -> Mutation:
    """Return the mutation of a method's curves."""
    return changes.curves(run, HORIZONS[run], **columns)


def line(run: RunId, n_errors: int) -> Mutation:
    """Return the mutation after which the line on a map fails so many."""
    return of(run, with_line, "final", n_errors)


def on_map(run: RunId, **given: Any) -> Mutation:
    """Return the mutation of a method's map."""
    return changes.maps(run, "final", space="map", **given)


def everywhere(change: Callable[[RunId], Mutation]) -> Mutation:
    """Return the mutation that changes all methods."""
    return both(*(change(run) for run in ALL))


def every_result(**fields: Callable[[Any], Any]) -> Mutation:
    """Return the mutation that changes parts of all results."""
    return everywhere(lambda run: changes.result(run, **fields))


MUTATIONS: Mapping[str, Mutation] = {
    # which method is best
    "the winner is clear": both(errors(FINETUNED, 0), errors(EXTRACTOR, 30), errors(AUGMENTED, 20)),
    "the extractor wins": errors(EXTRACTOR, 0),
    "scratch wins": errors(SCRATCH, 0),
    "scratch is as good": both(errors(SCRATCH, 14), errors(FINETUNED, 14)),
    "scratch is beaten by one only": both(errors(SCRATCH, 24), errors(FINETUNED, 3)),
    "nobody is beaten": everywhere(lambda run: as_good(run, FINETUNED)),
    "two tie for the first place": as_good(AUGMENTED, FINETUNED),
    "augmentation helps": both(errors(AUGMENTED, 0), errors(FINETUNED, 30)),
    "augmentation may help": both(errors(AUGMENTED, 8), errors(FINETUNED, 12)),
    "augmentation harms": errors(AUGMENTED, 40),
    "one error": errors(FINETUNED, 1),
    # curves
    "scratch learns nothing": curves(
        SCRATCH,
        train_loss=flat(0.6931),
        validation_loss=flat(0.6931),
        train_accuracy=flat(0.5),
        validation_accuracy=lambda e: 0.5,
    ),
    "scratch answers at random": curves(SCRATCH, validation_accuracy=lambda e: 0.5),
    "scratch is quick": curves(SCRATCH, validation_accuracy=lambda e: 0.9 if e == 3 else 0.7),
    "the first epoch is poor": curves(
        FINETUNED, validation_accuracy=lambda e: 0.6 if e == 1 else 0.95 if e == 9 else 0.9
    ),
    "no gap": curves(FINETUNED, train_accuracy=lambda e: 0.95),
    "a wide gap": curves(FINETUNED, train_accuracy=lambda e: 1.0),
    "no gap with augmentation": curves(AUGMENTED, train_accuracy=lambda e: 0.9),
    # maps
    "all lines fail alike": everywhere(lambda run: line(run, 20)),
    "a line fails nothing": line(FINETUNED, 0),
    "the line of the extractor serves": line(EXTRACTOR, 12),
    "the line of scratch is best": both(line(SCRATCH, 1), line(AUGMENTED, 20)),
    "the extractor's line beats its SVM": both(line(EXTRACTOR, 5), line(SCRATCH, 60)),
    "another map is worst": both(line(SCRATCH, 99), line(AUGMENTED, 12)),
    "no line serves": everywhere(lambda run: line(run, 100)),
    "no structure": everywhere(lambda run: on_map(run, purity=0.5)),
    "strong overlap": everywhere(lambda run: on_map(run, purity=0.7, silhouette=0.1)),
    "considerable overlap": everywhere(lambda run: on_map(run, purity=0.85)),
    "slight overlap": everywhere(lambda run: on_map(run, purity=0.96, silhouette=0.7)),
    "no overlap": everywhere(lambda run: on_map(run, purity=0.995, silhouette=0.9)),
    "the map blurs": on_map(FINETUNED, purity=0.7),
    "the map agrees": on_map(FINETUNED, purity=0.76),
    "all maps are to be trusted": everywhere(
        lambda run: on_map(run, layer={"trustworthiness": 0.97})
    ),
    "trust in another map": both(
        on_map(SCRATCH, layer={"trustworthiness": 0.7}),
        on_map(EXTRACTOR, layer={"trustworthiness": 0.99}),
        on_map(FINETUNED, layer={"trustworthiness": 0.99}),
        on_map(AUGMENTED, layer={"trustworthiness": 0.96}),
    ),
    "fair trust": everywhere(lambda run: on_map(run, layer={"trustworthiness": 0.9})),
    "another layer": everywhere(
        lambda run: on_map(run, layer={"layer": "fc", "n_features": 64, "n": 190})
    ),
    # the rest
    "no shared images": every_result(data=lambda d: replace(d, n_shared=0)),
    "one shared image": every_result(data=lambda d: replace(d, n_shared=1)),
    "other images": every_result(data=lambda d: replace(d, name="openmoji")),
    "other sizes": every_result(data=resized),
    "another network": every_result(model=lambda m: replace(heavier(m), name="Otra")),
    "networks of several sizes": changes.result(SCRATCH, model=heavier),
    "scored on other samples": every_result(
        evaluations=lambda es: tuple(replace(e, split="test") for e in es)
    ),
}
