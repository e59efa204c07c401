"""Spanish names of classes, as data: `templates/labels/<data set>.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from reportgen.errors import Fault, TemplateError, nearest

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
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    shown = f"{templates.name}/labels/{path.name}"
    try:
        raw = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")) or {}
    except (YAMLError, UnicodeDecodeError) as cause:
        raise TemplateError(faults=[Fault(shown, 0, 0, f"is no valid YAML: {cause}")]) from cause
    faults = [Fault(shown, 0, 0, text) for text in _wrong(raw)]
    if faults:
        raise TemplateError(faults=faults)
    return Labels({str(name): Label(**entry) for name, entry in raw.items()})


def _wrong(raw: Any) -> list[str]:
    """Say what is wrong with the content of a label file."""
    if not isinstance(raw, dict):
        return ["expected one entry a class: <class>: {label: …, gender: m}"]
    wrong = []
    for name, entry in raw.items():
        if not isinstance(entry, dict) or not isinstance(entry.get("label"), str):
            wrong.append(f'class "{name}": expected {{label: "…", gender: m or f}}, got {entry!r}')
            continue
        wrong += [
            f'class "{name}": no key "{key}"; {nearest(str(key), _KEYS)}'
            for key in entry
            if key not in _KEYS
        ]
        if entry.get("gender", "m") not in {"m", "f"}:
            wrong.append(f'class "{name}": gender must be m or f, got {entry["gender"]!r}')
        if entry.get("article", "") not in {"", "m", "f"}:
            wrong.append(f'class "{name}": article must be m or f, got {entry["article"]!r}')
        if not isinstance(entry.get("plural", ""), str):
            wrong.append(f'class "{name}": plural must be text, got {entry["plural"]!r}')
    return wrong
