"""What a report says of some records: its result sentences, its wording, what it consulted."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from reportgen.errors import TemplateError
from reportgen.facts import derive
from reportgen.facts.fact import Fact
from reportgen.records import RunId, RunRecord
from reportgen.report import proof
from reportgen.report.html import Writer
from reportgen.report.prose import Block
from reportgen.report.rules import Finding, Sentence, groundless_sentences, read_sentences
from reportgen.report.text import plain
from reportgen.report.view import View
from reportgen.spec.run import Run
from reportgen.spec.study import Study
from reportgen.store.codec import decode_record
from reportgen.store.frozen import record_paths
from tests.mutation import Records

BODY = re.compile(r'<h3 id="q-')
_RUN_FACTS = derive.run_facts
FACT = re.compile(r'<span class="fact"[^>]*>[^<]*</span>')


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
        """Tell whether an answer has this sentence."""
        return any(q == question and s.text == text for q, s in self.sentences)

    def said(self, questions: tuple[str, ...]) -> list[tuple[str, Sentence]]:
        """Return the result sentences of some answers."""
        return [(question, s) for question, s in self.sentences if question in questions]


def read_records(study: Study) -> Records:
    """Return the committed records of a study."""
    records: Records = {}
    for run in study.runs:
        files = {name: path.read_bytes() for name, path in record_paths(study, run.id).items()}
        records[run.id] = decode_record(files, run.id.slug)
    return records


def shorten(study: Study, questions: tuple[str, ...], *, trials: bool) -> Study:
    """Return the study with some of its questions, and what their sections need."""
    sections = [
        section.model_copy(update={"questions": kept})
        for section in study.report.sections
        if (kept := [name for name in section.questions if name in questions])
    ]
    experiments = {
        name: spec if trials else spec.model_copy(update={"sweep": []})
        for name, spec in study.experiments.items()
        if any(name in section.experiments for section in sections)
    }
    runs = tuple(
        run
        for run in study.runs
        if run.id.experiment in experiments and (trials or not run.id.trial)
    )
    report = study.report.model_copy(update={"sections": sections})
    return replace(study, report=report, experiments=experiments, runs=runs)


def illustrated(record: RunRecord) -> RunRecord:
    """Return a record in which errors that no run has shown borrow a picture, if there is any."""
    samples = record.result.data.samples
    if not samples:
        return record
    evaluations = tuple(
        replace(e, errors=tuple(replace(s, thumbnail=s.thumbnail or samples[0]) for s in e.errors))
        for e in record.result.evaluations
    )
    return replace(record, result=replace(record.result, evaluations=evaluations))


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """A run and its record, the same only if they are the very same objects."""

    label: str
    run: Run
    record: RunRecord

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Told):
            return NotImplemented
        same = self.run is other.run and self.record is other.record
        return same and self.label == other.label

    def __hash__(self) -> int:
        return hash((self.label, id(self.run), id(self.record)))


@functools.lru_cache(maxsize=400)
def _told_once(told: _Told) -> tuple[Fact, ...]:
    """Return the facts of one run: a mutation leaves most of the runs as they are."""
    return tuple(_RUN_FACTS(told.label, told.run, told.record))


def _derive(study: Study, records: Mapping[RunId, RunRecord]) -> tuple[Fact, ...]:
    """Return every fact, those of runs that were seen before as they were."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(derive, "run_facts", lambda *given: _told_once(_Told(*given)))
        return derive.derive_facts(study, records)


def render(study: Study, records: Mapping[RunId, RunRecord]) -> Outcome:
    """Render all answers; keep the sentences that the proof reads."""
    records = {run.id: illustrated(records[run.id]) for run in study.runs}
    facts = _derive(study, records)
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
    bodies = BODY.split(page.html)[1:]
    wording = {name: plain(FACT.sub("#", body)) for name, body in zip(names, bodies, strict=True)}
    return Outcome(by_id, tuple(found), wording, page.consulted)


def moved(real: Outcome, mutant: Outcome) -> frozenset[str]:
    """Return the facts that came, went or have another value."""
    before, after = real.facts, mutant.facts
    return frozenset(
        id
        for id in before.keys() | after.keys()
        if id not in before or id not in after or before[id].value != after[id].value
    )
