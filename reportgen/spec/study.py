"""Loads a study: its report, its assignment, its experiments, under one profile.

Nothing here imports torch; all faults of all files are told at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reportgen.errors import SpecError, UsageError, nearest
from reportgen.project import EXPERIMENTS, TEMPLATES
from reportgen.spec.experiment import Experiment
from reportgen.spec.lineage import link_runs
from reportgen.spec.loader import Loader
from reportgen.spec.report import Assignment, Report
from reportgen.spec.run import Run
from reportgen.spec.theme import FOLDER, SINGLE, Theme
from reportgen.spec.yaml_source import Place, Source

DEFAULT_PROFILE = "default"
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


@dataclass(frozen=True, slots=True)
class Study:
    """A study under one profile.

    `experiments` are those of the report's sections, in their order, then those that
    serve only as the start of others. `runs` are in that order too, of each its seeds,
    then its trials, each with all seeds; but one that others start from comes before
    them. `files` are the files read.
    `theme` has the widths of its page.
    `place` is the study's folder where that is not one of the project's, as in a
    notebook.
    """

    name: str
    profile: str
    root: Path
    report: Report
    assignment: Assignment
    experiments: Mapping[str, Experiment]
    runs: tuple[Run, ...]
    files: tuple[Path, ...]
    theme: Theme = SINGLE
    place: Path | None = None

    @property
    def listed(self) -> tuple[str, ...]:
        """Return the experiments that sections name; others are only the start of these."""
        named = (name for section in self.report.sections for name in section.experiments)
        return tuple(dict.fromkeys(named))

    def require_experiment(self, name: str) -> None:
        """Refuse a name that no experiment has.

        Raises
        ------
        UsageError
            If so; the message names the nearest.
        """
        if name not in self.experiments:
            msg = f'{self.name} has no experiment "{name}"; {nearest(name, list(self.experiments))}'
            raise UsageError(msg)

    @property
    def folder(self) -> Path:
        """Return where the study's own files lie."""
        return self.place or self.root / EXPERIMENTS / self.name

    @property
    def models_file(self) -> Path:
        """Return the file with the study's networks."""
        return self.folder / "models.py"

    @property
    def templates(self) -> Path:
        """Return the project's folder of templates."""
        return self.root / TEMPLATES

    @property
    def theme_folder(self) -> Path:
        """Return where the theme's own files lie; the theme `report` has none."""
        return self.templates / FOLDER / self.report.theme

    @property
    def label(self) -> str:
        """Return the study's name, with `@profile` where it is not the default one."""
        return self.name if self.profile == DEFAULT_PROFILE else f"{self.name}@{self.profile}"

    @property
    def arguments(self) -> str:
        """Return what names this study on the command line, for advice."""
        return (
            self.name
            if self.profile == DEFAULT_PROFILE
            else f"{self.name} --profile {self.profile}"
        )

    @property
    def build_folder(self) -> Path:
        """Return where the report is put."""
        return self.root / "build" / self.label

    @property
    def records_folder(self) -> Path:
        """Return where the committed records of this profile lie."""
        return self.folder / "records" / self.profile


def load_study(root: Path, name: str, profile: str = DEFAULT_PROFILE) -> Study:
    """Return a study of the project at `root`.

    Raises
    ------
    UsageError
        If there is no such study or profile.
    SpecError
        With all faults of all files, sorted by file and line.
    """
    folder = _study_folder(root, name)
    profile_file = _profile_file(folder, profile)
    loader = Loader(root, folder)
    over = Source({}, {(): Place("")}, {})
    if profile_file is not None:
        over = loader.read(profile_file) or over
    report_source = loader.read(folder / "report.yaml", over, ("report",))
    assignment_source = loader.read(folder / "assignment.yaml")
    report = loader.model(Report, report_source)
    assignment = loader.model(Assignment, assignment_source)
    names = loader.experiment_names(report_source)
    experiments, runs = loader.experiments(names, over)
    if profile_file is not None:
        loader.check_profile(over, names)
    loader.check_questions(report_source, assignment_source)
    loader.check_notebooks(report_source)
    theme = loader.theme(report_source)
    if loader.faults or report is None or assignment is None:
        raise SpecError(faults=sorted(loader.faults))
    return Study(
        name,
        profile,
        root,
        report,
        assignment,
        experiments,
        link_runs(runs, experiments),
        tuple(loader.files),
        theme,
    )


def gather_study(folder: Path, names: Sequence[str]) -> Study:
    """Return a study of experiment files in one folder, without a report, as a notebook has it.

    Parameters
    ----------
    folder : Path
        Holds the files, and models.py where a network is the study's own.
    names : sequence of str
        The experiments, without .yaml. Those that they start from come along.

    Raises
    ------
    SpecError
        With all faults of all files, sorted by file and line.
    """
    loader = Loader(folder, folder)
    nothing = Source({}, {(): Place("")}, {})
    experiments, runs = loader.experiments(list(names), nothing)
    if loader.faults:
        raise SpecError(faults=sorted(loader.faults))
    report, assignment = _blank(names)
    return Study(
        folder.name,
        DEFAULT_PROFILE,
        folder,
        report,
        assignment,
        experiments,
        link_runs(runs, experiments),
        tuple(loader.files),
        place=folder,
    )


def _blank(names: Sequence[str]) -> tuple[Report, Assignment]:
    """Return a report and an assignment that say nothing: nobody reads them where none are."""
    section = {"title": "-", "experiments": list(names), "questions": ["none"]}
    report = Report.from_plain(
        {
            "title": "-",
            "course": "-",
            "authors": [{"name": "-", "surnames": "-"}],
            "date": "1970-01-01",
            "sections": [section],
        }
    )
    question = {"id": "none", "text": "-"}
    return report, Assignment.from_plain({"title": "-", "questions": [question]})


def _study_folder(root: Path, name: str) -> Path:
    folder = root / EXPERIMENTS / name
    if not FILE_NAME.fullmatch(name) or not (folder / "report.yaml").is_file():
        known = sorted(file.parent.name for file in (root / EXPERIMENTS).glob("*/report.yaml"))
        msg = f'there is no study "{name}" in {EXPERIMENTS}/; {nearest(name, known)}'
        raise UsageError(msg)
    return folder


def _profile_file(folder: Path, profile: str) -> Path | None:
    """Return the profile's file; the default profile has none."""
    file = folder / "profiles" / f"{profile}.yaml"
    if profile == DEFAULT_PROFILE:
        if file.exists():
            msg = f'"{DEFAULT_PROFILE}" means the files as they stand; rename {file.name}'
            raise UsageError(msg)
        return None
    if not FILE_NAME.fullmatch(profile) or not file.is_file():
        known = sorted(path.stem for path in file.parent.glob("*.yaml"))
        hint = nearest(profile, [DEFAULT_PROFILE, *known])
        msg = f'the study "{folder.name}" has no profile "{profile}"; {hint}'
        raise UsageError(msg)
    return file
