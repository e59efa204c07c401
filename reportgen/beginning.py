"""Begins a study of one's own, and the project around it where there is none."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from reportgen.carried import FOLDER, PAGE, base_files, study_files
from reportgen.errors import UsageError, nearest
from reportgen.project import EXPERIMENTS
from reportgen.report.lints import STUB
from reportgen.spec.schema import FOLDER as SCHEMA
from reportgen.spec.schema import schemas

NAME = re.compile(r"[a-z][a-z0-9_-]{0,59}")
QUESTIONS = "questions/"


@dataclass(frozen=True, slots=True)
class Start:
    """What the first experiment has to say of a data set.

    Images are square, of `side` pixels. `share` of each class validates where the
    source is not divided already.
    """

    channels: int
    side: int
    epochs: int
    share: float | None = None
    n_classes: int = 10


STARTS: Mapping[str, Start] = MappingProxyType(
    {
        "digits": Start(channels=1, side=8, epochs=10, share=0.25),
        "mnist-5k": Start(channels=1, side=28, epochs=5, share=0.2),
        "mnist": Start(channels=1, side=28, epochs=5),
        "fashion-mnist": Start(channels=1, side=28, epochs=5),
        "openmoji": Start(channels=3, side=32, epochs=10, share=0.25),
        "cifar10": Start(channels=3, side=32, epochs=10),
    }
)
"""The data sets that a study may begin with."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """The files of a new study, and those of the project that were not there yet."""

    study: Mapping[Path, str]
    project: Mapping[Path, str]


def plan_study(
    root: Path, study: str, dataset: str, title: str | None, today: dt.date
) -> Beginning:
    """Return what a new study consists of; nothing is written.

    Parameters
    ----------
    root : Path
        The project, or the folder that becomes one: without the templates that
        every report needs, it gets them.
    study : str
        Name of the study and of its folders.
    dataset : str
        One of `STARTS`.
    title : str or None
        Title of the report; None leaves it to be written.
    today : date
        The report's date.

    Raises
    ------
    UsageError
        If the study's name is no name, or taken, or the data set cannot be begun with.
    """
    project = dict(_missing_project_files(root))
    _check_name(root, study, project)
    if dataset not in STARTS:
        hint = nearest(dataset, list(STARTS))
        msg = (
            f'a study cannot begin with the data set "{dataset}": {hint}. For data of your own '
            "begin with one of these, and change dataset and model in baseline.yaml"
        )
        raise UsageError(msg)
    if title is not None and not title.strip():
        msg = "the title is empty; write one, or leave --title out"
        raise UsageError(msg)
    words = _words(study, dataset, title or f"{STUB}: título del informe", today)
    files = {}
    for name, text in study_files():
        path = root / FOLDER / study if name.startswith(QUESTIONS) else root / EXPERIMENTS / study
        files[path / name] = _filled(text, words)
    report = root / EXPERIMENTS / study / "report.yaml"
    files[report] = files.pop(report)  # last: it is what makes the folder a study
    return Beginning(files, project)


def _words(study: str, dataset: str, title: str, today: dt.date) -> dict[str, str]:
    """Return what stands for each mark in the files of the study to start from."""
    start = STARTS[dataset]
    data = f"  name: {dataset}"
    if start.share is not None:
        data += f"\n  split: {{validation_share: {start.share}, seed: 0}}"
    return {
        "study": study,
        "title": json.dumps(title.strip(), ensure_ascii=False),  # as YAML reads it too
        "date": today.isoformat(),
        "dataset": data,
        "args": f"channels: {start.channels}, side: {start.side}, n_classes: {start.n_classes}",
        "epochs": str(start.epochs),
    }


def _filled(text: str, words: Mapping[str, str]) -> str:
    """Return a text with a word in place of each mark, such as ``<<study>>``."""
    return re.sub(r"<<(\w+)>>", lambda mark: words[mark[1]], text)


def _missing_project_files(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield what a folder lacks to be a project: templates where none are, and schemas."""
    if not (root / FOLDER / PAGE).is_file():
        for name, text in base_files():
            if not (root / FOLDER / name).exists():
                yield root / FOLDER / name, text
    for name, text in schemas().items():
        path = root / EXPERIMENTS / SCHEMA / name
        if not path.exists():
            yield path, text


def _check_name(root: Path, study: str, project: Mapping[Path, str]) -> None:
    """Refuse a study's name that is no name, or taken."""
    if not NAME.fullmatch(study):
        msg = (
            f'"{study}" is no name for a study: expected small letters without accents, digits, '
            '"_" and "-", beginning with a letter, 60 at most'
        )
        raise UsageError(msg)
    for folder in (EXPERIMENTS, FOLDER):
        path = root / folder / study
        if path.exists() or any(path in file.parents for file in project):
            msg = f"{folder}/{study} is there already, or is needed; choose another name"
            raise UsageError(msg)
