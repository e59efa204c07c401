"""Groups of classes: a class belongs to one."""

from __future__ import annotations

from typing import Any

import pytest

from reportgen.spec.consistency import inconsistencies
from reportgen.spec.dataset import DatasetSpec


def experiment(groups: Any) -> dict[str, Any]:
    training = {"batch_size": 8, "phases": [{"epochs": 1}]}
    return {"dataset": {"name": "toy", "class_groups": groups}, "training": training}


@pytest.mark.parametrize(
    ("groups", "path", "first"),
    [
        ({"a": ["x", "y"], "b": ["z", "x"]}, ("b", 1), "a"),
        ({"a": ["x", "y", "x"]}, ("a", 2), "a"),
        ({"a": [5, "x"], "b": ["x", 5]}, ("b", 0), "a"),
    ],
)
def test_a_class_in_two_groups(groups: Any, path: tuple[str, int], first: str) -> None:
    assert inconsistencies(experiment(groups)) == [
        (
            ("dataset", "class_groups", *path),
            f'stands twice, got "x"; it is in the group {first} already',
        )
    ]


@pytest.mark.parametrize("groups", [{}, None, "x", {"a": "x", "b": "x"}, {"a": ["x"], "b": ["y"]}])
def test_what_is_no_fault_or_not_this_one(groups: Any) -> None:
    assert inconsistencies(experiment(groups)) == []


def test_names_that_are_no_classes() -> None:
    spec = DatasetSpec.from_plain(
        {"name": "toy", "class_groups": {"a": ["ant", "be"], "b": ["ox"]}}
    )
    found = list(spec.stray_classes(("ant", "bee", "cat")))
    assert [text.split(";")[0] for text in found] == [
        'dataset.class_groups.a: no class is called "be"',
        'dataset.class_groups.b: no class is called "ox"',
    ]
    assert 'did you mean "bee"?' in found[0]
    assert list(spec.stray_classes(("ant", "be", "ox"))) == []
