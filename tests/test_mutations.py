"""No result of practica1 can change without its text: each verdict flips, and the words follow.

The records are those of the committed run. Each mutation moves one finding, and
what hangs together with it (`tests.mutation`); the facts are derived anew and the
answers rendered again. Then either the text changes or the build fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportgen.errors import TemplateError
from reportgen.facts.derive import derive_facts
from reportgen.facts.fact import Fact
from reportgen.records import DataSummary, RunId, RunRecord
from reportgen.report import html, proof
from reportgen.report.environment import Environment
from reportgen.report.html import Writer
from reportgen.report.prose import Block
from reportgen.report.rules import Finding, Sentence, groundless_sentences, read_sentences
from reportgen.report.text import plain
from reportgen.report.view import View
from reportgen.spec.study import Study, load_study
from reportgen.store.codec import decode_record
from reportgen.store.frozen import record_paths
from tests.mutation import (
    find_evaluation,
    with_confusion,
    with_curves,
    with_errors,
    with_map_measures,
)

Records = dict[RunId, RunRecord]
Mutation = Callable[[Records], Records]

BASE = RunId("simple_cnn", "", 1234)
NAMES = frozenset(
    "name type shape label a b true predicted layer why source tighter looser chosen smallest "
    "precision device_name sample_split".split()
)
"""Last parts of the ids of texts that are printed, not verdicts."""
BY_THE_STUDY = frozenset({"augmented", "linear_trivial"})
"""Verdicts that the study's files decide: no record changes them."""

# ── the mutations ───────────────────────────────────────────────────────────


def of(run: RunId, change: Callable[..., RunRecord], *given: Any, **fields: Any) -> Mutation:
    """Return the mutation that changes one run's record."""
    return lambda records: {**records, run: change(records[run], *given, **fields)}


def trial(name: str) -> RunId:
    return RunId("simple_cnn", name, 1234)


def curves(**columns: Callable[[int], float]) -> Mutation:
    """Return the mutation that gives columns of the 20 epochs by a function of the epoch."""
    given = {name: [value(epoch) for epoch in range(1, 21)] for name, value in columns.items()}
    return of(BASE, with_curves, **given)


def maps(alias: str, **changes: Any) -> Mutation:
    return of(BASE, with_map_measures, alias, **changes)


def all_maps(**changes: Any) -> Mutation:
    return lambda records: maps("final", **changes)(maps("intermediate", **changes)(records))


def result(**fields: Callable[[Any], Any]) -> Mutation:
    """Return the mutation that changes parts of the base run's result."""

    def change(records: Records) -> Records:
        record = records[BASE]
        changed = {name: value(getattr(record.result, name)) for name, value in fields.items()}
        return {**records, BASE: replace(record, result=replace(record.result, **changed))}

    return change


def errors(run: RunId, n_errors: int) -> Mutation:
    """Return the mutation after which a run has so many errors at both horizons."""
    return of(run, with_curves, validation_accuracy=[1 - n_errors / 10_000] * 20)


def all_errors(n_errors: int) -> Mutation:
    """Return the mutation after which every trial has so many errors at both horizons."""

    def change(records: Records) -> Records:
        for run in records:
            if run.trial:
                records = errors(run, n_errors)(records)
        return records

    return change


def matrix(change: Callable[[np.ndarray], None]) -> Mutation:
    """Return the mutation that edits the base run's confusion matrix at 10 epochs."""

    def apply(records: Records) -> Records:
        counts = np.array(find_evaluation(records[BASE], 10).confusion)
        change(counts)
        sums = np.array(find_evaluation(records[BASE], 10).confusion).sum(axis=1)
        np.fill_diagonal(counts, 0)
        np.fill_diagonal(counts, sums - counts.sum(axis=1))
        rows = tuple(tuple(map(int, row)) for row in counts)
        return {**records, BASE: with_confusion(records[BASE], 10, rows)}

    return apply


def tie(counts: np.ndarray) -> None:
    counts[:] = np.where(counts > 5, 5, counts)


def sixes(counts: np.ndarray) -> None:
    counts[6, 0], counts[0, 6], counts[8, 3] = 40, 30, 39


def others(counts: np.ndarray) -> None:
    counts[7, 2], counts[4, 9] = counts[4, 9], counts[7, 2] + 3


def resized(data: DataSummary) -> DataSummary:
    """Return data with other image sizes, class sizes and normalisation."""
    splits = tuple(
        replace(s, n=s.n + 10, height=30, per_class=tuple(n + 1 for n in s.per_class))
        for s in data.splits
    )
    return replace(data, splits=splits, mean=(0.5,))


def another_class(records: Records) -> Records:
    """Add a class without samples to the base run."""
    record = records[BASE]
    data = record.result.data
    splits = tuple(replace(s, per_class=(*s.per_class, 0)) for s in data.splits)
    data = replace(data, classes=(*data.classes, "x"), splits=splits)
    evaluations = tuple(
        replace(e, confusion=(*((*row, 0) for row in e.confusion), (0,) * 11))
        for e in record.result.evaluations
    )
    changed = replace(record.result, data=data, evaluations=evaluations)
    return {**records, BASE: replace(record, result=changed)}


def flat(value: float) -> Callable[[int], float]:
    return lambda epoch: value + (epoch % 2) * value * 1e-3


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
    "one is hardly tighter": lambda records: maps("final", space="features", silhouette=0.53)(
        maps("intermediate", space="features", silhouette=0.5)(records)
    ),
    "the map is tighter": maps("final", space="map", silhouette=0.9),
    "the map of the middle is": maps("intermediate", space="map", silhouette=0.9),
    "not separable": all_maps(space="features", linear_errors=900),
    "separable": all_maps(space="features", linear_errors=0),
    "an unstable map": all_maps(stability={"overlap": 0.1}),
    "an arrangement to trust": all_maps(stability={"arrangement": 0.95}),
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
    "another class": another_class,
    "another network": result(model=lambda m: replace(m, name="Otra", n_outputs=11)),
    "scored on other samples": result(
        evaluations=lambda es: tuple(replace(e, split="test") for e in es)
    ),
    "other layers": all_maps(layer={"layer": "fc1", "n": 4000, "n_features": 64}),
    "shared images": result(data=lambda d: replace(d, n_shared=7)),
    "other weights": result(
        model=lambda m: replace(
            m,
            n_trainable=m.n_trainable + 10 * len(m.layers),
            parameter_bytes=m.parameter_bytes + 10**6,
            activation_bytes=m.activation_bytes * 2,
            layers=tuple(replace(layer, trainable=layer.trainable + 10) for layer in m.layers),
        )
    ),
    "another largest layer": result(
        model=lambda m: replace(
            m,
            n_trainable=m.n_trainable + 10**6,
            layers=tuple(
                replace(layer, trainable=layer.trainable + 10**6 * (layer.name == "conv2"))
                for layer in m.layers
            ),
        )
    ),
}


def other_reasons(study: Study, records: Records) -> tuple[Study, Records]:
    """Give each trial another reason."""
    return replace(study, runs=tuple(replace(r, why=f"{r.why} y más") for r in study.runs)), records


def one_trial_fewer(study: Study, records: Records) -> tuple[Study, Records]:
    """Leave a trial out."""
    runs = tuple(run for run in study.runs if run.id.trial != "width_16")
    spec = study.experiments["simple_cnn"]
    kept = [t for t in spec.sweep if t.name != "width_16"]
    experiments = {"simple_cnn": spec.model_copy(update={"sweep": kept})}
    del records[trial("width_16")]
    return replace(study, runs=runs, experiments=experiments), records


EDITS: Mapping[str, Callable[[Study, Records], tuple[Study, Records]]] = {
    "other reasons": other_reasons,
    "one trial fewer": one_trial_fewer,
}
"""Mutations of what the study's files say, and a report repeats."""

# ── rendering ───────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of some records: the facts, the result sentences, and each answer's bare wording.

    `wording` has no values: each printed fact is replaced by a sign.
    """

    facts: Mapping[str, Fact]
    sentences: tuple[tuple[str, Sentence], ...]
    wording: Mapping[str, str]
    consulted: Mapping[str, frozenset[str]]
    fault: str = ""

    def says(self, question: str, text: str) -> bool:
        return any(q == question and s.text == text for q, s in self.sentences)


def illustrated(record: RunRecord) -> RunRecord:
    """Return a record in which errors that no run has shown borrow a picture."""
    picture = record.result.data.samples[0]
    evaluations = tuple(
        replace(e, errors=tuple(replace(s, thumbnail=s.thumbnail or picture) for s in e.errors))
        for e in record.result.evaluations
    )
    return replace(record, result=replace(record.result, evaluations=evaluations))


def render(study: Study, records: Records) -> Outcome:
    """Render all answers; keep the sentences that the proof reads."""
    records = {**records, BASE: illustrated(records[BASE])}
    facts = derive_facts(study, records)
    by_id = {fact.id: fact for fact in facts}
    found: list[tuple[str, Sentence]] = []
    original = proof.Proof._read_copy

    def read_copy(self: proof.Proof, copy: proof.Copy, registry: Any) -> None:
        def keep(blocks: list[Block]) -> Iterator[Finding]:
            found.extend((copy.question, s) for s in read_sentences(blocks) if s.facts)
            return groundless_sentences(blocks)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(proof, "groundless_sentences", keep)
            original(self, copy, registry)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proof.Proof, "_read_copy", read_copy)
        try:
            page = Writer(View(study, records, facts), None).write()
        except TemplateError as error:
            return Outcome(by_id, (), {}, {}, error.message)
    names = [question for section in study.report.sections for question in section.questions]
    bodies = page.html.split('<section class="question">')[1:]
    wording = {
        name: plain(re.sub(r'<span class="fact"[^>]*>[^<]*</span>', "#", body))
        for name, body in zip(names, bodies, strict=True)
    }
    return Outcome(by_id, tuple(found), wording, page.consulted)


@dataclass(frozen=True, slots=True)
class Trials:
    """The report of the committed records, and what came of each mutation."""

    real: Outcome
    mutants: Mapping[str, Outcome]
    moved: Mapping[str, frozenset[str]]


@pytest.fixture(scope="module")
def compiled_once() -> Iterator[None]:
    """Let all renderings share the compiled templates, which take most of the time."""
    kept: list[Environment] = []

    def environment(*given: Any) -> Environment:
        fresh = Environment(*given)
        if kept:
            kept[0].filters |= fresh.filters
            kept[0].globals.clear()
            kept[0].globals |= fresh.globals
        else:
            kept.append(fresh)
        return kept[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(html, "Environment", environment)
        yield


@pytest.fixture(scope="module")
def trials(project: Path, compiled_once: None) -> Trials:
    study = load_study(project, "practica1")
    records: Records = {}
    for run in study.runs:
        files = {name: path.read_bytes() for name, path in record_paths(study, run.id).items()}
        records[run.id] = decode_record(files, run.id.slug)
    real = render(study, records)
    assert not real.fault
    mutants = {name: render(study, mutate(dict(records))) for name, mutate in MUTATIONS.items()}
    mutants |= {name: render(*edit(study, dict(records))) for name, edit in EDITS.items()}
    return Trials(real, mutants, {name: moved(real, m) for name, m in mutants.items()})


def moved(real: Outcome, mutant: Outcome) -> frozenset[str]:
    """Return the facts that came, went or have another value."""
    before, after = real.facts, mutant.facts
    return frozenset(
        id
        for id in before.keys() | after.keys()
        if id not in before or id not in after or before[id].value != after[id].value
    )


def verdicts(real: Outcome) -> Iterator[tuple[str, str]]:
    """Yield each question with each verdict that its answer consults."""
    for question, consulted in real.consulted.items():
        for id in sorted(consulted):
            name = id.rpartition(".")[2]
            if real.facts[id].unit in {"text", "bool"} and name not in NAMES | BY_THE_STUDY:
                yield question, id


# ── what must hold ──────────────────────────────────────────────────────────


def test_every_result_sentence_is_caught(trials: Trials) -> None:
    """A sentence is caught if some mutation of a fact that it rests on removes it."""
    missed = [
        (question, sentence.text)
        for question, sentence in trials.real.sentences
        if not any(
            sentence.facts & trials.moved[name] and not mutant.says(question, sentence.text)
            for name, mutant in trials.mutants.items()
        )
    ]
    assert len(trials.real.sentences) > 40
    assert missed == [], f"{len(missed)} of {len(trials.real.sentences)} result sentences escape"


def test_no_verdict_flips_without_other_words(trials: Trials) -> None:
    """Each verdict that an answer consults flips in some mutation, and the wording changes."""
    silent = [
        (question, id)
        for question, id in verdicts(trials.real)
        if not any(
            id in trials.moved[name]
            and (mutant.fault or mutant.wording[question] != trials.real.wording[question])
            for name, mutant in trials.mutants.items()
        )
    ]
    assert silent == []


@pytest.mark.parametrize("name", [*MUTATIONS, *EDITS])
def test_each_mutation_shows(trials: Trials, name: str) -> None:
    """Something moves, no sentence that shows it stays as it was, and the page can be built."""
    mutant = trials.mutants[name]
    assert trials.moved[name]
    assert not mutant.fault
    assert [s.text for _, s in mutant.sentences] != [s.text for _, s in trials.real.sentences]
