"""Says in our words, with a place, what a model refuses in plain values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from reportgen.errors import nearest
from reportgen.spec.base import SpecModel
from reportgen.spec.consistency import inconsistencies
from reportgen.spec.experiment import Experiment
from reportgen.spec.network import WEIGHTS
from reportgen.spec.scalars import describe
from reportgen.spec.shape import allowed_keys, fields, is_model, item, walk
from reportgen.spec.yaml_source import Keys

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

ModelType = TypeVar("ModelType", bound=SpecModel)


@dataclass(frozen=True, slots=True, order=True)
class Refusal:
    """A fault at a path of the values; `at_key` if its key is wrong, not its value."""

    path: Keys
    message: str
    at_key: bool = False


def read_model(model: type[ModelType], value: Any) -> tuple[ModelType | None, tuple[Refusal, ...]]:
    """Return the model of plain values, or None and all that is wrong with them."""
    found: list[Refusal] = []
    if model is Experiment and isinstance(value, dict):
        found += [_inconsistent(path, text) for path, text in inconsistencies(value)]
    try:
        return model.from_plain(value), ()
    except ValidationError as error:
        for details in error.errors(include_url=False):
            found += _refusals(model, value, details)
    return None, tuple(dict.fromkeys(found))


def dotted(path: Keys) -> str:
    """Return a path as sweeps write it.

    Examples
    --------
    >>> dotted(("training", "phases", 0, "epochs"))
    'training.phases.0.epochs'
    """
    return ".".join(map(str, path)) or "the file"


def _inconsistent(path: Keys, text: str) -> Refusal:
    return Refusal(path, f"{dotted(path)} {text}")


def _refusals(model: type[SpecModel], value: Any, details: ErrorDetails) -> Iterator[Refusal]:
    """Yield our form of one of pydantic's errors; nothing if it only follows from another."""
    kind, location = details["type"], details["loc"]
    context: Mapping[str, Any] = details.get("ctx", {})
    path, found = _path(location, value, missing=kind == "missing")
    name = dotted(path)
    if kind == "missing":
        yield Refusal(path[:-1], _missing(path), at_key=True)
    elif kind == "extra_forbidden":
        yield _unknown_key(model, value, path)
    elif kind in {"union_tag_invalid", "union_tag_not_found"}:
        yield _unknown_branch(model, value, path, context)
    elif kind == "literal_error":
        yield Refusal(path, _unknown_value(name, found, _quoted(context["expected"])))
    elif kind == "inconsistent":
        yield _inconsistent(path, context["text"])
    elif location and location[-1] == "[key]":
        message = f'the key "{path[-1]}" in {dotted(path[:-1])} must be {_expected(kind, context)}'
        yield Refusal(path, message, at_key=True)
    elif kind != "too_short" or len(found) < context["min_length"]:
        hint = _hint(kind, found)
        yield Refusal(
            path, f"{name} must {_expected_form(kind, context)}, got {describe(found)}{hint}"
        )


def _path(location: tuple[int | str, ...], value: Any, *, missing: bool) -> tuple[Keys, Any]:
    """Return the path of an error and the value there, without the labels of union branches."""
    path: list[str | int] = []
    for depth, part in enumerate(location):
        known = isinstance(value, dict) and part in value
        if known or (isinstance(value, list) and isinstance(part, int) and part < len(value)):
            path.append(part)
            value = item(value, part)
        elif missing and depth == len(location) - 1:
            path.append(part)
    return tuple(path), value


def _missing(path: Keys) -> str:
    around, key = dotted(path[:-1]), path[-1]
    if isinstance(key, int):
        return f"{around} must hold at least {_entries(key + 1)}, got {key}"
    return f'the key "{key}" is missing in {around}'


def _unknown_key(model: type[SpecModel], value: Any, path: Keys) -> Refusal:
    *around, key = path
    mapping = value
    for part in around:
        mapping = item(mapping, part)
    allowed = allowed_keys(walk(model, value, around), mapping)
    where = dotted(tuple(around))
    if key in allowed:
        others = ", ".join(str(other) for other in mapping if other != key)
        return Refusal(path, f'"{key}" cannot stand in {where} beside {others}', True)
    return Refusal(path, f'unknown key "{key}" in {where}; {nearest(str(key), allowed)}', True)


def _unknown_branch(
    model: type[SpecModel], value: Any, path: Keys, context: Mapping[str, Any]
) -> Refusal:
    """Tell of a mapping whose key or whose `name` should say which model it is."""
    mapping = value
    for part in path:
        mapping = item(mapping, part)
    discriminator = context["discriminator"].strip("'")
    by_name = context["discriminator"].startswith("'")
    if not isinstance(mapping, dict) or (not by_name and len(mapping) != 1):
        around = walk(model, value, path)
        keys = ", ".join(allowed_keys(around, None))
        one_key = not by_name and all(len(fields(form)) == 1 for form in around if is_model(form))
        wanted = f"a mapping with one key, of {keys}" if one_key else "a mapping"
        return Refusal(path, f"{dotted(path)} must be {wanted}, got {describe(mapping)}")
    if not by_name:
        return _unknown_key(model, value, (*path, next(iter(mapping))))
    if discriminator not in mapping:
        return Refusal(path, _missing((*path, discriminator)), at_key=True)
    below = (*path, discriminator)
    allowed = _quoted(context["expected_tags"]) if "expected_tags" in context else []
    return Refusal(below, _unknown_value(dotted(below), mapping[discriminator], allowed))


def _unknown_value(name: str, found: Any, allowed: list[str]) -> str:
    if isinstance(found, str):
        return f'{name} cannot be "{found}"; {nearest(found, allowed)}'
    return f"{name} must be one of: {', '.join(allowed)}, got {describe(found)}"


def _quoted(text: str) -> list[str]:
    return re.findall(r"'([^']*)'", text)


def _entries(n: int) -> str:
    return "one entry" if n == 1 else f"{n} entries"


def _hint(kind: str, found: Any) -> str:
    number = re.compile(r"[-+]?[0-9.]+([eE][-+]?[0-9]+)?")
    if kind in ("int_type", "float_type") and isinstance(found, str) and number.fullmatch(found):
        return "; write the number without quotes"
    if kind == "string_type" and isinstance(found, bool | int | float):
        return "; put it in quotes"
    return ""


def _expected_form(kind: str, context: Mapping[str, Any]) -> str:
    """Return what follows "must": `be …`, or `hold …` for lists and mappings."""
    if kind == "too_short":
        return f"hold at least {_entries(context['min_length'])}"
    if kind == "too_long":
        return f"hold at most {_entries(context['max_length'])}"
    return f"be {_expected(kind, context)}"


def _expected(kind: str, context: Mapping[str, Any]) -> str:
    if kind == "string_pattern_mismatch":
        return PATTERNS[context["pattern"]]
    return KINDS[kind](context) if kind in KINDS else "a value that fits here"


def _bound(value: float) -> str:
    return str(int(value) if value == int(value) else value)


PATTERNS = {
    r"\S": "a text that is not blank",
    r"^[a-z][a-z0-9_]*$": 'a name of lower-case letters a-z, digits and "_" that begins with '
    "a letter",
    r"^[A-Za-z_][A-Za-z0-9_]*$": "the name of a Python class",
    r"^[a-z0-9][a-z0-9_-]*$": 'a name of lower-case letters a-z, digits, "-" and "_", as a file '
    "of the data directory has it before .npz",
    r"^[^@\s]+@[^@\s]+$": "an e-mail address",
    WEIGHTS: "none, torchvision:NAME, package:NAME or file:PATH",
}
"""What each pattern of the models asks for."""

KINDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "int_type": lambda _: "an integer",
    "int_from_float": lambda _: "an integer",
    "float_type": lambda _: "a number",
    "bool_type": lambda _: "true or false",
    "string_type": lambda _: "a text",
    "string_too_long": lambda context: f"at most {context['max_length']} characters long",
    "dict_type": lambda _: "a mapping",
    "model_type": lambda _: "a mapping",
    "tuple_type": lambda _: "a list",
    "date_type": lambda _: "a date of the calendar, written as 2026-04-10",
    "date_parsing": lambda _: "a date of the calendar, written as 2026-04-10",
    "greater_than": lambda context: f"greater than {_bound(context['gt'])}",
    "greater_than_equal": lambda context: f"at least {_bound(context['ge'])}",
    "less_than": lambda context: f"less than {_bound(context['lt'])}",
    "less_than_equal": lambda context: f"at most {_bound(context['le'])}",
}
"""What each of pydantic's error types asks for."""
