"""One more item in a list of a YAML file, and nothing else changed."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from reportgen.spec.yaml_edit import append_item
from reportgen.spec.yaml_source import parse_yaml


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [x]", "a: [x, N]"),
        ("a: []", "a: [N]"),
        ("a: [x,]  # few", "a: [x, N,]  # few"),
        ("a: [x,  # one\n  y  # two\n]", "a: [x,  # one\n  y, N  # two\n]"),
        ("a: [{b: 1}, {b: [2]}]", "a: [{b: 1}, {b: [2]}, N]"),
        ("a: ['x']\nb: [y]", "a: ['x', N]\nb: [y]"),
        ("a:\n- x # one\n- y # two\nb: 1\n", "a:\n- x # one\n- y # two\n- N\nb: 1\n"),
        ("a:\n    - x", "a:\n    - x\n    - N"),
        (
            "a:\n  - >-\n    several\n    lines\n\n# end\nb: 1",
            "a:\n  - >-\n    several\n    lines\n  - N\n\n# end\nb: 1",
        ),
        (
            "a:\n  - k: 1\n    l: [p,\n      q]  # z\n\nb: 2\n",
            "a:\n  - k: 1\n    l: [p,\n      q]  # z\n  - N\n\nb: 2\n",
        ),
    ],
)
def test_only_the_item_is_new(text: str, expected: str) -> None:
    changed = append_item(text, ("a",), "N", "N")
    assert changed == expected
    before, after = (parse_yaml(t, "x").value for t in (text, changed))
    assert after == {**before, "a": [*before["a"], "N"]}


def test_a_mapping_under_a_dash_has_several_lines() -> None:
    changed = append_item("q:\n  - id: a\n", ("q",), "{id: b}", "id: b\ntext: >-\n  Hola.")
    assert changed == "q:\n  - id: a\n  - id: b\n    text: >-\n      Hola.\n"
    assert parse_yaml(changed, "x").value == {"q": [{"id": "a"}, {"id": "b", "text": "Hola."}]}


def test_lists_inside_lists_are_told_apart() -> None:
    text = "s:\n  - {q: [a], e: [b]}\n  - {q: [c], e: [d]}\n"
    changed = append_item(text, ("s", 1, "q"), "N", "N")
    assert changed == "s:\n  - {q: [a], e: [b]}\n  - {q: [c, N], e: [d]}\n"


def test_no_list_at_the_path() -> None:
    with pytest.raises(KeyError):
        append_item("a: 1", ("a",), "N", "N")


def test_the_files_of_practica1_change_by_added_lines_alone(project: Path) -> None:
    folder = project / "experiments" / "practica1"
    text = (folder / "assignment.yaml").read_text(encoding="utf-8")
    changed = append_item(text, ("questions",), "-", "id: n\ntext: x")
    marks = [
        line[0] for line in difflib.ndiff(text.splitlines(), changed.splitlines()) if line[0] != " "
    ]
    assert marks == ["+", "+"]
