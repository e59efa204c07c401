"""What `report.yaml` and `assignment.yaml` may say."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field
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
    theme: Literal["report"] = Field("report", description="How the page looks.")
    sections: tuple[Section, ...] = Field(
        min_length=1, description="The report's sections, in order."
    )
    notebooks: tuple[Text, ...] = Field(
        (), description="Notebook files, relative to the study's folder."
    )


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
