"""The study tp5 over records made by hand, with the verdicts that a test asks for."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from reportgen.facts.derive import derive_facts
from reportgen.records import Evaluation, RunId, RunRecord
from reportgen.report.text import plain
from reportgen.spec.study import load_study
from tests.factories import make_record, with_maximized, with_test
from tests.report.conftest import Project
from tests.report.several import with_facts

Given = dict[str, tuple[object, str]]
"""By the id of a fact, its value and unit."""

DIGITS = tuple("0123456789")
LETTERS = tuple("abcdefghijklmnopqrstuvwxyz")
ALIASES = {"from_letters": ("second", "chosen"), "from_fashion": ()}
SOURCES = ("fashion", "letters")
MEASURED = 10
"""Epochs that are measured of the runs on digits, one in five."""
HEAD_ONLY = 35
"""Last epoch in which the last layer alone is trained."""
PAIRS = (("from_fashion", "direct"), ("from_letters", "direct"), ("from_letters", "from_fashion"))
OPPOSITE = {"better": "worse", "worse": "better"}
RANGES = {
    "better": (0.05, 0.03, 0.07),
    "worse": (-0.05, -0.07, -0.03),
    "similar": (0.001, -0.002, 0.004),
    "inconclusive": (-0.01, -0.03, 0.01),
}
"""By verdict: the gain, and its interval."""


def load_tp5(root: Path, profile: str | None = None) -> Project:
    """Return the study with a record made by hand for each of its runs."""
    study = load_study(root, "tp5", profile) if profile else load_study(root, "tp5")
    records = {run.id: _made(run.id) for run in study.runs}
    for run in study.runs:
        data = records[run.id].result.data
        n = len(data.classes)
        test = replace(data.splits[-1], name="test", n=10 * n, per_class=(10,) * n)
        data = replace(data, name=run.spec.dataset.name, splits=(*data.splits, test))
        records[run.id] = _with(records[run.id], data=data)
    return Project(study, records, derive_facts(study, records))


def told(project: Project, question: str, given: Given) -> str:
    """Return the text of one answer, without figures and tables, with other facts given."""
    report = project.study.report
    section = report.sections[0].model_copy(
        update={"questions": (question,), "experiments": tuple(project.study.experiments)}
    )
    alone = report.model_copy(update={"sections": (section,)})
    study = replace(project.study, report=alone)
    return read(with_facts(replace(project, study=study), given))[question]


def read(project: Project) -> dict[str, str]:
    """Return the text of each answer, without figures and tables."""
    names = [name for section in project.study.report.sections for name in section.questions]
    bodies = project.write().html.split('<p class="asked">')[1:]
    texts = [re.sub(r"<figure.*?</figure>", " ", body, flags=re.DOTALL) for body in bodies]
    return {n: " ".join(plain(t).split()) for n, t in zip(names, texts, strict=True)}


def pairs(*verdicts: str, single: str | None = None, decisive: bool = True) -> Given:
    """Return facts by which the pairs, in the order of `PAIRS`, have these verdicts over seeds.

    `single` is what McNemar says of each for the first seed; without it, the same.
    """
    given: Given = {}
    beaten = dict.fromkeys(("direct", "from_fashion", "from_letters"), 0)
    for (first, second), verdict in zip(PAIRS, verdicts, strict=True):
        given |= _duel(f"{first}.versus.{second}", single or verdict)
        for one, other, said in (
            (first, second, verdict),
            (second, first, OPPOSITE.get(verdict, verdict)),
        ):
            given |= _duel(f"{one}.versus.{other}.seeds", said)
            given[f"{one}.versus.{other}.seeds.decisive"] = (decisive, "bool")
            beaten[one] += said == "better"
    ranked = sorted(beaten, key=lambda name: -beaten[name])
    for name, n in beaten.items():
        given[f"{name}.seeds.beats"] = (n, "count")
        given[f"{name}.seeds.beats_all"] = (n == len(beaten) - 1, "bool")
        given[f"{name}.seeds.rank"] = (1 + ranked.index(name), "count")
    return given


def step(run: str, verdict: str) -> Given:
    """Return facts by which the second phase of a run brings what the verdict says."""
    return _duel(f"{run}.phases.2.step", verdict)


def _duel(prefix: str, verdict: str) -> Given:
    gain, low, high = RANGES[verdict]
    p = 0.25 if verdict in {"similar", "inconclusive"} else 0.004
    return {
        f"{prefix}.verdict": (verdict, "text"),
        f"{prefix}.gain": (gain, "ratio"),
        f"{prefix}.low": (low, "ratio"),
        f"{prefix}.high": (high, "ratio"),
        f"{prefix}.small": (verdict == "similar", "bool"),
        f"{prefix}.p_holm": (p, "ratio"),
    }


def _made(run: RunId) -> RunRecord:
    """Return a run's record: sources are measured at each epoch, the others at one in five."""
    classes = LETTERS if run.experiment == "letters" else DIGITS
    record = make_record(
        run,
        dataset=run.experiment if run.experiment in SOURCES else "digits",
        classes=classes,
        side=28,
        n_train=10 * len(classes),
        n=20 * len(classes),
        epochs=MEASURED,
        horizons=(MEASURED,),
        error_rate=0.05 + 0.01 * (run.seed % 7) / 7,
    )
    if run.experiment not in SOURCES:
        record = _every_fifth(record, phases=run.experiment.startswith("from_"))
    record = with_test(record, 10 * len(classes))
    aliases = ALIASES.get(run.experiment, ("first", "second"))
    return _maximized(record, aliases) if run.seed in {0, 1} else record


def _every_fifth(record: RunRecord, *, phases: bool) -> RunRecord:
    """Return the record as if one epoch in five had been measured."""
    rows = tuple(
        replace(row, epoch=5 * row.epoch, phase=1 + (phases and 5 * row.epoch > HEAD_ONLY))
        for row in record.result.epochs
    )
    horizon = 5 * MEASURED

    def moved(evaluation: Evaluation) -> Evaluation:
        return replace(evaluation, horizon=horizon, epoch=5 * evaluation.epoch)

    arrays = {
        name.replace(f"h{MEASURED}.", f"h{horizon}."): array
        for name, array in record.arrays.items()
    }
    evaluations = tuple(moved(evaluation) for evaluation in record.result.evaluations)
    return replace(_with(record, epochs=rows, evaluations=evaluations), arrays=arrays)


def _maximized(record: RunRecord, aliases: tuple[str, ...]) -> RunRecord:
    """Return the record with the images of these aliases, one of which is filter 5 alone."""
    made = with_maximized(record, n=6, n_shown=6)
    if not aliases:
        return record
    (layer,), arrays = made.result.maximized, dict(made.arrays)
    pictures, layers = arrays.pop("maximization.first"), []
    for alias in aliases:
        own = replace(layer, alias=alias, layer="relu1" if alias == "first" else "relu2")
        if alias == "chosen":
            own = replace(own, filters=own.filters[4:5], n_shown=1)
        layers.append(own)
        arrays[f"maximization.{alias}"] = np.ascontiguousarray(pictures[: own.n_shown])
    return replace(_with(made, maximized=tuple(layers)), arrays=arrays)


def _with(record: RunRecord, **fields: object) -> RunRecord:
    return replace(record, result=replace(record.result, **fields))  # type: ignore[arg-type]
