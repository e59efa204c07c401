"""Plain values are written as YAML that reads back as the same values."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from reportgen.spec.yaml_source import read_yaml
from reportgen.spec.yaml_write import yaml_text

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text("añ:# -{}'\"0e.", max_size=9)
)
VALUES = st.dictionaries(
    st.text("abc_", min_size=1, max_size=5),
    st.recursive(
        SCALARS,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text("xyz", min_size=1), inner, max_size=3)
        ),
    ),
    min_size=1,
)


def read(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


@settings(max_examples=60)
@given(VALUES)
def test_it_reads_back(value: dict[str, Any]) -> None:
    assert read(yaml_text(value)) == value


def test_what_is_short_stands_on_one_line() -> None:
    long = ["a" * 40, "b" * 40, "c" * 40]
    value = {"optimizer": {"name": "sgd", "lr": 1e-05}, "steps": [{"resize": 9}], "sweep": long}
    text = yaml_text(value)
    assert text.splitlines() == [
        "optimizer: {name: sgd, lr: 1e-05}",
        "steps: [{resize: 9}]",
        "sweep:",
        *(f"  - {word}" for word in long),
    ]


@pytest.mark.parametrize("value", ["no", "1e-3", "2026-04-10", "a: b", "~", "*x", "ñ"])
def test_text_stays_text_for_our_own_reader(tmp_path: Any, value: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(yaml_text({"key": value, "inner": [value]}), encoding="utf-8")
    source = read_yaml(file, "x.yaml")
    assert source.faults == ()
    assert source.value == {"key": value, "inner": [value]}
