"""What `report.yaml` and `assignment.yaml` may say."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from reportgen.spec.base import Name, SpecModel, Text


def _day(value: Any) -> Any:
    """Read year, month and day; pydantic would take digits alone for seconds since 1970."""
    if not isinstance(value, str):
        return value
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        with contextlib.suppress(ValueError):
            return dt.date.fromisoformat(value)
    kind = "date_parsing"
    raise PydanticCustomError(kind, "no day of the calendar")


Date = Annotated[dt.date, BeforeValidator(_day)]


class Author(SpecModel):
    """One author; the submission's name is made of surnames and name."""

    name: Text = Field(description="Given name.")
    surnames: Text = Field(description="Surnames, as they go into the file name.")
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")] | None = Field(
        None, description="Address; optional."
    )


class Section(SpecModel):
    """One section of the report: the experiments it tells and the questions it answers."""

    title: Text = Field(description="Heading of the section.")
    experiments: tuple[Name, ...] = Field(
        min_length=1, description="Files of the experiments that it tells, without .yaml."
    )
    questions: tuple[Name, ...] = Field(
        min_length=1, description="Ids of the questions that it answers, in order."
    )


GENERATED = "generated"
"""Stands in the list of notebooks for those that are made from the experiments."""


def _text_or_list(value: Any) -> str:
    """Tell which form of a field that takes either is meant."""
    return "text" if isinstance(value, str) else "list"


class Report(SpecModel):
    """The report: title block, sections in order, what goes into the zip."""

    title: Text = Field(description="Title of the report.")
    subtitle: str | None = Field(None, description="Line below the title; optional.")
    course: Text = Field(description="Course, above the title.")
    authors: tuple[Author, ...] = Field(
        min_length=1, description="Who hands it in; the file names are made of their names."
    )
    date: Date = Field(description="Year, month and day: 2026-04-10.")
    locale: Literal["es_ES", "es_MX"] = Field(
        "es_ES", description="Country, for the decimal mark: comma in Spain, point in Mexico."
    )
    theme: Name = Field(
        "report",
        description=(
            "How the page looks: report, one column; or a folder of templates/themes/, such as "
            "article, two columns."
        ),
    )
    sections: tuple[Section, ...] = Field(
        min_length=1, description="The report's sections, in order."
    )
    notebooks: Annotated[
        Annotated[Literal["generated"], Tag("text")] | Annotated[tuple[Text, ...], Tag("list")],
        Discriminator(_text_or_list),
    ] = Field(
        (),
        description=(
            "generated: one for each section, made from the experiments. Or a list of files of "
            "the study's folder, in which `generated` may stand too."
        ),
    )

    @property
    def listed_notebooks(self) -> tuple[str, ...]:
        """The notebooks as a list: files, and `GENERATED` for one of each section."""
        return (self.notebooks,) if isinstance(self.notebooks, str) else self.notebooks

    @property
    def own_notebooks(self) -> tuple[str, ...]:
        """The files among the notebooks."""
        return tuple(name for name in self.listed_notebooks if name != GENERATED)

    @property
    def generates_notebooks(self) -> bool:
        """Whether notebooks are made from the experiments."""
        return GENERATED in self.listed_notebooks


Artefact = Literal[
    "sample_grid",
    "split_sizes",
    "parameters",
    "layers",
    "summary",
    "listing",
    "curves",
    "best_accuracy",
    "confusion",
    "confusion_pairs",
    "error_grid",
    "maps",
    "map_measures",
    "trials",
    "trials_plot",
    "trial_history",
    "curve_grid",
    "seed_plot",
    "seed_table",
    "seed_comparisons",
    "filters",
    "filter_outputs",
    "activation_maximization",
    "method_table",
]
"""Kinds of figure, table and listing that a question may need."""

ARTEFACTS: tuple[str, ...] = get_args(Artefact)


class Question(SpecModel):
    """One question of the assignment, and the artefacts that a full answer needs."""

    id: Name = Field(description="Name of the question and of its template.")
    text: Text = Field(description="The question as it is asked.")
    needs: tuple[Artefact, ...] = Field(
        (), description="Figures, tables and listings that a full answer shows."
    )


class Assignment(SpecModel):
    """The assignment as data."""

    title: Text = Field(description="Title of the assignment.")
    questions: tuple[Question, ...] = Field(min_length=1, description="All questions, in order.")
