"""What real reports got wrong, looked for in each report: faults, and warnings beside them.

A fault keeps the report from being complete. A warning is a remark on the
results; where the reader has to be told of it, an answer that never asks for
the fact that it rests on is a fault.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from reportgen.facts.fact import Fact
from reportgen.project import EXPERIMENTS
from reportgen.records import RunId, RunRecord
from reportgen.report.html import Page
from reportgen.report.labels import Labels, label_file
from reportgen.spec.study import Study

STUB = "TODO"
"""What a question, its answer or a heading says while nobody has written it."""

PARTIAL = "_"
"""Template files whose name begins so are parts of others, no answers."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found; a fault, or a warning if not `fatal`."""

    text: str
    fatal: bool = True


@dataclass(frozen=True, slots=True)
class Subject:
    """What is looked at.

    `page` is None where a fault in a template kept it from being written.
    """

    study: Study
    records: Mapping[RunId, RunRecord]
    facts: Mapping[str, Fact]
    labels: Mapping[str, Labels]
    page: Page | None

    def named(self, experiment: str, ending: str) -> dict[str, Fact]:
        """Return the facts of an experiment itself, not of its trials, that end so."""
        horizons = self.study.experiments[experiment].report_horizons
        ids = [experiment + ending, *(f"{experiment}.h{h}{ending}" for h in horizons)]
        return {id: self.facts[id] for id in ids if id in self.facts}

    def consulted(self) -> Collection[str]:
        """Return the ids of the facts that any answer prints, claims or chooses words by."""
        return set().union(*self.page.consulted.values()) if self.page else set()


def find_all(subject: Subject) -> Iterator[Finding]:
    """Yield everything that the lints find, faults of the files first."""
    yield from unanswered(subject.study)
    yield from stray_templates(subject.study)
    yield from stubs(subject.study)
    yield from wrong_outputs(subject)
    yield from leaking_starts(subject)
    if subject.page is not None:
        yield from missing_artefacts(subject.study, subject.page)
        yield from unreferenced(subject.page)
        yield from untold(subject)
    yield from best_at_the_end(subject)
    yield from unlabelled(subject)


# ── questions and answers ───────────────────────────────────────────────────


def unanswered(study: Study) -> Iterator[Finding]:
    """Find questions of the assignment that no section answers."""
    answered = {name for section in study.report.sections for name in section.questions}
    for question in study.assignment.questions:
        if question.id not in answered:
            yield Finding(
                f"{EXPERIMENTS}/{study.name}/assignment.yaml: no section answers the question "
                f'"{question.id}"; add it to a section of report.yaml'
            )


def stray_templates(study: Study) -> Iterator[Finding]:
    """Find templates of answers to questions that the assignment does not ask."""
    folder = study.templates / study.name / "questions"
    asked = {question.id for question in study.assignment.questions}
    for path in sorted(folder.glob("*.html.j2")):
        name = path.name.removesuffix(".html.j2")
        if name not in asked and not name.startswith(PARTIAL):
            yield Finding(
                f"{path.relative_to(study.root).as_posix()}: the assignment has no question "
                f'"{name}"; add it there, or remove this file'
            )


def stubs(study: Study) -> Iterator[Finding]:
    """Find what is still as `reportgen new` wrote it: titles, questions, answers."""
    for what, text in _titles(study):
        if STUB in text:
            yield Finding(f"{EXPERIMENTS}/{study.name}/{what} is still the stub ({STUB}); write it")
    for question in study.assignment.questions:
        if STUB in question.text:
            yield Finding(
                f'{EXPERIMENTS}/{study.name}/assignment.yaml: the text of "{question.id}" is still '
                f"the stub ({STUB}); write the question"
            )
        path = study.templates / study.name / "questions" / f"{question.id}.html.j2"
        if path.is_file() and STUB in path.read_text(encoding="utf-8", errors="replace"):
            yield Finding(
                f"{path.relative_to(study.root).as_posix()}: the answer is still the stub "
                f"({STUB}); write it"
            )


def _titles(study: Study) -> Iterator[tuple[str, str]]:
    """Yield what the title block and the headings say, each with its file and key."""
    report = study.report
    yield "report.yaml: title", report.title
    yield "report.yaml: subtitle", report.subtitle or ""
    yield "report.yaml: course", report.course
    for i, author in enumerate(report.authors):
        yield f"report.yaml: authors[{i}]", f"{author.name} {author.surnames}"
    for i, section in enumerate(report.sections):
        yield f"report.yaml: sections[{i}].title", section.title
    yield "assignment.yaml: title", study.assignment.title


def missing_artefacts(study: Study, page: Page) -> Iterator[Finding]:
    """Find artefacts that a question needs and its answer has not."""
    asked = {name for section in study.report.sections for name in section.questions}
    for question in study.assignment.questions:
        for need in question.needs if question.id in asked else ():
            if need not in page.registry.artefacts.get(question.id, ()):
                yield Finding(
                    f'the answer to "{question.id}" lacks {need}: the question asks for it'
                )


def unreferenced(page: Page) -> Iterator[Finding]:
    """Find figures, tables and listings that no text refers to."""
    for item in page.registry.unreferenced():
        owner = f'the answer to "{item.question}"' if item.question else "the page"
        yield Finding(
            f'{owner} never refers to its {item.kind} "{item.id}": '
            f'write {{{{ ref("{item.id}") }}}} where the text speaks of it'
        )


# ── results ─────────────────────────────────────────────────────────────────


def wrong_outputs(subject: Subject) -> Iterator[Finding]:
    """Find networks whose last layer has another number of units than there are classes."""
    for run, record in subject.records.items():
        n_outputs, n_classes = record.result.model.n_outputs, len(record.result.data.classes)
        if n_outputs != n_classes:
            last = record.result.model.layers[-1].name
            yield Finding(
                f"{run}: the network has {n_outputs} output units for {n_classes} classes; "
                f'correct its last layer, "{last}", and run again'
            )


@dataclass(frozen=True, slots=True)
class Caveat:
    """A yes-or-no fact, or a count, that the reader must be told of where it is not zero.

    It matters only where an answer gives a fact of the experiment that ends with
    `about`. `remark` says whether it is a warning even when it is told.
    """

    ending: str
    problem: str
    about: str = ""
    remark: bool = True


CAVEATS = (
    Caveat(".best.chance", "the network is no better than always naming the commonest class"),
    Caveat(".data.shared", "samples stand in more than one split"),
    Caveat(
        ".selection.same_split",
        "the best epoch was chosen on the samples that its accuracy is given for",
        about=".best.accuracy",
        remark=False,
    ),
)


def untold(subject: Subject) -> Iterator[Finding]:
    """Find what weakens an experiment's results and is not asked for by any answer.

    An answer asks for a fact when it prints it, claims something of it or chooses
    its words by it. What holds for some horizons must be asked of one of them.
    """
    consulted = subject.consulted()
    told_of = {id.partition(".")[0] for id in consulted}
    for experiment in subject.study.experiments:
        if experiment not in told_of:
            continue
        for caveat in CAVEATS:
            own = [fact for fact in subject.named(experiment, caveat.ending).values() if fact.value]
            about = subject.named(experiment, caveat.about) if caveat.about else {}
            if not own or (caveat.about and not about.keys() & consulted):
                continue
            number = f" ({own[0].value})" if own[0].unit == "count" else ""
            if caveat.remark:
                yield Finding(f"{experiment}: {caveat.problem}{number}", fatal=False)
            if not any(fact.id in consulted for fact in own):
                yield Finding(
                    f"{experiment}: {caveat.problem}{number}, and no answer says so: put "
                    f"{{% if {own[0].id} %}}…{{% endif %}} or a claim over it where the result "
                    "is given"
                )


def best_at_the_end(subject: Subject) -> Iterator[Finding]:
    """Find experiments whose best epoch is the last one: more epochs may help."""
    for name in subject.study.experiments:
        run = next(run for run in subject.records if run.experiment == name and not run.trial)
        result = subject.records[run].result
        for last in result.evaluations[-1:] if result.epochs else ():
            if last.epoch == last.horizon:
                yield Finding(
                    f"{name}: the best epoch is the last of {last.horizon}; more epochs may help",
                    fatal=False,
                )


def leaking_starts(subject: Subject) -> Iterator[Finding]:
    """Find runs that start from a network which may have learnt the samples that they answer.

    So it is where both have the same images but divide them otherwise.
    """
    specs = {run.id: run.spec for run in subject.study.runs}
    told: set[str] = set()
    for run in subject.study.runs:
        source = run.source
        if source is None or run.id.experiment in told:
            continue
        contents = {subject.records[id].result.data.fingerprint for id in (run.id, source)}
        marks = {specs[id].dataset.samples_mark for id in (run.id, source)}
        if len(contents) == 1 and len(marks) > 1:
            told.add(run.id.experiment)
            yield Finding(
                f"{run.id.experiment}: starts from {source.experiment}, which was trained on the "
                "same images divided otherwise, so that it may have learnt some of those that "
                f"{run.id.experiment} is evaluated on; give both the same dataset.split"
            )


def unlabelled(subject: Subject) -> Iterator[Finding]:
    """Find classes that have no Spanish name, a line for each data set."""
    told: set[str] = set()
    for run, record in subject.records.items():
        data = record.result.data
        known = subject.labels[run.experiment].by_class
        missing = [name for name in data.classes if name not in known]
        if missing and data.name not in told:
            told.add(data.name)
            file = label_file(subject.study.templates, data.name)
            shown = file.relative_to(subject.study.root).as_posix()
            gap = f"has no entry for {', '.join(missing)}" if known else "does not exist"
            yield Finding(
                f"{shown} {gap}: these classes of {data.name} keep the data set's own names",
                fatal=False,
            )
