"""Walks the models of the study files: which keys may stand where.

A *form* is what a value may be: a model, a tuple, a dict, or a scalar type;
a union has several.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

Form = Any
"""A type annotation without `Annotated`, `None` and unions around it."""


def forms(annotation: Any) -> list[Form]:
    """Return the forms that an annotation allows."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return forms(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [form for branch in get_args(annotation) for form in forms(branch)]
    return [] if annotation in (None, types.NoneType) else [annotation]


def is_model(form: Form) -> bool:
    """Tell whether a form is a mapping with known keys."""
    return isinstance(form, type) and issubclass(form, BaseModel)


def fields(model: type[BaseModel]) -> dict[str, Any]:
    """Return the annotation of each field, by the name that the file uses."""
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def step(around: Sequence[Form], key: str | int, value: Any) -> list[Form]:
    """Return the forms of `value[key]`, where `value` has one of the forms `around`.

    The result is empty if no form has such a key.
    """
    found: list[Form] = []
    for form in _meant(around, value):
        arguments = get_args(form)
        origin: Any = get_origin(form)
        if form is Any:
            found.append(Any)
        elif is_model(form) and isinstance(key, str):
            found += forms(fields(form).get(key))
        elif origin is dict and isinstance(key, str):
            found += forms(arguments[1])
        elif origin is tuple and isinstance(key, int):
            fixed = arguments[-1] is not Ellipsis
            found += forms(arguments[key if fixed and key < len(arguments) else 0])
    return found


def walk(model: type[BaseModel], value: Any, path: Sequence[str | int]) -> list[Form]:
    """Return the forms of the value at a path below a model."""
    around: list[Form] = [model]
    for key in path:
        around = step(around, key, value)
        value = item(value, key)
    return around


def item(value: Any, key: str | int) -> Any:
    """Return `value[key]`, or None where there is no such thing."""
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value):
        return value[key]
    return None


def allowed_keys(around: Sequence[Form], value: Any) -> list[str]:
    """Return the keys that a mapping of one of these forms may have."""
    models = [form for form in _meant(around, value) if is_model(form)]
    return sorted({key for model in models for key in fields(model)})


def _meant(around: Sequence[Form], value: Any) -> Sequence[Form]:
    """Leave out the models that a mapping's literal values (`name: sgd`) rule out."""
    if not isinstance(value, Mapping):
        return around
    return [form for form in around if not is_model(form) or _suits(form, value)] or around


def _suits(model: type[BaseModel], value: Mapping[str, Any]) -> bool:
    return all(
        value[name] in get_args(annotation)
        for name, annotation in fields(model).items()
        if get_origin(annotation) is Literal and isinstance(value.get(name), str)
    )
