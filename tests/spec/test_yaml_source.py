"""YAML files become values with places, or faults with places."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.errors import Fault, SpecError
from reportgen.spec.yaml_source import MAX_BYTES, Place, parse_yaml, read_yaml


def faults(text: str) -> list[str]:
    """Return all faults of a text as messages name them."""
    try:
        return [str(fault) for fault in parse_yaml(text, "f.yaml").faults]
    except SpecError as error:
        return [str(fault) for fault in error.faults]


def test_values_are_those_of_the_core_schema() -> None:
    """YAML 1.2.2, section 10.3.2; `no`, dates and 1_000 stay text."""
    text = """
        nulls: [null, ~, Null, ]
        truths: [true, False, yes, no]
        integers: [7, -3, 0o17, 0x1F, 012]
        floats: [1.5, 1e-3, .5, 3.]
        texts: [2026-04-10, 1_000, 12:30, "5", '~', 1e]
    """
    assert parse_yaml(text, "f.yaml").value == {
        "nulls": [None, None, None],
        "truths": [True, False, "yes", "no"],
        "integers": [7, -3, 15, 31, 12],
        "floats": [1.5, 0.001, 0.5, 3.0],
        "texts": ["2026-04-10", "1_000", "12:30", "5", "~", "1e"],
    }


def test_places_count_from_one() -> None:
    source = parse_yaml("a: {b: [1, x]}\n\nc:\n  - d: 2\n", "f.yaml")
    assert source.places["a", "b", 1] == Place("f.yaml", 1, 12)
    assert source.keys["a", "b"] == Place("f.yaml", 1, 5)
    assert source.places["c", 0, "d"] == Place("f.yaml", 4, 8)
    assert source.key_place(("c", 0, "d")) == Place("f.yaml", 4, 5)
    assert source.place(("c", 0, "missing", "below")) == Place("f.yaml", 4, 5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "f.yaml:1:1: the file is empty"),
        ("# nothing\n", "f.yaml:1:1: the file is empty"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2:1: a study file holds one document, not several"),
        ("a: 1\nb: 2\na: 3\n", 'f.yaml:3:1: the key "a" stands twice, first in line 1'),
        ("a: &x 1\n", 'f.yaml:1:4: the anchor "&x" is refused; study files have none'),
        ("a: *x\n", 'f.yaml:1:4: the alias "*x" is refused; write the value out'),
        ("a: !x 1\n", 'f.yaml:1:4: the tag "!x" is refused; write the value without it'),
        ("a: !!str 1\n", 'f.yaml:1:4: the tag "!!str" is refused; write the value without it'),
        ("5: x\n", "f.yaml:1:1: a key must be text, got 5"),
        ("? [a]\n: x\n", "f.yaml:1:3: a key must be text, got a list"),
        ("a: .inf\n", "f.yaml:1:4: a number must be finite, got .inf"),
        ("a: 1e999\n", "f.yaml:1:4: a number must be finite, got 1e999"),
        (f"a: {'9' * 301}\n", "f.yaml:1:4: a number may have 300 characters, got 301"),
        ("a:\n\t- 1\n", "f.yaml:2:1: a tab where YAML wants spaces; indent with spaces"),
        ("a: @x\n", 'f.yaml:1:4: a text cannot begin with "@"; put it in quotes'),
        ("a: [1,\n", 'f.yaml:2:1: the file ends inside a list or mapping; a "]" or "}" is missing'),
        ("a: 'x\n", "f.yaml:2:1: the quoted text that begins before is never closed"),
        ("a: \x07\n", "f.yaml:1:4: the character U+0007 is not allowed in YAML"),
        ('a: "\\ud800"\n', "f.yaml:1:4: the character U+D800 is not allowed in a text"),
        ("[" * 100, "f.yaml:1:34: nested more than 32 levels deep"),
        ("[" + "1," * 20_000 + "1]", "f.yaml:1:40000: the file holds more than 20000 values"),
    ],
)
def test_what_is_refused(text: str, expected: str) -> None:
    assert faults(text) == [expected]


def test_two_colons_on_a_line_are_told_in_our_words() -> None:
    [message] = faults("title: Practica: 1\n")
    assert message.startswith('f.yaml:1:16: a second ":" here; put a text that holds ": "')


def test_faults_that_do_not_end_the_reading_come_together() -> None:
    assert [fault[:10] for fault in faults("a: !x 1\nb: &y 2\n5: 3\na: 4\n")] == [
        "f.yaml:1:4",
        "f.yaml:2:4",
        "f.yaml:3:1",
        "f.yaml:4:1",
    ]


def test_bad_encoding_has_a_place(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes("title: á\nname: ".encode() + b"\xf1o\n")
    with pytest.raises(SpecError) as caught:
        read_yaml(path, "f.yaml")
    message = "byte 0xf1 is not UTF-8; save the file as UTF-8"
    assert caught.value.faults == (Fault("f.yaml", 2, 7, message),)


def test_windows_lines_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    source = read_yaml(path, "f.yaml")
    assert source.value == {"a": 1, "b": 2}
    assert source.places["b",] == Place("f.yaml", 2, 4)


def test_a_large_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(SpecError, match=r"f\.yaml: the file is larger than 1 MiB"):
        read_yaml(path, "f.yaml")


def test_a_folder_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"f\.yaml: cannot be read: Is a directory"):
        read_yaml(tmp_path, "f.yaml")


@given(st.text(alphabet=st.sampled_from("ab:-[]{}&*!|>'\"%@,?#~ \n\t\\0é\x00"), max_size=40))
def test_any_text_ends_in_a_value_or_in_faults(text: str) -> None:
    with contextlib.suppress(SpecError):
        assert parse_yaml(text, "f.yaml").places
