"""Reads the files of one study and gathers their faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from reportgen.errors import Fault, SpecError, nearest
from reportgen.project import TEMPLATES
from reportgen.records import RunId
from reportgen.spec.base import SpecModel
from reportgen.spec.consistency import leaves_folder
from reportgen.spec.experiment import Experiment
from reportgen.spec.faults import Refusal, read_model
from reportgen.spec.lineage import named_sources, source_faults
from reportgen.spec.profile import Profile, overlay
from reportgen.spec.report import GENERATED
from reportgen.spec.run import Run
from reportgen.spec.sweep import trials
from reportgen.spec.theme import FILE, FOLDER, PLAIN, SINGLE, Theme, known_themes
from reportgen.spec.yaml_source import Keys, Source, read_yaml

RESERVED = ("report", "assignment")
COMPARED = ("n", "split", "beats", "beats_all")
"""Names of facts beside which those on each experiment that is compared stand."""

ModelType = TypeVar("ModelType", bound=SpecModel)


class Loader:
    """Reads the files of one study and gathers their faults."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root = root
        self.folder = folder
        self.files: list[Path] = []
        self.faults: set[Fault] = set()

    def read(self, file: Path, over: Source | None = None, branch: Keys = ()) -> Source | None:
        """Return a file's content under the profile's branch; None if it cannot be read."""
        self.files.append(file)
        try:
            source = read_yaml(file, file.relative_to(self.root).as_posix())
        except SpecError as error:
            self.faults.update(error.faults)
            return None
        self.faults.update(source.faults)
        return source if over is None else overlay(source, over, branch)

    def model(self, model: type[ModelType], source: Source | None) -> ModelType | None:
        """Return the model of a file's content; None if it is wrong."""
        if source is None:
            return None
        found, refusals = read_model(model, source.value)
        self.refuse(source, refusals)
        return found

    def refuse(self, source: Source, refusals: Sequence[Refusal]) -> None:
        """Keep faults with their places, but one where the YAML itself is at fault."""
        spoilt = {(fault.file, fault.line, fault.column) for fault in source.faults}
        for refusal in refusals:
            find = source.key_place if refusal.at_key else source.place
            place = find(refusal.path)
            if (place.file, place.line, place.column) not in spoilt:
                self.faults.add(place.fault(refusal.message))

    def experiment_names(self, source: Source | None) -> list[str]:
        """Return the experiments that the sections name and that have a file, each once."""
        names: dict[str, None] = {}
        known = self.known()
        for path, name in _in_sections(source, "experiments"):
            if source is None or name in names:
                continue
            if name in COMPARED:
                message = f'an experiment cannot be called "{name}"; rename its file'
                self.faults.add(source.place(path).fault(message))
            elif name in known:
                names[name] = None
            else:
                message = f"there is no file {name}.yaml for the experiment; {nearest(name, known)}"
                self.faults.add(source.place(path).fault(message))
        return list(names)

    def known(self) -> list[str]:
        """Return the names of the folder's experiment files."""
        return sorted(file.stem for file in self.folder.glob("*.yaml") if file.stem not in RESERVED)

    def experiments(
        self, names: list[str], over: Source
    ) -> tuple[dict[str, Experiment], list[Run]]:
        """Return experiments and their runs; those that they start from are added to `names`."""
        experiments: dict[str, Experiment] = {}
        sources: dict[str, Source] = {}
        runs: list[Run] = []
        for name in names:  # grows on the way
            source = self.read(self.folder / f"{name}.yaml", over, ("experiments", name))
            spec = self.model(Experiment, source)
            if source is None or not isinstance(source.value, dict):
                continue
            sources[name] = source
            specs, refusals = trials(source.value)
            self.refuse(source, refusals)
            if spec is not None:
                experiments[name] = spec
                runs += [] if refusals else _runs(name, spec, specs)
            found = [other for _, other in named_sources(source.value)]
            names += [n for n in dict.fromkeys(found) if n in self.known() and n not in names]
        self.faults.update(source_faults(sources, experiments, self.known()))
        return experiments, runs

    def check_profile(self, over: Source, names: Sequence[str]) -> None:
        """Keep the faults of a profile by itself."""
        self.model(Profile, over)
        experiments = over.value.get("experiments") if isinstance(over.value, dict) else None
        for name in experiments if isinstance(experiments, dict) else ():
            if name not in names:
                message = f'no section names an experiment "{name}"; {nearest(name, names)}'
                self.faults.add(over.key_place(("experiments", name)).fault(message))

    def check_questions(self, report: Source | None, assignment: Source | None) -> None:
        """Keep a fault for each question that stands twice or is not in the assignment."""
        asked: set[str] = set()
        for path, question in _questions(assignment):
            if question in asked and assignment is not None:
                message = f'the question "{question}" stands twice in the assignment'
                self.faults.add(assignment.place(path).fault(message))
            asked.add(question)
        answered: set[str] = set()
        for path, question in _in_sections(report, "questions"):
            if report is None or assignment is None:
                return
            if question in answered:
                message = f'the question "{question}" is answered twice; name it once'
                self.faults.add(report.place(path).fault(message))
            elif question not in asked:
                hint = nearest(question, sorted(asked))
                message = f'the assignment has no question "{question}"; {hint}'
                self.faults.add(report.place(path).fault(message))
            answered.add(question)

    def theme(self, report: Source | None) -> Theme:
        """Return the theme that a report names; its own file may be at fault."""
        found = report.value.get("theme", PLAIN) if report and isinstance(report.value, dict) else 0
        if report is None or not isinstance(found, str) or found == PLAIN:
            return SINGLE
        known = known_themes(self.root / TEMPLATES)
        if found not in known:
            message = f'there is no theme "{found}"; {nearest(found, known)}'
            self.faults.add(report.place(("theme",)).fault(message))
            return SINGLE
        file = self.root / TEMPLATES / FOLDER / found / FILE
        return self.model(Theme, self.read(file)) or SINGLE

    def check_notebooks(self, report: Source | None) -> None:
        """Keep a fault for each notebook that is no file of the study's folder, nor `generated`."""
        found = report.value.get("notebooks") if report and isinstance(report.value, dict) else ()
        listed = found if isinstance(found, list) else []
        for index, name in enumerate(listed):
            if report is None or not isinstance(name, str):
                continue
            place = report.place(("notebooks", index))
            if name == GENERATED:
                if name in listed[:index]:
                    self.faults.add(place.fault(f'"{GENERATED}" stands twice; name it once'))
                continue
            path = PurePosixPath(name)
            if leaves_folder(name) or path.suffix != ".ipynb":
                message = f'"{name}" must be an .ipynb file inside the study\'s folder'
                self.faults.add(place.fault(message))
            elif not (self.folder / path).is_file():
                known = [file.name for file in self.folder.glob("*.ipynb")]
                message = f'there is no notebook "{name}"; {nearest(name, known)}'
                self.faults.add(place.fault(message))
            elif not (self.folder / path).resolve().is_relative_to(self.folder.resolve()):
                message = f'"{name}" is a link that leads out of the study\'s folder; copy the file'
                self.faults.add(place.fault(message))


def _in_sections(source: Source | None, key: str) -> Iterator[tuple[Keys, str]]:
    """Yield path and text of each name that the report's sections list under a key."""
    sections: Any = (
        source.value.get("sections") if source and isinstance(source.value, dict) else ()
    )
    for index, section in enumerate(sections if isinstance(sections, list) else ()):
        names = section.get(key) if isinstance(section, dict) else ()
        for number, name in enumerate(names if isinstance(names, list) else ()):
            if isinstance(name, str):
                yield ("sections", index, key, number), name


def _questions(source: Source | None) -> Iterator[tuple[Keys, str]]:
    """Yield path and text of each question's id."""
    listed: Any = source.value.get("questions") if source and isinstance(source.value, dict) else ()
    for index, question in enumerate(listed if isinstance(listed, list) else ()):
        name = question.get("id") if isinstance(question, dict) else None
        if isinstance(name, str):
            yield ("questions", index, "id"), name


def _runs(name: str, spec: Experiment, specs: Mapping[str, Experiment]) -> list[Run]:
    """Return the runs of an experiment: its seeds, then each trial with all seeds."""
    base = spec.model_copy(update={"sweep": ()})
    runs = [Run(RunId(name, "", seed), _seeded(base, seed), "") for seed in spec.seeds]
    without = {"maximization": None}  # the first seed's run is the one that shows them
    runs[1:] = [replace(run, spec=run.spec.model_copy(update=without)) for run in runs[1:]]
    for trial in spec.sweep:
        runs += [
            Run(RunId(name, trial.name, seed), _seeded(specs[trial.name], seed), trial.why)
            for seed in spec.seeds
        ]
    return runs


def _seeded(spec: Experiment, seed: int) -> Experiment:
    return spec.model_copy(update={"seeds": (seed,), "dataset": spec.dataset.drawn(seed)})
