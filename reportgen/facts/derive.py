"""From records to facts: pure, no wording, no files.

An experiment's facts stand under its name, a trial's under
``<experiment>.<trial>``; the runs of further seeds under
``<experiment>.seed<n>`` and ``<experiment>.<trial>.seed<n>``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from reportgen.facts.class_groups import (
    check_class_groups,
    group_error_facts,
    group_facts,
    group_map_facts,
)
from reportgen.facts.cluster_facts import cluster_facts
from reportgen.facts.data import data_facts
from reportgen.facts.dropout import dropout_facts
from reportgen.facts.estimator import estimator_facts
from reportgen.facts.evaluation import (
    class_facts,
    error_facts,
    pair_facts,
    score_facts,
)
from reportgen.facts.fact import Fact
from reportgen.facts.filters import filter_facts
from reportgen.facts.history import history_facts
from reportgen.facts.holdout import holdout_facts
from reportgen.facts.later import later_facts
from reportgen.facts.layers import layer_facts
from reportgen.facts.line import line_facts
from reportgen.facts.maps import map_facts
from reportgen.facts.maximization import maximization_facts
from reportgen.facts.model import model_facts
from reportgen.facts.provenance import provenance_facts
from reportgen.facts.search import search_facts
from reportgen.facts.seed_epochs import seed_epoch_facts
from reportgen.facts.seed_phases import seed_phase_facts
from reportgen.facts.seed_versus import seed_section_facts
from reportgen.facts.seeds import seed_facts, versus_facts
from reportgen.facts.selection import selection_facts
from reportgen.facts.stability import stability_facts
from reportgen.facts.steps import step_facts
from reportgen.facts.training import curve_facts, training_facts
from reportgen.facts.trials import trial_facts
from reportgen.facts.versus import section_facts
from reportgen.records import RunId, RunRecord
from reportgen.spec.experiment import Trial
from reportgen.spec.run import Run
from reportgen.spec.study import Study


def label_runs(runs: Sequence[Run]) -> dict[RunId, str]:
    """Return the prefix of each run's fact ids; a run's first seed has the short one."""
    labels: dict[RunId, str] = {}
    taken: set[str] = set()
    for run in runs:
        name = f"{run.id.experiment}.{run.id.trial}" if run.id.trial else run.id.experiment
        labels[run.id] = f"{name}.seed{run.id.seed}" if name in taken else name
        taken.add(name)
    return labels


def run_facts(label: str, run: Run, record: RunRecord) -> Iterator[Fact]:
    """Yield all facts on one run."""
    key, groups = record.result.keys["record"], run.spec.dataset.class_groups
    yield from data_facts(label, record, key)
    yield from model_facts(label, record, key)
    yield from training_facts(label, record, run.spec, run.why, key)
    yield from estimator_facts(label, record, key)
    yield from filter_facts(label, record, key)
    yield from maximization_facts(label, record, key)
    yield from group_facts(label, groups, key)
    yield from provenance_facts(label, record, key)
    for evaluation in record.result.evaluations:
        yield from score_facts(label, record, evaluation, key)
        yield from selection_facts(label, record, evaluation, key)
        yield from curve_facts(label, record, evaluation, key)
        yield from dropout_facts(label, record, run.spec, evaluation, key)
        yield from pair_facts(label, record, evaluation, key)
        yield from class_facts(label, record, evaluation, key)
        yield from error_facts(label, record, evaluation, key)
        yield from group_error_facts(label, record, groups, evaluation, key)
    for test in record.result.tests:
        yield from holdout_facts(label, record, test, key)
    for evaluation, later in pairwise(record.result.evaluations):
        yield from later_facts(label, record, evaluation, later, key)
    for layer_map in record.result.maps:
        yield from map_facts(label, record, layer_map, key)
        yield from cluster_facts(label, record, layer_map, key)
        yield from stability_facts(label, layer_map, key)
        yield from line_facts(label, record, layer_map, key)
        yield from group_map_facts(label, record, groups, layer_map, key)
    for h in dict.fromkeys(layer_map.horizon for layer_map in record.result.maps):
        yield from layer_facts(label, [m for m in record.result.maps if m.horizon == h], key)


def all_seed_facts(
    experiment: str,
    trials: Sequence[Trial],
    runs: Sequence[RunId],
    records: Mapping[RunId, RunRecord],
) -> Iterator[Fact]:
    """Yield the facts over the seeds of an experiment and of its trials."""
    by_trial: dict[str, list[RunRecord]] = {}
    for run in runs:
        if run.experiment == experiment:
            by_trial.setdefault(run.trial, []).append(records[run])
    for trial, found in by_trial.items():
        label = f"{experiment}.{trial}" if trial else experiment
        yield from seed_facts(label, found)
        yield from seed_epoch_facts(label, found)
        yield from seed_phase_facts(label, found)
    yield from search_facts(experiment, by_trial)
    yield from step_facts(experiment, trials, by_trial)
    base = by_trial.pop("")
    yield from versus_facts(experiment, base, by_trial)


def derive_facts(study: Study, records: Mapping[RunId, RunRecord]) -> tuple[Fact, ...]:
    """Return every fact of a study, in the order of its runs and of what they tell.

    Parameters
    ----------
    study : Study
    records : mapping of RunId to RunRecord
        One record for every run of the study.

    Raises
    ------
    KeyError
        If a run has no record.
    SpecError
        If a group of classes names one that the data do not have.
    """
    labels = label_runs(study.runs)
    check_class_groups(study, records)
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
        samples = own[0].spec.dataset.samples_mark
        elsewhere = {r.id.trial for r in trials if r.spec.dataset.samples_mark != samples}
        keys = [record.result.keys["record"] for record in chosen]
        facts += trial_facts(name, chosen[0], chosen[1:], keys, elsewhere)
        specs = {run.id.trial: run.spec for run in own + trials}
        by_name = dict(zip(specs, keys, strict=True))
        sweep = study.experiments[name].sweep
        facts += history_facts(name, sweep, specs, by_name)
        facts += all_seed_facts(name, sweep, [run.id for run in study.runs], records)
    sections = [section.experiments for section in study.report.sections]
    first = {label: records[id] for id, label in labels.items() if label in study.experiments}
    samples_of = {name: spec.dataset.samples_mark for name, spec in study.experiments.items()}
    facts += section_facts(sections, first, samples_of)
    by_seed = {
        name: [records[r.id] for r in study.runs if r.id.experiment == name and not r.id.trial]
        for name in study.experiments
    }
    facts += seed_section_facts(sections, by_seed, samples_of)
    return tuple(facts)
