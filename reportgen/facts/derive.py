"""From records to facts: pure, no wording, no files.

An experiment's facts stand under its name, a trial's under
``<experiment>.<trial>``; the runs of further seeds under
``<experiment>.seed<n>`` and ``<experiment>.<trial>.seed<n>``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from reportgen.facts.data import data_facts
from reportgen.facts.evaluation import (
    class_facts,
    error_facts,
    later_facts,
    pair_facts,
    score_facts,
)
from reportgen.facts.fact import Fact
from reportgen.facts.maps import map_facts
from reportgen.facts.model import model_facts
from reportgen.facts.provenance import provenance_facts
from reportgen.facts.training import curve_facts, training_facts
from reportgen.facts.trials import trial_facts
from reportgen.records import RunId, RunRecord
from reportgen.spec.study import Run, Study


def label_runs(runs: Sequence[Run]) -> dict[RunId, str]:
    """Return the prefix of each run's fact ids; a run's first seed has the short one."""
    labels: dict[RunId, str] = {}
    for run in runs:
        name = f"{run.id.experiment}.{run.id.trial}" if run.id.trial else run.id.experiment
        labels[run.id] = f"{name}.seed{run.id.seed}" if name in labels.values() else name
    return labels


def run_facts(label: str, run: Run, record: RunRecord) -> Iterator[Fact]:
    """Yield all facts on one run."""
    key = record.result.keys["record"]
    yield from data_facts(label, record, key)
    yield from model_facts(label, record, key)
    yield from training_facts(label, record, run.spec, run.why, key)
    yield from provenance_facts(label, record, key)
    for evaluation in record.result.evaluations:
        yield from score_facts(label, record, evaluation, key)
        yield from curve_facts(label, record, evaluation, key)
        yield from pair_facts(label, record, evaluation, key)
        yield from class_facts(label, record, evaluation, key)
        yield from error_facts(label, record, evaluation, key)
    for evaluation, later in pairwise(record.result.evaluations):
        yield from later_facts(label, record, evaluation, later, key)
    for layer_map in record.result.maps:
        yield from map_facts(label, record, layer_map, key)


def derive_facts(study: Study, records: Mapping[RunId, RunRecord]) -> tuple[Fact, ...]:
    """Return every fact of a study, sorted by id.

    Parameters
    ----------
    study : Study
    records : mapping of RunId to RunRecord
        One record for every run of the study.

    Raises
    ------
    KeyError
        If a run has no record.
    """
    labels = label_runs(study.runs)
    facts: list[Fact] = []
    for run in study.runs:
        facts += run_facts(labels[run.id], run, records[run.id])
    for name in study.experiments:
        own = [run for run in study.runs if run.id.experiment == name and labels[run.id] == name]
        trials = [
            run
            for run in study.runs
            if run.id.trial
            and labels[run.id] == f"{name}.{run.id.trial}"
            and run.id.experiment == name
        ]
        chosen = [records[run.id] for run in own + trials]
        keys = [record.result.keys["record"] for record in chosen]
        facts += trial_facts(name, chosen[0], chosen[1:], keys)
    return tuple(sorted(facts, key=lambda fact: fact.id))
