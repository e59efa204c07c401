"""Begins what an author will write: a new question, with a stub that renders."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from reportgen.errors import UsageError
from reportgen.report.lints import STUB
from reportgen.spec.study import Study
from reportgen.spec.yaml_edit import append_item
from reportgen.staging import write_synced
from reportgen.store.files import file_errors

NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")

TEMPLATE = """\
{{# Respuesta a la pregunta «{question}». Qué se puede escribir aquí: docs/plantillas.md.
   Los hechos disponibles: reportgen facts {study} {experiment} --brief #}}
{{% set titulo = "{stub}: título de la pregunta" %}}
{{% set run = {experiment} %}}
{{% set h = horizons(run) | first %}}
<p>{stub}: la red tiene {{{{ run.model.parameters | integer }}}} parámetros y acierta el
{{{{ h.best.accuracy | pct }}}} de las imágenes en la época {{{{ h.best.epoch | integer }}}}.</p>
"""


def plan_question(study: Study, question: str) -> dict[Path, str]:
    """Return the files of a study that one more question changes, with what they will hold.

    It comes at the end of the last section; the files stand in the order of writing.

    Raises
    ------
    UsageError
        If the id is no name, or a question or a template has it already.
    """
    template = study.templates / study.name / "questions" / f"{question}.html.j2"
    _check_id(study, question, template)
    section = study.report.sections[-1]
    texts = {
        name: (study.folder / f"{name}.yaml").read_text(encoding="utf-8-sig")
        for name in ("assignment", "report")
    }
    text = f"{STUB}: escriba aquí el enunciado."
    path = ("sections", len(study.report.sections) - 1, "questions")
    return {
        template: TEMPLATE.format(
            question=question, study=study.name, experiment=section.experiments[0], stub=STUB
        ),
        study.folder / "assignment.yaml": append_item(
            texts["assignment"],
            ("questions",),
            f'{{id: {question}, text: "{text}", needs: []}}',
            f"id: {question}\ntext: >-\n  {text}\nneeds: []",
        ),
        study.folder / "report.yaml": append_item(texts["report"], path, question, question),
    }


def write_stub(files: Mapping[Path, str]) -> tuple[Path, ...]:
    """Write the files of what is new, all or none of them; return their paths.

    Raises
    ------
    StoreError
        If one cannot be written; the others are as they were then.
    """
    before = {path: path.read_bytes() if path.is_file() else None for path in files}
    missing = {folder for path in files for folder in path.parents if not folder.exists()}
    begun: list[Path] = []
    try:
        for path, text in files.items():
            with file_errors(path, "make it writable"):
                path.parent.mkdir(parents=True, exist_ok=True)
                begun.append(path)
                write_synced(path, text.encode())
    except BaseException:
        for path in begun:
            _restore(path, before[path])
        for folder in sorted(missing, reverse=True):  # the inner ones first
            if folder.is_dir():
                folder.rmdir()
        raise
    return tuple(files)


def _check_id(study: Study, question: str, template: Path) -> None:
    """Refuse an id that is no name, or taken."""
    if not NAME.fullmatch(question):
        msg = (
            f'"{question}" is no id: expected small letters without accents, digits and "_", '
            "beginning with a letter, 60 at most"
        )
        raise UsageError(msg)
    if any(asked.id == question for asked in study.assignment.questions):
        msg = f'the assignment of {study.name} has a question "{question}" already; choose another'
        raise UsageError(msg)
    if template.exists():
        shown = template.relative_to(study.root).as_posix()
        msg = f"{shown} is there already; remove it, or choose another id"
        raise UsageError(msg)


def _restore(path: Path, content: bytes | None) -> None:
    """Put a file back as it was; None if it was not there."""
    if content is None:
        path.unlink(missing_ok=True)
    elif path.read_bytes() != content:
        write_synced(path, content)
