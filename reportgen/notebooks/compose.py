"""From a study's section to a notebook that nobody has run yet: pure, and without a kernel.

What a notebook says is a template, `templates/notebook.md.j2`, or the study's own,
`templates/<study>/notebook.md.j2`: Markdown whose blocks fenced as ``python`` are
the cells of code.
"""

from __future__ import annotations

import json
import keyword
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from reportgen.datasets.catalogue import CATALOGUE, known_dataset
from reportgen.datasets.idx import IdxFolder
from reportgen.datasets.image_folders import ImageFolders
from reportgen.datasets.npz import NpzFile
from reportgen.errors import TemplateError
from reportgen.hashing import sha256_json
from reportgen.plan.code import module_source
from reportgen.records import RunId
from reportgen.report.labels import load_labels
from reportgen.report.places import locate
from reportgen.spec.experiment import Experiment
from reportgen.spec.lineage import named_sources
from reportgen.spec.maximization import Maximization
from reportgen.spec.network import PackageModel, StudyModel
from reportgen.spec.report import Section
from reportgen.spec.study import Study
from reportgen.spec.sweep import trials
from reportgen.spec.yaml_write import yaml_text

TEMPLATE = "notebook.md.j2"

_FENCE = re.compile(r"(`{3,})(\w*)\s*")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as it is written."""

    kind: Literal["markdown", "code"]
    source: str


@dataclass(frozen=True, slots=True)
class Composed:
    """A notebook before it is run: its file's name, its cells, and the runs that it shows."""

    name: str
    cells: tuple[Cell, ...]
    runs: tuple[RunId, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of all that is written in it."""
        return sha256_json([[cell.kind, cell.source] for cell in self.cells])


def compose_notebooks(study: Study) -> tuple[Composed, ...]:
    """Return the notebooks of a study that wants them, one for each section, in order.

    Raises
    ------
    TemplateError
        If the template is missing or wrong.
    ModelError
        If models.py has not the networks that the experiments name.
    """
    if not study.report.generates_notebooks:
        return ()
    return tuple(
        _compose(study, number, section)
        for number, section in enumerate(study.report.sections, start=1)
    )


def _compose(study: Study, number: int, section: Section) -> Composed:
    """Return the notebook of one section."""
    text = render_template(study, describe_section(study, number, section))
    shown = tuple(run.id for run in study.runs if run.id.experiment in section.experiments)
    return Composed(notebook_name(number, section.title), tuple(split_cells(text)), shown)


def notebook_name(number: int, title: str) -> str:
    """Return the file name of a section's notebook.

    Examples
    --------
    >>> notebook_name(3, "Redes pequeñas: ¿cuál?")
    '3_redes_pequenas_cual.ipynb'
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    return "_".join([str(number), *words])[:80] + ".ipynb"


# ── what the template is given ──────────────────────────────────────────────


def describe_section(study: Study, number: int, section: Section) -> dict[str, Any]:
    """Return what the template may name, as plain values."""
    specs = {name: study.experiments[name] for name in section.experiments}
    carried = specs | starting_points(study, specs)
    return {
        "report": study.report.title,
        "number": number,
        "title": section.title,
        "locale": study.report.locale,
        "extras": ",".join(extras_for(carried.values())),
        "models": models_source(study, carried.values()),
        "compared": stands_alone(study, section),
        "experiments": [describe_experiment(study, name, spec) for name, spec in specs.items()],
        "starts": [
            {"name": name, "title": spec.title, "yaml": written_experiment(spec)}
            for name, spec in carried.items()
            if name not in specs
        ],
    }


def starting_points(study: Study, specs: Mapping[str, Experiment]) -> dict[str, Experiment]:
    """Return the experiments that some start from, and those that these start from."""
    names = list(specs)
    for name in names:  # grows on the way
        sources = [other for _, other in named_sources(study.experiments[name].to_plain())]
        names += [other for other in dict.fromkeys(sources) if other not in names]
    return {name: study.experiments[name] for name in names if name not in specs}


def written_experiment(spec: Experiment) -> str:
    """Return the text of an experiment's file under its profile, without its comments."""
    return yaml_text(spec.model_dump(mode="json", by_alias=True, exclude_unset=True))


def stands_alone(study: Study, section: Section) -> bool:
    """Tell whether a section compares experiments that no other section names.

    Those of several sections are compared with each other in the report, all together.
    """
    others = [one.experiments for one in study.report.sections if one is not section]
    shared = {name for names in others for name in names} & set(section.experiments)
    return len(section.experiments) > 1 and not shared


def describe_experiment(study: Study, name: str, spec: Experiment) -> dict[str, Any]:
    """Return what the template may name of an experiment."""
    labels = load_labels(study.templates, spec.dataset.name).by_class
    return {
        "name": name,
        "variable": f"{name}_" if keyword.iskeyword(name) or name == "study" else name,
        "title": spec.title,
        "yaml": written_experiment(spec),
        "dataset": spec.dataset.name,
        "network": spec.model.name,
        "own": isinstance(spec.model, StudyModel),
        "weights": spec.weights,
        "estimator": "" if spec.estimator is None else spec.estimator.name,
        "epochs": spec.epochs,
        "seeds": list(spec.seeds),
        "horizons": list(spec.report_horizons),
        "maps": list(spec.map_horizons),
        "features": dict(spec.features),
        "illustrated": known_dataset(spec.dataset.name, spec.dataset.source).may_show,
        "phases": 0 if spec.training is None else len(spec.training.phases),
        "stops_early": stops_early(spec),
        "filters": "" if spec.filters is None else spec.filters.layer,
        "filtered": 0 if spec.filters is None else spec.filters.images,
        "maximized": {} if spec.maximization is None else maximized_layers(spec.maximization),
        "trials": [{"name": trial.name, "why": trial.why} for trial in spec.sweep],
        "classes": {name: label.label for name, label in labels.items() if name != label.label},
    }


def maximized_layers(wanted: Maximization) -> dict[str, str]:
    """Return the layer whose filters each alias maximises."""
    return {alias: each.layer for alias, each in wanted.images.items()}


def stops_early(spec: Experiment) -> bool:
    """Tell whether a phase of its training may end before its epochs."""
    phases = () if spec.training is None else spec.training.phases
    return any(phase.early_stopping is not None for phase in phases)


def models_source(study: Study, specs: Any) -> str:
    """Return the source of the study's own networks that experiments and trials use, or ""."""
    tried = [one for spec in specs for one in (spec, *_trials(spec))]
    names = dict.fromkeys(one.model.name for one in tried if isinstance(one.model, StudyModel))
    return module_source(study.models_file, list(names)) if names else ""


def extras_for(specs: Any) -> list[str]:
    """Return the extras of this package that running some experiments takes."""
    tried = [one for spec in specs for one in (spec, *_trials(spec))]
    return ["train", *(["embedded"] if any(map(_needs_package, tried)) else []), "notebooks"]


def _trials(spec: Experiment) -> Iterator[Experiment]:
    """Yield an experiment's trials, each as an experiment."""
    yield from trials(spec.to_plain())[0].values()


def _needs_package(spec: Experiment) -> bool:
    """Tell whether data, network or weights lie in an installed package."""
    known = CATALOGUE.get(spec.dataset.name)
    files = (IdxFolder, ImageFolders, NpzFile)
    carried = known is not None and not any(isinstance(place, files) for place in known.places)
    return carried or isinstance(spec.model, PackageModel) or spec.weights.startswith("package:")


# ── the template, and its cells ─────────────────────────────────────────────


def render_template(study: Study, names: dict[str, Any]) -> str:
    """Return the text of a notebook.

    Raises
    ------
    TemplateError
        If the template is missing or wrong.
    """
    import jinja2

    from reportgen.report.sandbox import Sandbox

    environment = Sandbox(
        study.templates,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # Markdown and Python, no HTML
    )
    environment.filters["py"] = python_literal
    try:
        template = environment.select_template([f"{study.name}/{TEMPLATE}", TEMPLATE])
        return environment.allowance.gathered(template.generate(names))
    except jinja2.TemplatesNotFound as error:
        msg = f"{study.templates.name}/{TEMPLATE} is missing: notebooks are made from it"
        raise TemplateError(msg) from error
    except Exception as error:
        vocabulary = {"filter": list(environment.filters), "test": list(environment.tests)}
        raise TemplateError(faults=[locate(error, study.templates, vocabulary)]) from error


def python_literal(value: Any) -> str:
    """Return text, numbers, lists and mappings of them as Python writes them.

    Examples
    --------
    >>> print(python_literal({"cat": "gato", "n": [1, 2]}))
    {"cat": "gato", "n": [1, 2]}
    """
    return json.dumps(value, ensure_ascii=False)


def split_cells(text: str) -> Iterator[Cell]:
    r"""Yield the cells of a text: blocks fenced as python, and what stands between them.

    A fence ends with a line of as many backquotes or more, as in Markdown.

    Examples
    --------
    >>> [cell.source for cell in split_cells("Hola.\n\n```python\n1 + 1\n```\n")]
    ['Hola.', '1 + 1']
    """
    lines: list[str] = []
    fence, kind = "", ""
    for line in text.splitlines():
        match = _FENCE.fullmatch(line)
        if not fence and match:
            fence, kind = match[1], match[2]
            if kind == "python":
                yield from _cell("markdown", lines)
                lines = []
                continue
        elif fence and match and not match[2] and len(match[1]) >= len(fence):
            fence = ""
            if kind == "python":
                yield from _cell("code", lines)
                lines = []
                continue
        lines.append(line)
    yield from _cell("code" if fence and kind == "python" else "markdown", lines)


def _cell(kind: Literal["markdown", "code"], lines: list[str]) -> Iterator[Cell]:
    """Yield a cell, unless nothing stands in it."""
    source = "\n".join(lines).strip("\n")
    if source.strip():
        yield Cell(kind, source)
