"""What real reports got wrong is found: as a fault, or as a warning."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from reportgen.facts.derive import derive_facts
from reportgen.records import RunId, RunRecord
from reportgen.report.lints import Subject, best_at_the_end, leaking_starts
from tests.factories import as_estimator
from tests.report.conftest import Project

TOLD = (
    "<p>Acierta el {{ toy.h2.best.accuracy | pct }}"
    "{% if toy.h2.selection.same_split %} en su mejor época{% endif %}.</p>"
)
CURVES = (
    '{{ figura_curvas("fig-a", toy) }}<p>La {{ ref("fig-a") }} y {{ toy.data.n | integer }}.</p>'
)


def changed(toy: Project, change: Callable[[RunRecord], dict[str, Any]]) -> Project:
    """Return a project whose records have other results."""
    records = {
        run: dataclasses.replace(
            record, result=dataclasses.replace(record.result, **change(record))
        )
        for run, record in toy.records.items()
    }
    return Project(toy.study, records, derive_facts(toy.study, records))


@pytest.fixture
def whole(toy: Project) -> Project:
    """Return a study whose report is complete."""
    toy.answer("first", TOLD + CURVES)
    toy.answer("second", TOLD)
    assert toy.check() == ()
    return toy


# ── questions and answers ───────────────────────────────────────────────────


def test_a_question_that_no_section_answers(whole: Project) -> None:
    section = whole.study.report.sections[0].model_copy(update={"questions": ("first",)})
    report = whole.study.report.model_copy(update={"sections": (section,)})
    study = dataclasses.replace(whole.study, report=report)
    (line,) = Project(study, whole.records, whole.facts).check()
    assert line.startswith("experiments/toy/assignment.yaml: no section answers the question")
    assert '"second"; add it to a section of report.yaml' in line


def test_a_template_without_a_question(whole: Project) -> None:
    whole.answer("third", TOLD)
    whole.answer("_shared", "{% macro nothing() %}{% endmacro %}")
    (line,) = whole.check()
    assert line.startswith("templates/toy/questions/third.html.j2: the assignment has no question")
    assert '"third"; add it there, or remove this file' in line


def test_what_is_still_the_stub(whole: Project) -> None:
    whole.answer("second", TOLD.replace("Acierta", "TODO: acierta"))
    (line,) = whole.check()
    assert line.startswith("templates/toy/questions/second.html.j2: the answer is still the stub")


def test_everything_is_told_at_once_with_the_faults_of_the_templates(whole: Project) -> None:
    whole.answer("first", "{{ nada }}")
    whole.answer("second", "{{ ninguno }}")
    whole.answer("third", TOLD)
    broken = changed(whole, lambda r: {"model": dataclasses.replace(r.result.model, n_outputs=9)})
    starts = [line.partition(":")[0] for line in broken.check()]
    assert starts == [
        "templates/toy/questions/first.html.j2",
        "templates/toy/questions/second.html.j2",
        "templates/toy/questions/third.html.j2",
        "toy (seed 0)",
    ]


def test_a_reference_to_nothing_names_answer_and_id(whole: Project) -> None:
    whole.answer("second", TOLD + '<p>La {{ ref("fig-z") }} y {{ toy.data.n | integer }}.</p>')
    (line,) = whole.check()
    assert 'the answer to "second" refers to "fig-z", which nothing defines' in line


# ── results ─────────────────────────────────────────────────────────────────


def test_nine_units_for_ten_classes(whole: Project) -> None:
    """As one real report had it; here 9 units for 3 classes."""
    broken = changed(whole, lambda r: {"model": dataclasses.replace(r.result.model, n_outputs=9)})
    (line,) = broken.check()
    assert line.startswith("toy (seed 0): the network has 9 output units for 3 classes")
    last = next(iter(whole.records.values())).result.model.layers[-1].name
    assert f'its last layer, "{last}"' in line


def shared(toy: Project, n: int) -> Project:
    return changed(toy, lambda r: {"data": dataclasses.replace(r.result.data, n_shared=n)})


def test_shared_samples_must_be_told(whole: Project) -> None:
    leaky = shared(whole, 4)
    (fault,) = leaky.check()
    assert fault.startswith("toy: samples stand in more than one split (4), and no answer says so")
    assert "{% if toy.data.shared %}" not in TOLD
    leaky.answer("second", TOLD + "<p>Se repiten {{ toy.data.shared | integer }}.</p>")
    assert leaky.check() == ()
    assert "toy: samples stand in more than one split (4)" in leaky.warnings()


def test_no_shared_samples_need_no_word(whole: Project) -> None:
    assert not any("more than one split" in line for line in whole.warnings())


def test_chance_must_be_told(whole: Project) -> None:
    """Every third prediction is right in 3 classes: as good as naming one class always."""

    def at_chance(record: RunRecord) -> dict[str, Any]:
        evaluations = tuple(
            dataclasses.replace(e, n_errors=40, confusion=((0, 20, 0), (0, 20, 0), (0, 20, 0)))
            for e in record.result.evaluations
        )
        return {"evaluations": evaluations}

    poor = changed(whole, at_chance)
    (fault,) = poor.check()
    assert "no better than always naming the commonest class, and no answer says so" in fault
    said = "<p>{% claim toy.h2.best.chance %}No mejora el azar.{% endclaim %}</p>"
    poor.answer("second", TOLD + said)
    assert poor.check() == ()
    assert any("commonest class" in line for line in poor.warnings())


def test_an_accuracy_on_the_choosing_split_must_be_told(whole: Project) -> None:
    plain = "<p>Acierta el {{ toy.h2.best.accuracy | pct }}.</p>"
    whole.answer("first", plain + CURVES)
    whole.answer("second", plain)
    (fault,) = whole.check()
    assert "the best epoch was chosen on the samples that its accuracy is given for" in fault
    whole.answer(
        "second",
        plain
        + '{{ tabla_mejores("tab-a", toy) }}<p>{{ ref("tab-a") }}: {{ toy.data.n | integer }}.</p>',
    )
    assert whole.check() == ()
    assert not any("was chosen on" in line for line in whole.warnings())


def test_an_accuracy_on_a_test_split_needs_no_such_word(whole: Project) -> None:
    plain = "<p>Acierta el {{ toy.h2.best.accuracy | pct }}.</p>"
    tested = changed(
        whole,
        lambda r: {
            "evaluations": tuple(dataclasses.replace(e, split="test") for e in r.result.evaluations)
        },
    )
    for question, more in (("first", CURVES), ("second", "")):
        tested.answer(question, plain + more)
    assert tested.check() == ()


def test_the_best_epoch_at_the_end_is_a_warning(whole: Project) -> None:
    last = changed(
        whole,
        lambda r: {
            "evaluations": tuple(
                dataclasses.replace(e, epoch=e.horizon) for e in r.result.evaluations
            )
        },
    )
    line = "toy: the best epoch is the last of 4; more epochs may help"
    assert line in last.warnings()
    assert last.check() == ()
    early = changed(
        whole,
        lambda r: {
            "evaluations": tuple(dataclasses.replace(e, epoch=1) for e in r.result.evaluations)
        },
    )
    assert line not in early.warnings()


def test_an_estimator_has_no_epoch_at_the_end(whole: Project) -> None:
    """Its checkpoint is epoch 0 of 0."""
    records = {run: as_estimator(record) for run, record in whole.records.items()}
    assert list(best_at_the_end(Subject(whole.study, records, {}, {}, None))) == []


def test_a_training_that_diverged_at_once_has_no_best_epoch(whole: Project) -> None:
    at_once = changed(whole, lambda _: {"epochs": (), "evaluations": (), "diverged_at": 1})
    assert list(best_at_the_end(Subject(whole.study, at_once.records, {}, {}, None))) == []


def split_over(whole: Project, **split: int) -> list[str]:
    """Return what is found where the study's first run starts from one of this division."""
    first = next(iter(whole.study.runs))
    dataset = first.spec.dataset.from_plain({"name": "toy", "split": split})
    source = dataclasses.replace(
        first,
        id=RunId("before", "", 0),
        spec=first.spec.model_copy(update={"dataset": dataset}),
    )
    own = first.spec.dataset.from_plain(
        {"name": "toy", "split": {"train": 5, "validation": 4, "seed": 0}}
    )
    run = dataclasses.replace(
        first, source=source.id, spec=first.spec.model_copy(update={"dataset": own})
    )
    study = dataclasses.replace(whole.study, runs=(source, run))
    records = {source.id: whole.records[first.id], first.id: whole.records[first.id]}
    return [found.text for found in leaking_starts(Subject(study, records, {}, {}, None))]


def test_a_start_that_may_have_learnt_what_is_validated(whole: Project) -> None:
    (line,) = split_over(whole, train=5, validation=4, seed=1)
    assert line.startswith("toy: starts from before, which was trained on the same images")
    assert split_over(whole, train=5, validation=4, seed=0) == []


def test_classes_without_a_spanish_name_are_a_warning(whole: Project) -> None:
    def about_labels() -> list[str]:
        return [line for line in whole.warnings() if "labels" in line]

    (line,) = about_labels()
    assert line.startswith("templates/labels/toy.yaml does not exist: these classes of toy keep")
    file = whole.study.templates / "labels" / "toy.yaml"
    file.write_text("circle: {label: círculo, gender: m, plural: círculos}\n", encoding="utf-8")
    assert about_labels()[0].startswith("templates/labels/toy.yaml has no entry for square, star")
    more = "square: {label: cuadrado}\nstar: {label: estrella, gender: f}\n"
    with file.open("a", encoding="utf-8") as out:
        out.write(more)
    assert about_labels() == []
