"""Spanish names of classes, as data: `templates/labels/<data set>.yaml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from reportgen.errors import SpecError, TemplateError, nearest
from reportgen.spec.scalars import describe
from reportgen.spec.yaml_source import Keys, read_yaml

FORMS = ("label", "plural", "the", "a")
_KEYS = ("label", "gender", "plural", "article")
# Data sets whose classes are those of another, or of a part of it, and share its names.
_SHARED = {"mnist-5k": "mnist", "digits": "mnist", "emnist-letters": "letters"}


@dataclass(frozen=True, slots=True)
class Label:
    """The Spanish name of a class.

    `article` is the gender of the articles before its singular, where it is not its own:
    feminine nouns that begin with a stressed a take the masculine ones («el ave»); the names
    of letters do not («la a»), so it cannot be told from the word.
    """

    label: str
    gender: Literal["m", "f"] = "m"
    plural: str = ""
    article: Literal["", "m", "f"] = ""


@dataclass(frozen=True, slots=True)
class Labels:
    """The Spanish names of a data set's classes; a class without one keeps its own."""

    by_class: Mapping[str, Label]

    def form(self, name: str, form: str = "label") -> str:
        """Return a class's name in some form.

        Parameters
        ----------
        name : str
            The class, as the data set calls it.
        form : {"label", "plural", "the", "a"}
            The name itself, its plural, or with the definite or the indefinite article.

        Raises
        ------
        ValueError
            If the form is unknown.
        """
        if form not in FORMS:
            msg = f'a label has no form "{form}"; {nearest(form, FORMS)}'
            raise ValueError(msg)
        label = self.by_class.get(name, Label(name))
        feminine = (label.article or label.gender) == "f"
        if form == "plural":
            return label.plural or label.label
        if form == "the":
            return f"{'la' if feminine else 'el'} {label.label}"
        if form == "a":
            return f"{'una' if feminine else 'un'} {label.label}"
        return label.label


def label_file(templates: Path, dataset: str) -> Path:
    """Return the file that has, or would have, the Spanish names of a data set's classes."""
    return templates / "labels" / f"{_SHARED.get(dataset, dataset)}.yaml"


def load_labels(templates: Path, dataset: str) -> Labels:
    """Return the Spanish class names of a data set; without a file, those of the data set.

    Raises
    ------
    TemplateError
        If the file is not YAML, or an entry is not of the form
        ``<class>: {label: …, gender: m or f, plural: …}``.
    """
    path = label_file(templates, dataset)
    if not path.is_file():
        return Labels({})
    shown = f"{templates.name}/labels/{path.name}"
    try:
        source = read_yaml(path, shown)
    except SpecError as error:
        raise TemplateError(faults=error.faults) from error
    found = [source.place(keys).fault(text) for keys, text in _wrong(source.value)]
    if found or source.faults:
        raise TemplateError(faults=sorted({*source.faults, *found}))
    return Labels({name: Label(**entry) for name, entry in source.value.items()})


def _wrong(raw: Any) -> Iterator[tuple[Keys, str]]:
    """Yield what is wrong with the content of a label file, and where."""
    if not isinstance(raw, dict):
        yield (), "expected one entry a class: <class>: {label: …, gender: m}"
        return
    for name, entry in raw.items():
        if not isinstance(entry, dict) or not isinstance(entry.get("label"), str):
            expected = f'class "{name}": expected {{label: "…", gender: m or f}}'
            yield (name,), f"{expected}, got {describe(entry)}"
            continue
        for key in entry:
            if key not in _KEYS:
                yield (name, key), f'class "{name}": no key "{key}"; {nearest(key, _KEYS)}'
        gender, plural = entry.get("gender", "m"), entry.get("plural", "")
        if gender not in ("m", "f"):
            yield (name, "gender"), f'class "{name}": gender must be m or f, got {describe(gender)}'
        if (article := entry.get("article", "")) not in ("", "m", "f"):
            text = f'class "{name}": article must be m or f, got {describe(article)}'
            yield (name, "article"), text
        if not isinstance(plural, str):
            yield (name, "plural"), f'class "{name}": plural must be text, got {describe(plural)}'
