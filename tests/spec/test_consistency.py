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


# ── the trial that a trial comes from ───────────────────────────────────────


def origins(*origins: Any) -> list[str]:
    """Return the faults of trials a, b, c, … that come from these."""
    sweep = [
        {"name": name, "set": {"model.args.width": i}}
        | ({} if origin is None else {"from": origin})
        for i, (name, origin) in enumerate(zip(("first", "second", "third"), origins, strict=False))
    ]
    training = {"batch_size": 8, "phases": [{"epochs": 1}]}
    found = inconsistencies({"sweep": sweep, "training": training})
    assert all(path == ("sweep", path[1], "from") for path, _ in found)
    return [text.removeprefix("must be an earlier trial, got ") for _, text in found]


def test_a_trial_comes_from_an_earlier_one() -> None:
    assert origins(None, "first", "first") == []
    assert origins(None, "second") == ['"second", the trial itself']
    assert origins("second", None) == ['"second", which stands later; move it up']
    assert origins("fist") == ['"fist"; the first comes from the experiment']
    assert origins(None, "first", "secnd") == [
        '"secnd"; did you mean "second"? Allowed: first, second'
    ]


def test_the_same_values_over_another_origin_are_another_trial() -> None:
    """Where the result is the same all the same, the loader tells it: spec/sweep.py."""
    training = {"batch_size": 8, "phases": [{"epochs": 1}]}
    first = {"name": "a", "set": {"training.batch_size": 4}}
    same = {"set": {"model.args.width": 1}}
    apart = [first, {"name": "b", **same}, {"name": "c", "from": "a", **same}]
    assert inconsistencies({"sweep": apart, "training": training}) == []
    twice = [*apart, {"name": "d", "from": "a", **same}]
    [(path, text)] = inconsistencies({"sweep": twice, "training": training})
    assert (path, text) == (("sweep", 3, "set"), 'sets the same values as the trial "c"')
