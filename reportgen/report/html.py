"""From a study and its facts to one page of HTML, every fault of every template at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reportgen.errors import Fault, TemplateError
from reportgen.facts.fact import FactTree
from reportgen.figures.heat import heat
from reportgen.figures.style import FigureStyle
from reportgen.report.draft import MACROS, Draft, answer_name, no_answer, page_name, roots
from reportgen.report.environment import Environment
from reportgen.report.fonts import figure_fonts
from reportgen.report.formatters import Formatters, range_of, spec
from reportgen.report.listing import python_listing
from reportgen.report.matrix import matrix_columns
from reportgen.report.notes import notes_below
from reportgen.report.pictures import Pictures
from reportgen.report.places import tell
from reportgen.report.proof import Copy, Proof
from reportgen.report.readings import Readings
from reportgen.report.registry import Registry
from reportgen.report.spanish import Spanish
from reportgen.report.survey import Survey
from reportgen.report.text import plain
from reportgen.report.view import View
from reportgen.spec.study import Study

REFERENCE_WORDS = "palabras_de_referencia"
"""Variable of the macros: what figures, tables and listings are called in references."""

_HEADING = re.compile(r'<h[2-4] id="([^"]+)"[^>]*>(.*?)</h[2-4]>', re.DOTALL)


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
    readings : Readings, optional
        Templates that were read before.
    """

    def __init__(self, view: View, root: Path | None, readings: Readings | None = None) -> None:
        self.view = view
        self.study = view.study
        self.registry = Registry()
        spanish = Spanish(self.study.report.locale)
        self._formatters = Formatters(spanish, view.labels)
        style = FigureStyle(figure_fonts(), spanish.number)
        self.pictures = Pictures(view, style, root)
        self._names = {
            **{name: view.tree[name] for name in self.study.experiments},
            **view_functions(view),
            "report": self.study.report,
            "assignment": self.study.assignment,
            "profile": self.study.profile,
            "page": self.registry,
            "pictures": self.pictures,
            "spanish": spanish,
            "interval": range_of(self._formatters),
            "plain": plain,
            "listing": python_listing,
            "cell": cell_style(view),
            "matrix_columns": lambda tree, width="": matrix_columns(
                view.class_names(tree), self.study.theme.width("confusion", width)
            ),
            "spans": self.study.theme.spans,
            "narrow": self.study.theme.narrow,
        }
        filters = self._formatters.filters()
        self.environment = Environment(self.study.templates, filters, self._names, readings)
        self.macros: Mapping[str, Any] = {}

    def write(self) -> Page:
        """Render the whole page.

        Raises
        ------
        TemplateError
            With every fault of every template.
        """
        draft = Draft(self.study, self.environment, self.registry)
        draft.render()
        if draft.failed:
            faults = self._reread(draft)
            raise TemplateError(faults=sorted(faults)) from next(iter(draft.failed.values()))
        faults = {*draft.faults, *self._survey(), *self._proofread(draft)}
        if not draft.faults:
            faults |= set(self.registry.dangling(self.study.templates))
        if faults or draft.html is None:
            raise TemplateError(faults=sorted(faults))
        self.macros = draft.macros
        html = self.registry.resolve(draft.html, self.macros[REFERENCE_WORDS])
        if self.study.theme.has_columns:
            html = notes_below(html)
        return Page(html, self.registry, dict(headings(html)), draft.consulted)

    def _survey(self) -> Iterator[Fault]:
        """Yield what no template may use, also in branches that were not taken."""
        for slip in Survey(self.environment, roots(self.study)).slips():
            yield tell(slip.message, (slip.line,), self.study.templates)

    def _proofread(self, draft: Draft) -> list[Fault]:
        """Return what is against the rules in the answers, and around."""
        around = Copy(page_name(self.study), {"sections": (), "styles": ()})
        proof = Proof(self.environment, self.study.templates, MACROS, self.pictures)
        return proof.read([*draft.copies, around])

    def _reread(self, draft: Draft) -> set[Fault]:
        """Return all mistakes of the templates, of which each draft that fails shows one."""
        from reportgen.report.rereading import Rereading

        names = {**self._names, "pictures": self.pictures.with_words(plain)}
        return Rereading(self.study, self._formatters.filters(), names).faults(draft)


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
        "seeds": view.seeds,
        "is_trial": view.is_trial,
        "trials": view.trials,
        "trial_name": view.trial_name,
        "trial_title": lambda run: spec(view.trial_title(run), view.name(run)),
        "horizons": view.horizons,
        "splits": view.splits,
        "classes": view.classes,
        "licence": view.licence,
        "has_thumbnails": view.has_thumbnails,
        "filtered_classes": view.filtered_classes,
        "group_label": lambda tree, group, form="plural": spec(
            view.group_label(tree, group, form), f"{view.name(tree)}.groups"
        ),
        "source_code": lambda run: python_listing(view.record(run).result.model.source),
        "printed_model": lambda run: view.record(run).result.model.printed,
    }


def cell_style(view: View) -> Any:
    """Return the function that tints a cell of a confusion matrix."""

    def cell(horizon: FactTree, true: int, predicted: int) -> str:
        row = view.evaluation(horizon).confusion[true]
        paper, ink = heat(row[predicted], sum(row))
        return f"background-color: {paper}; color: {ink}"

    return cell
