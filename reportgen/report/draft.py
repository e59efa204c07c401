"""One rendering of all templates of a report: the answers, section by section, then the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from reportgen.errors import Fault
from reportgen.report.environment import Environment
from reportgen.report.fonts import font_css
from reportgen.report.proof import Copy
from reportgen.report.registry import Registry
from reportgen.report.sandbox import read_sheet
from reportgen.report.text import plain
from reportgen.spec import theme
from reportgen.spec.report import Question
from reportgen.spec.study import Study

MACROS = "macros.html.j2"
PAGE = "report.html.j2"
STYLE = "report.css"
TITLE = "titulo"
"""Variable that every answer sets: the heading of its question."""


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


class Draft:
    """Renders the templates of a report, each apart, so that one fault does not hide another.

    Parameters
    ----------
    study : Study
    environment : Environment
    registry : Registry
        What its templates know as `page`.

    Attributes
    ----------
    html : str or None
        The page, or None if there is none.
    macros : mapping
        What every template may use of the macros.
    copies : list of Copy
        The answers that could be rendered.
    faults : list of Fault
        Answers that are missing or have no heading.
    failed : dict of str to Exception
        What stopped a template, by its name.
    doubtful : set of str
        The names of templates that hold absorbed values.
    consulted : dict of str to frozenset of str
        The ids of the facts that each question's answer reached.
    """

    def __init__(self, study: Study, environment: Environment, registry: Registry) -> None:
        self.html: str | None = None
        self.macros: Mapping[str, Any] = {}
        self.copies: list[Copy] = []
        self.faults: list[Fault] = []
        self.failed: dict[str, Exception] = {}
        self.doubtful: set[str] = set()
        self.consulted: dict[str, frozenset[str]] = {}
        self._study = study
        self._environment = environment
        self._registry = registry

    def render(self, macros: Mapping[str, Any] | None = None) -> None:
        """Render the macros, the answers and the page.

        Parameters
        ----------
        macros : mapping, optional
            What to use if there are none; without it nothing else is rendered then.
        """
        rendered = self._rendered(MACROS, {})
        if rendered is None and macros is None:
            return
        self.macros = rendered[1] if rendered else macros or {}
        self._environment.globals |= self.macros
        sections = tuple(
            self._section(n, section) for n, section in enumerate(self._study.report.sections, 1)
        )
        self._registry.question = ""
        if macros is None and (self.failed or self.faults):
            return
        page = self._rendered(page_name(self._study), self._page_names(sections))
        self.html = page[0] if page else None

    def _section(self, n: int, section: Any) -> Section:
        """Render a section's answers."""
        questions = {question.id: question for question in self._study.assignment.questions}
        answers = [
            self._answer(questions[name], f"{n}.{k}")
            for k, name in enumerate(section.questions, start=1)
        ]
        return Section(str(n), section.title, tuple(a for a in answers if a is not None))

    def _answer(self, question: Question, number: str) -> Answer | None:
        """Render the answer to one question; note its fault if it has one."""
        name = answer_name(self._study, question.id)
        if not (self._study.templates / name).is_file():
            self.faults.append(no_answer(self._study, question.id))
            return None
        environment = self._environment
        self._registry.question = question.id
        environment.consulted.clear()
        rendered = self._rendered(name, {"question": question})
        self.consulted[question.id] = frozenset(environment.consulted)
        if rendered is None:
            return None
        body, exported = rendered
        doubtful = name in self.doubtful
        heading = TITLE if TITLE in exported else ""
        if not heading and not doubtful:
            text = f'give the question its heading: {{% set {TITLE} = "…" %}}'
            self.faults.append(Fault(f"{self._study.templates.name}/{name}", 1, 0, text))
        given = {"question": question}
        self.copies.append(Copy(name, given, body, question.id, heading, doubtful=doubtful))
        title = plain(exported[TITLE]) if heading else ""
        return Answer(question, number, title, Markup(body))  # noqa: S704 (autoescaped by Jinja)

    def _rendered(
        self, name: str, variables: Mapping[str, Any]
    ) -> tuple[str, Mapping[str, Any]] | None:
        """Render a template; note what stopped it. The heading is text already."""
        environment = self._environment
        before = environment.absorptions
        try:
            rendered = environment.rendered(name, variables)
            if rendered is None or TITLE not in rendered[1]:
                return rendered
            text, exported = rendered
            return text, {**exported, TITLE: environment.written(exported[TITLE])}
        except Exception as error:  # noqa: BLE001 (whatever an expression raises becomes a fault)
            self.failed[name] = error
            environment.claims.forget(0)
            return None
        finally:
            if environment.absorptions > before:
                self.doubtful.add(name)

    def _page_names(self, sections: tuple[Section, ...]) -> dict[str, Any]:
        templates = self._study.templates
        sheets = [read_sheet(file, templates) for file in style_sheets(self._study)]
        styles = ("".join(sheets), font_css())
        return {"sections": sections, "styles": [Markup(style) for style in styles]}  # noqa: S704


def page_name(study: Study) -> str:
    """Return the name of the page's template: the theme's own, or the one that all share."""
    own = study.theme_folder / theme.PAGE
    return own.relative_to(study.templates).as_posix() if own.is_file() else PAGE


def style_sheets(study: Study) -> tuple[Path, ...]:
    """Return the files of the page's style: what all themes share, then the theme's own."""
    files = (study.templates / STYLE, study.theme_folder / theme.STYLE)
    return files[:1] if study.report.theme == theme.PLAIN else files


def roots(study: Study) -> dict[str, frozenset[str]]:
    """Return the names of the templates that are rendered, and of what each alone is given."""
    asked = [name for section in study.report.sections for name in section.questions]
    answers = {answer_name(study, name): frozenset({"question"}) for name in asked}
    return {MACROS: frozenset(), **answers, page_name(study): frozenset({"sections", "styles"})}


def answer_name(study: Study, question: str) -> str:
    """Return the name of the template that answers a question."""
    return f"{study.name}/questions/{question}.html.j2"


def no_answer(study: Study, question: str) -> Fault:
    """Return the fault of a question without a template."""
    text = f'question "{question}" has no answer: create this file'
    return Fault(f"{study.templates.name}/{answer_name(study, question)}", 0, 0, text)
