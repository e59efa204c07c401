"""From a study and its facts to one page of HTML, every fault of every template at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from reportgen.errors import Fault, TemplateError
from reportgen.facts.fact import FactTree
from reportgen.figures.heat import heat
from reportgen.figures.style import FigureStyle
from reportgen.report.environment import Environment
from reportgen.report.fonts import figure_fonts, font_css
from reportgen.report.formatters import Formatters, range_of, spec
from reportgen.report.listing import python_listing
from reportgen.report.pictures import Pictures
from reportgen.report.places import locate
from reportgen.report.proof import Copy, Proof
from reportgen.report.registry import Registry
from reportgen.report.spanish import Spanish
from reportgen.report.text import plain
from reportgen.report.view import View
from reportgen.spec.report import Question
from reportgen.spec.study import Study

MACROS = "macros.html.j2"
PAGE = "report.html.j2"
STYLE = "report.css"
REFERENCE_WORDS = "palabras_de_referencia"
"""Variable of the macros: what figures, tables and listings are called in references."""
TITLE = "titulo"
"""Variable that every answer sets: the heading of its question."""

_HEADING = re.compile(r'<h[2-4] id="([^"]+)"[^>]*>(.*?)</h[2-4]>', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Answer:
    """A question, its number as ``1.2``, its heading, and its answer as markup."""

    question: Question
    number: str
    title: str
    body: Markup


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the report: its number, its title, its answers."""

    number: str
    title: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """The finished page, what it defines and refers to, and its headings by id.

    `consulted` holds, by question, the ids of the facts that its answer reached.
    """

    html: str
    registry: Registry
    headings: Mapping[str, str]
    consulted: Mapping[str, frozenset[str]]


class Writer:
    """Renders the templates of one report.

    Parameters
    ----------
    view : View
    root : Path or None
        Folder in which the page's figures are kept; None to draw none.
    """

    def __init__(self, view: View, root: Path | None) -> None:
        self.view = view
        self.study = view.study
        self.registry = Registry()
        self.faults: list[Fault] = []
        self.cause: Exception | None = None
        self.consulted: dict[str, frozenset[str]] = {}
        spanish = Spanish(self.study.report.locale)
        formatters = Formatters(spanish, view.labels)
        style = FigureStyle(figure_fonts(), spanish.number)
        self.pictures = Pictures(view, style, root)
        names = {
            **{name: view.tree[name] for name in self.study.experiments},
            **view_functions(view),
            "report": self.study.report,
            "assignment": self.study.assignment,
            "profile": self.study.profile,
            "page": self.registry,
            "pictures": self.pictures,
            "spanish": spanish,
            "interval": range_of(formatters),
            "plain": plain,
            "listing": python_listing,
            "cell": cell_style(view),
        }
        self.environment = Environment(self.study.templates, formatters.filters(), names)
        self.macros: Mapping[str, Any] = {}
        self.copies: list[Copy] = []

    def write(self) -> Page:
        """Render the whole page.

        Raises
        ------
        TemplateError
            With every fault of every template.
        """
        macros = self._exported(MACROS, {})
        if macros is None:
            raise TemplateError(faults=self.faults) from self.cause
        self.macros = macros[1]
        self.environment.globals |= self.macros
        sections = tuple(
            self._section(n, section) for n, section in enumerate(self.study.report.sections, 1)
        )
        self.registry.question = ""
        body = None if self.faults else self._exported(PAGE, self._page_names(sections))
        if body is not None:
            self.faults += [
                Fault(
                    "", 0, 0, f'the answer to "{question}" refers to "{id}", which nothing defines'
                )
                for id, question in self.registry.dangling()
            ]
        self.faults += self._proofread()
        if self.faults or body is None:
            raise TemplateError(faults=sorted(set(self.faults))) from self.cause
        html = self.registry.resolve(body[0], self.macros[REFERENCE_WORDS])
        return Page(html, self.registry, dict(headings(html)), self.consulted)

    def _proofread(self) -> list[Fault]:
        """Return what is against the rules in the answers that could be rendered, and around."""
        around = Copy(PAGE, {"sections": (), "styles": ()})
        proof = Proof(self.environment, self.study.templates, MACROS, self.pictures)
        return proof.read([*self.copies, around])

    def _section(self, n: int, section: Any) -> Section:
        """Render a section's answers, each apart, so that one fault does not hide another."""
        questions = {question.id: question for question in self.study.assignment.questions}
        answers = [
            self._answer(questions[name], f"{n}.{k}")
            for k, name in enumerate(section.questions, start=1)
        ]
        return Section(str(n), section.title, tuple(a for a in answers if a is not None))

    def _answer(self, question: Question, number: str) -> Answer | None:
        """Render the answer to one question; note its fault if it has one."""
        name = answer_name(self.study, question.id)
        if not (self.study.templates / name).is_file():
            self.faults.append(no_answer(self.study, question.id))
            return None
        self.registry.question = question.id
        self.environment.consulted.clear()
        rendered = self._exported(name, {"question": question})
        self.consulted[question.id] = frozenset(self.environment.consulted)
        if rendered is None:
            return None
        body, exported = rendered
        if TITLE not in exported:
            text = f'give the question its heading: {{% set {TITLE} = "…" %}}'
            self.faults.append(Fault(f"{self.study.templates.name}/{name}", 1, 0, text))
            return None
        self.copies.append(Copy(name, {"question": question}, body, question.id, TITLE))
        return Answer(question, number, plain(exported[TITLE]), Markup(body))  # noqa: S704 (autoescaped by Jinja)

    def _exported(
        self, name: str, variables: Mapping[str, Any]
    ) -> tuple[str, Mapping[str, Any]] | None:
        """Render a template; return its text and its top-level names, or None and a fault."""
        environment = self.environment
        try:
            template = environment.get_template(name)
            context = template.new_context(dict(variables))
            try:
                text = "".join(template.root_render_func(context))
            except Exception:  # noqa: BLE001
                environment.handle_exception()  # raises it again, with the templates' lines
        except Exception as error:  # noqa: BLE001 (whatever an expression raises becomes a fault)
            self.cause = self.cause or error
            vocabulary = {"filter": list(environment.filters), "test": list(environment.tests)}
            fault = locate(error, self.study.templates, vocabulary)
            message = fault.message + environment.claims.unfinished()
            self.faults.append(Fault(fault.file or name, fault.line, 0, message))
            return None
        return text, context.get_exported()

    def _page_names(self, sections: tuple[Section, ...]) -> dict[str, Any]:
        css = (self.study.templates / STYLE).read_text(encoding="utf-8")
        styles = (css, font_css())
        return {"sections": sections, "styles": [Markup(style) for style in styles]}  # noqa: S704


def answer_name(study: Study, question: str) -> str:
    """Return the name of the template that answers a question."""
    return f"{study.name}/questions/{question}.html.j2"


def no_answer(study: Study, question: str) -> Fault:
    """Return the fault of a question without a template."""
    text = f'question "{question}" has no answer: create this file'
    return Fault(f"{study.templates.name}/{answer_name(study, question)}", 0, 0, text)


def require_answers(study: Study) -> None:
    """Check, before anything is trained, that each question of the report has a template.

    Raises
    ------
    TemplateError
        Naming all that are missing.
    """
    asked = [name for section in study.report.sections for name in section.questions]
    faults = [
        no_answer(study, name)
        for name in asked
        if not (study.templates / answer_name(study, name)).is_file()
    ]
    if faults:
        raise TemplateError(faults=faults)


def headings(html: str) -> Iterator[tuple[str, str]]:
    """Yield id and text of each heading of a page that a link can lead to."""
    for match in _HEADING.finditer(html):
        yield match[1], plain(match[2])


def view_functions(view: View) -> dict[str, Any]:
    """Return the functions of a view that templates may call, by name."""
    return {
        "experiments": view.experiments,
        "title_of": lambda run: spec(view.title(run), f"{view.name(run)}.title"),
        "runs": view.runs,
        "is_trial": view.is_trial,
        "trials": view.trials,
        "trial_name": view.trial_name,
        "trial_title": lambda run: spec(view.trial_name(run).replace("_", " "), view.name(run)),
        "horizons": view.horizons,
        "splits": view.splits,
        "classes": view.classes,
        "source_code": lambda run: python_listing(view.record(run).result.model.source),
        "printed_model": lambda run: view.record(run).result.model.printed,
    }


def cell_style(view: View) -> Any:
    """Return the function that tints a cell of a confusion matrix."""

    def cell(horizon: FactTree, true: int, predicted: int) -> str:
        row = view.evaluation(horizon).confusion[true]
        paper, ink = heat(row[predicted], sum(row), diagonal=true == predicted)
        return f"background-color: {paper}; color: {ink}"

    return cell
