"""What `report.yaml` and `assignment.yaml` may say."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from reportgen.spec.experiment import Name, SpecModel, Text


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

    name: Text
    surnames: Text
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")] | None = None


class Section(SpecModel):
    """One section of the report: the experiments it tells and the questions it answers."""

    title: Text
    experiments: tuple[Name, ...] = Field(min_length=1)
    questions: tuple[Name, ...] = Field(min_length=1)


class Report(SpecModel):
    """The report: title block, sections in order, what goes into the zip."""

    title: Text
    subtitle: str | None = None
    course: Text
    authors: tuple[Author, ...] = Field(min_length=1)
    date: Date = Field(description="Year, month and day: 2026-04-10.")
    locale: Literal["es_ES", "es_MX"] = "es_ES"
    theme: Literal["report"] = "report"
    sections: tuple[Section, ...] = Field(min_length=1)
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

    id: Name
    text: Text
    needs: tuple[Artefact, ...] = ()


class Assignment(SpecModel):
    """The assignment as data."""

    title: Text
    questions: tuple[Question, ...] = Field(min_length=1)
