"""A study of three methods on the same images: training, an estimator, training in phases."""

from __future__ import annotations

import base64
import io
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from reportgen.facts.derive import derive_facts
from reportgen.facts.fact import Fact, Source
from reportgen.records import EstimatorSummary, FilterBank, RunRecord, Thumbnail
from reportgen.spec.study import load_study
from tests.factories import make_record
from tests.report.conftest import Project

CLASSES = ("alien", "predator")
REPORT = """\
title: Tres métodos
course: PRUEBA
authors: [{name: Alba, surnames: Ríos Peña}]
date: 2026-04-10
sections:
  - {title: Métodos, experiments: [scratch, extractor, finetuned], questions: [first]}
"""
ASSIGNMENT = """\
title: Prueba
questions:
  - {id: first, text: ¿Qué método acierta más?}
"""
TRAINED = """\
title: Desde cero
dataset: {name: alien-vs-predator}
model: {class: Net, args: {}}
training:
  batch_size: 8
  phases: [{epochs: 4, optimizer: {name: sgd, lr: 0.1}}]
features: {final: fc2}
"""
EXTRACTOR = """\
title: Preentrenada + SVM
dataset: {name: alien-vs-predator}
model: {class: Net, args: {}}
estimator: linear_svm
features: {final: fc2}
"""
FINETUNED = """\
title: Ajuste fino
dataset: {name: alien-vs-predator}
model: {class: Net, args: {}}
training:
  batch_size: 8
  phases:
    - {epochs: 2, optimizer: {name: sgd, lr: 0.1}, train: [fc2]}
    - {epochs: 3, optimizer: {name: sgd, lr: 0.01}, train: all}
features: {final: fc2}
"""
LINE = (-1.0, 0.0, 0.0)
"""x = 0, between the two classes of a hand-made map: the first lies right of it."""


def load_methods(root: Path, templates: Path, *, thumbnails: bool = False) -> Project:
    """Return the study, with an answer to be written, and its records and facts."""
    folder = root / "experiments" / "methods"
    folder.mkdir(parents=True)
    files = {"report": REPORT, "assignment": ASSIGNMENT, "scratch": TRAINED}
    files |= {"extractor": EXTRACTOR, "finetuned": FINETUNED}
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    shutil.copytree(templates, root / "templates", ignore=shutil.ignore_patterns("practica1"))
    study = load_study(root, "methods")
    made = {"scratch": 4, "extractor": 1, "finetuned": 5}
    records = {}
    for i, run in enumerate(study.runs):
        epochs = made[run.id.experiment]
        record = make_record(
            run.id,
            dataset="alien-vs-predator",
            classes=CLASSES,
            epochs=epochs,
            horizons=(epochs,),
            maps={"final": "fc2"},
            n_mapped=40,
            error_rate=0.05 + 0.05 * i,
        )
        records[run.id] = _changed(record, thumbnails=thumbnails)
    return Project(study, records, derive_facts(study, records))


def with_facts(project: Project, values: dict[str, tuple[object, str]]) -> Project:
    """Return a project with more facts, or others; by id, a value and its unit."""
    more = [
        Fact(id, value, unit, Source("run", "field"), "")  # type: ignore[arg-type]
        for id, (value, unit) in values.items()
    ]
    return replace(project, facts=_latest([*project.facts, *more]))


def _latest(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    return tuple({fact.id: fact for fact in facts}.values())


def _changed(record: RunRecord, *, thumbnails: bool) -> RunRecord:
    """Give a record a line, and its phases or its estimator."""
    result = record.result
    maps = tuple(replace(m, line=LINE) for m in result.maps)
    data = result.data if thumbnails else replace(result.data, samples=())
    evaluations = result.evaluations
    if not thumbnails:
        bare = [
            replace(e, errors=tuple(replace(x, thumbnail=None) for x in e.errors))
            for e in evaluations
        ]
        evaluations = tuple(bare)
    result = replace(result, maps=maps, data=data, evaluations=evaluations)
    if result.experiment == "finetuned":
        epochs = tuple(replace(row, phase=1 + (row.epoch > 2)) for row in result.epochs)
        result = replace(result, epochs=epochs)
    if result.experiment != "extractor":
        return replace(record, result=result)
    arrays = {name.replace("h1.", "h0."): array for name, array in record.arrays.items()}
    del arrays["h0.confidence"]
    summary = EstimatorSummary("linear_svm", 1.0, True, "final", "fc2", 2, 90, 12, 0.99)
    result = replace(
        result,
        epochs=(),
        evaluations=tuple(replace(e, horizon=0, epoch=0, errors=()) for e in result.evaluations),
        maps=tuple(replace(m, horizon=0, epoch=0) for m in result.maps),
        estimator=summary,
    )
    provenance = replace(record.provenance, epoch_s=())
    return replace(record, result=result, arrays=arrays, provenance=provenance)


def with_filters(record: RunRecord, channels: int = 3, n_images: int = 2) -> RunRecord:
    """Give a record six filters of 5 × 5, and images of 8 × 8 after them."""
    rng = np.random.default_rng(0)
    weights = rng.normal(0, 0.1, (6, 5, 5, channels)).astype(np.float32)
    outputs = rng.integers(0, 256, (n_images, 6, 4, 4), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(buffer, "PNG")
    png = base64.b64encode(buffer.getvalue()).decode()
    images = tuple(Thumbnail("validation", i, i, png) for i in range(n_images))
    last = record.result.evaluations[-1]
    bank = FilterBank("conv1", last.horizon, last.epoch, 6, 5, 5, channels, images)
    arrays = {**record.arrays, "filters.weights": weights, "filters.outputs": outputs}
    return replace(record, result=replace(record.result, filters=bank), arrays=arrays)
